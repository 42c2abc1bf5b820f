#!/usr/bin/env python3
"""BODY=BINARYMIME: what comes as bytes is in base64 in mailboxes, and is the same bytes; or it is refused.

usage: test_binarymime.py NIXIED        TAP
"""

import email
import random
import re
import sys

from server import USER, Client, Nixied

import tap

NIXIED = sys.argv[1]
ROUNDS = 40
LISTENERS = ('listener mx {\n\taddress = 127.0.0.1:0\n\tbinarymime = yes\n}\n'
             'listener local {\n\taddress = 127.0.0.1:0\n\tkind = lmtp\n\tbinarymime = yes\n}\n'
             'listener plain {\n\taddress = 127.0.0.1:0\n}\n')
OFF = 'spf = off\nsender_mx_check = off\nautoban = 0\n'
dice = random.Random(3030)
# What could be taken for the end of something.
TRAPS = [b'\r\n', b'\n', b'\r', b'\0', b'--', b'\r\n--', b'\r\n.\r\n', b'\r\n--outer', b'\r\n--inner--', b'-', b'\xff', b'abc']


def pieces(forbidden):
    """Bytes that hold no delimiter of these boundaries: a sender chooses boundaries so."""
    while True:
        body = b''.join(dice.choice(TRAPS) for _ in range(dice.randrange(60))) + dice.randbytes(dice.randrange(300))
        if not any(b'\r\n--' + f in b'\r\n' + body + b'\r\n' for f in forbidden):
            return body


def binary_part(body, kind=b'application/octet-stream'):
    return b'Content-Type: ' + kind + b'\r\nContent-Transfer-Encoding: binary\r\n\r\n' + body


def multipart(boundary, parts, encoding=b'Content-Transfer-Encoding: binary\r\n', kind=b'mixed'):
    return (b'Content-Type: multipart/' + kind + b'; boundary="' + boundary + b'"\r\n' + encoding + b'\r\nthe preamble\r\n'
            + b''.join(b'--' + boundary + b'\r\n' + p + b'\r\n' for p in parts) + b'--' + boundary + b'--\r\n')


def random_message():
    """A message, and the bytes of its parts in their order."""
    taken = (b'outer', b'inner')
    bodies = [pieces(taken) for _ in range(3)]
    inside = multipart(b'inner', [binary_part(bodies[1], b'image/png'), binary_part(bodies[2])])
    if dice.random() < .5:
        inside = b'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\nSubject: within\r\nMIME-Version: 1.0\r\n' + inside
    return multipart(b'outer', [b'Content-Type: text/plain\r\n\r\nA word.', binary_part(bodies[0]), inside]), bodies


def chunks(text):
    """The text in BDAT commands, cut anywhere."""
    cuts = sorted(dice.randrange(len(text) + 1) for _ in range(dice.randrange(4)))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)])]
    return [b'BDAT %d%s\r\n' % (len(p), b' LAST' if i == len(parts) - 1 else b'') + p for i, p in enumerate(parts)]


def send(n, text, listener='mx'):
    """The last reply."""
    with Client(n.ports[listener]) as c:
        c.reply()
        hello = c.say('LHLO c.test' if listener == 'local' else 'EHLO c.test')
        if 'BINARYMIME' not in hello:
            return hello
        c.say('MAIL FROM:<a@b.test> BODY=BINARYMIME')
        reply = c.say(f'RCPT TO:<{USER}>')
        for chunk in chunks(text):
            c.send(chunk)
            reply = c.reply()
        return reply


def kept(n, reply):
    """The message as it is in the mailbox; its lines end in CRLF as they did on the way."""
    queued = re.search(r'queued as (\w+)', reply)
    return (n.until_mail(queued[1]) or b'').replace(b'\r\n', b'\n').replace(b'\n', b'\r\n') if queued else b''


def leaves(text):
    return [p.get_payload(decode=True) for p in email.message_from_bytes(text).walk()
            if not p.is_multipart() and p.get_content_maintype() != 'text']


def deep(levels):
    """A part in so many multiparts."""
    text = binary_part(b'deep\0')
    for i in range(levels):
        text = multipart(b'level-%d' % i, [text])
    return text


HEAD = b'From: a@b.test\r\nSubject: s\r\nMIME-Version: 1.0\r\n'
REFUSED = [
    ('there are binary bytes outside', HEAD + b'\r\nline\nline'),
    ('there are binary bytes outside', HEAD + multipart(b'b', []).replace(b'preamble', b'\0')),
    ('there are binary bytes outside', b'Subject: a\nX: b\r\n\r\n'),
    ('a line that is not binary is too long', HEAD + b'\r\n' + b'x' * 100001),
    ('a part has two', HEAD + b'Content-Transfer-Encoding: base64\r\n' + binary_part(b'\0')),
    ('a multipart has no boundary', HEAD + b'Content-Type: multipart/mixed\r\n\r\n\0'),
    ('a multipart has no boundary, or none that is allowed', HEAD + multipart(b'b' * 71, [binary_part(b'\0')])),
    ('a line begins like the boundary', HEAD + multipart(b'b', [binary_part(b'\r\n--bee\r\n')])),
    ('a line begins like the boundary', HEAD + multipart(b'b', [binary_part(b'\r\n--b' + b' ' * 300 + b'x')])),
    ('the header of a part does not end', HEAD + multipart(b'b', [b'X: y', binary_part(b'\0')])),
    ('a part of what is signed', HEAD + multipart(b'b', [binary_part(b'signed'), b'Content-Type: application/pkcs7-signature\r\n\r\nx'], kind=b'signed')),
    ('multiparts are too deep', HEAD + deep(17)),
    ('the header of a part is too large', HEAD + b'X: ' + b'x' * 65536 + b'\r\n' + binary_part(b'\0')),
]


def refusals(n):
    for rule, text in REFUSED:
        reply = send(n, text)
        match = re.fullmatch(rf'554 5\.6\.3 8-bit or binary content cannot be converted for the next server: {re.escape(rule)}.* \(X69 (\w+)\)', reply)
        line = (n.until_log(f' refused session={match[1]} .*stage=end condition=X69 ') or '') if match else ''
        tap.check([] if f' rule="{rule}' in line else [reply, line], f'refused: {rule}')
    reply = send(n, HEAD + deep(16))
    tap.check([] if leaves(kept(n, reply)) == [b'deep\0'] else [reply], '... and one less is taken')


def main():
    with Nixied(NIXIED, OFF, LISTENERS) as n:
        hello = send(n, b'', 'plain')
        tap.check([] if 'CHUNKING' in hello and 'BINARYMIME' not in hello else [hello], 'it is not offered unless a setting says so')
        with Client(n.ports['plain']) as c:
            got = [c.reply(), c.say('EHLO c.test'), c.say('MAIL FROM:<a@b.test> BODY=BINARYMIME')]
        tap.check([] if got[-1].startswith('501 5.5.4 ') else got, '... and is no value of BODY then')
        for body in (b'', b'\0', b'\r\n', b'\r', b'--\r\n', bytes(range(256)), b'x' * 57, b'x' * 58, b'\r\n.\r\nMAIL FROM:<>\r\n'):
            reply = send(n, HEAD + binary_part(body), dice.choice(('mx', 'local')))
            got = email.message_from_bytes(kept(n, reply))
            ok = got.get_payload(decode=True) == body and got['Content-Transfer-Encoding'] == 'base64'
            tap.check([] if ok else [reply, got.as_string()], f'a message that is all bytes: {body[:12]!r}')
        wrong = []
        for _ in range(ROUNDS):
            text, bodies = random_message()
            reply = send(n, HEAD + text, dice.choice(('mx', 'local')))
            got = kept(n, reply)
            lines = got.split(b'\r\n')
            if leaves(got) != bodies or b'\0' in got or any(b'\n' in l or b'\r' in l for l in lines) or b'ncoding: binary' in got:
                wrong += [reply, repr(text), repr(got)]
        tap.check(wrong, f'{ROUNDS} messages with bytes in their parts')
        reply = send(n, HEAD + b'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n')
        got = kept(n, reply)
        tap.check([] if b'ncoding: 8bit\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n' in got else [reply, repr(got)], 'what is not binary stays as it was')
        refusals(n)


main()
sys.exit(tap.done())
