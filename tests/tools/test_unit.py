#!/usr/bin/env python3
"""systemd/*.service.in: what systemd itself says of the units. TAP on stdout.

`systemd-analyze verify` finds no fault, and `systemd-analyze security` rates the exposure at most EXPOSURE of 10.
Skipped where there is no systemd-analyze, or one that cannot look at a file (before 250).
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from tap import check, done, skip

TOP = pathlib.Path(__file__).resolve().parents[2]
EXPOSURE = {'nixie-web.service': 1.5}
SECONDS = 60


def analyze(*words):
    got = subprocess.run(['systemd-analyze', *words], capture_output=True, text=True, timeout=SECONDS, check=False)
    return got.returncode, got.stdout + got.stderr


def main():
    if shutil.which('systemd-analyze') is None:
        skip('the units', 'no systemd-analyze')
        return done()
    with tempfile.TemporaryDirectory() as folder:
        for name, most in EXPOSURE.items():
            path = pathlib.Path(folder) / name
            text = (TOP / 'systemd' / f'{name}.in').read_text('utf-8')
            # A program that is there, and no manual, which is installed later.
            text = text.replace('@bindir@/nixie', '/bin/true')
            path.write_text(''.join(line for line in text.splitlines(True) if not line.startswith('Documentation=')), 'utf-8')
            code, said = analyze('verify', str(path))
            check(said.splitlines() if code != 0 or name in said else [], f'{name}: no fault')
            code, said = analyze('security', '--offline=true', '--no-pager', f'--threshold={round(most * 10)}', str(path))
            if 'unrecognized option' in said:
                skip(f'{name}: its exposure', 'this systemd-analyze looks at no file')
                continue
            check(said.splitlines()[-3:] if code != 0 else [], f'{name}: an exposure of {most} at most')
    return done()


if __name__ == '__main__':
    sys.exit(main())
