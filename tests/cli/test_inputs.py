#!/usr/bin/env python3
"""test_inputs.py NIXIE - what nixie parse reads, in which order, and the forms in which it writes. TAP.

Files, folders, mailboxes and streams, packed and not, with all line ends, in any mixture; threads that change
nothing; memory that does not grow; tables that a spreadsheet may open; Sisimai's names.
"""
import csv
import gzip
import io
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zlib

OK, USAGE, UNREADABLE = 0, 2, 3
ROOT = pathlib.Path(__file__).resolve().parents[2]
LARGE_MB = 300  # of the mailbox whose reading must not take memory
PEAK_KB = 48 << 10  # ... than that

BOUNCE = """\
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: list@example.org
Subject: Undelivered Mail Returned to Sender
Date: Thu, 22 Nov 2026 13:15:57 +0900
Message-ID: <{name}@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

This is the mail system at host mx.example.org.
{words}
<{name}@b.example>: host mx.b.example[192.0.2.7] said: 550 5.1.1 No such user (in reply to RCPT TO command)

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Thu, 22 Nov 2026 13:15:50 +0900

Final-Recipient: rfc822; {name}@b.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.b.example
Diagnostic-Code: smtp; 550 5.1.1 No such user

--B
Content-Type: text/rfc822-headers

From: Shop <shop@example.org>
To: {name}@b.example
Subject: =1+1, "your order"
Message-ID: <order-{name}@example.org>

--B--
"""
ORDINARY = "From: ann@example.org\nTo: ben@example.org\nSubject: lunch\n\nAt noon?\n"
COMPLAINT = """\
From: fbl@isp.example
To: abuse@example.org
Subject: abuse report
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: X/1
Version: 1
Original-Rcpt-To: ann@isp.example

--B
Content-Type: message/rfc822

From: shop@example.org
To: ann@isp.example
Subject: offer

x
--B--
"""

cases = failures = 0


def check(good, name, what=""):
    global cases, failures
    cases += 1
    print(f"{'ok' if good else 'not ok'} {cases} - {name.replace('#', ' ')}")
    if not good:
        failures += 1
        for line in str(what)[:1500].splitlines()[:15]:
            print("# " + line.encode("ascii", "backslashreplace").decode())


def skip(name, why):
    """What this machine cannot show."""
    global cases
    cases += 1
    print(f"ok {cases} - {name} # SKIP {why}", flush=True)


def bounce(name, words=""):
    return BOUNCE.format(name=name, words=words)


def mbox(mails, line="From MAILER-DAEMON Thu Nov 22 04:15:57 2026"):
    return "".join(f"{line}\n{mail}\n" for mail in mails)


def pack_zstd(raw):
    return subprocess.run(["zstd", "-q", "-c"], input=raw, capture_output=True, check=True).stdout


class Nixie:
    def __init__(self, program):
        self.program = str(pathlib.Path(program).resolve())

    def run(self, *args, given=b"", cwd=None):
        return subprocess.run([self.program, *map(str, args)], input=given, capture_output=True, cwd=cwd, timeout=280,
                              env={**os.environ, "LC_ALL": "C"}, check=False)

    def parse(self, *args, given=b"", cwd=None):
        """(what it read: [(path, index, first recipient)], what it said, exit code)"""
        done = self.run("parse", *args, given=given, cwd=cwd)
        read = []
        for line in done.stdout.splitlines():
            report = json.loads(line)
            names = [o.get("recipient", "") for o in report["outcomes"]] or [""]
            read.append((report["source"]["path"], report["source"]["index"], names[0].partition("@")[0]))
        return read, done.stderr.decode(), done.returncode

    def reads(self, name, want, *args, given=b"", cwd=None, says="", code=OK):
        read, said, got = self.parse(*args, given=given, cwd=cwd)
        check(read == want and got == code and (says in said if says else said == ""), name,
              f"read {read}\nwant {want}\nexit {got}, want {code}\nsaid {said!r}, want {says!r}")


def put(folder, name, content):
    path = pathlib.Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def from_lines(nixie, folder):
    """Lines that begin with "From ": which begin a message?"""
    begin = [
        ("asctime", "From ann@example.org Thu Nov 22 04:15:57 2026"),
        ("one digit of the day", "From ann@example.org Thu Nov  2 04:15:57 2026"),
        ("without seconds", "From ann@example.org Thu Nov 22 04:15 2026"),
        ("a zone before the year", "From ann@example.org Thu Nov 22 04:15:57 GMT 2026"),
        ("an offset before the year", "From ann@example.org Thu Nov 22 04:15:57 +0100 2026"),
        ("an offset behind the year", "From ann@example.org Thu Nov 22 04:15:57 2026 +0100"),
        ("Mozilla", "From - Thu Nov 22 04:15:57 2026"),
        ("MAILER-DAEMON", "From MAILER-DAEMON Thu Nov 22 04:15:57 2026"),
        ("two blanks", "From MAILER-DAEMON  Thu Nov 22 04:15:57 2026"),
        ("UUCP", "From uucp Thu Nov 22 04:15:57 2026 remote from host"),
        ("an address in words", "From ann at example.org  Thu Nov 22 04:15:57 2026"),
        ("the null sender", "From <> Thu Nov 22 04:15:57 2026"),
        ("a date of RFC 5322", "From ann@example.org Thu, 22 Nov 2026 04:15:57 +0100"),
    ]
    for name, line in begin:
        put(folder, "two", mbox([bounce("a")]) + line + "\n" + bounce("b") + "\n")
        nixie.reads(f"a From line: {name}", [("two", 0, "a"), ("two", 1, "b")], "two", cwd=folder)
    text = [
        ("words", "\n\nFrom the bottom of my heart\nX: y\n"),
        ("no date", "\n\nFrom ann@example.org\nX: y\n"),
        ("no time", "\n\nFrom ann@example.org Thu Nov 22 2026\nX: y\n"),
        ("a date in a sentence", "\n\nFrom now on, Thu Nov 22 is a holiday\nX: y\n"),
        ("no sender", "\n\nFrom  Thu Nov 22 04:15:57 2026\nX: y\n"),
        ("no empty line before", "\nx\nFrom ann@example.org Thu Nov 22 04:15:57 2026\nX: y\n"),
        ("no header behind", "\n\nFrom ann@example.org Thu Nov 22 04:15:57 2026\nwas the first line\n"),
        ("quoted", "\n\n>From ann@example.org Thu Nov 22 04:15:57 2026\nX: y\n"),
        ("behind a lone CR, where lines end in LF", "\n\r\rFrom ann@example.org Thu Nov 22 04:15:57 2026\rX: y\r"),
        ("an empty line behind", "\n\nFrom ann@example.org Thu Nov 22 04:15:57 2026\n\n"),
    ]
    for name, words in text:
        put(folder, "two", mbox([bounce("a", words), bounce("b")]))
        nixie.reads(f"no From line: {name}", [("two", 0, "a"), ("two", 1, "b")], "two", cwd=folder)
    # A quoted line may also come first in the header, as some mail programs leave it there.
    put(folder, "two", mbox([bounce("a")]) + "From x Thu Nov 22 04:15:57 2026\n>From y Thu Nov 22 04:15:58 2026\n" +
        bounce("b"))
    nixie.reads("a From line before a quoted one", [("two", 0, "a"), ("two", 1, "b")], "two", cwd=folder)


def content_length(nixie, folder):
    forged = "\n\nFrom ann@example.org Thu Nov 22 04:15:57 2026\nX: y\n"
    def with_length(mail, n):
        return f"Content-Length: {n}\n{mail}"
    for name, eol in (("LF", "\n"), ("CRLF", "\r\n")):
        mail = bounce("a", forged).replace("\n", eol)
        body = len(mail.partition(eol + eol)[2])
        whole = f"Content-Length: {body}{eol}{mail}"
        line = f"From x Thu Nov 22 04:15:57 2026{eol}"
        put(folder, "cl", line + whole + eol + line + bounce("b").replace("\n", eol) + eol)
        nixie.reads(f"mboxcl2, {name}: the length is believed", [("cl", 0, "a"), ("cl", 1, "b")], "cl", cwd=folder)
        put(folder, "cl", line + whole)
        nixie.reads(f"mboxcl2, {name}: ... up to the end", [("cl", 0, "a")], "cl", cwd=folder)
    mail = bounce("a")
    body = len(mail.partition("\n\n")[2])
    for name, n in (("too short", body // 2), ("too long", body + 50), ("far too long", 10 ** 12), ("zero", 0),
                    ("no number", "x"), ("more digits than a number has", "9" * 40)):
        put(folder, "cl", mbox([with_length(mail, n), bounce("b"), bounce("c")]))
        nixie.reads(f"a Content-Length that is {name}", [("cl", 0, "a"), ("cl", 1, "b"), ("cl", 2, "c")], "cl", cwd=folder)
    put(folder, "cl", mbox([bounce("a", "\n\nContent-Length: 100000"), bounce("b")]))
    nixie.reads("a Content-Length in a body", [("cl", 0, "a"), ("cl", 1, "b")], "cl", cwd=folder)


def kinds(nixie, folder):
    put(folder, "one.eml", bounce("a"))
    put(folder, "box", mbox([bounce("b"), ORDINARY, bounce("c")]))
    put(folder, "no-end.mbox", mbox([bounce("d"), bounce("e")]).rstrip("\n"))
    put(folder, "one.gz", gzip.compress(bounce("f").encode()))
    packed = gzip.compress(mbox([bounce("g")]).encode()) + gzip.compress(mbox([bounce("h")]).encode())
    put(folder, "box.gz", packed)
    put(folder, "Maildir/cur/2:2,S", bounce("k"))
    put(folder, "Maildir/cur/10:2,", bounce("j"))
    put(folder, "Maildir/new/1", bounce("l"))
    put(folder, "Maildir/tmp/1", bounce("tmp"))
    put(folder, "Maildir/dovecot-uidlist", "3 V1 N1\n")
    put(folder, "Maildir/.Junk/cur/1", bounce("junk"))
    put(folder, "folder/z.eml", bounce("z"))
    put(folder, "folder/a/b.eml", bounce("m"))
    put(folder, "folder/.hidden", bounce("hidden"))
    put(folder, "folder/box.mbox", mbox([bounce("n"), bounce("o")]))
    put(folder, "folder/with blanks and ü", bounce("p"))
    single = [("one.eml", 0, "a")]
    box = [("box", 0, "b"), ("box", 1, ""), ("box", 2, "c")]
    maildir = [("Maildir/cur/10:2,", 0, "j"), ("Maildir/cur/2:2,S", 0, "k"), ("Maildir/new/1", 0, "l")]
    tree = [("folder/a/b.eml", 0, "m"), ("folder/box.mbox", 0, "n"), ("folder/box.mbox", 1, "o"),
            ("folder/with blanks and ü", 0, "p"), ("folder/z.eml", 0, "z")]
    gz = [("box.gz", 0, "g"), ("box.gz", 1, "h")]
    nixie.reads("one message", single, "one.eml", cwd=folder)
    nixie.reads("an mbox", box, "box", cwd=folder)
    nixie.reads("an mbox without its last line end", [("no-end.mbox", 0, "d"), ("no-end.mbox", 1, "e")], "no-end.mbox",
                cwd=folder)
    nixie.reads("gzip, one message", [("one.gz", 0, "f")], "one.gz", cwd=folder)
    nixie.reads("gzip, two members", gz, "box.gz", cwd=folder)
    put(folder, "padded.gz", packed + b"\0" * 512)
    nixie.reads("gzip, padded with zeros", [("padded.gz", i, n) for _, i, n in gz], "padded.gz", cwd=folder)
    nixie.reads("a Maildir", maildir, "Maildir", cwd=folder)
    nixie.reads("its cur", maildir[:2], "Maildir/cur", cwd=folder)
    nixie.reads("a folder and what is below it", tree, "folder", cwd=folder)
    nixie.reads("a folder with its slash", tree, "folder/", cwd=folder)
    nixie.reads("stdin", [("-", 0, "a")], "-", given=bounce("a").encode())
    nixie.reads("stdin, an mbox", [("-", 0, "a"), ("-", 1, "b")], "-", given=mbox([bounce("a"), bounce("b")]).encode())
    nixie.reads("stdin, packed", [("-", 0, "g"), ("-", 1, "h")], "-", given=packed)
    mixture = ["one.eml", "folder", "-", "box", "Maildir", "box.gz", "one.eml"]
    want = single + tree + [("-", 0, "s")] + box + maildir + gz + single
    nixie.reads("all in one call, in order", want, *mixture, given=bounce("s").encode(), cwd=folder)
    if shutil.which("zstd"):
        raw = mbox([bounce("g")]).encode()
        put(folder, "box.zst", pack_zstd(raw) + pack_zstd(mbox([bounce("h")]).encode()))
        nixie.reads("zstd, two frames", [("box.zst", 0, "g"), ("box.zst", 1, "h")], "box.zst", cwd=folder)
        put(folder, "cut.zst", pack_zstd(mbox([bounce("g"), bounce("h")]).encode())[:-20])
        _, said, code = nixie.parse("cut.zst", cwd=folder)
        check(code == UNREADABLE and "cut.zst: is packed and cut short" in said, "zstd, cut short", (said, code))
    else:
        skip("zstd", "no zstd here to pack with")
    for name, eol in (("CRLF", "\r\n"), ("CR", "\r")):
        put(folder, "eol", mbox([bounce("a", "\n\nFrom here on\n"), bounce("b")]).replace("\n", eol))
        nixie.reads(f"an mbox in {name}", [("eol", 0, "a"), ("eol", 1, "b")], "eol", cwd=folder)
        put(folder, "eol", bounce("a").replace("\n", eol))
        nixie.reads(f"a message in {name}", [("eol", 0, "a")], "eol", cwd=folder)
    put(folder, "paste", mbox([bounce("a"), bounce("b")]))
    read, _, _ = nixie.parse("--text", "paste", cwd=folder)
    check(len(read) == 1, "--text: an mbox is one text", read)
    # The same mail gives the same report wherever it lies, but for where it lay.
    def report(*args, given=b""):
        value = json.loads(nixie.run("parse", *args, given=given, cwd=folder).stdout.splitlines()[0])
        del value["source"]
        return value
    check(report("one.eml") == report("-", given=gzip.compress(bounce("a").encode())), "the same report, packed or not")


def trouble(nixie, folder):
    put(folder, "one.eml", bounce("a"))
    put(folder, "empty", "")
    os.makedirs(pathlib.Path(folder, "nothing"), exist_ok=True)
    one = [("one.eml", 0, "a")]
    nixie.reads("an empty file is said", one, "empty", "one.eml", cwd=folder, says="empty: is empty")
    nixie.reads("an empty folder is said", one, "nothing", "one.eml", cwd=folder, says="nothing: is a folder without mails")
    nixie.reads("empty input is said", [], "-", says="standard input: is empty")
    nixie.reads("a missing file", one, "nowhere", "one.eml", cwd=folder, says="nowhere: no such file", code=UNREADABLE)
    put(folder, "some/a.eml", bounce("a"))
    put(folder, "some/c.eml", bounce("c"))
    link = pathlib.Path(folder, "some/b.eml")
    if not link.is_symlink():
        link.symlink_to("nowhere")
        pathlib.Path(folder, "some/loop").symlink_to(".")
    nixie.reads("a file in a folder that cannot be read", [("some/a.eml", 0, "a"), ("some/c.eml", 0, "c")], "some", cwd=folder,
                says="some/b.eml: no such file", code=UNREADABLE)
    put(folder, "odd/a.eml", bounce("a"))
    put(folder, "odd/picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\r")
    nixie.reads("what is no text in a folder", [("odd/a.eml", 0, "a")], "odd", cwd=folder, says="odd: 1 of 2 files in it is no text")
    rng = random.Random(1)
    noise = "".join(rng.choice("abcdefghij") for _ in range(200000))
    packed = gzip.compress(mbox([bounce("a"), bounce("b"), bounce("c", noise)]).encode())
    put(folder, "cut.gz", packed[:len(packed) // 2])
    read, said, code = nixie.parse("cut.gz", "one.eml", cwd=folder)
    check(read[:2] == [("cut.gz", 0, "a"), ("cut.gz", 1, "b")] and read[-1] == one[0] and code == UNREADABLE and
          said == "nixie: cut.gz: is packed and cut short; what could be unpacked was read\n",
          "gzip, cut short: what is there is read, and said", (read, said, code))
    bad = bytearray(packed)
    bad[len(bad) // 2] ^= 0xFF
    put(folder, "bad.gz", bytes(bad))
    read, said, code = nixie.parse("bad.gz", cwd=folder)
    check(read[:2] == [("bad.gz", 0, "a"), ("bad.gz", 1, "b")] and code == UNREADABLE and "damaged" in said, "gzip, damaged",
          (read, said, code))
    put(folder, "more.gz", gzip.compress(bounce("a").encode()) + b"and something else")
    nixie.reads("gzip, and something else behind", [("more.gz", 0, "a")], "more.gz", cwd=folder, says="something else follows",
                code=UNREADABLE)
    for size in (1, 2, 3, 10, 17):
        put(folder, "tiny.gz", packed[:size])
        done = nixie.run("parse", "tiny.gz", cwd=folder)
        check(done.returncode in (OK, UNREADABLE), f"gzip, {size} bytes of it", done.stderr)
    for words, says in ((["-o", "xml"], "ndjson, json, csv or text"), (["--as", "x"], "--as takes sisimai"),
                        (["--as", "sisimai", "-o", "csv"], "ndjson or json"), (["--jobs", "x"], "number of threads"),
                        (["--jobs"], "number of threads"), (["--jobs", "-1"], "number of threads"), (["--jobs=1000"], "threads")):
        done = nixie.run("parse", *words, *([] if words == ["--jobs"] else ["one.eml"]), cwd=folder)
        check(done.returncode == USAGE and says in done.stderr.decode(), "refused: " + " ".join(words), done.stderr)
    put(folder, "many", mbox([bounce(f"u{i}") for i in range(3000)]))
    for jobs in (1, 3):
        run = subprocess.Popen([nixie.program, "parse", "--jobs", str(jobs), "many"], cwd=folder, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, restore_signals=False)
        run.stdout.readline()
        run.stdout.close()
        said = run.stderr.read()
        check(run.wait(60) == UNREADABLE and said == b"", f"--jobs {jobs}: a reader that goes away is no complaint", said)
        run.stderr.close()
        with open("/dev/full", "wb") as full:
            done = subprocess.run([nixie.program, "parse", "--jobs", str(jobs), "one.eml"], cwd=folder, stdout=full,
                                  stderr=subprocess.PIPE, timeout=60, check=False)
        check(done.returncode == UNREADABLE and b"standard output: " in done.stderr, f"--jobs {jobs}: a full disk", done)


def jobs(nixie, folder):
    names = [put(folder, f"tree/{i:03}.eml", bounce(f"t{i}")) for i in range(700)]
    put(folder, "tree/400.eml", gzip.compress(bounce("x").encode())[:100])
    put(folder, "tree/empty", "")
    put(folder, "big", mbox([bounce(f"b{i}", "x" * (i * 37 % 5000)) for i in range(1500)] + [bounce("large", "y\n" * 5000000)] +
                            [bounce("end")]))
    check(len(names) == 700, "a tree")
    for words in ([], ["-o", "json"], ["-o", "csv"], ["-o", "text"], ["--as", "sisimai"], ["--as", "sisimai", "-o", "json"]):
        args = ["tree", "big", "nowhere", "tree/001.eml"]
        one = nixie.run("parse", *words, *args, cwd=folder)
        check(one.returncode == UNREADABLE and one.stdout != b"", "one job: " + " ".join(words), one.stderr)
        for n in ("2", "8", "0"):
            many = nixie.run("parse", *words, "--jobs", n, *args, cwd=folder)
            check((many.stdout, many.stderr, many.returncode) == (one.stdout, one.stderr, one.returncode),
                  f"--jobs {n} gives the same: " + " ".join(words), (many.stderr, one.stderr))


def memory(nixie, folder):
    """A mailbox far larger than the memory that reading it takes, plain and packed."""
    part = mbox([bounce(f"m{i}", "x" * 70 + "\n" + "y" * 3000) for i in range(500)]).encode()
    path = pathlib.Path(folder, "large")
    times = (LARGE_MB << 20) // len(part)
    packer = zlib.compressobj(1, wbits=31)
    with open(path, "wb") as plain, open(str(path) + ".gz", "wb") as packed:
        for _ in range(times):
            plain.write(part)
            packed.write(packer.compress(part))
        packed.write(packer.flush())
    program = f"""import resource, subprocess, sys
with open(sys.argv[1], 'wb') as out:
    code = subprocess.run(sys.argv[2:], stdout=out, check=False).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""
    for words in (["large"], ["large.gz"], ["--jobs", "2", "large"]):
        out = pathlib.Path(folder, "out")
        done = subprocess.run([sys.executable, "-c", program, str(out), nixie.program, "parse", *words], cwd=folder,
                              capture_output=True, timeout=600, check=False)
        code, peak_kb = map(int, done.stdout.split())
        with open(out, "rb") as lines:
            count = sum(1 for _ in lines)
        name = f"{LARGE_MB} MB in a fraction of that memory: " + " ".join(words)
        check(code == OK and count == 500 * times, name + ": all mails", (done, count, 500 * times))
        if is_instrumented(nixie):
            skip(name, "a sanitizer keeps memory of its own")
        else:
            check(peak_kb < PEAK_KB, name, f"{peak_kb} KiB")
    os.remove(path)
    os.remove(str(path) + ".gz")


def is_instrumented(nixie):
    with open(nixie.program, "rb") as program:
        raw = program.read()
    return any(mark in raw for mark in (b"__asan_init", b"__msan_init", b"__tsan_init"))


def too_long(nixie, folder):
    """A message beyond the limit is cut, and the next one is read."""
    if is_instrumented(nixie):
        skip("a message that is too long", "too slow under a sanitizer")
        return
    line = b"From x Thu Nov 22 04:15:57 2026\n"
    path = pathlib.Path(folder, "long")
    with open(path, "wb") as file:
        file.write(line + ORDINARY.encode())
        for _ in range(257):
            file.write((b"z" * 1023 + b"\n") * 1024)
        file.write(b"\n" + line + bounce("b").encode())
    read, said, code = nixie.parse("long", cwd=folder)
    os.remove(path)
    check(read == [("long", 0, ""), ("long", 1, "b")] and code == OK and "message 0 is longer than 256 MiB" in said,
          "a message that is too long", (read, said, code))


def streams(nixie):
    """What is read is written, before more comes."""
    run = subprocess.Popen([nixie.program, "parse", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    run.stdin.write(mbox([bounce("a"), bounce("b")]).encode())
    run.stdin.flush()
    first = json.loads(run.stdout.readline())
    check(first["outcomes"][0]["recipient"] == "a@b.example", "a stream: the first report comes before the end of the input")
    rest = run.communicate(mbox([bounce("c")]).encode(), timeout=60)[0].splitlines()
    check([json.loads(line)["source"]["index"] for line in rest] == [1, 2], "a stream: the others follow", rest)
    for piece in (1, 7, 4096):
        raw = mbox([bounce("a", "\n\nFrom here on\n"), bounce("b"), ORDINARY]).replace("\n", "\r\n").encode()
        run = subprocess.Popen([nixie.program, "parse", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        for at in range(0, len(raw), piece):
            run.stdin.write(raw[at:at + piece])
        done = run.communicate(timeout=60)[0].splitlines()
        check(len(done) == 3, f"a stream in pieces of {piece}", done)


def tables(nixie, folder):
    put(folder, "box", mbox([bounce("a"), ORDINARY, bounce("=cmd"), COMPLAINT]))
    raw = nixie.run("parse", "-o", "csv", "box", "-", given=bounce("-5").encode(), cwd=folder).stdout
    check(raw.count(b"\r\n") == raw.count(b"\n"), "csv: lines end in CRLF")
    rows = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
    check(len(rows) == 5 and all(None not in row and None not in row.values() for row in rows), "csv: as many cells in each row",
          rows)
    check(len(rows[0]) == len(set(rows[0])) == 41, "csv: 41 columns", len(rows[0]))
    reports = [json.loads(line) for line in nixie.run("parse", "box", "-", given=bounce("-5").encode(),
                                                      cwd=folder).stdout.splitlines()]
    top = ["kind", "generator", "reporting_mta", "arrival_date", "feedback_type", "verp_recipient"]
    original = ["message_id", "subject", "from", "to", "date"]
    trouble = []
    for row, report in zip(rows, reports):
        outcome = (report["outcomes"] or [{}])[0]
        want = {name: report.get(name, "") for name in top}
        want.update({"original_" + name: report.get("original", {}).get(name, "") for name in original})
        want.update({"source_" + name: report["source"][name] for name in ("path", "index")})
        for name in row:
            if name not in want:
                want[name] = outcome.get(name, "")
        for name, value in want.items():
            is_same = (float(row[name]) == value if isinstance(value, float) else
                       row[name] == {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else
                       row[name] in (str(value), "'" + str(value)))
            if not is_same:
                trouble.append((name, row[name], value))
        unknown = set(outcome) - set(row) - {"evidence", "explanation"}
        trouble += [(name, "no column") for name in unknown]
    check(not trouble, "csv: the cells say what the JSON says", trouble)
    check(rows[2]["recipient"] == "'=cmd@b.example", "csv: no formula", rows[2]["recipient"])
    check(rows[0]["original_subject"] == "'=1+1, \"your order\"", "csv: quotes, commas, formulas", rows[0]["original_subject"])
    check(rows[0]["source_path"] == "box" and rows[4]["source_path"] == "'-" or rows[4]["source_path"] == "-", "csv: paths")
    check(rows[1]["recipient"] == "" and rows[1]["kind"] == "ordinary", "csv: a row for a mail without outcomes", rows[1])
    bad = bounce("a").encode().replace(b"Subject: =1+1", b"Subject: \xff\0x")
    raw = nixie.run("parse", "-o", "csv", "-", given=bad).stdout
    check("\0" not in raw.decode("utf-8", "strict"), "csv: UTF-8, and no NUL")


SISIMAI = set("""action addresser alias decodedby deliverystatus destination diagnosticcode diagnostictype feedbackid feedbacktype
hardbounce lhost listid messageid origin reason recipient replycode rhost senderdomain smtpagent smtpcommand subject timestamp
timezoneoffset toxic""".split())


def sisimai(nixie, folder):
    put(folder, "box", mbox([bounce("a"), ORDINARY, COMPLAINT]))
    lines = nixie.run("parse", "--as", "sisimai", "box", cwd=folder).stdout.splitlines()
    array = json.loads(nixie.run("parse", "--as=sisimai", "-o", "json", "box", cwd=folder).stdout)
    got = [json.loads(line) for line in lines]
    check(got == array and len(got) == 2, "sisimai: bounces and complaints, as lines and as an array", (got, array))
    check(all(set(one) == SISIMAI for one in got), "sisimai: the same members in each", got)
    want = {"action": "failed", "addresser": "shop@example.org", "deliverystatus": "5.1.1", "destination": "b.example",
            "diagnostictype": "SMTP", "hardbounce": True, "lhost": "mx.example.org", "messageid": "order-a@example.org",
            "origin": "box", "reason": "userunknown", "recipient": "a@b.example", "replycode": "550", "rhost": "mx.b.example",
            "senderdomain": "example.org", "smtpcommand": "RCPT", "subject": '=1+1, "your order"',
            "timestamp": 1795320950, "timezoneoffset": "+0900", "alias": "", "feedbacktype": ""}
    wrong = [(k, got[0].get(k), v) for k, v in want.items() if got[0].get(k) != v]
    check(not wrong, "sisimai: a bounce", wrong)
    want = {"reason": "feedback", "feedbacktype": "abuse", "recipient": "ann@isp.example", "hardbounce": False, "addresser": "shop@example.org"}
    wrong = [(k, got[1].get(k), v) for k, v in want.items() if got[1].get(k) != v]
    check(not wrong, "sisimai: a complaint", wrong)
    unnamed = COMPLAINT.replace("Original-Rcpt-To: ann@isp.example\n", "")
    for what, mail, want in (("the message's To", unnamed, "ann@isp.example"),
                             ("nobody", unnamed.replace("To: ann@isp.example\n", "To: undisclosed-recipients:;\n"), "")):
        got = json.loads(nixie.run("parse", "--as", "sisimai", "-o", "json", "-", given=mail.encode()).stdout)
        check([(one["reason"], one["recipient"]) for one in got] == [("feedback", want)],
              f"sisimai: a complaint that names nobody, {what}", got)
    check(json.loads(nixie.run("parse", "--as", "sisimai", "-o", "json", "-", given=ORDINARY.encode()).stdout) == [],
          "sisimai: nothing of an ordinary mail")


def progress(nixie, folder):
    """On a terminal, when the work is long; never in a pipe."""
    put(folder, "box", mbox([bounce("a")]))
    done = nixie.run("parse", "box", cwd=folder)
    check(done.stderr == b"", "progress: none in a pipe", done.stderr)
    try:
        import pty
        main, other = pty.openpty()
    except OSError as why:
        skip("progress", f"no terminal to be had: {why}")
        return
    size = 4 << 20
    part = mbox([bounce("p") for _ in range(200)]).encode()
    with open(pathlib.Path(folder, "long"), "wb") as file:
        for _ in range(size // len(part)):
            file.write(part)
    fifo = pathlib.Path(folder, "fifo")
    if not fifo.exists():
        os.mkfifo(fifo)
    # The first file is quick, the second comes slowly: the work takes longer than a second on any machine.
    run = subprocess.Popen([nixie.program, "parse", "long", "fifo"], cwd=folder, stdout=subprocess.DEVNULL, stderr=other)
    os.close(other)
    with open(fifo, "wb") as file:
        for _ in range(12):
            time.sleep(0.15)
            file.write(part)
            file.flush()
    said = b""
    while True:
        try:
            more = os.read(main, 65536)
        except OSError:
            break
        if not more:
            break
        said += more
    os.close(main)
    check(run.wait(60) == OK and b" mails, " in said and b" a second" in said, "progress: on a terminal", said)
    check(said.endswith(b"\r\x1b[K"), "progress: and it is taken away", said[-80:])


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} NIXIE")
    nixie = Nixie(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        from_lines(nixie, folder)
        content_length(nixie, folder)
        kinds(nixie, folder)
        trouble(nixie, folder)
        jobs(nixie, folder)
        memory(nixie, folder)
        too_long(nixie, folder)
        streams(nixie)
        tables(nixie, folder)
        sisimai(nixie, folder)
        progress(nixie, folder)
    print(f"1..{cases}")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
