#!/usr/bin/env python3
"""The HTTP API as programs meet it.

usage: test_web_api.py NIXIE        TAP
"""
import subprocess
import sys

from server import ENV, SECONDS, Server

from tap import check, done

SAMPLE = 'samples/user-unknown.eml'


def expect(name, got, want):
    check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


def nixie_says(nixie, *words):
    return subprocess.run([nixie, *words], capture_output=True, env=ENV, timeout=SECONDS, check=True).stdout


def explains(nixie, server):
    with open(SAMPLE, 'rb') as file:
        mail = file.read()
    got = server.ask('POST', '/v1/explain', mail, content_type='message/rfc822')
    expect('a mail is explained', (got.status, got.type()), (200, 'application/json'))
    expect('... with advice', got.json()['outcomes'][0]['explanation']['headline'][:9], 'There is ')
    got = server.ask('POST', '/v1/explain?explain=0', mail, content_type='message/rfc822')
    parsed = nixie_says(nixie, 'parse', '-o', 'ndjson', SAMPLE).replace(
        b'"source":{"path":"samples/user-unknown.eml","index":0},', b'')
    expect('without advice it is what parse writes', got.body, parsed)
    got = server.ask('POST', '/v1/explain', mail, content_type='message/rfc822', accept='text/plain')
    expect('as text it is what explain writes', got.body, nixie_says(nixie, 'explain', '--width', '0', SAMPLE))


def main():
    nixie = sys.argv[1]
    with Server(nixie) as server:
        got = server.ask('GET', '/healthz')
        expect('it is well', (got.status, got.body), (200, b'ok\n'))
        explains(nixie, server)
        expect('it ends well', server.end(), (0, ''))
    return done()


if __name__ == '__main__':
    sys.exit(main())
