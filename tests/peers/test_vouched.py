#!/usr/bin/env python3
"""What nixied signs and seals, others verify, and the other way round: dkimpy (DKIM with RSA and Ed25519, ARC) and OpenDKIM.

usage: test_vouched.py NIXIED NIXIE        TAP
"""

import pathlib
import re
import smtplib
import socket
import ssl
import sys

import jail

jail.enter('dkimpy', 'opendkim-tools')

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'dns'))
import dns_server  # noqa: E402
import tap  # noqa: E402
from remote_server import Remote  # noqa: E402
from server import DOMAIN, PASSWORD, SUBMISSION, USER, Client, Nixied, until  # noqa: E402

NIXIED = sys.argv[1]
LISTENERS = 'listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n' + SUBMISSION
SETTINGS = 'dns_servers = 127.0.0.1\nhelo_check = off\nptr_check = off\nsender_mx_check = off\nspf_waits_for_dmarc = no\n'
# What canonical forms trip over: folded fields, blanks at ends of lines, empty lines at the end, a dot, no Date.
TEXT = (f'From: "Demo, of here" <{USER}>\r\nTo: a@there.example,\r\n\tb@there.example\r\nSubject: a  subject\r\n \tin two lines \r\n'
        'X-Other: not signed\r\nContent-Type: text/plain\r\n\r\nblanks \t at the end \t \r\n.dot\r\n\r\n\ta tab\r\n\r\n\r\n')


class Dns(dns_server.Server):
    """At port 53, where everybody asks: in a network of the test's own."""

    @staticmethod
    def bind():
        sockets = [socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]
        for s in sockets:
            s.bind(('127.0.0.1', 53))
        sockets[1].listen(16)
        return sockets


dns = Dns({
    ('there.example', 'MX'): [(10, 'mx.there.example')],
    ('mx.there.example', 'A'): ['127.0.0.2'],
    ('stranger.test', 'A'): ['192.0.2.7'],
})
there = Remote(ip='127.0.0.2', port=25)


def check(trouble, name):
    tap.check([line if isinstance(line, str) else repr(line) for line in trouble], name)


def submit(n, text):
    """The message as the other server got it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    before = len(there.messages)
    with smtplib.SMTP('127.0.0.1', n.ports['submission']) as s:
        s.starttls(context=context)
        s.login(USER, PASSWORD)
        s.sendmail(USER, ['a@there.example'], text)
    until(lambda: len(there.messages) > before)
    return there.messages[-1]['text'].decode().replace('\n', '\r\n')


def bring(n, text, recipient):
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO x.test', 'XCLIENT ADDR=192.0.2.7 HELO=x.test', 'EHLO x.test',
                        'MAIL FROM:<u@stranger.test>', f'RCPT TO:<{recipient}>', 'DATA'):
            c.say(command)
        c.send(re.sub(r'(?m)^\.', '..', text) + '.\r\n')
        return c.reply()


def results(n, text):
    """What nixied finds in it."""
    before = len(n.mails())
    told = bring(n, text, USER)
    mails = n.until_mails(before + 1)
    head = mails[-1].split(b'\n\n')[0].decode() if len(mails) > before else told
    return re.sub(r'\s+', ' ', head[head.find('Authentication-Results:'):head.find('Received:')])


def passed_on(n, text):
    """The message as it goes on from an alias here."""
    before = len(there.messages)
    told = bring(n, text, f'away@{DOMAIN}')
    until(lambda: len(there.messages) > before)
    return there.messages[-1]['text'].decode().replace('\n', '\r\n') if told.startswith('250') else told


def signed(n, dkimpy, opendkim):
    mail = submit(n, TEXT)
    kinds = re.findall(r'DKIM-Signature: v=1; a=(\S+?);', mail)
    for index, kind in enumerate(kinds):
        told = dkimpy.run('dkimverify', '--index', index, text=mail)
        check([] if told.stdout.strip().endswith('signature ok') and told.returncode == 0 else [told.stdout, mail], f'dkimpy verifies {kind}')
    check([] if sorted(kinds) == ['ed25519-sha256', 'rsa-sha256'] else kinds, 'both were there')
    told = dkimpy.run('dkimverify', text=mail.replace('a tab', 'no tab'))
    check([] if 'body hash mismatch' in told.stdout else [told.stdout], '... and not another text')
    told = dkimpy.run('dkimverify', text='Reply-To: evil@example.net\r\n' + mail)
    check([] if 'verification failed' in told.stdout else [told.stdout], '... nor one with another Reply-To in front')
    # This OpenDKIM knows no Ed25519, and looks at all signatures.
    rsa = re.sub(r'DKIM-Signature: v=1; a=ed25519.*\r\n(?:[ \t].*\r\n)*', '', mail)
    told = opendkim.run('opendkim-testmsg', text=rsa)
    check([] if told.returncode == 0 and not told.stdout.strip() else [told.returncode, told.stdout], 'OpenDKIM verifies rsa-sha256')
    told = opendkim.run('opendkim-testmsg', text=rsa.replace('a tab', 'no tab'))
    check([] if told.returncode != 0 else [told.stdout], '... and not another text')


def verified(n, dkimpy, opendkim, key):
    """Others sign with our RSA key, in each form."""
    text = 'Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n' + TEXT  # OpenDKIM refuses a message without
    opendkim.write('/etc/key.pem', key, 0o600)
    dkimpy.write('/etc/key.pem', key, 0o600)
    # What this tool signs with cannot be chosen.
    mail = opendkim.run('opendkim-testmsg', '-d', DOMAIN, '-s', 'r1', '-k', '/etc/key.pem', text=text).stdout
    found = results(n, mail.replace('\r\n', '\n').replace('\n', '\r\n'))
    check([] if 'dkim=permerror (rsa-sha1 counts no more' in found else [found, mail], 'rsa-sha1 of OpenDKIM is refused')
    for form in ('simple/simple', 'simple/relaxed', 'relaxed/simple', 'relaxed/relaxed'):
        header, body = form.split('/')
        mail = dkimpy.run('dkimsign', '--hcanon', header, '--bcanon', body, 'r1', DOMAIN, '/etc/key.pem', text=text).stdout
        mail = mail.replace('\r\n', '\n').replace('\n', '\r\n')
        found = results(n, mail)
        check([] if f'dkim=pass header.d={DOMAIN} header.s=r1' in found else [found, mail], f'{form} of dkimpy')


def arc_sign(dkimpy, mail):
    """One more set, of dkimpy: it seals what the server "sealer.test" found."""
    mail = f'Authentication-Results: sealer.test; arc=pass; dkim=pass header.d={DOMAIN}\r\n' + mail
    out = dkimpy.run('arcsign', 'r1', DOMAIN, '/etc/key.pem', 'sealer.test', text=mail).stdout.replace('\r\n', '\n').replace('\n', '\r\n')
    return out[out.index('ARC-'):] if 'ARC-' in out else out


def sealed(n, dkimpy):
    mail = passed_on(n, TEXT)
    told = dkimpy.run('arcverify', text=mail).stdout
    check([] if "cv=b'pass'" in told else [told, mail], 'dkimpy verifies our set')
    two = arc_sign(dkimpy, mail)
    told = dkimpy.run('arcverify', text=two).stdout
    check([] if "cv=b'pass'" in told and 'i=2' in two else [told, two], '... and adds its own')
    found = results(n, two)
    check([] if 'arc=pass' in found else [found, two], 'that chain holds for us, too')
    three = passed_on(n, two)
    told = dkimpy.run('arcverify', text=three).stdout
    check([] if "cv=b'pass'" in told and 'ARC-Seal: i=3;' in three else [told, three], '... and with a third set of ours for dkimpy')
    told = dkimpy.run('arcverify', text=three.replace('a tab', 'no tab')).stdout
    check([] if "cv=b'pass'" not in told else [told], '... but not over another text')
    found = results(n, two.replace('a tab', 'no tab'))
    check([] if 'arc=fail' in found else [found], '... nor for us')


def main():
    places = [jail.fetched(name) for name in ('dkimpy', 'opendkim-tools')]
    for _, why in places:
        if why:
            jail.skip_all(why)
    dkimpy, opendkim = (jail.Jail(root, f'{name}.test') for (root, _), name in zip(places, ('dkimpy', 'opendkim')))
    for place in (dkimpy, opendkim):
        place.write('/etc/resolv.conf', 'nameserver 127.0.0.1\n')
    with Nixied(NIXIED, SETTINGS, LISTENERS) as n:
        n.run('admin', 'alias', 'add', f'away@{DOMAIN}', 'someone@there.example', check=True)
        for kind, selector in (('rsa', 'r1'), ('ed25519', 'e1')):
            made = n.run('dkim', 'make', DOMAIN, kind, selector, check=True).stdout
            dns.set(f'{selector}._domainkey.{DOMAIN}', 'TXT', [re.findall('.{1,255}', re.search('^v=DKIM1.*$', made, re.M)[0])])
            n.run('dkim', 'use', DOMAIN, selector, check=True)
        n.reload()
        signed(n, dkimpy, opendkim)
        verified(n, dkimpy, opendkim, pathlib.Path(n.folder, 'keys', DOMAIN, 'r1.pem').read_text('utf-8'))
        sealed(n, dkimpy)
    dkimpy.close()
    opendkim.close()


main()
sys.exit(tap.done())
