#!/usr/bin/env python3
"""Who guesses passwords is shut out, is shown, and is let in again by an operator.

usage: test_bans.py NIXIED        TAP
"""

import base64
import json
import re
import sys

from server import MX, PASSWORD, SUBMISSIONS, USER, Client, Nixied

import tap

NIXIED = sys.argv[1]


def login(n, password):
    """The answer to a login, or the greeting of who is not let in."""
    with Client(n.ports['submissions'], tls=True) as c:
        reply = c.reply()
        if reply.startswith('220'):
            c.say('EHLO c.test')
            reply = c.say('AUTH PLAIN ' + base64.b64encode(f'\0{USER}\0{password}'.encode()).decode())
        return reply


def shut_out(n):
    return [login(n, 'wrong') for _ in range(2)] + [login(n, PASSWORD)]


def says(name, got, code, pattern):
    text = got.stdout + got.stderr
    tap.check([] if got.returncode == code and re.search(pattern, text) else [f'exit {got.returncode}', text], name)


def main():
    with Nixied(NIXIED, 'autoban = 2\n', MX + SUBMISSIONS) as n:
        says('nobody at first', n.run('bans'), 1, '^nobody is shut out\n$')
        got = shut_out(n)
        tap.check([] if got[0].startswith('535 ') and '(X36 ' in got[-1] else got, 'who guesses is shut out')
        why = ' '.join(n.run('why', '--client', '127.0.0.1').stdout.split())
        tap.check([] if f'Could not sign in as {USER}' in why and ' signed in ' not in why else [why], '... of whom nobody says that he signed in')
        says('... and shown', n.run('bans'), 0, r'^127\.0\.0\.1 may not sign in for \d+ more seconds\n$')
        shown = n.run('bans', 'list', '-o', 'json')
        one = json.loads(shown.stdout)
        tap.check([] if one['client'] == '127.0.0.1' and 0 < one['seconds'] <= 1800 else [shown.stdout], '... for programs')
        says('another is not meant', n.run('bans', 'lift', '127.0.0.2'), 1, '^0 clients may sign in again')
        says('... nor another network', n.run('bans', 'lift', '10.0.0.0/8'), 1, '^0 clients')
        for mistake in (['lift'], ['lift', 'x'], ['lift', '127.0.0.1', '127.0.0.2'], ['dance']):
            says(f'a mistake: {mistake}', n.run('bans', *mistake), 2, 'nixied bans --help')
        for which in ('127.0.0.1', '127.0.0.0/8', '--all'):
            says(f'lifted: {which}', n.run('bans', 'lift', which), 0, '^1 client may sign in again')
            got = login(n, PASSWORD)
            tap.check([] if got.startswith('235 ') else [got], '... and lets them in')
            line = n.until_log(f' operator client={which} user="uid .*result=lifted rule=autoban')
            tap.check([] if line else [n.log()], '... the log has who did it')
            shut_out(n)
        n.reload()
        says('a reload forgives nobody', n.run('bans'), 0, r'^127\.0\.0\.1 ')
        n.stop()
        says('no server', n.run('bans'), 3, 'no server answers there')


main()
sys.exit(tap.done())
