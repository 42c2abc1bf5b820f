#!/usr/bin/env python3
"""The replies of the old document, each by its real cause, over TCP, in both styles.

usage: test_conditions.py NIXIED NIXIE        TAP
"""

import base64
import csv
import pathlib
import subprocess
import sys

from server import DOMAIN, PASSWORD, USER, Client, Nixied

import tap

NIXIED, NIXIE = sys.argv[1:3]
TOP = pathlib.Path(__file__).resolve().parents[2]

# Listener: strict is the ordinary one.
LISTENERS = {
    'mx': '',
    'short': 'max_unterminated = 4096\n',
    'patient': 'command_timeout = 10s\n',
    'login': 'require_auth = yes\nauth_without_tls = yes\ntls = off\n',
    'users': 'kind = submission\ntls = immediate\n',
    'nonull': 'allow_null_sender = no\n',
}

LOGIN = 'AUTH PLAIN ' + base64.b64encode(f'\0{USER}\0{PASSWORD}'.encode()).decode()
WRONG = 'AUTH PLAIN ' + base64.b64encode(f'\0{USER}\0wrong'.encode()).decode()
MAIL, RCPT = 'MAIL FROM:<a@b.example>', f'RCPT TO:<{USER}>'


def to(address):
    return ['EHLO c.example', MAIL, f'RCPT TO:<{address}>']


# Condition, listener, and what the client says; the last reply is the one. Bytes go as they are.
CASES = [
    ('C01', 'patient', ['EHLO c.example', b'']),
    ('C02', 'short', [b'x' * 5000]),
    ('C04', 'mx', ['NOOP ' + 'x' * 600]),
    ('C05', 'mx', ['EHLO a_b c']),
    ('C06', 'mx', ['HELO a_b c']),
    ('C07', 'mx', ['EHLO c.example', 'TURN']),
    ('C08', 'mx', ['EHLO c.example', 'FOO']),
    ('C09', 'mx', [MAIL]),
    ('C10', 'mx', ['EHLO c.example', 'VRFY someone']),
    ('C11', 'mx', ['EHLO c.example', MAIL, MAIL]),
    ('C12', 'mx', ['EHLO c.example', 'DATA']),
    ('C13', 'mx', ['EHLO c.example', RCPT]),
    ('C14', 'users', ['EHLO c.example', 'AUTH FOO']),
    ('C15', 'users', ['EHLO c.example', 'AUTH']),
    ('C16', 'login', ['EHLO c.example', MAIL]),
    ('C17', 'users', ['EHLO c.example', WRONG]),
    ('C18', 'mx', ['EHLO c.example', MAIL, 'RCPT TO:<>']),
    ('C19', 'mx', to(f'off@{DOMAIN}')),
    ('C20', 'mx', to(f'offalias@{DOMAIN}')),
    ('C22', 'mx', to('x@elsewhere.example')),
    ('C23', 'mx', to(f'offlist@{DOMAIN}')),
    ('C24', 'mx', to('x@off.test')),
    ('C25', 'mx', ['EHLO c.example', 'MAIL a@b.example']),
    ('C26', 'users', ['EHLO c.example', LOGIN, 'withdraw', f'MAIL FROM:<{USER}>']),
    ('C27', 'mx', to(f'chain0@{DOMAIN}')),
    ('C28', 'mx', to(f'closed@{DOMAIN}')),
    ('C29', 'mx', to('x@routed.test')),
    ('C30', 'nonull', ['EHLO c.example', 'MAIL FROM:<>']),
    ('C32', 'mx', ['EHLO c.example', 'MAIL FROM:<a@@b.example>']),
    ('C34', 'mx', to(f'nobody@{DOMAIN}')),
    ('C36', 'mx', ['EHLO c.example', 'MAIL FROM:<a@b.example> SIZE=999999999']),
    ('C39', 'mx', ['EHLO c.example', MAIL, RCPT, 'DATA', b'Subject: x\r\n\r\nbare\nline\r\n.\r\n']),
]


def admin(n, *words):
    done = n.run('admin', *words)
    if done.returncode != 0:
        raise RuntimeError(f'{words}: {done.stderr}')


def fill(n):
    admin(n, '--no-password', 'account', 'add', f'off@{DOMAIN}')
    admin(n, 'account', 'disable', f'off@{DOMAIN}')
    admin(n, 'alias', 'add', f'offalias@{DOMAIN}', USER)
    admin(n, 'alias', 'disable', f'offalias@{DOMAIN}')
    for name in ('offlist', 'closed'):
        admin(n, 'list', 'add', f'{name}@{DOMAIN}', '--mode', 'members')
        admin(n, 'member', 'add', f'{name}@{DOMAIN}', USER)
    admin(n, 'list', 'disable', f'offlist@{DOMAIN}')
    admin(n, 'domain', 'add', 'off.test')
    admin(n, 'domain', 'disable', 'off.test')
    admin(n, 'route', 'add', 'routed.test', '--host', '127.0.0.1', '--all-addresses', 'no')
    for i in range(30):
        admin(n, 'alias', 'add', f'chain{i}@{DOMAIN}', f'chain{i + 1}@{DOMAIN}')


def last_reply(n, listener, said):
    with Client(n.ports[listener], tls=listener == 'users') as c:
        c.reply()
        reply = ''
        for words in said:
            if words == 'withdraw':
                admin(n, 'account', 'disable', USER)
            elif isinstance(words, bytes):
                c.send(words)
                reply = c.reply()
            else:
                reply = c.say(words)
        return reply


def main():
    with open(TOP / 'catalogue/conditions.tsv', encoding='utf-8') as f:
        rows = {r['id']: r for r in csv.DictReader((l for l in f if not l.startswith('#')), delimiter='\t',
                                                   quoting=csv.QUOTE_NONE)}
    text = ''.join(f'listener {name} {{\n\taddress = 127.0.0.1:0\n{more}}}\n' for name, more in LISTENERS.items())
    for style in ('modern', 'documented'):
        marks = 'yes' if style == 'modern' else 'no'
        with Nixied(NIXIED, settings=f'reply_style = {style}\nreply_marks = {marks}\nspf = off\nsender_mx_check = off\n',
                    listeners=text) as n:
            fill(n)
            for condition, listener, said in CASES:
                reply = last_reply(n, listener, said)
                if condition == 'C26':
                    admin(n, 'account', 'enable', USER)
                row = rows[condition]
                if style == 'modern':
                    want = f"{row['reply']} {row['enhanced']}".strip()
                    ok = reply.startswith(want + ' ') and (f'({condition} ' in reply or condition == 'C10')
                    tap.check([] if ok else [f'got  {reply!r}', f'want {want} ... ({condition} '],
                              f"{condition} {row['name']}, with today's code")
                    found = subprocess.run([NIXIE, 'code', reply], capture_output=True, text=True, check=False)
                    tap.check([] if condition in found.stdout else [reply, found.stdout[:300]],
                              f'... `nixie code` knows the reply of {condition}')
                else:
                    want = row['documented_sent'] or row['documented']
                    parts = want.split('{')
                    ok = reply.startswith(parts[0]) and (len(parts) > 1 or reply == want)
                    tap.check([] if ok else [f'got  {reply!r}', f'want {want!r}'],
                              f"{condition} {row['name']}, as documented")
            log = n.log()
            tap.check([f'{c} is not in the log' for c, _, _ in CASES if f'condition={c}' not in log and c != 'C10'],
                      f'{style}: the log has them all')


main()
sys.exit(tap.done())
