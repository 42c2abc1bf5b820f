#!/usr/bin/env python3
"""Each condition of the origin, raised over TCP by its real cause: the reply, the log, and what nixie explains.

usage: test_origin.py NIXIED NIXIE        TAP
"""

import base64
import hashlib
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'dns'))

from dns_server import SERVFAIL, Server
from held import STYLES, catalogue, held
from server import DOMAIN, USER, Client, Nixied

import tap

NIXIED, NIXIE = sys.argv[1:3]
KEY = subprocess.run(['openssl', 'genrsa', '2048'], capture_output=True, check=True).stdout
PUBLIC = subprocess.run(['openssl', 'rsa', '-pubout', '-outform', 'DER'], input=KEY, capture_output=True, check=True).stdout
LISTENER = 'listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n'
SETTINGS = '''spf = refuse
sender_mx_check = refuse
helo_check = score
ptr_check = score
dnsbl = bl.test
rhsbl = rhs.test
refuse_score = 5
'''

zone = Server({
    ('good.test', 'MX'): [(10, 'mx.good.test')],
    ('good.test', 'TXT'): ['v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all'],
    ('mx.good.test', 'A'): ['192.0.2.7', '192.0.2.20'],
    ('7.2.0.192.in-addr.arpa', 'PTR'): ['mx.good.test'],
    ('20.2.0.192.in-addr.arpa', 'PTR'): ['mx.good.test'],
    ('fail.test', 'MX'): [(10, 'mx.good.test')],
    ('fail.test', 'TXT'): ['v=spf1 -all'],
    ('why.test', 'MX'): [(10, 'mx.good.test')],
    ('why.test', 'TXT'): ['v=spf1 -all exp=exp.why.test'],
    ('exp.why.test', 'TXT'): ['ask it@%{d}'],
    ('null.test', 'MX'): [(0, '')],
    ('_dmarc.reject.test', 'TXT'): ['v=DMARC1; p=reject'],
    ('down.test', '*'): SERVFAIL,
    ('halfdown.test', 'MX'): [(10, 'mx.good.test')],
    ('halfdown.test', 'TXT'): SERVFAIL,
    ('broken.test', 'MX'): [(10, 'mx.good.test')],
    ('broken.test', 'TXT'): ['v=spf1 include -all'],
    ('s._domainkey.sender.test', 'TXT'): ['v=DKIM1; p=' + base64.b64encode(PUBLIC).decode()],
    ('_dmarc.down.test', 'TXT'): SERVFAIL,
    ('shop.test.uri.test', 'A'): ['127.0.0.2'],
    ('shop.test.uri.test', 'TXT'): ['advertised in spam'],
    ('bad.test', 'MX'): [(10, 'mx.good.test')],
    ('bad.test.rhs.test', 'A'): ['127.0.1.2'],
    ('bad.test.rhs.test', 'TXT'): ['sends to traps'],
    ('2.0.0.127.bl.test', 'A'): ['127.0.0.2'],
    ('20.2.0.192.bl.test', 'A'): ['127.0.0.2'],
    ('20.2.0.192.bl.test', 'TXT'): ['see https://bl.test/?192.0.2.20'],
})

# Condition, client, HELO, sender, the reply without its mark.
CASES = [
    ('C21', '192.0.2.7', 'mx.good.test', 'u@fail.test', '550 5.7.23 Blocked by SPF: 192.0.2.7 may not send for fail.test'),
    ('X84', '192.0.2.7', 'mx.good.test', 'u@why.test',
     '550 5.7.23 Blocked by SPF: 192.0.2.7 may not send for why.test, whose owner says: ask it@why.test'),
    ('C31', '192.0.2.7', 'mx.good.test', 'u@nobody.test',
     '550 5.1.8 Sender domain does not have any MX records, and no address: nobody.test'),
    ('X43', '192.0.2.7', 'mx.good.test', 'u@null.test', '550 5.7.27 Sender domain null.test has a null MX'),
    ('X44', '192.0.2.7', 'mx.good.test', 'u@down.test',
     '450 4.1.8 Sender domain down.test could not be looked up, please try again later'),
    ('X46', '192.0.2.7', 'mx.good.test', 'u@halfdown.test',
     '451 4.7.24 SPF of halfdown.test could not be checked, please try again later'),
    ('X20', '192.0.2.9', 'other.test', 'u@good.test', '550 5.7.25 Client host 192.0.2.9 has no valid reverse DNS (PTR) record'),
    ('C35', '192.0.2.20', 'mx.good.test', 'u@good.test',
     '550 5.7.1 Client host 192.0.2.20 is listed in bl.test: see https://bl.test/?192.0.2.20'),
    ('X83', '192.0.2.7', 'mx.good.test', 'u@bad.test', '550 5.7.1 Domain bad.test is listed in rhs.test: sends to traps'),
]


def mail(port, client, helo, sender, *recipients):
    """The replies to the recipients."""
    with Client(port) as c:
        c.reply()
        c.say('EHLO proxy.test')
        c.say(f'XCLIENT ADDR={client} HELO={helo}')
        c.say(f'EHLO {helo}')
        told = c.say(f'MAIL FROM:<{sender}>')
        return [told] + [c.say(f'RCPT TO:<{r}>') for r in recipients] + [c.say('RSET'), c.say('QUIT')]


def refused(n, condition, client, helo, sender, want):
    got = mail(n.ports['mx'], client, helo, sender, USER, f'postmaster@{DOMAIN}')
    match = re.fullmatch(re.escape(want) + r' \((\w+) (\w+)\)', got[1])
    tap.check([] if match and match[1] == condition and got[0].startswith('250 ') else [repr(got), want], f'{condition}: the reply')
    tap.check([] if got[2].startswith('250 ') else [got[2]], '... but postmaster can be written to')
    reference = match[2] if match else 'none'
    line = n.until_log(f' refused session={reference} .*condition={condition}')
    tap.check([] if line and f'to={USER}' in line and f'client={client}' in line else [str(line)], '... the log has it')
    total = n.until_log(f' check session={reference} .*check=total result=(refuse|defer)')
    tap.check([] if total else [n.log()], '... and what decided')
    told = subprocess.run([NIXIE, 'code', got[1]], capture_output=True, text=True, check=False).stdout
    tap.check([] if told.startswith(condition) or f'{condition} ' in told else [told], '... nixie explains it')


def named(n):
    """XCLIENT's NAME is what is known of the client: nobody is asked, and it stands where a name of the DNS would."""
    def send(*attributes, text=True):
        with Client(n.ports['mx']) as c:
            c.reply()
            got = [c.say(command) for command in ('EHLO proxy.test', ' '.join(('XCLIENT', *attributes)), 'EHLO other.test', 'MAIL FROM:<u@good.test>',
                                                  f'RCPT TO:<{USER}>')]
            if text:
                got.append(c.say('DATA'))
                c.send('From: u@good.test\r\nSubject: named\r\n\r\ntext\r\n.\r\n')
                got.append(c.reply())
            return got

    def front_of(reply):
        queued = re.search(r'queued as (\w+)', reply)
        text = (n.until_mail(queued[1]) or b'').decode('latin-1') if queued else ''
        return ' '.join(text.partition('Subject: named')[0].split())

    # 192.0.2.9 has no name in the DNS: see X20 in CASES.
    for address, shown in (('192.0.2.9', '192.0.2.9'), ('IPV6:2001:db8::9', 'IPv6:2001:db8::9')):
        got = send(f'ADDR={address}', 'NAME=mx.claim.test', 'REVERSE_NAME=mx.claim.test')
        front = front_of(got[-1])
        ok = f'Received: from other.test (mx.claim.test [{shown}])' in front and 'iprev=pass' in front
        tap.check([] if ok else [*got, front], f'XCLIENT NAME for {address}: taken for true, in Received and for the checks')
    tap.check([] if n.until_log(r' accepted .* client=192.0.2.9 client_name=mx.claim.test ') else [n.log()], '... and in the log')
    got = send('NAME=[TEMPUNAVAIL]', 'ADDR=192.0.2.7', 'REVERSE_NAME=[TEMPUNAVAIL]')
    front = front_of(got[-1])
    ok = 'iprev=temperror' in front and '(mx.good.test' not in front
    tap.check([] if ok else [*got, front], 'XCLIENT NAME=[TEMPUNAVAIL]: nobody knows, and it counts nothing')
    for reverse in ((), ('REVERSE_NAME=mx.claim.test',)):
        got = send('ADDR=192.0.2.7', 'NAME=[UNAVAILABLE]', *reverse, text=False)
        tap.check([] if '(X20 ' in got[-1] else got, f'XCLIENT NAME=[UNAVAILABLE] {" ".join(reverse)}: it has no name that leads back')
    for wrong in ('NAME=a+20b', 'NAME=a..b', 'REVERSE_NAME=[192.0.2.1]', 'NAME='):
        got = send('ADDR=192.0.2.7', wrong, text=False)
        tap.check([] if got[1].startswith('501 5.5.4 ') else got, f'XCLIENT {wrong}: no name')


def results(n):
    """What was found goes in front of the message, and nobody else's word for ours goes on."""
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO proxy.test', 'XCLIENT ADDR=192.0.2.7 HELO=mx.good.test', 'EHLO mx.good.test',
                        'MAIL FROM:<u@good.test>', f'RCPT TO:<{USER}>', 'DATA'):
            c.say(command)
        c.send(f'Authentication-Results: mail.{DOMAIN};\r\n\tdkim=pass header.d=bank.test\r\nAuthentication-Results: other.test; none\r\n'
               'From: u@good.test\r\nSubject: marked-by-checks\r\n\r\ntext\r\n.\r\n')
        told = c.reply()
        refused = [c.say(command) for command in ('MAIL FROM:<u@good.test>', f'RCPT TO:<{USER}>', 'DATA')]
        c.send('From: boss@reject.test\r\n\r\ntext\r\n.\r\n')
        refused.append(c.reply())
    tap.check([] if told.startswith('250 ') else [told], 'a message is taken')
    front = b''.join(n.until_mails(1)).partition(b'marked-by-checks')[0].decode('latin-1')
    front = front[front.rfind(f'Authentication-Results: mail.{DOMAIN};'):]
    tap.check([] if 'spf=pass smtp.mailfrom=u@good.test' in front and 'dkim=none' in front and 'iprev=pass policy.iprev=192.0.2.7' in front
              and front.index('spf=pass') < front.index('Received: ') else [front], '... with what was found in front of it')
    tap.check([] if 'bank.test' not in front and 'other.test' in front else [front], "... and without a stranger's word for ours")
    want = '550 5.7.26 Rejected by the DMARC policy of reject.test: SPF pass for good.test, which is another domain; no DKIM signature (X76 '
    tap.check([] if refused[-1].startswith(want) else refused, 'X76 at the end of the text')
    tap.check([] if n.until_log(' refused .*condition=X76') else [n.log()], '... in the log')


def signed(text, more=''):
    """The message with a DKIM signature of sender.test (RFC 6376, simple); of its body without `more`, which stands behind."""
    header, _, body = text.partition('\r\n\r\n')
    author = header.partition('\r\n')[0]
    length = f' l={len(body)};' if more else ''
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    field = f'DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=sender.test; s=s;{length} h=From; bh={digest}; b='
    with tempfile.NamedTemporaryFile() as key:
        key.write(KEY)
        key.flush()
        made = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', key.name], input=f'{author}\r\n{field}'.encode(),
                              capture_output=True, check=True).stdout
    return f'{field}{base64.b64encode(made).decode()}\r\n{text}{more}'


def shared_name(n):
    """authserv_id: results under that name are ours, and nobody else's."""
    n.configure(f'dns_servers = {zone.address}\nauthserv_id = in.test\n', LISTENER)
    n.reload()
    before = len(n.mails())
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO proxy.test', 'XCLIENT ADDR=192.0.2.7 HELO=mx.good.test', 'EHLO mx.good.test',
                        'MAIL FROM:<u@good.test>', f'RCPT TO:<{USER}>', 'DATA'):
            c.say(command)
        c.send('Authentication-Results: "IN.test" 1;\r\n\tdkim=pass header.d=bank.test\r\nFrom: u@good.test\r\n\r\ntext\r\n.\r\n')
        told = c.reply()
    mail = (n.until_mails(before + 1) or [b''])[-1].decode()
    tap.check([] if told.startswith('250 ') and mail.count('Authentication-Results:') == 1 and 'bank.test' not in mail
              and 'Authentication-Results: in.test;' in mail else [told, mail], 'authserv_id names who found it, and takes out what others say in that name')


# Condition, the text behind "From: u@good.test", the reply without its mark.
TEXTS = [
    ('X72', 'Subject: buy\r\n\r\nSee http://track.shop.test/now.\r\n',
     '554 5.7.1 Message contains a link to shop.test, which is listed in uri.test: advertised in spam'),
    ('X73', 'From: boss@signs.test\r\nSubject: x\r\n\r\ntext\r\n', '550 5.7.20 No passing DKIM signature found'),
    ('X74', signed('From: boss@signs.test\r\nSubject: x\r\n\r\ntext\r\n', 'added\r\n'), '550 5.7.21 No acceptable DKIM signature found'),
    ('X75', signed('From: boss@signs.test\r\nSubject: x\r\n\r\ntext\r\n'),
     '550 5.7.22 No valid author-matched DKIM signature found'),
    ('X77', 'From: boss@down.test\r\nSubject: x\r\n\r\ntext\r\n',
     '451 4.7.26 Authentication checks of down.test failed for now, please try again later'),
]


def reply_at_end(n, text):
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO proxy.test', 'XCLIENT ADDR=192.0.2.7 HELO=mx.good.test', 'EHLO mx.good.test',
                        'MAIL FROM:<u@good.test>', f'RCPT TO:<{USER}>', 'DATA'):
            c.say(command)
        c.send(text + '.\r\n')
        return c.reply()


def at_the_end(n, condition, text, want):
    """What is decided when the text was seen."""
    got = reply_at_end(n, text)
    match = re.fullmatch(re.escape(want) + r' \((\w+) (\w+)\)', got)
    tap.check([] if match and match[1] == condition else [got, want], f'{condition}: the reply at the end of the text')
    reference = match[2] if match else 'none'
    tap.check([] if n.until_log(f' refused session={reference} .*condition={condition}') else [n.log()], '... the log has it')
    why = n.run('why', '--session', reference).stdout
    tap.check([] if condition in why and want[4:] in ' '.join(why.split()) else [why], '... and nixied why tells it')
    told = subprocess.run([NIXIE, 'code', got], capture_output=True, text=True, check=False).stdout
    tap.check([] if told.startswith(f'{condition}: ') else [told], '... nixie explains it')


OF_TEXTS = 'helo_check = off\nptr_check = off\ndmarc = refuse\nuribl = uri.test\ndkim_required = signs.test\n'
DMARC = 'From: boss@reject.test\r\nSubject: x\r\n\r\ntext\r\n'


def both_styles():
    rows = catalogue()
    dns = f'dns_servers = {zone.address}\n'
    for style in STYLES:
        with Nixied(NIXIED, f'{dns}reply_style = {style}\n{SETTINGS}', LISTENER) as n:
            for condition, client, helo, sender, _ in CASES:
                held(NIXIE, n, style, rows[condition], 'rcpt', mail(n.ports['mx'], client, helo, sender, USER)[1])
            n.configure(f'{dns}reply_style = {style}\nspf = refuse\nspf_permerror_refuses = yes\n{OF_TEXTS}', LISTENER)
            n.reload()
            held(NIXIE, n, style, rows['X47'], 'rcpt', mail(n.ports['mx'], '192.0.2.7', 'mx.good.test', 'u@broken.test', USER)[1])
            for condition, text in [case[:2] for case in TEXTS] + [('X76', DMARC)]:
                held(NIXIE, n, style, rows[condition], 'end', reply_at_end(n, text))
            n.configure(f'{dns}reply_style = {style}\nhelo_check = refuse\nptr_check = off\n', LISTENER)
            n.reload()
            held(NIXIE, n, style, rows['C33'], 'rcpt', mail(n.ports['mx'], '192.0.2.9', 'mx.good.test', 'u@good.test', USER)[1])


def main():
    with Nixied(NIXIED, f'dns_servers = {zone.address}\n{SETTINGS}', LISTENER) as n:
        for case in CASES:
            refused(n, *case)
        got = mail(n.ports['mx'], '192.0.2.7', 'mx.good.test', 'u@good.test', USER)
        tap.check([] if got[1].startswith('250 ') else got, 'an honest client is taken')
        results(n)
        named(n)
        shared_name(n)
        n.configure(f'dns_servers = {zone.address}\n{SETTINGS}', LISTENER)
        n.reload()
        got = mail(n.ports['mx'], '127.0.0.1', 'x.test', 'u@fail.test', USER)
        tap.check([] if got[1].startswith('250 ') else got, 'this host is not checked')
        n.configure(f'dns_servers = {zone.address}\nspf = log\nhelo_check = off\nptr_check = off\n', LISTENER)
        n.reload()
        got = mail(n.ports['mx'], '192.0.2.7', 'mx.good.test', 'u@fail.test', USER)
        tap.check([] if got[1].startswith('250 ') else got, 'a reload changes what is checked')
        n.configure(f'dns_servers = {zone.address}\nspf = refuse\nspf_permerror_refuses = yes\n{OF_TEXTS}', LISTENER)
        n.reload()
        refused(n, 'X47', '192.0.2.7', 'mx.good.test', 'u@broken.test', '550 5.7.24 SPF record of broken.test is not valid (permerror)')
        for case in TEXTS:
            at_the_end(n, *case)
        n.configure(f'dns_servers = {zone.address}\nhelo_check = refuse\nptr_check = off\n', LISTENER)
        n.reload()
        refused(n, 'C33', '192.0.2.9', 'mx.good.test', 'u@good.test',
                '550 5.7.1 The host name specified in HELO does not match IP address: mx.good.test is not 192.0.2.9')
        n.configure(f'dns_servers = {zone.address}\ndnsbl = nonsense\n', LISTENER)
        n.reload()
        tap.check([] if n.until_log(' alarm .*nonsense.* is no list') else [n.log()], 'a list that is none is told, and the rest stays')
        status = n.stop()
        tap.check([] if status == 0 else [f'{status} {n.said}'], 'it ends well')


main()
both_styles()
sys.exit(tap.done())
