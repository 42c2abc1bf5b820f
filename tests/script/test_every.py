#!/usr/bin/env python3
"""test_every.py SOURCES CATALOGUE SCRIPTS TEST... - each condition that the machine raises, and each of the old document,
is said in a dialogue of SCRIPTS or in a TEST. TAP."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tools'))
from tap import check, done  # noqa: E402

sources, catalogue, scripts = map(pathlib.Path, sys.argv[1:4])
tests = [*scripts.glob('*.smtp'), *map(pathlib.Path, sys.argv[4:])]
rows = [line.split('\t') for line in (catalogue / 'conditions.tsv').read_text().splitlines()
        if line and not line.startswith(('#', 'id\t'))]
ids = {row[1].upper(): row[0] for row in rows}
raised = {ids[name] for path in sources.glob('*.c')
          for name in re.findall(r'\bCONDITION_([A-Z0-9_]+)', path.read_text()) if name in ids}
said = {found for path in tests for found in re.findall(r'\(([A-Z]\d\d) 7Q2F\)', path.read_text())}
# These go without a mark: what is answered when all is well, and C10, which is a 252.
unmarked = {row[0] for row in rows if row[5].startswith(('2', '3'))}
wanted = {name for name in raised | set(ids.values()) if name in raised or name.startswith('C')} - unmarked

check([] if len(raised) > 60 else [f'only {sorted(raised)}'], 'the machine raises conditions')
check([f'{name} is in no dialogue' for name in sorted(wanted - said)], f'{len(wanted)} conditions are each in a dialogue')
sys.exit(done())
