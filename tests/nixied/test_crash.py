#!/usr/bin/env python3
"""kill -9 under load: what got 250 is there, once; what got 4yz or 5yz is not; the audit balances.

usage: test_crash.py NIXIED NIXIE [ROUNDS [SEED]]        TAP; 12 rounds when nothing is said
"""

import glob
import os
import random
import re
import signal
import sys
import time

from server import DOMAIN, MX, SECONDS, USER, Load, Nixied, until

import tap

NIXIED = sys.argv[1]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 12
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else int(time.time())
CLIENTS = 8
ROUNDS_BETWEEN = 40  # before all is delivered and taken out: the mailbox has a quota
# Elsewhere fails at once for want of a DNS, so that changes and reports are under way too.
SETTINGS = 'dns_servers = 127.0.0.1:9\ndns_timeout = 1s\nmax_connections_per_client = 100\n'


class Mixed(Load):
    """Small and large messages, some with what is refused."""

    def __init__(self, port, start, seed):
        super().__init__(port, start)
        self.random = random.Random(seed)

    def one(self, c):
        name = f'm{self.next:08d}'
        self.next += 1
        kind = self.random.randrange(10)
        for line in ('MAIL FROM:<a@b.example>', f'RCPT TO:<{USER}>'):
            c.say(line)
        if kind == 0:
            c.say(f'RCPT TO:<nobody@{DOMAIN}>')
        if not c.say('DATA').startswith('354'):
            return False
        body = 'x' * 70 + '\r\n'
        # A large one in a hundred: the mailbox has a quota.
        lines = 5000 if self.random.randrange(100) == 0 else self.random.choice((1, 5, 40, 300))
        bare = 'bare\nline\r\n' if kind == 1 else ''
        return self.send(c, name, f'Message-ID: <{name}@b.example>\r\n\r\n{bare}{body * lines}.\r\n')


def empty(folder, found):
    """Takes all out of the mailbox, and adds to `found` how often each message was there."""
    for path in glob.glob(f'{folder}/mail/{DOMAIN}/demo/*/*'):
        if '/demo/tmp/' not in path:
            with open(path, encoding='utf-8', errors='replace') as f:
                match = re.search(r'^Message-ID: <(m\d+)@b\.example>', f.read(4096), re.M)
            if match:
                found[match[1]] = found.get(match[1], 0) + 1
        os.unlink(path)
    for path in glob.glob(f'{folder}/mail/{DOMAIN}/demo/maildirsize'):
        os.unlink(path)


def settle(n, there, taken):
    """All is delivered; what came is in `there`, and the mailbox has room again. The audit's result."""
    n.start()
    until(lambda: n.run('queue', 'list', '--limit', '1').returncode == 1, SECONDS + taken / 50)
    audit = n.run('audit')
    n.stop()
    empty(n.folder, there)
    if audit.returncode == 0 and 'balanced' in audit.stdout and 'waiting    0' in audit.stdout:
        return []
    return [audit.stdout, audit.stderr]


def main():
    chance = random.Random(SEED)
    print(f'# seed {SEED}')
    taken, refused, unknown, there, unbalanced = [], [], [], {}, []
    with Nixied(NIXIED, settings=SETTINGS, listeners=MX) as n:
        n.stop()
        number, settled = 0, 0
        for turn in range(1, ROUNDS + 1):
            n.start()
            loads = [Mixed(n.ports['mx'], number + i * 10000, chance.random()) for i in range(CLIENTS)]
            number += CLIENTS * 10000
            for load in loads:
                load.start()
            if turn % 2 == 0:
                until(lambda loads=loads: any(load.taken for load in loads))  # however slow this machine is
            time.sleep(chance.uniform(0.02, 0.4))
            n.stop(signal.SIGKILL)
            for load in loads:
                load.join(SECONDS)
                taken += load.taken
                refused += load.refused
                unknown += load.unknown
            if turn % ROUNDS_BETWEEN == 0 or turn == ROUNDS:
                unbalanced += settle(n, there, len(taken) - settled)
                settled = len(taken)
        print(f'# {ROUNDS} rounds: {len(taken)} taken, {len(refused)} refused, {len(unknown)} without an answer')
        tap.check([] if len(taken) >= ROUNDS // 2 else ['too little was sent to prove anything'], 'mail was taken')
        tap.check([m for m in taken if m not in there], 'what got 250 is there')
        tap.check([m for m in refused if m in there], 'what was refused is not')
        tap.check([f'{m}: {k} times' for m, k in there.items() if k > 1], 'nothing is there twice')
        sent = set(taken) | set(unknown)
        tap.check([m for m in there if m not in sent], 'nothing is there that nobody sent')
        tap.check(unbalanced, 'the audit balances')
        tap.check(glob.glob(f'{n.folder}/queue/damaged-*'), 'nothing of the queue is damaged')


if __name__ == '__main__':
    main()
    sys.exit(tap.done())
