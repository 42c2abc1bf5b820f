#!/usr/bin/env python3
"""What people send mail with, on the other side of nixied: Postfix, Exim, OpenSMTPD, swaks and msmtp.

They hand it mail on port 25, on 587 after STARTTLS and on 465, with passwords in each way they know. What nixied
refuses comes back in their own bounces, which nixie reads to the condition that nixied raised.

usage: test_clients.py NIXIED NIXIE        TAP
"""

import contextlib
import smtplib
import sys

import jail

jail.enter('postfix', 'exim', 'opensmtpd', 'swaks', 'msmtp', 'nsd')

import tap  # noqa: E402
from peers import Exim, Nsd, OpenSMTPD, Postfix, Tool, have  # noqa: E402
from server import PASSWORD, USER, until  # noqa: E402
from world import ME, SITES, World, check, read  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
SWAKS = type('Swaks', (Tool,), {'name': 'swaks'})
MSMTP = type('Msmtp', (Tool,), {'name': 'msmtp'})

EXAMINED = 'check_exempt = 192.0.2.1\n'  # or nobody on the loopback would be looked up
LISTED = ''.join(f'{ip.split(".")[-1]}.0.0.127.bl.test. A 127.0.0.2\n'
                 f'{ip.split(".")[-1]}.0.0.127.bl.test. TXT "Listed, see https://bl.test/{ip}"\n' for ip in SITES.values())
ZONE = f'''elsewhere.test. MX 10 mail.example.test.
closed.test. MX 10 mail.example.test.
2.0.0.127.bl.test. TXT "listed"
{LISTED}''' + ''.join(f'{kind.name}.test. TXT "v=spf1 -all"\n' for kind in SITES)

POSTFIX = {
    'main': '''smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:/etc/postfix/passwords
smtp_sasl_security_options = noanonymous
smtp_tls_connection_reuse = no
transport_maps = texthash:/etc/postfix/transport
''',
    'master': '''submit-plain unix - - n - - smtp -o smtp_sasl_mechanism_filter=plain
submit-login unix - - n - - smtp -o smtp_sasl_mechanism_filter=login
submit-scram unix - - n - - smtp -o smtp_sasl_mechanism_filter=scram-sha-256
submit-smtps unix - - n - - smtp -o smtp_tls_wrappermode=yes -o smtp_tls_security_level=encrypt
''',
    'files': {
        'passwords': f'[{ME}]:587 {USER}:{PASSWORD}\n[{ME}]:465 {USER}:{PASSWORD}\n',
        'transport': f'''demo+plain@example.test submit-plain:[{ME}]:587
demo+login@example.test submit-login:[{ME}]:587
demo+scram@example.test submit-scram:[{ME}]:587
demo+smtps@example.test submit-smtps:[{ME}]:465
''',
    },
}
EXIM = {
    'routers': '''submit:
  driver = manualroute
  domains = example.test
  local_parts = demo+plain : demo+login
  transport = submission
  route_list = * 127.0.0.1
  self = send
smtps:
  driver = manualroute
  domains = example.test
  local_parts = demo+smtps
  transport = smtps
  route_list = * 127.0.0.1
  self = send
''',
    'transports': '''submission:
  driver = smtp
  port = 587
  hosts_require_auth = *
  hosts_require_tls = *
  tls_verify_hosts =
  tls_try_verify_hosts =
smtps:
  driver = smtp
  port = 465
  protocol = smtps
  hosts_require_auth = *
  tls_verify_hosts =
  tls_try_verify_hosts =
''',
    'authenticators': f'''plain:
  driver = plaintext
  public_name = PLAIN
  client_condition = ${{if !match{{$local_part}}{{login}}}}
  client_send = ^{USER}^{PASSWORD}
login:
  driver = plaintext
  public_name = LOGIN
  client_send = : {USER} : {PASSWORD}
''',
}
OPENSMTPD = {
    'before': f'''table secrets {{ demo = "{USER}:{PASSWORD}" }}
action "submit" relay host "smtp+tls://demo@{ME}:587" auth <secrets> tls no-verify src 127.0.0.4
action "smtps" relay host "smtps://demo@{ME}:465" auth <secrets> tls no-verify src 127.0.0.4
match from any for rcpt-to "demo+submit@example.test" action "submit"
match from any for rcpt-to "demo+smtps@example.test" action "smtps"
''',
}
# How each hands in the mail of a user: the tag of the recipient's address.
SUBMITTED = {'postfix': ('plain', 'login', 'scram', 'smtps'), 'exim': ('plain', 'login', 'smtps'),
             'opensmtpd': ('submit', 'smtps')}

HELLO = 'Subject: hello\r\nFrom: anna\r\n\r\nhello\r\n'
WANDERED = 'Received: from a.test by b.test; Sun, 22 Nov 2026 12:00:00 +0000\r\n' * 12 + HELLO
BIG = HELLO + 'a line of sixty-four bytes that makes the message too large ...\r\n' * 20000  # 1.3 MB
# To whom, the message, the condition of nixied, the reason that nixie reads in the bounce.
REFUSED = [
    ('nobody@example.test', HELLO, 'C34', 'user_unknown'),
    ('off@example.test', HELLO, 'C19', 'mailbox_disabled'),
    ('full@example.test', HELLO, 'X53', 'mailbox_full'),
    ('staff@example.test', HELLO, 'C28', 'list_restricted'),
    ('x@elsewhere.test', HELLO, 'C22', 'relay_denied'),
    ('x@closed.test', HELLO, 'C24', 'mailbox_disabled'),
    ('bert@example.test', WANDERED, 'X66', 'routing_loop'),
    ('carl@example.test', BIG, 'C36', 'message_too_large'),
]


def told(peer, recipient):
    """The outcome that the bounces in the sender's mailbox there have of this recipient, and its mail."""
    def look():
        for mail in peer.mails('anna'):
            for outcome in read(NIXIE, mail):
                if outcome.get('recipient') == recipient:
                    return outcome, mail
        return None
    return until(look) or ({}, b'')


def refusals(w, peer, rows):
    sender = f'anna@{peer.domain}'
    for to, message, *_ in rows:
        peer.submit(sender, [to], message)
    for to, _, condition, reason in rows:
        outcome, mail = told(peer, to)
        # Who looks at SIZE first does not ask, and says it in its own words.
        asked = condition != 'C36' or outcome.get('condition') is not None
        got = (outcome.get('reason'), outcome.get('action'), outcome.get('condition') if asked else condition)
        check([] if got == (reason, 'failed', condition) else [got, outcome],
              f'{peer.name}: its bounce says {condition}, {reason}', mail.decode('utf-8', 'replace'), peer.log(), w.n.log())


def accepted(w, peer):
    """Mail of others on port 25, and of a user on the other two."""
    sender, n = f'anna@{peer.domain}', w.n
    before = len(n.mails())
    peer.submit(sender, [USER], HELLO)
    mails = n.until_mails(before + 1)[before:]
    check([] if mails and b'\nhello\n' in mails[0] and b'ESMTPS id' in mails[0] else [mails], f'{peer.name}: encrypted on port 25', peer.log())
    for tag in SUBMITTED[peer.name]:
        before = len(n.mails())
        peer.submit(USER, [f'demo+{tag}@example.test'], HELLO)
        mails = n.until_mails(before + 1)[before:]
        check([] if mails and b'ESMTPSA id' in mails[0] else [mails], f'{peer.name}: signed in, {tag}', peer.log(), n.log())
    before = len(n.mails())
    peer.submit(sender, [USER, f'gone-{peer.name}@example.test'], HELLO)
    outcome, _ = told(peer, f'gone-{peer.name}@example.test')
    check([] if len(n.until_mails(before + 1)) == before + 1 and outcome.get('condition') == 'C34' else [outcome],
          f'{peer.name}: two recipients, one of whom is not there', peer.log())
    long = HELLO + 'x' * 990 + '\r\n.\r\n..two\r\n\u00e4\u00f6\u00fc\r\n'
    before = len(n.mails())
    peer.submit(sender, [USER], long.encode(), ['BODY=8BITMIME'])
    want = ('x' * 990 + '\n.\n..two\n\u00e4\u00f6\u00fc\n').encode()
    mails = n.until_mails(before + 1)[before:]
    check([] if mails and want in mails[0].replace(b'\r\n', b'\n') else ['not as sent'], f'{peer.name}: long lines, dots and 8 bits')
    if peer.name == 'opensmtpd':
        return
    peer.submit(sender, ['dora@example.test'], HELLO, ['RET=HDRS', 'ENVID=QQ314159'], ['NOTIFY=SUCCESS,FAILURE'])
    outcome, mail = told(peer, 'dora@example.test')
    check([] if outcome.get('action') == 'delivered' and b'QQ314159' in mail else [outcome],
          f'{peer.name}: DSN goes along, and nixied tells of success', mail.decode('utf-8', 'replace'), w.n.log())


def smtputf8(w, postfix):
    """An address that is not ASCII, with SMTPUTF8 all the way."""
    postfix.submit(f'anna@{postfix.domain}', ['j\u00fcrgen@example.test'], 'Subject: gr\u00fc\u00dfe\r\n\r\nhello\r\n'.encode(), ['SMTPUTF8', 'BODY=8BITMIME'])
    mails = w.n.until_mails(1, 'j\u00fcrgen')
    check([] if mails and 'gr\u00fc\u00dfe'.encode() in mails[0] and b'UTF8SMTP' in mails[0] else [mails], 'postfix: SMTPUTF8', postfix.log(), w.n.log())


def tools(w):
    """swaks and msmtp, on all ports and with all mechanisms they have."""
    n = w.n
    if have(SWAKS):
        tap.skip('swaks', 'skipped: ' + have(SWAKS))
    else:
        login = ('--auth-user', USER, '--auth-password', PASSWORD)
        with SWAKS() as swaks:
            for words, arguments in (('in clear', ('--server', ME)),
                                     ('PIPELINING', ('--server', ME, '--pipeline')),
                                     ('STARTTLS', ('--server', ME, '--tls')),
                                     ('PLAIN', ('--server', f'{ME}:587', '--tls', '--auth', 'PLAIN', *login)),
                                     ('LOGIN', ('--server', f'{ME}:587', '--tls', '--auth', 'LOGIN', *login)),
                                     ('465', ('--server', f'{ME}:465', '--tlsc', '--auth', 'PLAIN', *login))):
                before = len(n.mails())
                sender = USER if '--auth' in arguments else 'anna@postfix.test'
                said = swaks.run('swaks', '--from', sender, '--to', USER, '--helo', 'swaks.test', *arguments)
                check([] if said.returncode == 0 and len(n.until_mails(before + 1)) == before + 1 else [said.stdout], f'swaks: {words}')
            said = swaks.run('swaks', '--from', 'anna@postfix.test', '--to', f'{USER},nobody@example.test', '--server', ME)
            check([] if said.returncode == 0 and '(C34 ' in said.stdout else [said.stdout], 'swaks: one of two recipients')
            n.until_mails(before + 2)
            said = swaks.run('swaks', '--from', USER, '--to', USER, '--server', f'{ME}:587', '--tls', '--auth', 'PLAIN',
                             '--auth-user', USER, '--auth-password', 'wrong')
            check([] if said.returncode == 28 and '535 5.7.8' in said.stdout and '(C17 ' in said.stdout else [said.stdout],
                  'swaks: a wrong password')
    if have(MSMTP):
        tap.skip('msmtp', 'skipped: ' + have(MSMTP))
        return
    with MSMTP() as msmtp:
        msmtp.jail.write('/etc/password', PASSWORD)
        for words, arguments in (('in clear', ('--port=25', '--tls=off')),
                                 ('STARTTLS', ('--port=25', '--tls=on', '--tls-starttls=on')),
                                 ('PLAIN', ('--port=587', '--tls=on', '--auth=plain')),
                                 ('LOGIN', ('--port=587', '--tls=on', '--auth=login')),
                                 ('SCRAM-SHA-256', ('--port=587', '--tls=on', '--auth=scram-sha-256')),
                                 ('465', ('--port=465', '--tls=on', '--tls-starttls=off', '--auth=on'))):
            before = len(n.mails())
            sender = USER if any(a.startswith('--auth') for a in arguments) else 'anna@postfix.test'
            said = msmtp.run('msmtp', '--file=/dev/null', f'--host={ME}', '--tls-certcheck=off', f'--user={USER}', '--passwordeval=cat /etc/password',
                             f'--from={sender}', '--domain=msmtp.test', *arguments, USER, text=HELLO.replace('\r', ''))
            check([] if said.returncode == 0 and len(n.until_mails(before + 1)) == before + 1 else [said.stdout], f'msmtp: {words}')
        said = msmtp.run('msmtp', '--file=/dev/null', f'--host={ME}', '--from=anna@postfix.test', 'nobody@example.test', text=HELLO.replace('\r', ''))
        check([] if said.returncode == 65 + 3 or '(C34 ' in said.stdout else [said.returncode, said.stdout], 'msmtp: tells why it was refused')
        before = len(n.mails())
        said = msmtp.run('msmtp', '--file=/dev/null', f'--host={ME}', '--port=587', '--tls=on', '--tls-certcheck=off', '--auth=on', f'--user={USER}',
                         '--passwordeval=cat /etc/password', f'--from={USER}', '--dsn-return=headers', '--dsn-notify=success',
                         'dora@example.test', text=HELLO.replace('\r', ''))
        outcome, _ = w.outcome('dora@example.test')
        check([] if said.returncode == 0 and outcome.get('action') == 'delivered' else [said.stdout, outcome], 'msmtp: DSN')


def people(n):
    """Who is known here."""
    n.run('admin', 'domain', 'set', 'example.test', '--plus', '+', check=True)
    for name in ('full', 'off', 'bert', 'carl', 'dora', 'erna', 'fred', 'j\u00fcrgen'):
        n.run('admin', 'account', 'add', f'{name}@example.test', '--no-password', check=True)
    n.run('admin', 'account', 'quota', 'full@example.test', '2K', check=True)
    n.run('admin', 'account', 'disable', 'off@example.test', check=True)
    n.run('admin', 'list', 'add', 'staff@example.test', '--mode', 'members', check=True)
    n.run('admin', 'member', 'add', 'staff@example.test', USER, check=True)
    n.run('admin', 'domain', 'add', 'closed.test', check=True)
    n.run('admin', 'domain', 'disable', 'closed.test', check=True)


def main():
    if have(Nsd):
        jail.skip_all(have(Nsd))
    plain = 'spf = off\nmax_message_size = 1M\nmax_hops = 10\nquota_grace = 0\n'
    with contextlib.ExitStack() as stack:
        w = stack.enter_context(World(NIXIED, NIXIE, ZONE, plain))
        people(w.n)
        tools(w)
        peers = []
        for kind, more in ((Postfix, POSTFIX), (Exim, EXIM), (OpenSMTPD, OPENSMTPD)):
            if have(kind):
                tap.skip(f'all of {kind.name}', 'skipped: ' + have(kind))
            else:
                peers.append(stack.enter_context(kind(SITES[kind], users=['anna'], **more)))
        with smtplib.SMTP(ME) as s:  # the first message fits, and fills the mailbox
            s.sendmail('anna@postfix.test', ['full@example.test'], HELLO + ('x' * 60 + '\r\n') * 26)
        w.n.until_mails(1, 'full')
        for peer in peers:
            accepted(w, peer)
            if peer.name == 'postfix':
                smtputf8(w, peer)
            refusals(w, peer, REFUSED)
        for settings, row in ((EXAMINED + 'spf = off\ndnsbl = bl.test\n', ('erna@example.test', HELLO, 'C35', 'ip_blocklisted')),
                              (EXAMINED + 'spf = refuse\n', ('fred@example.test', HELLO, 'C21', 'spf_failure'))):
            w.configure(settings)
            for peer in peers:
                refusals(w, peer, [row])


main()
sys.exit(tap.done())
