#!/usr/bin/env python3
"""MTA-STS (RFC 8461): policies of domains, had over HTTPS, kept, and heeded. TAP.
usage: test_sts.py REMOTE_SEND"""
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

from driver import Report, Sender, check, tlsa
from dns_server import SERVFAIL, Server as Dns  # noqa: E402
from policy_server import SILENT, PolicyServer, page, policy  # noqa: E402
from remote_server import Remote, certificate, certificate_by  # noqa: E402
from tap import done, skip  # noqa: E402

RECORD = 'v=STSv1; id=20261122a;'
NAME = 'sts.example'
MX = 'mx.sts.example'
folder = tempfile.TemporaryDirectory()

try:
    authority = certificate('authority.example', folder.name)
except (OSError, subprocess.CalledProcessError):
    skip('MTA-STS', 'no openssl')
    sys.exit(done())
GOOD = certificate_by(authority, MX, folder.name)
OTHER = certificate_by(authority, 'other.example', folder.name)
STRANGE = certificate(MX, folder.name)  # nobody vouches for it
WEB = certificate_by(authority, 'mta-sts.' + NAME, folder.name)
good, plain = Remote(pem=GOOD), Remote()


class World:
    """A domain with its DNS, a web server and a mail server; and who sends there."""

    def __init__(self, answer=policy('enforce', MX), server=good, web=WEB, record=RECORD, mx=((10, MX),), kept=None, authentic=False,
                 tlsa_records=None, **settings):
        self.web = PolicyServer(web, answer)
        self.kept = kept or tempfile.mkdtemp(dir=folder.name)
        records = [record] if isinstance(record, str) else record
        names = {(NAME, 'MX'): list(mx), **{(name, 'A'): ['127.0.0.1'] for _, name in mx}, ('mta-sts.' + NAME, 'A'): ['127.0.0.1']}
        if records is not None:
            names[('_mta-sts.' + NAME, 'TXT')] = records
        if tlsa_records:
            names[(f'_{server.port}._tcp.{MX}', 'TLSA')] = tlsa_records
        self.dns = Dns(names, authentic=authentic)
        self.sender = Sender(self.dns.address, **{'remote_port': server.port, 'mta_sts_port': self.web.port, 'keep_connection': 0,
                                                  'authorities': authority + '.crt', 'sts': self.kept, **settings})
        self.server, self.began = server, len(server.messages)
        self.connections = server.connections

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.web.close()
        check([] if self.sender.close() == 0 else ['it failed'], '... and it ends well')

    def send(self, **fields):
        return self.sender.send(domain=NAME, **fields)

    def file(self):
        return pathlib.Path(self.kept) / (NAME + '.policy')

    def stands(self):
        """The mode of the policy that stands."""
        return self.sender.ask('policy ' + NAME, 'stands')[-1][2]

    def file_is(self, text):
        """... once it is written, which a thread does."""
        for _ in range(6000):
            if self.file().exists() and text in self.file().read_text():
                return []
            time.sleep(0.01)
        return [f'no {text!r} in {self.file()}']


def has(report, *words):
    return [] if all(w in report.results[0]['words'] for w in words) else [f'want {words}', *report.lines]


def news(report):
    return [line[1:] for line in report.lines if line[0] == 'news']


# ---- enforce

with World() as w:
    report = w.send()
    check(report.is_('taken end 250 -', tries=1), 'enforce, and all is as the policy wants it')
    check([] if report.tries[0][2].endswith(' MTA-STS') and report.tries[0][4] == 'verified' else report.tries, '... the connection says so')
    check([] if news(report) == [[NAME, 'enforce', '-']] else report.lines, '... and the log that there is a policy')
    check([] if w.web.asked == ['GET /.well-known/mta-sts.txt HTTP/1.1'] else w.web.asked, '... which was asked for where it is')
    check(w.send().is_('taken end 250 -') + ([] if len(w.web.asked) == 1 else w.web.asked), '... once')
    check(w.file_is('mode: enforce'), '... and is kept')

with World(policy('enforce', 'mail.sts.example', '*.other.example')) as w:
    report = w.send()
    check(report.is_('deferred dns 0 D19') + has(report, NAME, 'does not name ' + MX), 'an MX that the policy does not name: deferred')
    check([] if good.connections == w.connections else ['a connection'], '... nobody was even connected to')
    check([] if report.results[0]['status'] == '4.7.5' else report.lines, '... 4.7.5')

with World(mx=((10, 'evil.example'), (20, MX))) as w:
    check(w.send().is_('taken end 250 -', tries=2), '... the next MX, when that is named')

with World(policy('enforce', '*.sts.example')) as w:
    check(w.send().is_('taken end 250 -'), 'an MX that is named by a pattern')

with World(server=Remote(pem=OTHER)) as w:
    report = w.send()
    check(report.is_('deferred tls 0 D09') + has(report, 'MTA-STS', 'ertificate'), 'a certificate of another name: deferred')
    check([] if not w.server.messages else ['it was sent'], '... not sent')

with World(server=Remote(pem=STRANGE)) as w:
    check(w.send().is_('deferred tls 0 D09'), 'a certificate nobody vouches for')

with World(server=plain) as w:
    report = w.send()
    check(report.is_('deferred helo 0 D08') + has(report, 'MTA-STS'), 'no STARTTLS: deferred, not in clear')
    check([] if not plain.messages else ['it was sent'], '... not sent')

with World(server=Remote(pem=GOOD, starttls='454 4.7.0 no')) as w:
    check(w.send().is_('deferred tls 454 D08'), 'STARTTLS refused')

with World(server=Remote(pem=GOOD, broken_tls=True)) as w:
    check(w.send().is_('deferred tls 0 D07', tries=1), 'a handshake that fails: not in clear either')

with World(server=Remote(pem=OTHER), tls_required_to=NAME) as w:
    check(w.send().is_('deferred tls 0 D09'), 'a setting that wants less takes nothing away')

with World(server=plain, mta_sts='no') as w:
    check(w.send().is_('taken end 250 -'), 'mta_sts = no: as if there were no policy')
    check([] if w.dns.count('_mta-sts.' + NAME, 'TXT') == 0 else ['asked'], '... which nobody asks for')

with World(server=plain) as w:
    check(w.send(tls='off').is_('taken end 250 -'), 'nor where no encryption is wanted')

# ---- testing, none

for how, server, mx, words in (
        ('another MX', good, 'mail.sts.example', 'does not name this host'), ('no STARTTLS', Remote(), MX, 'wants this host to offer TLS'),
        ('a bad certificate', Remote(pem=OTHER), MX, 'wants a good certificate')):
    with World(policy('testing', mx), server=server) as w:
        report = w.send()
        check(report.is_('taken end 250 -') + has(report, '(MTA-STS, testing)', words), f'testing, {how}: sent, and the log tells')
with World(policy('testing', MX), server=Remote(pem=GOOD, broken_tls=True)) as w:
    check(has(w.send(), 'in clear, since the handshake failed', '; the policy', 'testing'), 'testing, a broken handshake: both are told')
with World(policy('testing', MX)) as w:
    report = w.send()
    check(report.is_('taken end 250 -') + ([] if report.results[0]['words'] == '-' else report.lines), 'testing, all good: nothing to tell')
with World(policy('none'), server=Remote()) as w:
    report = w.send()
    check(report.is_('taken end 250 -') + ([] if report.results[0]['words'] == '-' else report.lines), 'none: as if there were no policy')

# ---- DANE goes first

with World(policy('enforce', 'mail.sts.example'), server=Remote(pem=STRANGE), authentic=True, tlsa_records=[(3, 1, 1, tlsa(STRANGE))],
           resolver_is_validating='yes') as w:
    report = w.send()
    check(report.is_('taken end 250 -') + ([] if report.tries[0][2].endswith(' DANE') else report.tries), 'DANE holds: the policy is not asked')
with World(authentic=True, tlsa_records=[(3, 1, 1, tlsa(OTHER))], resolver_is_validating='yes') as w:
    check(w.send().is_('deferred tls 0 D09'), 'DANE fails: a policy that holds does not help')

# ---- policies that cannot be had: none, as long as none is kept

MORE = page(b'version: STSv1\nmode: enforce\nmx: a\nmax_age: 86400\n' + b'x: y\n' * 13200)
for how, change, words in (
        ('404', {'answer': page(b'', status='404 Not Found')}, 'the web server answers 404'),
        ('a redirect', {'answer': page(b'', status='301 Moved', more='Location: https://mta-sts.sts.example/policy\r\n')}, 'redirect'),
        ('a page', {'answer': page(b'version: STSv1\n', kind='text/html')}, 'its type is "text/html", not text/plain'),
        ('too large', {'answer': MORE}, 'its answer is too long'),
        ('no policy', {'answer': page(b'mode: enforce\n')}, 'it has no version'),
        ('another protocol', {'answer': b'220 mail.example ESMTP\r\n\r\n'}, 'it does not speak HTTP'),
        ('silence', {'answer': SILENT, 'connect_timeout': 2}, 'it took too long'),
        ('a certificate of another name', {'web': OTHER}, 'the certificate is not good'),
        ('a certificate nobody vouches for', {'web': certificate('mta-sts.' + NAME, folder.name)}, 'the certificate is not good')):
    with World(server=plain, **change) as w:
        report = w.send()
        check(report.is_('taken end 250 -') + ([] if len(news(report)) == 1 and words in news(report)[0][2] else report.lines),
              f'{how}: no policy, and the log tells why')
        check([] if not w.file().exists() else ['kept'], '... nothing is kept')
        asked = len(w.web.asked)
        check(w.send().is_('taken end 250 -') + ([] if len(w.web.asked) == asked else w.web.asked), '... not asked again at once')
with World(server=plain) as w:
    w.web.answer = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nversion: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1'
    w.web.is_rude = True
    report = w.send()
    check(report.is_('taken end 250 -') + ([] if 'eof' in news(report)[0][2] else report.lines), 'a text that may have been cut is none')
with World(server=plain) as w:
    w.web.close()
    report = w.send()
    check(report.is_('taken end 250 -') + ([] if 'refused' in news(report)[0][2] else report.lines), 'nobody there')
with World(server=plain) as w:
    w.dns.remove('mta-sts.' + NAME, 'A')
    report = w.send()
    check(report.is_('taken end 250 -') + ([] if 'nxdomain' in news(report)[0][2] else report.lines), 'no such name')
for how, record in (('two records', [RECORD, RECORD]), ('a record without an id', 'v=STSv1;'), ('another record', 'v=spf1 -all'), ('none', None),
                    ('a DNS that fails', SERVFAIL)):
    with World(server=plain, record=None if record == SERVFAIL else record) as w:
        if record == SERVFAIL:
            w.dns.set('_mta-sts.' + NAME, 'TXT', SERVFAIL)
        check(w.send().is_('taken end 250 -') + ([] if not w.web.asked else w.web.asked), f'{how}: no policy, and none asked for')
with World() as w:
    text = b'version: STSv1\nmode: enforce\nmx: mx.sts.example\nmax_age: 86400\n'
    w.web.answer = (b'HTTP/1.1 200 OK\r\nContent-Type: Text/Plain\r\nTransfer-Encoding: chunked\r\n\r\n' +
                    b''.join(b'%x\r\n%s\r\n' % (len(text[i:i + 7]), text[i:i + 7]) for i in range(0, len(text), 7)) + b'0\r\n\r\n')
    check([] if w.send().tries[0][2].endswith(' MTA-STS') else ['no policy'], 'a policy in chunks')
with World(record=['v=spf1 -all', RECORD], server=Remote()) as w:
    check(w.send().is_('deferred helo 0 D08'), 'records of other things beside it')
with World(answer=SILENT) as w:
    w.sender.start(domain=NAME)
    while not w.web.asked:
        time.sleep(0.01)
    w.sender.tell('cancel 1')
    check(Report(w.sender.until('done')).is_('untried * 0 *'), 'cancelled while the policy is waited for')
    w.web.close()

# ---- kept

with World() as w:
    w.send()
    check(w.file_is('mode: enforce'), 'a policy is kept')
    kept = w.kept
for how, change in (('no record any more', {'record': None}), ('a DNS that fails', {'record': SERVFAIL}), ('a record that is none', {'record': 'v=STSv1'}),
                    ('a new id, and no web server', {'record': 'v=STSv1; id=2;', 'answer': page(b'', status='500 Broken')})):
    broken = change.get('record') == SERVFAIL
    with World(server=plain, kept=kept, **{**change, **({'record': None} if broken else {})}) as w:
        if broken:
            w.dns.set('_mta-sts.' + NAME, 'TXT', SERVFAIL)
        before = len(plain.messages)
        check(w.send().is_('deferred helo 0 D08') + ([] if len(plain.messages) == before else ['sent']),
              f'after a restart, {how}: the policy stands')
with World(policy('none'), server=plain, kept=kept, record='v=STSv1; id=3;') as w:
    report = w.send()
    check(report.is_('taken end 250 -') + ([] if news(report) == [[NAME, 'none', '-']] else report.lines), 'a new id: the new policy counts at once')
    check(w.file_is('id 3\n') + w.file_is('mode: none'), '... and is kept')


def aged(kept, days):
    """Nobody runs: the file, as if the policy had come so many days ago."""
    file = pathlib.Path(kept) / (NAME + '.policy')
    then = int((time.time() - days * 86400) * 1000)
    file.write_text(re.sub(r'(fetched|used) \d+', rf'\1 {then}', file.read_text()))


def made(answer):
    """A folder with a policy that was had just now."""
    with World(answer) as w:
        w.send()
        check(w.file_is('max_age'), 'a policy is kept')
        return w.kept


kept = made(policy('enforce', MX, max_age=864000))
aged(kept, 9)
with World(server=plain, kept=kept, record=None, answer=page(b'', status='500 Broken')) as w:
    check(w.send().is_('deferred helo 0 D08'), 'a policy of nine days, for ten: it stands')
aged(kept, 11)
with World(server=plain, kept=kept, record=None) as w:
    check(w.send().is_('taken end 250 -'), '... of eleven days: it is over')
    check([] if w.stands() == '-' else ['it stands'], '... for others, too')

kept = made(policy('enforce', MX))
aged(kept, 2)
with World(policy('testing', MX), kept=kept) as w:
    check(w.send().is_('taken end 250 -'), 'a policy of two days is fetched again, though its id is the same')
    check(w.file_is('mode: testing'), '... and nobody waited for it: it came later')
    check([] if w.stands() == 'testing' else ['still the old one'], '... the new one counts')

for how, text in (('garbage', lambda t: 'garbage\n'), ('half of it', lambda t: t[:60]), ('nothing', lambda t: '')):
    kept = made(policy('enforce', MX))
    file = pathlib.Path(kept) / (NAME + '.policy')
    file.write_text(text(file.read_text()))
    with World(kept=kept) as w:
        report = w.send()
        check([] if news(report)[0] == [NAME, '-', 'what was kept of its policy cannot be read'] else report.lines, f'a file with {how}: told')
        check(report.is_('taken end 250 -') + ([] if report.tries[0][2].endswith(' MTA-STS') else report.lines), '... and fetched again')
with World() as w:
    w.sender.ask('policy other.example', 'stands')  # it has begun
    os.rmdir(w.kept)
    told = news(w.send())  # that there is a policy; perhaps the other already
    while len(told) < 2:
        told += [w.sender.until('news')[-1][1:]]
    check([] if 'cannot be written' in told[1][2] else told, 'no folder any more: told, and the policy counts')
# ---- limits

FETCHES, DOMAINS = 100, 20000  # STS_FETCHES_MAX, STS_DOMAINS_MAX
silent = socket.create_server(('127.0.0.1', 0), backlog=4 * FETCHES)  # connections are there, and nobody takes them
with World(connect_timeout=300, mta_sts_port=silent.getsockname()[1]) as w:
    for i in range(FETCHES + 1):
        w.dns.set(f'_mta-sts.d{i}.example', 'TXT', [RECORD])
        w.dns.set(f'mta-sts.d{i}.example', 'A', ['127.0.0.1'])
        w.sender.tell(f'policy d{i}.example')
    lines = w.sender.until('stands', 'news')
    check([] if lines[-1][0] == 'stands' and lines[-1][2] == '-' else lines, 'past so many fetches at a time nobody waits for one')
    silent.close()
    lines = [w.sender.until('stands') for _ in range(FETCHES)]
    told = [line for group in lines for line in group if line[0] == 'news']
    check([] if len(told) == FETCHES else [len(told)], '... and the others were all begun')

kept = made(policy('enforce', MX))
for i in range(DOMAINS):
    os.link(f'{kept}/{NAME}.policy', f'{kept}/d{i}.example.policy')
os.remove(f'{kept}/{NAME}.policy')
with World(kept=kept) as w:
    check([] if w.stands() == '-' and not w.web.asked else w.web.asked, 'so many domains are known: no more are taken')
os.remove(f'{kept}/d0.example.policy')
with World(kept=kept) as w:
    check([] if w.stands() == 'enforce' else ['none'], '... one fewer, and there is room')

with World() as w:
    for name in ('.', '..', 'x/y', 'x' * 241, 'a..b'):
        if w.sender.ask('policy ' + name, 'stands')[-1][2] != '-':
            check([name], 'a name of no host')
    check([] if os.listdir(w.kept) == [] else os.listdir(w.kept), 'names of no host have no policy, and no file')
sys.exit(done())
