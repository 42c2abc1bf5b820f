#!/usr/bin/env python3
"""nixied queue: what waits, and what an operator decides about it; the real program.

usage: test_queue.py NIXIED NIXIE        TAP
"""

import json
import re
import subprocess
import sys

from server import DOMAIN, MX, PASSWORD, SUBMISSIONS, USER, Client, Nixied, until

import tap
import base64

NIXIED = sys.argv[1]


def same(name, got, want):
    tap.check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


def has(name, text, *words):
    tap.check([f'{w!r} is missing in {text!r}' for w in words if w not in text], name)


def send(n, *recipients):
    """From the demo user to anybody; the message's id."""
    with Client(n.ports['submissions'], tls=True) as c:
        token = base64.b64encode(f'\0{USER}\0{PASSWORD}'.encode()).decode()
        c.reply()
        for line in ('EHLO pc', 'AUTH PLAIN ' + token, f'MAIL FROM:<{USER}>', *(f'RCPT TO:<{r}>' for r in recipients),
                     'DATA'):
            c.say(line)
        return c.say('Subject: waits\r\n\r\nbody\r\n.').split()[-1]


def waiting(n, *which):
    return [json.loads(l) for l in n.run('queue', 'list', '-o', 'json', *which).stdout.splitlines()]


# A DNS server that is not there: what goes elsewhere waits.
SETTINGS = 'dns_servers = 127.0.0.1:9\ndns_timeout = 1s\n'

with Nixied(NIXIED, settings=SETTINGS, listeners=MX + SUBMISSIONS) as n:
    empty = n.run('queue')
    same('an empty queue', (empty.returncode, empty.stdout), (1, '0 recipients\n'))
    first = send(n, 'a@one.example', 'b@two.example')
    second = send(n, 'c@two.example')
    until(lambda: all(r['attempts'] == 1 and r['state'] == 'waiting' for r in waiting(n)) and len(waiting(n)) == 3)
    rows = waiting(n)
    same('three recipients wait', sorted((r['id'], r['to'], r['state'], r['from']) for r in rows),
         sorted([(first, 'a@one.example', 'waiting', USER), (first, 'b@two.example', 'waiting', USER),
                 (second, 'c@two.example', 'waiting', USER)]))
    tap.check([str(r) for r in rows if not r.get('next') or '4.4.3' not in r.get('reply', '') + r.get('why', '')],
              'each says when it is tried again, and why it was not delivered')
    same('by domain', sorted(r['to'] for r in waiting(n, '--domain', 'two.example')), ['b@two.example', 'c@two.example'])
    same('by recipient', [r['id'] for r in waiting(n, '--to', 'C@two.example')], [second])
    same('by id, in small letters', len(waiting(n, first.lower())), 2)
    same('by sender', len(waiting(n, '--from', USER)), 3)
    same('by reason', sorted(r['to'] for r in waiting(n, '--reason', 'dns_failure')), sorted(r['to'] for r in rows))
    same('... which each says', {r['reason'] for r in rows}, {'dns_failure'})
    same('... by condition, and by words', [len(waiting(n, '--reason', w)) for w in ('D10', 'no answer about two')], [3, 2])
    same('... none of which is another', waiting(n, '--reason', 'mailbox_full'), [])
    same('nothing to count', [n.run('queue', 'count', '--from', 'x@y.example').returncode,
                              n.run('queue', 'count', '--from', 'x@y.example').stdout], [1, '0 recipients, 0 tried already, 0 held\n'])
    same('nothing fits', n.run('queue', 'list', '--from', 'x@y.example').returncode, 1)
    has('for people', n.run('queue').stdout, first, 'waiting', f'{USER} -> a@one.example', 'tried 1 time, next ', '3 recipients\n')
    has('a limit is told', n.run('queue', 'list', '--limit', '1').stdout, '3 recipients, of which the oldest is shown')
    has('also of two', n.run('queue', 'list', '--limit', '2').stdout, '3 recipients, of which the oldest 2 are shown')
    same('how many', n.run('queue', 'count').stdout, '3 recipients, 3 tried already, 0 held\n')
    same('... of them', n.run('queue', 'count', '--to', 'c@two.example').stdout, '1 recipient, 1 tried already, 0 held\n')
    has('one message', n.run('queue', 'show', first).stdout, 'arrived', f'from     {USER}', 'account  ', 'b@two.example')
    has('... and its text', n.run('queue', 'show', '--body', first).stdout, 'Received: from pc', 'Subject: waits', 'body')

    shown = [json.loads(l) for l in n.run('queue', 'show', first, '-o', 'json').stdout.splitlines()]
    same('... for programs', [(r['id'], r['to'], r['helo']) for r in shown], [(first, 'a@one.example', 'pc'), (first, 'b@two.example', 'pc')])
    same('what was done, for programs', json.loads(n.run('queue', 'release', '-o', 'json', '--to', 'a@one.example').stdout),
         {'action': 'release', 'recipients': 1, 'changed': 0, 'skipped': 1})

    same('held', n.run('queue', 'hold', '--domain', 'two.example').stdout, '2 of 2 recipients\n')
    same('... is a state', sorted(r['to'] for r in waiting(n, '--held')), ['b@two.example', 'c@two.example'])
    same('... and counted', json.loads(n.run('queue', 'count', '-o', 'json').stdout), {'recipients': 3, 'tried': 3, 'held': 2})
    has('... and once is enough', n.run('queue', 'hold', second).stdout, '0 of 1 recipients; the others are so already')
    same('released', n.run('queue', 'release', second).stdout, '1 of 1 recipients\n')
    tap.check([] if until(lambda: waiting(n, second)[0]['attempts'] == 2) else [str(waiting(n))], '... it is tried at once')
    until(lambda: waiting(n, second)[0]['state'] == 'waiting')
    same('removed', n.run('queue', 'remove', '--to', 'c@two.example').stdout, '1 of 1 recipients\n')
    same('... it is gone', [r['to'] for r in waiting(n, second)], [])
    same('bounced', n.run('queue', 'bounce', '--to', 'b@two.example').returncode, 0)
    mails = n.until_mails(1)
    tap.check([] if mails and b'report-type=delivery-status' in mails[0] and b'b@two.example' in mails[0] else [str(mails)],
              '... and its sender is told')
    told = re.sub(r'\s+', ' ', mails[0].decode()) if mails else ''
    has('... by whom', told, 'an operator of this server returned it (D17', 'The people who run your mail decided this', 'returned by an operator')
    # The report is in the mailbox a moment before the queue knows it.
    until(lambda: 'delivered  1' in n.run('audit').stdout)
    has('the audit of a server that runs', n.run('audit').stdout, 'discarded  1', 'bounced    1', 'waiting    1', 'balanced')
    log = n.log()
    has('the log names who did it', log, ' operator ', 'uid ')

    wrong = n.run('queue', 'remove')
    same('remove wants to be told which', (wrong.returncode, 'says nothing of which' in wrong.stdout), (2, True))
    for words in (['queue', 'dance'], ['queue', 'list', '--no-such'], ['queue', 'list', '--to'], ['queue', 'show'],
                  ['queue', 'show', 'no!id']):
        same('a mistake: ' + ' '.join(words), n.run(*words).returncode, 2)
    same('a message that is not there', n.run('queue', 'show', second).returncode, 1)
    same('everything', n.run('queue', 'remove', '--all').stdout, '1 of 1 recipients\n')

    # More than is written at a time, by messages of many recipients: each once, the oldest first.
    ids = [send(n, *(f'r{k}@many{i}.example' for k in range(95))) for i in range(6)]
    rows = waiting(n, '--limit', '10000')
    same('a long list has all', sorted(r['to'] for r in rows), sorted(f'r{k}@many{i}.example' for i in range(6) for k in range(95)))
    same('... the oldest message first', [r['id'] for r in rows], [i for i in ids for _ in range(95)])
    same('... and its recipients in their order', [r['to'] for r in rows[:95]], [f'r{k}@many0.example' for k in range(95)])
    rows = waiting(n, '--limit', '300')
    same('the oldest 300', [r['id'] for r in rows], [i for i in ids for _ in range(95)][:300])
    text = n.run('queue', 'list', '--limit', '400').stdout
    has('for people', text, '570 recipients, of which the oldest 400 are shown')
    same('... as many', text.count(f'{USER} -> r'), 400)
    same('one of many', [r['to'] for r in waiting(n, '--to', 'R7@many5.example')], ['r7@many5.example'])
    same('all of them are removed', n.run('queue', 'remove', '--from', USER).stdout, '570 of 570 recipients\n')
    n.stop()
    done = n.run('queue')
    same('no server', (done.returncode, 'no server answers' in done.stderr), (3, True))
    has('the audit reads the queue then', n.run('audit').stdout, 'recipients 574', 'discarded  572', 'bounced    1',
        'delivered  1', 'balanced')
same('--help', subprocess.run([NIXIED, 'queue', '--help'], capture_output=True, check=False).returncode, 0)
sys.exit(tap.done())
