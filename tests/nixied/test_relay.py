#!/usr/bin/env python3
"""No open relay: whatever a stranger writes into RCPT is refused, or ends in a mailbox here; never is it sent on.

usage: test_relay.py NIXIED NIXIE        TAP
"""

import re
import sys

from server import DOMAIN, MX, SUBMISSION, USER, Client, Nixied

import tap

NIXIED = sys.argv[1]
THERE = 'elsewhere.example'
VICTIM = f'victim@{THERE}'
LISTENERS = MX + SUBMISSION + 'listener inside {\n\taddress = 127.0.0.1:0\n\tkind = lmtp\n}\n'
SETTINGS = 'spf = off\nsender_mx_check = off\nmax_errors = 10000\nrequire_auth_for_local_senders = no\n'

# What stands behind RCPT TO:, and what must come of it: a condition, or the mailbox that gets it.
CASES = [
    # plainly
    (f'<{VICTIM}>', 'C22'),
    (f'<{VICTIM.upper()}>', 'C22'),
    (f'<{VICTIM}.>', 'C18'),
    (f'<{VICTIM}> NOTIFY=SUCCESS', 'C22'),
    (f'<victim@sub.{DOMAIN}>', 'C22'),
    (f'<victim@not{DOMAIN}>', 'C22'),
    (f'<victim@{DOMAIN}.{THERE}>', 'C22'),
    # source routes: what stands in front of the colon counts for nothing (RFC 5321 s4.1.1.3, appendix C)
    (f'<@{DOMAIN}:{VICTIM}>', 'C22'),
    (f'<@mail.{DOMAIN},@{DOMAIN}:{VICTIM}>', 'C22'),
    (f'<@[127.0.0.1]:{VICTIM}>', 'C22'),
    (f'<@{THERE}:{USER}>', USER),
    (f'<@{THERE}:{VICTIM}:{USER}>', 'C18'),
    # the %-hack
    (f'<victim%{THERE}@{DOMAIN}>', 'C34'),
    (f'<victim%{THERE}@[127.0.0.1]>', 'C22'),
    (f'<victim%{THERE}>', 'C18'),
    (f'<victim%{DOMAIN}@{THERE}>', 'C22'),
    # bang paths
    (f'<{THERE}!victim@{DOMAIN}>', 'C34'),
    (f'<{THERE}!victim>', 'C18'),
    (f'<{DOMAIN}!victim@{THERE}>', 'C22'),
    (f'<{DOMAIN}!{THERE}!victim@{DOMAIN}>', 'C34'),
    # quoted local parts
    (f'<"{VICTIM}"@{DOMAIN}>', 'C34'),
    (f'<"{VICTIM}">', 'C18'),
    (f'<"{VICTIM}"@{THERE}>', 'C22'),
    (f'<"{USER}"@{THERE}>', 'C22'),
    (f'<"victim@{THERE}\\"@{DOMAIN}>', 'C18'),
    (f'<"@{DOMAIN}:victim"@{THERE}>', 'C22'),
    (f'<"demo"@{DOMAIN}>', USER),
    (f'<"de\\mo"@{DOMAIN}>', USER),
    # domain literals
    ('<victim@[192.0.2.1]>', 'C22'),
    ('<victim@[127.0.0.1]>', 'C22'),
    ('<victim@[IPv6:::1]>', 'C22'),
    ('<victim@[IPv6:2001:db8::1]>', 'C22'),
    ('<demo@127.0.0.1>', 'C22'),
    (f'<victim@[{THERE}]>', 'C18'),
    # letters that look like others
    (f'<demo@ex\u0430mple.test>', 'X48'),
    ('<demo@xn--exmple-4nf.test>', 'C22'),
    (f'<d\u0435mo@{DOMAIN}>', 'X48'),
    # large and small, and a dot at the end
    (f'<DEMO@{DOMAIN.upper()}>', USER),
    (f'<{USER}.>', 'C18'),
    (f'<demo.@{DOMAIN}>', 'C34'),
    # several in one
    (f'<{VICTIM}@{DOMAIN}>', 'C18'),
    (f'<{USER}@{THERE}>', 'C18'),
    (f'<{USER},{VICTIM}>', 'C18'),
    (f'<{USER};{VICTIM}>', 'C18'),
    (f'<{USER} {VICTIM}>', 'C18'),
    (f'<{USER}><{VICTIM}>', 'X49'),
    (f'<{VICTIM}>@{DOMAIN}', 'X49'),
    (VICTIM, 'X49'),
    (f'<{VICTIM}\0@{DOMAIN}>', 'C18'),
    (f'<victim@{THERE}\x01@{DOMAIN}>', 'C18'),
    # what the address was before is no address
    (f'<{USER}> ORCPT=rfc822;{VICTIM}', USER),
    # postmaster is here, and nowhere else
    ('<postmaster>', USER),
    ('<Postmaster>', USER),
    (f'<postmaster@{DOMAIN}>', USER),
    (f'<postmaster@{THERE}>', 'C22'),
    ('<postmaster@[127.0.0.1]>', 'C22'),
    (f'<@{THERE}:postmaster>', USER),
    ('<abuse>', 'C18'),
]
UTF8 = [  # behind SMTPUTF8
    ('<demo@ex\u0430mple.test>', 'C22'),
    (f'<d\u0435mo@{DOMAIN}>', 'C34'),
    (f'<victim@\u0435lsewhere.example>', 'C22'),
]
# From whom: a stranger, nobody, somebody who says to be from here, and those who look it.
SENDERS = ['a@b.example', '', USER, f'"{USER}"@b.example', f'a%{DOMAIN}@b.example', f'@{DOMAIN}:a@b.example', 'a@[127.0.0.1]']


def rcpts(n, listener, sender, cases, hello='EHLO c.example', more=''):
    """What comes of each of them, in one transaction; the text is sent when somebody was accepted."""
    trouble = []
    with Client(n.ports[listener]) as c:
        c.reply()
        c.say(hello)
        told = c.say(f'MAIL FROM:<{sender}>{more}')
        if not told.startswith('250'):
            return [f'{sender}: {told}']
        accepted = 0
        for path, want in cases:
            reply = c.say(f'RCPT TO:{path}')
            condition = (re.search(r'\((\w+) \w+\)$', reply) or ['', ''])[1]
            is_here = reply.startswith('250')
            accepted += is_here
            if is_here != ('@' in want) or (condition != want and not is_here):
                trouble.append(f'from <{sender}> to {path!r}: {reply}, and not {want}')
        if accepted:
            c.say('DATA')
            replies = [c.say('Subject: x\r\n\r\nx\r\n.')]
            trouble += [r for r in replies if not r.startswith('250')]
        c.say('QUIT')
    return trouble


def main():
    with Nixied(NIXIED, SETTINGS, LISTENERS) as n:
        for sender in SENDERS:
            tap.check(rcpts(n, 'mx', sender, CASES), f'port 25, from <{sender}>')
            tap.check(rcpts(n, 'mx', sender, UTF8, more=' SMTPUTF8'), '... with SMTPUTF8')
        tap.check(rcpts(n, 'mx', 'a@b.example', [c for c in CASES if ' ' not in c[0]], 'HELO c.example'), 'after HELO')
        for path, want in CASES:
            if want == 'C22':
                tap.check(rcpts(n, 'inside', 'a@b.example', [(path, want)], 'LHLO c.example'), f'LMTP: {path}')
        with Client(n.ports['submission']) as c:
            c.reply()
            c.say('EHLO c.example')
            c.say('STARTTLS')
            c.secure()
            got = [c.say(words) for words in ('EHLO c.example', 'AUTH PLAIN AGRlbW9AZXhhbXBsZS50ZXN0AHdyb25n', 'MAIL FROM:<a@b.example>',
                                              f'RCPT TO:<{VICTIM}>')]
        tap.check([] if [r[:3] for r in got] == ['250', '535', '530', '503'] else got, 'submission after a wrong password')
        with Client(n.ports['mx']) as c:
            c.reply()
            got = [c.say(words) for words in ('EHLO c.example', f'XCLIENT ADDR=127.0.0.1 LOGIN={USER}', 'MAIL FROM:<a@b.example>',
                                              f'RCPT TO:<{VICTIM}>')]
        tap.check([] if [r[:3] for r in got] == ['250', '502', '250', '550'] else got, 'XCLIENT of whom nobody listed')
        accepted = n.log().count(' accepted ')
        n.until_mails(accepted)
        status = n.stop()
        log = n.log()
        away = [l for l in log.splitlines() if re.search(r' (relayed|deferred|bounced) | peer=', l) or
                (' recipient ' in l and not re.search(rf'target={USER} ', l, re.I))]
        tap.check(away, 'nothing was sent on, and nothing was tried')
        got = n.run('audit').stdout
        tap.check([] if status == 0 and re.search(r'relayed +0\b', got) and 'balanced' in got else [got, n.said], 'so says the audit')


main()
sys.exit(tap.done())
