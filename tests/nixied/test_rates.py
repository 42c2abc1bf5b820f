#!/usr/bin/env python3
"""Who sends too much is told to come again, and when: each limit by its real cause, over TCP, and what a restart leaves.

usage: test_rates.py NIXIED NIXIE        TAP
"""

import base64
import re
import subprocess
import sys
import urllib.request

from held import STYLES, catalogue, held
from server import DOMAIN, PASSWORD, SECONDS, SUBMISSIONS, USER, Client, Nixied

import tap

NIXIED, NIXIE = sys.argv[1:3]
LISTENERS = ('listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n'
             'listener inside {\n\taddress = 127.0.0.1:0\n\tkind = lmtp\n}\n' + SUBMISSIONS)
OFF = 'spf = off\nsender_mx_check = off\nhelo_check = off\nptr_check = off\n'
LOGIN = 'AUTH PLAIN ' + base64.b64encode(f'\0{USER}\0{PASSWORD}'.encode()).decode()
RCPT = f'RCPT TO:<{USER}>'


def said(port, client, commands, tls=False):
    """The replies to the commands, of a client with this address."""
    with Client(port, tls) as c:
        c.reply()
        if client:
            c.say('EHLO proxy.test')
            c.say(f'XCLIENT ADDR={client} HELO=c.test')
        c.say('EHLO c.test')
        return [c.say(command) for command in commands]


def mails(count, sender='a@b.test'):
    return [f'MAIL FROM:<{sender}>', 'RSET'] * (count - 1) + [f'MAIL FROM:<{sender}>']


def told(n, name, got, want, condition, rule):
    """Its last reply is that one; and so say the log, `nixied why` and `nixie code`."""
    match = re.fullmatch(want + r' \((\w+) (\w+)\)', got[-1])
    ok = match and match[match.lastindex - 1] == condition
    tap.check([] if ok else [f'got  {got!r}', f'want {want}'], f'{condition}: {name}')
    reference = match[match.lastindex] if match else 'none'
    line = n.until_log(f' refused session={reference} .*condition={condition}') or ''
    tap.check([] if f'rule="{rule}"' in line and 'setting=rate_' in line else [line, rule], '... the log has the limit')
    why = n.run('why', '--session', reference)
    tap.check([] if condition in why.stdout and rule in ' '.join(why.stdout.split()) else [why.stdout, why.stderr], '... and nixied why')
    code = subprocess.run([NIXIE, 'code', got[-1]], capture_output=True, text=True, check=False).stdout
    tap.check([] if condition in code else [code], '... nixie explains it')


def limits(n):
    mx = n.ports['mx']
    n.configure(OFF + 'rate_client = 3/1h\nrate_network = 5/1h\nrate_sender = 2/1d\nrate_recipient = 2/1h\n'
                'rate_client_recipients = 4/30m\nrate_user = 2/1h\nrate_user_recipients = 3/1h\nmetrics_address = 127.0.0.1:0\n', LISTENERS)
    n.reload()
    got = said(mx, '192.0.2.1', mails(3, ''))
    tap.check([] if got[-1].startswith('250 ') else got, 'as many messages as an address may send')
    got = said(mx, '192.0.2.1', mails(1, ''))
    told(n, 'one more', got, r'450 4\.7\.1 Too much mail from 192\.0\.2\.1, please try again in (?:1200|1[01]\d\d) s', 'X17', 'rate_client = 3/1h')
    got = said(mx, '192.0.2.2', mails(2, ''))
    tap.check([] if got[-1].startswith('250 ') else got, 'a neighbour may')
    got = said(mx, '192.0.2.3', mails(1, ''))
    told(n, 'until its network is full', got, r'450 4\.7\.28 Mail flood detected: too much mail from 192\.0\.2\.0/24, wait (?:720|[67]\d\d) s',
         'X18', 'rate_network = 5/1h')
    for address in ('192.0.3.1', '192.0.4.1'):
        said(mx, address, mails(1, 'news@flood.test'))
    got = said(mx, '192.0.5.1', mails(1, 'News@Flood.test'))
    told(n, 'one sender from everywhere', got, r'450 4\.7\.28 Mail flood detected: too much mail from (?i:news@flood\.test), wait 4[23]\d\d\d s',
         'X18', 'rate_sender = 2/1d')
    for address in ('192.0.6.1', '192.0.7.1'):
        said(mx, address, ['MAIL FROM:<>', RCPT])
    got = said(mx, '192.0.8.1', ['MAIL FROM:<>', RCPT])
    told(n, 'a recipient who gets too much', got, rf'450 4\.2\.1 <{re.escape(USER)}> is receiving mail at a rate too high, please try again in \d+ s',
         'X51', 'rate_recipient = 2/1h')
    with Client(mx) as c:
        replies = [c.reply()] + [c.say(x) for x in ('EHLO p.test', 'XCLIENT ADDR=192.0.9.1', 'EHLO c.test', 'MAIL FROM:<>')]
        replies += [c.say(f'RCPT TO:<postmaster@{DOMAIN}>')] + [c.say(f'RCPT TO:<abuse{i}@{DOMAIN}>') for i in range(3)]
    tap.check([] if replies[5].startswith('250 ') and all(r.startswith('550 5.1.1') for r in replies[6:]) else replies, 'recipients')
    got = said(mx, '127.0.0.1', mails(6, ''))
    tap.check([] if all(r.startswith('250 ') for r in got) else got, 'a host of rate_exempt is not counted')
    with Client(n.ports['inside']) as c:
        c.reply()
        got = [c.say('LHLO c.test')] + [c.say(x) for x in ['MAIL FROM:<>', RCPT, 'RSET'] * 3]
    tap.check([] if all(r.startswith('250') for r in got) else got, 'LMTP is not counted')
    users = n.ports['submissions']
    got = said(users, None, [LOGIN] + mails(2, USER) + [f'RCPT TO:<x{i}@elsewhere.test>' for i in range(4)], tls=True)
    told(n, 'recipients of an account', got, r'450 4\.7\.1 Sending limit of your account exceeded, please try again in (?:1200|1[01]\d\d) s',
         'X45', 'rate_user_recipients = 3/1h')
    got = said(users, None, [LOGIN] + mails(1, USER), tls=True)
    told(n, 'messages of an account', got, r'450 4\.7\.1 Sending limit of your account exceeded, please try again in (?:1800|1[67]\d\d) s',
         'X45', 'rate_user = 2/1h')


def restarts(n):
    n.stop()
    with open(f'{n.folder}/rates', encoding='utf-8') as f:
        kept = f.read()
    tap.check([] if kept.startswith('nixie-rates 1\n') and 'user-recipients ' in kept else [kept], 'it is kept')
    tried = n.run('try', '--client', '192.0.2.1', '--from', '<>', '--to', USER)
    tap.check([] if tried.returncode == 1 and '(X17 TRY0)' in tried.stdout and 'setting: rate_client' in tried.stdout else
              [tried.stdout, tried.stderr], 'nixied try knows of it')
    with open(f'{n.folder}/rates', encoding='utf-8') as f:
        tap.check([] if f.read() == kept else ['changed'], '... and changes nothing')
    n.start()
    got = said(n.ports['mx'], '192.0.2.1', mails(1, ''))
    tap.check([] if got[-1].startswith('450 4.7.1 Too much mail') else got, 'a restart forgives nothing')
    address = re.search(r'metrics at (\S+)', n.process.stdout.readline() or '')
    if address:
        with urllib.request.urlopen(f'http://{address[1]}/metrics', timeout=SECONDS) as f:
            text = f.read().decode()
        tap.check([] if 'nixied_refusals_total{condition="X17"} 1\n' in text else [text], 'the counters have it')
    else:
        tap.check(['no address'], 'the counters have it')


def connections(n):
    n.configure(OFF + 'rate_connections = 2/1h\nrate_exempt =\n', LISTENERS)
    n.reload()
    got = []
    for _ in range(3):
        with Client(n.ports['mx']) as c:
            got.append(c.reply())
    ok = got[0].startswith('220 ') and got[1].startswith('220 ') and re.fullmatch(
        r'421 Too many connections from 127\.0\.0\.1 in a short time, please try again in (1800|1[67]\d\d) s \(X90 \w+\)', got[2])
    tap.check([] if ok else got, 'X90: too many connections in a while')
    line = n.until_log(' refused .*condition=X90.*setting=rate_connections')
    tap.check([] if line else [n.log()], '... the log has it')
    n.configure(OFF + 'rate_client = 5\n', LISTENERS)
    n.reload()
    wrong = n.run('check')
    tap.check([] if wrong.returncode != 0 and 'rate_client = 5: it must be so many in so long: 300/1h' in wrong.stdout + wrong.stderr else
              [wrong.stdout, wrong.stderr], 'what is no rate is told')
    n.configure(OFF, LISTENERS)
    n.reload()
    with Client(n.ports['mx']) as c:
        greeting = c.reply()
    tap.check([] if greeting.startswith('220 ') else [greeting, n.log()[-1500:]], 'without a limit nothing is limited')


# Condition, the settings that raise it with the second time, the port, the client, what it says, and where it is refused.
AGAIN = [
    ('X17', 'rate_client = 1/1h', 'mx', '192.0.2.1', mails(1), 'mail'),
    ('X18', 'rate_network = 1/1h', 'mx', '192.0.2.1', mails(1), 'mail'),
    ('X51', 'rate_recipient = 1/1h', 'mx', '192.0.2.1', [*mails(1), RCPT], 'rcpt'),
    ('X45', 'rate_user = 1/1h', 'submissions', None, [LOGIN, *mails(1, USER)], 'mail'),
]


def both_styles():
    rows = catalogue()
    for style in STYLES:
        with Nixied(NIXIED, f'{OFF}reply_style = {style}\n', LISTENERS) as n:
            for condition, setting, port, client, commands, stage in AGAIN:
                n.configure(f'{OFF}reply_style = {style}\n{setting}\n', LISTENERS)
                n.reload()
                replies = [said(n.ports[port], client, commands, tls=port == 'submissions')[-1] for _ in range(2)]
                tap.check([] if replies[0].startswith('250 ') else replies, f'{style}: {setting}, once')
                held(NIXIE, n, style, rows[condition], stage, replies[-1])
            n.configure(f'{OFF}reply_style = {style}\nrate_connections = 1/1h\nrate_exempt =\n', LISTENERS)
            n.reload()
            replies = []
            for _ in range(2):
                with Client(n.ports['mx']) as c:
                    replies.append(c.reply())
            held(NIXIE, n, style, rows['X90'], 'connect', replies[-1])


def main():
    with Nixied(NIXIED, OFF, LISTENERS) as n:
        limits(n)
        restarts(n)
        connections(n)
        status = n.stop()
        tap.check([] if status == 0 else [f'{status} {n.said}'], 'it ends well')


main()
both_styles()
sys.exit(tap.done())
