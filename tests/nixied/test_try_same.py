#!/usr/bin/env python3
"""`nixied try` says what a real session is told: the same replies, and the same condition, step, rule and setting.

usage: test_try_same.py NIXIED NIXIE        TAP
"""

import base64
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'dns'))

from dns_server import SERVFAIL, Server  # noqa: E402
from server import DOMAIN, PASSWORD, SUBMISSIONS, USER, Client, Nixied, until  # noqa: E402

import tap  # noqa: E402

NIXIED = sys.argv[1]
LISTENERS = ('listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n\tmax_message_size = 64K\n\tmax_text_line = 1000\n}\n'
             'listener nonull {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n\tallow_null_sender = no\n}\n'
             'listener login {\n\taddress = 127.0.0.1:0\n\trequire_auth = yes\n\txclient = 127.0.0.1\n\ttls = off\n}\n' + SUBMISSIONS)
GOOD = '192.0.2.7'
zone = Server({
    ('good.test', 'MX'): [(10, 'mx.good.test')],
    ('good.test', 'TXT'): ['v=spf1 ip4:192.0.2.0/24 -all'],
    ('mx.good.test', 'A'): [GOOD, '192.0.2.20'],
    ('7.2.0.192.in-addr.arpa', 'PTR'): ['mx.good.test'],
    ('20.2.0.192.in-addr.arpa', 'PTR'): ['mx.good.test'],
    ('fail.test', 'MX'): [(10, 'mx.good.test')],
    ('fail.test', 'TXT'): ['v=spf1 -all'],
    ('null.test', 'MX'): [(0, '')],
    ('down.test', '*'): SERVFAIL,
    ('halfdown.test', 'MX'): [(10, 'mx.good.test')],
    ('halfdown.test', 'TXT'): SERVFAIL,
    ('_dmarc.reject.test', 'TXT'): ['v=DMARC1; p=reject'],
    ('bad.test', 'MX'): [(10, 'mx.good.test')],
    ('bad.test.rhs.test', 'A'): ['127.0.1.2'],
    ('2.0.0.127.bl.test', 'A'): ['127.0.0.2'],
    ('20.2.0.192.bl.test', 'A'): ['127.0.0.2'],
    ('20.2.0.192.bl.test', 'TXT'): ['see https://bl.test/?192.0.2.20'],
})
CHECKS = f'dns_servers = {zone.address}\nspf = refuse\nsender_mx_check = refuse\nptr_check = refuse\ndnsbl = bl.test\nrhsbl = rhs.test\n'
HELLO = 'From: u@good.test\r\nSubject: x\r\n\r\nhello\r\n'


def case(condition, *recipients, sender='u@good.test', client=GOOD, helo='mx.good.test', user='', text=None, listener='mx'):
    return (condition, listener, client, helo, user, sender, recipients or (USER,), text)


# What is refused ('' for nothing), and how it is tried.
CASES = [
    case(''),
    case('', text=HELLO),
    case('', f'postmaster@{DOMAIN}', 'postmaster', sender=''),
    case('', 'a@elsewhere.test', sender=USER, user=USER, listener='submissions'),
    case('', sender=USER, user=USER, listener='submissions', text=HELLO),
    case('C16', listener='login'),
    case('C18', 'a b@example.test'),
    case('C19', f'off@{DOMAIN}'),
    case('C20', f'offalias@{DOMAIN}'),
    case('C22', 'x@elsewhere.test', USER),
    case('C23', f'offlist@{DOMAIN}'),
    case('C24', 'x@off.test'),
    case('C27', f'chain0@{DOMAIN}'),
    case('C28', f'closed@{DOMAIN}'),
    case('C29', 'x@routed.test'),
    case('C30', sender='', listener='nonull'),
    case('C32', sender='a@@b.test'),
    case('C34', f'nobody@{DOMAIN}', USER),
    case('C05', helo='a_b c'),
    case('C36', text=HELLO + 'a line\r\n' * 9000),
    case('C39', text=HELLO + 'bare\rhere\r\n'),
    case('X65', text=HELLO + 'x' * 1100 + '\r\n'),
    case('X66', text='Received: x\r\n' * 60 + HELLO),
    case('X82', text=HELLO + 'a\0b\r\n'),
    case('X41', sender=f'other@{DOMAIN}', user=USER, listener='submissions'),
    case('X42', sender=USER),
    case('X52', f'full@{DOMAIN}'),
    case('X53', f'fuller@{DOMAIN}'),
    case('C21', sender='u@fail.test'),
    case('C31', sender='u@nobody.test'),
    case('C35', client='192.0.2.20'),
    case('X20', client='192.0.2.9'),
    case('X43', sender='u@null.test'),
    case('X44', sender='u@down.test'),
    case('X46', sender='u@halfdown.test'),
    case('X83', sender='u@bad.test'),
    case('X76', text='From: boss@reject.test\r\n\r\nhello\r\n'),
]
SAME = ('condition', 'code', 'stage', 'setting', 'rule', 'from', 'to', 'user')


def plain(reply):
    """Without what no two sessions share: the mark, and the id in the queue."""
    return re.sub(r'queued as \w+', 'queued', re.sub(r' \((\w+) \w+\)$', r' (\1)', reply.strip(), flags=re.M))


def of_try(n, listener, client, helo, user, sender, recipients, text):
    words = ['try', '--listener', listener, '--client', client, '--helo', helo, '--from', sender or '<>']
    words += [w for r in recipients for w in ('--to', r)] + (['--user', user] if user else [])
    if text is not None:
        path = pathlib.Path(n.folder, 'message')
        path.write_bytes(text.encode())
        words += ['--message', str(path)]
    shown = n.run(*words).stdout
    replies = re.findall(r'^ *S: (\d.*(?:\n +(?:S: )?\d{3}[- ].*)*)', shown, re.M)
    events = [json.loads(line) for line in n.run(*words, '-o', 'json').stdout.splitlines()]
    return replies, [e for e in events if e['event'] == 'refused'], shown


def of_session(n, listener, client, helo, user, sender, recipients, text):
    replies = []
    with Client(n.ports[listener], tls=listener == 'submissions') as c:
        replies.append(c.reply())
        if listener == 'submissions':
            c.say('EHLO first.test')
            c.say('AUTH PLAIN ' + base64.b64encode(f'\0{user}\0{PASSWORD}'.encode()).decode())
        else:
            c.say('EHLO front.test')
            replies = [c.say(f'XCLIENT ADDR={client}')]
        replies.append(c.say(f'EHLO {helo}'))
        if replies[-1].startswith('250'):
            replies.append(c.say(f'MAIL FROM:<{sender}>'))
        if len(replies) > 2 and replies[-1].startswith('250'):
            got = [c.say(f'RCPT TO:<{r}>') for r in recipients]
            replies += got
            if text is not None and any(r.startswith('250') for r in got):
                replies += [c.say('DATA'), c.say(re.sub(r'(?m)^\.', '..', text) + '.')]
        replies.append(c.say('QUIT'))
    return replies


def events_of(n, before):
    """What the log has of the session that ended last."""
    until(lambda: n.log().count(' disconnect ') > before)
    session = re.findall(r' disconnect session=(\w+)', n.log())[-1]
    stories = [json.loads(line) for line in n.run('why', '--session', session, '-o', 'json').stdout.splitlines()]
    seen = {json.dumps(e, sort_keys=True): e for s in stories for e in s['events'] if e['event'] == 'refused'}
    return sorted(seen.values(), key=lambda e: e['time'])


def agrees(n, condition, *how):
    before = n.log().count(' disconnect ')
    real = of_session(n, *how)
    told = events_of(n, before)
    replies, tried, shown = of_try(n, *how)
    conditions = [e['condition'] for e in told]
    name = f'{condition or "nothing refused"}: {how[0]}, from <{how[4]}> to {" ".join(how[5])}{" with a text" if how[6] else ""}'
    tap.check([] if (conditions[0] if conditions else '') == condition else [f'the session: {real}'], f'{name}: a session')
    decided = [[(key, str(e.get(key))) for key in SAME] for e in told], [[(key, str(e.get(key))) for key in SAME] for e in tried]
    differ = [] if decided[0] == decided[1] else [f'session {decided[0]}', f'try {decided[1]}']
    tap.check(differ, '... try decides the same')
    # What EHLO offers differs behind a front, and after a login; a refusal of it does not, nor all that follows.
    wanted = [plain(r) for r in real[1:] if not r.startswith(('221', '250-'))]
    got = [plain(r) for r in replies if not r.startswith('221')]
    tap.check([] if got[-len(wanted):] == wanted or not wanted else [f'session {wanted}', f'try {got}', shown], '... and says the same')


def admin(n, *words):
    done = n.run('admin', *words)
    if done.returncode != 0:
        raise RuntimeError(f'{words}: {done.stderr}')


def fill(n):
    for name, more in (('off', []), ('full', ['--quota', '10000']), ('fuller', ['--quota', '10000'])):
        admin(n, '--no-password', 'account', 'add', f'{name}@{DOMAIN}', *more)
    admin(n, 'account', 'disable', f'off@{DOMAIN}')
    admin(n, 'alias', 'add', f'offalias@{DOMAIN}', USER)
    admin(n, 'alias', 'disable', f'offalias@{DOMAIN}')
    for name in ('offlist', 'closed'):
        admin(n, 'list', 'add', f'{name}@{DOMAIN}', '--mode', 'members')
        admin(n, 'member', 'add', f'{name}@{DOMAIN}', USER)
    admin(n, 'list', 'disable', f'offlist@{DOMAIN}')
    admin(n, 'domain', 'add', 'off.test')
    admin(n, 'domain', 'disable', 'off.test')
    admin(n, 'route', 'add', 'routed.test', '--host', '127.0.0.1', '--all-addresses', 'no')
    for i in range(30):
        admin(n, 'alias', 'add', f'chain{i}@{DOMAIN}', f'chain{i + 1}@{DOMAIN}')
    for name in ('full', 'fuller'):
        box = pathlib.Path(n.folder, 'mail', DOMAIN, name)
        for folder in ('cur', 'new', 'tmp'):
            (box / folder).mkdir(mode=0o700, parents=True)
        (box / 'cur' / 'one:2,S').write_bytes(b'x' * 10000)
    (box / 'nixied-full').write_text('1000000000\n', 'ascii')


def main():
    with Nixied(NIXIED, CHECKS, LISTENERS) as n:
        fill(n)
        for one in CASES:
            agrees(n, *one)


main()
sys.exit(tap.done())
