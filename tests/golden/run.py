#!/usr/bin/env python3
"""Golden samples: what nixie says of each stored message must be what it said before.

usage: run.py NIXIE [NAME...]        UPDATE=1 run.py NIXIE   rewrites what differs

For every x.eml and x.txt below this folder, `nixie parse -o json` must print x.json and
`nixie explain` must print x.out; the JSON must also obey doc/report.schema.json. NAME, a part of a
path, chooses samples. Every comparison is a TAP case. x.about says where a sample comes from.
"""
import concurrent.futures
import difflib
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = HERE.parents[1] / "doc" / "report.schema.json"
UPDATE = os.environ.get("UPDATE", "") not in ("", "0")
SECONDS = 60
# Nothing of the caller's surroundings may show in the output.
ENV = {k: v for k, v in os.environ.items()
       if k.startswith(("ASAN_", "UBSAN_", "MSAN_", "LSAN_", "LD_", "PATH"))}
ENV["LC_ALL"] = "C"


def run(nixie, sample, *words):
    """The output of one run, and why it counts as broken: None when it does not."""
    path = sample.relative_to(HERE).as_posix()
    try:
        done = subprocess.run([nixie, *words, path], cwd=HERE, env=ENV, timeout=SECONDS,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        return b"", f"no answer in {SECONDS} s"
    noise = done.stderr.decode("utf-8", "replace")
    if done.returncode < 0 or done.returncode > 2 or "Sanitizer" in noise:
        return b"", f"exit status {done.returncode}\n{noise}"
    return done.stdout, None


def compare(expected, got):
    """Why `got` is not what the file says; None when it is, or has been made so."""
    before = expected.read_bytes() if expected.exists() else None
    if before == got:
        return None
    if UPDATE:
        expected.write_bytes(got)
        return None
    if before is None:
        return f"no {expected.name} yet (UPDATE=1 writes it)"
    was, now = (text.decode("utf-8", "surrogateescape").splitlines() for text in (before, got))
    return "\n".join(difflib.unified_diff(was, now, expected.name, "got", n=1, lineterm=""))


def check_schema(validator, text):
    try:
        values = json.loads(text)
        values = values if isinstance(values, list) else [values]
    except ValueError as not_one:
        try:
            values = [json.loads(line) for line in text.splitlines() if line]
        except ValueError:
            return f"not JSON: {not_one}"
    if validator is None:
        return None
    wrong = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
             for value in values for e in validator.iter_errors(value)]
    return "\n".join(wrong[:5]) or None


def load_validator():
    if not SCHEMA.exists():
        return None
    try:
        import jsonschema
    except ImportError:
        print("# the schema is not checked: no python3-jsonschema")
        return None
    schema = json.loads(SCHEMA.read_text("utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def check(nixie, validator, sample):
    """The cases of one sample: (what, trouble or None)."""
    report, trouble = run(nixie, sample, "parse", "-o", "json")
    yield "json", trouble or compare(sample.with_suffix(".json"), report)
    if trouble is None:
        yield "schema", check_schema(validator, report)
    words, trouble = run(nixie, sample, "explain")
    yield "explained", trouble or compare(sample.with_suffix(".out"), words)
    yield "about", None if sample.with_suffix(".about").exists() else "no .about: whose sample is it?"


def main():
    nixie = str(pathlib.Path(sys.argv[1]).resolve())
    samples = sorted(p for p in HERE.rglob("*") if p.suffix in (".eml", ".txt")
                     and (len(sys.argv) < 3 or any(name in str(p) for name in sys.argv[2:])))
    validator = load_validator()
    cases = failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for sample, found in zip(samples, pool.map(lambda s: list(check(nixie, validator, s)), samples)):
            for what, trouble in found:
                cases += 1
                name = f"{sample.relative_to(HERE).as_posix()}: {what}".replace("#", " ")
                print(f"{'ok' if trouble is None else 'not ok'} {cases} - {name}")
                if trouble is not None:
                    failures += 1
                    for line in trouble.splitlines()[:60]:
                        print("# " + line.encode("ascii", "backslashreplace").decode())
    # An empty plan would be a skip: no sample at all is a fault of the tree.
    if cases == 0:
        cases = failures = 1
        print("not ok 1 - there is a golden sample")
    print(f"1..{cases}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
