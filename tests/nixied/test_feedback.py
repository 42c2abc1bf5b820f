#!/usr/bin/env python3
"""Domains that ask for it are told who sent in their name: counted, composed, and sent only to those who want it.

usage: test_feedback.py NIXIED NIXIE        TAP
"""

import email
import gzip
import pathlib
import re
import sqlite3
import sys
import xml.etree.ElementTree as ET

from server import DOMAIN, USER, Client, Nixied, before_midnight, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'dns'))
from dns_server import SERVFAIL, Server as Dns  # noqa: E402
from remote_server import Remote  # noqa: E402

import tap  # noqa: E402
from ports import held_port  # noqa: E402

NIXIED = sys.argv[1]
LISTENER = 'listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n'


def check(trouble, name):
    tap.check([line if isinstance(line, str) else repr(line) for line in trouble], name)


PORT = held_port()
RUA = 'mailto:dmarc@reports.sender.test, mailto:x@yes.example!10m, mailto:x@no.example, mailto:tiny@sender.test!1'
dns = Dns({
    ('sender.test', 'TXT'): ['v=spf1 ip4:192.0.2.7 -all'],
    ('_dmarc.sender.test', 'TXT'): [f'v=DMARC1; p=quarantine; sp=reject; aspf=s; rua={RUA}'],
    ('silent.test', 'TXT'): ['v=spf1 -all'],
    ('_dmarc.silent.test', 'TXT'): ['v=DMARC1; p=none'],
    ('_dmarc.far.test', 'TXT'): ['v=DMARC1; p=none; rua=mailto:x@down.example'],
    ('sender.test._report._dmarc.yes.example', 'TXT'): ['v=DMARC1'],
    ('far.test._report._dmarc.down.example', 'TXT'): SERVFAIL,
    ('reports.sender.test', 'MX'): [(10, 'mx.there.example')],
    ('yes.example', 'MX'): [(10, 'mx.there.example')],
    ('mx.there.example', 'A'): ['127.0.0.2'],
})
there = Remote(ip='127.0.0.2', port=PORT)
SETTINGS = (f'dns_servers = {dns.address}\nremote_port = {PORT}\nhelo_check = off\nptr_check = off\nsender_mx_check = off\n'
            'dmarc_reports = yes\n')


def bring(n, client, sender, author):
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO x.test', f'XCLIENT ADDR={client} HELO=x.test', 'EHLO x.test', f'MAIL FROM:<{sender}>', f'RCPT TO:<{USER}>', 'DATA'):
            c.say(command)
        c.send(f'From: {author}\r\nSubject: a secret\r\n\r\nhello\r\n.\r\n')
        return c.reply()


def counted(n):
    for client, sender, author in (('192.0.2.7', 'u@sender.test', 'u@sender.test'), ('192.0.2.7', 'v@sender.test', 'v@sender.test'),
                                   ('192.0.2.9', 'u@other.test', '"<b>" <u@sender.test>'), ('192.0.2.9', 'u@other.test', 'u@silent.test'),
                                   ('192.0.2.9', 'u@other.test', 'u@far.test')):
        told = bring(n, client, sender, author)
        check([] if told.startswith('250') else [told], f'a message of {author} is taken')
    listed = n.run('dmarc')
    lines = listed.stdout.splitlines()
    check([] if len(lines) == 2 and any('  sender.test  p=quarantine  messages 3, failed 1  waits' in line for line in lines)
          and not any('silent' in line for line in lines) else [listed], 'counted for domains that want to know')
    day = lines[-1].split()[0]
    shown = n.run('dmarc', 'sender.test', day)
    check([] if shown.stdout.count('<record>') == 2 and 'secret' not in shown.stdout and 'u@' not in shown.stdout and 'hello' not in shown.stdout else [shown],
          'shown as XML, without content or recipients')
    wrong = [n.run('dmarc', *words).returncode for words in (('nobody.test',), ('sender.test', '2026-13-01'), ('a', 'b', 'c'), ('sender.test', '1999-01-01'))]
    check([] if wrong == [1, 2, 2, 1] else [wrong], 'what is not kept, and what is no day')


def yesterday(n):
    """What was counted is of days that are over."""
    with sqlite3.connect(f'{n.folder}/dmarc.db') as db:
        db.execute("UPDATE policies SET day = day - 2 WHERE domain = 'sender.test'")
        db.execute("UPDATE policies SET day = day - 3 WHERE domain = 'far.test'")
    db.close()


def report_of(text):
    mail = email.message_from_bytes(text)
    part = next(p for p in mail.walk() if p.get_content_type() == 'application/gzip')
    return mail, part.get_filename(), ET.fromstring(gzip.decompress(part.get_payload(decode=True)))


def sent(n):
    until(lambda: len(there.messages) >= 2)
    to = sorted(r for m in there.messages for r in m['to'])
    check([] if to == ['dmarc@reports.sender.test', 'x@yes.example'] else [to, n.log()], 'it goes to those of the same organization, and to who wants it')
    if not there.messages:
        return
    mail, name, report = report_of(there.messages[0]['text'])
    check([] if mail['From'] == f'<{USER}>' and re.match(r'Report Domain: sender\.test\s+Submitter: mail\.example\.test\s+Report-ID: <\d{8}\.sender\.test>$', mail['Subject'])
          and re.fullmatch(r'mail\.example\.test!sender\.test!\d+!\d+\.xml\.gz', name) else [mail['From'], mail['Subject'], name], '... under the names of RFC 7489')
    check([] if mail['DKIM-Signature'] and f'd={DOMAIN}' in mail['DKIM-Signature'] else [str(mail)[:900]], '... signed')
    check([] if there.messages[0]['from'].startswith('MAIL FROM:<>') else [there.messages[0]['from']], '... with the null reverse-path')
    policy = {e.tag: e.text for e in report.find('policy_published')}
    want = {'domain': 'sender.test', 'adkim': 'r', 'aspf': 's', 'p': 'quarantine', 'sp': 'reject', 'pct': '100'}
    check([] if policy == want else [policy], 'it has the policy')
    rows = {r.findtext('row/source_ip'): (r.findtext('row/count'), r.findtext('row/policy_evaluated/disposition'), r.findtext('row/policy_evaluated/spf'),
                                          r.findtext('identifiers/header_from'), r.findtext('auth_results/spf/result')) for r in report.iter('record')}
    want = {'192.0.2.7': ('2', 'none', 'pass', 'sender.test', 'pass'), '192.0.2.9': ('1', 'quarantine', 'fail', 'sender.test', 'none')}
    check([] if rows == want else [rows], '... and what was found')
    begin, end = (int(report.findtext(f'report_metadata/date_range/{x}')) for x in ('begin', 'end'))
    check([] if begin % 86400 == 0 and end - begin == 86399 else [begin, end], '... of one day')
    told = until(lambda: (lambda r: r if 'sent to ' in r.stdout else None)(n.run('dmarc', 'sender.test')))
    check([] if told and 'sent to dmarc@reports.sender.test, x@yes.example' in told.stdout else [n.run('dmarc')], 'nixied dmarc tells')
    check([] if n.until_log('check=dmarc-report result=sent') else [n.log()], '... and so does the log')
    check([] if until(lambda: dns.count('far.test._report._dmarc.down.example', 'TXT') > 0) and ' waits' in n.run('dmarc', 'far.test').stdout else [n.run('dmarc')],
          'a DNS that does not tell is asked again later')


def main():
    before_midnight()
    with Nixied(NIXIED, SETTINGS, LISTENER) as n:
        made = n.run('dkim', 'make', DOMAIN, 'ed25519', 'e1', check=True).stdout
        dns.set(f'e1._domainkey.{DOMAIN}', 'TXT', re.findall('^v=DKIM1.*$', made, re.M))
        n.run('dkim', 'use', DOMAIN, 'e1', check=True)
        counted(n)
        n.stop()
        yesterday(n)
        n.start()
        sent(n)
        status = n.stop()
        check([] if status == 0 else [f'{status} {n.said}'], 'it ends well')
        n.start()
        n.configure(SETTINGS.replace('dmarc_reports = yes', 'dmarc_reports = no'), LISTENER)
        n.reload()
        bring(n, '192.0.2.7', 'u@sender.test', 'u@sender.test')
        listed = n.run('dmarc', 'sender.test').stdout
        check([] if len(there.messages) == 2 and listed.count('\n') == 1 else [there.messages, listed], 'nothing is sent twice, and nothing counted when it is off')


main()
sys.exit(tap.done())
