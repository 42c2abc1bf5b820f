#!/usr/bin/env python3
"""What `nixied digest` makes of a log. UPDATE=1 writes tests/nixied/digest/*.out; read them.

usage: test_digest.py NIXIED NIXIE        TAP
"""
import email
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tools'))
import tap  # noqa: E402

NIXIED = str(pathlib.Path(sys.argv[1]).resolve())
HERE = pathlib.Path(__file__).resolve().parent / 'digest'
DAY = ['--since', '2026-11-22T00:00:00Z', '--until', '2026-11-22T23:59:59Z']
MAIL = str(HERE.parent / 'why' / 'mail.log.1')
ROWS = 4096  # DIGEST_ROWS_MAX
CASES = {
    'trouble': [*DAY, '--log', 'trouble.log'],
    'quiet': ['--since', '2026-11-22T01:30:00Z', '--until', '2026-11-22T02:10:01Z', '--log', 'trouble.log'],
    'nothing': ['--since', '2020-01-01', '--until', '2020-01-01', '--log', 'trouble.log'],
    'json': [*DAY, '-o', 'json', 'trouble.log'],
}


def run(*args, stdin=''):
    got = subprocess.run([NIXIED, 'digest', *args], cwd=HERE, input=stdin, capture_output=True, text=True, timeout=60,
                         env={**os.environ, 'TZ': 'UTC'}, check=False)
    return got.returncode, got.stdout, got.stderr


def golden():
    for name, args in CASES.items():
        code, out, err = run(*args)
        text = f'$ nixied digest {" ".join(args)}\n{out}{err}=> {code}\n'
        path = HERE / f'{name}.out'
        if os.environ.get('UPDATE'):
            path.write_text(text, 'utf-8')
        want = path.read_text('utf-8') if path.exists() else ''
        tap.check([] if text == want else ['got:', *text.splitlines()], name)


def counted(lines):
    code, out, err = run('--since', '2026-11-22', '--until', '2026-11-22', '-o', 'json', '-', stdin=''.join(lines))
    assert code == 0, err
    return json.loads(out)


def bounds():
    at = '2026-11-22T00:00:00.000Z'
    refused = [f'{at} refused session=S client=10.0.{i // 256}.{i % 256} condition=C34\n' for i in range(ROWS + 10)]
    d = counted(refused[:ROWS - 1])
    tap.check([] if len(d['refused_clients']) == ROWS - 1 else [str(len(d['refused_clients']))], 'as many clients as fit')
    d = counted(refused)
    rows = {r['key']: r['count'] for r in d['refused_clients']}
    tap.check([] if len(rows) == ROWS and rows['(others)'] == 11 and sum(rows.values()) == ROWS + 10 else [str(len(rows))],
              'more are counted together')
    tap.check([] if d['totals']['refused'] == ROWS + 10 and [(r['key'], r['count'], r['ours']) for r in d['refused']] == [('C34', ROWS + 10, False)]
              else [str(d['refused'])], 'and none is lost')
    waits = [f'{at} deferred id=M{i} to=u{i}@a.example reason=timeout\n' for i in range(1000)]
    ends = [f'{at} {("delivered", "relayed", "bounced", "discarded")[i % 4]} id=M{i} to=u{i}@a.example\n' for i in range(900)]
    d = counted(waits + waits + ends)
    tap.check([] if d['totals']['waiting'] == 100 and d['waiting'][0]['count'] == 100 else [str(d['totals']), str(d['waiting'])],
              'who was reached in the end does not wait')
    d = counted(waits + [w.replace(' deferred ', ' relayed ') for w in waits])
    tap.check([] if d['waiting'] == [] and d['domains'] == [] else [str(d)], 'and is no trouble')


def is_mail():
    code, out, _ = run(*DAY, '--mail', 'postmaster@here.example', '--log', 'trouble.log')
    m = email.message_from_string(out)
    text = run(*CASES['trouble'])[1]
    tap.check([] if code == 0 and m['To'] == '<postmaster@here.example>' and m['Auto-Submitted'] == 'auto-generated'
              and m['Subject'] == 'Mail server: 3 refused, 9 not reached, 4 alarms' and m.get_payload() == text
              else [out], 'as a message')
    for bad in ('x\nBcc: y@z', 'x', 'a b@c', '<a@b>'):
        code, _, err = run('--mail', bad, '--log', 'trouble.log')
        tap.check([] if code == 2 and 'wants an address' in err else [f'{code} {err}'], f'no address: {bad!r}')


def mistakes():
    for name, args, code, part in (('a time', ['--since', 'x'], 2, '--since'), ('a form', ['-o', 'xml'], 2, '-o'),
                                   ('a file', ['--log', 'absent'], 3, 'absent'),
                                   ('a log of something else', ['--log', 'quiet.out'], 3, 'no event of nixied in this log')):
        got = run(*args)
        tap.check([] if got[0] == code and part in got[2] else [str(got)], f'a mistake: {name}')
    got = run('--log', '/dev/null')
    tap.check([] if got[0] == 0 and 'Nothing happened' in got[1] else [str(got)], 'a log with nothing in it yet is none')
    with tempfile.TemporaryDirectory() as folder:
        conf = pathlib.Path(folder) / 'nixied.conf'
        conf.write_text(f'log_file = {MAIL}\n')
        got = run('-c', str(conf), '--since', '2026-11-22')
        tap.check([] if got[0] == 0 and 'messages taken' in got[1] else [str(got)], 'the log that nixied.conf names')


golden()
bounds()
is_mail()
mistakes()
sys.exit(tap.done())
