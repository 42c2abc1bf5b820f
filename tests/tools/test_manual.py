#!/usr/bin/env python3
"""test_manual.py NIXIE - the manuals and the completions tell of the program that is there. TAP.

usage: test_manual.py NIXIE        UPDATE=1 test_manual.py NIXIE   rewrites what README.md shows

Runs the commands in the EXAMPLES of nixie(1): a block under `.\\" run: N` must exit with N, in the
source tree. What README.md shows under `<!-- run: COMMAND -->` must be what COMMAND prints. Compiles
the program in libnixie(3). Holds nixie(1) and the completions against what `nixie COMMAND --help`
lists.
"""
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from tap import check, done, skip

TOP = pathlib.Path(__file__).resolve().parents[2]
HEADER = 'include/nixie.h'
UPDATE = os.environ.get('UPDATE', '') not in ('', '0')
EVERYWHERE = {'-h', '--help'}  # in no SYNOPSIS of a single command


def read(path):
    return (TOP / path).read_text('utf-8')


def literal(block):
    """Lines of a literal block as the reader sees them."""
    return block.replace('\\e', '\\').replace('\\(aq', "'").replace('\\-', '-').replace('\\&', '')


def blocks(page, mark):
    """The literal blocks under a comment: (what the mark says, the lines)."""
    pattern = r'^\.\\" ' + mark + r'\n\.Bd -literal[^\n]*\n(.*?)^\.Ed$'
    for match in re.finditer(pattern, page, re.S | re.M):
        yield *match.groups()[:-1], literal(match.groups()[-1])


def run(nixie, command):
    """A command of a reader, who has this nixie in his PATH and stands in the source tree."""
    path = os.pathsep.join([str(pathlib.Path(nixie).resolve().parent), os.environ.get('PATH', '/usr/bin:/bin')])
    env = {**os.environ, 'PATH': path, 'LC_ALL': 'C', 'COLUMNS': '80'}
    return subprocess.run(['sh', '-c', command], cwd=TOP, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False)


def run_examples(nixie, page):
    count = 0
    for status, command in blocks(page, r'run: (\d+)'):
        count += 1
        done = run(nixie, command)
        trouble = []
        if done.returncode != int(status):
            trouble.append(f'exit status {done.returncode}, not {status}: {done.stderr[-400:]!r}')
        if not done.stdout:
            trouble.append('nothing is written')
        check(trouble, 'nixie(1): ' + ' '.join(command.split())[:70])
    check([] if count else ['no block is marked'], 'nixie(1) has examples to run')


def readme_shows(nixie):
    text = read('README.md')
    pattern = r'(<!-- run: ([^\n]*) -->\n```\w*\n)(.*?)(?=^```$)'
    shown = re.findall(pattern, text, re.S | re.M)
    check([] if shown else ['no block is marked'], 'README.md shows what nixie prints')
    for head, command, before in shown:
        now = run(nixie, command).stdout.decode('utf-8')
        if UPDATE:
            text = text.replace(head + before, head + now)
            before = now
        trouble = list(difflib.unified_diff(before.splitlines(), now.splitlines(), 'README.md', 'nixie', n=0,
                                            lineterm=''))
        check(trouble and trouble + ['UPDATE=1 rewrites it'], f'README.md: {command}')
    if UPDATE:
        (TOP / 'README.md').write_text(text, 'utf-8')


def compile_example(page):
    programs = [text for (text,) in blocks(page, 'compile')]
    compiler = shutil.which('cc') or shutil.which('gcc') or shutil.which('clang')
    check([] if programs else ['no block is marked'], 'libnixie(3) has a program')
    for program in programs:
        if compiler is None:
            skip('libnixie(3): the program compiles', 'no C compiler')
            continue
        done = subprocess.run([compiler, '-std=c17', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-x', 'c',
                               '-I', str(TOP / 'include'), '-'], input=program.encode(), capture_output=True,
                              timeout=60, check=False)
        check(done.stderr.decode('utf-8', 'replace').splitlines() if done.returncode else [],
              'libnixie(3): the program compiles')


def functions_told(page):
    declared = set(re.findall(r'\b(nixie_\w+)\(', re.sub(r'/\*.*?\*/', '', read(HEADER), flags=re.S)))
    told = set(re.findall(r'^\.F[no] (nixie_\w+)', page, re.M))
    check(sorted(declared - told), 'libnixie(3) has every function of nixie.h')
    check(sorted(told - declared), 'nixie.h has every function of libnixie(3)')


def help_of(nixie, *words):
    done = subprocess.run([nixie, *words, '--help'], capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
                          check=True)
    return done.stdout.decode('utf-8')


def commands_of(text):
    return re.findall(r'^  ([a-z]\w*)  ', text, re.M)


def options_of(text):
    """{option: the values it lists}, from the column on the left."""
    options = {}
    for line in re.findall(r'^  (-.*?)(?:  .*)?$', text, re.M):
        values = re.findall(r' ([a-z]+(?:\|[a-z]+)+)$', line)
        for option in re.findall(r'(?<![\w-])(--?[a-z][\w-]*)', line):
            options[option] = values[0].split('|') if values else []
    return options


def synopses(page):
    """The part of SYNOPSIS for each command."""
    part = re.search(r'^\.Sh SYNOPSIS\n(.*?)^\.Sh ', page, re.S | re.M).group(1)
    found = {}
    for entry in re.split(r'^\.Nm(?: nixie)?$', part, flags=re.M):
        match = re.match(r'\s*\.Cm (\w+)\n', entry)
        if match:
            found[match.group(1)] = found.get(match.group(1), '') + entry
    return found


def flag(option):
    """How mdoc writes an option, `-lang` for --lang: after Fl, or after a bar behind one."""
    return re.compile(r'(?:\bFl|\|) ' + re.escape(option[1:]) + r'(?=[ ,\n]|$)', re.M)


def manual_tells(command, options, page):
    here = synopses(page).get(command)
    if here is None:
        check([f'no `.Cm {command}` in the SYNOPSIS'], f'the manual: {command} is in the SYNOPSIS')
        return
    trouble = [f'{o}: not in the SYNOPSIS' for o in options if o not in EVERYWHERE and not flag(o).search(here)]
    trouble += [f'{o}: not in the list of options' for o in options
                if not any(flag(o).search(item) for item in re.findall(r'^\.It (.*)$', page, re.M))]
    trouble += [f'{o} {v}: not in the manual' for o, values in options.items() for v in values
                if not re.search(rf'\b{v}\b', here) or not re.search(rf'^\.Cm {v}\b', page, re.M)]
    check(trouble, f'the manual: every option of {command}')
    has = {'-' + m for m in re.findall(r'\bFl (-?[a-z][a-z-]*)', here) + re.findall(r'\| (-[a-z]+)', here)}
    check([f'{o}: --help does not list it' for o in sorted(has - set(options))],
          f'the manual: no other option of {command}')


def bash_offers(words):
    """What bash would offer for the last of the words."""
    script = '''
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_nixie 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
'''
    done = subprocess.run(['bash', '-c', script, 'bash', str(TOP / 'completion/nixie.bash'), *words],
                          capture_output=True, stdin=subprocess.DEVNULL, cwd=TOP, timeout=60, check=True)
    return set(done.stdout.decode('utf-8').split())


def bash_tells(command, options):
    if shutil.which('bash') is None:
        skip(f'bash offers the options of {command}', 'no bash')
        return
    offered = bash_offers(['nixie', command, '-'])
    trouble = [f'{o}: not offered' for o in options if o not in offered]
    for option, values in options.items():
        trouble += [f'{option} {v}: not offered' for v in set(values) - bash_offers(['nixie', command, option, ''])]
    check(trouble, f'bash offers the options of {command}')


def zsh_tells(command, options, text):
    def has(option):
        return re.search(rf'(?<![\w-]){re.escape(option)}(?![\w])', text)
    check([o for o in options if not has(o)], f'zsh knows the options of {command}')


def fish_tells(command, options, text):
    lines = [line for line in text.splitlines() if line.startswith('complete ')]
    some = re.compile(rf"seen_subcommand_from [^'\"]*\b{command}\b")
    each = re.compile(r'"__fish_seen_subcommand_from \$commands"')
    mine = [line for line in lines if '-n ' not in line or some.search(line) or each.search(line)]

    def has(option):
        written = rf'-l {option[2:]}(?= |$)' if option.startswith('--') else rf'-s {option[1:]}(?= |$)'
        return any(re.search(written, line) for line in mine)
    check([o for o in options if not has(o)], f'fish knows the options of {command}')


def completions_parse():
    for shell, name in (('bash', 'nixie.bash'), ('zsh', '_nixie'), ('fish', 'nixie.fish')):
        if shutil.which(shell) is None:
            print(f'# {name} is not read by its shell: no {shell} here')
            continue
        done = subprocess.run([shell, '-n', str(TOP / 'completion' / name)], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
        check(done.stderr.decode('utf-8', 'replace').splitlines() if done.returncode else [],
              f'{shell} can read {name}')


def reasons_page():
    """nixie-reasons(7) as the build writes it."""
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, 'nixie-reasons.7')
        subprocess.run([sys.executable, str(TOP / 'tools/gen-reasons-man'), str(TOP / 'catalogue'), str(page)],
                       check=True, timeout=60)
        told = re.findall(r'^\.It Sy (\w+)$', page.read_text('ascii'), re.M)
        rows = [line.split('\t')[0] for line in read('catalogue/reasons.tsv').splitlines()
                if line and not line.startswith('# ')][1:]
        check(sorted(set(rows) ^ set(told)), 'nixie-reasons(7) has every reason')
        if shutil.which('mandoc') is None:
            skip('nixie-reasons(7) is good mdoc', 'no mandoc')
            return
        done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', str(page)], capture_output=True, timeout=60,
                              check=False)
        check(done.stdout.decode('utf-8', 'replace').splitlines() if done.returncode else [],
              'nixie-reasons(7) is good mdoc')


def main():
    nixie = sys.argv[1]
    page = read('man/nixie.1')
    run_examples(nixie, page)
    readme_shows(nixie)
    compile_example(read('man/libnixie.3'))
    functions_told(read('man/libnixie.3'))
    reasons_page()
    completions_parse()
    zsh, fish = read('completion/_nixie'), read('completion/nixie.fish')
    commands = commands_of(help_of(nixie))
    check([] if commands else ['none'], '--help lists commands')
    offered = bash_offers(['nixie', '']) if shutil.which('bash') else set(commands)
    check([f'{c}: bash' for c in commands if c not in offered] +
          [f'{c}: zsh' for c in commands if not re.search(rf'''['"]{c}:''', zsh)] +
          [f'{c}: fish' for c in commands if not re.search(rf'-a {c} ', fish)], 'the shells offer every command')
    for command in commands:
        options = options_of(help_of(nixie, command))
        check([] if '--help' in options else [f'read: {sorted(options)}'], f'{command} --help lists options')
        manual_tells(command, options, read('man/nixie-web.8') if command == 'web' else page)
        bash_tells(command, options)
        zsh_tells(command, options, zsh)
        fish_tells(command, options, fish)
    return done()


if __name__ == '__main__':
    sys.exit(main())
