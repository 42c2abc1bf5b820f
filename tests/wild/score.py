#!/usr/bin/env python3
"""Score `nixie parse` against truth.tsv, field by field, and list what was missed.

usage: score.py NIXIE DIR

truth.tsv has one row for each recipient of each file. `n` counts them from 1; 0 is a message whose
recipients do not matter. `a|b` in a field means that either is right, `a or b` in `recipient`. An
empty recipient of a failure means that the report must name nobody. `status` and `reply` are what the mail states; empty
means that none is stated, and a status that is only inferred is then no mistake.

Fields: kind; recipients (all found and none wrong, for each message); action, status, reply and
reason, for each recipient that was found.
"""
import collections
import csv
import json
import pathlib
import subprocess
import sys

COLUMNS = ["file", "n", "kind", "recipient", "action", "status", "reply", "reason", "note"]
FIELDS = ["kind", "recipients", "action", "status", "reply", "reason"]
REPORTS = ("failure", "delay", "success")
SECONDS = 120


def read_truth(folder):
    with open(folder / "truth.tsv", encoding="utf-8", newline="") as f:
        rows = list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    if rows[0] != COLUMNS:
        raise SystemExit(f"truth.tsv: the columns must be {' '.join(COLUMNS)}")
    truth = {}
    for row in rows[1:]:
        if len(row) != len(COLUMNS):
            raise SystemExit(f"truth.tsv: {row[0]}: {len(row)} columns")
        truth.setdefault(row[0], []).append(dict(zip(COLUMNS, row)))
    return truth


def parse(nixie, folder, names):
    done = subprocess.run([str(nixie), "parse", "-o", "ndjson", *names], cwd=folder, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    reports = {}
    for line in done.stdout.decode("utf-8").splitlines():
        report = json.loads(line)
        reports.setdefault(report["source"]["path"], []).append(report)
    return reports


def address(text):
    return (text or "").strip().strip("<>").casefold()


def either(want, got):
    return str(got or "") in want.split("|")


def stated(outcome):
    return outcome.get("status") if outcome.get("status_origin") == "stated" else None


def pair(rows, outcomes):
    """Each row with its outcome; the rows and the outcomes that have no partner."""
    pairs, missed, left = [], [], list(outcomes)
    for row in rows:
        names = [address(n) for n in f" {row['recipient']} ".split(" or ")]
        found = [o for o in left if address(o.get("recipient")) in names]
        found.sort(key=lambda o: o.get("action") not in row["action"].split("|"))
        if found:
            left.remove(found[0])
            pairs.append((row, found[0]))
        else:
            missed.append(row)
    return pairs, missed, left


def score(nixie, folder):
    """The counts {field: [right, all]} and the misses [(file, field, want, got)]."""
    truth = read_truth(folder)
    names = sorted(truth)
    reports = parse(nixie, folder, names)
    counts = {field: [0, 0] for field in FIELDS}
    misses = []

    def check(name, field, right, want, got):
        counts[field][1] += 1
        counts[field][0] += bool(right)
        if not right:
            misses.append((name, field, want, got))

    for name in names:
        rows, found = truth[name], reports.get(name, [])
        if len(found) != 1:
            check(name, "kind", False, "one report", f"{len(found)} reports")
            continue
        report = found[0]
        check(name, "kind", either(rows[0]["kind"], report["kind"]), rows[0]["kind"], report["kind"])
        outcomes = report.get("outcomes", [])
        if rows[0]["n"] == "0":
            continue
        pairs, missed, extra = pair(rows, outcomes)
        check(name, "recipients", not missed and not extra, [r["recipient"] for r in rows],
              [o.get("recipient") for o in outcomes])
        for row, one in pairs:
            if row["kind"] not in REPORTS:
                continue
            who = row["recipient"]
            for field, got in (("action", one.get("action")), ("status", stated(one)),
                               ("reply", one.get("reply_code")), ("reason", one.get("reason"))):
                if field == "reason" and not row[field]:
                    continue
                check(name, field, either(row[field], got), f"{who}: {row[field]}", got)
    return counts, misses


def percent(count):
    return 100.0 * count[0] / count[1] if count[1] else 100.0


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    counts, misses = score(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]))
    for field, count in counts.items():
        print(f"{field:11s} {count[0]:5d} of {count[1]:5d}  {percent(count):6.2f} %")
    for name, misses_of in sorted(collections.Counter(m[0] for m in misses).items()):
        print(f"{name} ({misses_of})")
        for miss in misses:
            if miss[0] == name:
                print(f"    {miss[1]}: {miss[3]} and not {miss[2]}")


if __name__ == "__main__":
    main()
