#!/usr/bin/env python3
"""The bounces that Postfix, Exim and OpenSMTPD write by themselves come to a user of nixied, and nixie reads them right.

Each is given mail of nixied's user that it takes and cannot deliver: the recipient, what the bounce says, and what
nixie makes of it are compared. What nixied itself refuses is in test_clients.py.

usage: test_returned.py NIXIED NIXIE        TAP
"""

import contextlib
import json
import re
import smtplib
import subprocess
import sys

import jail

jail.enter('postfix', 'exim', 'opensmtpd', 'dovecot', 'nsd')

import tap  # noqa: E402
from peers import Dovecot, Exim, Nsd, OpenSMTPD, Postfix, have  # noqa: E402
from server import SECONDS, USER, until  # noqa: E402
from world import HELLO, NOBODY, SITES, World, check  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
LMTP = '127.0.0.5'
ZONE = f'''refused.test. MX 10 mx.refused.test.
mx.refused.test. A {NOBODY}
null.test. MX 0 .
loop.postfix.test. MX 10 mx.postfix.test.
boxes.test. MX 10 mx.postfix.test.
'''
BIG = HELLO + ('x' * 70 + '\r\n') * 60  # more than "full" may have
POSTFIX = {
    'main': f'''relay_domains = boxes.test
transport_maps = inline:{{boxes.test=lmtp:inet:[{LMTP}]:24}}
relay_recipient_maps =
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
''',
    'users': ['anna'],
}
EXIM = {
    'routers': '''quota:
  driver = accept
  domains = exim.test
  local_parts = quota
  transport = small
said:
  driver = redirect
  domains = exim.test
  local_parts = left
  allow_fail
  data = :fail: left the company
''',
    'transports': '''small:
  driver = appendfile
  directory = /var/mail/quota
  maildir_format
  quota = 100
  user = vmail
  group = vmail
''',
    'users': ['anna', 'quota', 'left'],
    'retry': '* quota\nrefused.test *\n',
}
OPENSMTPD = {'users': ['anna']}
# Who bounces, the recipient, the message; then the reason, the verdict, the status (None: it states none that counts),
# the reply code (0: none), and words of the bounce.
RETURNED = [
    ('postfix', 'x@null.test', HELLO, 'domain_no_mail', 'hard', '5.1.0', 0, 'does not accept mail'),
    ('postfix', 'x@nowhere.test', HELLO, 'domain_not_found', 'hard', '5.4.4', 0, 'Host or domain name not found'),
    ('postfix', 'x@loop.postfix.test', HELLO, 'routing_loop', 'block', '5.4.6', 0, 'loops back to myself'),
    ('postfix', 'nobody@exim.test', HELLO, 'user_unknown', 'hard', '5.0.0', 550, 'Unrouteable address'),
    ('postfix', 'ghost@boxes.test', HELLO, 'user_unknown', 'hard', '5.1.1', 550, "User doesn't exist"),
    ('postfix', 'full@boxes.test', BIG, 'mailbox_full', 'soft', '5.2.2', 552, 'Quota exceeded'),
    ('postfix', 'x@refused.test', HELLO, 'connection_refused', 'soft', '4.4.1', 0, 'Connection refused'),
    ('exim', 'x@null.test', HELLO, 'domain_no_mail', 'hard', '5.0.0', 0, ''),
    ('exim', 'x@nowhere.test', HELLO, 'user_unknown', 'hard', '5.0.0', 0, 'Unrouteable address'),  # Exim says the same of both
    ('exim', 'nobody@postfix.test', HELLO, 'user_unknown', 'hard', '5.1.1', 550, 'User unknown in virtual mailbox table'),
    ('exim', 'quota@exim.test', HELLO, 'mailbox_full', 'soft', None, 0, 'mailbox is full'),
    ('exim', 'left@exim.test', HELLO, 'mailbox_moved', 'hard', '5.0.0', 0, 'left the company'),
    ('exim', 'x@refused.test', HELLO, 'expired', 'soft', None, 0, 'retry timeout exceeded'),  # and it says no more
    ('opensmtpd', 'x@nowhere.test', HELLO, 'domain_not_found', 'hard', None, 0, ''),
    ('opensmtpd', 'nobody@postfix.test', HELLO, 'user_unknown', 'hard', '5.1.1', 550, 'User unknown in virtual mailbox table'),
    ('opensmtpd', 'nobody@exim.test', HELLO, 'user_unknown', 'hard', None, 550, 'Unrouteable address'),
]


def outcomes(mail):
    shown = subprocess.run([NIXIE, 'parse', '-o', 'json', '-'], input=mail, capture_output=True, check=False).stdout
    return [outcome for report in json.loads(shown) if report['kind'] == 'failure' for outcome in report.get('outcomes', [])]


def given(peer, to, message):
    """As its own client: what it takes is its own to deliver."""
    with smtplib.SMTP(peer.ip, 25, timeout=SECONDS, source_address=(peer.ip, 0)) as s:
        s.sendmail(USER, [to], message)


def came_back(n, peer, to, before):
    """The bounce of this peer about that recipient, and what nixie makes of it."""
    def look():
        for mail in n.mails()[before:]:
            if re.search(rf'^Received: from {re.escape(peer.hostname)} '.encode(), mail, re.M):
                for outcome in outcomes(mail):
                    if outcome.get('recipient') == to:
                        return outcome, mail
        return None
    return until(look) or ({}, b'\n'.join(n.mails()[before:]))


def main():
    if have(Nsd):
        jail.skip_all(have(Nsd))
    with contextlib.ExitStack() as stack:
        w = stack.enter_context(World(NIXIED, NIXIE, ZONE))
        peers = {}
        for kind, more in ((Postfix, POSTFIX), (Exim, EXIM), (OpenSMTPD, OPENSMTPD)):
            if have(kind):
                tap.skip(f'all of {kind.name}', 'skipped: ' + have(kind))
            else:
                peers[kind.name] = stack.enter_context(kind(SITES[kind], **more))
        if not have(Dovecot):
            peers['boxes'] = stack.enter_context(Dovecot(LMTP, users=['full'], quotas={'full': 1000}))
        for name, to, message, reason, verdict, status, code, words in RETURNED:
            other = to.split('@')[1].removesuffix('.test')
            if name not in peers or (other in ('postfix', 'exim', 'boxes') and other not in peers):
                tap.skip(f'{name}: {to}', 'skipped: a server is not to be had')
                continue
            peer, before = peers[name], len(w.n.mails())
            given(peer, to, message)
            if verdict == 'soft' and hasattr(peer, 'flush'):
                peer.flush()
            outcome, mail = came_back(w.n, peer, to, before)
            want = {'reason': reason, 'verdict': verdict, 'action': 'failed', **({'status': status} if status else {}), **({'reply_code': code} if code else {})}
            got = {key: outcome.get(key) for key in want}
            check([] if got == want and words in outcome.get('diagnostic', '') else [f'want {want} {words!r}', f'got {got}', outcome],
                  f"{name}: {to}: {reason}, {verdict}", mail.decode('utf-8', 'replace'), peer.log())
        check([] if w.n.stop() == 0 else [w.n.said], 'it ends well')


main()
sys.exit(tap.done())
