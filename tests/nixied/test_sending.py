#!/usr/bin/env python3
"""nixied sends mail to others, and explains what failed: the real program, other servers and a DNS by script.

usage: test_sending.py NIXIED NIXIE        TAP
"""

import collections
import json
import pathlib
import re
import ssl
import smtplib
import subprocess
import sys
import tempfile
import urllib.request

from server import DOMAIN, PASSWORD, USER, Nixied, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'dns'))
from dns_server import SERVFAIL, Server as Dns  # noqa: E402
from remote_server import LOST, Remote  # noqa: E402

import tap  # noqa: E402
from ports import held_port  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]


def check(trouble, name):
    tap.check([line if isinstance(line, str) else repr(line) for line in trouble], name)
    sys.stdout.flush()


def submit(n, recipients, message='Subject: hello\r\nFrom: demo@example.test\r\n\r\nhello\r\n', **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP('127.0.0.1', n.ports['submission']) as s:
        s.starttls(context=context)
        s.login(USER, PASSWORD)
        s.sendmail(USER, recipients, message.encode('utf-8'), **options)


def read(mail):
    """What nixie makes of a report: its outcomes."""
    with tempfile.NamedTemporaryFile(suffix='.eml') as f:
        f.write(mail)
        f.flush()
        shown = subprocess.run([NIXIE, 'parse', '-o', 'json', f.name], capture_output=True, text=True, check=False).stdout
    reports = json.loads(shown)
    report = reports[0] if isinstance(reports, list) else reports
    return report.get('outcomes', [])


PORT = held_port()
dns = Dns({
    ('good.example', 'MX'): [(10, 'mx.good.example')],
    ('mx.good.example', 'A'): ['127.0.0.2'],
    ('two.example', 'MX'): [(10, 'mx.gone.example'), (20, 'mx.good.example')],
    ('mx.gone.example', 'A'): ['127.0.0.3'],
    ('null.example', 'MX'): [(0, '')],
    ('self.example', 'MX'): [(10, f'mail.{DOMAIN}')],
    ('gmail.example', 'MX'): [(10, 'aspmx.l.google.com')], ('aspmx.l.google.com', 'A'): ['127.0.0.2'],
    ('noaddress.example', 'MX'): [(10, 'nothing.example')],
    ('broken.example', 'MX'): SERVFAIL,
    ('refusing.example', 'MX'): [(10, 'mx.gone.example')],
})
ANSWERS = {
    'nobody': '550 5.1.1 <nobody@good.example>: Recipient address rejected: User unknown in virtual mailbox table',
    'full': '552 5.2.2 Mailbox full',
    'relay': '554 5.7.1 <relay@good.example>: Relay access denied',
    'listed': '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
    'spf': '550 5.7.23 SPF validation failed',
}
# Whom it is for, what libnixie must read in the report, and its status.
FAILURES = [
    ('nobody@good.example', 'user_unknown', '5.1.1'),
    ('full@good.example', 'mailbox_full', '5.2.2'),
    ('relay@good.example', 'relay_denied', '5.7.1'),
    ('listed@good.example', 'ip_blocklisted', '5.7.1'),
    ('spf@good.example', 'spf_failure', '5.7.23'),
    ('x@nowhere.example', 'domain_not_found', '5.1.2'),
    ('x@null.example', 'domain_no_mail', '5.1.10'),
    ('x@self.example', 'routing_loop', '5.4.6'),
    ('x@noaddress.example', 'domain_not_found', '5.4.4'),
    ('nobody@gmail.example', 'user_unknown', '5.1.1'),
]
METRICS = held_port()


def counted(n):
    """The counters say what the log says, by destination, reason and provider."""
    def numbers():
        body = urllib.request.urlopen(f'http://127.0.0.1:{METRICS}/metrics', timeout=60).read().decode()
        return {m[1]: int(m[2]) for m in re.finditer(r'^(nixied_\S+?\{.*?\}) (\d+)$', body, re.M)}

    def logged():
        lines = [l for l in n.log().splitlines() if re.search(r'Z (delivered|relayed|deferred|bounced|discarded|expanded) ', l)]
        found = collections.Counter()
        for line in lines:
            how = line.split()[1]
            found['destination', re.search(r' to=\S+@(\S+) ', line)[1], how] += 1
            if how not in ('delivered', 'relayed', 'expanded'):
                found['reason', re.search(r' reason=(\S+)', line)[1], how] += 1
            if 'google.com' in line:
                found['provider', 'Gmail / Google Workspace', how] += 1
        return {f'nixied_outcomes_by_{kind}_total{{{kind}="{key}",outcome="{how}"}}': count for (kind, key, how), count in found.items()}
    until(lambda: {k: v for k, v in numbers().items() if '_outcomes_by_' in k} == logged(), 30)
    got, want = {k: v for k, v in numbers().items() if '_outcomes_by_' in k}, logged()
    check([f'{k}: {got.get(k)}, not {want.get(k)}' for k in got.keys() | want.keys() if got.get(k) != want.get(k)], 'the counters agree with the log')
    check([] if any('outcome="expanded"' in k for k in got) else [str(got)], '... of a list as well')
    check([] if any('provider="Gmail' in k for k in got) and any('reason="user_unknown"' in k for k in got) else [str(got)], '... and know providers and reasons')


def failures():
    remote = Remote(ip='127.0.0.2', port=PORT, rcpt=ANSWERS)
    with Nixied(NIXIED, settings=f'dns_servers = {dns.address}\nremote_port = {PORT}\nmetrics_address = 127.0.0.1:{METRICS}\n') as n:
        n.run('admin', 'list', 'add', f'team@{DOMAIN}', check=True)
        n.run('admin', 'member', 'add', f'team@{DOMAIN}', USER, check=True)
        submit(n, [to for to, _, _ in FAILURES] + ['ok@good.example', USER, f'team@{DOMAIN}'])
        until(lambda: remote.messages)
        check([] if remote.messages and remote.messages[0]['to'] == ['ok@good.example'] and
              remote.messages[0]['text'].endswith(b'\n\nhello\n') else [remote.messages], 'who is there gets it')
        check([] if n.until_log(' relayed .*to=ok@good.example') else [n.log()], '... and the log tells who took it')

        def told():
            return {o['recipient']: o for mail in n.mails() for o in read(mail) if o.get('recipient')}
        until(lambda: len(told()) >= len(FAILURES))
        outcomes = told()
        for to, reason, status in FAILURES:
            o = outcomes.get(to)
            got = (o.get('reason'), o.get('status'), o.get('action')) if o else None
            check([] if got == (reason, status, 'failed') else [f'got {got}', f'want {(reason, status)}', *n.log().splitlines()[-5:]],
                  f'{to}: {reason}, {status}')
        counted(n)
        audit = n.run('audit') if n.stop() == 0 else None
        check([] if audit is not None and audit.returncode == 0 else [audit], 'nobody is lost: the audit balances')
    remote.close()


def later():
    """What passes by itself is tried again; and the next host is asked when the first is not there."""
    remote = Remote(ip='127.0.0.2', port=PORT, rcpt={'grey': '250 ok'}, mail=['451 4.3.0 the disk is slow today', '250 ok'])
    with Nixied(NIXIED, settings=f'dns_servers = {dns.address}\nremote_port = {PORT}\nretry_first = 10\nkeep_connection = 0\n') as n:
        submit(n, ['grey@two.example', 'x@broken.example', 'x@refusing.example'])
        line = n.until_log(' deferred .*to=grey@two.example')
        check([] if line and 'peer="mx.good.example [127.0.0.2]' in line else [line, n.log()], 'the second MX answers for the first')
        line = n.until_log(' deferred .*to=x@broken.example')
        check([] if line and 'condition=D10' in line and 'status=4.4.3' in line else [line], 'a DNS that fails: later')
        line = n.until_log(' deferred .*to=x@refusing.example')
        check([] if line and 'condition=D01' in line and 'status=4.4.1' in line else [line], 'nobody there: later')
        check([] if n.until_log(' relayed .*to=grey@two.example.*attempt=2') else [n.log()], 'the second attempt delivers')
        check([] if not n.mails() else n.mails(), 'and nobody is told of it')
    remote.close()


def dns_is_dead():
    """One domain that does not answer is its own affair; when none does, it is ours to mend."""
    dead = Dns({(f'dead{i}.example', '*'): SERVFAIL for i in range(3)})
    with Nixied(NIXIED, settings=f'dns_servers = {dead.address}\nmta_sts = off\n') as n:
        submit(n, ['a@dead0.example', 'b@dead1.example'])
        n.until_log(' deferred .*to=b@dead1.example')
        n.until_log(' deferred .*to=a@dead0.example')
        check([] if ' alarm ' not in n.log() else [n.log()], 'two domains whose DNS fails: no alarm')
        submit(n, ['c@dead2.example'])
        line = n.until_log(' alarm ')
        check([] if line and 'the DNS does not answer' in line else [n.log()], 'three in a row: an alarm')
        hand = n.run('digest').stdout.split('Needs a hand here first')[-1].split('\n\n')[0]
        check([] if 'the DNS does not answer, whatever is asked' in ' '.join(hand.split()) else [n.run('digest').stdout], '... which the digest names first')


def may_be_two():
    """The connection is lost behind the dot: it is tried again, never at once, and the log says why."""
    remote = Remote(ip='127.0.0.2', port=PORT, end=LOST)
    with Nixied(NIXIED, settings=f'dns_servers = {dns.address}\nremote_port = {PORT}\n') as n:
        submit(n, ['a@good.example'])
        line = n.until_log(' deferred .*to=a@good.example')
        check([] if line and 'condition=D04' in line else [line], 'lost behind the dot: later')
        check([] if remote.connections == 1 else [remote.connections], '... and not at once')
    remote.close()


def dsn():
    """A server that knows DSN is left to tell of success; for one that does not, we do."""
    knows = Remote(ip='127.0.0.2', port=PORT)
    with Nixied(NIXIED, settings=f'dns_servers = {dns.address}\nremote_port = {PORT}\n') as n:
        submit(n, ['a@good.example'], mail_options=['RET=HDRS', 'ENVID=Q1'], rcpt_options=['NOTIFY=SUCCESS,FAILURE'])
        until(lambda: knows.messages)
        check([] if knows.messages and knows.messages[0]['from'].endswith('RET=HDRS ENVID=Q1') and
              'NOTIFY=SUCCESS,FAILURE' in knows.messages[0]['rcpt'][0] else [knows.messages], 'DSN is passed on')
        knows.ehlo = ['PIPELINING', '8BITMIME']
        until(lambda: knows.open == 0)  # the connection that knows more is closed
        submit(n, ['b@good.example'], mail_options=['RET=HDRS', 'ENVID=Q1'], rcpt_options=['NOTIFY=SUCCESS,FAILURE'])
        mails = n.until_mails(1)
        outcomes = read(mails[0]) if mails else []
        check([] if outcomes and outcomes[0]['action'] == 'relayed' else [mails], '... or the sender hears that it went where DSN is not known')
    knows.close()


def together():
    """Past the reports of an hour, one message tells of the others; an operator may have it sent at once."""
    remote = Remote(ip='127.0.0.2', port=PORT, rcpt={**ANSWERS, **{f'nobody{i}': ANSWERS['nobody'] for i in range(3)}})
    settings = f'dns_servers = {dns.address}\nremote_port = {PORT}\nreports_per_sender = 1\n'
    with Nixied(NIXIED, settings) as n:
        submit(n, ['nobody@good.example'])
        n.until_mails(1)
        want = {'full@good.example': 'mailbox_full', **{f'nobody{i}@good.example': 'user_unknown' for i in range(3)}}
        for i, to in enumerate(want):
            submit(n, [to], f'Subject: lunch {i}\r\nFrom: demo@example.test\r\n\r\nhello\r\n')
            line = n.until_log(f' deferred .*to={to} .*rule=rule:too-many-reports')
            check([] if line else [n.log()], f'{to} failed, and is told later')
        check([] if len(n.mails()) == 1 else n.mails(), 'one report in this hour')
        audit = n.run('audit') if n.stop() == 0 else None
        check([] if audit is not None and audit.returncode == 0 and re.search(r'waiting +4\n', audit.stdout) else [audit], '... the others wait')
        n.start()
        n.run('queue', 'retry', '--from', USER, check=True)
        mails = n.until_mails(2)
        got = {o['recipient']: o['reason'] for o in read(mails[1])} if len(mails) == 2 else {}
        check([] if got == want else [got, *mails], 'after a restart one message tells of them, for programs')
        text = mails[1].decode() if len(mails) == 2 else ''
        lines = [f'lunch {i}' for i in range(4)] + ['Subject: 4 more messages were not delivered', 'Return-Path: <>', 'Auto-Submitted: auto-replied']
        check([w for w in lines if w not in text], '... and for people')
        line = n.until_log(r' bounced .*to=full@good.example .*rule=rule:report-in-digest')
        report = re.search(r' report=(\w+)', line or ' report=none')[1]
        check([] if until(lambda: len(re.findall(rf' bounced .* report={report} ', n.log())) == 4) else [n.log()], '... in one commit')
        check([] if n.run('queue').returncode == 1 or 'waiting' not in n.run('queue').stdout else [n.run('queue').stdout], 'nobody waits any more')
        audit = n.run('audit') if n.stop() == 0 else None
        check([] if audit is not None and audit.returncode == 0 else [audit], 'nobody is lost')
    remote.close()


failures()
together()
later()
dns_is_dead()
may_be_two()
dsn()
sys.exit(tap.done())
