#!/usr/bin/env python3
"""Every refusal of the checks, by its true cause in the zones of a real DNS: NSD, asked by nixied over UDP and TCP.

Signatures are dkimpy's, and the published message of RFC 8463. The reply, the log, `nixied why` and `nixie` must agree.
usage: test_origins.py NIXIED NIXIE        TAP
"""

import pathlib
import re
import socket
import sys

import jail

jail.enter('nsd', 'dkimpy')

import tap  # noqa: E402
from peers import Nsd, Tool, have  # noqa: E402

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / 'filter'))

from mails import LISTENER, USER, Nixied, agree, send, stored, until  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]


class Dkimpy(Tool):
    name = 'dkimpy'


ZONE = pathlib.Path(__file__).resolve().with_name('origin.zone').read_text('utf-8')
BROKEN = ['down.test', '_dmarc.pdown.test', '9.2.0.192.in-addr.arpa', 'k._domainkey.kdown.test']
PORT = 5353
OFF = 'spf = off\nsender_mx_check = off\nhelo_check = off\nptr_check = off\ndmarc = off\n'
GOOD = '192.0.2.7', 'mx.good.test', 'u@good.test'

RFC8463 = '''DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
'''.replace('\n', '\r\n')


def text_from(author):
    return (f'From: <{author}>\r\nTo: <{USER}>\r\nSubject: hello\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\n'
            'Message-ID: <1@origin.test>\r\n\r\nOne line.\r\n')


def bring(n, client, helo, sender, text=None):
    """The replies to MAIL, RCPT, and what follows."""
    address = f'IPV6:{client}' if ':' in client else client
    return send(n, text or text_from(sender), sender, before=[f'XCLIENT ADDR={address} HELO={helo}', f'EHLO {helo}'], helo='proxy.test')


def refused(n, name, condition, got, *words):
    tap.check(agree(n, NIXIE, got[-1], condition, *words), f'{condition}: {name}')


def taken(name, got, *trouble):
    tap.check([] if got[-1].startswith('250 ') and not any(trouble) else [*map(repr, got), *map(str, trouble)], name)


def configure(n, settings, port=PORT):
    """These checks alone; another DNS counts from the next start."""
    names = {line.split(' = ')[0] for line in settings.splitlines()}
    others = [line for line in OFF.splitlines() if line.split(' = ')[0] not in names]
    n.configure('\n'.join([f'dns_servers = 127.0.0.1:{port}', *others, settings]) + '\n', LISTENER)
    if port == PORT:
        n.reload()
    else:
        n.stop()
        n.start()


# The setting, the condition, client, HELO, sender, words that reply, log and `why` must have.
AT_RCPT = [
    ('sender_mx_check = refuse', 'C31', *GOOD[:2], 'u@nowhere.test', 'nowhere.test'),
    ('sender_mx_check = refuse', 'C31', *GOOD[:2], 'u@nothing.test', 'nothing.test'),
    ('sender_mx_check = refuse', 'X43', *GOOD[:2], 'u@null.test', 'null.test'),
    ('sender_mx_check = refuse', 'X44', *GOOD[:2], 'u@down.test', 'down.test'),
    ('helo_check = refuse', 'C33', GOOD[0], 'liar.good.test', GOOD[2], 'liar.good.test is not 192.0.2.7'),
    ('helo_check = refuse', 'C33', GOOD[0], 'nowhere.test', GOOD[2], 'nowhere.test'),
    ('ptr_check = refuse', 'X20', '192.0.2.10', 'x.test', GOOD[2], '192.0.2.10'),
    ('ptr_check = refuse', 'X20', '192.0.2.8', 'x.test', GOOD[2], '192.0.2.8'),
    ('dnsbl = bl.test', 'C35', '192.0.2.20', *GOOD[1:], 'listed in bl.test: seen in a trap, see https://bl.test/?192.0.2.20'),
    ('dnsbl = bl.test=127.0.0.[3..5]', 'C35', '2001:db8::8', *GOOD[1:], '2001:db8::8 is listed in bl.test'),
    ('rhsbl = rhs.test', 'X83', *GOOD[:2], 'u@bad.test', 'bad.test is listed in rhs.test: sends to traps'),
    ('rhsbl = rhs.test', 'X83', GOOD[0], 'bad.test', 'u@good.test', 'bad.test is listed in rhs.test'),
    ('dnsbl = bl.test*4\nhelo_check = score\nhelo_score = 3\nrefuse_score = 7', 'C35', '192.0.2.20', 'x.test', 'u@good.test', 'bl.test'),
    ('greylisting = yes\ngreylist_delay = 1h', 'C03', *GOOD, 'greylisted, 3600 s left'),
]
# The setting, client, HELO, sender of those who are not refused, though it is near.
TAKEN = [
    ('a domain with an address and no MX', 'sender_mx_check = refuse', *GOOD[:2], 'u@only-a.test'),
    ('a domain with an IPv6 address alone', 'sender_mx_check = refuse', *GOOD[:2], 'u@only-aaaa.test'),
    ('a domain that is an alias', 'sender_mx_check = refuse', *GOOD[:2], 'u@cname.test'),
    ('a HELO that has the address', 'helo_check = refuse\nptr_check = refuse', *GOOD),
    ('... of IPv6', 'helo_check = refuse\nptr_check = refuse', '2001:db8::7', *GOOD[1:]),
    ('reverse DNS that fails', 'ptr_check = refuse', '192.0.2.9', *GOOD[1:]),
    ('an answer of a list that is not meant', 'dnsbl = bl.test=127.0.0.9', '192.0.2.20', *GOOD[1:]),
    ('who is on a good list, too', 'dnsbl = bl.test\ndnswl = wl.test', '192.0.2.30', *GOOD[1:]),
    ('a list that answers for everything', 'dnsbl = wild.test', *GOOD),
    ('a list that refuses to answer', 'dnsbl = closed.test', *GOOD),
    ('a list that is dead', 'dnsbl = gone-list.test', *GOOD),
    ('a list that fails', 'dnsbl = down.test', *GOOD),
    ('who is new, and SPF vouches', 'spf = log\ngreylisting = yes', *GOOD),
]


def at_rcpt(n):
    for setting, condition, client, helo, sender, words in AT_RCPT:
        configure(n, setting)
        refused(n, f'{setting.splitlines()[0]}; {sender} from {client}', condition, bring(n, client, helo, sender), words)
    for name, setting, client, helo, sender in TAKEN:
        configure(n, setting)
        taken(f'taken: {name}', bring(n, client, helo, sender))
    for zone in ('wild.test', 'closed.test', 'gone-list.test'):
        tap.check([] if n.until_log(rf' alarm .*{zone}') else [n.log()], f'{zone} is told to the operator')


class Signer:
    """Signs as anybody: the key k._domainkey.DOMAIN is the same for all."""

    def __init__(self, tool):
        self.jail = tool.jail
        self.jail.run('openssl', 'genrsa', '-out', '/etc/key.pem', '2048')
        key = self.jail.run('sh', '-c', 'openssl rsa -in /etc/key.pem -pubout -outform DER 2>/dev/null | base64 -w0').stdout
        self.zone = ''.join(f'k._domainkey.{domain}. TXT "v=DKIM1; k=rsa; p={key[:200]}" "{key[200:]}"\n'
                            for domain in ('example.com', 'example.net', 'sample.net', 'strict.test', 'signs.test', 'mail.signs.test'))

    def sign(self, domain, text, has_length=False, selector='k'):
        program = ('import dkim, sys; sys.stdout.write(dkim.sign(sys.stdin.buffer.read().replace(b"\\n", b"\\r\\n"), '
                   f'b"{selector}", b"{domain}", open("/etc/key.pem", "rb").read(), length={has_length}).decode())')
        said = self.jail.run('/usr/bin/python3', '-c', program, text=text.replace('\r\n', '\n')).stdout
        if not said.startswith('DKIM-Signature:'):
            raise RuntimeError(said)
        return said.replace('\r\n', '\n').replace('\n', '\r\n') + text


def dkim(n, signer):
    """dkim_required: who always signs."""
    text = text_from('u@signs.test')
    configure(n, 'dkim_required = signs.test kdown.test\ndmarc = log')

    def end(message):
        return bring(n, *GOOD, message)
    taken("the author's signature", end(signer.sign('signs.test', text)))
    taken('... one of a domain below it', end(signer.sign('mail.signs.test', text)))
    taken('... beside one that is broken and one of somebody else', end(signer.sign('signs.test', signer.sign('sample.net', text) + 'more\r\n')))
    refused(n, 'no signature', 'X73', end(text), 'No passing DKIM signature')
    refused(n, 'a text that was changed', 'X73', end(signer.sign('signs.test', text).replace('One line', 'Two lines')))
    refused(n, 'a header that was changed', 'X73', end(signer.sign('signs.test', text).replace('Subject: hello', 'Subject: buy')))
    refused(n, 'a key that was taken back', 'X73', end(signer.sign('signs.test', text, selector='revoked')))
    refused(n, 'a key that is not there', 'X73', end(signer.sign('signs.test', text, selector='gone')))
    taken('l= over all of the text', end(signer.sign('signs.test', text, has_length=True)))
    refused(n, 'text behind what l= covers', 'X74', end(signer.sign('signs.test', text, has_length=True) + 'and buy this\r\n'), 'No acceptable DKIM signature')
    refused(n, "a stranger's valid signature", 'X75', end(signer.sign('sample.net', text)), 'No valid author-matched DKIM signature')
    refused(n, 'a key that cannot be asked for', 'X77', end(signer.sign('kdown.test', text_from('u@kdown.test'))), 'kdown.test')


def published(n):
    configure(n, 'dmarc = log')
    taken('the message of RFC 8463', bring(n, *GOOD, RFC8463))
    mail = until(lambda: next((m.decode() for m in n.mails() if b'joe@football' in m), '')) or ''
    results = re.sub(r'\s+', ' ', mail.split('\n\n')[0])
    want = [f'dkim=pass header.d=football.example.com header.s={s} header.a={a}' for s, a in (('brisbane', 'ed25519-sha256'), ('test', 'rsa-sha256'))]
    tap.check([] if all(w in results for w in want) else [results], '... both its signatures hold: Ed25519, and the RSA key of RFC 6376')


# RFC 7489 B.1 and its neighbours: the sender, the author, who signs, and what becomes of it ("": taken).
DMARC = [
    ('B.1.1 example 1: SPF, the same domain', 'sender@example.com', 'sender@example.com', None, ''),
    ('B.1.1 example 2: SPF, relaxed', 'sender@child.example.com', 'sender@example.com', None, ''),
    ('B.1.1 example 2, where alignment is strict', 'sender@child.strict.test', 'sender@strict.test', None, 'X76'),
    ('B.1.1 example 3: SPF, another domain', 'sender@example.net', 'sender@child.example.com', None, 'X76'),
    ('B.1.2 example 1: DKIM, the same domain', 'u@good.test', 'sender@example.com', 'example.com', ''),
    ('B.1.2 example 2: DKIM, relaxed', 'u@good.test', 'sender@child.example.com', 'example.com', ''),
    ('B.1.2 example 2, where alignment is strict', 'u@good.test', 'sender@child.strict.test', 'strict.test', 'X76'),
    ('B.1.2 example 3: DKIM, another domain', 'u@good.test', 'sender@child.example.com', 'sample.net', 'X76'),
    ('strict, and the same domain', 'u@strict.test', 'sender@strict.test', None, ''),
    ('B.2.1: no policy', 'u@good.test', 'u@nopolicy.test', None, ''),
    ('a policy of the organization', 'u@good.test', 'u@deep.below.example.com', None, 'X76'),
    ('its own policy for domains below', 'u@good.test', 'u@below.sub.test', None, 'X76'),
    ('... and not for itself', 'u@good.test', 'u@sub.test', None, ''),
    ('two policies are none', 'u@good.test', 'u@two.test', None, ''),
    ('v= that does not come first is none', 'u@good.test', 'u@late.test', None, ''),
    ('a policy by CNAME', 'u@good.test', 'u@alias.test', None, 'X76'),
    ('a policy in several strings', 'u@good.test', 'u@parted.test', None, 'X76'),
    ('a policy that cannot be asked for', 'u@good.test', 'u@pdown.test', None, 'X77'),
]


def dmarc(n, signer):
    configure(n, 'dmarc = refuse\nspf = log')
    for name, sender, author, by, condition in DMARC:
        text = text_from(author)
        got = bring(n, *GOOD[:2], sender, signer.sign(by, text) if by else text)
        if condition:
            refused(n, name, condition, got, author.split('@')[1] if condition == 'X77' else '')
        else:
            taken(f'DMARC, {name}', got)
    for name, author in (('p=quarantine', 'u@quarantine.test'), ('p=reject that is tried out', 'u@trial.test')):
        before = len(n.mails())
        taken(f'DMARC, {name}', bring(n, *GOOD, text_from(author)))
        mail = stored(n, before + 1)
        tap.check([] if 'X-Spam-Flag: YES\r\n' in mail and 'dmarc=fail' in mail else [mail], '... is marked')
    configure(n, 'dmarc = refuse\nspf = refuse')
    got = bring(n, '198.51.100.9', 'x.test', 'u@forwarded.test', signer.sign('example.com', text_from('u@example.com')))
    refused(n, 'SPF fails, its domain has no policy: at RCPT', 'C21', got, 'forwarded.test')
    got = bring(n, '198.51.100.9', 'x.test', 'u@example.com', signer.sign('example.com', text_from('u@example.com')))
    taken('DMARC: SPF fails, and the signature vouches', got)
    got = bring(n, '198.51.100.9', 'x.test', 'u@sub.test')
    refused(n, 'SPF fails, the policy is none: at the end of the text', 'C21', got, 'sub.test')


def links(n):
    configure(n, 'uribl = uri.test')
    text = text_from('u@good.test')
    refused(n, 'a link in the text', 'X72', bring(n, *GOOD, text + 'See https://track.shop.test/now\r\n'), 'shop.test, which is listed in uri.test: advertised in spam')
    taken('a link to somebody else', bring(n, *GOOD, text + 'See https://shop.good.test/\r\n'))


def silence(n):
    """A DNS that never answers: for now, and never for good."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
        asking = *GOOD[:2], 'u@silent.test'
        soon = 'check_timeout = 1s\n'
        for setting, condition in (('sender_mx_check', 'X44'), ('spf', 'X46')):
            configure(n, f'{soon}{setting} = refuse', port)
            refused(n, f'{setting} = refuse, and a DNS that is silent', condition, bring(n, *asking), 'silent.test')
        configure(n, soon + 'dmarc = refuse', port)
        refused(n, 'dmarc = refuse, and a DNS that is silent', 'X77', bring(n, *asking), 'silent.test')
        configure(n, soon + 'helo_check = refuse\nptr_check = refuse\ndnsbl = bl.test\nrhsbl = rhs.test\nuribl = uri.test', port)
        taken('lists and names that a silent DNS does not tell refuse nobody', bring(n, '192.0.2.77', 'silent.test', asking[2]))


def main():
    why = have(Nsd, Dkimpy)
    if why:
        jail.skip_all(why)
    with Dkimpy() as tool:
        signer = Signer(tool)
        with Nsd(ZONE + signer.zone, BROKEN, port=PORT), Nixied(NIXIED, f'dns_servers = 127.0.0.1:{PORT}\n{OFF}', LISTENER) as n:
            at_rcpt(n)
            published(n)
            dkim(n, signer)
            dmarc(n, signer)
            links(n)
            silence(n)


main()
sys.exit(tap.done())
