#!/usr/bin/env python3
"""test_schema.py NIXIE SCHEMA MUTANTS [FILE...] - the JSON is what doc/*.schema.json promise. TAP.

Validates `nixie parse -o ndjson`, with --explain and without, of every FILE, of samples/ and of
tests/golden/; and of all mails in ../*/corpus/emails, a collection beside the source tree, where there is
one; and of damaged mails that MUTANTS makes (tests/robust/test_mutants). Validates `nixie log -o ndjson` of tests/golden/log/*.log by log.schema.json beside SCHEMA. Holds the
schemas against the tables and the code they repeat and against each other, and doc/report.md against all.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from tap import check, done, skip

TOP = pathlib.Path(__file__).resolve().parents[2]
MORE_MAILS = sorted(TOP.parent.glob('*/corpus/emails'))
MUTANTS = 520
AT_ONCE = 200  # files for one run of nixie
# What is named in names.c, and never written: the member is absent instead.
ABSENT = {'action': {'none'}, 'said': {'nothing'}, 'refuser': {'unknown'}, 'stage': {'none'}}


def mails_below(*folders):
    return sorted(p for f in folders if f.is_dir() for p in f.rglob('*')
                  if p.suffix in ('.eml', '.txt') and p.is_file())


def reports(nixie, words, files):
    """Each line that nixie writes for these files, and what went wrong."""
    lines, trouble = [], []
    for at in range(0, len(files), AT_ONCE):
        some = files[at:at + AT_ONCE]
        done = subprocess.run([nixie, 'parse', '-o', 'ndjson', *words, '--', *map(str, some)], check=False,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=250)
        written = done.stdout.decode('utf-8').splitlines()
        if done.returncode != 0:
            trouble.append(f'exit status {done.returncode}: {done.stderr[:500]!r}')
        lines += written
    return lines, trouble


def where(error):
    return '/'.join(map(str, error.absolute_path)) or 'the whole'


def events_valid(nixie, validator, words):
    """What `nixie log` writes of our logs."""
    lines, trouble = 0, []
    logs = sorted((TOP / 'tests/golden/log').glob('*.log'))
    for log in logs:
        done = subprocess.run([nixie, 'log', '-o', 'ndjson', *words, '--', str(log)], check=False, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=250)
        written = done.stdout.decode('utf-8').splitlines()
        lines += len(written)
        if done.returncode != 0 or not written:
            trouble.append(f'{log.name}: exit status {done.returncode}, {len(written)} events: {done.stderr[:500]!r}')
        for line in written:
            event = json.loads(line)
            at = f"{log.name}:{event.get('source', {}).get('line', '?')}"
            trouble += [f'{at}: {where(e)}: {e.message[:200]}' for e in validator.iter_errors(event)]
            if not words and 'explanation' in event:
                trouble.append(f'{at}: explained without --explain')
    check(trouble if logs else ['no logs'], f"{' '.join(['log', *words])}, our logs: {lines} events")


def validate(nixie, validator, words, files, name):
    lines, trouble = reports(nixie, words, files)
    named = set()
    for line in lines:
        report = json.loads(line)
        path = report.get('source', {}).get('path', '?')
        named.add(path)
        trouble += [f'{path}: {where(e)}: {e.message[:200]}' for e in validator.iter_errors(report)]
        with_words = [o for o in report['outcomes'] if 'explanation' in o]
        if not words and (with_words or 'explanation' in report):
            trouble.append(f'{path}: explained without --explain')
    trouble += [f'{path}: no report' for path in map(str, files) if path not in named]
    check(trouble, f'{name}: {len(lines)} reports')


def objects(schema, path='report'):
    """Every member of every object: (path, its schema)."""
    for name, part in schema.get('properties', {}).items():
        yield f'{path}.{name}', part
    for name, part in schema.get('$defs', {}).items():
        yield from objects(part, name)


def names_in_code():
    """The words of names.c: {'kind': {...}, ...}"""
    text = (TOP / 'src/explain/names.c').read_text('utf-8')
    found = re.findall(r'nixie_(\w+)_name\(.*?names\[\] = \{(.*?)\}', text, re.S)
    return {what: set(re.findall(r'"(\w+)"', words)) for what, words in found}


def notes_in_code():
    found = set()
    for path in (TOP / 'src').rglob('*.c'):
        found.update(re.findall(r'facts_note\(\w+, "([^"]+)"', path.read_text('utf-8')))
    return found


def schema_agrees(schema):
    """The schema against what it repeats."""
    outcome = schema['$defs']['outcome']['properties']
    table = (TOP / 'catalogue/reasons.tsv').read_text('utf-8').splitlines()
    rows = [line.split('\t')[0] for line in table if line and not line.startswith('# ')][1:]
    listed = outcome['reason']['enum']
    check([f'{r}: in one of the two only' for r in sorted(set(rows) ^ set(listed))], 'reasons are those of reasons.tsv')
    code = names_in_code()
    for what in ('kind', 'action', 'verdict', 'said', 'refuser', 'stage'):
        ours = set((schema['properties'] if what == 'kind' else outcome)[what]['enum'])
        theirs = code.get(what, set()) - ABSENT.get(what, set())
        check([f'{w}: in one of the two only' for w in sorted(ours ^ theirs)],
              f'{what}: the words are those of names.c')
    header = (TOP / 'include/nixie.h').read_text('utf-8')
    version = re.search(r'#define NIXIE_SCHEMA (\d+)', header).group(1)
    check([] if schema['properties']['schema']['const'] == int(version) else [f'nixie.h says {version}'],
          'the version is that of nixie.h')
    check([path for path, part in objects(schema) if not part.get('description')], 'every member is described')
    check([name for name, part in [('report', schema), *schema['$defs'].items()]
           if part.get('additionalProperties') is not False], 'no object takes other members')


# Times of a message's whole stay in a queue: a line of a log has its own time.
ONLY_IN_REPORTS = ('last_attempt', 'will_retry_until')


def log_schema_agrees(log, schema):
    """The schema of events against the members that it shares with that of reports."""
    outcome, own = schema['$defs']['outcome'], log['properties']
    check([f'{name}: not as in report.schema.json' for name, part in outcome['properties'].items()
           if own.get(name) != (None if name in ONLY_IN_REPORTS else part)], 'events have the members of an outcome')
    same = [(name, log['$defs'][name], schema['$defs'][name]) for name in ('evidence', 'explanation')]
    same.append(('dependentRequired', log['dependentRequired'], outcome['dependentRequired']))
    check([name for name, ours, theirs in same if ours != theirs], 'and what these are made of')
    check([] if own['schema']['const'] == schema['properties']['schema']['const'] else ['two versions'],
          'events and reports have one version')
    text = (TOP / 'src/explain/log_json.c').read_text('utf-8')
    written = set(re.findall(r'\bj, STR\("(\w+)"\)', text)) - {'path', 'line'}
    check([f'{name}: in one of the two only' for name in sorted(written ^ (set(own) - set(outcome['properties'])))],
          'the other members are those of log_json.c')
    generators = {name for path in (TOP / 'src/read').glob('log_*.c')
                  for name in re.findall(r'generator = "(\w+)"', path.read_text('utf-8'))}
    check(sorted(generators ^ set(own['generator']['enum'])), 'generators of events: those of src/read/log_*.c')
    check([path for path, part in objects(log, 'event') if not part.get('description')],
          'every member of an event is described')
    check([name for name, part in [('event', log), *log['$defs'].items()]
           if part.get('additionalProperties') is not False], 'no object of an event takes other members')


def manual_agrees(schema, log):
    """doc/report.md against the schemas and the notes in the code."""
    text = (TOP / 'doc/report.md').read_text('utf-8')
    told = set(re.findall(r'`([a-z_]+(?:-[a-z]+)*)`', text))
    check([path for path, _ in [*objects(schema), *objects(log, 'event')] if path.rpartition('.')[2] not in told],
          'report.md tells of every member')
    check(sorted(notes_in_code() - told), 'report.md tells of every note')


def main():
    nixie = sys.argv[1]
    schema = json.loads(pathlib.Path(sys.argv[2]).read_text('utf-8'))
    log = json.loads(pathlib.Path(sys.argv[2]).with_name('log.schema.json').read_text('utf-8'))
    schema_agrees(schema)
    log_schema_agrees(log, schema)
    manual_agrees(schema, log)
    try:
        import jsonschema
    except ImportError:
        skip('reports obey the schema', 'no python3-jsonschema')
        return done()
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    kind.check_schema(log)
    validator = kind(schema, format_checker=jsonschema.FormatChecker())
    ours = mails_below(TOP / 'samples', TOP / 'tests/golden') + [pathlib.Path(p) for p in sys.argv[4:]]
    for words in ([], ['--explain']):
        how = ' '.join(['parse', *words])
        validate(nixie, validator, words, ours, f'{how}, our samples')
        if MORE_MAILS:
            validate(nixie, validator, words, mails_below(*MORE_MAILS), f'{how}, the mails beside the tree')
        events_valid(nixie, kind(log, format_checker=jsonschema.FormatChecker()), words)
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run([sys.argv[3], '-n', str(MUTANTS), '-s', '3', '-w', folder, TOP / 'samples', TOP / 'tests/golden/seeds',
                               TOP / 'tests/wild'], check=False, capture_output=True, timeout=250)
        check([] if made.returncode == 0 else [made.stdout[-500:].decode(errors='replace'), made.stderr[-500:].decode(errors='replace')], f'{MUTANTS} mutants')
        # Those that are empty, or an mbox without a mail, have no report.
        mutants = sorted(p for p in pathlib.Path(folder).iterdir() if p.stat().st_size > 0)
        validate(nixie, validator, ['--explain', '--message'], mutants, 'parse --explain, damaged mails')
    if not MORE_MAILS:
        skip('the mails beside the tree', 'there are none')
    return done()


if __name__ == '__main__':
    sys.exit(main())
