#!/usr/bin/env python3
"""What a mail states stands in the report: field by field, for forms that are odd and yet met.

usage: test_fields.py NIXIE

odd/fields.tsv has one row for each assertion: the file, the member of the report as a path
(`outcomes.0.status`), and its value; `-` means that the member must be absent.
"""
import csv
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
import tap  # noqa: E402

FOLDER = HERE / "odd"
SECONDS = 60
ABSENT = "-"


def read_rows():
    with open(FOLDER / "fields.tsv", encoding="utf-8", newline="") as f:
        rows = list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    if rows[0] != ["file", "member", "value"]:
        raise SystemExit("fields.tsv: the columns must be file, member, value")
    return rows[1:]


def parse(nixie, names):
    done = subprocess.run([str(nixie), "parse", "-o", "ndjson", *names], cwd=FOLDER, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    reports = {}
    for line in done.stdout.decode("utf-8").splitlines():
        report = json.loads(line)
        reports.setdefault(report["source"]["path"], []).append(report)
    return reports


def member(report, path):
    """The member as text; ABSENT when there is none."""
    at = report
    for step in path.split("."):
        if isinstance(at, list):
            if int(step) >= len(at):
                return ABSENT
            at = at[int(step)]
        elif step in at:
            at = at[step]
        else:
            return ABSENT
    if isinstance(at, bool):
        return "true" if at else "false"
    return at if isinstance(at, (str, dict, list)) else str(at)


def main():
    rows = read_rows()
    there = sorted(p.name for p in FOLDER.iterdir() if p.suffix in (".eml", ".txt"))
    listed = {row[0] for row in rows}
    reports = parse(pathlib.Path(sys.argv[1]).resolve(), there)
    tap.check(sorted(listed ^ set(there)), "fields.tsv and the folder agree")
    for name in there:
        found = reports.get(name, [])
        wrong = [] if len(found) == 1 else [f"{len(found)} reports"]
        for _, path, want in (row for row in rows if row[0] == name):
            got = member(found[0], path) if found else "no report"
            if got != want:
                wrong.append(f"{path}: {got!r} and not {want!r}")
        tap.check(wrong, name)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
