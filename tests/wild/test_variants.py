#!/usr/bin/env python3
"""A report from another day and place gets the same answer.

usage: test_variants.py NIXIE

Every mail of these folders is read as it is and in each way of variants.py: with other names, numbers
and dates, another order of the header, other encodings. Kind, number of recipients, and for each its
name (as it was changed), action, status, reply, reason and verdict must be the same. What is allowed
to differ stands in variants.tsv with a reason, and must differ.
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import score
import variants

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
import tap  # noqa: E402

FOLDERS = (".", "programs", "unseen", "unseen7", "unseen8", "unseen9", "unseen10", "alike")
FACTS = ("action", "status", "reply_code", "reason", "verdict", "expired")
SECONDS = 120


def parse(nixie, mails):
    """{name: report} of {name: bytes}."""
    with tempfile.TemporaryDirectory() as folder:
        for name, mail in mails.items():
            (pathlib.Path(folder) / name).write_bytes(mail)
        done = subprocess.run([str(nixie), "parse", "-o", "ndjson", "."], cwd=folder, timeout=SECONDS,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
    reports = {}
    for line in done.stdout.decode("utf-8").rstrip("\n").split("\n"):
        report = json.loads(line)
        reports.setdefault(pathlib.Path(report["source"]["path"]).name, report)
    return reports


def facts(report, names):
    """What must stay; names as they are called in the variant."""
    outcomes = [(names.get(score.address(one.get("recipient")), score.address(one.get("recipient"))),
                 *(one.get(fact) for fact in FACTS)) for one in report.get("outcomes", [])]
    return report["kind"], outcomes


def differences(before, after):
    """Words for what differs; none when nothing does."""
    if before[0] != after[0]:
        return f"{after[0]} and not {before[0]}"
    if len(before[1]) != len(after[1]):
        return f"{len(after[1])} recipients and not {len(before[1])}"
    for one, other in zip(before[1], after[1]):
        for fact, is_now, was in zip(("recipient", *FACTS), other, one):
            if is_now != was:
                return f"{fact}: {is_now} and not {was}"
    return ""


def main():
    nixie = pathlib.Path(sys.argv[1]).resolve()
    mails = {f"{folder}-{path.name}".lstrip(".-"): path.read_bytes().replace(b"\r\n", b"\n")
             for folder in FOLDERS for path in sorted((HERE / folder).glob("*.eml"))}
    with open(HERE / "variants.tsv", encoding="utf-8", newline="") as f:
        allowed = {(row["file"], row["variant"]) for row in csv.DictReader(f, delimiter="\t")}
    before = parse(nixie, mails)
    names = {name: {score.address(one.get("recipient")) for one in report.get("outcomes", [])} - {""}
             for name, report in before.items()}
    for variant, change in variants.VARIANTS.items():
        changed = {name: change(mail, names[name]) for name, mail in mails.items()}
        changed = {name: new for name, new in changed.items() if new[0] != mails[name]}
        after = parse(nixie, {name: new for name, (new, _) in changed.items()})
        wrong = []
        for name, (_, new_names) in changed.items():
            what = differences(facts(before[name], new_names), facts(after[name], {}))
            if bool(what) != ((name, variant) in allowed):
                wrong.append(f"{name}: {what or 'nothing differs, and it is allowed to'}")
        tap.check(wrong, f"{variant}: {len(changed)} mails")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
