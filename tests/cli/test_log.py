#!/usr/bin/env python3
"""nixie log: golden logs of every server and form, the options, and what the report counts.

usage: test_log.py NIXIE        TAP; UPDATE=1 rewrites tests/golden/log/*.ndjson and *.report
"""
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

SECONDS = 60
EXPLAINED, NOT_DELIVERY, USAGE, UNREADABLE = 0, 1, 2, 3
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "log"
UPDATE = os.environ.get("UPDATE", "") not in ("", "0")
ENV = {k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "MSAN_", "LSAN_", "LD_", "PATH"))}
ENV.update(LC_ALL="C", TZ="UTC0")
cases = failures = 0


def check(ok, name, why=""):
    global cases, failures
    cases += 1
    failures += not ok
    print(f"{'ok' if ok else 'not ok'} {cases} - {name}".replace("#", " ").replace("\n", " "), flush=True)
    if not ok:
        for line in str(why).splitlines()[:20]:
            print("#   " + line.encode("ascii", "backslashreplace").decode())


def run(*words, given=b"", cwd=GOLDEN, env=None):
    return subprocess.run([NIXIE, *map(str, words)], cwd=cwd, env={**ENV, **(env or {})}, timeout=SECONDS,
                          input=given, capture_output=True, check=False)


def events(*words, given=b"", env=None):
    done = run("log", "-o", "ndjson", *words, given=given, env=env)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def golden():
    for log in sorted(GOLDEN.glob("*.log")):
        for kind, words in ((".ndjson", ("-o", "ndjson")), (".report", ())):
            done = run("log", *words, "--year", "2025", log.name)
            stored = log.with_suffix(kind)
            if UPDATE:
                stored.write_bytes(done.stdout)
            want = stored.read_bytes() if stored.exists() else b""
            check(done.returncode == 0 and done.stdout == want, f"{log.stem}{kind}",
                  done.stderr.decode() + "UPDATE=1 rewrites it")


def same_as_reply():
    """Where no provider's own codes come in, a line gives the reason that `nixie reply` gives."""
    for log in sorted(GOLDEN.glob("*.log")):
        for e in events("--year", "2025", log.name):
            if e["action"] == "delivered" or "provider" in e or "recipient" not in e:
                continue
            # The status in a log is the server's reading of words that have none.
            text = e["diagnostic"]
            said = json.loads(run("reply", "-o", "json", text).stdout)
            reasons = [o["reason"] for o in said["outcomes"]] or ["unknown"]
            check(e["reason"] == reasons[0], f"{log.stem}:{e['source']['line']} as nixie reply", (e["reason"], reasons, text))


def line(queue_id, to, status, text, stamp="Nov 22 04:05:06"):
    return f"{stamp} mx postfix/smtp[1]: {queue_id}: to=<{to}>, relay=mx.example.org[192.0.2.1]:25, status={status} ({text})\n"


def options(folder):
    whole = len(events("--year", "2025", "postfix.log"))
    raw = (GOLDEN / "postfix.log").read_bytes()
    check(len(events("--year", "2025", "-", given=raw)) == whole, "standard input")
    check(len(events("--year", "2025", "-", given=gzip.compress(raw))) == whole, "gzip")
    check(len(events("--year", "2025", "-", given=raw.replace(b"\n", b"\r\n"))) == whole, "CRLF")
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    for words in ((), ("--year", "2025")):
        writer = threading.Thread(target=fifo.write_bytes, args=(raw,), daemon=True)
        writer.start()
        check(len(events(*words, fifo)) == whole, " ".join(("a pipe with a name", *words)))
        writer.join(60)
    check(len(events("--year", "2025", "postfix.log", "exim.log")) == whole + 7, "several files")
    for words, count in (
            (("--since", "2026-01-01"), 6), (("--until", "2025-12-31"), 5), (("--until", "2025-12-31T23:00:00"), 4),
            (("--since", "2026-01-01T00:00:02Z", "--until", "2026-01-01T00:00:03Z"), 2),
            (("--since", "2026-01-01T01:00:02+01:00", "--until", "2026-01-01T00:00:03"), 2),
            (("--recipient", "*@GMAIL.com"), 1), (("--recipient", "carl"), 2), (("--recipient=ann@example.org",), 1),
            (("--recipient", "info@example.net"), 1), (("--recipient", "?ora@*"), 1), (("--recipient", "nobody"), 0),
            (("--sender", "shop@"), 3), (("--sender", "*@d.example"), 2)):
        got = len(events("--year", "2025", *words, "postfix.log"))
        check(got == count, " ".join(words), f"{got} events, not {count}")
    check(len(events("--sender", "<>", "opensmtpd.log")) == 1, "--sender '<>'")
    check(len(events("--since", "2h", "postfix.log")) == 0, "--since 2h")
    check(len(events("--since", "4000w", "--year", "2025", "postfix.log")) == whole, "--since 4000w")
    local = {"TZ": "XXX-05"}
    check(len(events("--since", "2025-12-31T23:59:59", "--year", "2025", "postfix.log", env=local)) == 7,
          "a stamp without a zone is local time")
    check(len(events("--since", "2026-11-22T09:05:06", "forms.log", env=local)) == 5,
          "a stamp with a zone is not")
    for words, code, err in (
            ((), USAGE, "which log"), (("-o", "csv", "x"), USAGE, "no such format"), (("--since", "soon", "x"), USAGE, "wants a time"),
            (("--since",), USAGE, "wants a time"), (("--year", "26x", "x"), USAGE, "wants a year"), (("--nonsense", "x"), USAGE, "no such option"),
            (("missing.log",), UNREADABLE, "no such file"), ((".",), UNREADABLE, "folder")):
        done = run("log", *words)
        check(done.returncode == code and err in done.stderr.decode(), f"log {' '.join(words)} exits {code}", done.stderr.decode())
    done = run("log", "-", given=b"nothing\nof use\n")
    check(done.returncode == NOT_DELIVERY and b"No line of this log" in done.stdout, "a log that tells of nothing", done.stdout.decode())
    for words in (("--since", "2099-01-01"), ("--recipient", "nobody"), ("--sender", "nobody")):
        done = run("log", "--year", "2025", *words, "postfix.log")
        said = done.stdout.decode()
        check(done.returncode == NOT_DELIVERY and "11 of them about a recipient" in said and "From 2025-12-30" in said
              and "None of these is what" in said and "No line" not in said, f"a log, and nothing in it that fits {words}", said)
    check(run("log", "-", given=b"").returncode == NOT_DELIVERY, "an empty log")
    check(run("log", "missing.log").stdout == b"", "nothing is said of a log that could not be read")
    done = run("log", "missing.log", "--year", "2025", "postfix.log")
    check(done.returncode == UNREADABLE and b"needs action here" in done.stdout.lower() or b"lines read" in done.stdout,
          "... and of the others all", done.stdout.decode())
    check(run("log", "--help").returncode == EXPLAINED, "--help")
    # the year of a file: that of its last line, which is as old as the file
    old = folder / "old.log"
    old.write_text(line("AAAAA1", "a@b.example", "bounced", "550 no", "Nov 22 04:05:06") +
                   line("AAAAA2", "a@b.example", "bounced", "550 no", "Feb  1 04:05:06") +
                   line("AAAAA5", "a@b.example", "bounced", "550 no", "Jul 15 04:05:06") +
                   line("AAAAA3", "a@b.example", "bounced", "550 no", "Dec  1 04:05:06") +
                   line("AAAAA4", "a@b.example", "bounced", "550 no", "Jan  1 04:05:06"))
    os.utime(old, (1577880000, 1577880000))  # 2020-01-01
    got = [e["time"][:4] for e in events(old)]
    check(got == ["2018", "2019", "2019", "2019", "2020"], "the years of a file", got)


def report():
    def text(*lines):
        done = run("log", "--width", "0", "--year", "2026", "-", given="".join(lines).encode())
        return done.stdout.decode()

    greylisted = line("AAAAA1", "a@example.org", "deferred", "host x said: 450 4.2.0 Greylisted")
    sent = line("AAAAA1", "a@example.org", "sent", "250 ok")
    shown = text(greylisted, greylisted, sent)
    check("Nothing failed." in shown and "1 of these after being put off" in shown, "greylisting that worked is no trouble", shown)
    shown = text(greylisted, greylisted)
    check("1 put off" in shown and "greylisting" in shown, "two tries for one recipient are one", shown)
    shown = text(greylisted, sent.replace("AAAAA1", "AAAAA2"))
    check("1 put off" in shown, "another message does not count for it", shown)
    shown = text(greylisted, "Nov 22 05:05:06 mx postfix/qmgr[1]: AAAAA1: from=<s@d.example>, status=expired, returned to sender\n")
    check("1 not delivered" in shown and "0 put off" in shown, "a message that was given up", shown)
    dead = [line(f"AAAA{i:03}", f"u{i}@example.org", "bounced", "550 5.1.1 User unknown") for i in range(60)]
    shown = text(*dead, *dead)
    check("Addresses that do not work any more: 60." in shown and "and 10 more" in shown, "the list of dead addresses", shown[:2000])
    check("no such mailbox: 120, to 60 addresses" in shown, "counts, and distinct recipients", shown[:2000])
    shown = text(*dead, line("AAAAA1", "a@example.org", "bounced", "550 5.7.1 blocked using zen.spamhaus.org"),
                 line("AAAAA2", "a@example.org", "bounced", "550 5.7.1 SPF check failed"))
    first = shown.find("on a blocklist"), shown.find("SPF"), shown.find("any more: 60")
    check(0 < first[0] < first[1] < first[2], "what is to be repaired here, the most urgent first", first)
    check(shown.count("asking while spam still flows") <= 1, "advice is given once", shown)
    for zone, name in (("zen", "Spamhaus ZEN"), ("pbl", "Spamhaus PBL"), ("sbl", "Spamhaus SBL")):
        shown = text(line("AAAAA1", "a@example.org", "bounced", f"550 5.7.1 Service unavailable; client [192.0.2.9] blocked "
                          f"using {zone}.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.9"))
        check(f"By blocklist: {name} (1)" in shown or "home-type" in shown, f"the list, and not the link behind it: {name}", shown)
    hostile = text(line("AAAAA1", "a@example.org", "bounced", "550 5.1.1 \x1b[2J\x07 User unknown"))
    check("\x1b" not in hostile and "\x07" not in hostile, "no control character reaches the terminal", repr(hostile))
    junk = bytes(range(256)) * 40 + b"\n" + b"{" * 5000 + b"\n" + b"A" * 200000 + b"\n" + sent.encode()
    done = run("log", "-o", "ndjson", "--year", "2026", "-", given=junk)
    check(done.returncode == 0 and len(done.stdout.splitlines()) == 1, "rubbish between the lines", done.stderr.decode())


def main():
    with tempfile.TemporaryDirectory() as folder:
        golden()
        same_as_reply()
        options(pathlib.Path(folder))
        report()
    print(f"1..{cases}")
    return failures > 0


NIXIE = str(pathlib.Path(sys.argv[1]).resolve())
sys.exit(main())
