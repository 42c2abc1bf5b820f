#!/usr/bin/env python3
"""Recipients that take looking at: a domain elsewhere that is not there, and a mailbox that takes long to look into.

usage: test_recipients.py NIXIED NIXIE        TAP
"""

import base64
import contextlib
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'dns'))

from dns_server import SERVFAIL, Server
from held import STYLES, catalogue, held
from server import DOMAIN, MX, PASSWORD, USER, Client, Nixied

import tap

NIXIED, NIXIE = sys.argv[1:3]
LOGIN = 'AUTH PLAIN ' + base64.b64encode(f'\0{USER}\0{PASSWORD}'.encode()).decode()
USERS = '''listener users {
	address = 127.0.0.1:0
	kind = submission
	tls = immediate
	rcpt_domain_check = yes
}
listener lenient {
	address = 127.0.0.1:0
	kind = submission
	tls = immediate
}
'''
ZONE = {
    ('good.test', 'MX'): [(10, 'mx.good.test')],
    ('old.test', 'A'): ['192.0.2.7'],
    ('null.test', 'MX'): [(0, '')],
    ('down.test', '*'): SERVFAIL,
}


def admin(n, *words):
    done = n.run('admin', *words)
    if done.returncode != 0:
        raise RuntimeError(f'{words}: {done.stderr}')


def asked(n, domain, listener='users'):
    with Client(n.ports[listener], tls=True) as c:
        c.reply()
        for words in ('EHLO c.example', LOGIN, f'MAIL FROM:<{USER}>'):
            c.say(words)
        reply = c.say(f'RCPT TO:<x@{domain}>')
        c.say('QUIT')
        return reply


def taken(n, domain, what, listener='users'):
    reply = asked(n, domain, listener)
    tap.check([] if reply.startswith('250 ') else [reply], what)


def domains(rows):
    with contextlib.closing(Server(ZONE)) as zone:
        for style in STYLES:
            with Nixied(NIXIED, f'reply_style = {style}\ndns_servers = {zone.address}\n', MX + USERS) as n:
                held(NIXIE, n, style, rows['X58'], 'rcpt', asked(n, 'nobody.test'))
                held(NIXIE, n, style, rows['X59'], 'rcpt', asked(n, 'null.test'))
                taken(n, 'good.test', 'a domain with an MX')
                taken(n, 'old.test', 'a domain with an address alone')
                taken(n, 'down.test', 'a DNS that fails refuses nobody')
                taken(n, '[192.0.2.1]', 'an address in brackets')
                taken(n, 'nobody.test', 'where it is not asked for it is not looked up', 'lenient')
                tried = n.run('try', '--listener', 'users', '--user', USER, '--from', USER, '--to', 'x@nobody.test')
                tap.check([] if '(X58 ' in tried.stdout else [tried.stdout, tried.stderr], '`nixied try` says so, too')
                admin(n, 'route', 'add', '*', '--host', '127.0.0.1')
                taken(n, 'nobody.test', 'nor where a smart host takes all')


def begun(n):
    c = Client(n.ports['mx'])
    for words in (None, 'EHLO c.example', 'MAIL FROM:<a@b.example>'):
        if words:
            c.send(f'{words}\r\n')
        c.reply()
    return c


def mailbox():
    """Looking into it lasts until somebody writes into the pipe that stands where its size does."""
    with Nixied(NIXIED, 'spf = off\nsender_mx_check = off\n', MX) as n:
        admin(n, '--no-password', 'account', 'add', f'slow@{DOMAIN}', '--quota', '10000')
        box = pathlib.Path(n.folder, 'mail', DOMAIN, 'slow')
        for part in ('new', 'cur', 'tmp'):
            (box / part).mkdir(parents=True)
        os.mkfifo(box / 'maildirsize')

        def told(used):
            with open(box / 'maildirsize', 'w', encoding='ascii') as f:
                f.write(f'10000S\n{used} 1\n')

        with begun(n) as gone:
            gone.send(f'RCPT TO:<slow@{DOMAIN}>\r\n')
        told(0)  # who asked does not wait for it any more
        for used, want in ((0, '250 '), (10001, '452 4.2.2 ')):
            with begun(n) as waits, begun(n) as goes_on:
                waits.send(f'RCPT TO:<slow@{DOMAIN}>\r\n')
                # The server answers others meanwhile; were its loop to wait, this would never end.
                reply = goes_on.say(f'RCPT TO:<{USER}>')
                tap.check([] if reply.startswith('250 ') else [reply], 'while a mailbox is looked into others are served')
                told(used)
                reply = waits.reply()
                tap.check([] if reply.startswith(want) else [reply, n.log()], f'... and it is answered: {want}')


def no_address():
    """What is no address has no name in the log: least of all that of the recipient before it."""
    with Nixied(NIXIED, 'spf = off\nsender_mx_check = off\n', MX) as n, begun(n) as c:
        reply = c.say(f'RCPT TO:<{USER}>')
        tap.check([] if reply.startswith('250 ') else [reply], 'a recipient')
        reply = c.say('RCPT TO:<two words@b.example>')
        line = n.until_log(' refused .* condition=C18 ') or ''
        tap.check([] if ' stage=rcpt ' in line and ' to=' not in line else [reply, line], '... is not the one that is refused behind it')
        reply = c.say(f'RCPT TO:<nobody@{DOMAIN}>')
        line = n.until_log(' refused .* condition=C34 ') or ''
        tap.check([] if f' to=nobody@{DOMAIN} ' in line else [reply, line], '... and who is asked about has a name')


def main():
    domains(catalogue())
    mailbox()
    no_address()


main()
sys.exit(tap.done())
