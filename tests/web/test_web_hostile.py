#!/usr/bin/env python3
"""Clients that mean no good, and crowds: whatever is sent, the server answers correctly or hangs up, and goes on.

usage: test_web_hostile.py NIXIE        TAP

Random bytes come from a fixed seed: the same in every run.
"""
import contextlib
import pathlib
import random
import re
import resource
import selectors
import socket
import sys

from server import Server, read_all, status_of

from tap import check, done, skip

SEED = 20261122
HEAD = b'POST /v1/explain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
REPLY = b'550 5.1.1 <ann@example.org>: User unknown'
LAST = b'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
CROWD = 1000
# What may be answered to nonsense.
ANSWERS = {0, 200, 204, 400, 404, 405, 406, 408, 411, 413, 414, 415, 417, 422, 431, 501, 505}


def expect(name, got, want):
    check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


def well_formed(raw):
    """Is this nothing, or whole answers and no byte more? What is wrong with it, else."""
    while raw:
        head, sep, rest = raw.partition(b'\r\n\r\n')
        if raw.startswith(b'HTTP/1.1 100 Continue\r\n\r\n'):
            raw = rest
            continue
        length = re.search(rb'\r\nContent-Length: (\d+)', head)
        status = status_of(head + b'\r\n\r\n')
        if not sep or status not in ANSWERS or (not length and status != 204):
            return repr(raw[:300])
        if b'\r\nX-Content-Type-Options: nosniff' not in head or b'\r\nContent-Security-Policy: ' not in head:
            return 'no security fields: ' + repr(head)
        size = int(length.group(1)) if length else 0
        if status >= 400 and b'application/problem+json' not in head:
            return 'no problem: ' + repr(head)
        if len(rest) < size:
            return f'cut off: {len(rest)} of {size}'
        raw = rest[size:]
    return None


def send(server, raw):
    return server.raw(raw, half_close=True)


def fuzzes(server):
    chance = random.Random(SEED)
    seeds = [LAST, HEAD + b'Content-Length: 41\r\n\r\n' + REPLY,
             HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n550 5\r\n4;x=y\r\n.1.1\r\n0\r\nA: b\r\n\r\n',
             HEAD + b'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 69\r\n\r\n'
                    b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n550 x\r\n--b--\r\n',
             b'GET /v1/code/5.7.26?lang=de HTTP/1.1\r\nHost: x\r\nAccept: text/plain;q=0.5, */*;q=0.1\r\n'
             b'Accept-Language: de-AT, fr;q=0.2\r\nIf-None-Match: W/"x", "y"\r\nConnection: close\r\n\r\n']
    pieces = [b'\0', b'\r', b'\n', b'\r\n', b'\r\n\r\n', b' ', b'\t', b':', b';', b'%', b'%00', b'%zz', b'\xff\xfe', b'"',
              b'Content-Length: 5\r\n', b'Transfer-Encoding: chunked\r\n', b'Host: y\r\n', b'HTTP/2.0', b'0\r\n\r\n',
              b'-1', b'99999999999999999999', b'--b', b'Expect: 100-continue\r\n', b'A' * 5000, b'X: y\r\n' * 60]
    trouble = []
    for _ in range(600):
        raw = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(raw) + 1)
            how = chance.randrange(4)
            if how == 0:
                raw[at:at] = chance.choice(pieces)
            elif how == 1:
                del raw[at:at + chance.randint(1, 12)]
            elif how == 2 and at < len(raw):
                raw[at] = chance.randrange(256)
            else:
                raw[at:at] = raw[chance.randrange(len(raw) + 1):][:40]
        got = send(server, bytes(raw))
        wrong = well_formed(got)
        if wrong:
            trouble.append(f'{bytes(raw)[:300]!r}: {wrong}')
    check(trouble, '600 damaged requests: every answer is whole')
    trouble = []
    for _ in range(200):
        got = send(server, chance.randbytes(chance.choice((1, 10, 100, 1000, 20000, 100000))))
        wrong = well_formed(got)
        if wrong:
            trouble.append(wrong)
    check(trouble, '200 times random bytes')
    body = chance.randbytes(50000)
    trouble = []
    for kind in ('message/rfc822', 'text/plain', 'text/plain; charset=utf-16', 'application/octet-stream', 'application/mbox',
                 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'):
        for prefix in (b'', b'From: a@b.example\r\n\r\n', b'text=', b'--x\r\n', b'550 5.1.1 '):
            got = send(server, HEAD + f'Content-Type: {kind}\r\nContent-Length: {len(prefix + body)}\r\n\r\n'.encode() +
                       prefix + body)
            if well_formed(got) or status_of(got) not in (200, 400, 422):
                trouble.append(f'{kind} {prefix!r}: {got[:200]!r}')
    check(trouble, 'random bodies of every type')


def pieces_make_no_difference(server):
    """The same bytes in other packets."""
    raw = (HEAD + b'Transfer-Encoding: chunked\r\n\r\n' + b'%x\r\n%s\r\n0\r\nA: b\r\n\r\n' % (len(REPLY), REPLY))
    whole = server.raw(raw)
    head, _, want = whole.partition(b'\r\n\r\n')
    trouble = []
    for at in range(1, len(raw), 7):
        with server.connect() as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.sendall(raw[:at])
            s.sendall(raw[at:])
            got = read_all(s).partition(b'\r\n\r\n')[2]
            if got != want:
                trouble.append(f'cut at {at}: {got[:100]!r}')
    check(trouble, 'a request in two pieces is the same request')
    expect('... and is answered', status_of(head + b'\r\n\r\n'), 200)


def part(disposition, body=REPLY, fields=b''):
    return b'--b\r\nContent-Disposition: ' + disposition + b'\r\n' + fields + b'\r\n' + body + b'\r\n'


TEXT = b'form-data; name="text"'
FORMS = (  # name, Content-Type behind "multipart/form-data", body, status
    ('plain', b'; boundary=b', part(TEXT) + b'--b--\r\n', 200),
    ('a quoted boundary', b'; boundary="b"', part(TEXT) + b'--b--\r\n', 200),
    ('no line end behind the last', b'; boundary=b', part(TEXT) + b'--b--', 200),
    ('a preamble', b'; boundary=b', b'This is a form.\r\n' + part(TEXT) + b'--b--\r\n', 200),
    ('an epilogue', b'; boundary=b', part(TEXT) + b'--b--\r\nbye\r\n--b\r\n', 200),
    ('blanks behind delimiters', b'; boundary=b', part(TEXT).replace(b'--b\r', b'--b \t\r') + b'--b--\r\n', 200),
    ('a name without quotes', b'; boundary=b', part(b'form-data; name=text') + b'--b--\r\n', 200),
    ('names in capitals', b'; BOUNDARY=b', part(TEXT).replace(b'Content-D', b'CONTENT-D') + b'--b--\r\n', 200),
    ('a file', b'; boundary=b', part(b'form-data; name="file"; filename="a\\"b.eml"') + b'--b--\r\n', 200),
    ('a file that is empty, and text', b'; boundary=b',
     part(TEXT) + part(b'form-data; name="file"; filename=""', b'') + b'--b--\r\n', 200),
    ('other fields', b'; boundary=b', part(b'form-data; name="x"') + part(TEXT) + b'--b--\r\n', 200),
    ('a boundary within the text', b'; boundary=b', part(TEXT, REPLY + b' --b ') + b'--b--\r\n', 200),
    ('a boundary of 70', b'; boundary=' + b'b' * 70,
     (part(TEXT) + b'--b--\r\n').replace(b'--b', b'--' + b'b' * 70), 200),
    ('a boundary of 71', b'; boundary=' + b'b' * 71,
     (part(TEXT) + b'--b--\r\n').replace(b'--b', b'--' + b'b' * 71), 400),
    ('no boundary', b'', part(TEXT) + b'--b--\r\n', 400),
    ('an empty boundary', b'; boundary=', part(TEXT) + b'--b--\r\n', 400),
    ('an empty boundary in quotes', b'; boundary=""', part(TEXT) + b'--b--\r\n', 400),
    ('a boundary that ends in a blank', b'; boundary="b "', part(TEXT) + b'--b--\r\n', 400),
    ('a boundary that cannot be', b'; boundary="b\x80"', part(TEXT) + b'--b--\r\n', 400),
    ('another boundary', b'; boundary=c', part(TEXT) + b'--b--\r\n', 400),
    ('no end', b'; boundary=b', part(TEXT), 400),
    ('cut off in the text', b'; boundary=b', part(TEXT)[:-20], 400),
    ('cut off in the header', b'; boundary=b', b'--b\r\nContent-Dispo', 400),
    ('nothing', b'; boundary=b', b'', 400),
    ('an end alone', b'; boundary=b', b'--b--\r\n', 400),
    ('half a delimiter', b'; boundary=b', b'--', 400),
    ('a delimiter and more', b'; boundary=b', part(TEXT).replace(b'--b\r', b'--bc\r') + b'--b--\r\n', 400),
    ('bare LF', b'; boundary=b', (part(TEXT) + b'--b--\r\n').replace(b'\r\n', b'\n'), 400),
    ('no disposition', b'; boundary=b', b'--b\r\n\r\n' + REPLY + b'\r\n--b--\r\n', 400),
    ('no header and no empty line', b'; boundary=b', b'--b\r\n' + REPLY + b'\r\n--b--\r\n', 400),
    ('no name', b'; boundary=b', part(b'form-data') + b'--b--\r\n', 400),
    ('another disposition', b'; boundary=b', part(b'attachment; name="text"') + b'--b--\r\n', 400),
    ('a header line without colon', b'; boundary=b', part(TEXT, fields=b'nonsense\r\n') + b'--b--\r\n', 400),
    ('an encoding', b'; boundary=b', part(TEXT, fields=b'Content-Transfer-Encoding: base64\r\n') + b'--b--\r\n', 400),
    ('an encoding that is none', b'; boundary=b', part(TEXT, fields=b'Content-Transfer-Encoding: 8bit\r\n') + b'--b--\r\n',
     200),
    ('a header of 4096 bytes', b'; boundary=b',
     part(TEXT, fields=b'X: ' + b'x' * (4096 - 2 - 21 - len(TEXT) - 2 - 3 - 2 - 2) + b'\r\n') + b'--b--\r\n', 200),
    ('a header of 5000 bytes', b'; boundary=b', part(TEXT, fields=b'X: ' + b'x' * 5000 + b'\r\n') + b'--b--\r\n', 400),
    ('32 parts', b'; boundary=b', part(TEXT) * 32 + b'--b--\r\n', 200),
    ('33 parts', b'; boundary=b', part(TEXT) * 33 + b'--b--\r\n', 400),
    ('no field of ours', b'; boundary=b', part(b'form-data; name="x"') + b'--b--\r\n', 400),
    ('a NUL in the name', b'; boundary=b', part(b'form-data; name="text\0"') + b'--b--\r\n', 400),
    ('a name that does not end', b'; boundary=b', part(b'form-data; name="text') + b'--b--\r\n', 400),
)


def multiparts(server):
    for name, kind, body, status in FORMS:
        raw = server.raw(HEAD + b'Content-Type: multipart/form-data' + kind + b'\r\nContent-Length: %d\r\n\r\n' % len(body) +
                         body)
        wrong = well_formed(raw)
        want = (status, status == 200)
        got = (status_of(raw), b'"user_unknown"' in raw)
        check([wrong] if wrong else [] if got == want else [f'got {got}, want {want}', repr(raw[-300:])],
              f'a form: {name}')


def hostile_mails(server):
    """The bodies that a page or a proxy would suffer from."""
    address = '"><script>alert(1)</script>@example.org'
    script = f'550 5.1.1 <{address}>: <img src=x onerror=alert(1)>\x1b[2J\x00\u202e user unknown'.encode()
    many = b''.join(b'<u%d@example.org>: 550 5.1.1 no such user\r\n' % i for i in range(10000))
    deep = b''.join(b'Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n' % (i, i) for i in range(5000))
    for name, body in (('script', script), ('10,000 recipients', many), ('5 MB', (REPLY + b'\n') * 120000),
                       ('5 MB without a line end', REPLY + b'x' * (5 << 20)), ('5,000 levels deep', b'From: a@b\r\n' + deep),
                       ('NUL bytes', REPLY + bytes(100) + b'\r\n' + REPLY * 50)):
        for accept in ('application/json', 'text/plain'):
            got = server.ask('POST', '/v1/explain?explain=0', body, accept=accept)
            expect(f'{name} as {accept}', got.status, 200)
            if accept == 'text/plain':
                check([] if not re.search(rb'[\x00-\x08\x0b-\x1f\x7f]', got.body) and '\u202e' not in got.text() else
                      [repr(got.body[:500])], f'{name}: no control characters')
            else:
                check([] if got.json()['schema'] == 1 else ['?'], f'{name}: JSON')


def answers_too_large(server):
    """Many small mails make an answer of more than 64 MiB (WEB_RESPONSE_BYTES_MAX)."""
    one = (b'From a@b.example Thu Nov 22 04:15:57 2026\nFrom: MAILER-DAEMON@b.example\n'
           b'Subject: Undelivered Mail Returned to Sender\n\n' + REPLY + b'\n\n')
    single = len(server.ask('POST', '/v1/explain', one, content_type='application/mbox').body)
    most = (64 << 20) // single
    for count, want in ((most - most // 20, 200), (most + most // 20, 413)):
        got = server.ask('POST', '/v1/explain', one * count, content_type='application/mbox')
        expect(f'an answer about {"fewer" if want == 200 else "more"} mails than 64 MiB have room for',
               (got.status, len(got.body) < (64 << 20)), (want, True))
    check([] if '?explain=0' in got.json()['detail'] else [got.text()], '... with a word on what to do')
    got = server.ask('POST', '/v1/explain?explain=0', one * count, content_type='application/mbox')
    expect('... which helps', got.status, 200)


def crowds(nixie):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < CROWD + 100:
        skip(f'{CROWD} clients at once', f'at most {hard} files here')
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, CROWD + 100), hard))
    raw = HEAD + b'Content-Length: %d\r\n\r\n' % len(REPLY) + REPLY
    with Server(nixie, '--rate', '0', '--per-client', '2000') as server, contextlib.ExitStack() as open_sockets:
        want = server.raw(raw).partition(b'\r\n\r\n')[2]
        clients = [open_sockets.enter_context(server.connect()) for _ in range(CROWD)]
        # All of them have begun before any has finished.
        for s in clients:
            s.sendall(raw[:-5])
        for s in clients:
            s.sendall(raw[-5:])
        got = dict.fromkeys(clients, b'')
        with selectors.DefaultSelector() as waiting:
            for s in clients:
                waiting.register(s, selectors.EVENT_READ)
            while waiting.get_map():
                for key, _ in waiting.select():
                    piece = key.fileobj.recv(65536)
                    got[key.fileobj] += piece
                    if not piece:
                        waiting.unregister(key.fileobj)
                        key.fileobj.close()
        bad = [raw[:200] for raw in got.values() if raw.partition(b'\r\n\r\n')[2] != want]
        check([f'{len(bad)} of {CROWD}', repr(bad[0])] if bad else [], f'{CROWD} clients at once are all answered')
        clients = [open_sockets.enter_context(server.connect()) for _ in range(CROWD)]
        for s in clients:
            s.sendall(HEAD[:-2])  # and then nothing more
        expect('... and one more beside so many slow ones', server.ask('GET', '/healthz').status, 200)
        for s in clients:
            s.close()
        expect('... who are gone', server.ask('GET', '/healthz').status, 200)
        expect('it ends well', server.end(), (0, ''))


def leaves(server):
    """Clients that go away in the middle of everything."""
    whole = HEAD + b'Content-Length: %d\r\n\r\n' % (len(REPLY) * 2000) + REPLY * 2000
    for at in (0, 1, 20, len(HEAD), len(whole) // 2, len(whole) - 1, len(whole)):
        for _ in range(10):
            s = server.connect()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')  # a reset instead of an end
            s.sendall(whole[:at])
            s.close()
    expect('clients that go away do no harm', server.ask('GET', '/healthz').status, 200)


def main():
    nixie = str(pathlib.Path(sys.argv[1]).resolve())
    with Server(nixie, '--rate', '0', '--timeout', '5') as server:
        fuzzes(server)
        pieces_make_no_difference(server)
        multiparts(server)
        hostile_mails(server)
        answers_too_large(server)
        leaves(server)
        expect('it ends well', server.end(), (0, ''))
    crowds(nixie)
    return done()


if __name__ == '__main__':
    sys.exit(main())
