#!/usr/bin/env python3
"""`nixied try` tells what the server would answer, why, and leaves nothing behind: the real program.

usage: test_try.py NIXIED NIXIE        TAP
"""
import json
import os
import pathlib
import re
import socket
import sys
import tempfile
import threading

from server import DOMAIN, MX, SUBMISSION, USER, Nixied, session

import tap

NIXIED = sys.argv[1]
UNCHECKED = 'check_exempt = 127.0.0.0/8 192.0.2.0/24 2001:db8::/32\n'
LMTP = 'listener inside {\n\taddress = 127.0.0.1:0\n\tkind = lmtp\n}\n'


def says(name, got, code, *parts, never=()):
    text = got.stdout + got.stderr
    trouble = [f'exit status {got.returncode}, not {code}'] if got.returncode != code else []
    at = 0
    for part in parts:  # in this order
        found = text.find(part, at)
        trouble += [f'not there, or too early: {part!r}'] if found < 0 else []
        at = max(at, found)
    trouble += [f'is there: {part!r}' for part in never if part in text]
    tap.check(trouble + (text.splitlines() if trouble else []), name)


def decides(n):
    says('a recipient who is here', n.run('try', '--to', USER), 0, 'At the listener mx, as 192.0.2.1:', 'S: 220 ',
         'C: EHLO client.example', 'C: MAIL FROM:<sender@client.example>', f'C: RCPT TO:<{USER}>', 'S: 250 2.1.5',
         f'=> {USER} is accepted.', 'C: QUIT', 'S: 221 ', 'name one with --message', never=['DATA'])
    says('one who is not', n.run('try', '--to', f'nobody@{DOMAIN}'), 1, 'S: 550 5.1.1 Unknown user', '(C34 TRY0)',
         'No such mailbox (C34). Decided by: nobody here is named', 'setting: domain.catch_all', 'to do:   Create the mailbox')
    says('one elsewhere', n.run('try', '--to', 'a@elsewhere.example', '--to', USER), 1, '(C22 TRY0)', 'setting: range.allowed',
         f'=> {USER} is accepted.')
    says('the same for one who has signed in', n.run('try', '--user', USER, '--from', USER, '--to', 'a@elsewhere.example'), 0,
         f'At the listener submission, as 192.0.2.1, encrypted, signed in as {USER}:', '=> a@elsewhere.example is accepted.')
    says('or writes as who it is', n.run('try', '--user', USER, '--to', USER), 0, f'C: MAIL FROM:<{USER}>')
    made_up = "No --from was given: sender@client.example is nobody's"
    says('a sender that is made up', n.run('try', '--to', f'nobody@{DOMAIN}'), 1, made_up)
    says('one that is not', n.run('try', '--to', f'nobody@{DOMAIN}', '--from', '<>'), 1, never=(made_up,))
    says("in another's name", n.run('try', '--user', USER, '--from', f'postmaster2@{DOMAIN}', '--to', USER), 1,
         f'S: 553 5.7.1 Sender address rejected: <postmaster2@{DOMAIN}> not owned by user {USER} (X41',
         'setting: sending_identities', never=['C: RCPT'])
    says('the null sender', n.run('try', '--from', '<>', '--to', USER, '--client', '2001:db8::7', '--helo', 'x.example'), 0,
         'as 2001:db8::7:', 'C: EHLO x.example', 'C: MAIL FROM:<>')
    says('own domain from outside', n.run('try', '--from', USER, '--to', USER), 1, '(X42 TRY0)')
    says('LMTP', n.run('try', '--listener', 'inside', '--to', USER), 0, 'C: LHLO client.example')


def sends(n):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'message'
        for name, text, code, want in (
                ('a message', b'Subject: x\n\n.a dot\n..two\n', 0, 'S: 250 2.0.0 Message accepted'),
                ('a message without a last line end', b'Subject: x\r\n\r\nx', 0, '=> The message would be taken.'),
                ('an empty one', b'', 0, '=> The message would be taken.'),
                ('one with a bare CR', b'Subject: x\n\na\rb\n', 1, '(C39 TRY0)'),
                ('one that goes round', b'Received: x\n' * 60 + b'\nx\n', 1, '(X66 TRY0)'),
                ('one that is too large', b'Subject: x\n\n' + b'x' * 70 * 1024 + b'\n', 1, '(C36 TRY0)')):
            path.write_bytes(text)
            says(name, n.run('try', '--to', USER, '--message', path), code, 'C: DATA', 'S: 354', 'and the dot)', want, 'C: QUIT')
        says('a message from standard input', n.run('try', '--to', USER, '--message', '-', text='Subject: x\n\nhi\n'), 0,
             'C: (18 bytes, and the dot)', 'The message would be taken.')
        path.unlink()
        says('a file that is not there', n.run('try', '--to', f'nobody@{DOMAIN}', '--message', path), 3, 'No such file',
             never=('S: 220',))


def is_for_programs(n):
    got = n.run('try', '-o', 'json', '--to', USER, '--to', f'nobody@{DOMAIN}')
    events = [json.loads(line) for line in got.stdout.splitlines()]
    tap.check([] if got.returncode == 1 and [e['event'] for e in events] == ['connect', 'recipient', 'refused']
              and events[2]['condition'] == 'C34' and events[2]['code'] == 550 else [got.stdout], 'as JSON: the events of the log')


def mistakes(n):
    says('no recipient', n.run('try'), 2, '--to')
    says('an operand', n.run('try', '--to', USER, 'x'), 2, 'no operands')
    says('no such listener', n.run('try', '--to', USER, '--listener', 'zoe'), 2, 'zoe', 'no such listener')
    says('no such client', n.run('try', '--to', USER, '--client', 'zoe'), 2, '--client')
    says('no such account', n.run('try', '--to', USER, '--user', 'zoe@' + DOMAIN), 3, 'zoe', 'no such account')
    says('a line that is too long', n.run('try', '--to', 'x' * 2000), 1, 'longer than any server')
    says('a line that the server finds too long', n.run('try', '--to', 'x' * 900 + '@' + DOMAIN), 1, 'S: 501')
    says('too many', n.run('try', *['--to', USER] * 101), 2, '100 recipients')


def nobody_exists(socket_):
    """A name server for which no name exists: it says so to every question."""
    while True:
        try:
            query, client = socket_.recvfrom(4096)
        except OSError:
            return
        end = query.index(0, 12) + 5  # of the question
        socket_.sendto(query[:2] + b'\x81\x83\0\1\0\0\0\0\0\0' + query[12:end], client)


def checks():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as names:
        names.bind(('127.0.0.1', 0))
        threading.Thread(target=nobody_exists, args=(names,), daemon=True).start()
        n = Nixied(NIXIED, settings=f'dns_servers = 127.0.0.1:{names.getsockname()[1]}', listeners=MX)
        says('the checks of the server are made', n.run('try', '--client', '203.0.113.77', '--from', 'a@nowhere.example', '--to', USER),
             1, 'S: 550 5.1.8', '=> Check ptr: none', '=> Check sender: fail', '=> Check total: refuse', '(C31)',
             'setting: sender_mx_check')
        n.__exit__()


def closes():
    n = Nixied(NIXIED, settings=UNCHECKED + 'max_errors = 2', listeners=MX)
    says('a server that closes', n.run('try', *['--to', f'nobody@{DOMAIN}'] * 3), 1, '(C34 TRY0)', 'S: 421 4.7.0 Too many errors',
         never=['C: QUIT'])
    n.configure(UNCHECKED + 'reply_style = documented\nreply_marks = no', MX)
    says('the documented lines', n.run('try', '--to', f'nobody@{DOMAIN}'), 1, 'S: 550 Unknown user', '(C34)')
    n.__exit__()


def leaves_nothing():
    with tempfile.TemporaryDirectory() as folder, Nixied(NIXIED, settings=UNCHECKED, listeners=MX) as n:
        os.environ['TMPDIR'] = folder
        before = n.run('audit').stdout
        got = n.run('try', '--to', USER, '--message', '-', text='Subject: x\n\nhi\n')
        says('beside a server that runs', got, 0, 'The message would be taken.')
        tap.check(os.listdir(folder), 'nothing is left of it')
        del os.environ['TMPDIR']
        tap.check([] if 'TRY0' not in n.log() else [n.log()], "nor in the server's log")
        tap.check([] if n.run('audit').stdout == before and not n.mails() else [before], 'nor in its queue')
        real = session(n.ports['mx'], 'EHLO client.example', 'MAIL FROM:<sender@client.example>', f'RCPT TO:<nobody@{DOMAIN}>')
        tried = re.findall(r'^S: (\d.*)', n.run('try', '--to', f'nobody@{DOMAIN}').stdout, re.M)
        strip = lambda reply: re.sub(r'\(C34 \w+\)', '(C34)', reply.replace('\r\n', '\n').strip())
        tap.check([] if strip(real[-1]) in [strip(t) for t in tried] else [real[-1], *tried], 'and the server says the same')


def main():
    n = Nixied(NIXIED, settings=UNCHECKED + 'max_message_size = 64K', listeners=MX + SUBMISSION + LMTP)
    decides(n)
    sends(n)
    is_for_programs(n)
    mistakes(n)
    n.__exit__()
    checks()
    closes()
    leaves_nothing()
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
