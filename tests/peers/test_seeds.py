#!/usr/bin/env python3
"""The bounces that the source documents quote, provoked: nixied's report explains each as its document does.

seeds.tsv says of a sample of tests/golden/seeds how it comes about: whom the mail is for, the host of that domain, the
step and the answer there (of a server by script, at an address of its own, with the name that the document gives it),
or what else is wrong (refused, none, self). A step "relay-..." is one of the server that nixied sends through, by a
route; "own-..." likewise, where the fault is the operator's: he is told, and nothing comes back. expected.tsv beside the samples says what the document says of it; where a
sample does not show who speaks and our report does, seeds.tsv has its own key. `words` are read in the text for people.

usage: test_seeds.py NIXIED NIXIE [FOLDER]        TAP; the reports are written to FOLDER
"""

import csv
import email
import email.policy
import json
import pathlib
import re
import subprocess
import sys

import jail

jail.enter('nsd', 'faketime')

import tap  # noqa: E402
from peers import Nsd, have  # noqa: E402
from remote_server import LOST, Remote  # noqa: E402
from world import NOBODY, World, check, submit  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
FOLDER = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
BROKEN = ['broken.test']


def table(path):
    with open(path, encoding='utf-8') as f:
        return list(csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE))


ROWS = table(jail.HERE / 'seeds.tsv')
EXPECTED = {row['file'].removesuffix('.txt'): row for row in table(jail.TOP / 'tests/golden/seeds/expected.tsv')}


def place(number):
    return f'127.0.1.{number + 1}'


def zone():
    lines = {}
    for number, row in enumerate(ROWS):
        domain = row['to'].split('@')[1]
        if row['host']:
            lines[f'{domain}. MX 10 {row["host"]}.'] = None
            if row['step'] not in ('self', 'none'):
                lines[f'{row["host"]}. A {NOBODY if row["step"] == "refused" else place(number)}'] = None
    return '\n'.join(lines) + '\n'


def server(number, row):
    """The other side of a row, when it has one."""
    answer = LOST if row['answer'] == 'lost' else row['answer'].replace('\\n', '\n')
    step = row['step'].split('-')[-1]
    if step == 'rcpt':
        return Remote(ip=place(number), port=25, rcpt={'*': answer})
    if step in ('banner', 'mail', 'end'):
        return Remote(ip=place(number), port=25, **{step: answer})
    return None


def is_soft(row):
    """Does it come back only after its time in the queue?"""
    return row['step'] == 'refused' or row['answer'].startswith(('4', 'lost')) or row['to'].split('@')[1] in BROKEN


def explained(mail):
    shown = subprocess.run([NIXIE, 'explain', '-o', 'json', '-'], input=mail, capture_output=True, check=False).stdout
    return json.loads(shown)['outcomes'][0]


def text_of(mail):
    """What a person reads, in one line."""
    part = email.message_from_bytes(mail, policy=email.policy.default).get_body(('plain',))
    return ' '.join(part.get_content().split())


def report(w, row):
    """The report about this row."""
    want = EXPECTED[row['sample']]
    _, mail = w.outcome(row['to'])
    if not mail:
        check(['no report', *w.n.log().splitlines()[-3:]], row['sample'])
        return
    if FOLDER:
        (FOLDER / (row['sample'] + '.eml')).write_bytes(mail)
    outcome, text = explained(mail), text_of(mail)
    explanation = outcome['explanation']
    trouble = [f'{name}: want {wish}, got {got}' for name, wish, got in (
        ('reason', want['reason'], outcome['reason']),
        ('key', row['key'] or want['key'], explanation['key']),
        ('refuser', want['refuser'] if not row['key'] else outcome['refuser'], outcome.get('refuser')),
        ('expired', is_soft(row), outcome['expired']),
    ) if wish and got != wish]
    trouble += [f'not in its text: {words}' for words in (explanation['headline'], *explanation['sender'], *row['words'].split(' | '))
                if ' '.join(words.split()) not in text]
    check(trouble, f'{row["sample"]}: {explanation["key"]}', text)


def main():
    if have(Nsd):
        jail.skip_all(have(Nsd))
    with World(NIXIED, NIXIE, zone(), 'reports_per_sender = 1000\n', BROKEN) as w:
        for row in ROWS:
            if '-' in row['step']:
                w.n.run('admin', 'route', 'add', row['to'].split('@')[1], '--host', row['host'], '--port', '25', check=True)
        servers = [server(number, row) for number, row in enumerate(ROWS)]
        for row in ROWS:
            submit([row['to']])
        for row in ROWS:
            if row['step'].startswith('own-'):
                line = w.line(row['to'])
                alarm = w.n.until_log(f' alarm .*{re.escape(row["answer"])}')
                check([] if ' deferred ' in line and 'rule=rule:own-fault ' in line and alarm else [line, alarm],
                      f'{row["sample"]}: an operator is told, and nothing comes back')
            elif not is_soft(row):
                report(w, row)
        for row in ROWS:
            if is_soft(row) and not row['step'].startswith('own-'):
                line = w.line(row['to'])
                check([] if ' deferred ' in line else [line], f'{row["sample"]}: it is tried again')
        why = w.later(6 * 86400)
        for row in ROWS:
            if is_soft(row):
                if why:
                    tap.skip(row['sample'], 'skipped: ' + why)
                else:
                    report(w, row)
        for one in servers:
            if one:
                one.close()


main()
sys.exit(tap.done())
