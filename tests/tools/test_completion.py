#!/usr/bin/env python3
"""test_completion.py NIXIED NIXIE-SENDMAIL - what the shells offer for nixied, nixie-admin, nixie-sendmail. TAP.

bash is asked, with the programs that were built and a folder of `nixied demo`; the commands, options and actions that
--help tells must be there, and no others. zsh and fish read their files where they are installed. test_manual.py does
the same for nixie.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from tap import check, done, skip

TOP = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_nixied 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
"""


class Desk:
    """The programs under their names, and a directory with some people in it."""

    def __init__(self, nixied, sendmail, folder):
        for name, program in (('nixied', nixied), ('nixie-admin', nixied), ('nixie-sendmail', sendmail)):
            (folder / name).symlink_to(pathlib.Path(program).resolve())
        self.folder = folder
        self.env = {'PATH': f'{folder}:{os.environ["PATH"]}', 'NIXIED_CONF': str(folder / 'demo/nixied.conf')}
        self.run('nixied', 'demo', '-n', folder / 'demo')
        for name in ('"two words"@example.test', '`touch made`@example.test', '$HOME@example.test', 'o\'hara@example.test'):
            subprocess.run(['nixie-admin', 'account', 'add', name, '--no-password'], env=self.env, capture_output=True, timeout=60,
                           check=False)

    def run(self, *words):
        return subprocess.run(words, env=self.env, capture_output=True, text=True, timeout=60, check=True).stdout

    def offers(self, *words):
        got = subprocess.run(['bash', '-c', SCRIPT, 'bash', str(TOP / 'completion/nixied.bash'), *words], env=self.env,
                             capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=self.folder, timeout=60, check=True)
        return set(got.stdout.split())


def options_of(said):
    """Those in the lists of --help: all that stand in front of the gap."""
    heads = [re.split(r'  +', line[2:])[0] for line in said.splitlines() if line.startswith('  -')]
    return {o for head in heads for o in re.findall(r'(?:^|, )(--?[A-Za-z][a-z-]*)', head)}


def same(got, want, name):
    check([f'{w}: not offered' for w in sorted(want - got)] + [f'{g}: offered, and not told' for g in sorted(got - want)], name)


def commands(desk):
    told = set(re.findall(r'^  ([a-z][a-z-]*) ', desk.run('nixied', '--help'), re.M))
    same(desk.offers('nixied', ''), told | {'-h', '--help', '-V', '--version'}, 'every command of nixied')
    for command in sorted(told - {'admin'}):
        said = desk.run('nixied', command, '--help')
        same(desk.offers('nixied', command, '-'), options_of(said) | {'-h', '--help'}, f'the options of nixied {command}')
        usage = ' '.join(re.findall(rf'^(?:Usage:|      ) nixied {command} (.*)$', said, re.M))
        actions = set(re.findall(r'(?<![\w-])[a-z]+(?:\|[a-z]+)*(?![\w-])', re.sub(r'\[-[^]]*\]|rsa\|ed25519', '', usage)))
        actions = {a for one in actions for a in one.split('|')}
        if actions:
            same(desk.offers('nixied', command, ''), actions, f'what nixied {command} can do')
    same(desk.offers('nixie-sendmail', '-'), options_of(desk.run('nixie-sendmail', '--help')), 'the options of nixie-sendmail')


def admin(desk):
    said = desk.run('nixie-admin', '--help')
    things = set(re.findall(r'^  ([a-z][a-z-]*) [A-Z]', said, re.M))
    for words in (['nixie-admin'], ['nixied', 'admin']):
        name = ' '.join(words)
        same(desk.offers(*words, ''), things | {'show', 'check', 'export', 'import'}, f'{name}: things and questions')
        same(desk.offers(*words, '-'), options_of(said) | {'-h', '--help'}, f'{name}: options')
        same(desk.offers(*words, '-n', 'account', 'show', ''), {'demo@example.test'},
             f'{name}: accounts, and none that a shell would read as more than a word')
        same(desk.offers(*words, 'domain', 'set', ''), {'example.test'}, f'{name}: domains')
        same(desk.offers(*words, 'import', ''), {'nixie', 'csv', 'aliases', 'virtual', 'mailboxes', 'hmailserver'}, f'{name}: forms')
        same(desk.offers(*words, 'account', 'add', ''), set(), f'{name}: what is new has no name yet')
    table = (TOP / 'src/directory/entry.c').read_text('utf-8')
    for thing, body in re.findall(r'entry_property of_(\w+)\[\] = \{(.*?)\n\};', table, re.S):
        told = {'--' + name for name in re.findall(r'\.name = STR_INIT\("(\w+)"\)', body) if not name.startswith(('password', 'scram'))}
        check(sorted(told - desk.offers('nixie-admin', thing, 'set', 'x', '-')), f'the properties of a thing: {thing}')
    check([] if not (desk.folder / 'made').exists() else ['made'], 'no name of the directory was run')


def values(desk):
    for words, want in ((('nixied', 'why', '-o', ''), {'text', 'json'}), (('nixied', 'demo', '-n', ''), {'demo', 'nixied', 'nixie-admin', 'nixie-sendmail'}),
                        (('nixied', 'why', '-n', ''), set()), (('nixied', 'check', '-c', 'dem'), {'demo'}),
                        (('nixie-admin', 'route', 'set', 'x', '--tls', ''), {'offered', 'off', 'required', 'verified'}),
                        (('nixied', 'try', '--to', ''), {'demo@example.test'})):
        same(desk.offers(*words), want, ' '.join(words))


def main():
    for shell, name in (('bash', 'nixied.bash'), ('zsh', '_nixied'), ('fish', 'nixied.fish')):
        if shutil.which(shell) is None:
            print(f'# {name} is not read by its shell: no {shell} here')
            continue
        read = subprocess.run([shell, '-n', TOP / 'completion' / name], capture_output=True, text=True, timeout=60, check=False)
        check(read.stderr.splitlines() if read.returncode else [], f'{shell} can read {name}')
    if shutil.which('bash') is None:
        skip('what bash offers', 'no bash')
        return done()
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(sys.argv[1], sys.argv[2], pathlib.Path(folder))
        commands(desk)
        admin(desk)
        values(desk)
    return done()


if __name__ == '__main__':
    sys.exit(main())
