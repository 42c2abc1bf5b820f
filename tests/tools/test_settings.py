#!/usr/bin/env python3
"""test_settings.py NIXIED.CONF.5 NIXIED-LOG.5 - settings, conditions and manuals know each other. TAP.

Every setting that a condition names (catalogue/conditions.tsv) is one of nixied.conf, or a thing of the directory;
every limit of a listener is named by a condition, so that whoever is refused learns how to change it. The manuals
have every setting, event and field, and mandoc has nothing to say of them.
"""
import pathlib
import re
import shutil
import subprocess
import sys

from tap import check, done, skip

TOP = pathlib.Path(__file__).resolve().parents[2]


def settings():
    made = subprocess.run([TOP / 'tools/gen-settings', 'list', TOP / 'src/config/table.h'], check=True,
                          capture_output=True, text=True)
    return [line.split('\t') for line in made.stdout.splitlines()]


def conditions():
    lines = [l for l in (TOP / 'catalogue/conditions.tsv').read_text('utf-8').splitlines() if l[:1] not in ('', '#')]
    names = lines[0].split('\t')
    return [dict(zip(names, line.split('\t'))) for line in lines[1:]]


def properties():
    """What can be set of a thing in the directory: {'account.quota', ...}."""
    text = (TOP / 'src/directory/entry.c').read_text('utf-8')
    found = set()
    for thing, body in re.findall(r'entry_property of_(\w+)\[\] = \{(.*?)\n\};', text, re.S):
        found |= {f'{thing}.{name}' for name in re.findall(r'\.name = STR_INIT\("(\w+)"\)', body)}
    return found


def lints(page):
    if shutil.which('mandoc') is None:
        skip(f'{page.name} is good mdoc', 'no mandoc here')
        return
    said = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', page], capture_output=True, text=True, check=False)
    check(said.stdout.splitlines(), f'{page.name} is good mdoc')


def main():
    conf, log = (pathlib.Path(a) for a in sys.argv[1:3])
    rows = settings()
    known = {row[0] for row in rows}
    named = {c['setting']: c['id'] for c in conditions() if c['setting']}
    check([f'{c}: there is no setting {s}' for s, c in named.items() if s not in known | properties()],
          'every setting that a condition names is there')
    bounds = {row[0] for row in rows
              if row[2] == 'LISTENER' and row[0].startswith(('max_', 'minimum_', 'strict_', 'allow_', 'require_'))}
    check(sorted(bounds - set(named)), 'every limit of a listener is named by a condition')
    page = conf.read_text('utf-8')
    entries = re.findall(r'^\.It Ic (\w+) ', page, re.M)
    check([] if entries == [row[0] for row in rows] else [repr(entries)], 'the manual has every setting, in order')
    header = (TOP / 'src/eventlog/eventlog.h').read_text('utf-8')
    names = re.findall(r'^\s*X\(\w+, "(\w+)"', header, re.M)
    entries = re.findall(r'^\.It Cm (\w+)', log.read_text('utf-8'), re.M)
    check([] if entries == names and len(names) > 50 else [repr(entries)], 'the manual has every event and field')
    lints(conf)
    lints(log)
    return done()


if __name__ == '__main__':
    sys.exit(main())
