#!/usr/bin/env python3
"""Other readers of bounces find the same recipients and statuses in our reports.

usage: test_report_others.py FOLDER     Sisimai and flufl.bounce; skipped where they are not installed
"""
import email
import email.policy
import json
import pathlib
import shutil
import subprocess
import sys

FOLDER = pathlib.Path(sys.argv[1])
CASES = []  # (ok, name, why)

SISIMAI = """use Sisimai; binmode STDOUT, ':utf8';
my $read = Sisimai->can('rise') || Sisimai->can('make'); # its name changed
my $list = $read->('Sisimai', $ARGV[0], delivered => 1) // [];
print join("\\n", map { join("\\t", $_->recipient->address, $_->deliverystatus, $_->action) } @$list), "\\n";
"""


def check(ok, name, why=""):
    CASES.append((ok, name, why))


def fields(path):
    """What the report itself states of each recipient: (address, status, action)."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            groups = part.get_payload()
            return [(g["Final-Recipient"].split(";", 1)[1].strip(), g["Status"], g["Action"])
                    for g in groups[1:] if g["Final-Recipient"]]
    return []  # of the kind of RFC 6533, which neither reader knows


def ask_sisimai(path):
    done = subprocess.run(["perl", "-e", SISIMAI, str(path)], capture_output=True, text=True, check=False, timeout=60)
    return [tuple(line.split("\t")) for line in done.stdout.splitlines() if line]


def has_sisimai():
    return shutil.which("perl") and subprocess.run(
        ["perl", "-MSisimai", "-e", "1"], capture_output=True, check=False).returncode == 0


def test_sisimai():
    for path in sorted(FOLDER.glob("*.eml")):
        want = fields(path)
        if not want or "\\x{" in want[0][0]:
            continue
        # A status in the answer itself goes before the field's in both; time ran out is the field's alone.
        got = ask_sisimai(path)
        check([g[0] for g in got] == [w[0] for w in want], f"sisimai: {path.stem}: recipients", f"{got} for {want}")
        check([g[1][0] for g in got] == [w[1][0] for w in want], f"sisimai: {path.stem}: class of the status",
              f"{got} for {want}")
        check([g[1] for g in got] == [w[1] for w in want] or path.stem.startswith("expired"),
              f"sisimai: {path.stem}: status", f"{got} for {want}")


def test_flufl():
    from flufl.bounce import all_failures  # pylint: disable=import-outside-toplevel
    for path in sorted(FOLDER.glob("*.eml")):
        want = fields(path)
        if not want or "\\x{" in want[0][0]:
            continue
        temporary, permanent = all_failures(email.message_from_bytes(path.read_bytes()))
        for addresses, action in ((temporary, "delayed"), (permanent, "failed")):
            names = {a.decode() if isinstance(a, bytes) else a for a in addresses}
            expected = {w[0] for w in want if w[2] == action}
            if path.stem.startswith("forwarded"):  # it goes by Original-Recipient
                expected = {"bob+work@b.example"} if action == "failed" else set()
            check(names == expected, f"flufl.bounce: {path.stem}: {action}", f"{names} for {expected}")


def main():
    readers = 0
    if has_sisimai():
        test_sisimai()
        readers += 1
    try:
        test_flufl()
        readers += 1
    except ImportError:
        pass
    if readers == 0:
        print("1..0 # SKIP neither Sisimai nor flufl.bounce is installed")
        return 0
    print(f"1..{len(CASES)}")
    for n, (ok, name, why) in enumerate(CASES, 1):
        print(f"{'ok' if ok else 'not ok'} {n} - {name}")
        if not ok:
            print(f"# {json.dumps(why)}")
    return 0 if all(ok for ok, _, _ in CASES) else 1


sys.exit(main())
