#!/usr/bin/env python3
"""Reports that went through other people's hands still tell whom they are about.

usage: test_damage.py NIXIE

Every report of this folder is damaged in one way after the other, and its recipients are compared
with truth.tsv. A damage has a floor, how many reports keep all their recipients, and a ceiling,
how many may get a wrong one, in percent; what a damage takes away, nobody can read. Where people hand on what
they see, the fields of the report are gone. A delay must never become a failure.
"""
import base64
import collections
import email
import html
import json
import pathlib
import quopri
import re
import subprocess
import sys
import tempfile

import score

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
import tap  # noqa: E402

FOLDERS = (".", "programs", "unseen", "unseen7", "unseen8", "unseen9")
PERSON = b"From: Ines <ines@office.example.com>\nTo: it@office.example.com\nSubject: "
SECONDS = 120


def split(mail):
    head, _, body = mail.partition(b"\n\n")
    return head, body


def on_body(change):
    def damage(mail):
        head, body = split(mail)
        return head + b"\n\n" + change(body)
    return damage


def on_lines(change):
    return on_body(lambda body: b"\n".join(change(line) for line in body.split(b"\n")))


def wrap(columns):
    """Long lines are cut at blanks, and what is left of them has no indent."""
    def cut(line):
        pieces, piece = [], b""
        for word in line.split(b" ") if len(line) > columns else ():
            if piece and len(piece) + 1 + len(word) > columns:
                pieces.append(piece)
                piece = word
            else:
                piece = piece + b" " + word if piece else word
        return b"\n".join([*pieces, piece]) if pieces else line
    return on_lines(cut)


def leaves(message):
    if message.is_multipart() and message.get_content_type() != "message/rfc822":
        for part in message.get_payload():
            yield from leaves(part)
    else:
        yield message


def text_of(part):
    raw = part.get_payload(decode=True) or b""
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "latin-1"):
        try:
            text = raw.decode(charset)
            break
        except (UnicodeDecodeError, LookupError):
            continue
    if part.get_content_type() == "text/html":
        text = re.sub(r"(?i)</td>", "\t", text)
        text = re.sub(r"(?i)<(br|/p|/tr|/div|/h\d)[^>]*>", "\n", text)
        text = html.unescape(re.sub(r"<[^>]+>", "", text))
    return text


def seen(mail):
    """What a mail program shows: the first text."""
    for part in leaves(email.message_from_bytes(mail)):
        if part.get_content_maintype() == "text" and not part.is_multipart():
            return text_of(part).encode("utf-8", "replace")
    return split(mail)[1]


def field(mail, name):
    value = email.message_from_bytes(mail).get(name)
    try:
        return str(email.header.make_header(email.header.decode_header(str(value or ""))))
    except (UnicodeDecodeError, LookupError, email.errors.HeaderParseError):
        return ""


def text_only(mail):
    """A gateway keeps the first text and throws the other parts away."""
    message = email.message_from_bytes(mail)
    kept = [f"{name}: {message[name]}\n".encode("utf-8", "surrogateescape")
            for name in ("Return-Path", "Date", "From", "To", "Subject", "Auto-Submitted",
                         "X-Failed-Recipients") if message[name] is not None]
    return b"".join(kept) + b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + \
        seen(mail)


def as_html(mail):
    head, body = split(text_only(mail))
    lines = html.escape(body.decode("utf-8", "replace")).replace("\n", "<br>\n")
    return head.replace(b"text/plain", b"text/html") + b"\n\n<html><body>" + lines.encode() + \
        b"</body></html>"


def quoted(mark, what):
    return lambda mail: PERSON + b"Fwd: help\n\nWhat is this?\n\n" + b"\n".join(
        mark + line for line in what(mail).split(b"\n"))


def forwarded(mail):
    """As webmailers forward: some fields, then the text."""
    head = "\n---------- Forwarded message ---------\nFrom: {}\nDate: today\nSubject: {}\nTo: {}\n\n"
    return PERSON + b"Fwd: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n" + \
        head.format(field(mail, "From"), field(mail, "Subject"), field(mail, "To")).encode() + \
        seen(mail)


def forwarded_html(mail):
    """As Outlook forwards: the fields in bold, and all of it as HTML."""
    head = "".join(f"<b>{name}:</b> {html.escape(value)}<br>" for name, value in (
        ("From", field(mail, "From")), ("Sent", "Tuesday"), ("To", field(mail, "To")),
        ("Subject", field(mail, "Subject"))))
    text = html.escape(seen(mail).decode("utf-8", "replace")).replace("\n", "<br>")
    return PERSON + b"Fwd: x\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n" + \
        f"<div>see below</div><blockquote>{head}<br>{text}</blockquote>".encode()


def mime_fields_alone(mail):
    """Somebody saved the body: of the header, only what tells how to decode it is left."""
    head, body = split(mail)
    fields = re.findall(rb"(?im)^(?:content-|mime-)[^\n]*(?:\n[ \t][^\n]*)*", head)
    return b"\n".join(fields or [b"X-Lost: 1"]) + b"\n\n" + body


def attached(part):
    def damage(mail):
        content = base64.encodebytes(mail) if b"base64" in part else mail
        return PERSON + b"fw\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=qq\n\n" \
            b"--qq\nContent-Type: text/plain\n\nplease look\n--qq\n" + part + b"\n\n" + content + \
            b"\n--qq--\n"
    return damage


FILE = b"Content-Type: application/octet-stream; name=\"bounce.eml\"\n" \
    b"Content-Transfer-Encoding: base64"

# name: (damage, percent that keep their recipients, percent that get a wrong one)
DAMAGES = {
    "wrapped at 60": (wrap(60), 97, 2),
    "wrapped at 72": (wrap(72), 98, 2),
    "wrapped at 80": (wrap(80), 99, 1),
    "no blank lines": (on_body(lambda b: re.sub(rb"\n\s*\n", b"\n", b)), 96, 3),
    "indented": (on_lines(lambda line: b"    " + line), 94, 5),
    "no indent": (on_lines(lambda line: line.lstrip()), 100, 0),
    "blanks at the ends of lines": (lambda m: m.replace(b"\n", b"   \n"), 99, 0),
    "CR LF": (lambda m: m.replace(b"\n", b"\r\n"), 100, 0),
    "CR": (lambda m: m.replace(b"\n", b"\r"), 99, 0),
    "a BOM": (lambda m: b"\xEF\xBB\xBF" + m, 100, 0),
    "field names in capitals": (
        lambda m: re.sub(rb"(?m)^[A-Za-z-]+:", lambda f: f[0].upper(), m), 100, 0),
    "another boundary in the header": (
        lambda m: re.sub(rb"(?i)boundary=\"?[^\"\n]+\"?", b'boundary="lost"', m, count=1), 99, 0),
    "quoted-printable twice": (on_body(quopri.encodestring), 92, 7),
    "no transfer encoding": (
        lambda m: re.sub(rb"(?im)^Content-Transfer-Encoding:.*\n", b"", m), 99, 1),
    "the first text alone": (text_only, 94, 2),
    "the first text as HTML": (as_html, 93, 1),
    "quoted whole": (quoted(b"> ", lambda m: m), 88, 4),
    "quoted": (quoted(b"> ", seen), 82, 2),
    "quoted with bars": (quoted(b"| ", seen), 82, 2),
    "forwarded in the text": (forwarded, 85, 2),
    "quoted twice": (quoted(b">> ", seen), 85, 2),
    "forwarded as HTML": (forwarded_html, 87, 1),
    "the header lost but for MIME": (mime_fields_alone, 98, 1),
    "attached": (attached(b"Content-Type: message/rfc822"), 92, 1),
    "attached as a file": (attached(FILE), 92, 1),
}


def reports():
    """{name: (bytes, truth)} of the mails that report a failure or a delay."""
    found = {}
    for folder in FOLDERS:
        for name, rows in score.read_truth(HERE / folder).items():
            if rows[0]["n"] != "0" and rows[0]["kind"] in ("failure", "delay") and \
                    name.endswith(".eml"):
                mail = (HERE / folder / name).read_bytes().replace(b"\r\n", b"\n")
                found[f"{folder}-{name}".lstrip(".-")] = (mail, rows)
    return found


def parse(nixie, folder):
    done = subprocess.run([str(nixie), "parse", "-o", "ndjson", "."], cwd=folder, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    first = {}
    for line in done.stdout.decode("utf-8").splitlines():
        report = json.loads(line)
        first.setdefault(pathlib.Path(report["source"]["path"]).name, report)
    return first


def damage_all(nixie, mails, damage):
    """What became of the reports: the names of those that lost somebody, got a wrong one, or failed
    where they were delayed."""
    result = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for name, (mail, _) in mails.items():
            (pathlib.Path(folder) / name).write_bytes(damage(mail))
        read = parse(nixie, folder)
    for name, (_, rows) in mails.items():
        report = read.get(name, {"kind": "none"})
        _, missed, extra = score.pair(rows, report.get("outcomes", []))
        if any(row["recipient"] for row in missed):
            result["lost"].append(name)
        if any(one.get("recipient") for one in extra):
            result["wrong"].append(name)
        if rows[0]["kind"] == "delay" and report["kind"] == "failure":
            result["failed"].append(name)
    return result


def main():
    nixie = pathlib.Path(sys.argv[1]).resolve()
    mails = reports()
    for name, (damage, floor, most_wrong) in DAMAGES.items():
        result = damage_all(nixie, mails, damage)
        kept = len(mails) - len(set(result["lost"]) | set(result["wrong"]))
        wrong = []
        if kept * 100 < floor * len(mails):
            wrong += [f"fewer than {floor} %", *(f"lost: {mail}" for mail in result["lost"])]
        if len(result["wrong"]) * 100 > most_wrong * len(mails):
            wrong += [f"wrong: {mail}" for mail in result["wrong"]]
        wrong += [f"a delay called a failure: {mail}" for mail in result["failed"]]
        tap.check(wrong, f"{name}: {kept} of {len(mails)}, {len(result['wrong'])} with a wrong one")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
