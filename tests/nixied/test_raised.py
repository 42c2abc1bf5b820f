#!/usr/bin/env python3
"""Every refusal of the catalogue has a test that raises it: raised.tsv against conditions.tsv, the sources and the tests.

usage: test_raised.py        TAP
"""

import csv
import pathlib
import re
import sys

import tap

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]


def table(path):
    lines = (l for l in path.read_text('utf-8').splitlines() if not l.startswith('#'))
    return list(csv.DictReader(lines, delimiter='\t', quoting=csv.QUOTE_NONE))


def is_run(path):
    """Does somebody start it: a meson.build, or the stage of ./test that runs all of its folder?"""
    if path.suffix == '.smtp' or path.parent.name == 'peers':
        return True
    return re.search(rf'\b{path.stem}\b', (path.parent / 'meson.build').read_text('utf-8')) is not None


def trouble_of(row, raised, sources):
    """What is wrong with the line about this condition."""
    enumerator = f"CONDITION_{row['name'].upper()}"
    is_raised = enumerator in sources
    if raised is None:
        return [f"{row['id']} has no line in raised.tsv"]
    if raised['test'] == '-':
        return [f'{enumerator} is raised, and has no test'] if is_raised else [] if raised['note'] else ['why is it not raised?']
    path = TOP / raised['test']
    if not is_raised:
        return [f'no source names {enumerator}']
    if not path.exists() or not is_run(path):
        return [f"{raised['test']} is not there, or nobody runs it"]
    names = (row['id'], enumerator)
    return [] if any(re.search(rf'\b{name}\b', path.read_text('utf-8')) for name in names) else [f"{raised['test']} does not name it"]


def main():
    sources = ' '.join(p.read_text('utf-8') for folder in ('smtp', 'receive', 'check', 'filter', 'directory', 'deliver')
                       for p in (TOP / 'src' / folder).glob('*.c'))
    sources = set(re.findall(r'CONDITION_\w+', sources))
    rows = {r['id']: r for r in table(TOP / 'catalogue/conditions.tsv') if r['id'][0] in 'CX'}
    lines = table(HERE / 'raised.tsv')
    raised = {line['id']: line for line in lines}
    tap.check([] if len(lines) == len(raised) else ['a condition stands twice'], 'raised.tsv has a condition once')
    tap.check([f'{name} is no condition' for name in raised if name not in rows], 'raised.tsv has conditions alone')
    for name, row in rows.items():
        tap.check(trouble_of(row, raised.get(name), sources), f'{name} {row["name"]}: {raised.get(name, {}).get("test")}')


main()
sys.exit(tap.done())
