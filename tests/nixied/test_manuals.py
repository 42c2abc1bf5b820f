#!/usr/bin/env python3
"""test_manuals.py NIXIED - man/nixied-COMMAND.8 and `nixied COMMAND --help` tell of the same options. TAP."""
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / 'tests/tools'))
from tap import check, done  # noqa: E402

EVERYWHERE = {'-h', '--help'}


def main():
    nixied = pathlib.Path(sys.argv[1]).resolve()
    for page in sorted((TOP / 'man').glob('nixied-*.8')):
        command = page.stem.removeprefix('nixied-')
        got = subprocess.run([nixied, command, '--help'], capture_output=True, text=True, timeout=60, check=False)
        check([] if got.returncode == 0 and not got.stderr else [got.stderr or f'exit {got.returncode}'],
              f'{command} --help')
        shown = set(re.findall(r'(?<![\w-])(--?[a-z][a-z-]*)', re.sub(r'`[^`]*`', '', got.stdout)))
        shown = {o for o in shown if re.search(rf'^  [^\n]*{re.escape(o)}\b', got.stdout, re.M)}
        text = page.read_text('utf-8')
        told = {'-' + o for line in re.findall(r'^\.It (Fl .*)', text, re.M) for o in re.findall(r'Fl (-?[a-z-]+)', line)}
        shown, told = shown - EVERYWHERE, told - EVERYWHERE
        check([f'only in --help: {o}' for o in sorted(shown - told)] +
              [f'only in the manual: {o}' for o in sorted(told - shown)], f'{page.name} has its options')
        for name in sorted(set(re.findall(r'^\.Xr (nixied?[\w.-]*) ', text, re.M))):
            is_there = any((TOP / 'man').glob(f'{name}.*')) or name in (TOP / 'man/meson.build').read_text('utf-8')
            check([] if is_there or name == 'nixied' else ['no such page'], f'{page.name}: {name} is there')
    # What the first steps copy is where the build puts it.
    install = re.search(r"output: 'nixied.conf',.*?install_dir: get_option\('datadir'\) / (.*?),", (TOP / 'man/meson.build').read_text('utf-8'),
                        re.S)
    sample = '/usr/local/share/' + '/'.join(re.findall(r"'(.*?)'", install[1])) + '/nixied.conf'
    first_steps = (TOP / 'man/nixied.8').read_text('utf-8')
    check([] if f'cp {sample} ' in first_steps else [sample], 'nixied(8) copies the sample from where it is installed')
    return done()


if __name__ == '__main__':
    sys.exit(main())
