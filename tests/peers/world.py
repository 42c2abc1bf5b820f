"""A nixied with a DNS and other people's servers around it, all on one loopback.

nixied is mail.example.test at 127.0.0.1; a domain NAME.test has the mail server 127.0.0.N that SITES says.
"""

import json
import os
import smtplib
import ssl
import subprocess

import tap
from peers import Exim, Nsd, OpenSMTPD, Postfix, root_of
from server import DOMAIN, PASSWORD, SECONDS, USER, Nixied, until

SITES = {Postfix: '127.0.0.2', Exim: '127.0.0.3', OpenSMTPD: '127.0.0.4'}
ME = '127.0.0.1'
NOBODY = '127.0.0.9'  # where nothing listens
LISTENERS = (f'listener mx {{\n\taddress = {ME}:25\n}}\n'
             f'listener submission {{\n\taddress = {ME}:587\n\tkind = submission\n}}\n'
             f'listener submissions {{\n\taddress = {ME}:465\n\tkind = submission\n\ttls = immediate\n}}\n')
SETTINGS = f'dns_servers = {ME}\n'
HELLO = 'Subject: hello\r\nFrom: demo@example.test\r\n\r\nhello\r\n'

ZONE = f'{DOMAIN}. MX 10 mail.{DOMAIN}.\nmail.{DOMAIN}. A {ME}\n1.0.0.127.in-addr.arpa. PTR mail.{DOMAIN}.\n' + ''.join(
    f'{kind.name}.test. MX 10 mx.{kind.name}.test.\nmx.{kind.name}.test. A {ip}\n'
    f'{ip.split(".")[-1]}.0.0.127.in-addr.arpa. PTR mx.{kind.name}.test.\n' for kind, ip in SITES.items())


def check(trouble, name, *logs):
    """One case; the last lines of these logs are shown when it fails."""
    lines = [line for text in trouble for line in str(text).splitlines()]
    if trouble:
        lines = lines[:10] + [line for log in logs for line in log.splitlines()[-5:]]
    tap.check(lines, name)


def context():
    """TLS that takes the certificates that the tests made."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def submit(recipients, message=HELLO, mail_options=(), rcpt_options=()):
    """Hands nixied a message as its user."""
    with smtplib.SMTP(ME, 587, timeout=SECONDS) as s:
        s.starttls(context=context())
        s.login(USER, PASSWORD)
        data = message if isinstance(message, bytes) else message.encode('utf-8')
        s.sendmail(USER, recipients, data, mail_options, rcpt_options)


def read(nixie, mail):
    """The outcomes of a mail, as nixie reads it."""
    shown = subprocess.run([nixie, 'parse', '-o', 'json', '-'], input=mail, capture_output=True, check=False).stdout
    return [outcome for report in json.loads(shown) for outcome in report.get('outcomes', [])]


class World:
    """`with World(nixied, nixie) as w`: nixied runs, and names are found."""

    def __init__(self, nixied, nixie, zone='', settings='', broken=()):
        self.nixie = nixie
        self.dns = Nsd(ZONE + zone, broken)
        self.n = Nixied(nixied, SETTINGS + settings, LISTENERS)
        self.inbox = self.n.mails  # where the user's reports arrive
        self.offset = 0
        self.seen, self.reported = set(), {}

    def __enter__(self):
        self.dns.__enter__()
        self.n.start()
        return self

    def __exit__(self, *_):
        self.n.__exit__()
        self.dns.close()

    def configure(self, settings):
        """Other settings, in a server that goes on; sessions that began before have ended."""
        until(lambda: self.n.log().count(' connect ') == self.n.log().count(' disconnect '))
        self.n.configure(SETTINGS + settings, LISTENERS)
        self.n.reload()

    def later(self, seconds):
        """nixied is stopped and goes on when so much time is over. Why it cannot; '' when it can."""
        root, why = root_of('faketime')
        if why:
            return why
        self.n.stop()
        self.offset += seconds
        library = next((root / 'usr/lib').rglob('libfaketime.so.1'))
        os.environ.update(LD_PRELOAD=str(library), FAKETIME=f'+{self.offset}', FAKETIME_DONT_FAKE_MONOTONIC='1')
        try:
            self.n.start()
        finally:
            for name in ('LD_PRELOAD', 'FAKETIME', 'FAKETIME_DONT_FAKE_MONOTONIC'):
                del os.environ[name]
        return ''

    def told(self):
        """What the reports in the user's mailbox tell: {recipient: (outcome, mail)}; the newest of each."""
        for mail in self.inbox():
            if mail not in self.seen:  # threads write them: the last to arrive need not be the last by name
                self.seen.add(mail)
                self.reported.update((o.get('recipient', ''), (o, mail)) for o in read(self.nixie, mail))
        return self.reported

    def outcome(self, recipient):
        """The outcome that a report tells of this recipient, and the report; ({}, b'') when none comes."""
        return until(lambda: self.told().get(recipient)) or ({}, b'')

    def line(self, recipient, event='(deferred|relayed|bounced|delivered)'):
        """The first line of nixied's log that says what became of this recipient; '' when none does."""
        return self.n.until_log(rf' {event} .*to={recipient} ') or ''
