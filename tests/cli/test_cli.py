#!/usr/bin/env python3
"""The program as people and scripts meet it: exit codes, messages, formats, pipes, surroundings.

usage: test_cli.py NIXIE        TAP; the mails are written by the test itself
"""
import gzip
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile

SECONDS = 60
EXPLAINED, NOT_DELIVERY, USAGE, UNREADABLE = 0, 1, 2, 3
BOUNCE = b"""From: MAILER-DAEMON@mx.example
To: me@b.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=xyz

--xyz

<ann@b.example>: host mx.b.example[192.0.2.1] said: 550 5.1.1 User unknown

--xyz
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ann@b.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--xyz--
"""
ORDINARY = b"From: a@b.example\nTo: c@d.example\nSubject: lunch\nDate: Mon, 1 Jan 2024 12:00:00 +0100\n\nAt one?\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
ENV = {k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "MSAN_", "LSAN_", "LD_", "PATH"))}
REPLY = "550 5.1.1 <ann@b.example>: User unknown"
COMMANDS = ("explain", "parse", "reply", "code")

cases = failures = 0


def check(ok, name, why=""):
    global cases, failures
    cases += 1
    failures += not ok
    print(f"{'ok' if ok else 'not ok'} {cases} - {name}".replace("#", " ").replace("\n", " "), flush=True)
    if not ok:
        for line in str(why).splitlines()[:20]:
            print("#   " + line.encode("ascii", "backslashreplace").decode())


def skip(name, why):
    """What this machine cannot show."""
    global cases
    cases += 1
    print(f"ok {cases} - {name} # SKIP {why}", flush=True)


class Nixie:
    def __init__(self, path, folder):
        self.path, self.folder = str(pathlib.Path(path).resolve()), folder

    def run(self, *words, given=b"", env=None):
        return subprocess.run([self.path, *words], cwd=self.folder, env={**ENV, **(env or {})}, timeout=SECONDS,
                              input=given, capture_output=True, check=False)

    def exits(self, name, code, *words, given=b"", err=None, out=None):
        """Checks the exit status, and what must occur in stderr or stdout; an absent `err` wants no stderr."""
        done = self.run(*words, given=given)
        said = done.stderr.decode("utf-8", "replace")
        ok = done.returncode == code and (re.search(err, said) if err else not said)
        if out is not None:
            ok = ok and re.search(out, done.stdout.decode("utf-8", "replace"))
        check(ok, name, f"exit {done.returncode}, want {code}\nstderr: {said}\nstdout: {done.stdout[:400]}")
        return done


def test_usage(nixie):
    nixie.exits("no command", USAGE, err="Usage: nixie COMMAND")
    for word in ("--help", "-h", "help"):
        nixie.exits(f"{word}", EXPLAINED, word, out="(?s)Usage: nixie COMMAND.*explain.*parse.*reply.*code.*Exit status")
    nixie.exits("--version", EXPLAINED, "--version", out=r"\Anixie \d+\.\d+\.\d+\n\Z")
    nixie.exits("unknown command", USAGE, "explian", err="explian: no such command")
    nixie.exits("a file in place of a command", USAGE, "./bounce.eml", err="nixie explain FILE")
    nixie.exits("unknown first option", USAGE, "--nope", err="--nope")
    for command in COMMANDS:
        for word in ("--help", "-h"):
            nixie.exits(f"{command} {word}", EXPLAINED, command, word, out=f"Usage: nixie {command} .*\n(?s:.)*--lang")
        nixie.exits(f"{command}: unknown option", USAGE, command, "--nope", "x", err="--nope: no such option")
        nixie.exits(f"{command}: unknown format", USAGE, command, "-o", "xml", "x", err="xml: no such format")
        nixie.exits(f"{command}: -o without a format", USAGE, command, "-o", err="-o: wants a format")
        nixie.exits(f"{command}: --lang without a language", USAGE, command, "--lang", err="--lang: wants a language")
        nixie.exits(f"{command}: --color with nonsense", USAGE, command, "--color=blue", "x", err="always, never or auto")
        for width in ("-1", "x", "10x", "", "99999999999999999999"):
            nixie.exits(f"{command}: --width '{width}'", USAGE, command, "--width", width, "550", err="--width: wants a number")
    nixie.exits("explain: two files", USAGE, "explain", "a", "b", err="one FILE")
    nixie.exits("parse: no file", USAGE, "parse", err="which mail")
    nixie.exits("reply: nothing", USAGE, "reply", err="which answer")
    nixie.exits("reply: blank", USAGE, "reply", "  ", err="which answer")
    nixie.exits("code: nothing", USAGE, "code", err="which code")


def test_exit_codes(nixie):
    nixie.exits("explain a bounce", EXPLAINED, "explain", "bounce.eml", out="ann@b.example")
    nixie.exits("explain ordinary mail", NOT_DELIVERY, "explain", "ordinary.eml", out=".")
    nixie.exits("explain stdin", EXPLAINED, "explain", given=BOUNCE, out="ann@b.example")
    nixie.exits("explain -", EXPLAINED, "explain", "-", given=BOUNCE, out="ann@b.example")
    whole = nixie.run("explain", "bounce.eml").stdout
    for name, packed in (("gzip", gzip.compress(BOUNCE)), ("gzip, two members", gzip.compress(BOUNCE[:100]) + gzip.compress(BOUNCE[100:]))):
        done = nixie.exits(f"explain: {name}", EXPLAINED, "explain", given=packed, out="ann@b.example")
        check(done.stdout == whole, f"explain: {name}: the same", done.stdout)
    nixie.exits("explain: gzip, cut short", EXPLAINED, "explain", given=gzip.compress(BOUNCE)[:-6], out="ann@b.example",
                err="standard input: is packed and cut short")
    nixie.exits("explain: gzip, of nothing", UNREADABLE, "explain", given=gzip.compress(b""), err="is empty")
    line = b"From x Thu Nov 22 04:15:57 2026\n"
    done = nixie.exits("explain: a mailbox", EXPLAINED, "explain", given=line + BOUNCE + b"\n" + line + ORDINARY,
                       out="ann@b.example", err="holds several mails, and this is the first")
    check(done.stdout == whole, "explain: a mailbox: the first mail alone", done.stdout)
    done = nixie.exits("explain: a mailbox of one", EXPLAINED, "explain", given=line + BOUNCE, out="ann@b.example")
    check(done.stderr == b"", "explain: a mailbox of one: nothing to say", done.stderr)
    nixie.exits("explain a pasted reply", EXPLAINED, "explain", given=REPLY.encode(), out="ann@b.example")
    nixie.exits("parse a bounce", EXPLAINED, "parse", "bounce.eml", out='"user_unknown"')
    nixie.exits("parse ordinary mail: read is enough", EXPLAINED, "parse", "ordinary.eml", out='"ordinary"')
    nixie.exits("parse stdin", EXPLAINED, "parse", "-", given=BOUNCE, out='"user_unknown"')
    nixie.exits("reply", EXPLAINED, "reply", REPLY, out="ann@b.example")
    nixie.exits("reply without quotes", EXPLAINED, "reply", *REPLY.split(), out="ann@b.example")
    nixie.exits("reply that says nothing", NOT_DELIVERY, "reply", "all is well", out=".")
    nixie.exits("code", EXPLAINED, "code", "5.1.1", out=".")
    nixie.exits("code that nobody knows", NOT_DELIVERY, "code", "qqqqq", err="qqqqq: no such code")
    nixie.exits("codes, one unknown", NOT_DELIVERY, "code", "550", "qqqqq", "5.2.2", err="qqqqq: no such code", out=".")
    nixie.exits("-- ends the options", EXPLAINED, "reply", "--", REPLY, out="ann@b.example")
    nixie.exits("-- before a name that begins with -", UNREADABLE, "explain", "--", "-nope", err="-nope: no such file")
    nixie.exits("--message", EXPLAINED, "parse", "--message", "bounce.eml", out='"failure"')
    nixie.exits("--text", EXPLAINED, "parse", "--text", "bounce.eml", out='"outcomes"')


def test_unreadable(nixie):
    for command in ("explain", "parse"):
        nixie.exits(f"{command}: missing file", UNREADABLE, command, "nowhere.eml", err="nowhere.eml: no such file")
        nixie.exits(f"{command}: a name that would paint the terminal", UNREADABLE, command, "no\x1b[31m\x07where",
                    err=r"nixie: no\?\[31m\?where: no such file")
        nixie.exits(f"{command}: a name with a line end", UNREADABLE, command, "no\nwhere", err="no such file")
        if os.geteuid() != 0:
            nixie.exits(f"{command}: may not be read", UNREADABLE, command, "secret.eml", err="secret.eml: .*[Pp]ermission")
    nixie.exits("explain: a folder", UNREADABLE, "explain", "folder", err="folder: is a folder")
    nixie.exits("parse: a folder without mails", EXPLAINED, "parse", "folder", err="folder: .*without mails")
    nixie.exits("explain: empty file", UNREADABLE, "explain", "empty.eml", err="empty.eml: is empty")
    nixie.exits("explain: empty stdin", UNREADABLE, "explain", err="standard input: is empty")
    nixie.exits("explain: blank lines", UNREADABLE, "explain", given=b"\r\n \n\t\n", err="is empty")
    nixie.exits("explain: binary rubbish", UNREADABLE, "explain", "rubbish.bin", err="rubbish.bin: .*binary")
    nixie.exits("explain: Outlook's .msg", UNREADABLE, "explain", "mail.msg", err="mail.msg: .*Outlook")
    nixie.exits("parse: an empty file", EXPLAINED, "parse", "empty.eml", err="empty.eml: is empty")
    nixie.exits("parse: binary rubbish", EXPLAINED, "parse", "rubbish.bin", out='"ordinary"')
    done = nixie.exits("parse: goes on after a missing file", UNREADABLE, "parse", "bounce.eml", "nowhere.eml", "ordinary.eml",
                       err="nowhere.eml")
    check(len(done.stdout.splitlines()) == 2, "parse: the other two were written", done.stdout)


def json_or(text):
    try:
        return json.loads(text.decode("utf-8"))
    except ValueError as e:
        return f"not JSON: {e}\n{text[-300:]!r}"


# One line that somebody quotes: no host tells whose it is, its words must. Reply, reason.
QUOTED = (
    ("550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. AS(7230)", "sender_suspended"),
    ("451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.", "ip_reputation"),
    ("550 5.7.502 Access denied, banned sender", "sender_suspended"),
    ("550-5.7.26 This mail has been blocked because the sender is unauthenticated.", "auth_failure"),
    ("421 4.7.26 This email has been rate limited because it is unauthenticated.", "auth_failure"),
    ("554 5.7.1 [HM08] Message rejected due to local policy.", "ip_reputation"),
    ("554 MI:SPB 163 smtp5,D9 http://mail.163.com/help/help_spam_16.htm", "sender_blocked"),
    ("554 IB103 Connection refused. 192.0.2.1 is on a blocklist", "ip_blocklisted"),
    ("452 Too many recipients received this hour", "rate_limited"),
    ("452 4.5.3 Too many recipients", "too_many_recipients"),
    ("550 5.7.1 Blocked by Spamhaus, see https://www.spamhaus.org/query/ip/192.0.2.1", "ip_blocklisted"),
)

# What a mail program shows when its own server is not there, or does not let it in: text, reason, key.
OUTGOING = (
    ("Sending of the message failed. The message could not be sent because connecting to Outgoing server (SMTP) "
     "smtp.example.net failed. The server may be unavailable or is refusing SMTP connections.",
     "connection_refused", "connection_refused/own_server"),
    ("The message could not be sent because the connection to Outgoing server (SMTP) smtp.example.net was lost in the "
     "middle of the transaction. Try again.", "connection_timeout", "connection_refused/own_server"),
    ("The message could not be sent using Outgoing server (SMTP) smtp.example.net for an unknown reason.",
     "connection_refused", "connection_refused/own_server"),
    ("Sending of the message failed. Unable to authenticate to Outgoing server (SMTP) smtp.example.net. Please check the "
     "password.", "login_failed", "login_failed"),
    ("Unable to establish a secure link with Outgoing server (SMTP) smtp.example.net using STARTTLS since it doesn't "
     "advertise that feature.", "tls_required", "tls_required/own_server"),
    ("Cannot Send Mail. The recipient \"x@y.example\" was rejected by the server because it does not allow relaying.",
     "relay_denied", "relay_denied/own_server"),
    ("Cannot Send Mail. The user name or password for \"smtp.example.net\" is incorrect.", "login_failed", "login_failed"),
    ("Cannot send message using the server smtp.example.net. The connection to the server on port 587 timed out.",
     "connection_timeout", "connection_refused/own_server"),
    ("Task 'x - Sending' reported error (0x800CCC0F) : 'The connection to the server was interrupted.'",
     "connection_timeout", "connection_refused/own_server"),
    ("Sending reported error (0x80042109): 'Outlook cannot connect to your outgoing (SMTP) email server.'",
     "connection_refused", "connection_refused/own_server"),
    ("None of the authentication methods supported by this client are supported by your server.", "login_failed", "login_failed"),
)


def test_quoted(nixie):
    """a reply alone, as help desks get them"""
    for reply, reason in QUOTED:
        told = json_or(nixie.run("reply", "-o", "json", reply).stdout)["outcomes"][0]
        check(told["reason"] == reason, reply, told["reason"])
    for text, reason, key in OUTGOING:
        told = json_or(nixie.run("explain", "-o", "json", given=text.encode()).stdout)["outcomes"]
        got = [(o["reason"], o["refuser"], o["explanation"]["key"]) for o in told]
        check(got == [(reason, "own_server", key)], text, got)


def test_formats(nixie):
    files = ["bounce.eml", "ordinary.eml", "bounce.eml"]
    lines = nixie.run("parse", "-o", "ndjson", *files).stdout.split(b"\n")
    check(len(lines) == 4 and lines[3] == b"", "ndjson: a line for each mail", lines)
    values = [json_or(line) for line in lines[:-1]]
    check(all(isinstance(v, dict) for v in values), "ndjson: each line is an object", values)
    check([v["source"]["path"] for v in values] == files, "ndjson: in order, with its path", values)
    check(nixie.run("parse", *files).stdout.split(b"\n") == lines, "ndjson is what parse writes by itself")
    array = json_or(nixie.run("parse", "-o", "json", *files).stdout)
    check(array == values, "json: one array of the same", array)
    for name, given in (("last", ["bounce.eml", "nowhere.eml"]), ("first", ["nowhere.eml", "bounce.eml"]),
                        ("in the middle", ["bounce.eml", "nowhere.eml", "bounce.eml"]), ("alone", ["nowhere.eml"])):
        array = json_or(nixie.run("parse", "-o", "json", *given).stdout)
        check(isinstance(array, list) and len(array) == len(given) - 1, f"json: an array, a missing file {name}", array)
    value = json_or(nixie.run("parse", "--explain", "bounce.eml").stdout)
    check(isinstance(value, dict) and value["outcomes"][0]["explanation"]["headline"], "parse --explain explains", value)
    value = json_or(nixie.run("parse", "bounce.eml").stdout)
    check(isinstance(value, dict) and "explanation" not in value["outcomes"][0], "parse does not unasked", value)
    check(value["outcomes"][0]["recipient"] == "ann@b.example" and value["outcomes"][0]["status"] == "5.1.1" and
          value["outcomes"][0]["reply_code"] == 550 and value["outcomes"][0]["verdict"] == "hard", "what became of it", value)
    for words in (["explain", "-o", "json", "bounce.eml"], ["reply", "-o", "json", REPLY], ["code", "-o", "json", "5.1.1"],
                  ["explain", "--output=json", "ordinary.eml"], ["reply", "-o", "ndjson", REPLY]):
        value = json_or(nixie.run(*words).stdout)
        check(isinstance(value, dict), f"{' '.join(words[:3])}: an object", value)
    done = nixie.exits("parse -o text", EXPLAINED, "parse", "-o", "text", *files, out="(?s)ann@b.example.*ann@b.example")
    check(b"\n====\n" in done.stdout, "parse -o text: with a line between", done.stdout[-200:])
    many = ["bounce.eml"] * 1000
    done = nixie.run("parse", *many)
    check(done.returncode == 0 and len(set(done.stdout.splitlines())) == 1 and done.stdout.count(b"\n") == 1000,
          "a thousand files", done.returncode)
    bad = b"From: MAILER-DAEMON@\xff\nSubject: \xe9\xc3 failure notice\n\n<\xff@b.example>: 550 \x1b[31m\x00\x07 no \xe2\x80\xae\n"
    value = json_or(nixie.run("parse", "--explain", "-", given=bad).stdout)
    check(isinstance(value, dict), "JSON of mail that is no UTF-8", value)
    page = nixie.run("explain", given=bad).stdout
    check(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", page) and "\u202e" not in page.decode("utf-8"),
          "no control character of a stranger on the page", page)


def test_page(nixie):
    for command, word in (("explain", "bounce.eml"), ("reply", REPLY), ("code", "5.7.1")):
        for width in ("40", "60", "72", "100"):
            page = nixie.run(command, "--width", width, word).stdout.decode("utf-8")
            longest = max(len(line) for line in page.split("\n"))
            check(0 < longest <= int(width), f"{command} --width {width}", f"{longest} columns")
        wide = nixie.run(command, "--width=0", word).stdout.decode("utf-8")
        check(max(len(line) for line in wide.split("\n")) > 100, f"{command} --width=0 does not wrap")
        check(b"\x1b" not in nixie.run(command, word).stdout, f"{command}: no colour in a pipe")
        check(b"\x1b[" in nixie.run(command, "--color=always", word).stdout, f"{command} --color=always")
        check(b"\x1b[" in nixie.run(command, "--color", word).stdout, f"{command} --color")
        check(b"\x1b" not in nixie.run(command, "--color=never", word).stdout, f"{command} --color=never")
        check(b"\x1b" not in nixie.run(command, "--color=auto", word).stdout, f"{command} --color=auto in a pipe")
        plain = re.sub(rb"\x1b\[[0-9;]*m", b"", nixie.run(command, "--color=always", word).stdout)
        check(plain == nixie.run(command, word).stdout, f"{command}: colour changes no word")
    page = nixie.run("explain", "bounce.eml", env={"COLUMNS": "50"}).stdout.decode()
    check(max(len(line) for line in page.split("\n")) <= 50, "COLUMNS counts")


def on_terminal(nixie, words, env):
    """What is written to a terminal."""
    ours, theirs = pty.openpty()
    try:
        child = subprocess.Popen([nixie.path, *words], cwd=nixie.folder, env={**ENV, **env}, stdin=subprocess.DEVNULL,
                                 stdout=theirs, stderr=subprocess.DEVNULL)
    finally:
        os.close(theirs)
    out = b""
    try:
        while chunk := os.read(ours, 65536):
            out += chunk
    except OSError:  # Linux's way of saying end
        pass
    child.wait(SECONDS)
    os.close(ours)
    return out


def test_terminal(nixie):
    words = ["reply", REPLY]
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as why:
        skip("colour on a terminal", f"no terminal to be had: {why}")
        return
    check(b"\x1b[" in on_terminal(nixie, words, {"TERM": "xterm"}), "a terminal has colour")
    for name, env in (("NO_COLOR", {"TERM": "xterm", "NO_COLOR": "1"}), ("TERM=dumb", {"TERM": "dumb"})):
        check(b"\x1b" not in on_terminal(nixie, words, env), f"{name}: none")
    check(b"\x1b[" in on_terminal(nixie, words, {"TERM": "xterm", "NO_COLOR": ""}), "an empty NO_COLOR says nothing")
    check(b"\x1b[" in on_terminal(nixie, ["reply", "--color=always", REPLY], {"TERM": "xterm", "NO_COLOR": "1"}),
          "--color=always overrules NO_COLOR")


def test_pipes(nixie):
    """A reader that has seen enough is no reason to complain."""
    for words in (["parse", *["bounce.eml"] * 500], ["explain", "bounce.eml"], ["code", "550"], ["--help"]):
        child = subprocess.Popen([nixie.path, *words], cwd=nixie.folder, env=ENV, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdout.close()
        said = child.stderr.read()
        code = child.wait(SECONDS)
        child.stderr.close()
        check(said == b"" and (code == -13 or 0 <= code <= 3), f"pipe closed early: {words[0]}", f"{code} {said}")
    if os.path.exists("/dev/full"):
        for words in (["parse", "bounce.eml"], ["explain", "bounce.eml"], ["code", "550"], ["--help"], ["parse", "--help"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([nixie.path, *words], cwd=nixie.folder, env=ENV, stdin=subprocess.DEVNULL, stdout=full,
                                      stderr=subprocess.PIPE, timeout=SECONDS, check=False)
            check(done.returncode == UNREADABLE and b"standard output" in done.stderr, f"disk full: {' '.join(words)}",
                  f"{done.returncode} {done.stderr}")
    child = subprocess.Popen([nixie.path, "explain"], cwd=nixie.folder, env=ENV, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for i in range(0, len(BOUNCE), 100):  # a slow writer
        child.stdin.write(BOUNCE[i:i + 100])
        child.stdin.flush()
    out, _ = child.communicate(timeout=SECONDS)
    check(out == nixie.run("explain", given=BOUNCE).stdout and child.returncode == 0, "stdin in pieces")


def test_surroundings(nixie):
    for words in (["parse", "--explain", "bounce.eml", "ordinary.eml"], ["explain", "bounce.eml"], ["code", "5.7.1"],
                  ["reply", REPLY]):
        name = " ".join(words[:2])
        want = nixie.run(*words).stdout
        check(want and nixie.run(*words).stdout == want, f"the same again: {name}")
        for env in ({"LC_ALL": "C"}, {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "ja_JP"}, {"LANG": "POSIX"},
                    {"LC_ALL": "\u00ff" * 300}, {"TZ": "Asia/Tokyo"}, {"LC_NUMERIC": "de_DE.UTF-8"}):
            # Languages may come; the words of a reply and the JSON's own must stay.
            done = nixie.run(words[0], "--lang", "en", *words[1:], env=env)
            check(done.returncode in (0, 1) and done.stdout == want, f"{name} under {env}", done.stderr)
    for lang in ("xx", "", "tlh_KX.UTF-8", "-", "e" * 5000):
        done = nixie.run("reply", "--lang", lang, REPLY)
        check(done.returncode == 0 and done.stdout == nixie.run("reply", "--lang", "en", REPLY).stdout,
              f"--lang {lang[:20]}: English", done.stderr)
    done = nixie.run("parse", "bounce.eml", env={"LC_ALL": "tr_TR.UTF-8"})
    check(json_or(done.stdout)["outcomes"][0]["reason"] == "user_unknown", "the Turkish i hurts nobody")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "bounce.eml").write_bytes(BOUNCE)
        (folder / "ordinary.eml").write_bytes(ORDINARY)
        (folder / "empty.eml").write_bytes(b"")
        (folder / "rubbish.bin").write_bytes(bytes(i * 7 % 32 for i in range(5000)))
        (folder / "mail.msg").write_bytes(OLE)
        (folder / "secret.eml").write_bytes(BOUNCE)
        (folder / "secret.eml").chmod(0)
        (folder / "folder").mkdir()
        nixie = Nixie(sys.argv[1], folder)
        for test in (test_usage, test_exit_codes, test_unreadable, test_quoted, test_formats, test_page, test_terminal, test_pipes,
                     test_surroundings):
            try:
                test(nixie)
            except Exception as e:  # one broken answer must not hide the other tests
                check(False, f"{test.__name__} came to its end", repr(e))
    print(f"1..{cases}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
