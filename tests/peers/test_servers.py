#!/usr/bin/env python3
"""nixied sends to the servers that people run: Postfix, Exim and OpenSMTPD, found by the MX of a real DNS server.

usage: test_servers.py NIXIED NIXIE        TAP
"""

import json
import smtplib
import ssl
import subprocess
import sys

import jail

jail.enter()

from peers import Exim, Nsd, OpenSMTPD, Postfix, have  # noqa: E402
from server import PASSWORD, USER, Nixied  # noqa: E402

import tap  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
PLACES = {Postfix: '127.0.0.2', Exim: '127.0.0.3', OpenSMTPD: '127.0.0.4'}
LISTENERS = ('listener mx {\n\taddress = 127.0.0.1:2525\n}\n'
             'listener submission {\n\taddress = 127.0.0.1:587\n\tkind = submission\n}\n')
SETTINGS = 'dns_servers = 127.0.0.1\n'
ZONE = 'example.test. MX 10 mail.example.test.\nmail.example.test. A 127.0.0.1\n' + ''.join(
    f'{c.name}.test. MX 10 mx.{c.name}.test.\nmx.{c.name}.test. A {ip}\n' for c, ip in PLACES.items())


def submit(recipients, message='Subject: hello\r\nFrom: demo@example.test\r\n\r\nhello\r\n', **options):
    """Hands nixied a message as its user."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP('127.0.0.1', 587) as s:
        s.starttls(context=context)
        s.login(USER, PASSWORD)
        s.sendmail(USER, recipients, message.encode('utf-8'), **options)


def outcomes(mail):
    """What nixie makes of a report."""
    shown = subprocess.run([NIXIE, 'parse', '-o', 'json', '-'], input=mail, capture_output=True, check=False).stdout
    return json.loads(shown)[0].get('outcomes', [])


def last(server, n):
    """What to look at when something went wrong."""
    return server.log().splitlines()[-8:] + n.log().splitlines()[-8:]


def test(server, n):
    with server:
        submit([f'anna@{server.domain}'])
        mails = server.until_mails('anna')
        tap.check([] if mails and b'\nhello\n' in mails[0] else last(server, n), f'{server.name}: delivered')
        before = len(n.mails())
        submit([f'nobody@{server.domain}'])
        reports = n.until_mails(before + 1)[before:]
        found = outcomes(reports[0]) if reports else []
        tap.check([] if found and found[0]['reason'] == 'user_unknown' else [repr(found), *last(server, n)],
                  f'{server.name}: an unknown user is refused, and the report says so')


if have(Nsd):
    jail.skip_all(have(Nsd))
with Nsd(ZONE), Nixied(NIXIED, SETTINGS, LISTENERS) as n:
    for kind, ip in PLACES.items():
        if have(kind):
            tap.skip(kind.name, 'skipped: ' + have(kind))
        else:
            test(kind(ip, users=['anna']), n)
sys.exit(tap.done())
