#!/usr/bin/env python3
"""nixied sends to the servers that people run: Postfix, Exim and OpenSMTPD, found by the MX of a real DNS server.

Each refuses in the ways it has. What the report tells then is asked of nixie; what passes is looked for in the log,
and again in the report when the time of the queue is over.

usage: test_servers.py NIXIED NIXIE        TAP
"""

import contextlib
import sys

import jail

jail.enter('postfix', 'exim', 'opensmtpd', 'nsd', 'faketime')

import tap  # noqa: E402
from peers import Exim, Nsd, OpenSMTPD, Postfix, have  # noqa: E402
from server import USER, until  # noqa: E402
from world import HELLO, ME, NOBODY, SITES, World, check, submit  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
DAY = 86400
BIG = HELLO + 'a line of sixty-four bytes that makes the message too large ...\r\n' * 20000  # 1.3 MB
WANDERED = 'Received: from a.test by b.test; Sun, 22 Nov 2026 12:00:00 +0000\r\n' * 6 + HELLO

ZONE = f'''refused.test. MX 10 mx.refused.test.
mx.refused.test. A {NOBODY}
null.test. MX 0 .
noaddress.test. MX 10 nothing.test.
self.test. MX 10 mail.example.test.
second.test. MX 10 mx.refused.test.
second.test. MX 20 mx.postfix.test.
elsewhere.postfix.test. MX 10 mx.postfix.test.
elsewhere.exim.test. MX 10 mx.exim.test.
elsewhere.opensmtpd.test. MX 10 mx.opensmtpd.test.
loop.test. MX 10 mx.postfix.test.
oldtls.test. MX 10 mx.oldtls.test.
mx.oldtls.test. A 127.0.0.5
notls.test. MX 10 mx.notls.test.
mx.notls.test. A 127.0.0.6
must.oldtls.test. MX 10 mx.oldtls.test.
must.notls.test. MX 10 mx.notls.test.
1.0.0.127.zen.spamhaus.org. A 127.0.0.2
1.0.0.127.zen.spamhaus.org. TXT "https://www.spamhaus.org/query/ip/127.0.0.1"
1.0.0.127.bl.spamcop.net. A 127.0.0.2
1.0.0.127.bl.spamcop.net. TXT "Blocked - see https://www.spamcop.net/bl.shtml?127.0.0.1"
'''

POSTFIX = {
    'main': '''relay_domains = loop.test
message_size_limit = 1000000
hopcount_limit = 5
relay_transport = smtp
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_restriction_classes = blocked
blocked = reject_rbl_client zen.spamhaus.org
smtpd_recipient_restrictions = check_recipient_access texthash:/etc/postfix/access
virtual_mailbox_limit = 0
''',
    'files': {'access': '''grey@postfix.test DEFER_IF_PERMIT 4.2.0 Greylisted, please try again in 300 seconds
full@postfix.test 452 4.2.2 Mailbox full
over@postfix.test 552 5.2.2 Mailbox quota exceeded
listed@postfix.test blocked
storage@postfix.test 452 4.3.1 Insufficient system storage
'''},
    'users': ['anna', 'bert', 'grey', 'full', 'over', 'listed', 'storage'],
}
EXIM = {
    'main': 'received_headers_max = 5\n',
    'acl': '''  defer local_parts = grey
        message = 4.2.0 Greylisted, please try again in 300 seconds
  defer local_parts = full
        message = 4.2.2 mailbox is full
  deny  local_parts = over
        message = 5.2.2 mailbox is full
  deny  local_parts = listed
        dnslists = bl.spamcop.net
        message = rejected because $sender_host_address is in a black list at $dnslist_domain: $dnslist_text
  deny  local_parts = verify
        message = Sender verification failed
        !verify = sender/callout=5s,connect=1s
''',
    'users': ['anna', 'bert', 'grey', 'full', 'over', 'listed', 'verify', 'quota'],
    'routers': '''quota:
  driver = accept
  domains = exim.test
  local_parts = quota
  transport = small
''',
    'transports': '''small:
  driver = appendfile
  directory = /var/mail/quota
  maildir_format
  quota = 100
  user = vmail
  group = vmail
''',
    'retry': '* quota\n* * F,1h,1m',
}
OPENSMTPD = {
    'before': '''smtp max-message-size 1M
filter grey phase rcpt-to match rcpt-to { "grey@opensmtpd.test" } reject "451 4.7.1 Greylisted, please try again in 300 seconds"
filter full phase rcpt-to match rcpt-to { "full@opensmtpd.test" } reject "452 4.2.2 Mailbox full"
filter over phase rcpt-to match rcpt-to { "over@opensmtpd.test" } reject "552 5.2.2 Mailbox full"
filter listed phase rcpt-to match rcpt-to { "listed@opensmtpd.test" } reject "554 5.7.1 Client host blocked using b.barracudacentral.org"
filter all chain { grey, full, over, listed }
''',
    'listen': 'filter all',
    'users': ['anna', 'bert', 'grey', 'full', 'over', 'listed'],
}

# At once: to whom, what, the reason that nixie reads in the report, its status, words of the other server there.
REFUSED = [
    ('nobody@postfix.test', HELLO, 'user_unknown', '5.1.1', 'User unknown in virtual mailbox table'),
    ('x@elsewhere.postfix.test', HELLO, 'relay_denied', '5.7.1', 'Relay access denied'),
    ('over@postfix.test', HELLO, 'mailbox_full', '5.2.2', 'Mailbox quota exceeded'),
    ('listed@postfix.test', HELLO, 'ip_blocklisted', '5.7.1', 'blocked using zen.spamhaus.org'),
    ('bert@postfix.test', WANDERED, 'routing_loop', '5.4.0', 'too many hops'),
    ('anna@postfix.test', BIG, 'message_too_large', None, ''),
    ('x@loop.test', HELLO, 'routing_loop', '5.4.6', 'loops back to myself'),
    ('nobody@exim.test', HELLO, 'user_unknown', None, 'Unrouteable address'),
    ('x@elsewhere.exim.test', HELLO, 'relay_denied', None, 'relay not permitted'),
    ('over@exim.test', HELLO, 'mailbox_full', '5.2.2', 'mailbox is full'),
    ('listed@exim.test', HELLO, 'ip_blocklisted', None, 'in a black list at bl.spamcop.net'),
    ('bert@exim.test', WANDERED, 'unknown', '5.0.0', ''),  # why, Exim tells its own log alone
    ('anna@exim.test', BIG * 10, 'message_too_large', None, ''),
    ('quota@exim.test', HELLO, 'mailbox_full', None, 'mailbox is full'),
    ('nobody@opensmtpd.test', HELLO, 'user_unknown', None, 'Invalid recipient'),
    ('x@elsewhere.opensmtpd.test', HELLO, 'user_unknown', None, 'Invalid recipient'),
    ('over@opensmtpd.test', HELLO, 'mailbox_full', '5.2.2', 'Mailbox full'),
    ('listed@opensmtpd.test', HELLO, 'ip_blocklisted', '5.7.1', 'b.barracudacentral.org'),
    ('anna@opensmtpd.test', BIG, 'message_too_large', None, ''),
    ('x@nowhere.test', HELLO, 'domain_not_found', '5.1.2', ''),
    ('x@null.test', HELLO, 'domain_no_mail', '5.1.10', ''),
    ('x@noaddress.test', HELLO, 'domain_not_found', '5.4.4', ''),
    ('x@self.test', HELLO, 'routing_loop', '5.4.6', ''),
]
# What passes: to whom, the rule of the next attempt, the reason that the report at the end has.
DEFERRED = [
    ('grey@postfix.test', 'rule:retry-as-asked', 'greylisted'),
    ('full@postfix.test', 'rule:retry-mailbox-full', 'mailbox_full'),
    ('storage@postfix.test', 'rule:retry', 'system_full'),
    ('grey@exim.test', 'rule:retry-as-asked', 'greylisted'),
    ('full@exim.test', 'rule:retry-mailbox-full', 'mailbox_full'),
    ('grey@opensmtpd.test', 'rule:retry-as-asked', 'greylisted'),
    ('full@opensmtpd.test', 'rule:retry-mailbox-full', 'mailbox_full'),
    ('x@refused.test', 'rule:retry', 'connection_refused'),
    ('x@must.oldtls.test', 'rule:retry-doubtful', 'tls_required'),
    ('x@must.notls.test', 'rule:retry-doubtful', 'tls_required'),
]


def refused(w, peers):
    """Refusals of those who are there, as the reports tell them."""
    here = [row for row in REFUSED if is_here(row[0], peers)]
    for to, message, *_ in here:
        submit([to], message)
    for to, _, reason, status, words in here:
        outcome, mail = w.outcome(to)
        got = (outcome.get('reason'), outcome.get('action'), words in outcome.get('diagnostic', ''))
        check([] if got == (reason, 'failed', True) and status in (None, outcome.get('status')) else
              [f'want {reason} {status} {words!r}', outcome, w.line(to)],
              f'{to}: {reason}' + (f', "{words}"' if words else ''), mail.decode('utf-8', 'replace'))


def is_here(address, peers):
    """Does this address need a server that is not to be had?"""
    domain = address.split('@')[1]
    names = [kind.name for kind in SITES if kind.name in domain]
    if domain.endswith(('loop.test', 'tls.test', 'second.test')):
        names.append('postfix')
    return all(any(p.name == name for p in peers) for name in names)


def deferred(w, peers):
    """What is tried again is tried when it was asked for, and explained when the time is over."""
    here = [row for row in DEFERRED if is_here(row[0], peers)]
    for to, *_ in here:
        submit([to])
    for to, rule, reason in here:
        line = w.line(to)
        check([] if ' deferred ' in line and f'rule={rule} ' in line and f'reason={reason} ' in line else [line], f'{to}: {rule}')
    why = w.later(6 * DAY)
    if why:
        tap.skip('the time of the queue is over', 'skipped: ' + why)
        return
    for to, _, reason in here:
        outcome, mail = w.outcome(to)
        got = (outcome.get('reason'), outcome.get('action'), outcome.get('expired'))
        check([] if got == (reason, 'failed', True) else [got, outcome], f'{to}: {reason}, and the time is over',
              mail.decode('utf-8', 'replace'))


def delivered(w, peers):
    """To a user, over TLS; to several with different answers; by the second MX."""
    for peer in peers:
        submit([f'anna@{peer.domain}'])
        mails = peer.until_mails('anna')
        check([] if mails and b'\nhello\n' in mails[0] else ['no mail'], f'{peer.name}: delivered', peer.log(), w.n.log())
        line = w.line(f'anna@{peer.domain}', 'attempt')
        if peer.name == 'opensmtpd':  # Debian's offers STARTTLS, and fails in the handshake: "EVP lib"
            check([] if 'result=relayed' in line and 'SSL routines::EVP lib' in peer.log() else [line, peer.log()],
                  'opensmtpd: in clear, since its handshake fails')
        else:
            check([] if 'tls="TLSv1.3' in line else [line], f'{peer.name}: encrypted', peer.log())
        submit([f'bert@{peer.domain}', f'gone@{peer.domain}', f'anna@{peer.domain}'])
        check([] if len(peer.until_mails('bert')) == 1 and len(peer.until_mails('anna', 2)) == 2 else ['not there'],
              f'{peer.name}: two of three recipients', peer.log(), w.n.log())
        outcome, _ = w.outcome(f'gone@{peer.domain}')
        check([] if outcome.get('reason') == 'user_unknown' else [outcome], f'{peer.name}: ... and the third is told of')
        long = HELLO + 'x' * 990 + '\r\n.\r\n..two\r\n' + 'y' * 998 + '\r\n\u00e4\u00f6\u00fc\r\n'
        before = len(peer.mails('anna'))
        submit([f'anna@{peer.domain}'], long, mail_options=['BODY=8BITMIME'])
        mails = peer.until_mails('anna', before + 1)
        want = ('x' * 990 + '\n.\n..two\n' + 'y' * 998 + '\n\u00e4\u00f6\u00fc\n').encode()
        check([] if any(want in mail for mail in mails) else ['not as sent'], f'{peer.name}: long lines, dots and 8 bits as sent')


def dsn(w, peers):
    """All three know DSN and are left to tell of success. OpenSMTPD 6.8 keeps no ENVID."""
    for peer in peers:
        submit([f'anna@{peer.domain}'], mail_options=['RET=HDRS', 'ENVID=QQ314159'],
               rcpt_options=['NOTIFY=SUCCESS,FAILURE', f'ORCPT=rfc822;Anna@{peer.domain}'])
        outcome, mail = w.outcome(f'anna@{peer.domain}')
        kept = b'QQ314159' in mail or peer.name == 'opensmtpd'
        check([] if outcome.get('action') in ('delivered', 'relayed') and kept else [outcome],
              f'{peer.name}: the sender who asks hears of success', peer.log(), w.n.log())


def encryption(w):
    """A server whose TLS is too old, and one that offers it and cannot: in clear, where that is allowed."""
    for name in ('oldtls', 'notls'):
        submit([f'anna@{name}.test'])
        line = w.line(f'anna@{name}.test', 'attempt')
        why = 'words="in clear, since the handshake failed: ' in line
        check([] if 'result=relayed' in line and 'tls=' not in line and why == (name == 'oldtls') else [line], f'{name}: in clear', w.n.log())


def main():
    if have(Nsd):
        jail.skip_all(have(Nsd))
    settings = 'tls_required_to = must.oldtls.test must.notls.test\nkeep_connection = 0\nmax_message_size = 50M\n'
    with contextlib.ExitStack() as stack:
        w = stack.enter_context(World(NIXIED, NIXIE, ZONE, settings))
        peers = []
        for kind, more in ((Postfix, POSTFIX), (Exim, EXIM), (OpenSMTPD, OPENSMTPD)):
            if have(kind):
                tap.skip(f'all of {kind.name}', 'skipped: ' + have(kind))
            else:
                peers.append(stack.enter_context(kind(SITES[kind], **more)))
        if any(p.name == 'postfix' for p in peers):
            for ip, domain, tls in (('127.0.0.5', 'oldtls.test', 'smtpd_tls_protocols = TLSv1\n'),
                                    ('127.0.0.6', 'notls.test', 'smtpd_tls_cert_file = /etc/none.pem\n')):
                stack.enter_context(Postfix(ip, domain=domain, hostname='mx.' + domain, users=['anna'], main=tls))
            encryption(w)
        delivered(w, peers)
        dsn(w, peers)
        refused(w, peers)
        deferred(w, peers)
        audit = w.n.run('audit') if w.n.stop() == 0 else None
        check([] if audit is not None and audit.returncode == 0 else [audit], 'nobody is lost: the audit balances')


main()
sys.exit(tap.done())
