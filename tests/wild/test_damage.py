#!/usr/bin/env python3
"""Reports that went through other people's hands still tell whom they are about.

usage: test_damage.py NIXIE

The reports of this folder are damaged in each way of damages.py, a share of them in each, and their
recipients compared with truth.tsv. LIMITS has for each damage, in percent: how many reports keep all
their recipients and get no other, at least; and at most how many get a wrong one, how many delays are
called failures, and how many mails that are no reports are called one. What a damage takes away,
nobody can read, and where people hand on what they see, the fields of the report are gone.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import zlib

import damages
import score

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
import tap  # noqa: E402

FOLDERS = (".", "programs", "unseen", "unseen7", "unseen8", "unseen9", "unseen10")
OTHER_FOLDERS = (*FOLDERS, "alike")
OTHERS = ("ordinary", "auto_reply", "challenge", "receipt", "complaint")
ONE_IN = 8
SECONDS = 120

LIMITS = {
    "wrapped at 60": (93, 5, 1, 4),
    "wrapped at 72": (97, 3, 1, 3),
    "wrapped at 80": (97, 3, 1, 3),
    "no blank lines": (93, 6, 1, 4),
    "every second line blank": (93, 6, 1, 4),
    "indented": (94, 4, 1, 4),
    "no indent": (97, 3, 1, 3),
    "no indent, no blanks at the end, all over": (97, 3, 1, 3),
    "tabs to blanks": (97, 3, 1, 3),
    "blanks to one": (97, 3, 1, 3),
    "blanks at the ends of lines": (97, 3, 1, 3),
    "CR LF": (97, 3, 1, 3),
    "CR": (97, 3, 1, 3),
    "CR CR LF": (97, 3, 1, 3),
    "CR CR": (97, 3, 1, 7),
    "line ends of the text gone": (76, 8, 1, 5),
    "line ends of the body gone": (84, 9, 1, 4),
    "all line ends gone": (81, 5, 1, 6),
    "all line ends gone, and no blank": (17, 48, 1, 18),
    "a BOM": (97, 3, 1, 3),
    "UTF-16": (97, 3, 1, 3),
    "a zero behind every line": (97, 3, 1, 3),
    "high bits stripped": (97, 4, 1, 3),
    "UTF-8 as Latin-1": (97, 3, 1, 3),
    "1 byte in 1000 changed": (97, 3, 1, 3),
    "1 byte in 100 changed": (72, 15, 1, 5),
    "1 line in 20 lost": (87, 4, 1, 4),
    "first 10 % lost": (88, 4, 1, 19),
    "first 30 % lost": (82, 5, 1, 24),
    "first 50 % lost": (67, 7, 1, 16),
    "middle 20 % lost": (86, 4, 1, 5),
    "last 10 % lost": (75, 4, 1, 4),
    "last 20 % lost": (58, 4, 1, 6),
    "last 30 % lost": (35, 4, 1, 4),
    "last 50 % lost": (18, 4, 1, 4),
    "lower case": (76, 4, 1, 4),
    "upper case": (79, 7, 1, 4),
    "escaped as HTML": (85, 5, 1, 4),
    "field names in capitals": (97, 3, 1, 3),
    "another boundary in the header": (97, 3, 1, 3),
    "no boundary in the header": (97, 3, 1, 3),
    "no boundary lines": (97, 3, 1, 3),
    "no Content-Type": (97, 3, 1, 5),
    "no fields of MIME": (94, 4, 1, 4),
    "no transfer encoding": (97, 3, 1, 3),
    "quoted-printable twice": (88, 10, 1, 4),
    "soft line breaks lost": (97, 3, 1, 3),
    "a line of base64 lost": (83, 11, 1, 4),
    "parts in reverse": (97, 3, 1, 3),
    "returned message removed": (97, 3, 1, 3),
    "status removed": (94, 4, 1, 4),
    "prose removed": (97, 3, 1, 3),
    "the first text alone": (92, 4, 1, 7),
    "the first text as HTML": (88, 4, 1, 9),
    "the header lost but for MIME": (97, 3, 1, 33),
    "the header lost": (97, 3, 1, 24),
    "the text alone": (92, 4, 1, 24),
    "subject and text": (87, 5, 1, 5),
    "another header in front": (92, 4, 1, 4),
    "quoted whole": (92, 6, 1, 9),
    "quoted": (85, 4, 1, 11),
    "quoted with bars": (87, 4, 1, 11),
    "quoted twice": (81, 4, 1, 16),
    "quoted three times": (87, 4, 1, 7),
    "quoted without blanks": (81, 4, 1, 14),
    "quoted, then wrapped at 60": (83, 4, 1, 12),
    "quoted, then wrapped at 72": (83, 4, 1, 13),
    "wrapped at 60, then quoted": (82, 5, 1, 11),
    "forwarded by Gmail": (85, 4, 1, 11),
    "forwarded by Gmail, de": (90, 4, 1, 5),
    "forwarded by Gmail, fr": (86, 4, 1, 5),
    "forwarded by Outlook, en": (90, 4, 1, 13),
    "forwarded by Outlook, nl": (83, 5, 1, 5),
    "forwarded by Outlook, ja": (89, 4, 1, 8),
    "forwarded by Apple Mail": (91, 4, 1, 15),
    "forwarded by Apple Mail, it": (92, 4, 1, 24),
    "forwarded by Thunderbird": (82, 4, 1, 7),
    "forwarded by Thunderbird, cs": (91, 4, 1, 10),
    "forwarded by Roundcube, pl": (82, 4, 1, 8),
    "forwarded as HTML": (88, 4, 1, 4),
    "forwarded as HTML, ru": (87, 4, 1, 7),
    "attached": (97, 3, 1, 3),
    "attached as a file": (97, 3, 1, 3),
    "attached twice": (97, 3, 1, 3),
    "printed": (82, 4, 1, 4),
    "out of Gmail's window": (86, 6, 1, 52),
    "out of a window, en": (92, 5, 1, 4),
    "out of a window, de": (91, 5, 1, 34),
    "out of a window, fr": (93, 4, 3, 24),
    "out of a window, it": (94, 4, 1, 22),
    "out of a window, es": (92, 4, 1, 19),
    "out of a window, pt": (91, 6, 1, 11),
    "out of a window, nl": (89, 4, 2, 18),
    "out of a window, pl": (92, 4, 1, 21),
    "out of a window, sv": (89, 5, 1, 11),
    "out of a window, da": (91, 4, 1, 29),
    "out of a window, cs": (91, 5, 3, 17),
    "out of a window, ru": (97, 4, 1, 17),
    "out of a window, ja": (89, 6, 1, 22),
    "out of a window, zh": (89, 5, 1, 16),
    "out of a window, ko": (92, 5, 1, 28),
    "a line lost": (93, 5, 1, 3),
    "a byte of a field of the report changed": (97, 3, 1, 3),
    "a byte of a field of the report lost": (97, 3, 1, 3),
    "every line twice": (89, 11, 1, 3),
    "every line indented": (97, 3, 1, 10),
    "every line quoted": (95, 3, 1, 3),
    "all wrapped at 60": (95, 3, 1, 3),
    "LF CR": (97, 3, 1, 3),
    "line ends escaped": (97, 3, 1, 3),
    "UTF-16 without its mark": (94, 5, 1, 3),
    "a zero before every line": (97, 3, 1, 3),
    "last 95 bytes lost": (69, 3, 1, 3),
    "the last line end lost": (97, 3, 1, 3),
    "status as bytes": (97, 3, 1, 3),
    "status as HTML": (97, 3, 1, 3),
    "status as a message": (97, 3, 1, 3),
    "text and status as bytes": (95, 3, 1, 3),
    "every boundary the last": (92, 3, 1, 3),
    "the first boundary the last": (93, 3, 1, 3),
    "the second boundary lost": (95, 5, 1, 3),
    "the last boundary lost": (97, 3, 1, 3),
    "a blank line behind every field of the report": (97, 3, 1, 3),
    "fields of the report in one line": (94, 5, 1, 3),
    "fields of the report in bold": (97, 3, 1, 3),
    "every part labelled base64": (96, 3, 1, 3),
    "UTF-16 on the label": (97, 3, 1, 3),
    "koi8-r on the label": (96, 4, 1, 3),
    "text labelled base64": (93, 3, 1, 6),
    "quoted-printable labelled base64": (85, 5, 1, 3),
    "base64 labelled 8bit": (93, 3, 1, 5),
    "base64 behind a banner": (90, 3, 1, 5),
    "base64 before a list's footer": (92, 6, 1, 3),
    "base64, a byte changed": (73, 16, 1, 3),
    "base64, a byte lost": (62, 20, 1, 5),
    "addresses as links": (96, 3, 1, 6),
    "addresses as links of Markdown": (85, 7, 1, 9),
    "addresses as labelled links": (94, 5, 1, 3),
    "addresses in bold": (92, 4, 1, 3),
    "a list's footer": (96, 3, 1, 3),
    "a signature": (97, 3, 1, 3),
    "a disclaimer": (97, 3, 1, 3),
    "a blank line in the header": (95, 3, 1, 3),
    "the header wrapped at 60": (97, 3, 1, 3),
    "forwarded with bold fields": (89, 5, 1, 15),
    "forwarded with bold fields, de": (90, 3, 1, 7),
    "forwarded below a rule, et": (87, 3, 1, 7),
    "forwarded below a rule, lv": (89, 3, 1, 13),
    "forwarded below a rule, vi": (89, 3, 1, 7),
    "forwarded below a rule, ar": (87, 3, 1, 7),
    "forwarded below a rule, bg": (87, 3, 1, 8),
    "forwarded below a rule, ca": (88, 3, 1, 10),
    "forwarded below a rule, hr": (88, 3, 1, 12),
    "forwarded below a rule, hu": (87, 3, 1, 10),
    "out of a window, fi": (90, 4, 1, 34),
    "out of a window, tr": (93, 3, 1, 34),
    "out of a window, hu": (90, 5, 3, 22),
    "out of a window, el": (91, 5, 1, 29),
    "out of a window, ro": (88, 6, 1, 19),
    "out of a window, uk": (92, 4, 1, 21),
    "out of a window, ar": (90, 3, 1, 17),
    "out of a window, he": (89, 5, 1, 24),
    "out of a window, vi": (90, 5, 1, 20),
    "out of a window, th": (90, 3, 1, 36),
    "out of a window, id": (93, 3, 1, 22),
    "out of a window, hr": (88, 4, 1, 25),
    "out of a window, sl": (89, 6, 1, 28),
    "out of a window, et": (93, 5, 3, 20),
    "out of a window, lv": (89, 3, 1, 19),
    "out of a window, lt": (87, 6, 1, 30),
    "out of a window, bg": (86, 5, 1, 29),
    "out of a window, ca": (93, 5, 1, 22),
}


def mails_of(kinds, folders):
    """{name: (bytes, truth)} of the mails that are of one of these kinds."""
    found = {}
    for folder in folders:
        for name, rows in score.read_truth(HERE / folder).items():
            if name.endswith(".eml") and set(rows[0]["kind"].split("|")) <= set(kinds):
                mail = (HERE / folder / name).read_bytes().replace(b"\r\n", b"\n")
                found[f"{folder}-{name}".lstrip(".-")] = (mail, rows)
    return found


def reports():
    """Of failures and delays, those that tell whom they are about."""
    found = mails_of(("failure", "delay"), FOLDERS)
    return {name: case for name, case in found.items() if case[1][0]["n"] != "0"}


def some(mails, damage):
    """Another share of the mails for each damage."""
    return {name: mail for name, mail in mails.items()
            if zlib.crc32(f"{damage} {name}".encode()) % ONE_IN == 0}


def parse(nixie, folder):
    done = subprocess.run([str(nixie), "parse", "-o", "ndjson", "."], cwd=folder, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    first = {}
    for line in done.stdout.decode("utf-8").rstrip("\n").split("\n"):
        report = json.loads(line)
        first.setdefault(pathlib.Path(report["source"]["path"]).name, report)
    return first


def damage_all(nixie, mails, others, damage):
    """What became of the mails: the names of reports that lost somebody, got a wrong one, or failed
    where they were delayed, and those of other mails that became reports."""
    result = {"lost": [], "wrong": [], "failed": [], "bounced": []}
    with tempfile.TemporaryDirectory() as folder:
        for name, (mail, _) in {**mails, **others}.items():
            (pathlib.Path(folder) / name).write_bytes(damage(mail))
        read = parse(nixie, folder)
    for name, (_, rows) in mails.items():
        report = read.get(name, {"kind": "none"})
        _, missed, extra = score.pair(rows, report.get("outcomes", []))
        if any(row["recipient"] for row in missed):
            result["lost"].append(name)
        if any(one.get("recipient") for one in extra):
            result["wrong"].append(name)
        if rows[0]["kind"] == "delay" and report["kind"] == "failure":
            result["failed"].append(name)
    result["bounced"] = [name for name in others
                         if read.get(name, {"kind": "none"})["kind"] in ("failure", "delay")]
    return result


def measure(nixie):
    """For each damage (name, result, number of reports, percentages in the order of LIMITS)."""
    all_reports, all_others = reports(), mails_of(OTHERS, OTHER_FOLDERS)
    for name, damage in damages.DAMAGES.items():
        mails, others = some(all_reports, name), some(all_others, name)
        result = damage_all(nixie, mails, others, damage)
        kept = len(mails) - len(set(result["lost"]) | set(result["wrong"]))
        yield name, result, len(mails), (100 * kept / len(mails),
                                         100 * len(result["wrong"]) / len(mails),
                                         100 * len(result["failed"]) / len(mails),
                                         100 * len(result["bounced"]) / len(others))


def main():
    nixie = pathlib.Path(sys.argv[1]).resolve()
    for name, result, count, (kept, *reached) in measure(nixie):
        floor, *most = LIMITS[name]
        wrong = []
        if kept < floor:
            wrong += [f"fewer than {floor} % keep their recipients",
                      *(f"lost: {mail}" for mail in result["lost"])]
        for what, is_now, limit in zip(("wrong", "failed", "bounced"), reached, most):
            if is_now > limit:
                wrong += [f"{what}: {is_now:.1f} % and not {limit} %", *result[what]]
        tap.check(wrong, f"{name}: {kept:.1f} % of {count}")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
