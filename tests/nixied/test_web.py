#!/usr/bin/env python3
"""`nixied web`: who may see the operator's pages, what they show of a server that runs, what they can do.

usage: test_web.py NIXIED NIXIE        TAP
"""

import base64
import html
import http.client
import os
import re
import socket
import subprocess
import sys
import urllib.parse

from server import DOMAIN, MX, PASSWORD, SECONDS, SUBMISSIONS, USER, Client, Nixied, until

import tap

NIXIED = sys.argv[1]
ELSEWHERE = 'u@one.example'


def send(server):
    """A message of a user here to somebody who cannot be reached now."""
    with Client(server.ports['submissions'], tls=True) as c:
        c.reply()
        token = base64.b64encode(f'\0{USER}\0{PASSWORD}'.encode()).decode()
        for line in ('EHLO pc', 'AUTH PLAIN ' + token, f'MAIL FROM:<{USER}>', f'RCPT TO:<{ELSEWHERE}>', 'DATA'):
            c.say(line)
        c.say('Subject: waits\r\n\r\nbody\r\n.')


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost')
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status, self.fields = response.status, response.headers
        self.page = response.read().decode()
        self.text = re.sub(r'\s+', ' ', html.unescape(re.sub(r'<[^>]*>', ' ', self.page)))


class Web:
    """`with Web(nixied)`: the pages of its folder, over TCP and over a socket of the file system."""

    def __init__(self, server):
        self.server, self.socket = server, server.folder + '/operator.sock'

    def __enter__(self):
        self.process = subprocess.Popen(
            [NIXIED, 'web', '-c', self.server.conf, '--listen', '127.0.0.1:0', '--listen', f'unix:{self.socket}'],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said = [self.process.stdout.readline(), self.process.stdout.readline()]
        self.port = int(re.search(r'http://127\.0\.0\.1:(\d+)/operator', self.said[0])[1])
        with open(self.server.folder + '/web.token', encoding='ascii') as f:
            self.token = f.read().strip()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.errors = self.process.communicate(timeout=SECONDS)[1]

    def ask(self, path, form=None, over_tcp=False, **fields):
        connection = http.client.HTTPConnection('127.0.0.1', self.port) if over_tcp else Unix(self.socket)
        connection.timeout = SECONDS
        fields = {name.replace('_', '-'): value for name, value in fields.items()}
        if form is None:
            connection.request('GET', path, headers=fields)
        else:
            connection.request('POST', path, urllib.parse.urlencode(form),
                               {'Content-Type': 'application/x-www-form-urlencoded', **fields})
        answer = Answer(connection.getresponse())
        connection.close()
        return answer


def says(answer, status, *parts, never=()):
    wrong = [] if answer.status == status else [f'status {answer.status}']
    wrong += [f'not there: {p}' for p in parts if p not in answer.text]
    wrong += [f'there: {p}' for p in never if p in answer.page]
    return wrong and [*wrong, answer.text]


def who_may(web):
    tap.check(says(web.ask('/operator', over_tcp=True), 401, 'For the operator'), 'over TCP nobody may without the token')
    tap.check(says(web.ask('/operator/queue', over_tcp=True, Cookie='nixied-operator=x'), 401), 'nor with another')
    tap.check(says(web.ask('/operator?token=' + 'a' * 32, over_tcp=True), 401, 'not the token', never=['aaaa']),
              'a wrong token is refused, and not shown again')
    got = web.ask(f'/operator?token={web.token}', over_tcp=True)
    cookie = got.fields.get('Set-Cookie', '')
    tap.check([] if got.status == 303 and got.fields['Location'] == '/operator' and 'HttpOnly' in cookie and
              'SameSite=Strict' in cookie else [str(got.fields)], 'the token becomes a cookie, and leaves the address')
    cookie = cookie.split(';')[0]
    tap.check(says(web.ask('/operator', over_tcp=True, Cookie=f'a=b; {cookie}'), 200, 'Mail server'), 'with it one may')
    got = web.ask('/operator/sign-in', {'token': web.token}, over_tcp=True, Sec_Fetch_Site='same-origin')
    tap.check([] if got.status == 303 and got.fields.get('Set-Cookie') else [got.text], 'the form does the same')
    tap.check(says(web.ask('/', over_tcp=True), 200), 'the pages for everybody need none')
    tap.check([] if web.token not in ''.join(web.said) else web.said, 'what is no terminal is not told the token')
    mode = os.stat(web.server.folder + '/web.token').st_mode & 0o777
    tap.check([] if mode == 0o600 else [oct(mode)], 'nobody else may read the token')
    # A socket of the file system
    tap.check(says(web.ask('/operator'), 200, 'Mail server'), 'over a socket of the file system its rights decide')
    tap.check(says(web.ask('/operator', Host='evil.example'), 401), 'but not for a name that somebody led there')
    tap.check(says(web.ask('/operator', Host=f'mail.{DOMAIN}'), 200), 'the name of this server is one of ours')
    for name, fields in {'another site': {'Sec_Fetch_Site': 'cross-site'}, 'another origin': {'Origin': 'http://evil.example'},
                         'no origin': {'Origin': 'null'}}.items():
        tap.check(says(web.ask('/operator/queue', {'act': 'remove'}, **fields), 403, 'another server'),
                  f'a form of {name} does nothing')
    tap.check(says(web.ask('/operator/nothing'), 404, 'Nothing here'), 'no such page')
    tap.check(says(web.ask('/operatorx'), 404), 'an address that only begins like ours')


def shows(server, web):
    with Client(server.ports['mx']) as c:
        c.reply()
        c.say('EHLO client.example')
        c.say('MAIL FROM:<"<script>alert(1)</script>"@example.net>')
        refused = c.say(f'RCPT TO:<nobody@{DOMAIN}>')
    session = re.search(r'\(C34 (\w+)\)', refused)[1]
    got = web.ask('/operator')
    tap.check(says(got, 200, 'C34', 'refused 1', never=['<script>alert']), 'a refusal is counted, and its sender is text')
    tap.check(says(got, 200, 'Nothing needs a hand here.', 'Refused, and nothing to do here'), 'it is told as what others have to mend')
    tap.check([] if '<svg' in got.page and 'bar-refused' in got.page else [got.page], 'and is in the picture')
    tap.check(says(web.ask(f'/operator/why?session={session}'), 200, '5.1.1', f'nobody@{DOMAIN}', never=['<script>alert']),
              'why tells of it')
    tap.check(says(web.ask('/operator/why?to=somebody@else.example'), 200, 'Nothing fits'), 'and of what never came')
    tap.check(says(web.ask('/operator/queue'), 200, 'Nothing waits'), 'an empty queue')
    send(server)
    waiting = until(lambda: (a := web.ask('/operator/queue')) and '4.4.3' in a.text and a)
    tap.check(says(waiting or web.ask('/operator/queue'), 200, ELSEWHERE, 'waiting', USER), 'what waits, and why')
    found = re.search(r'/operator/queue/(\w+)', waiting.page)[1]
    tap.check(says(web.ask('/operator'), 200, 'Put off, and tried again by itself', never=['Given up']), 'what waits is told in the overview, once')
    tap.check(says(web.ask(f'/operator/queue/{found}'), 200, '4.4.3', USER), 'one message of it')
    tap.check(says(web.ask(f'/operator/why?id={found}'), 200, '4.4.3'), 'and its story')
    tap.check(says(web.ask('/operator/queue?domain=elsewhere.example'), 200, 'Nothing waits that fits'), 'a filter')
    tap.check(says(web.ask('/operator/queue/--all'), 404), 'a name that would be an option')
    tap.check(says(web.ask('/operator/queue?to=%3Cb%3Ex'), 200, never=['<b>x']), 'a filter with markup is text')
    return found


def does(web, found):
    got = web.ask('/operator/queue', {'act': 'hold', 'id': found}, Origin='http://localhost')
    back = got.fields.get('Location', '')
    tap.check([] if got.status == 303 and back.startswith(f'/operator/queue/{found}?said=') else [str(got.fields)],
              'hold, and back to the message')
    tap.check(says(web.ask('/operator'), 200, '1 recipient waits , 1 tried already, 1 held.'), 'the overview counts them')
    tap.check(says(web.ask(back), 200, '1 of 1 recipients', 'held'), 'which says what was done')
    tap.check(says(web.ask('/operator/queue?state=held'), 200, found), 'it is held')
    web.ask('/operator/queue', {'act': 'release', 'domain': 'one.example', 'state': 'held'})
    tap.check(says(web.ask('/operator/queue?state=held'), 200, 'Nothing waits'), 'released by a filter')
    tap.check(says(web.ask('/operator/queue', {'act': 'format'}), 400, 'what is to be done'), 'an act that is none')
    for field, value in (('id', '--all'), ('id', f'{found}\0--all'), ('to', 'nobody@one.example\0--all'), ('state', 'odd')):
        tap.check(says(web.ask('/operator/queue', {'act': 'remove', field: value}), 400, 'nothing was done'), f'{field}={value!r} is not all of them')
    tap.check(says(web.ask('/operator/queue'), 200, found), '... and nothing is lost')
    got = web.ask('/operator/queue', {'act': 'remove', 'id': found})
    tap.check(says(web.ask(got.fields['Location']), 200, '1 of 1'), 'removed')
    tap.check(says(web.ask(f'/operator/queue/{found}'), 404, 'no such message waits'), 'and gone')


def main():
    # A DNS server that is not there: what goes elsewhere waits.
    with Nixied(NIXIED, 'dns_servers = 127.0.0.1:9\ndns_timeout = 1s\n', MX + SUBMISSIONS) as server:
        with Web(server) as web:
            who_may(web)
            does(web, shows(server, web))
            server.stop()
            tap.check(says(web.ask('/operator'), 200, 'does not answer', 'C34'), 'of a server that is down the log tells')
            tap.check(says(web.ask('/operator/queue'), 200, 'does not answer'), 'and the queue cannot be seen')
        tap.check([web.errors] if web.errors else [], 'nothing is complained about')
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
