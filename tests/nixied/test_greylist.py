#!/usr/bin/env python3
"""`nixied greylist` shows who must come again and who is known, and forgets them, while the server runs.

usage: test_greylist.py NIXIED NIXIE        TAP
"""

import json
import re
import sys

from held import STYLES, catalogue, held
from server import USER, Client, Nixied, until

import tap

NIXIED, NIXIE = sys.argv[1:3]
LISTENER = 'listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n'
SETTINGS = 'spf = off\nsender_mx_check = off\nhelo_check = off\nptr_check = off\ngreylisting = yes\ngreylist_delay = 1s\ndns_servers = 127.0.0.1:9\n'


def rcpt(n, client, sender):
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO p.test', f'XCLIENT ADDR={client}', 'EHLO c.test', f'MAIL FROM:<{sender}>'):
            c.say(command)
        return c.say(f'RCPT TO:<{USER}>')


def says(name, got, code, *parts, never=()):
    text = got.stdout + got.stderr
    trouble = [f'exit status {got.returncode}, not {code}'] if got.returncode != code else []
    trouble += [f'not there: {p!r}' for p in parts if p not in text] + [f'there: {p!r}' for p in never if p in text]
    tap.check(trouble + (text.splitlines() if trouble else []), name)


def both_styles():
    for style in STYLES:
        with Nixied(NIXIED, f'{SETTINGS}reply_style = {style}\n', LISTENER) as n:
            held(NIXIE, n, style, catalogue()['C03'], 'rcpt', rcpt(n, '192.0.2.1', 'u@one.test'))


def main():
    with Nixied(NIXIED, SETTINGS, LISTENER) as n:
        for client, sender in (('192.0.2.1', 'u@one.test'), ('198.51.100.7', 'u@two.test'), ('2001:db8::7', 'u@Two.test')):
            got = rcpt(n, client if '.' in client else 'IPV6:' + client, sender)
            tap.check([] if re.match(r'451 4\.7\.1 .* \(C03 ', got) else [got], f'{sender} must come again')
        says('all of them', n.run('greylist'), 0, '192.0.2.0/24  one.test\n    may come again from ', '198.51.100.0/24  two.test',
             '2001:db8::/64  two.test', '3 entries')
        says('a client', n.run('greylist', 'list', '--client', '192.0.2.200'), 0, 'one.test', '1 entry\n', never=['two.test'])
        says('a network', n.run('greylist', '--client', '198.51.0.0/16'), 0, '198.51.100.0/24', '1 entry\n')
        says('a sender', n.run('greylist', '--sender', 'somebody@two.test'), 0, '198.51.100.0/24', '2001:db8::/64', '2 entries\n')
        says('some of them', n.run('greylist', '--limit', '1'), 0, '3 entries, of which 1 are shown')
        got = until(lambda: next((r for r in [rcpt(n, '192.0.2.9', 'x@one.test')] if r.startswith('250 ')), None))
        tap.check([] if got else ['still refused'], 'it came again, from a neighbour')
        got = n.run('greylist', '-o', 'json', '--known')
        rows = [json.loads(line) for line in got.stdout.splitlines()]
        ok = len(rows) == 1 and rows[0]['network'] == '192.0.2.0/24' and rows[0]['sender'] == 'one.test' and rows[0]['state'] == 'known'
        tap.check([] if ok and rows[0]['ends'] > rows[0]['last'] >= rows[0]['first'] and 'passes' not in rows[0] else [got.stdout], 'as JSON: known')
        rows = [json.loads(line) for line in n.run('greylist', '-o', 'json', '--waiting').stdout.splitlines()]
        tap.check([] if len(rows) == 2 and all(r['passes'] > r['first'] for r in rows) else [str(rows)], 'as JSON: waiting')
        says('clear wants to be told which', n.run('greylist', 'clear'), 2, 'says nothing of which')
        says('forgotten', n.run('greylist', 'clear', '--client', '192.0.2.1'), 0, '1 entry forgotten')
        got = rcpt(n, '192.0.2.1', 'u@one.test')
        tap.check([] if got.startswith('451 4.7.1') else [got], '... must come again')
        says('nobody is left', n.run('greylist', 'clear', '--all'), 0, '3 entries forgotten')
        says('... and the list is empty', n.run('greylist'), 1, '0 entries')
        for mistake in (['--client', 'x'], ['--limit', 'x'], ['-o', 'xml'], ['dance'], ['list', 'list'], ['--no-such']):
            says('a mistake: ' + ' '.join(mistake), n.run('greylist', *mistake), 2, 'nixied greylist --help')
        tap.check([] if n.stop() == 0 else [n.said], 'it ends well')
    with Nixied(NIXIED, '', LISTENER) as n:
        says('nobody ever had to', n.run('greylist'), 1, 'greylist.db: is not there')


main()
both_styles()
sys.exit(tap.done())
