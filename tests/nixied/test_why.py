#!/usr/bin/env python3
"""test_why.py NIXIED NIXIE [NAME...] - what `nixied why` tells of the logs in tests/nixied/why. TAP.

Each case of CASES is held against tests/nixied/why/NAME.out: the exit status, then standard output, then what
was said on standard error. UPDATE=1 writes these files; read them, they are the promise.
"""
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tools'))
from server import DOMAIN, MX, USER, Client, Nixied, session, until  # noqa: E402
from tap import check, done  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent / 'why'
BOTH = ['--log', 'mail.log', '--log', 'mail.log.1']  # in the wrong order: they are sorted
CASES = {
    'message': ['--to', 'carol', *BOTH],
    'alias': ['--from', 'alice@example.net', '--to', 'bob@here.example', '--log', 'mail.log.1'],
    'refused-at-rcpt': ['--to', 'dave@here.example', *BOTH],
    'refused-at-mail': ['--from', '*@spam.example', '--to', 'bob@here.example', *BOTH],
    'relay-denied': ['--session', '7q2f', '--since', '2026-11-23', *BOTH],
    'session': ['--session', '7Q2F', '--until', '2026-11-22', *BOTH],
    'null-sender': ['--from', '<>', *BOTH],
    'network': ['--client', '203.0.113.0/24', *BOTH],
    'client-by-name': ['--client', 'mail.example.net', '--to', 'erin', *BOTH],
    'login': ['--client', '2001:db8::25', *BOTH],
    'message-id': ['--message-id', 'm3@here', *BOTH],
    'id-json': ['--id', '4qz', '-o', 'json', *BOTH],
    'report': ['--id', '4S0', *BOTH],
    'report-json': ['--id', '4S0', '-o', 'json', *BOTH],
    'refusal-json': ['--to', 'dave', '-o', 'json', *BOTH],
    'last': ['-n', '1', *BOTH],
    'journal': ['--to', 'bob', '--log', 'journal.log'],
    'nothing': ['--to', 'zoe', *BOTH],
    'no-log': ['--to', 'zoe', '--log', 'message.out'],
    'no-file': ['--to', 'zoe', '--log', 'absent.log'],
    'bad-time': ['--since', 'whenever', *BOTH],
}


def run(nixied, args, stdin=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith('NIXIED')}
    env['TZ'] = 'UTC'
    got = subprocess.run([nixied, 'why', *args], cwd=HERE, input=stdin, capture_output=True, env=env, timeout=60,
                         check=False)
    return got.returncode, got.stdout.decode('utf-8'), got.stderr.decode('utf-8')


def rules(nixied):
    """Nobody was told of a failure: the rule is said in words."""
    source = (HERE.parents[2] / 'src' / 'report' / 'guard.c').read_text('utf-8')
    for rule in sorted(set(re.findall(r'"(rule:[a-z-]+)"', source)) - {'rule:report'}):
        line = f'2026-11-22T09:14:04.000Z discarded id=4QZ from=<> to=bob@here.example reason=user_unknown rule={rule}\n'
        code, out, err = run(nixied, ['--id', '4QZ', '--log', '-'], line.encode())
        check([] if code == 0 and f'Decided by: {rule} (' in ' '.join(out.split()) else [out, err], f'{rule} is said in words')


def report_once(nixied):
    """One report that two recipients and a delay name is one."""
    about = 'id=4QZ from=ann@here.example reason=user_unknown rule=rule:report attempt=1 report=5RA'
    lines = [f'{event} {about} to={to}@far.example' for to in ('bob', 'eve') for event in ('deferred', 'delayed')]
    lines.append('delivered id=5RA from=<> to=ann@here.example attempt=1')
    code, out, err = run(nixied, ['--id', '4QZ', '--log', '-'], ''.join(f'2026-11-22T09:14:04.000Z {line}\n' for line in lines).encode())
    check([] if code == 0 and out.count('report 5RA to ann@here.example: delivered') == 1 else [out, err], 'a report is named once')
    check([] if 'rule:report' not in out else [out], '... and no rule that says nothing')


def golden(nixied, names):
    for name, args in CASES.items():
        if names and name not in names:
            continue
        code, out, err = run(nixied, args)
        text = f'$ nixied why {" ".join(args)}\n{out}{err}=> {code}\n'
        path = HERE / f'{name}.out'
        if os.environ.get('UPDATE'):
            path.write_text(text, 'utf-8')
        want = path.read_text('utf-8') if path.exists() else ''
        trouble = [] if text == want else [f'got  {g!r}, want {w!r}' for g, w in zip(
            text.splitlines() + ['(end)'], want.splitlines() + ['(end)']) if g != w] or ['is longer or shorter']
        check(trouble, name)


def same_however_read(nixied):
    """Packed, from standard input, and found by the configuration: the same stories."""
    want = run(nixied, CASES['message'])[:2]
    whole = (HERE / 'mail.log.1').read_bytes() + (HERE / 'mail.log').read_bytes()
    check([] if run(nixied, ['--to', 'carol', '--log', '-'], whole)[:2] == want else ['differs'], 'standard input')
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        (top / 'nixied.log').write_bytes((HERE / 'mail.log').read_bytes())
        (top / 'nixied.log-20261122.gz').write_bytes(gzip.compress((HERE / 'mail.log.1').read_bytes()))
        (top / 'nixied.log.old').write_text('no log of ours\n')
        (top / 'nixied.conf').write_text(f'log_file = {top}/nixied.log\n')
        got = run(nixied, ['--to', 'carol', '-c', f'{top}/nixied.conf'])
        check([] if got[:2] == want else [repr(got)], 'a rotated and packed log, found by nixied.conf')
        (top / 'nixied.conf').write_text('hostname = mx.here.example\n')
        got = run(nixied, ['--to', 'carol', '-c', f'{top}/nixied.conf'])
        check([] if got[0] == 3 and 'journalctl' in got[2] else [repr(got)], 'a log in the journal: it says how')
        (top / 'cut.gz').write_bytes(gzip.compress(whole)[:-20])
        got = run(nixied, ['--to', 'carol', '--log', f'{top}/cut.gz'])
        check([] if got[0] == 3 and 'cut.gz' in got[2] else [repr(got)], 'a packed log that was cut short is said')


def is_json(nixied):
    out = run(nixied, ['-o', 'json', *BOTH])[1]
    stories = [json.loads(line) for line in out.splitlines()]
    times = [s['time'] for s in stories]
    check([] if times == sorted(times) and len(stories) > 5 else times, 'every story is JSON, in the order of time')
    told = {(e['time'], e['event']) for s in stories for e in s['events']}
    wanted = set()
    for name in ('mail.log', 'mail.log.1'):
        for line in (HERE / name).read_text('utf-8').splitlines():
            time, event = line.split()[:2]
            if event in ('refused', 'accepted', 'delivered', 'relayed', 'deferred', 'bounced', 'discarded'):
                wanted.add((time, event))
    check(sorted(map(str, wanted - told)), 'nothing that was decided is left out')


def many(nixied):
    """A large log, most of which is not asked for, and a story in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'large.log'
        with path.open('w') as f:
            for i in range(60000):
                at = f'2026-11-22T{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}.000Z'
                f.write(f'{at} accepted session=S{i:05} id=M{i} from=a{i}@example.net to=b{i}@here.example bytes=1\n'
                        f'{at} delivered id=M{i} to=b{i}@here.example\n')
        code, out, _ = run(nixied, ['--to', 'b31415@here.example', '--log', str(path), '-o', 'json'])
        stories = [json.loads(line) for line in out.splitlines()]
        check([] if code == 0 and [s['id'] for s in stories] == ['M31415'] and len(stories[0]['events']) == 2
              else [out[:500]], 'one of 60,000 messages')
        code, out, _ = run(nixied, ['--log', str(path), '-o', 'json'])
        check([] if code == 0 and out.count('\n') == 60000 else [str(out.count('\n'))], 'and all of them')


def of_a_real_server(nixied):
    """What a server wrote by itself: the mark in its reply leads to the story."""
    with Nixied(nixied, listeners=MX) as n:
        got = session(n.ports['mx'], 'EHLO client.example', 'MAIL FROM:<a@b.example>', f'RCPT TO:<nobody@{DOMAIN}>',
                      f'RCPT TO:<{USER}>', 'DATA', b'Message-ID: <m9@b.example>\r\n\r\nhi\r\n.\r\n', 'QUIT')
        reference, queue_id = got[3].split()[-1].rstrip(')'), got[6].split()[-1]
        n.until_log(f' disconnect .*session={reference}')
        asked = {'--session': reference, '--id': queue_id, '--message-id': 'm9@', '--to': USER, '--client': '127.0.0.0/8'}
        for option, value in asked.items():
            out = n.run('why', option, value).stdout
            wanted = [f'Message {queue_id} from a@b.example', f'{reference} on the listener mx', f'nobody@{DOMAIN} is refused',
                      'No such mailbox (C34)', f'{USER} is accepted', '<m9@b.example>', 'setting    domain.catch_all']
            check([f'not there: {w}' for w in wanted if w not in out] and [out, *wanted], f'a real server: {option} {value}')
        out = n.run('why', queue_id).stderr
        check([] if f'A message is asked for with  --id {queue_id}\n' in out else [out], 'an id alone is taken for a file, and how it is meant is said')
        out = n.run('why', '--to', 'nobody').stdout
        check([] if out.count('Refused: mail from a@b.example to nobody') == 1 and 'Message ' not in out.replace('Message-', '')
              else [out], 'and the refusal alone')
        out = n.run('digest').stdout
        check([] if 'messages taken' in out and 'No such mailbox (C34)' in out else [out], 'its digest')


def of_what_never_came(nixied):
    """Mail that was refused by its size alone, and mail that was begun and left: who asks for it is told."""
    with Nixied(nixied, listeners=MX) as n:
        session(n.ports['mx'], 'EHLO client.example', 'MAIL FROM:<big@b.example> SIZE=999999999999', 'QUIT')
        session(n.ports['mx'], 'EHLO client.example', 'MAIL FROM:<odd@b.example>', f'RCPT TO:<{USER}> FOO=BAR', 'QUIT')
        session(n.ports['mx'], 'EHLO client.example', 'MAIL FROM:<ask@b.example>', f'RCPT TO:<{USER}>', 'QUIT')
        session(n.ports['mx'], 'EHLO client.example', 'MAIL FROM:<half@b.example>', f'RCPT TO:<nobody@{DOMAIN}>', f'RCPT TO:<{USER}>', 'DATA')
        session(n.ports['mx'], 'EHLO client.example', 'MAIL FROM:<again@b.example>', f'RCPT TO:<{USER}>', 'RSET', 'MAIL FROM:<again@b.example>',
                f'RCPT TO:<{USER}>', 'DATA', b'Message-ID: <m1@b.example>\r\n\r\nhi\r\n.\r\n', 'QUIT')
        n.until_log(' delivered ')
        until(lambda: n.log().count(' disconnect ') == 5)

        def told(sender, *more):
            out = n.run('why', '--from', sender, *more)
            return out.stdout if out.returncode == 0 else f'exit status {out.returncode}\n{out.stderr}'
        out = told('big@b.example', '--to', USER)
        check([] if 'Refused: mail from big@b.example' in out and '(C36)' in out else [out], 'a sender who was refused for the size is found')
        out = told('odd@b.example', '--to', USER)
        check([] if f'Refused: mail from odd@b.example to {USER}' in out else [out], 'a recipient who was refused for a parameter is found')
        out = told('ask@b.example', '--to', USER)
        check([] if f'Not sent: mail from ask@b.example to {USER}' in out and 'whether the address exists' in out else [out],
              'a recipient who was accepted, and no more, is told')
        out = told('half@b.example', '--to', USER)
        check([] if f'Not sent: mail from half@b.example to {USER}' in out and 'Refused' not in out else [out],
              '... and mail that was lost within its text')
        out = told('half@b.example')
        check([] if out.count('Not sent: ') == 1 and out.count('Refused: ') == 1 else [out], '... beside a recipient who was refused')
        out = told('again@b.example')
        check([] if 'Message ' in out and 'Not sent' not in out else [out], 'what was begun anew, and came, is told as the message')
        story = json.loads(told('half@b.example', '--to', USER, '-o', 'json'))
        check([] if story['kind'] == 'unsent' and story['from'] == 'half@b.example' and story['recipients'][0]['to'] == USER else [story],
              '... for programs too')
        with Client(n.ports['mx']) as c:
            c.reply()
            for command in ('EHLO client.example', 'MAIL FROM:<now@b.example>', f'RCPT TO:<{USER}>'):
                c.say(command)
            out = told('now@b.example')
        check([] if 'Not sent: mail from now@b.example' in out and 'no end in this log' in out else [out], 'a session that goes on is told as one')


def main():
    nixied, names = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[3:]
    golden(nixied, names)
    if not names:
        same_however_read(nixied)
        is_json(nixied)
        rules(nixied)
        report_once(nixied)
        many(nixied)
        of_a_real_server(nixied)
        of_what_never_came(nixied)
    return done()


if __name__ == '__main__':
    sys.exit(main())
