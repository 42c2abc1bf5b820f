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
    "wrapped at 60": (95, 3, 0, 2),
    "wrapped at 72": (100, 0, 0, 0),
    "wrapped at 80": (100, 0, 0, 0),
    "no blank lines": (95, 4, 0, 2),
    "every second line blank": (93, 6, 0, 2),
    "indented": (96, 1, 0, 2),
    "no indent": (100, 0, 0, 0),
    "no indent, no blanks at the end, all over": (100, 0, 0, 0),
    "tabs to blanks": (100, 0, 0, 0),
    "blanks to one": (100, 0, 0, 0),
    "blanks at the ends of lines": (100, 0, 0, 0),
    "CR LF": (100, 0, 0, 0),
    "CR": (100, 0, 0, 0),
    "CR CR LF": (100, 0, 0, 0),
    "CR CR": (100, 0, 0, 4),
    "line ends of the text gone": (77, 6, 0, 2),
    "line ends of the body gone": (85, 7, 0, 2),
    "all line ends gone": (83, 4, 0, 5),
    "all line ends gone, and no blank": (14, 34, 0, 9),
    "a BOM": (100, 0, 0, 0),
    "UTF-16": (100, 0, 0, 0),
    "a zero behind every line": (100, 0, 0, 0),
    "high bits stripped": (99, 1, 0, 0),
    "UTF-8 as Latin-1": (100, 0, 0, 0),
    "1 byte in 1000 changed": (100, 0, 0, 0),
    "1 byte in 100 changed": (71, 19, 0, 4),
    "1 line in 20 lost": (89, 1, 0, 2),
    "first 10 % lost": (87, 2, 0, 16),
    "first 30 % lost": (84, 3, 0, 30),
    "first 50 % lost": (71, 5, 0, 27),
    "middle 20 % lost": (82, 3, 0, 4),
    "last 10 % lost": (77, 13, 0, 5),
    "last 20 % lost": (60, 6, 0, 5),
    "last 30 % lost": (37, 5, 0, 2),
    "last 50 % lost": (20, 4, 0, 2),
    "lower case": (75, 1, 0, 2),
    "upper case": (81, 6, 0, 2),
    "escaped as HTML": (85, 3, 0, 2),
    "field names in capitals": (100, 0, 0, 0),
    "another boundary in the header": (100, 0, 0, 0),
    "no boundary in the header": (100, 0, 0, 0),
    "no boundary lines": (100, 0, 0, 0),
    "no Content-Type": (100, 0, 0, 2),
    "no fields of MIME": (96, 1, 0, 2),
    "no transfer encoding": (100, 0, 0, 0),
    "quoted-printable twice": (86, 11, 0, 2),
    "soft line breaks lost": (100, 0, 0, 0),
    "a line of base64 lost": (85, 9, 0, 2),
    "parts in reverse": (100, 0, 0, 0),
    "returned message removed": (99, 0, 0, 0),
    "status removed": (96, 1, 0, 2),
    "prose removed": (100, 0, 0, 0),
    "the first text alone": (94, 1, 0, 6),
    "the first text as HTML": (90, 1, 0, 7),
    "the header lost but for MIME": (100, 0, 0, 43),
    "the header lost": (100, 0, 0, 33),
    "the text alone": (96, 1, 0, 21),
    "subject and text": (82, 3, 0, 5),
    "another header in front": (94, 1, 0, 2),
    "quoted whole": (94, 3, 0, 8),
    "quoted": (82, 1, 0, 8),
    "quoted with bars": (87, 1, 0, 10),
    "quoted twice": (81, 1, 0, 13),
    "quoted three times": (84, 2, 0, 6),
    "quoted without blanks": (77, 1, 0, 11),
    "quoted, then wrapped at 60": (84, 1, 0, 8),
    "quoted, then wrapped at 72": (83, 1, 0, 10),
    "wrapped at 60, then quoted": (82, 3, 0, 8),
    "forwarded by Gmail": (85, 1, 0, 5),
    "forwarded by Gmail, de": (91, 1, 0, 2),
    "forwarded by Gmail, fr": (85, 1, 0, 2),
    "forwarded by Outlook, en": (90, 1, 0, 7),
    "forwarded by Outlook, nl": (81, 3, 0, 2),
    "forwarded by Outlook, ja": (91, 1, 0, 5),
    "forwarded by Apple Mail": (89, 1, 0, 14),
    "forwarded by Apple Mail, it": (94, 1, 0, 16),
    "forwarded by Thunderbird": (83, 2, 0, 4),
    "forwarded by Thunderbird, cs": (91, 1, 0, 4),
    "forwarded by Roundcube, pl": (82, 1, 0, 5),
    "forwarded as HTML": (86, 1, 0, 2),
    "forwarded as HTML, ru": (83, 1, 0, 4),
    "attached": (100, 0, 0, 0),
    "attached as a file": (100, 0, 0, 0),
    "attached twice": (100, 0, 0, 0),
    "printed": (63, 3, 0, 4),
    "out of Gmail's window": (90, 7, 0, 68),
    "out of a window, en": (93, 3, 0, 2),
    "out of a window, de": (93, 3, 0, 47),
    "out of a window, fr": (95, 1, 2, 45),
    "out of a window, it": (94, 1, 0, 38),
    "out of a window, es": (93, 2, 0, 29),
    "out of a window, pt": (93, 4, 0, 29),
    "out of a window, nl": (91, 2, 1, 34),
    "out of a window, pl": (94, 1, 0, 30),
    "out of a window, sv": (90, 4, 0, 34),
    "out of a window, da": (93, 2, 0, 52),
    "out of a window, cs": (93, 4, 2, 40),
    "out of a window, ru": (99, 1, 0, 38),
    "out of a window, ja": (91, 4, 0, 37),
    "out of a window, zh": (90, 4, 0, 37),
    "out of a window, ko": (94, 3, 0, 43),
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
