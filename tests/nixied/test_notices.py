#!/usr/bin/env python3
"""What the program of somebody who signed in was refused for good is told in their own mailbox, once and never too often.

usage: test_notices.py NIXIED NIXIE        TAP
"""

import base64
import json
import os
import re
import subprocess
import sys

from server import DOMAIN, MX, PASSWORD, SUBMISSIONS, USER, Client, Nixied, session

import tap

NIXIED, NIXIE = sys.argv[1:3]
SETTINGS = 'max_message_size = 100K\nnotify_refused_submissions = '
LOGIN = 'AUTH PLAIN ' + base64.b64encode(f'\0{USER}\0{PASSWORD}'.encode()).decode()


def says(n, *commands, login=LOGIN):
    """The replies to the commands of a user."""
    return session(n.ports['submissions'], 'EHLO c.test', *([login] if login else []), *commands, 'QUIT', tls=True)[3 if login else 2:-1]


def read(mail):
    """What nixie makes of a notice."""
    got = subprocess.run([NIXIE, 'parse', '-'], input=mail, capture_output=True, timeout=30, check=True)
    return json.loads(got.stdout)


def outcomes(mail):
    return [(o.get('recipient'), o.get('condition'), o.get('status'), o.get('session')) for o in read(mail)['outcomes']]


def like(got, want, name):
    tap.check([] if got == want else [f'got:  {got}', f'want: {want}'], name)


class Box:
    """The mailbox of the user, looked at step by step: what is new since the last look."""

    def __init__(self, n):
        self.n = n
        self.seen = 0

    def more(self, count):
        mails = self.n.until_mails(self.seen + count)[self.seen:]
        self.seen += len(mails)
        return mails


def one(box, name):
    mails = box.more(1)
    tap.check([] if len(mails) == 1 else [f'{len(mails)} notices'], name)
    return mails[0] if mails else b'Subject: none\r\n\r\n'


def main():
    with Nixied(NIXIED, SETTINGS + DOMAIN, MX + SUBMISSIONS) as n:
        box = Box(n)
        replies = says(n, f'MAIL FROM:<{USER}>', f'RCPT TO:<no.one@{DOMAIN}>', f'RCPT TO:<no.two@{DOMAIN}>', f'RCPT TO:<no.one@{DOMAIN}>')
        ref = re.search(r'\(C34 (\w+)\)', replies[1])[1]
        mail = one(box, 'refused at RCPT: one notice')
        like(outcomes(mail), [(f'no.one@{DOMAIN}', 'C34', '5.1.1', ref), (f'no.two@{DOMAIN}', 'C34', '5.1.1', ref)], '... of both recipients, each once, as it was refused')
        ok = mail.startswith(b'Return-Path: <>\n') and b'\nAuto-Submitted: auto-generated\n' in mail and f'> {replies[1]}'.encode() in mail
        tap.check([] if ok and b'message returned' not in mail else mail.decode().splitlines(), '... from nobody, with the exact reply')
        id_ = re.search(rb'\nMessage-ID: <(\w+)@', mail)[1].decode()
        tap.check([] if n.until_log(f' notice session={ref} .*user={USER} .*report={id_}') else [n.log()], '... and the log has whose it is')
        why = n.run('why', '--session', ref)
        tap.check([] if id_ in why.stdout else [why.stdout, why.stderr], '... and so does why')

        says(n, f'MAIL FROM:<{USER}> SIZE=999999')
        like(outcomes(one(box, 'refused at MAIL, before anybody was named'))[0][:3], (None, 'C36', '5.3.4'), '... nobody is named')
        says(n, f'MAIL FROM:<other@{DOMAIN}>')
        mail = one(box, 'the address of somebody else as the sender')
        like(outcomes(mail)[0][:3], (None, 'X41', '5.7.1'), '... is told')
        like(read(mail)['original']['envelope_from'], f'other@{DOMAIN}', '... with that sender')

        text = 'From: <demo@example.test>\r\nSubject: Lunch on Friday\r\nMessage-ID: <lunch@c.test>\r\n\r\n' + ('x' * 70 + '\r\n') * 2000
        says(n, f'MAIL FROM:<{USER}>', f'RCPT TO:<{USER}>', f'RCPT TO:<postmaster@{DOMAIN}>', 'DATA', text.encode() + b'.\r\n')
        mail = one(box, 'refused at the end of its text')
        like([o[:3] for o in outcomes(mail)], [(USER, 'C36', '5.3.4'), (f'postmaster@{DOMAIN}', 'C36', '5.3.4')], '... for both recipients')
        like(read(mail)['original'].get('subject'), 'Lunch on Friday', '... with its header')

        says(n, f'MAIL FROM:<{USER}>', f'RCPT TO:<no.one@{DOMAIN}>', f'RCPT TO:<{USER}>', 'DATA', b'Subject: half\r\n\r\nfor one of two\r\n.\r\n')
        mails = box.more(2)
        notice = [m for m in mails if b'auto-generated' in m]
        like([outcomes(m)[0][0] for m in notice], [f'no.one@{DOMAIN}'], 'a message that went to one of two: of the other a notice')

        # What is no refusal for good, or nothing for a person, or nobody's who signed in.
        says(n, f'MAIL FROM:<{USER}>', 'DATA', f'RCPT TO:<{USER}>', 'RSET', 'RCPT TO:<a@b.test>', 'NOSUCH')
        says(n, 'AUTH PLAIN ' + base64.b64encode(f'\0{USER}\0wrong'.encode()).decode(), f'MAIL FROM:<{USER}>', login=None)
        session(n.ports['mx'], 'EHLO c.test', 'MAIL FROM:<a@b.test>', f'RCPT TO:<no.one@{DOMAIN}>', 'QUIT')
        says(n, f'MAIL FROM:<{USER}>', f'RCPT TO:<no.three@{DOMAIN}>')
        like([o[0] for o in outcomes(one(box, 'mistakes of the protocol, bad logins and strangers are not told'))], [f'no.three@{DOMAIN}'], '... only what came behind them')

        says(n, f'MAIL FROM:<{USER}>', f'RCPT TO:<{USER}>', 'RCPT TO:<no address@@>')
        like([o[:2] for o in outcomes(one(box, 'an address that is none, behind one that is'))], [(None, 'C18')], '... names nobody')

        # A client that leaves without a word, and one that asks for the same again and again.
        with Client(n.ports['submissions'], tls=True) as c:
            c.reply()
            for command in ('EHLO c.test', LOGIN, f'MAIL FROM:<{USER}>', f'RCPT TO:<no.four@{DOMAIN}>', 'RSET'):
                c.say(command)
            one(box, 'it is told when the message is over')
            for command in (f'MAIL FROM:<{USER}>', f'RCPT TO:<no.four@{DOMAIN}>', 'RSET', f'MAIL FROM:<{USER}>', f'RCPT TO:<no.five@{DOMAIN}>'):
                c.say(command)
        like([o[0] for o in outcomes(one(box, 'or when the client is gone'))], [f'no.five@{DOMAIN}'], '... the same recipient once in a session')

        n.stop()
        audit = n.run('audit').stdout
        tap.check([] if 'balanced: nothing is missing' in audit else [audit], 'the audit counts them, and nothing is missing')

        # In the language of the account; no more than reports in an hour; and off as it comes.
        n.run('admin', 'account', 'language', USER, 'de', check=True)
        n.configure('reports_per_sender = 2\nnotify_refused_submissions = b.test ' + USER, MX + SUBMISSIONS)
        os.remove(f'{n.folder}/report-counts')
        n.start()
        for i in range(4):
            says(n, f'MAIL FROM:<{USER}>', f'RCPT TO:<gone{i}@{DOMAIN}>')
        mails = box.more(2)
        ok = all(b'Content-Language: de' in m for m in mails) and [b'letzte Hinweis' in m for m in mails] == [False, True]
        tap.check([] if ok else [m.decode() for m in mails], 'in the language of the account, and the last of the hour says that it is')
        withheld = n.until_log(' notice .*rule=rule:too-many-reports')
        tap.check([] if withheld else [n.log()], 'past reports_per_sender nothing is written')
        n.stop()
        n.configure('', MX + SUBMISSIONS)
        os.remove(f'{n.folder}/report-counts')
        n.start()
        says(n, f'MAIL FROM:<{USER}>', f'RCPT TO:<gone@{DOMAIN}>')
        session(n.ports['mx'], 'EHLO c.test', 'MAIL FROM:<a@b.test>', f'RCPT TO:<{USER}>', 'DATA', b'Subject: behind it\r\n\r\n.\r\n', 'QUIT')
        mails = box.more(1)
        tap.check([] if len(mails) == 1 and b'behind it' in mails[0] else [str(mails)], 'nobody who was not named gets any')
        tap.check([] if n.stop() == 0 else [n.said], 'it ends well')


main()
sys.exit(tap.done())
