#!/usr/bin/env python3
"""`nixied self-check` against a DNS and mail servers that are at fault in every way it looks for.

usage: test_self_check.py NIXIED NIXIE        TAP
"""

import contextlib
import os
import re
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'dns'))

from dns_server import SERVFAIL, Server
from policy_server import PolicyServer, page, policy
from remote_server import certificate, certificate_by
from server import DOMAIN, MX, USER, Nixied

import tap
from ports import held_port

NIXIED = sys.argv[1]
GOOD = {
    (DOMAIN, 'MX'): [(10, f'mail.{DOMAIN}')],
    (f'mail.{DOMAIN}', 'A'): ['127.0.0.1'],
    ('1.0.0.127.in-addr.arpa', 'PTR'): [f'mail.{DOMAIN}'],
    (DOMAIN, 'TXT'): ['v=spf1 mx -all'],
    (f'_dmarc.{DOMAIN}', 'TXT'): ['v=DMARC1; p=reject'],
    (f's1._domainkey.{DOMAIN}', 'TXT'): ['v=DKIM1; k=rsa; p=AAAA'],
    ('2.0.0.127.bl.test', 'A'): ['127.0.0.2'],
}


class Scripted:
    """A mail server that answers as it is told: {verb: reply}; everything else with 250."""

    def __init__(self, replies, greeting='220 mail ready'):
        self.replies, self.greeting, self.heard = replies, greeting, []
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection, connection.makefile('rwb') as f:  # who asks may go at any time
                self.talk(f)

    def talk(self, f):
        self.say(f, self.greeting)
        for line in f:
            line = line.decode().strip()
            self.heard.append(line)
            found = next((r for start, r in self.replies.items() if line.startswith(start)), '250 ok')
            if found is None:
                break
            self.say(f, found)
            if line == 'QUIT':
                break

    @staticmethod
    def say(f, reply):
        f.write((reply + '\r\n').encode())
        f.flush()


def words_of(got):
    return re.sub(r'\s+', ' ', got.stdout + got.stderr)


def policies(folder, finds):
    """What the domain wants of servers that send to it: MTA-STS, TLSRPT."""
    authority = certificate('authority.example', folder)
    web = PolicyServer(certificate_by(authority, f'mta-sts.{DOMAIN}', folder), None)
    records = {(f'_mta-sts.{DOMAIN}', 'TXT'): ['v=STSv1; id=1;'], (f'mta-sts.{DOMAIN}', 'A'): ['127.0.0.1'],
               (f'_smtp._tls.{DOMAIN}', 'TXT'): [f'v=TLSRPTv1; rua=mailto:postmaster@{DOMAIN}']}

    def sees(words, answer, *parts, change=None, **more):
        web.answer = answer
        finds(words, *parts, change={**records, **(change or {})},
              settings=f'mta_sts_port = {web.port}\ntls_authorities = {authority}.crt\n', **more)

    mx = f'mail.{DOMAIN}'
    sees('a policy that is enforced', policy('enforce', mx), '(mode: enforce)', f'names every MX of {DOMAIN}', 'TLSRPT: others report', code=0)
    sees('... and names another host', policy('enforce', 'mx.other.example'), f'does not name the MX {mx}', '(D19)', never=['names every'])
    sees('... in testing that is no fault yet', policy('testing', 'mx.other.example'), f'does not name the MX {mx}', 'is being tried', code=0)
    sees('a policy for an hour', policy('enforce', mx, max_age=3600), 'after 3600 s', code=0)
    sees('a policy of none', policy('none'), '(mode: none)', code=0, never=['does not name'])
    sees('a policy that is a page', page(b'<html>', kind='text/html'), 'cannot be used: its type is "text/html", not text/plain')
    sees('a redirect', page(b'', status='302 Found'), 'a redirect, which may not be followed')
    sees('two records', None, 'cannot be used: there is more than one', change={(f'_mta-sts.{DOMAIN}', 'TXT'): ['v=STSv1; id=1', 'v=STSv1; id=2']})
    sees('a record without an id', None, 'cannot be used: it has no id', change={(f'_mta-sts.{DOMAIN}', 'TXT'): ['v=STSv1;']})
    sees('a DNS that fails', None, 'MTA-STS: the DNS could not tell', change={(f'_mta-sts.{DOMAIN}', 'TXT'): SERVFAIL}, code=0)
    sees('no policy', None, 'has no MTA-STS policy', change={(f'_mta-sts.{DOMAIN}', 'TXT'): None}, code=0)
    sees('nobody who is told', policy('enforce', mx), 'TLSRPT: there is no record', change={(f'_smtp._tls.{DOMAIN}', 'TXT'): None}, code=0)
    sees('reports to nowhere', policy('enforce', mx), 'TLSRPT: the record', 'it has no rua', change={(f'_smtp._tls.{DOMAIN}', 'TXT'): ['v=TLSRPTv1;']})
    web.close()


def main():
    with Nixied(NIXIED, 'dnsbl = bl.test\n', MX + 'listener none {\n\taddress = 127.0.0.1:0\n}\n') as n:
        own = n.ports['mx']

        def ask(change=None, port=own, *more, domain=DOMAIN, settings=''):
            """What it says of a DNS that is right but for `change`."""
            script = {**GOOD, **(change or {})}
            zone = Server({name: value for name, value in script.items() if value is not None})
            n.configure(f'dnsbl = bl.test\ndns_servers = {zone.address}\n{settings}')
            return n.run('self-check', '-p', str(port), '-s', 's1', *more, domain)

        def says(got, code, *parts, never=()):
            said = words_of(got)
            missing = [f'not said: {p}' for p in parts if p not in said] + [f'said: {p}' for p in never if p in said]
            return missing + ([f'exit {got.returncode}'] if got.returncode != code else []) and [*missing, said]

        def finds(words, *parts, change=None, code=1, port=own, more=(), domain=DOMAIN, never=(), settings=''):
            tap.check(says(ask(change, port, *more, domain=domain, settings=settings), code, *parts, never=never), words)

        finds('a domain that is in order', f'mail for {DOMAIN} goes to mail.{DOMAIN}', 'and leads back',
              'SPF: 127.0.0.1 may send', f'DKIM: s1._domainkey.{DOMAIN} has a key', 'p=reject',
              'on none of the', 'is not good for that name: self-signed certificate', f'takes mail for postmaster@{DOMAIN} from the null sender',
              'wrong: 0', code=0, never=('takes mail for any address',))
        finds('an address of it', f'takes mail for {USER} from the null sender', code=0, domain=USER)
        finds('an address that is not there', '5.1.1', 'Sender verification failed', domain=f'nobody@{DOMAIN}')

        policies(n.folder, finds)

        # the DNS
        finds('no such domain', 'there is no domain nowhere.test', domain='nowhere.test')
        finds('a DNS that fails', 'the DNS does not tell the MX', '(servfail)', change={(DOMAIN, 'MX'): SERVFAIL})
        finds('a null MX', 'takes no mail', change={(DOMAIN, 'MX'): [(0, '')]})
        finds('no MX', 'has no MX', change={(DOMAIN, 'MX'): None, (DOMAIN, 'A'): ['127.0.0.1'],
                                           (DOMAIN, 'TXT'): ['v=spf1 a -all']}, code=0)
        finds('an MX without an address', 'the MX gone.test has no address', change={(DOMAIN, 'MX'): [(10, 'gone.test')]})
        finds('an MX that is an address', 'it must be a name', change={(DOMAIN, 'MX'): [(10, '192.0.2.1')]})
        finds('an MX that is an alias', 'is an alias (CNAME)',
              change={(DOMAIN, 'MX'): [(10, f'alias.{DOMAIN}')], (f'alias.{DOMAIN}', 'CNAME'): [f'mail.{DOMAIN}']}, code=0)
        finds('an address inside', '127.0.0.1, an address that nobody outside can reach', code=0)
        finds('no reverse DNS', 'has no reverse DNS', change={('1.0.0.127.in-addr.arpa', 'PTR'): None})
        finds('a reverse DNS that does not lead back', 'which does not have that address',
              change={('1.0.0.127.in-addr.arpa', 'PTR'): ['other.test']})
        finds('a reverse DNS of another name', 'this server calls itself', code=0,
              change={('1.0.0.127.in-addr.arpa', 'PTR'): ['other.test'], ('other.test', 'A'): ['127.0.0.1']})
        finds('a name in HELO without address', 'that name has no address',
              change={(f'mail.{DOMAIN}', 'A'): None})
        finds('mail that is sent from elsewhere', '(C33)', 'SPF: mail of', more=('--address', '192.0.2.9'))
        finds('no SPF', 'has no SPF record', change={(DOMAIN, 'TXT'): None})
        finds('SPF that forgot the server', 'gets "fail" (-all in', change={(DOMAIN, 'TXT'): ['v=spf1 -all']})
        finds('SPF that is broken', 'cannot be used', change={(DOMAIN, 'TXT'): ['v=spf1 include -all']})
        finds('no DKIM key', 'there is no key at', change={(f's1._domainkey.{DOMAIN}', 'TXT'): None})
        finds('a key that was withdrawn', 'has no key', change={(f's1._domainkey.{DOMAIN}', 'TXT'): ['v=DKIM1; p=']})
        finds('no DMARC', 'has no DMARC policy', change={(f'_dmarc.{DOMAIN}', 'TXT'): None}, code=0)
        finds('a DMARC policy of none', 'is p=none', change={(f'_dmarc.{DOMAIN}', 'TXT'): ['v=DMARC1; p=none']}, code=0)
        finds('an address on a list', '127.0.0.9 is listed by bl.test: seen in traps', more=('-a', '127.0.0.9'),
              change={('9.0.0.127.bl.test', 'A'): ['127.0.0.2'], ('9.0.0.127.bl.test', 'TXT'): ['seen in traps']})

        # the servers
        port = held_port()
        finds('nobody there', f'cannot be reached at port {port}: Connection refused', port=port)

        def server(words, *parts, greeting='220 mail ready', code=1, **replies):
            s = Scripted(replies, greeting)
            finds(words, *parts, port=s.port, code=code)
            tap.check([h for h in s.heard if h.startswith(('DATA', 'BDAT'))], f'{words}: no mail is sent')

        server('a server that greets nobody', 'greets with: 554 go away', greeting='554 go away')
        server('a server that speaks something else', 'is no reply of SMTP', greeting='SSH-2.0-x')
        server('EHLO refused', 'refuses EHLO', EHLO='550 no')
        server('no STARTTLS', 'offers no STARTTLS', 'does not relay for strangers', code=0,
               **{f'RCPT TO:<postmaster@{DOMAIN}': '250 ok', 'RCPT TO:<abuse': '250 ok', 'RCPT': '550 no relay'})
        server('STARTTLS refused', 'offers STARTTLS and refuses it: 454 not now',
               EHLO='250-mail\r\n250 STARTTLS', STARTTLS='454 not now')
        server('STARTTLS that breaks', 'the handshake after STARTTLS failed',
               EHLO='250-mail\r\n250 starttls', STARTTLS='220 go\r\n')
        server('the null sender refused', 'refuses the null sender: 550 5.7.1 no', **{'MAIL FROM:<>': '550 5.7.1 no'})
        server('no postmaster', f'refuses postmaster@{DOMAIN}: 550 who', RCPT='550 who')
        server('greylisting', 'does not take postmaster', RCPT='451 later', code=0)
        server('any address', 'takes mail for any address', 'pass on mail for all the world', code=0)
        server('cut off', 'after RCPT: the connection was closed by the other end', RCPT=None)
        server('a reply that does not end', 'its reply did not end', EHLO='\r\n'.join(['250-x'] * 200))

        # what it is asked
        for arguments, words in ([(), 'DOMAIN: is missing'], [('a.test', 'b.test'), 'one domain at a time'],
                                 [('-a', 'x', 'a.test'), 'is no IP address'], [('-p', '70000', 'a.test'), 'is no port'],
                                 [('a@',), 'has no domain'], [('a b',), 'neither a domain nor an address'],
                                 [(*['-s', 's'] * 17, 'a.test'), '16 selectors']):
            got = n.run('self-check', *arguments)
            tap.check(says(got, 2, words), f'usage: {words}')
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
