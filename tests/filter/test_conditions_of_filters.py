#!/usr/bin/env python3
"""Each condition of a filter, raised over TCP by its real cause: reply, log, `nixied why` and `nixie` agree.

usage: test_conditions_of_filters.py NIXIED NIXIE        TAP
"""

import sys
import tempfile

from fakes import Clamd, Milter, Policy, Rspamd, Spamd, packet
from mails import DOMAIN, LISTENER, SENDER, SETTINGS, STYLES, TEXT, USER, Nixied, agree, catalogue, held, send, stored

import tap

NIXIED, NIXIE = sys.argv[1:3]


def setting(**places):
    return SETTINGS + ''.join(f'{name} = {place}\n' for name, place in places.items())


def is_taken(replies):
    return [] if replies[-1].startswith('250 ') and len(replies) == 4 else [repr(replies)]


def refused(n, condition, code, *words, **how):
    replies = send(n, **how)
    reply = replies[-1]
    wrong = [] if reply.startswith(code + ' ') else [f'{reply!r} is no {code}']
    tap.check(wrong + agree(n, NIXIE, reply, condition, *words), f'{condition}: reply, log, why and nixie agree on {", ".join(words)}')
    return reply


def clamd():
    with Clamd() as fake, Nixied(NIXIED, setting(clamd=fake.place), LISTENER) as n:
        tap.check(is_taken(send(n)), 'clamd: a clean message is taken')
        tap.check([] if TEXT.encode() in fake.seen[-1] else [repr(fake.seen)], '... and clamd saw all of it')
        fake.answer = b'stream: Eicar-Test-Signature FOUND\0'
        refused(n, 'X71', '550 5.7.1', 'Eicar-Test-Signature')
        tap.check([] if len(n.until_mails(1)) == 1 else ['it was kept'], '... and nothing of it is kept')
        big = TEXT + 'x' * 998 + '\r\n' * 1 + ('y' * 70 + '\r\n') * 10000
        fake.answer = b'stream: OK\0'
        tap.check(is_taken(send(n, big)), 'a message larger than the memory for it is taken')
        tap.check([] if fake.seen[-1].endswith(big.encode()) else [f'{len(fake.seen[-1])} bytes seen of {len(big)}'], '... and seen whole')


def by_path():
    """A socket of the file system, from within what the server is confined to."""
    with tempfile.TemporaryDirectory() as folder:
        fake = Clamd(b'stream: Worm FOUND\0')
        fake.path = f'{folder}/clamd.sock'
        with fake, Nixied(NIXIED, setting(clamd=fake.place), LISTENER) as n:
            refused(n, 'X71', '550 5.7.1', 'Worm')
            said = n.run('check').stdout
            tap.check([said] if 'does not answer' in said else [], '... and nixied check reaches it there')


def spamd():
    with Spamd('4.9', 'AWL') as fake, Nixied(NIXIED, setting(spamd=fake.place, spamd_max_size='100K'), LISTENER) as n:
        tap.check(is_taken(send(n)), 'spamd: few points pass')
        mail = stored(n, 1)
        tap.check([] if 'X-Spam-Status: No, score=4.9 required=5.0 tests=AWL\r\n' in mail and 'X-Spam-Flag' not in mail else [mail],
                  '... and stand in front of the message')
        first = fake.seen[-1].split(b'\r\n')[0]
        tap.check([] if first.startswith(b'Received: from client.sender.test ([127.0.0.1])') else [repr(first)], '... spamd was shown our Received')
        fake.points, fake.symbols = '5.0', 'BAYES_99,URIBL'
        tap.check(is_taken(send(n)), 'at spamd_tag_score it is marked')
        mail = stored(n, 2)
        tap.check([] if 'X-Spam-Flag: YES\r\n' in mail and 'X-Spam-Status: Yes, score=5.0' in mail else [mail], '... with X-Spam-Flag')
        fake.points, fake.symbols = '9.99', 'X'
        tap.check(is_taken(send(n)), 'just below spamd_refuse_score it is not refused')
        fake.points, fake.symbols = '10.0', 'GTUBE'
        refused(n, 'C42', '554 5.7.1', '10.0 points of 10.0: GTUBE')
        before = len(fake.seen)
        tap.check(is_taken(send(n, TEXT + ('x' * 70 + '\r\n') * 2000)), 'a message above spamd_max_size is taken')
        tap.check([] if len(fake.seen) == before else ['it was shown'], '... and not shown to spamd')


FORGED = 'X-Spam-Status: No, score=-99\r\n\tfolded\r\nx-spam-flag : NO\r\nX-Spam: No\r\nX-Spam-Level:\r\nX-Spammer: keep me\r\n'


def forged():
    """What a stranger says in the name of our spam filter does not go on, nor is it shown to it."""
    with Spamd('1.0', 'NONE') as fake:
        with Nixied(NIXIED, setting(spamd=fake.place), LISTENER) as n:
            tap.check(is_taken(send(n, FORGED + TEXT)), "a stranger brings a spam filter's verdict")
            mail = stored(n, 1)
            fields = [line for line in mail.split('\r\n') if line.lower().startswith('x-spam')]
            want = ['X-Spam-Status: No, score=1.0 required=5.0 tests=NONE', 'X-Spam-Score: 1.0', 'X-Spammer: keep me']
            tap.check([] if sorted(fields) == sorted(want) and 'folded' not in mail else [mail], '... of which ours alone is left')
            tap.check([] if b'-99' not in fake.seen[-1] and b'X-Spammer' in fake.seen[-1] else [repr(fake.seen[-1])], '... also for spamd')
            fields = 'X-Spam-Status: Yes\r\nX-Old: y\r\n' * 300
            tap.check(is_taken(send(n, fields + TEXT)) + ([] if stored(n, 2).count('X-Old: y') == 300 else [stored(n, 2)]), '... be it hundreds of them')
        with Nixied(NIXIED, setting(spamd=fake.place).replace('192.0.2.255', '127.0.0.1'), LISTENER) as n:
            tap.check(is_taken(send(n, FORGED + TEXT)) + ([] if 'score=-99' in stored(n) else [stored(n)]), 'who is exempt may say it')
    with Clamd() as fake, Nixied(NIXIED, setting(clamd=fake.place), LISTENER) as n:
        tap.check(is_taken(send(n, FORGED + TEXT)) + ([] if 'score=-99' in stored(n) else [stored(n)]), 'without a spam filter here it is left alone')


def rspamd():
    spam = {'action': 'reject', 'score': 23.25, 'required_score': 15.0,
            'symbols': {'GTUBE': {'name': 'GTUBE', 'score': 20.0}, 'R_BAD': {'name': 'R_BAD', 'score': 3.25}},
            'messages': {'smtp_message': 'Gtube pattern'}}
    with Rspamd() as fake, Nixied(NIXIED, setting(rspamd=fake.place), LISTENER) as n:
        tap.check(is_taken(send(n)), 'rspamd: no action passes')
        fields = fake.seen[-1][0]
        want = [('IP', '127.0.0.1'), ('Helo', 'client.sender.test'), ('From', SENDER), ('Rcpt', USER)]
        tap.check([repr(w) for w in want if w not in fields], '... it was told of the session')
        fake.answer = spam
        refused(n, 'X85', '550 5.7.1', 'Gtube pattern', 'GTUBE(20.0)')
        fake.chunked = True
        refused(n, 'X85', '550 5.7.1', '23.3 points of 15.0')
        fake.answer = {'action': 'soft reject', 'score': 4.0, 'required_score': 15.0, 'messages': {'smtp_message': 'Try again later'}}
        refused(n, 'X87', '451 4.7.1', 'Try again later')
        fake.chunked = False
        fake.answer = {'action': 'rewrite subject', 'subject': '*** SPAM *** hello', 'score': 9.0, 'required_score': 15.0,
                       'milter': {'add_headers': {'X-One': 'a', 'X-Two': {'value': 'b', 'order': 1}, 'X-Three': [{'value': 'c'}, {'value': 'd'}]},
                                  'remove_headers': {'X-Old': 0}}}
        tap.check(is_taken(send(n)), 'rewrite subject is taken')
        mail = stored(n, 2)
        lines = ['Subject: *** SPAM *** hello', 'X-One: a', 'X-Two: b', 'X-Three: c', 'X-Three: d', 'X-Spam: Yes']
        tap.check([f'no {l!r} in {mail}' for l in lines if f'\r\n{l}\r\n' not in mail] + ['X-Old is there'] * ('X-Old' in mail) +
                  ['two subjects'] * (mail.count('Subject:') != 1), '... with the header as rspamd wants it')
        tap.check([] if mail.endswith('\r\n\r\nline one\r\nline two\r\n') else [mail], '... and the body as it was')
        tap.check([] if fake.connections == 1 else [f'{fake.connections} connections'], 'one connection was enough for all')
        fake.answer = {'action': 'greylist', 'score': 4.0, 'required_score': 15.0}
        tap.check(is_taken(send(n)), 'greylist alone passes')
        fake.answer = {'action': 'quarantine', 'score': 4.0, 'required_score': 15.0}
        tap.check(is_taken(send(n)), 'quarantine is taken')
        held = n.run('queue', 'list').stdout
        tap.check([] if 'quarantine' in held or 'held' in held.lower() else [held], '... and held in the queue')
        fake.answer = {'action': 'discard', 'score': 4.0, 'required_score': 15.0}
        tap.check(is_taken(send(n)), 'discard is taken')
        tap.check([] if n.until_log(rf' discarded .*to={USER} .*discard') else [n.log()], '... and discarded by name')


# What a milter answers at the end (SMFIR_REPLYCODE), the condition, and the codes that its client is told.
CODES = [
    (b'550 5.7.26 DMARC says no', 'X86', '550 5.7.26', 'DMARC says no'),
    (b'571 no status', 'X86', '571 5.7.1', 'no status'),
    (b'550 4.7.1 a status of another class', 'X86', '550 5.7.1', 'a status of another class'),
    (b'550 5.7 half a status', 'X86', '550 5.7.1', '5.7 half a status'),
    (b'550 5.7.1000 a long one', 'X86', '550 5.7.1', '5.7.1000 a long one'),
    (b'450 4.2.0 a little later', 'X87', '450 4.2.0', 'a little later'),
    (b'421 4.3.2 hang up', 'X87', '451 4.3.2', 'hang up'),
]


def milter():
    with Milter({'R': packet(b'y', b'550 5.7.1 not this one\0')}) as fake, \
            Nixied(NIXIED, setting(milters=fake.place), LISTENER) as n:
        replies = send(n, recipients=[USER, f'postmaster@{DOMAIN}'])
        tap.check(agree(n, NIXIE, replies[1], 'X86', 'not this one', 'milter'), 'X86: a milter refuses a recipient')
        fake.answers = {'E': packet(b'y', b'554-5.7.20 first\r\n554 5.7.20 second\0')}
        refused(n, 'X86', '554 5.7.20', 'first second')
        for answer, condition, want, words in CODES:
            fake.answers = {'E': packet(b'y', answer + b'\0')}
            refused(n, condition, want, words)
        fake.answers = {'M': packet(b'y', b'452 4.2.2 a sender for later\0')}
        reply = send(n)[-1]
        tap.check(agree(n, NIXIE, reply, 'X87', 'a sender for later') + ([] if reply.startswith('452 4.2.2 ') else [reply]), 'X87: ... also at MAIL')
        n.configure(setting(milters=fake.place, filter_codes='ours'), LISTENER)
        n.reload()
        fake.answers = {'E': packet(b'y', b'554-5.7.20 first\r\n554 5.7.20 second\0')}
        refused(n, 'X86', '550 5.7.1', 'first second')
        fake.answers = {'M': packet(b't')}
        tap.check(agree(n, NIXIE, send(n)[-1], 'X87', 'milter'), 'X87: a milter defers a sender')
        fake.answers = {'E': packet(b'r')}
        refused(n, 'X86', '550 5.7.1', 'no reason was given')


def policy():
    with Policy() as fake, Nixied(NIXIED, setting(policy_services=fake.place, policy_at='mail rcpt data end'), LISTENER) as n:
        tap.check(is_taken(send(n)), 'policy: DUNNO passes')
        states = [a['protocol_state'] for a in fake.seen]
        tap.check([] if states == ['MAIL', 'RCPT', 'DATA', 'END-OF-MESSAGE'] else [repr(states)], '... asked at each place')
        tap.check([] if fake.connections == 1 else [f'{fake.connections} connections'], '... over one connection')
        last = fake.seen[-1]
        want = {'recipient': USER, 'sender': SENDER, 'client_address': '127.0.0.1', 'recipient_count': '1', 'protocol_name': 'ESMTP'}
        tap.check([f'{k}={last[k]!r}' for k, v in want.items() if last[k] != v] + ([] if int(last['size']) > 100 and last['queue_id'] else [repr(last)]),
                  '... with what is known')
        fake.action = lambda a: 'REJECT 5.7.1 go away' if a['protocol_state'] == 'RCPT' else 'DUNNO'
        tap.check(agree(n, NIXIE, send(n)[-1], 'X86', 'go away', 'policy'), 'X86: REJECT at RCPT')
        fake.action = lambda a: 'DEFER_IF_PERMIT Greylisted' if a['protocol_state'] == 'RCPT' else 'OK'
        tap.check(agree(n, NIXIE, send(n)[-1], 'X87', 'Greylisted'), 'X87: DEFER_IF_PERMIT at RCPT')
        fake.action = lambda a: '450 4.7.1 soon' if a['protocol_state'] == 'MAIL' else 'OK'
        reply = send(n)[-1]
        tap.check(agree(n, NIXIE, reply, 'X87', 'soon') + ([] if reply.startswith('450 4.7.1 ') else [reply]), 'X87: a code of 4yz at MAIL')
        fake.action = lambda a: '554 5.7.9 never' if a['protocol_state'] == 'END-OF-MESSAGE' else 'OK'
        reply = send(n)[-1]
        tap.check(agree(n, NIXIE, reply, 'X86', 'never') + ([] if reply.startswith('554 5.7.9 ') else [reply]), 'X86: a code of 5yz at the end')
        fake.action = lambda a: 'PREPEND X-Policy: seen' if a['protocol_state'] == 'RCPT' else 'DUNNO'
        tap.check(is_taken(send(n)) + ([] if 'X-Policy: seen\r\n' in stored(n, 2) else [stored(n, 2)]), 'PREPEND puts a field in front')
        fake.action = lambda a: f'REDIRECT postmaster@{DOMAIN}' if a['protocol_state'] == 'RCPT' else 'DUNNO'
        tap.check(is_taken(send(n, recipients=[f'postmaster@{DOMAIN}'])), 'REDIRECT is taken')
        fake.action = lambda a: 'FILTER smtp:elsewhere' if a['protocol_state'] == 'RCPT' else 'DUNNO'
        tap.check(agree(n, NIXIE, send(n)[-1], 'X88', 'policy'), 'X88: an action that only Postfix knows is no pass')
        tap.check([] if n.until_log(' alarm .*its action is not known here.*FILTER') else [n.log()], '... and an alarm says so')


def together():
    """Of several that refuse the same one speaks; points add up where that is wanted."""
    with Clamd(b'stream: Worm FOUND\0') as c, Spamd('12.0', 'SPAMMY') as s, \
            Rspamd({'action': 'reject', 'score': 30.0, 'required_score': 15.0}) as r, \
            Nixied(NIXIED, setting(clamd=c.place, spamd=s.place, rspamd=r.place), LISTENER) as n:
        refused(n, 'X71', '550 5.7.1', 'Worm')
        log = n.log()
        tap.check([f'{k} is not in the log' for k in ('check=clamd result=refuse', 'check=spamd result=refuse score=12.0', 'check=rspamd result=refuse score=30.0')
                   if k not in log], 'a virus speaks before points, and all are in the log')
        c.answer = b'stream: OK\0'
        refused(n, 'X85', '550 5.7.1', '30.0 points of 15.0')
        s.points, r.answer = '6.4', {'action': 'no action', 'score': 5.9, 'required_score': 15.0}
        tap.check(is_taken(send(n)), 'neither is enough by itself')
        n.configure(setting(clamd=c.place, spamd=s.place, rspamd=r.place, filter_points_count='yes', refuse_score=11), LISTENER)
        n.reload()
        refused(n, 'C42', '554 5.7.1', '6.4 points', 'with all checks and filters 11 of refuse_score = 11')
        line = n.until_log(' check=total result=refuse score=11 ')
        tap.check([] if line and 'rule=spamd' in line and 'refuse_score = 11' in line else [str(line)], '... but together they are, and the log has the sum')
        n.configure(setting(clamd=c.place, spamd=s.place, rspamd=r.place, filter_points_count='yes', refuse_score=12), LISTENER)
        n.reload()
        tap.check(is_taken(send(n)), 'one point less is not')
        n.configure(setting(clamd=c.place, spamd=s.place), LISTENER.replace('\n}', '\n\tfilters = none\n}'))
        n.reload()
        before = len(c.seen)
        tap.check(is_taken(send(n)) + ([] if len(c.seen) == before else ['it was asked']), 'a listener with filters = none asks nobody')


# Condition, the answers that raise it, and where.
RAISED = [
    ('X71', {'clamd': b'stream: Worm FOUND\0'}, 'end'),
    ('C42', {'spamd': '12.0'}, 'end'),
    ('X85', {'rspamd': {'action': 'reject', 'score': 30.0, 'required_score': 15.0}}, 'end'),
    ('X87', {'rspamd': {'action': 'soft reject', 'score': 4.0, 'required_score': 15.0}}, 'end'),
    ('X86', {'milter': {'M': packet(b'r')}}, 'mail'),
    ('X87', {'milter': {'R': packet(b't')}}, 'rcpt'),
    ('X88', {'milter': {'M': packet(b'?')}}, 'mail'),
    ('X86', {'policy': 'REJECT'}, 'rcpt'),
    ('X87', {'policy': 'DEFER'}, 'rcpt'),
    ('X88', {'policy': 'EXPLODE'}, 'rcpt'),
]


def both_styles():
    rows = catalogue()
    calm = {'clamd': b'stream: OK\0', 'spamd': '1.0', 'rspamd': {'action': 'no action', 'score': 0.5}, 'milter': {}, 'policy': 'DUNNO'}
    for style in STYLES:
        with Clamd() as c, Spamd() as s, Rspamd() as r, Milter() as m, Policy() as p, \
                Nixied(NIXIED, setting(clamd=c.place, spamd=s.place, rspamd=r.place, milters=m.place, policy_services=p.place, reply_style=style), LISTENER) as n:
            for condition, answers, stage in RAISED:
                now = {**calm, **answers}
                c.answer, s.points, r.answer, m.answers, p.action = (now[k] for k in ('clamd', 'spamd', 'rspamd', 'milter', 'policy'))
                held(NIXIE, n, style, rows[condition], stage, send(n)[-1])
            m.answers, p.action = calm['milter'], calm['policy']
            tap.check(is_taken(send(n)), f'{style}: and when all of them are calm, mail is taken')


def tried():
    with Clamd(b'stream: Worm FOUND\0') as c, Nixied(NIXIED, setting(clamd=c.place), LISTENER) as n:
        told = n.run('try', '--from', SENDER, '--to', USER, '--client', '192.0.2.1', '--message', '-', text=TEXT).stdout
        tap.check([] if 'X71' in told and 'Worm' in told else [told], '`nixied try` asks the filters too')


for part in (clamd, by_path, spamd, forged, rspamd, milter, policy, together, both_styles, tried):
    part()
sys.exit(tap.done())
