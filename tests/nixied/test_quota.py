#!/usr/bin/env python3
"""A mailbox that is full: 452 at first, 552 when it has been so for days, over a restart; and room again.

usage: test_quota.py NIXIED NIXIE        TAP
"""

import pathlib
import re
import signal
import sys
import time

from held import STYLES, catalogue, held
from server import DOMAIN, MX, USER, Client, Nixied, session, until

import tap

NIXIED, NIXIE = sys.argv[1:3]
OFF = 'spf = off\nsender_mx_check = off\n'
FULL = f'full@{DOMAIN}'
QUOTA = 20000
DAY = 86400


def text(size):
    return b'Subject: x\r\n\r\n' + b'a line\r\n' * (size // 8) + b'.\r\n'


def send(n, size, more=''):
    """The reply to its text, or to the recipient who was refused."""
    got = session(n.ports['mx'], 'EHLO c.example', 'MAIL FROM:<a@b.example>' + more, f'RCPT TO:<{FULL}>')
    if not got[-1].startswith('250'):
        return got[-1]
    return session(n.ports['mx'], 'EHLO c.example', 'MAIL FROM:<a@b.example>' + more, f'RCPT TO:<{FULL}>', 'DATA', text(size))[-1]


def arrived(n, count):
    """Are there so many? It is told when all is done; the file is there a moment before."""
    return until(lambda: n.log().count(' delivered ') == count) and len(n.mails('full')) == count


class Box:
    """The mailbox on the disk."""

    def __init__(self, n):
        self.path = pathlib.Path(n.folder, 'mail', DOMAIN, 'full')
        self.stamp = self.path / 'nixied-full'

    def fill(self):
        (self.path / 'cur' / 'other:2,S').write_bytes(b'x' * QUOTA)
        (self.path / 'maildirsize').unlink(missing_ok=True)

    def empty(self):
        (self.path / 'cur' / 'other:2,S').unlink()
        (self.path / 'maildirsize').unlink(missing_ok=True)

    def age(self, days):
        """As if it had been full for so many days."""
        self.stamp.write_text(f'{int(time.time()) - days * DAY}\n', 'ascii')


def days(rows, style):
    n = Nixied(NIXIED, f'reply_style = {style}\n{OFF}', MX)
    done = n.run('admin', '--no-password', 'account', 'add', FULL, '--quota', str(QUOTA))
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    box = Box(n)
    with n:
        tap.check([] if send(n, 100).startswith('250') and arrived(n, 1) else [n.log()], 'there is room')
        tap.check([] if not box.stamp.exists() else [box.stamp.read_text()], '... and nothing to remember')
        box.fill()
        tried = n.run('try', '--from', 'a@b.example', '--to', FULL)
        tap.check([] if '(X52 ' in tried.stdout and not box.stamp.exists() else [tried.stdout, tried.stderr],
                  '`nixied try` says so, and leaves no trace')
        held(NIXIE, n, style, rows['X52'], 'rcpt', send(n, 100))
        since = box.stamp.read_text('ascii') if box.stamp.exists() else ''
        tap.check([] if re.fullmatch(r'\d+\n', since) else [since], 'since when is remembered')
        n.stop(signal.SIGKILL)
        n.start()
        held(NIXIE, n, style, rows['X52'], 'rcpt', send(n, 100))
        tap.check([] if box.stamp.read_text('ascii') == since else [since, box.stamp.read_text('ascii')], '... also after kill -9')
        n.stop()
        box.age(2)
        n.start()
        held(NIXIE, n, style, rows['X52'], 'rcpt', send(n, 100))
        box.age(4)
        reply = send(n, 100)
        held(NIXIE, n, style, rows['X53'], 'rcpt', reply)
        tap.check([] if 'Mailbox full for 4 days' in reply else [reply], '... with the days')
        tap.check([] if '(X53 ' in n.run('try', '--from', 'a@b.example', '--to', FULL).stdout else ['try differs'], '... as try has it')
        other = session(n.ports['mx'], 'EHLO c.example', 'MAIL FROM:<a@b.example>', f'RCPT TO:<{USER}>')[-1]
        tap.check([] if other.startswith('250') else [other], 'others get their mail')
        box.empty()
        tap.check([] if send(n, 100).startswith('250') and arrived(n, 2) else [n.log()], 'room again')
        tap.check([] if until(lambda: not box.stamp.exists()) else ['the stamp stays'], '... and it is forgotten')
        box.fill()
        held(NIXIE, n, style, rows['X52'], 'rcpt', send(n, 100))


def in_the_queue(rows):
    """What is found too large when it is delivered."""
    n = Nixied(NIXIED, OFF, MX)
    n.run('admin', '--no-password', 'account', 'add', FULL, '--quota', str(QUOTA), check=True)
    box = Box(n)
    with n:
        send(n, 10000)
        arrived(n, 1)
        held(NIXIE, n, 'modern', rows['X52'], 'rcpt', send(n, 100, ' SIZE=15000'))
        tap.check([] if send(n, 100, ' SIZE=5000').startswith('250') and arrived(n, 2) else [n.log()],
                  'a smaller one fits')
        tap.check([] if until(lambda: not box.stamp.exists()) else ['the stamp stays'], '... which ends what was remembered')
        tap.check([] if send(n, 15000).startswith('250') else [n.log()], 'one that did not tell its size is taken')
        tap.check([] if n.until_log(r' deferred .*condition=X52') else [n.log()], '... and waits')
        box.age(4)
        tap.check([] if send(n, 15000).startswith('250') and n.until_log(r' bounced .*condition=X53') else [n.log()],
                  'one that comes when it has been full for days goes back at once')
        line = n.until_log(r' bounced .*condition=X53') or ''
        tap.check([] if 'Mailbox full for 4 days' in line or '5.2.2' in line else [line], '... with 5.2.2')


def main():
    rows = catalogue()
    for style in STYLES:
        days(rows, style)
    in_the_queue(rows)


main()
sys.exit(tap.done())
