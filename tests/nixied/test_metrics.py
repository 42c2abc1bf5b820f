#!/usr/bin/env python3
"""nixied's counters, as Prometheus reads them: the real program, over HTTP.

usage: test_metrics.py NIXIED NIXIE        TAP
"""
import pathlib
import re
import socket
import sys
import time

from server import DOMAIN, MX, SECONDS, USER, Nixied, session

import tap

NIXIED = sys.argv[1]
TOP = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = 8  # METRICS_CLIENTS_MAX
REQUEST = 4096  # METRICS_REQUEST_BYTES_MAX


class Counted(Nixied):
    def start(self):
        super().start()
        self.metrics = int(re.fullmatch(r'nixied: metrics at 127\.0\.0\.1:(\d+)\n', self.process.stdout.readline())[1])
        return self

    def ask(self, *pieces):
        """What is answered to these bytes, until the connection ends."""
        with socket.create_connection(('127.0.0.1', self.metrics), timeout=SECONDS) as s:
            for piece in pieces:
                s.sendall(piece)
            got = b''
            while True:
                more = s.recv(65536)
                if not more:
                    return got.decode()
                got += more

    def counters(self):
        head, body = self.ask(b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n').split('\r\n\r\n', 1)
        assert head.startswith('HTTP/1.1 200 '), head
        return head, body


def numbers(body):
    return {m[1]: int(m[2]) for m in re.finditer(r'^([^#\s]\S*) (\d+)$', body, re.M)}


def malformed(body):
    """What Prometheus would not read."""
    trouble, kinds = [], {}
    for line in body.splitlines():
        if re.fullmatch(r'# HELP \w+ \S.*', line):
            continue
        kind = re.fullmatch(r'# TYPE (\w+) (counter|gauge)', line)
        sample = re.fullmatch(r'(\w+)(\{\w+="[^"\\\\]+"(,\w+="\w+")?\})? \d+', line)
        if kind:
            trouble += [f'twice: {kind[1]}'] if kind[1] in kinds else []
            kinds[kind[1]] = kind[2]
        elif not sample or sample[1] not in kinds:
            trouble.append(line)
        elif (kinds[sample[1]] == 'counter') != sample[1].endswith('_total'):
            trouble.append(f'{line}: a counter ends in _total')
    return trouble if body.endswith('\n') and kinds else trouble + ['it does not end']


def counts():
    with Counted(NIXIED, settings='metrics_address = 127.0.0.1:0', listeners=MX) as n:
        head, body = n.counters()
        tap.check(malformed(body), 'the counters of a new server')
        tap.check([] if 'Content-Type: text/plain; version=0.0.4; charset=utf-8' in head else [head], 'have their type')
        before = numbers(body)
        tap.check([] if before['nixied_messages_accepted_total'] == 0 and 'nixied_refusals_total' in body
                  and abs(before['nixied_start_time_seconds'] - time.time()) < 3600 else [body], 'begin at 0')
        session(n.ports['mx'], 'EHLO a.example', 'MAIL FROM:<secret-sender@b.example>', f'RCPT TO:<{USER}>',
                f'RCPT TO:<secret-nobody@{DOMAIN}>', 'RCPT TO:<a@elsewhere.example>', 'DATA', b'Subject: x\r\n\r\ny\r\n.\r\n', 'QUIT')
        head, body = n.counters()
        after = numbers(body)
        tap.check(malformed(body), 'the counters after a message')
        want = {'nixied_sessions_total': 1, 'nixied_messages_accepted_total': 1, 'nixied_recipients_accepted_total': 1,
                'nixied_refusals_total{condition="C34"}': 1, 'nixied_refusals_total{condition="C22"}': 1}
        tap.check([f'{k}: {after.get(k)}' for k, v in want.items() if after.get(k, 0) - before.get(k, 0) != v],
                  'count it, and its refusals by condition')
        tap.check([w for w in ('secret', '@', 'b.example') if w in body], 'and name nobody')
        names = set(re.findall(r'^# TYPE (\w+)', body, re.M))
        told = set(re.findall(r'`(nixied_\w+)', (TOP / 'doc/metrics.md').read_text('utf-8')))
        tap.check(sorted(names ^ told), 'doc/metrics.md names each of them')
        tap.check([] if n.stop() == 0 else [n.said], 'it ends well')


def speaks_http():
    with Counted(NIXIED, settings='metrics_address = 127.0.0.1:0', listeners=MX) as n:
        whole = n.counters()[0]
        cases = [
            ('HEAD', [b'HEAD /metrics HTTP/1.1\r\n\r\n'], r'HTTP/1\.1 200 .*\r\n\r\n'),
            ('byte by byte', [bytes([c]) for c in b'GET /metrics?x=1 HTTP/1.0\r\nA: b\r\n\r\n'], r'HTTP/1\.1 200 .*# HELP.*'),
            ('another address', [b'GET / HTTP/1.1\r\n\r\n'], r'HTTP/1\.1 404 .*at /metrics\n'),
            ('POST', [b'POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc'], r'HTTP/1\.1 405 .*Allow: GET, HEAD.*'),
            ('no HTTP', [b'EHLO x\r\n\r\n'], r'HTTP/1\.1 400 .*'),
            ('an empty head', [b'\r\n\r\n'], r'HTTP/1\.1 400 .*'),
            ('a head at the limit', [b'GET /metrics HTTP/1.1\r\nA: ' + b'x' * (REQUEST - 30) + b'\r\n\r\n'], r'HTTP/1\.1 200 .*'),
            ('a head past the limit', [b'GET /metrics HTTP/1.1\r\nA: ' + b'x' * REQUEST], r'HTTP/1\.1 431 .*'),
        ]
        assert len(cases[6][1][0]) <= REQUEST
        for name, pieces, want in cases:
            got = n.ask(*pieces)
            tap.check([] if re.fullmatch(want, got, re.S) else [repr(got[:300])], name)
        length = int(re.search(r'Content-Length: (\d+)', n.ask(b'HEAD /metrics HTTP/1.1\r\n\r\n'))[1])
        head, body = n.counters()
        tap.check([] if f'Content-Length: {len(body)}' in head and abs(length - len(body)) < 200 and whole else [head],
                  'the length is that of the body')
        idle = [socket.create_connection(('127.0.0.1', n.metrics), timeout=SECONDS) for _ in range(CLIENTS)]
        tap.check([] if n.ask() == '' else ['it was answered'], 'one client more than are served is sent away')
        for s in idle:
            s.close()
        got = session(n.ports['mx'], 'QUIT')
        tap.check([] if got[0].startswith('220 ') else got, 'and mail goes on meanwhile')


def says_no():
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen()
        n = Nixied(NIXIED, settings=f'metrics_address = 127.0.0.1:{other.getsockname()[1]}', listeners=MX)
        got = n.run('serve')
        tap.check([] if got.returncode != 0 and 'metrics_address' in got.stderr else [str(got)], 'an address that is taken')


counts()
speaks_http()
says_no()
sys.exit(tap.done())
