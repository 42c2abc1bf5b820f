#!/usr/bin/env python3
"""Mutants: damaged mail must neither crash nixie nor hang it, nor make it write what is no JSON.

usage: mutate.py NIXIE [-n N] [--seed S] [--batch B] [--keep FOLDER] [--timeout SECONDS] [PATH...]

Each PATH is a mail or a folder of them; without one, samples/, tests/golden/ and, where it is there,
../shared/corpus/emails. N mutants (2000) are made of them: cut off, with a line or a header field
lost or doubled, bytes changed, a boundary broken, parts in another order, other line ends, two mails
spliced. They are read in batches by `NIXIE parse -o ndjson --explain`, best a build with sanitizers. The
same seed makes the same mutants. One TAP case per kind of damage; --keep saves what failed.
"""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFAULT = [ROOT / "samples", ROOT / "tests" / "golden", ROOT.parent / "shared" / "corpus" / "emails"]
MAIL_BYTES_MAX = 200_000  # of a mail that is taken as a parent
NASTY = [b"\0", b"\xff", b"\xc3", b"\x80", b"\x1b$B", b"\r", b"\n\n", b"=", b"=?utf-8?Q?", b"?=", b"--", b":",
         b";", b"<", b">", b"@", b"\"", b"(", b"[", b"]", b" " * 300, b"A" * 3000, b"\t", b"%", b"\xef\xbb\xbf",
         b"550 5.1.1 ", b"4.", b"<<< ", b">>> RCPT TO:<", b"Final-Recipient: ", b"Status: ", b"&#x110000;", b"<!--",
         b"\xf0\x9f\x92\xa9", b"\xe2\x80\xae", b"{rcpt}", b"99999999999999999999", b"-"]


def lines_of(mail):
    return mail.splitlines(keepends=True) or [b""]


def cut(rng, mail, _):
    at = rng.randrange(len(mail) + 1)
    return mail[:at] if rng.random() < 0.7 else mail[at:]


def drop_line(rng, mail, _):
    lines = lines_of(mail)
    for _i in range(rng.choice((1, 1, 2, 5))):
        del lines[rng.randrange(len(lines))]
        if not lines:
            break
    return b"".join(lines)


def double_line(rng, mail, _):
    lines = lines_of(mail)
    at = rng.randrange(len(lines))
    lines[at:at] = [lines[rng.randrange(len(lines))]] * rng.choice((1, 2, 40))
    return b"".join(lines)


def swap_lines(rng, mail, _):
    lines = lines_of(mail)
    for _i in range(rng.choice((1, 3, 10))):
        a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def change_bytes(rng, mail, _):
    out = bytearray(mail)
    for _i in range(rng.choice((1, 4, 30))):
        if out:
            out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def put_nasty(rng, mail, _):
    for _i in range(rng.choice((1, 3, 10))):
        at = rng.randrange(len(mail) + 1)
        mail = mail[:at] + rng.choice(NASTY) + mail[at + rng.choice((0, 0, 1, 20)):]
    return mail


def lose_field(rng, mail, _):
    fields = [m.span() for m in re.finditer(rb"(?m)^[!-9;-~]{1,60}:.*\n?(?:[ \t].*\n?)*", mail)]
    for start, end in sorted(rng.sample(fields, min(len(fields), rng.choice((1, 2, 6)))), reverse=True):
        mail = mail[:start] + mail[end:]
    return mail


def empty_field(rng, mail, _):
    fields = [m.span(2) for m in re.finditer(rb"(?m)^([!-9;-~]{1,60}:)(.*)$", mail)]
    for start, end in sorted(rng.sample(fields, min(len(fields), rng.choice((1, 3)))), reverse=True):
        mail = mail[:start] + rng.choice((b"", b" ", b" ;", b" <>", b" \xff\xfe", b" " + b"x;" * 200)) + mail[end:]
    return mail


def break_boundary(rng, mail, _):
    marks = [m.span() for m in re.finditer(rb"(?m)^--\S.*$", mail)]
    if not marks:
        return mail.replace(b"\n\n", b"\n", 1)
    for start, end in sorted(rng.sample(marks, min(len(marks), rng.choice((1, 2)))), reverse=True):
        line = mail[start:end]
        mail = mail[:start] + rng.choice((b"", line + b"--", line[:-1], line + b" x", line[2:], b"--",
                                          line + b"\n" + line)) + mail[end:]
    return mail


def reorder_parts(rng, mail, _):
    mark = re.search(rb"(?m)^--\S.*$", mail)
    if not mark:
        blocks = mail.split(b"\n\n")
        rng.shuffle(blocks)
        return b"\n\n".join(blocks)
    head, *parts = mail.split(mark.group())
    rng.shuffle(parts)
    return head + b"".join(mark.group() + part for part in parts)


def other_line_ends(rng, mail, _):
    lines = [line.rstrip(b"\r\n") for line in lines_of(mail)]
    end = rng.choice((b"\n", b"\r\n", b"\r", b"\r\r\n", b"\n\r", None))
    return b"".join(line + (end or rng.choice((b"\n", b"\r\n", b"\r"))) for line in lines)


def splice(rng, mail, other):
    return mail[:rng.randrange(len(mail) + 1)] + other[rng.randrange(len(other) + 1):]


def nest(rng, mail, other):
    """`other`, with this mail returned or forwarded in it."""
    kind = rng.choice((b"message/rfc822", b"text/plain", b"message/delivery-status", b"multipart/report", b"text/html"))
    return (b"From: a@example.org\nSubject: Fwd\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
            b"Content-Type: " + kind + b"\n\n" + mail + b"\n--x\n\n" + other + b"\n--x--\n")


KINDS = [cut, drop_line, double_line, swap_lines, change_bytes, put_nasty, lose_field, empty_field, break_boundary,
         reorder_parts, other_line_ends, splice, nest]


def parents(paths):
    found = []
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.suffix in (".eml", ".txt")) if path.is_dir() else [path]
        found += [f.read_bytes()[:MAIL_BYTES_MAX] for f in files if f.is_file()]
    return [mail for mail in found if mail]


def read_batch(nixie, paths, seconds):
    """What is wrong with how nixie read these; None when nothing is."""
    try:
        done = subprocess.run([nixie, "parse", "-o", "ndjson", "--explain", *map(str, paths)], timeout=seconds,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        return f"no answer in {seconds} s"
    noise = done.stderr.decode("utf-8", "replace")
    # What it says itself ("is empty") is fine; anything else is a sanitizer's, an assertion's or the system's.
    if done.returncode not in (0, 3) or any(not line.startswith("nixie: ") for line in noise.splitlines()):
        return f"exit status {done.returncode}\n{noise}"
    lines = done.stdout.split(b"\n")
    # A mutant may have become an mbox of several mails; one that said nothing may be empty.
    if lines[-1] != b"" or (not noise and len(lines) < len(paths) + 1):
        return f"{len(lines) - 1} lines for {len(paths)} mails"
    for line in lines[:-1]:
        try:
            json.loads(line.decode("utf-8"))
        except ValueError as e:
            return f"not JSON: {e}"
    return None


def blame(nixie, paths, seconds):
    """The mails of a failed batch that fail alone, each with its trouble."""
    for path in paths:
        trouble = read_batch(nixie, [path], seconds)
        if trouble is not None:
            yield path, trouble


def signature(trouble):
    """Faults that look alike are told once."""
    frame = re.search(r"#\d+ 0x\S+ in (\w+) \S*/src/(\S+)", trouble) or re.search(r"(src/\S+): runtime error.*", trouble)
    return frame.group() if frame else trouble[:80]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("nixie")
    p.add_argument("paths", nargs="*", type=pathlib.Path)
    p.add_argument("-n", type=int, default=2000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--batch", type=int, default=100)
    p.add_argument("--timeout", type=float, default=60)
    p.add_argument("--keep", type=pathlib.Path)
    args = p.parse_intermixed_args()
    nixie = str(pathlib.Path(args.nixie).resolve())
    mails = parents(args.paths or [path for path in DEFAULT if path.exists()])
    rng = random.Random(args.seed)
    if not mails:
        print("1..1\nnot ok 1 - there is a mail to damage")
        return 1
    print(f"1..{len(KINDS)}", flush=True)
    print(f"# {args.n} mutants of {len(mails)} mails, seed {args.seed}")
    failures = 0
    for number, kind in enumerate(KINDS, 1):
        count = args.n // len(KINDS) + (number <= args.n % len(KINDS))
        start, made, troubles, failing = time.monotonic(), 0, {}, 0
        while made < count:
            with tempfile.TemporaryDirectory() as folder:
                batch = []
                while len(batch) < min(args.batch, count - made):
                    path = pathlib.Path(folder) / f"{kind.__name__}-{args.seed}-{made + len(batch)}.eml"
                    path.write_bytes(kind(rng, rng.choice(mails), rng.choice(mails)))
                    batch.append(path)
                made += len(batch)
                trouble = read_batch(nixie, batch, args.timeout)
                if trouble is None:
                    continue
                alone = list(blame(nixie, batch, args.timeout / 4)) or [(batch[0], "only together: " + trouble)]
                for path, what in alone:
                    failing += 1
                    if troubles.setdefault(signature(what), what) is what and args.keep:
                        args.keep.mkdir(parents=True, exist_ok=True)
                        (args.keep / path.name).write_bytes(path.read_bytes())
        seconds = time.monotonic() - start
        print(f"{'not ok' if troubles else 'ok'} {number} - {kind.__name__}: {count} mutants, {failing} failed"
              f"  {seconds:.0f} s", flush=True)
        failures += bool(troubles)
        for what in troubles.values():
            for line in what.splitlines()[:25]:
                print("# " + line.encode("ascii", "backslashreplace").decode(), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
