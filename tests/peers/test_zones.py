#!/usr/bin/env python3
"""Who may send, by the zones of a real DNS: NSD on a port of its own, asked by nixied, over UDP and TCP.

Each row of spf.tsv is a session over TCP: its reply, its line in the log, `nixied why` and `nixie` must agree.
usage: test_zones.py NIXIED NIXIE        TAP
"""

import pathlib
import re
import sys

import jail

jail.enter('nsd')

import tap  # noqa: E402
from peers import Nsd, have  # noqa: E402

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / 'filter'))

from mails import LISTENER, USER, Client, Nixied, agree, until  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
HERE = pathlib.Path(__file__).resolve().parent
PORT = 5353
SETTINGS = f'dns_servers = 127.0.0.1:{PORT}\nsender_mx_check = off\nhelo_check = off\nptr_check = off\n'

# What a result of SPF is answered with; the others are taken.
CONDITIONS = {'fail': 'C21', 'permerror': 'X47', 'temperror': 'X46'}


def ask(n, client, helo, sender):
    """The reply to RCPT."""
    with Client(n.ports['mx']) as c:
        c.reply()
        c.say('EHLO proxy.test')
        c.say(f'XCLIENT ADDR={"IPV6:" if ":" in client else ""}{client}')
        c.say(f'EHLO {helo}')
        told = c.say(f'MAIL FROM:<{sender}>')
        return c.say(f'RCPT TO:<{USER}>') if told.startswith('250') else told


def found(text, check):
    """What these lines of the log say of a check: (result, rule)."""
    for line in text.splitlines():
        fields = {name: value.strip('"').replace('\\"', '"').replace('\\\\', '\\')
                  for name, value in re.findall(r'(\w+)=("(?:\\.|[^"\\])*"|\S+)', line)}
        if fields.get('check') == check:
            return fields.get('result', ''), fields.get('rule', '')
    return None


def spf(n, client, helo, sender, results, said, about):
    """One row of spf.tsv: what is wrong with what became of it."""
    before = len(n.log())
    reply = ask(n, client, 'client.test' if helo == '-' else helo, '' if sender == '<>' else sender)
    got = until(lambda: found(n.log()[before:], 'spf'))
    if got is None:
        return [reply, n.log()[before:]]
    result, rule = got
    trouble = [] if result in results.split() else [f'it is {result} ({rule}): {reply}']
    condition = CONDITIONS.get(result)
    if condition == 'C21' and 'whose owner says' in reply:
        condition, rule = 'X84', reply.split('whose owner says: ', 1)[1].rsplit(' (', 1)[0]
    if said not in ('-', rule):
        trouble.append(f'decided by {rule!r}: {reply}')
    if condition is None:
        return trouble + ([] if reply.startswith('250 ') else [reply])
    return trouble + agree(n, NIXIE, reply, condition, *[rule] if condition == 'X84' else [])


def table():
    zone = (HERE / 'spf.zone').read_text('utf-8')
    rows = [line.split('\t') for line in (HERE / 'spf.tsv').read_text('utf-8').splitlines() if line and line[0] != '#']
    with Nsd(zone, broken=['down.test'], port=PORT), \
            Nixied(NIXIED, SETTINGS + 'dmarc = off\nspf = refuse\nspf_permerror_refuses = yes\n', LISTENER) as n:
        for row in rows:
            tap.check(spf(n, *row), f'SPF, {row[2]} from {row[0]}: {row[3]}; {row[5]}')


if have(Nsd):
    jail.skip_all(have(Nsd))
table()
sys.exit(tap.done())
