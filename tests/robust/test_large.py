#!/usr/bin/env python3
"""test_large.py NIXIE [MB [NAME...]] - large mail of every shape is read, in bounded memory. TAP.

Each mail of shapes.py is made MB megabytes large (1) and read by `nixie parse`; NAME is a part of their names. What
it may take is what nixie(1) says: the mail and its report twice, as much as a report may take, and 32 MiB. By hand,
with `50`, it shows seconds and peaks.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import shapes

REPORT_MAX = 256 << 20
REPORT_PER_BYTE = 4
OWN_MAX = 32 << 20
PROGRAM = """import resource, subprocess, sys
with open(sys.argv[1], 'wb') as out:
    code = subprocess.run(sys.argv[2:], stdout=out, check=False).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_maxrss, used.ru_utime + used.ru_stime)"""


def is_instrumented(nixie):
    with open(nixie, "rb") as program:
        raw = program.read()
    return any(mark in raw for mark in (b"__asan_init", b"__msan_init", b"__tsan_init"))


def read(nixie, folder, name, size):
    """(exit code, peak in bytes, seconds, the size of the mail and of what was written, whether that is JSON)"""
    mail, out = pathlib.Path(folder, "mail"), pathlib.Path(folder, "out")
    mail.write_bytes(shapes.make(name, size))
    done = subprocess.run([sys.executable, "-c", PROGRAM, out, nixie, "parse", mail], stdin=subprocess.DEVNULL,
                          capture_output=True, check=True)
    code, peak_kb, seconds = done.stdout.split()
    with open(out, "rb") as lines:
        try:
            good = all(isinstance(json.loads(line), dict) for line in lines)
        except ValueError:
            good = False
    return int(code), int(peak_kb) << 10, float(seconds), mail.stat().st_size, out.stat().st_size, good


def main():
    nixie = str(pathlib.Path(sys.argv[1]).resolve())
    megabytes = float(sys.argv[2]) if len(sys.argv) > 2 else 1
    names = [name for name in shapes.SHAPES if not sys.argv[3:] or any(part in name for part in sys.argv[3:])]
    counts_memory = not is_instrumented(nixie)
    failures = 0
    print(f"1..{len(names)}")
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(names, 1):
            code, peak, seconds, size, written, good = read(nixie, folder, name, int(megabytes * 1e6))
            may = REPORT_MAX + REPORT_PER_BYTE * size + 2 * (size + written) + OWN_MAX
            ok = code == 0 and good and written > 0 and (not counts_memory or peak < may)
            failures += not ok
            print(f"{'ok' if ok else 'not ok'} {number} - {name}: {size / 1e6:.1f} MB in {seconds:.2f} s and {peak / 1e6:.0f} MB",
                  flush=True)
            if not ok:
                print(f"# exit status {code}, {written} bytes written, {'JSON' if good else 'no JSON'}, may take {may / 1e6:.0f} MB")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
