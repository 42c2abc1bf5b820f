#!/usr/bin/env python3
"""Other readers of bounces, Sisimai and flufl.bounce, find the same recipients and statuses in what nixied writes.

The reports are those of tests/report/test_report_round.c: each reason of the catalogue as an answer, temporary and
permanent, given up, expired and delayed, in each language; and each condition of ours.

usage: test_readers.py NIXIED NIXIE        TAP
"""

import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / 'tools')]

import jail  # noqa: E402
import tap  # noqa: E402

WRITER = pathlib.Path(sys.argv[1]).resolve().parents[1] / 'tests/report/test_report_round'
SHOWN = 10  # differences

# Of each file: the recipients with their statuses and actions. Its name is read as one mailbox.
SISIMAI = r"""use Sisimai; binmode STDOUT, ':utf8';
my $read = Sisimai->can('rise') || Sisimai->can('make'); # its name changed
for my $file (sort glob("$ARGV[0]/*.eml")) {
	my $list = $read->('Sisimai', $file, delivered => 1) // [];
	print join("\t", $file =~ m{([^/]+)$}, map { ($_->recipient->address, $_->deliverystatus, $_->action) } @$list), "\n";
}
"""
FLUFL = r"""import email, pathlib, sys
from flufl.bounce import all_failures
for path in sorted(pathlib.Path(sys.argv[1]).glob('*.eml')):
    later, never = all_failures(email.message_from_bytes(path.read_bytes()))
    text = lambda found: [a.decode() if isinstance(a, bytes) else a for a in found]
    print('\t'.join([path.name, *(x for a in text(later) for x in (a, '', 'delayed')), *(x for a in text(never) for x in (a, '', 'failed'))]))
"""


def told(folder):
    """{file: [recipient, action, status in the answer, or -, status in its field]}"""
    rows = [line.split('\t') for line in (folder / 'told').read_text(encoding='utf-8').splitlines()]
    return {row[0]: row[1:] + re.findall(r'^Status: (\S+)\r?$', (folder / row[0]).read_text(encoding='utf-8'), re.M) for row in rows}


def ask(command, folder, env):
    """{file: [(recipient, status, action), ...]}, and what it said on standard error."""
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False, timeout=600, env={**os.environ, **env})
    rows = [line.split('\t') for line in done.stdout.splitlines()]
    return {row[0]: [tuple(row[i:i + 3]) for i in range(1, len(row), 3)] for row in rows}, done.stderr


def same(name, want, got, differs, said):
    """One case: `differs(want, got)` says what is wrong with a file, '' when nothing is."""
    trouble = collections.OrderedDict((f, differs(w, got.get(f, []))) for f, w in want.items())
    wrong = [f'{f}: {why}: {got.get(f)} for {want[f]}' for f, why in trouble.items() if why]
    tap.check(([f'{len(wrong)} of {len(want)}'] + wrong[:SHOWN] + said.splitlines()[-3:]) if wrong else [], f'{name}, {len(want)} reports')


def recipients(want, got):
    return '' if [g[0] for g in got] == [want[0]] else 'recipients'


def actions(want, got):
    return '' if [g[2] for g in got] == [want[1]] else 'action'


def statuses(want, got):
    """A status in the answer itself goes before the field's in Sisimai, but not always where time ran out."""
    return '' if len(got) == 1 and got[0][1] in want[2:] else 'status'


def perl_places(root):
    """Where its modules are, and those of Perl itself where this machine has no more of it than every Debian."""
    own = [root / 'usr/share/perl5', *root.glob('usr/lib/*/perl5/5.*')]
    return ':'.join(map(str, [*own, *root.glob('usr/share/perl/5.*'), *root.glob('usr/lib/*/perl/5.*')]))


def main():
    places = {name: jail.fetched(name) for name in ('sisimai', 'flufl-bounce')}
    if all(why for _, why in places.values()):
        jail.skip_all('; '.join(why for _, why in places.values()))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        done = subprocess.run([WRITER, name], capture_output=True, text=True, check=False, timeout=600)
        want = told(folder)
        tap.check([] if done.returncode == 0 and len(want) > 1000 else [done.stdout[-500:], str(len(want))], 'reports are written')
        root, why = places['sisimai']
        if why:
            tap.skip('sisimai', 'skipped: ' + why)
        else:
            got, said = ask(['perl', '-e', SISIMAI], folder, {'PERL5LIB': perl_places(root)})
            same('sisimai: recipients', want, got, recipients, said)
            same('sisimai: actions', want, got, actions, said)
            same('sisimai: statuses', want, got, statuses, said)
        root, why = places['flufl-bounce']
        if why:
            tap.skip('flufl.bounce', 'skipped: ' + why)
        else:
            got, said = ask(['/usr/bin/python3', '-c', FLUFL], folder, {'PYTHONPATH': str(root / 'usr/lib/python3/dist-packages')})
            same('flufl.bounce: recipients', want, got, recipients, said)
            same('flufl.bounce: actions', want, got, actions, said)


main()
sys.exit(tap.done())
