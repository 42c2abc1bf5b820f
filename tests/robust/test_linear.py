#!/usr/bin/env python3
"""test_linear.py NIXIE - twice the input costs twice the instructions, whatever it is. TAP.

`nixie parse` reads each mail of shapes.py at two sizes under callgrind, which counts instructions: the same
number on every run, however busy the machine is. What it costs to read nothing is taken off. Where the square of
anything was in it, the larger would cost four times the smaller. NIXIE is built without sanitizers.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import shapes

SIZE = 64 << 10
GROWTH_MAX = 2.3
# So many instructions belong to growing buffers and finding page ends, and do not double smoothly.
SLACK = 100_000

cases = failures = 0


def check(good, name, what=""):
    global cases, failures
    cases += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {cases} - {name.replace('#', ' ')}", flush=True)
    if not good:
        print(f"# {what}")


def instructions(nixie, path):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", nixie, "parse", path],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    found = re.search(rb"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr[-300:]!r}")
    return int(found.group(1))


def measure(nixie, folder, number, name):
    """The instructions for one and for two sizes."""
    counts = []
    for times in (1, 2):
        path = pathlib.Path(folder, f"{number}-{times}")
        path.write_bytes(shapes.make(name, SIZE * times))
        counts.append(instructions(nixie, path))
        path.unlink()
    return counts


def main():
    nixie = str(pathlib.Path(sys.argv[1]).resolve())
    names = sys.argv[2:] or list(shapes.SHAPES)
    with tempfile.TemporaryDirectory() as folder:
        nothing = pathlib.Path(folder, "nothing")
        nothing.write_bytes(b"Subject: x\n\nx\n")
        base = instructions(nixie, nothing)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            jobs = [pool.submit(measure, nixie, folder, i, name) for i, name in enumerate(names)]
            for name, job in zip(names, jobs):
                one, two = (max(n - base, 0) for n in job.result())
                growth = (two + 1) / (one + SLACK)
                check(growth < GROWTH_MAX, f"{name}: {one / SIZE:.1f} instructions a byte",
                      f"{one} for {SIZE} bytes, {two} for twice that: {two / max(one, 1):.2f} times")
    print(f"1..{cases}")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
