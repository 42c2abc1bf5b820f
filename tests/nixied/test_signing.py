#!/usr/bin/env python3
"""Keys are made and published, mail is signed, what is passed on is sealed: the real program, a DNS and another server by script.

usage: test_signing.py NIXIED NIXIE        TAP

Signatures are verified by nixied itself, at another listener; other programs do it in tests/peers.
"""

import base64
import os
import pathlib
import re
import smtplib
import ssl
import stat
import sys

from server import DOMAIN, PASSWORD, SUBMISSION, USER, Client, Nixied, until

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ('dns', 'filter')]
from dns_server import Server as Dns  # noqa: E402
from fakes import Milter, packet  # noqa: E402
from remote_server import Remote  # noqa: E402

import tap  # noqa: E402
from ports import held_port  # noqa: E402

NIXIED = sys.argv[1]
LISTENERS = 'listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n' + SUBMISSION.replace('{', '{\n\tbinarymime = yes', 1)


def check(trouble, name):
    tap.check([line if isinstance(line, str) else repr(line) for line in trouble], name)


ANY_NAME = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ANY_NAME.check_hostname = False
ANY_NAME.verify_mode = ssl.CERT_NONE
PORT = held_port()
dns = Dns({
    ('there.example', 'MX'): [(10, 'mx.there.example')],
    ('mx.there.example', 'A'): ['127.0.0.2'],
    ('other.test', 'MX'): [(10, 'mx.there.example')],
    ('sender.test', 'MX'): [(10, 'mx.there.example')],
    ('sender.test', 'TXT'): ['v=spf1 ip4:192.0.2.7 -all'],
    ('_dmarc.sender.test', 'TXT'): ['v=DMARC1; p=reject'],
    ('7.2.0.192.in-addr.arpa', 'PTR'): ['mx.sender.test'],
    ('mx.sender.test', 'A'): ['192.0.2.7'],
})
there = Remote(ip='127.0.0.2', port=PORT, rcpt={'nobody': '550 5.1.1 no such user'})
SETTINGS = f'dns_servers = {dns.address}\nremote_port = {PORT}\nown_addresses =\nhelo_check = off\nptr_check = off\n'


def submit_binary(n, recipient, message):
    """By BDAT; the reply to it."""
    with smtplib.SMTP('127.0.0.1', n.ports['submission']) as s:
        s.starttls(context=ANY_NAME)
        s.login(USER, PASSWORD)
        s.docmd('MAIL', f'FROM:<{USER}> BODY=BINARYMIME')
        s.docmd('RCPT', f'TO:<{recipient}>')
        s.send(b'BDAT %d LAST\r\n' % len(message) + message)
        return s.getreply()


def submit(n, recipients, message):
    with smtplib.SMTP('127.0.0.1', n.ports['submission']) as s:
        s.starttls(context=ANY_NAME)
        s.login(USER, PASSWORD)
        s.sendmail(USER, recipients, message)


def bring(n, message, recipient, client='192.0.2.9', sender='u@other.test'):
    """A stranger's message, by port 25: the answer after its dot."""
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO x.test', f'XCLIENT ADDR={client} HELO=mx.sender.test', 'EHLO mx.sender.test',
                        f'MAIL FROM:<{sender}>', f'RCPT TO:<{recipient}>', 'DATA'):
            told = c.say(command)
        c.send(re.sub(rb'(?m)^\.', b'..', message) + b'.\r\n')
        return told + ' / ' + c.reply()


def received(count):
    """The messages that the other server has, when there are so many."""
    until(lambda: len(there.messages) >= count)
    return [m['text'].replace(b'\n', b'\r\n') for m in there.messages]


def kept(n, count):
    """The messages in the mailbox, as they travel, when there are so many."""
    return [m.replace(b'\n', b'\r\n') for m in n.until_mails(count)]


def fields(mail, name):
    head = mail.split(b'\r\n\r\n')[0] + b'\r\n'
    return [re.sub(rb'\r\n[ \t]+', b' ', f) for f in re.findall(rb'(?mi)^' + name.encode() + rb':.*\r\n(?:[ \t].*\r\n)*', head)]


def keys(n):
    """nixied dkim: make, publish, check, use."""
    none = n.run('dkim')
    check([] if none.returncode == 0 and 'no keys in ' in none.stdout else [none], 'no key yet')
    made = n.run('dkim', 'make', DOMAIN, 'rsa', 'r1')
    twice = n.run('dkim', 'make', DOMAIN, 'rsa', 'r1')
    check([] if twice.returncode == 3 and 'is there already' in twice.stderr + twice.stdout else [twice], 'not twice')
    check([] if made.returncode == 0 else [made.stderr], 'a key is made')
    path = pathlib.Path(n.folder, 'keys', DOMAIN, 'r1.new')
    mode = stat.S_IMODE(path.stat().st_mode)
    check([] if mode == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700 else [oct(mode)], '... which nobody else may read')
    record = re.search(r'^v=DKIM1; k=rsa; p=\S+$', made.stdout, re.M)
    check([] if record and f'r1._domainkey.{DOMAIN}. IN TXT (' in made.stdout else [made.stdout], '... and its record is shown')
    used = n.run('dkim', 'use', DOMAIN, 'r1')
    check([] if used.returncode == 1 and 'there is no such record' in used.stdout else [used], 'it does not sign before its record is there')
    dns.script[(f'r1._domainkey.{DOMAIN}', 'TXT')] = [re.sub('p=....', 'p=MIIC', record[0])[i:i + 255] for i in (0, 255)]
    used = n.run('dkim', 'check', DOMAIN, 'r1')
    check([] if used.returncode == 1 else [used], '... nor with a damaged one')
    dns.script[(f'r1._domainkey.{DOMAIN}', 'TXT')] = [[record[0][:255], record[0][255:]]]
    made = n.run('dkim', 'make', DOMAIN, 'ed25519', 'e1')
    record = re.search(r'^v=DKIM1; k=ed25519; p=\S+$', made.stdout, re.M)
    dns.script[(f'e1._domainkey.{DOMAIN}', 'TXT')] = [record[0]]
    used = [n.run('dkim', 'use', DOMAIN, s) for s in ('r1', 'e1')]
    check([] if [u.returncode for u in used] == [0, 0] else used, 'with it, it does')
    listed = n.run('dkim')
    check([] if re.findall(r'(\S+)  (\S+)  signs', listed.stdout) == [('e1', 'ed25519'), ('r1', 'rsa2048')] else [listed], 'both are listed')
    again = n.run('dkim', 'make', DOMAIN, 'rsa', 'r1')
    check([] if again.returncode == 1 else [again], 'a key that signs is not made anew')
    shown = n.run('dkim', 'show', DOMAIN, 'e1')
    check([] if record[0] in shown.stdout else [shown], 'a record is shown once more')
    wrong = [n.run('dkim', *words).returncode for words in (('make',), ('use', DOMAIN), ('x', DOMAIN, 'r1'), ('make', 'a b'), ('check', DOMAIN, 'no'))]
    check([] if wrong == [2, 2, 2, 2, 3] else [wrong], 'what is no command is told')


def signed(n):
    submit(n, ['a@there.example'], f'From: Demo <{USER}>\r\nTo: a@there.example\r\nSubject: signed\r\n\r\nhello  there\r\n.dots\r\n')
    mail = received(1)[0]
    check([] if len(fields(mail, 'DKIM-Signature')) == 2 else [mail], 'mail of a user goes out with two signatures')
    check([] if fields(mail, 'Date') and b':date:' in fields(mail, 'DKIM-Signature')[0].lower() else [mail],
          '... over the Date too, which was not there')
    told = bring(n, mail, USER)
    check([] if ' / 250 ' in told else [told], 'it comes back from a stranger')
    stored = kept(n, 1)[0]
    found = b''.join(fields(stored, 'Authentication-Results'))
    check([] if found.count(b'dkim=pass') == 2 and b'header.d=example.test' in found and b'header.s=r1' in found
          and b'header.a=ed25519-sha256' in found and re.search(rb'header\.b="?[A-Za-z0-9+/]{8}', found) else [found], '... and both signatures hold')
    told = bring(n, mail.replace(b'hello  there', b'hello here'), USER)
    found = b''.join(fields(kept(n, 2)[1], 'Authentication-Results'))
    check([] if found.count(b'dkim=fail') == 2 else [found], '... but not over other words')
    told = n.until_log(f'check=sign result=signed rule={DOMAIN}')
    check([] if told else [n.log()], 'the log says who vouched')


def unsigned(n):
    submit(n, ['b@there.example'], 'From: boss@elsewhere.test\r\nTo: b@there.example\r\nSubject: no key\r\n\r\nhello\r\n')
    check([] if not fields(received(2)[1], 'DKIM-Signature') else [there.messages[1]], 'a From of nobody here is not signed')
    submit(n, ['b@there.example'], f'From: boss@{DOMAIN}\r\nTo: b@there.example\r\nSubject: not mine\r\n\r\nhello\r\n')
    check([] if not fields(received(3)[2], 'DKIM-Signature') else [there.messages[2]], "a user gets no signature for another's address")
    check([] if n.until_log('check=sign result=none rule="From is no address of this user"') else [n.log()], '... and the log says why')
    submit(n, ['b@there.example'], f'From: {USER}\r\nFrom: {USER}\r\nTo: b@there.example\r\nSubject: twice\r\n\r\nhello\r\n')
    check([] if not fields(received(4)[3], 'DKIM-Signature') else [there.messages[3]], 'nor does a message with two From fields')


def reports(n):
    submit(n, ['nobody@there.example'], f'From: {USER}\r\nTo: nobody@there.example\r\nSubject: returned\r\n\r\nhello\r\n')
    before = len(kept(n, 0))
    mails = kept(n, before + 1) if before < 3 else kept(n, 0)
    mail = next((m for m in mails if b'multipart/report' in m), b'')
    check([] if len(fields(mail, 'DKIM-Signature')) == 2 else [mail[:1500]], 'a report is signed too')
    told = bring(n, mail[mail.index(b'DKIM-Signature'):], USER)
    found = b''.join(fields(kept(n, len(mails) + 1)[-1], 'Authentication-Results'))
    check([] if found.count(b'dkim=pass') == 2 else [told, found], '... and its signatures hold')


def sealed(n):
    """An alias leads elsewhere: the next server must be told what was found here."""
    count = len(there.messages)
    text = b'From: u@sender.test\r\nTo: away@example.test\r\nSubject: passed on\r\n\r\nhello\r\n'
    told = bring(n, text, f'away@{DOMAIN}', '192.0.2.7', 'u@sender.test')
    mail = received(count + 1)[-1]
    check([] if ' / 250 ' in told and [len(fields(mail, f)) for f in ('ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results')] == [1] * 3
          else [told, mail], 'mail that is passed on has a set of ARC')
    seal, found = b''.join(fields(mail, 'ARC-Seal')), b''.join(fields(mail, 'ARC-Authentication-Results'))
    check([] if b'i=1;' in seal and b'cv=none' in seal and b's=r1' in seal and b'i=1; mail.example.test; ' in found
          and b'spf=pass' in found and b'dmarc=pass' in found and b'header.from=sender.test' in found else [seal, found],
          '... with what was found, sealed by the RSA key')
    check([] if not fields(mail, 'DKIM-Signature') else [mail], "... and no signature of ours: it is not our users'")
    # Now we are the next server: SPF fails, nobody signed, and p=reject.
    told = bring(n, mail, USER, '192.0.2.9', 'u@sender.test')
    check([] if '550 5.7.23' in told else [told], 'a chain alone does not help against p=reject')
    n.configure(SETTINGS + f'arc_trusted = other.test {DOMAIN}\n', LISTENERS)
    n.reload()
    before = len(kept(n, 0))
    told = bring(n, mail, USER, '192.0.2.9', 'u@sender.test')
    found = b''.join(fields(kept(n, before + 1)[-1], 'Authentication-Results'))
    check([] if ' / 250 ' in told and b'arc=pass' in found and b'dmarc=fail' in found else [told, found], '... a trusted one does')
    check([] if n.until_log('check=dmarc result=fail .*arc_trusted vouches: example.test') else [n.log()], '... and the log says that it did')
    told = bring(n, mail.replace(b'hello', b'HELLO'), USER, '192.0.2.9', 'u@sender.test')
    check([] if '550 5.7.23' in told else [told], '... but not over other words')
    count = len(there.messages)
    told = bring(n, mail, f'away@{DOMAIN}', '192.0.2.9', 'u@sender.test')
    mail = received(count + 1)[-1]
    check([] if sorted(re.findall(rb'i=(\d); a=\S+ cv=(\w+)', b''.join(fields(mail, 'ARC-Seal')))) == [(b'1', b'none'), (b'2', b'pass')] else [told, mail],
          'the second to pass it on adds a second set')
    told = bring(n, mail, USER, '192.0.2.9', 'u@sender.test')
    check([] if ' / 250 ' in told else [told], '... and that chain holds, too')
    kept(n, before + 2)


def rewritten(n):
    """What a filter changed is signed as it goes out."""
    change = packet(b'm', b'\0\0\0\1Subject\0another one\0') + packet(b'h', b'Cc\0x@there.example\0') + packet(b'b', b'another body \r\n') + packet(b'c')
    with Milter({'E': change}) as fake:
        n.configure(SETTINGS + f'milters = {fake.place}\n', LISTENERS)
        n.reload()
        count = len(there.messages)
        submit(n, ['d@there.example'], f'From: {USER}\r\nTo: d@there.example\r\nSubject: one\r\n\r\nhello\r\n')
        mail = received(count + 1)[-1]
    n.configure(SETTINGS, LISTENERS)
    n.reload()
    before = len(kept(n, 0))
    told = bring(n, mail, USER)
    found = b''.join(fields(kept(n, before + 1)[-1], 'Authentication-Results'))
    check([] if b'another body' in mail and b'Cc: x@' in mail and len(fields(mail, 'DKIM-Signature')) == 2 and found.count(b'dkim=pass') == 2
          else [told, mail, found], 'what a filter changed is signed as it goes out')


def converted(n):
    """BODY=BINARYMIME: another server gets base64, and it is that which is signed."""
    count, before = len(there.messages), len(kept(n, 0))
    text = f'From: {USER}\r\nTo: d@there.example\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: binary\r\n\r\n'.encode()
    told = submit_binary(n, 'd@there.example', text + b'\0\n\r\r\n.\r\n' * 30)
    mail = received(count + 1)[-1]
    brought = bring(n, mail, USER)
    found = b''.join(fields(kept(n, before + 1)[-1], 'Authentication-Results'))
    check([] if told[0] == 250 and b'base64' in mail and b'\0' not in mail and len(fields(mail, 'DKIM-Signature')) == 2 and found.count(b'dkim=pass') == 2
          else [told, brought, mail, found], 'what was binary is signed as it goes out, in base64')


def keys_that_fail(n):
    """What is wrong with a key is told, and what was before stays."""
    path = os.path.join(n.folder, 'keys', DOMAIN, 'r1.pem')
    os.chmod(path, 0o644)
    n.reload()
    check([] if n.until_log(' alarm .*r1.pem: may be read by others') else [n.log()], 'a key that others may read is refused')
    count = len(there.messages)
    submit(n, ['c@there.example'], f'From: {USER}\r\nTo: c@there.example\r\nSubject: still\r\n\r\nhello\r\n')
    check([] if len(fields(received(count + 1)[-1], 'DKIM-Signature')) == 2 else ['unsigned'], '... and those of before go on')
    os.chmod(path, 0o600)
    n.configure(SETTINGS + 'dkim_sign = no\n', LISTENERS)
    n.reload()
    submit(n, ['c@there.example'], f'From: {USER}\r\nTo: c@there.example\r\nSubject: off\r\n\r\nhello\r\n')
    check([] if not fields(received(count + 2)[-1], 'DKIM-Signature') else ['signed'], 'dkim_sign = no')


def odd_key():
    """An RSA key that is read and cannot sign: what ought to be odd in it is even."""
    def number(value):
        raw = value.to_bytes(value.bit_length() // 8 + 1, 'big')
        return der(2, raw)

    def der(tag, content):
        n = len(content)
        return bytes([tag]) + (bytes([n]) if n < 128 else b'\x82' + n.to_bytes(2, 'big')) + content

    p, q = 2 ** 1023 + 2 ** 1022 + 2, 2 ** 1023 + 2 ** 1022 + 4
    text = base64.encodebytes(der(0x30, b''.join(number(v) for v in (0, p * q, 65537, 3, p, q, 3, 3, 3)))).decode()
    return f'-----BEGIN RSA PRIVATE KEY-----\n{text}-----END RSA PRIVATE KEY-----\n'


def key_that_cannot(n):
    """A signature that cannot be made: the message goes on, and nobody says that it is signed."""
    path = pathlib.Path(n.folder, 'keys', DOMAIN, 'r1.pem')
    whole = path.read_text(encoding='ascii')
    path.write_text(odd_key(), encoding='ascii')
    n.reload()
    count, said = len(there.messages), n.log().count('check=sign result=signed')
    submit(n, ['c@there.example'], f'From: {USER}\r\nTo: c@there.example\r\nSubject: odd\r\n\r\nhello\r\n')
    check([] if not fields(received(count + 1)[-1], 'DKIM-Signature') else ['signed'], 'what cannot be signed goes out unsigned')
    check([] if n.until_log(' alarm .*check=sign .*could not be made') else [n.log()[-900:]], '... which is an alarm')
    log = n.log()
    check([] if f'check=sign result=failed rule={DOMAIN}' in log and log.count('check=sign result=signed') == said else [log[-900:]], '... and the log does not say that it is')
    path.write_text(whole, encoding='ascii')
    n.reload()


def main():
    with Nixied(NIXIED, SETTINGS, LISTENERS) as n:
        n.run('admin', 'alias', 'add', f'away@{DOMAIN}', 'someone@there.example', check=False)
        keys(n)
        n.reload()
        signed(n)
        unsigned(n)
        reports(n)
        sealed(n)
        rewritten(n)
        converted(n)
        key_that_cannot(n)
        keys_that_fail(n)
        status = n.stop()
        check([] if status == 0 else [f'{status} {n.said}'], 'it ends well')


main()
sys.exit(tap.done())
