#!/usr/bin/env python3
"""Addresses beyond ASCII from the client to the report (RFC 6531, RFC 6533), and reports that come back.

usage: test_international.py NIXIED NIXIE        TAP
"""

import base64
import json
import pathlib
import re
import subprocess
import sys

from server import DOMAIN, PASSWORD, USER, Client, Nixied, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'dns'))
from dns_server import Server as Dns  # noqa: E402
from remote_server import Remote  # noqa: E402

import tap  # noqa: E402
from ports import held_port  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
PORT = held_port()
JOERG = f'jörg@{DOMAIN}'
ANSWER = '550 5.1.1 <jürgen@new.example> gibt es hier nicht, Ärger'
dns = Dns({
    ('new.example', 'MX'): [(10, 'mx.new.example')], ('mx.new.example', 'A'): ['127.0.0.2'],
    ('old.example', 'MX'): [(10, 'mx.old.example')], ('mx.old.example', 'A'): ['127.0.0.3'],
})
SETTINGS = f'dns_servers = {dns.address}\nremote_port = {PORT}\nhelo_check = off\nptr_check = off\nspf = off\n'


def check(trouble, name):
    tap.check([line if isinstance(line, str) else repr(line) for line in trouble], name)
    sys.stdout.flush()


def submit(n, sender, recipients, text, mail='', rcpt=''):
    """By a user of this server; the last reply."""
    login = base64.b64encode(f'\0{sender}\0{PASSWORD}'.encode()).decode()
    with Client(n.ports['submission']) as c:
        c.reply()
        c.say('EHLO pc.example')
        c.say('STARTTLS')
        c.secure()
        for command in ('EHLO pc.example', f'AUTH PLAIN {login}', f'MAIL FROM:<{sender}>{mail}'):
            c.say(command)
        for to in recipients:
            c.say(f'RCPT TO:<{to}>{rcpt}')
        c.say('DATA')
        return c.say(text.replace('\n', '\r\n') + '.')


def bring(n, sender, to, mail=''):
    """By a stranger; the last reply."""
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO mx.old.example', f'MAIL FROM:<{sender}>{mail}', f'RCPT TO:<{to}>', 'DATA'):
            c.say(command)
        return c.say('From: x@old.example\r\nDate: Mon, 23 Nov 2026 01:42:42 +0000\r\nSubject: lunch\r\n\r\nhello\r\n.')


def read(mail):
    got = subprocess.run([NIXIE, 'parse', '-o', 'json', '-'], input=mail, capture_output=True, check=False)
    return json.loads(got.stdout)[0]['outcomes']


def fields(mail, kind):
    """The part for machines, when it is of that type."""
    parts = mail.decode().split('\r\n--=_0r' if b'\r\n--=_0r' in mail else '\n--=_0r')
    return next((p for p in parts if f'Content-Type: message/{kind}' in p), '')


def lacks(text, *words):
    return [f'lacks: {w}' for w in words if w not in text] and [*(f'lacks: {w}' for w in words if w not in text), text]


def reports():
    new = Remote(ip='127.0.0.2', port=PORT, ehlo=('PIPELINING', '8BITMIME', 'SMTPUTF8'), rcpt={'jürgen': ANSWER})
    old = Remote(ip='127.0.0.3', port=PORT)
    with Nixied(NIXIED, SETTINGS) as n:
        n.run('admin', 'account', 'add', JOERG, '--password-file', '-', text=PASSWORD + '\n', check=True)
        n.run('admin', 'alias', 'add', f'jürgen@{DOMAIN}', 'anna@old.example', check=True)

        submit(n, JOERG, ['jürgen@new.example'], f'From: {JOERG}\nSubject: Grüße\n\nhello\n', ' SMTPUTF8', ' ORCPT=utf-8;j\\x{FC}rgen@new.example')
        mail = (n.until_mails(1, user='jörg') or [b''])[0]
        check(lacks(mail.decode(), f'To: <{JOERG}>', 'report-type=global-delivery-status', 'message/global-headers'), 'to a sender beyond ASCII: the form of RFC 6533')
        check(lacks(fields(mail, 'global-delivery-status'), 'Original-Recipient: utf-8; jürgen@new.example',
                    'Final-Recipient: utf-8; jürgen@new.example', f'X-Nixie-Sender: utf-8; {JOERG}', 'Ärger'), '... with its addresses as they are')
        check([] if [(o['recipient'], o['reason'], o['status']) for o in read(mail)] == [('jürgen@new.example', 'user_unknown', '5.1.1')]
              else read(mail), '... and libnixie reads it')

        submit(n, USER, ['jürgen@new.example'], f'From: {USER}\nSubject: Grüße\n\nhello\n', ' SMTPUTF8', ' ORCPT=utf-8;j\\x{FC}rgen@new.example')
        mail = (n.until_mails(1) or [b''])[0]
        check([] if mail.isascii() else [mail], 'to a sender in ASCII: all of it in ASCII')
        check(lacks(fields(mail, 'delivery-status'), r'Original-Recipient: utf-8; j\x{FC}rgen@new.example',
                    r'Final-Recipient: utf-8; j\x{FC}rgen@new.example', 'Diagnostic-Code: smtp; =?UTF-8?'), '... with the addresses of RFC 6533 s3')
        check([] if [(o['recipient'], o['reason']) for o in read(mail)] == [('jürgen@new.example', 'user_unknown')] else read(mail), '... and libnixie reads it')

        # An address of here that is beyond ASCII is no reason that its mail cannot go on.
        submit(n, USER, [f'jürgen@{DOMAIN}'], f'From: {USER}\nSubject: lunch\n\nhello\n', ' SMTPUTF8')
        n.until_log(r' (relayed|bounced) .*to=anna@old\.example')
        text = old.messages[0]['text'].decode() if old.messages else n.log()
        check([] if text.isascii() else [text], 'an alias beyond ASCII leads to a server without SMTPUTF8')
        names = re.findall(r'^([\w-]+):', text.split('\n\n')[0], re.M)
        check([] if names == ['Received', 'Date', 'Message-ID', 'From', 'Subject'] else [names], '... and what the header lacked stands below our Received')

        submit(n, USER, ['anna@old.example'], f'From: {USER}\nSubject: Grüße\n\nhello\n', ' SMTPUTF8')
        mail = (n.until_mails(2) or [b''] * 2)[1]
        words = ' '.join(mail.decode().split())
        check(lacks(words, 'D20: The next server takes no such letters in a header', 'This one is for you: you can put it right yourself', 'Status: 5.6.9'),
              'a header beyond ASCII, and a server without SMTPUTF8: the report says so')
        audit = n.run('audit') if n.stop() == 0 else None
        check([] if audit is not None and audit.returncode == 0 else [audit], 'nobody is lost')
    new.close()
    old.close()


def come_back():
    """A report that cannot be delivered goes to the postmaster, once; one about that goes nowhere."""
    old = Remote(ip='127.0.0.3', port=PORT, rcpt={'gone': '550 5.1.1 no such user', 'never': '550 5.1.1 no such user',
                                                    'master': '550 5.1.1 no such user'})
    settings = SETTINGS + 'dmarc = off\n'
    with Nixied(NIXIED, settings) as n:
        n.run('admin', 'alias', 'add', f'away@{DOMAIN}', 'gone@old.example', check=True)
        bring(n, 'never@old.example', f'away@{DOMAIN}')
        mail = (n.until_mails(1) or [b''])[0]
        text = ' '.join(mail.decode().split())
        check(lacks(text, 'This is for you as the postmaster', 'Not delivered to never@old.example', '`nixied why --id` with the reference below'),
              'the postmaster is told of a report that could not be returned')
        check([w for w in ('change your password', 'you can put it right yourself', 'answer this message') if w in text], '... and nothing that is meant for a sender')
        first = re.search(r' bounced id=(\w+) from=never@old\.example ', n.log())
        about = re.search(r'X-Nixie-Queue-ID: (\w+)', mail.decode())
        why = ' '.join(n.run('why', '--id', about[1] if about else '-').stdout.split())
        check(lacks(why, f'reports bounced: message {first[1] if first else "?"} from never@old.example to gone@old.example',
                    'The postmaster is told by the report'), '... and why says what it was about')
        n.until_log(' delivered ')
        n.configure(settings + 'postmaster = master@old.example\n')
        n.stop()
        with open(n.conf, encoding='utf-8') as f:
            conf = f.read().replace(f'postmaster = {USER}\n', '')
        with open(n.conf, 'w', encoding='utf-8') as f:
            f.write(conf)
        n.start()
        bring(n, 'never@old.example', f'away@{DOMAIN}')
        line = n.until_log(r' discarded .*to=master@old\.example')
        check([] if line and 'rule=rule:double-bounce' in line else [n.log()], 'a postmaster who cannot be reached either: it ends there')
        check([] if len(re.findall(r' bounced ', n.log())) == 4 else [n.log()], '... behind one report, and one to the postmaster')
        n.run('admin', 'alias', 'add', f'boss@{DOMAIN}', 'master@old.example', check=True)
        n.stop()
        with open(n.conf, encoding='utf-8') as f:
            conf = f.read().replace('postmaster = master@old.example\n', f'postmaster = boss@{DOMAIN}\n')
        with open(n.conf, 'w', encoding='utf-8') as f:
            f.write(conf)
        n.start()
        bring(n, 'never@old.example', f'away@{DOMAIN}')
        until(lambda: n.log().count(' discarded ') == 2)
        check([] if (n.log().count(' bounced '), n.log().count(' discarded ')) == (6, 2) else [n.log()], "... nor when the postmaster's is an alias")
        with Client(n.ports['mx']) as c:
            c.reply()
            for command in ('EHLO mx.old.example', 'MAIL FROM:<never@old.example>', f'RCPT TO:<{USER}> NOTIFY=SUCCESS', 'DATA'):
                c.say(command)
            c.say('From: x@old.example\r\nDate: Mon, 23 Nov 2026 01:42:42 +0000\r\n\r\nhello\r\n.')
        line = n.until_log(r' discarded .*rule=rule:nothing-failed')
        check([] if line and ' bounced ' not in n.log().split(line)[1] else [n.log()], 'a notice of success that cannot be delivered is no failure')
        queue = n.run('queue')
        audit = n.run('audit') if n.stop() == 0 else None
        check([] if len(n.mails()) == 2 and '@old.example' not in queue.stdout else [queue, *n.mails()], '... and nothing is left of it')
        check([] if audit is not None and audit.returncode == 0 else [audit], 'nobody is lost')
    old.close()


reports()
come_back()
sys.exit(tap.done())
