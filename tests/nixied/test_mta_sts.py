#!/usr/bin/env python3
"""nixied heeds the policies of domains (MTA-STS, RFC 8461): what the log, `why` and the sender's report say, and what a reload changes.

usage: test_mta_sts.py NIXIED NIXIE        TAP
"""

import json
import pathlib
import smtplib
import ssl
import subprocess
import sys
import tempfile

from server import MX, PASSWORD, SUBMISSION, USER, Nixied

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'dns'))
from dns_server import Server as Dns  # noqa: E402
from policy_server import PolicyServer, page, policy  # noqa: E402
from remote_server import Remote, certificate, certificate_by  # noqa: E402

import tap  # noqa: E402
from ports import held_port  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
folder = tempfile.TemporaryDirectory()
authority = certificate('authority.example', folder.name)
# Who publishes what: the answer of its web server, and its mail server.
GOOD, MOVED, OPEN, NONE = 'good.example', 'moved.example', 'open.example', 'gone.example'
WEB = {GOOD: ('127.0.0.11', policy('enforce', f'mx.{GOOD}')), MOVED: ('127.0.0.12', policy('enforce', 'old.moved.example')),
       OPEN: ('127.0.0.13', policy('enforce', f'mx.{OPEN}')), NONE: ('127.0.0.14', page(b'', status='404 Not Found'))}
MAIL = {GOOD: '127.0.0.21', MOVED: '127.0.0.21', OPEN: '127.0.0.22', NONE: '127.0.0.22'}
PORT, WEB_PORT = held_port(), held_port()


def check(trouble, name):
    tap.check([line if isinstance(line, str) else repr(line) for line in trouble], name)
    sys.stdout.flush()


def submit(n, *recipients):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP('127.0.0.1', n.ports['submission']) as s:
        s.starttls(context=context)
        s.login(USER, PASSWORD)
        s.sendmail(USER, recipients, f'Subject: hello\r\nFrom: {USER}\r\n\r\nhello\r\n')


def read(mail):
    """What nixie makes of a report: its outcomes."""
    with tempfile.NamedTemporaryFile(suffix='.eml') as f:
        f.write(mail)
        f.flush()
        shown = subprocess.run([NIXIE, 'parse', '-o', 'json', f.name], capture_output=True, text=True, check=True).stdout
    return json.loads(shown)[0]['outcomes']


def line_of(n, event, to, *parts):
    line = n.until_log(f' {event} .*to={to}') or ''
    return [p for p in parts if p not in line] and [f'want {parts}', line or n.log()]


webs = [PolicyServer(certificate_by(authority, f'mta-sts.{d}', folder.name), answer, ip=ip, port=WEB_PORT) for d, (ip, answer) in WEB.items()]
names = {}
for d, (ip, _) in WEB.items():
    names.update({(d, 'MX'): [(10, f'mx.{d}')], (f'mx.{d}', 'A'): [MAIL[d]], (f'_mta-sts.{d}', 'TXT'): ['v=STSv1; id=1;'], (f'mta-sts.{d}', 'A'): [ip]})
dns = Dns(names)
secure = Remote(ip='127.0.0.21', port=PORT, pem=certificate_by(authority, f'mx.{GOOD}', folder.name))
plain = Remote(ip='127.0.0.22', port=PORT)
SETTINGS = (f'dns_servers = {dns.address}\nremote_port = {PORT}\nmta_sts_port = {WEB_PORT}\ntls_authorities = {authority}.crt\n'
            f'keep_connection = 0\nretry_first = 1h\n')

with Nixied(NIXIED, SETTINGS, MX + SUBMISSION) as n:
    submit(n, f'a@{GOOD}', f'a@{MOVED}', f'a@{OPEN}', f'a@{NONE}')
    check(line_of(n, 'attempt', f'a@{GOOD}', 'result=relayed', ' MTA-STS"'), 'a policy that holds: sent, and the log says that it held')
    check(line_of(n, 'deferred', f'a@{MOVED}', 'condition=D19', 'status=4.7.5', 'reason=tls_required',
                  f'The policy of {MOVED} (MTA-STS) does not name mx.{MOVED} as one of its mail servers'), 'an MX it does not name: deferred, and says so')
    check(line_of(n, 'deferred', f'a@{OPEN}', 'condition=D08', 'the policy of the domain asks for it (MTA-STS)'), 'no STARTTLS: deferred, and says why')
    check(line_of(n, 'relayed', f'a@{NONE}'), 'a policy that cannot be had: sent')
    line = n.until_log(f' policy domain={NONE} ') or ''
    check([] if 'result=failed' in line and 'the web server answers 404' in line else [line], '... and the log tells')
    line = n.until_log(f' policy domain={GOOD} ') or ''
    check([] if 'result=enforce' in line else [line], '... as it does of one that is new')
    said = n.run('why', '--to', f'a@{MOVED}').stdout
    check([] if 'MTA-STS' in said and 'does not name' in ' '.join(said.split()) else [said], '`nixied why` has it')
    check([] if n.run('queue', 'bounce', '--to', f'a@{MOVED}').returncode == 0 else ['queue bounce'], 'an operator gives it up')
    mails = n.until_mails(1)
    outcome = read(mails[0])[0] if mails else {}
    text = mails[0].decode('utf-8', 'replace') if mails else ''
    check([] if outcome.get('recipient') == f'a@{MOVED}' and 'does not name mx.moved.example' in ' '.join(text.replace('=\r\n', '').split())
          else [outcome, text], '... and the report tells the sender why it never went')
    n.configure(SETTINGS + 'mta_sts = no\n', MX + SUBMISSION)
    check([] if n.reload() else ['no reload'], 'mta_sts = no, by a reload')
    submit(n, f'b@{OPEN}')
    check(line_of(n, 'relayed', f'b@{OPEN}'), '... and policies are heeded no more')
    n.configure(SETTINGS, MX + SUBMISSION)
    check([] if n.stop() == 0 else ['its end'], 'it ends well')
    for web in webs:
        web.close()
    n.start()
    submit(n, f'c@{MOVED}')
    check(line_of(n, 'deferred', f'c@{MOVED}', 'condition=D19'), 'a restart, and no web server any more: the policy stands')
    kept = sorted(p.name for p in pathlib.Path(n.folder, 'mta-sts').iterdir())
    check([] if kept == [f'{d}.policy' for d in sorted((GOOD, MOVED, OPEN))] else kept, '... in a file of its own')
    said = n.run('check').stdout
    check([] if said and 'tls_authorities' not in said else [said], '`nixied check` finds the authorities good')
    n.configure(SETTINGS.replace(f'{authority}.crt', '/dev/null'), MX)
    said = n.run('check').stdout
    check([] if 'tls_authorities' in said and 'no certificates can be read' in said else [said], '... and tells of a file that has none')
sys.exit(tap.done())
