#!/usr/bin/env python3
"""The limits of the HTTP server, each at its edge, and its beginning and end.

usage: test_web_limits.py NIXIE        TAP

Where a limit is a time, the server is given one second and the test waits for what it does, however long that takes.
"""
import contextlib
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

from server import ENV, SECONDS, Server, read_all, status_of

from tap import check, done, skip

REPLY = b'550 5.1.1 <ann@example.org>: User unknown'
HEALTH = b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
LAST = b'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'


def expect(name, got, want):
    check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


def statuses(raw):
    """Of all answers in it."""
    return [int(s) for s in re.findall(rb'HTTP/1\.1 (\d{3}) ', raw)]


def post(body, *fields, target=b'/v1/explain', length=None):
    lines = [b'POST ' + target + b' HTTP/1.1', b'Host: x', b'Connection: close', *fields]
    if length is not False:
        lines.append(b'Content-Length: %d' % (len(body) if length is None else length))
    return b'\r\n'.join(lines) + b'\r\n\r\n' + body


def chunked(body, size):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b''.join(b'%x\r\n%s\r\n' % (len(p), p) for p in pieces) + b'0\r\n\r\n'


def text_of(size):
    return (REPLY + b'\n').ljust(size, b'.')


def bodies(nixie):
    most = 2048
    with Server(nixie, '--max-body', '2k', '--rate', '0') as server:
        for size, want in ((most - 1, 200), (most, 200), (most + 1, 413), (100 * most, 413)):
            expect(f'--max-body: {size} with a length', status_of(server.raw(post(text_of(size)))), want)
            raw = post(chunked(text_of(size), 1000), b'Transfer-Encoding: chunked', length=False)
            expect(f'--max-body: {size} in chunks', status_of(server.raw(raw)), want)
        # Refused by its length alone: not a byte of the body is sent.
        raw = server.raw(post(b'', length=10 ** 12))
        expect('--max-body: refused before it is sent', status_of(raw), 413)
        check([] if b'"type":"/problems/too-large"' in raw and b'Connection: close' in raw else [raw], '... in words')
        raw = server.raw(post(b'', b'Expect: 100-continue', length=most + 1))
        expect('... and not asked for', statuses(raw), [413])
        with server.connect() as s:
            s.sendall(post(b'', b'Expect: 100-continue', length=len(REPLY)))
            first = s.recv(25, socket.MSG_WAITALL)
            expect('100-continue: asked for', first, b'HTTP/1.1 100 Continue\r\n\r\n')
            s.sendall(REPLY)
            expect('... and taken', status_of(read_all(s)), 200)
        # The client goes on sending; the refusal arrives all the same.
        with server.connect() as s:
            s.sendall(post(b'', length=4 << 20))
            with contextlib.suppress(OSError):
                s.sendall(bytes(4 << 20))
            expect('a refusal reaches a client that goes on sending', status_of(read_all(s)), 413)
        expect('other clients go on', server.ask('GET', '/healthz').status, 200)


BROWSER = (b'Accept: text/html,application/xhtml+xml,*/*;q=0.8', b'Accept-Language: de-AT,de;q=0.9')


def told(nixie):
    """A person with a browser and no script reads a page in the own language, not RFC 9457."""
    def ask(start, *fields, body=b'', length=None, is_last=True):
        lines = [start, b'Host: x', *(fields or BROWSER)]
        if start.startswith(b'POST'):
            lines += [b'Content-Type: text/plain', b'Content-Length: %d' % (len(body) if length is None else length)]
        if is_last:
            lines.append(b'Connection: close')
        return b'\r\n'.join(lines) + b'\r\n\r\n' + body

    def is_page(name, raw, status, words):
        expect(name, (status_of(raw), b'Content-Type: text/html' in raw, b'<html lang="de">' in raw, words.encode() in raw),
               (status, True, True, True))

    with Server(nixie, '--max-body', '2k', '--max-time', '1s', '--rate', '0') as server:
        is_page('413 is a page for a browser', server.raw(ask(b'POST /explain HTTP/1.1', length=1 << 20)), 413,
                'Das ist mehr, als diese Seite annimmt')
        raw = server.raw(ask(b'POST /explain?part=answer&lang=fr HTTP/1.1', BROWSER[0], length=1 << 20))
        expect('... or a part of one for the script', (status_of(raw), b'<html' in raw, b'Content-Language: fr' in raw),
               (413, False, True))
        raw = server.raw(ask(b'POST /v1/explain HTTP/1.1', length=1 << 20))
        expect('... and a problem where the API is asked', (status_of(raw), b'application/problem+json' in raw), (413, True))
        is_page('405 is a page for a browser', server.raw(ask(b'POST /guide HTTP/1.1')), 405, 'Diese Adresse ist nicht')
        is_page('400 too', server.raw(ask(b'POST /explain HTTP/1.1').replace(b'text/plain', b'multipart/form-data')), 400,
                'Was von Ihrem Browser kam')
        is_page('415 too, with the reason in English', server.raw(
            ask(b'POST /explain HTTP/1.1').replace(b'text/plain', b'image/png')), 415,
            'lang="en">The body is of a type that is not taken')
        is_page('408 too, when the header came', server.raw(ask(b'POST /explain HTTP/1.1', body=b'half', length=100)), 408,
                'Es hat zu lange gedauert')
    with Server(nixie, '--timeout', '1s', '--rate', '0') as server:
        # The header of the second request is not known: that of the first must not stand for it.
        raw = server.raw(ask(b'GET / HTTP/1.1', is_last=False) + b'GET / HTTP/1.1\r\nHo')
        expect('408 is a problem before the header came', statuses(raw) + [b'application/problem+json' in raw],
               [200, 408, True])
    with Server(nixie, '--rate', '1', '--burst', '3') as server:
        raw = server.raw(ask(b'GET / HTTP/1.1', is_last=False) * 50 + LAST)
        wait = re.search(rb'Retry-After: (\d+)', raw)
        check([] if wait and b'Warten Sie %s Sekunden' % wait[1] in raw else [raw[-3000:]],
              '429 is a page for a browser, and tells how long to wait')
        raw = server.raw(ask(b'GET / HTTP/1.1', b'Accept: */*', is_last=False) * 50 + LAST)
        check([] if b'/problems/too-many-requests' in raw else [raw[-900:]], '... and a problem for a program')


def headers(nixie):
    """The numbers of serve/http1.h, as a client meets them; tests/unit/test_http1.c has them one by one."""
    with Server(nixie, '--rate', '0') as server:
        def head(size):
            start, end = b'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: ', b'\r\n\r\n'
            return start + b'a' * (size - len(start) - len(end)) + end
        for size, want in ((16384, 200), (16385, 431), (400000, 431)):
            expect(f'a header of {size} bytes', status_of(server.raw(head(size))), want)
        for count, want in ((100, 200), (101, 431)):
            raw = b'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n' + b'A: b\r\n' * (count - 2) + b'\r\n'
            expect(f'{count} fields', status_of(server.raw(raw)), want)
        for size, want in ((4096, 404), (4097, 414), (100000, 414)):
            raw = b'GET /' + b'x' * (size - 1) + b' HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
            expect(f'an address of {size} bytes', status_of(server.raw(raw)), want)


def keeps(nixie):
    """Connections that stay open."""
    with Server(nixie, '--rate', '0') as server:
        with server.connect() as s:
            s.sendall(HEALTH * 200 + LAST)
            expect('many requests at once on one connection', statuses(read_all(s)), [200] * 201)
        body = chunked(REPLY, 7)
        one = b'POST /v1/reply HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n' + body
        expect('... with bodies', statuses(server.raw(one * 20 + LAST)), [200] * 21)
        expect('HTTP/1.0 ends', statuses(server.raw(b'GET /healthz HTTP/1.0\r\n\r\n' + HEALTH)), [200])
        raw = server.raw(b'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n' + b'nonsense\r\n\r\n' + HEALTH)
        expect('a malformed request ends it', statuses(raw), [404, 400])
        expect('a client that only sends is answered', statuses(server.raw(HEALTH, half_close=True)), [200])


def patiently(do, want):
    """What `do` gives; again when it is not what is wanted, because this machine may be slower than the second that
    a server here waits."""
    for _ in range(10):
        got = do()
        if got == want:
            break
    return got


def times(nixie):
    with Server(nixie, '--timeout', '1', '--max-time', '1', '--rate', '0') as server:
        def after(raw):
            def do():
                with server.connect() as s:
                    s.sendall(raw)
                    got = read_all(s)
                    return statuses(got), b'/problems/timeout' in got
            return do
        for name, raw, want in (
                ('--timeout: a silent client is let go', b'', ([], False)),
                ('--timeout: half a header', HEALTH[:-2], ([408], True)),
                ('--timeout: an idle connection is let go', HEALTH, ([200], False)),
                ('--timeout: half of a second header', HEALTH + HEALTH[:-2], ([200, 408], True)),
                ('--max-time: a body that does not end', post(REPLY, length=len(REPLY) + 1), ([408], True)),
                ('--max-time: chunks that do not end',
                 post(b'5\r\nhello\r\n', b'Transfer-Encoding: chunked', length=False), ([408], True))):
            expect(name, patiently(after(raw), want), want)
        # A byte now and then keeps nothing alive: the time is for all of it.
        with server.connect() as s:
            s.settimeout(0.05)
            got = b''
            for byte in HEALTH[:-4] + b'\r\nA: ' + b'a' * 100000:
                try:
                    s.sendall(bytes([byte]))
                    got = s.recv(65536)
                    break
                except TimeoutError:
                    continue
                except OSError:
                    break
            expect('--timeout: a header byte by byte', status_of(got), 408)
        expect('other clients go on', patiently(after(LAST), ([200], False)), ([200], False))
    with Server(nixie, '--max-time', '1', '--rate', '0') as server:
        # An answer larger than what the system keeps for the socket, and nobody takes it.
        mail = b''.join(b'<u%d@example.org>: 550 5.1.1 no such user\r\n' % i for i in range(5000))
        made = False
        while not made:  # until the body was there in time
            with server.connect() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                s.sendall(post(mail))
                until_metric(server, 'nixie_web_connections', 1)  # the one that asks
            made = metric(server, 'nixie_web_requests_total{route="/v1/explain",status="200"}') == 1
        check([], '--max-time: an answer that nobody takes is given up')


def metric(server, name):
    found = re.search(rf'^{re.escape(name)} (\d+)$', server.ask('GET', '/metrics').text(), re.M)
    return int(found.group(1)) if found else 0


def until_metric(server, name, value):
    """Asks until the number is there; the test's own time limit ends what never comes."""
    while metric(server, name) != value:
        pass


def connections(nixie):
    with Server(nixie, '--max-connections', '4', '--threads', '2', '--rate', '0') as server:
        held = [server.connect() for _ in range(4)]
        for s in held:
            s.sendall(HEALTH)
            s.recv(1)
        raw = server.raw(HEALTH)
        expect('--max-connections: one more', (statuses(raw), b'Retry-After: 5\r\n' in raw, b'/problems/busy' in raw),
               ([503], True, True))
        held.pop().close()
        while server.ask('GET', '/healthz').status != 200:  # until the server has seen the end of that one
            pass
        check([], '--max-connections: one is gone, another may')
        for s in held:
            s.close()
    with Server(nixie, '--per-client', '3', '--rate', '0') as server:
        held = [server.connect() for _ in range(3)]
        for s in held:
            s.sendall(HEALTH)
            s.recv(1)
        raw = server.raw(HEALTH)
        expect('--per-client: one more', (statuses(raw), b'Retry-After: ' in raw), ([429], True))
        for s in held:
            s.close()
        while server.ask('GET', '/healthz').status != 200:
            pass
        check([], '--per-client: they are gone, others may')
    with Server(nixie, '--per-client', '1', '--rate', '0', '--trust-proxy', '127.0.0.0/8') as server:
        held = [server.connect() for _ in range(5)]
        for s in held:
            s.sendall(LAST)
        expect('--per-client: a proxy may have more', [status_of(read_all(s)) for s in held], [200] * 5)
        for s in held:
            s.close()


def rates(nixie):
    def ask(client, field=b'X-Forwarded-For'):
        return b'GET /healthz HTTP/1.1\r\nHost: x\r\n' + field + b': ' + client + b'\r\n\r\n'
    options = ('--rate', '1', '--burst', '3')
    with Server(nixie, *options) as server:
        raw = server.raw(HEALTH * 300 + LAST)
        got = statuses(raw)
        expect('--burst: the first requests pass', got[:3], [200] * 3)
        check([] if 429 in got[3:] and len(got) == 301 else [got], '--rate: the others are too many')
        check([] if set(re.findall(rb'Retry-After: (\d+)', raw)) == {b'1'} else [raw[-900:]], '... for a second')
        check([] if b'/problems/too-many-requests' in raw else [raw[-900:]], '... in words')
        raw = server.raw(ask(b'192.0.2.1') * 50 + LAST)
        check([] if 429 in statuses(raw) else [raw[-900:]], 'a field of somebody who is no proxy means nothing')
    with Server(nixie, *options, '--trust-proxy', '127.0.0.1') as server:
        each = [ask(b'192.0.2.%d' % i) for i in range(100)]
        expect('--trust-proxy: each client has a burst', statuses(server.raw(b''.join(each) + LAST)), [200] * 101)
        raw = server.raw(ask(b'203.0.113.%d, 198.51.100.7' % 1) * 100 + LAST)
        check([] if 429 in statuses(raw) else [raw[-900:]], '--trust-proxy: what the client claims means nothing')
        raw = server.raw(b''.join(ask(b'2001:db8::%d' % i) for i in range(100)) + LAST)
        check([] if 429 in statuses(raw) else [raw[-900:]], '--rate: an IPv6 network is one client')
        raw = server.raw(b''.join(ask(b'for=192.0.2.%d' % i, b'Forwarded') for i in range(100)) + LAST)
        check([] if 429 in statuses(raw) else [raw[-900:]], '--proxy-field: the other field means nothing')
    with Server(nixie, *options, '--trust-proxy', '127.0.0.1', '--proxy-field', 'forwarded') as server:
        raw = server.raw(b''.join(ask(b'for=192.0.2.%d;proto=http' % i, b'Forwarded') for i in range(100)) + LAST)
        expect('--proxy-field: forwarded', statuses(raw), [200] * 101)
    with Server(nixie, '--rate', '1', '--burst', '50') as server:
        big = post(text_of(9 << 20)).replace(b'Connection: close\r\n', b'')
        raw = server.raw(big + HEALTH + LAST)
        expect('--rate: a large body costs more', statuses(raw), [200, 429, 429])


def memory(nixie):
    with Server(nixie, '--max-memory', '1M', '--rate', '0') as server:
        half = [server.connect() for _ in range(3)]
        for s in half:
            s.sendall(post(text_of(700 << 10), length=701 << 10))
        until_metric(server, 'nixie_web_problems_total{problem="busy"}', 2)
        refused, waiting = [], list(half)
        while len(refused) < 2 and (told := select.select(waiting, [], [], SECONDS)[0]):
            refused += [status_of(s.recv(65536)) for s in told]
            waiting = [s for s in waiting if s not in told]
        expect('--max-memory: two of three bodies are too much', refused, [503, 503])
        expect('--max-memory: small answers are given all the same', server.ask('GET', '/healthz').status, 200)
        for s in half:
            s.close()
        while server.ask('POST', '/v1/explain?explain=0', text_of(700 << 10)).status != 200:
            pass
        check([], '--max-memory: when they are gone, others may')


def connect_soon(s, path):
    """The name of a socket is there a moment before anybody listens, or was left by another."""
    for _ in range(100):
        try:
            s.connect(path)
            return
        except (ConnectionRefusedError, FileNotFoundError):
            time.sleep(0.1)
    s.connect(path)


def listens(nixie):
    """Addresses, and what is said when they cannot be had."""
    def refused(name, code, words, *options):
        given = subprocess.run([nixie, 'web', *options], capture_output=True, env=ENV, timeout=SECONDS, check=False,
                               stdin=subprocess.DEVNULL)
        said = given.stderr.decode()
        check([] if given.returncode == code and words in said and not given.stdout else [str(given)], name)
    with Server(nixie) as server:
        refused('a port that is taken', 3, 'is in use by another program: end that, or name another port', '--listen',
                f'127.0.0.1:{server.port}')
    with contextlib.suppress(OSError), Server(nixie, listen='[::1]:0') as server:
        if server.port:
            with socket.create_connection(('::1', server.port), timeout=SECONDS) as s:
                s.sendall(LAST)
                expect('IPv6', status_of(read_all(s)), 200)
        else:
            skip('IPv6', 'no IPv6 here')
    with Server(nixie, listen=':0') as server:
        expect('all addresses', server.ask('GET', '/healthz').status, 200)
    with Server(nixie, listen='localhost:0') as server:
        check([] if server.port else [server.said], 'a name')
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder, 'socket'))
        for again in ('', ', left behind by another'):
            with Server(nixie, listen=f'unix:{path}') as server, socket.socket(socket.AF_UNIX) as s:
                connect_soon(s, path)
                s.sendall(LAST)
                expect(f'a socket of the file system{again}', status_of(read_all(s)), 200)
        with Server(nixie, listen=f'unix:{path}'):
            refused('... that is in use', 3, 'is in use', '--listen', f'unix:{path}')
    for bad in ('', 'x', '8025', '127.0.0.1', '127.0.0.1:', '127.0.0.1:x', '127.0.0.1:65536', '::1:8025', '[::1]'):
        refused(f'--listen {bad!r} is refused', 2, 'nixie: ', '--listen', bad)
    for bad in ('no.such.host.invalid:0', '192.0.2.1:0', 'unix:', 'unix:' + 'x' * 200):
        refused(f'--listen {bad[:30]!r} cannot be', 3, 'nixie: ', '--listen', bad)
    for options, words in ((('--rate', 'x'), 'wants a whole number'), (('--nonsense',), 'no such option'),
                           (('--max-body',), 'wants a value'), (('operand',), 'takes options only'),
                           (('--max-body', '1'), 'is less than'), (('--max-body', '9G'), 'is more than'),
                           (('--timeout', '0'), 'is less than'), (('--trust-proxy', 'x/y'), 'wants an address'),
                           (('--proxy-field', 'via'), 'x-forwarded-for or forwarded'),
                           (('--listen=127.0.0.1:0',) * 9, '8 addresses are the most')):
        refused(f'{" ".join(options)[:40]} is refused', 2, words, *options)
    two = subprocess.Popen([nixie, 'web', '--listen', '127.0.0.1:0', '--listen=127.0.0.1:0'], env=ENV,
                           stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    said = [two.stdout.readline().decode(), two.stdout.readline().decode()]
    ports = {int(re.search(r':(\d+)/', line).group(1)) for line in said}
    for port in ports:
        with socket.create_connection(('127.0.0.1', port), timeout=SECONDS) as s:
            s.sendall(LAST)
            expect('two addresses', status_of(read_all(s)), 200)
    two.terminate()
    expect('... and an end', (two.wait(SECONDS), len(ports)), (0, 2))
    two.stdout.close()


def inherits(nixie):
    """The sockets of systemd."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        port = listener.getsockname()[1]
        # LISTEN_PID is known only in the child: a shell sets it and becomes the server.
        process = subprocess.Popen(
            ['bash', '-c', 'exec 3<&"$1"; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$2" web', 'bash',
             str(listener.fileno()), nixie], pass_fds=[listener.fileno()], env=ENV, stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL)
    said = process.stdout.readline().decode()
    expect('sockets of systemd are used', said, f'nixie: listening on http://127.0.0.1:{port}/\n')
    with socket.create_connection(('127.0.0.1', port), timeout=SECONDS) as s:
        s.sendall(LAST)
        expect('... and answer', status_of(read_all(s)), 200)
    process.terminate()
    expect('... and end', process.wait(SECONDS), 0)
    process.stdout.close()


def ends(nixie):
    for how in (signal.SIGTERM, signal.SIGINT):
        server = Server(nixie)
        with server.connect() as idle, server.connect() as busy:
            idle.sendall(HEALTH)
            idle.recv(65536)
            busy.sendall(post(REPLY[:10], length=len(REPLY)).replace(b'Connection: close\r\n', b''))
            until_metric(server, 'nixie_web_connections', 3)
            server.process.send_signal(how)
            expect(f'{how.name}: an idle connection is closed', read_all(idle), b'')
            busy.sendall(REPLY[10:])
            # read_all() returns at the end of the connection: it is closed, whether the answer said so or
            # its thread heard of the signal behind it.
            expect('... a request under way is answered', status_of(read_all(busy)), 200)
        expect('... and it ends well', server.end(None), (0, ''))
    server = Server(nixie)
    with server.connect() as idle, server.connect() as busy:
        busy.sendall(post(REPLY[:10], length=len(REPLY)))
        until_metric(server, 'nixie_web_connections', 3)
        server.process.terminate()
        read_all(idle)  # closed: the first signal was seen
        expect('a second signal ends it at once', server.end(), (-signal.SIGTERM, ''))


def logs(nixie):
    secret = b'secret-word@example.org'
    with Server(nixie, '--access-log', '--rate', '0') as server:
        server.ask('POST', '/v1/explain?q=' + secret.decode(), b'550 5.1.1 ' + secret)
        server.ask('GET', '/v1/code/' + secret.decode())
        server.raw(b'BREW ' + secret + b' HTTP/1.1\r\n\r\n')
        _, err = server.end()
    lines = err.splitlines()
    form = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ client=127\.0\.0\.1 route=\S+ status=\d{3} in=\d+ out=\d+ micros=\d+'
    check([line for line in lines if not re.fullmatch(form, line)], '--access-log: a line for each answer')
    expect('... by route and status', [re.search(r'route=(\S+) status=(\d+)', line).groups() for line in lines],
           [('/v1/explain', '200'), ('/v1/code/{}', '404'), ('-', '400')])
    check([err] if secret.decode() in err else [], '... and never what was asked')
    with Server(nixie) as server:
        server.ask('POST', '/v1/explain', b'550 5.1.1 ' + secret)
        expect('nothing is logged unless asked for', server.end(), (0, ''))


def keeps_nothing(nixie):
    """No file is opened, and none would be written when it crashed."""
    with Server(nixie, '--rate', '0') as server:
        folder = f'/proc/{server.process.pid}'
        server.ask('POST', '/v1/explain', REPLY)
        try:
            files = []
            for number in os.listdir(f'{folder}/fd'):
                with contextlib.suppress(FileNotFoundError):  # a connection that was just closed
                    files.append(os.readlink(f'{folder}/fd/{number}'))
            with open(f'{folder}/limits', encoding='ascii') as limits, open(f'{folder}/status', encoding='ascii') as status:
                core = re.search(r'Max core file size\s+(\S+)\s+(\S+)', limits.read()).groups()
                privileges = re.search(r'NoNewPrivs:\s+(\d)', status.read()).group(1)
        except PermissionError:
            skip('what the process has open', 'it may not be looked at')
            return
        check([f for f in files if f.startswith('/') and f != '/dev/null'], 'no file is open')
        expect('no core is dumped, no right gained', (*core, privileges), ('0', '0', '1'))


def forgets(nixie):
    """What was pasted is not found in the process's memory when the answer was sent."""
    if re.search(rb'__[am]san_init', pathlib.Path(nixie).read_bytes()):
        skip('nothing of what was asked is left in memory', "a sanitizer keeps stacks and what was freed")
        return
    marks = [b'keepsake-%d-in-memory' % n for n in range(4)]
    with Server(nixie, '--rate', '0', '--threads', '1') as server:
        def is_found(mark):
            folder = f'/proc/{server.process.pid}'
            with open(f'{folder}/maps', encoding='ascii') as maps, open(f'{folder}/mem', 'rb', 0) as memory:
                for line in maps:
                    span, rights = line.split()[:2]
                    low, high = (int(n, 16) for n in span.split('-'))
                    # What is larger is a sanitizer's shadow, and no memory of ours.
                    if rights.startswith('rw') and high < 1 << 63 and high - low < 1 << 30:
                        memory.seek(low)
                        with contextlib.suppress(OSError):
                            if mark in memory.read(high - low):
                                return True
            return False
        words = b'550 5.1.1 <%s@b.example>: User unknown'
        try:
            with server.connect() as s:
                s.sendall(post(words % b'not-yet-answered', length=100))
                # It must be there to be found at all; the server has read it when it asks for more.
                while not is_found(b'not-yet-answered'):
                    pass
        except PermissionError:
            skip('what the process remembers', 'it may not be looked at')
            return
        kept = server.connect()
        kept.sendall(b'GET /look-up?q=550+%s HTTP/1.1\r\nHost: x\r\n\r\n' % marks[0])
        while b'</html>' not in kept.recv(65536):
            pass
        server.raw(post(words % marks[1] + b'\n' * 9000))
        server.raw(post(words % marks[2], b'Accept: text/html').replace(b'/v1/explain', b'/explain'))
        server.raw(post(b'From: MAILER-DAEMON@a.example\nSubject: Undelivered\n\n' + (words % marks[3] + b'\n') * 3000))
        server.ask('GET', '/healthz')
        check([m.decode() for m in marks if is_found(m)], 'nothing of what was asked is left in memory')
        kept.close()


def main():
    nixie = str(pathlib.Path(sys.argv[1]).resolve())
    for part in (bodies, told, headers, keeps, times, connections, rates, memory, listens, inherits, ends, logs,
                 keeps_nothing, forgets):
        if not sys.argv[2:] or part.__name__ in sys.argv[2:]:
            part(nixie)
    return done()


if __name__ == '__main__':
    sys.exit(main())
