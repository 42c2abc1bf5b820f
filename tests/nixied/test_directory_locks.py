#!/usr/bin/env python3
"""Another process that has the directory's file locked holds no client up.

usage: test_directory_locks.py NIXIED        TAP
"""

import contextlib
import subprocess
import sys

from server import DOMAIN, MX, USER, Client, Nixied

import tap

NIXIED = sys.argv[1]
QUESTIONS = 60  # each of which SQLite would wait for up to ten seconds, left to itself
# A change of many rows that is not committed, as of `nixie-admin import`.
CHANGE = '''
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('BEGIN EXCLUSIVE')
domain = db.execute('INSERT INTO domain (name) VALUES (?)', ('waits.test',)).lastrowid
for i in range(20000):
    db.execute('INSERT INTO name (domain, local, kind) VALUES (?, ?, 0)', (domain, f'u{i}'))
print('held', flush=True)
sys.stdin.read()
db.execute('ROLLBACK')
'''
# All locks of the file beside it, as of a process that is stopped while it puts that file in order: sqlite.org/walformat.html.
RECOVERY = '''
import fcntl, sys
f = open(sys.argv[1] + '-shm', 'r+b')
fcntl.lockf(f, fcntl.LOCK_EX, 8, 120)
print('held', flush=True)
sys.stdin.read()
'''


@contextlib.contextmanager
def held(n, script):
    with subprocess.Popen([sys.executable, '-c', script, f'{n.folder}/directory.db'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline()
        if said != 'held\n':
            raise RuntimeError(f'it is not locked: {said!r}')
        yield
        process.stdin.close()


def ask(n, c, number):
    return [c.say(f'RCPT TO:<{a}>') for a in (USER, *(f'nobody{number}-{i}@{DOMAIN}' for i in range(3)))]


def begin(n, sender):
    c = Client(n.ports['mx'])
    c.reply()
    return c, [c.say('EHLO c.test'), c.say(f'MAIL FROM:<{sender}>')]


def main():
    with Nixied(NIXIED, 'spf = off\nsender_mx_check = off\n', MX.replace('{', '{\n\tmax_errors = 1000')) as n:
        with held(n, CHANGE):
            c, got = begin(n, 'a@b.test')
            with c:
                got += ask(n, c, 1)
        codes = [r[:7] for r in got[1:]]
        tap.check([] if codes == ['250 2.1', '250 2.1', *['550 5.1'] * 3] else got, 'while somebody changes it all questions are answered')
        with held(n, RECOVERY):
            got = []
            for i in range(QUESTIONS):
                c, more = begin(n, '')
                with c:
                    got += [more[-1], c.say(f'RCPT TO:<who{i}@{DOMAIN}>')]
        wrong = [r for r in got if not r.startswith(('250 2.1.0 ', '451 4.3.0 ')) or ('250' not in r and '(X12 ' not in r)]
        refused = sum(r.startswith('451 ') for r in got)
        tap.check(wrong if wrong else [] if refused == QUESTIONS else [str(refused), *got[:4]], f'locked for good: {QUESTIONS} times "later", and not "unknown user"')
        c, got = begin(n, 'a@b.test')
        with c:
            got += ask(n, c, 2)
        codes = [r[:7] for r in got[1:]]
        tap.check([] if codes == ['250 2.1', '250 2.1', *['550 5.1'] * 3] else got, '... and all is as before when the lock is gone')


main()
sys.exit(tap.done())
