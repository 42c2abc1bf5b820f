#!/usr/bin/env python3
"""kill -9 with deliveries and reports under way: nothing lost, no report doubled, no letter twice but as RFC 1047 has it.

Each message goes to a mailbox here, to recipients elsewhere who take, defer and refuse it, and to a list
with members of all these kinds; its sender, who has an address for this message alone, asks for
everything. The other servers live through all crashes.

usage: test_crash_sending.py NIXIED NIXIE [ROUNDS [SEED]]        TAP; 6 rounds when nothing is said
"""

import collections
import email
import glob
import random
import re
import signal
import sys
import time

from remote_server import Remote
from server import DOMAIN, MX, SECONDS, USER, Client, Load, Nixied, until

import tap

NIXIED = sys.argv[1]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 6
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else int(time.time())
CLIENTS = 3
PER_CLIENT = 10  # messages in a round at most: a report for each
TEAM, BOSS, MEMBER = f'team@{DOMAIN}', f'boss@{DOMAIN}', f'member@{DOMAIN}'
OWNER = f'owner-team@{DOMAIN}'
SETTINGS = ('dns_servers = 127.0.0.1:9\ndns_timeout = 1s\nspf = off\nhelo_check = off\nptr_check = off\n'
            'max_connections_per_client = 100\nretry_first = 10\nreports_per_sender = 1000000\n')


class Script(dict):
    """Who takes, refuses, or defers the first time: by the first letters of the local part."""

    def __init__(self):
        super().__init__(gone='550 5.1.1 no such user here')
        self.seen = set()

    def get(self, local, default=None):
        if local.startswith('gone'):
            return self['gone']
        if local.startswith('later') and local not in self.seen:
            self.seen.add(local)
            return '451 4.3.2 not now'
        return default


class ToAll(Load):
    """Some messages at most, each to a mailbox, to others elsewhere and to a list."""

    def __init__(self, port, start):
        super().__init__(port, start)
        self.last = start + PER_CLIENT

    def one(self, c):
        name = f'm{self.next:07d}'
        self.next += 1
        c.say(f'MAIL FROM:<s{name}@home.example>')
        for to in (USER, f'take{name}@far.example', f'later{name}@far.example', f'gone{name}@far.example', TEAM):
            c.say(f'RCPT TO:<{to}> NOTIFY=SUCCESS,FAILURE')
        if not c.say('DATA').startswith('354'):
            return False
        text = f'From: s{name}@home.example\r\nMessage-ID: <{name}@home.example>\r\n\r\n{"x" * 70}\r\n.\r\n'
        return self.send(c, name, text) and self.next < self.last


def name_of(text):
    match = re.search(rb'<?(m\d{7})@home\.example', text)
    return match[1].decode() if match else None


def told(text):
    """(recipient, action) of a report, each as often as it stands there."""
    found = []
    for part in email.message_from_bytes(text).walk():
        if part.get_content_type() == 'message/delivery-status':
            for group in part.get_payload():
                if group['Final-Recipient']:
                    found.append((group['Final-Recipient'].split(';')[1].strip(), group['Action'].split()[0]))
    return found


def mailbox(n, user):
    """How often each message is there."""
    found = collections.Counter()
    for path in glob.glob(f'{n.folder}/mail/{DOMAIN}/{user}/new/*'):
        with open(path, 'rb') as f:
            found[name_of(re.search(rb'^Message-ID: (.*)', f.read(), re.M | re.I)[1])] += 1
    return found


def reports(texts):
    """What was told by which report, by its own Message-ID; how often it came."""
    kept, came = {}, collections.Counter()
    for text in texts:
        own = email.message_from_bytes(text)['Message-ID']
        came[own] += 1
        kept[own] = text
    return kept, came


class Received(list):
    """What another server took, with the life of ours in which it came."""

    def __init__(self, world):
        super().__init__()
        self.world = world

    def append(self, message):
        message['turn'] = self.world['turn']
        super().append(message)
        time.sleep(self.world['hold'])  # it has the message, and has not said so yet: the window of RFC 1047


def count_told(kept):
    """(message, recipient, action): in how many reports."""
    found = collections.Counter()
    for text in kept.values():
        headers = text[text.rfind(b'Message-ID: <m'):]
        for to, action in told(text):
            found[(name_of(headers), to, action)] += 1
    return found


def check(trouble, name):
    tap.check([str(line) for line in trouble[:10]] + ([f'... {len(trouble)} in all'] if len(trouble) > 10 else []), name)


def within_window(letters):
    """Those that came twice in one life of the server, in which no crash can excuse it; and how many came again."""
    again, wrong = [], []
    for key, lives in letters.items():
        if len(lives) > 1:
            again.append(key)
            if len(set(lives)) < len(lives):
                wrong.append((key, lives))
    return again, wrong


def main():
    chance = random.Random(SEED)
    print(f'# seed {SEED}')
    world = {'turn': 0, 'hold': 0.02}
    home, far = Remote(ehlo=('PIPELINING',)), Remote(ehlo=('PIPELINING',), rcpt=Script())
    home.messages, far.messages = Received(world), Received(world)
    n = Nixied(NIXIED, SETTINGS, MX)
    for name, remote in (('home', home), ('far', far)):
        n.run('admin', 'route', 'add', f'{name}.example', '--host', '127.0.0.1', '--port', str(remote.port), check=True)
    for account in (BOSS, MEMBER):
        n.run('admin', 'account', 'add', account, check=True)
    n.run('admin', 'list', 'add', TEAM, '--owner', BOSS, check=True)
    for member in (MEMBER, 'pat@far.example', 'gone@far.example'):
        n.run('admin', 'member', 'add', TEAM, member, check=True)
    taken, unknown, number = [], [], 0
    for world['turn'] in range(1, ROUNDS + 1):
        n.start()
        before = len(far.messages) + len(home.messages)
        loads = [ToAll(n.ports['mx'], number + i * PER_CLIENT) for i in range(CLIENTS)]
        number += CLIENTS * PER_CLIENT
        for load in loads:
            load.start()
        until(lambda before=before: len(far.messages) + len(home.messages) > before + chance.choice((0, 0, 5, 20)), 20)
        time.sleep(chance.uniform(0, 0.3))
        n.stop(signal.SIGKILL)
        for load in loads:
            load.join(SECONDS)
            taken += load.taken
            unknown += load.unknown
        # What it sent before it died must not count as of its next life.
        for remote in (home, far):
            with Client(remote.port) as c:
                c.reply()  # so those before it are under way too
            until(lambda remote=remote: remote.open == 0)
    world['turn'], world['hold'] = ROUNDS + 1, 0
    n.start()
    until(lambda: n.run('queue', 'list', '--limit', '1').returncode == 1, SECONDS + len(taken) / 20)
    n.stop()
    audit = n.run('audit')
    log = n.log()

    here, member = mailbox(n, 'demo'), mailbox(n, 'member')
    letters = collections.defaultdict(list)  # (message, recipient): in which lives of the server it came
    for m in far.messages:
        for to in m['to']:
            letters[(name_of(m['text']), to)].append(m['turn'])
    lives = collections.defaultdict(list)  # of reports, by their Message-ID
    for m in home.messages:
        lives[(email.message_from_bytes(m['text'])['Message-ID'], m['to'][0])].append(m['turn'])
    kept, _ = reports(m['text'] for m in home.messages)
    boss = [open(path, 'rb').read() for path in glob.glob(f'{n.folder}/mail/{DOMAIN}/boss/new/*')]
    own, came = reports(boss)
    to_sender, to_owner = count_told(kept), count_told(own)
    print(f'# {ROUNDS} crashes: {len(taken)} taken, {len(unknown)} without an answer; {len(far.messages)} messages and {len(home.messages)} reports sent, '
          f'{sum(here.values())} + {sum(member.values())} delivered here, {len(boss)} reports to the owner of the list')

    check([] if len(taken) >= ROUNDS else ['too little was sent to prove anything'], 'mail was taken')
    elsewhere = ('take%s@far.example', 'later%s@far.example')
    check([m for m in taken if m not in here] + [m for m in taken if m not in member], 'what got 250 is in the mailbox, and in that of the member')
    check([x for x in list(here.items()) + list(member.items()) if x[1] > 1], '... once')
    check([(m, to) for m in taken for to in (*(e % m for e in elsewhere), 'pat@far.example') if (m, to) not in letters],
          '... and elsewhere, with the member there')
    again, wrong = within_window(letters)
    report_again, report_wrong = within_window(lives)
    check(wrong + report_wrong, 'nothing came twice without a crash in between')
    wanted = [(f'gone%s@far.example', 'failed'), (elsewhere[0], 'relayed'), (elsewhere[1], 'relayed'), (USER.replace('%', '%%'), 'delivered'), (TEAM, 'delivered')]
    expected = {(m, to % m if '%s' in to else to, action) for m in taken for to, action in wanted}
    check(sorted(expected - set(to_sender)), 'each sender is told of each recipient')
    check([x for x in to_sender.items() if x[1] > 1], '... by one report alone')
    check([m for m in taken if (m, 'gone@far.example', 'failed') not in to_owner], "the list's owner is told of the member who is gone")
    check([x for x in to_owner.items() if x[1] > 1] + [x for x in came.items() if x[1] > 1], '... by one report, that came once')
    sent = set(taken) | set(unknown)
    check([m for m in set(here) | {k[0] for k in letters} | {k[0] for k in to_sender} if m not in sent], 'nothing is there that nobody sent')
    check([] if audit.returncode == 0 and 'balanced' in audit.stdout and 'waiting    0' in audit.stdout else [audit.stdout, audit.stderr], 'the audit balances')
    check(glob.glob(f'{n.folder}/queue/damaged-*'), 'nothing of the queue is damaged')
    # The log of one who died may not have that it was taken.
    ids = {name_of(m['text']): re.search(rb'\bid ([0-9A-Z]{13})', m['text'])[1].decode() for m in far.messages}
    named = set(re.findall(r' attempt id=(\S+) to=(\S+) .*rule=rule:after-crash', log))
    twice = [(ids.get(name), to) for name, to in again] + [(own[1:].split('@')[0], to) for own, to in report_again]
    print(f'# {len(again)} of {len(letters)} letters and {len(report_again)} of {len(lives)} reports came again after a crash; {len(named)} may have')
    check([x for x in twice if x not in named], 'each that came again is named in the log')
    n.__exit__()
    home.close()
    far.close()


if __name__ == '__main__':
    main()
    sys.exit(tap.done())
