#!/usr/bin/env python3
"""Mail to others: every step at which a server can say no, say nothing, or go away, and what is made of it. TAP.
usage: test_remote.py REMOTE_SEND"""
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading

from driver import PATIENCE, Report, Sender, check, tlsa
from dns_server import SERVFAIL, SILENT as NO_ANSWER, Server as Dns  # noqa: E402
from remote_server import LOST, SILENT, Remote, certificate, certificate_by  # noqa: E402
from ports import held_port  # noqa: E402
from tap import done, skip  # noqa: E402

folder = tempfile.TemporaryDirectory()


def route(remote):
    return {'host': '127.0.0.1', 'port': remote.port}


# ---- DANE

def dane():
    """RFC 7672: what TLSA records ask of a server, where DNSSEC vouches for the way to it."""
    good, other = certificate('mx.dane.example', folder.name), certificate('other.example', folder.name)
    remote = Remote(pem=good)
    plain = Remote()
    name = f'_{remote.port}._tcp.mx.dane.example'
    names = {('dane.example', 'MX'): [(10, 'mx.dane.example')], ('mx.dane.example', 'A'): ['127.0.0.1']}

    def send(records, server=remote, validating='yes', authentic=True, **fields):
        dns = Dns({**names, (f'_{server.port}._tcp.mx.dane.example', 'TLSA'): records}, authentic=authentic)
        sender = Sender(dns.address, remote_port=server.port, keep_connection=0, resolver_is_validating=validating)
        report = sender.send(domain='dane.example', **fields)
        if sender.close() != 0:
            report.lines.append(['the program ended badly'])
        report.dns = dns
        return report

    def proven(report):
        return report.is_('taken end 250 -') + (
            [] if report.tries[0][2].endswith(' DANE') and report.tries[0][4] == 'verified' else [repr(report.tries)])

    key, whole = tlsa(good), tlsa(good, 0, 2)
    check(proven(send([(3, 1, 1, key)])), 'DANE: the key that the record names (3 1 1), whatever signed it')
    check(proven(send([(3, 0, 2, whole)])), '... the certificate (3 0 2)')
    signer = certificate('authority.example', folder.name)
    signed = Remote(pem=certificate_by(signer, 'mx.dane.example', folder.name))
    check(proven(send([(2, 1, 1, tlsa(signer))], server=signed)), '... what signed it, and the name of the host (2 1 1)')
    by_domain = Remote(pem=certificate_by(signer, 'dane.example', folder.name))
    check(proven(send([(2, 0, 1, tlsa(signer, 0))], server=by_domain)), '... or that of the domain (2 0 1)')
    stranger = Remote(pem=certificate_by(signer, 'stranger.example', folder.name))
    check(send([(2, 1, 1, tlsa(signer))], server=stranger).is_('deferred tls 0 D09'), '... but none of a stranger')
    check(proven(send([(3, 1, 1, tlsa(other)), (3, 1, 1, key)])), '... one of several, while a key is changed')
    check(proven(send([(3, 1, 1, key)], tls='verified')), '... enough where a proof is required')
    report = send([(3, 1, 1, tlsa(other))])
    check(report.is_('deferred tls 0 D09') + ([] if 'TLSA' in report.results[0]['words'] else report.lines),
          'DANE: another key: deferred, and says that no record matches')
    report = send([(3, 1, 1, key)], server=plain)
    check(report.is_('deferred helo 0 D08') + ([] if 'DANE' in report.results[0]['words'] else report.lines),
          '... no STARTTLS: deferred, not in clear')
    check(send([(3, 1, 1, key)], server=Remote(pem=good, broken_tls=True)).is_('deferred tls 0 D07'), '... nor when the handshake fails')
    report = send(SERVFAIL)
    check(report.is_('deferred dns 0 D10') + ([] if name in report.results[0]['words'] else report.lines),
          '... nor when the records are kept back, and names them')
    report = send([(1, 1, 1, tlsa(other)), (3, 1, 9, b'x'), (3, 1, 1, b'short')])
    check(report.is_('taken end 250 -') + ([] if report.tries[0][2].startswith('TLSv1') and 'DANE' not in report.tries[0][2] else
                                           [repr(report.tries)]), 'records that say nothing here: any certificate')
    check(send([(1, 1, 1, tlsa(other))], server=plain).is_('deferred helo 0 D08'), '... but nothing in clear')
    report = send([(3, 1, 1, tlsa(other))], authentic=False)
    check(report.is_('taken end 250 -'), 'records that DNSSEC does not vouch for are none')
    check([] if not any(kind == 'TLSA' for _, kind in report.dns.asked) else report.dns.asked, '... and not asked for')
    check(send([(3, 1, 1, tlsa(other))], validating='no').is_('taken end 250 -'), 'nor are any, where the resolver is not trusted')
    check(send([(3, 1, 1, tlsa(other))], tls='off').is_('taken end 250 -'), 'nor where no encryption is wanted')
    requires = Remote(pem=good, ehlo=['REQUIRETLS'])
    check(proven(send([(3, 1, 1, key)], server=requires, flags='requiretls')), 'REQUIRETLS is served by DANE')


# ---- one server, one step at a time

sender = Sender(keep_connection=0)
STEPS = [
    ('the whole way', {}, 'taken end 250 -'),
    ('421 in the banner', {'banner': '421 4.3.2 busy'}, 'deferred greeting 421 -'),
    ('450 in the banner', {'banner': '450 later'}, 'deferred greeting 450 -'),
    ('554 in the banner', {'banner': '554 go away'}, 'refused greeting 554 -'),
    ('521 in the banner', {'banner': '521 no mail here'}, 'refused greeting 521 -'),
    ('a banner of another protocol', {'banner': 'SSH-2.0-OpenSSH'}, 'deferred greeting 0 D06'),
    ('lost before the banner', {'banner': LOST}, 'deferred greeting 0 D04'),
    ('a flood in the banner', {'banner': b'220-flood\r\n' * 200}, 'deferred greeting 0 D06'),
    ('EHLO refused, HELO taken', {'hello': '502 what?'}, 'taken end 250 -'),
    ('EHLO and HELO refused', {'hello': '502 what?', 'helo': '550 not you'}, 'refused helo 550 -'),
    ('lost at EHLO', {'hello': LOST}, 'deferred helo 0 D04'),
    ('MAIL refused', {'mail': '550 5.7.1 not you'}, 'refused mail 550 -'),
    ('MAIL deferred', {'mail': '451 4.3.0 later'}, 'deferred mail 451 -'),
    ('lost at MAIL', {'mail': LOST}, 'deferred mail 0 D04'),
    ('421 at MAIL', {'mail': '421 4.3.2 going down'}, 'deferred mail 421 -'),
    ('RCPT refused', {'rcpt': {'b': '550 5.1.1 no such user'}}, 'refused rcpt 550 -'),
    ('RCPT deferred', {'rcpt': {'b': '450 4.2.0 greylisted'}}, 'deferred rcpt 450 -'),
    ('lost at RCPT', {'rcpt': {'b': LOST}}, 'deferred rcpt 0 D04'),
    ('DATA refused', {'data': '554 5.5.1 no'}, 'refused data 554 -'),
    ('DATA deferred', {'data': '451 4.3.0 no'}, 'deferred data 451 -'),
    ('lost at DATA', {'data': LOST}, 'deferred data 0 D04'),
    ('refused behind the dot', {'end': '554 5.7.1 spam'}, 'refused end 554 -'),
    ('deferred behind the dot', {'end': '452 4.3.1 full'}, 'deferred end 452 -'),
    ('421 behind the dot', {'end': '421 4.3.2 down'}, 'deferred end 421 -'),
    ('lost at QUIT', {'quit': LOST}, 'taken end 250 -'),
    ('a server of LF', {'eol': '\n'}, 'taken end 250 -'),
    ('BDAT', {'ehlo': ['CHUNKING', 'PIPELINING']}, 'taken end 250 -'),
    ('BDAT refused', {'ehlo': ['CHUNKING', 'PIPELINING'], 'end': '552 5.3.4 too much'}, 'refused end 552 -'),
    ('no extension at all', {'ehlo': []}, 'taken end 250 -'),
]
for name, how, wanted in STEPS:
    remote = Remote(**how)
    report = sender.send(**route(remote))
    check(report.is_(wanted, tries=1), name)
    if wanted.startswith('taken'):
        check([] if len(remote.messages) == 1 and remote.messages[0]['text'] == b'Subject: x\n\nhello\n' else [repr(remote.messages)],
              '... and the text arrived')
    remote.close()

remote = Remote(end=LOST)
report = sender.send(**route(remote))
check(report.is_('deferred end 0 D04') + ([] if report.results[0]['maybe'] == 'maybe' else ['not said']),
      'lost behind the dot: it may be taken')

report = sender.send(host='127.0.0.1', port=held_port())
check(report.is_('deferred connect 0 D01', tries=1), 'connection refused')

remote = Remote(rcpt={'no': '550-5.1.1 no\n550 5.1.1 such user', 'later': '450 4.7.1 try again in 300 s'})
report = sender.send(**route(remote), to='yes@x,no@x,later@x,too@x')
check(report.is_('taken end 250 -', 'refused rcpt 550 -', 'deferred rcpt 450 -', 'taken end 250 -'), 'mixed recipients')
check([] if report.results[1]['reply'] == '550-5.1.1 no|550 5.1.1 such user' else report.results,
      '... each with its own answer, whole')
check([] if remote.messages[0]['to'] == ['yes@x', 'too@x'] else [repr(remote.messages)], '... and the others got it')

remote = Remote(rcpt={'*': lambda n: '452 4.5.3 too many' if n >= 3 else '250 ok'})
report = sender.send(**route(remote), to=','.join(f'r{i}@x' for i in range(8)))
check(report.is_(*['taken end 250 -'] * 8) + ([] if [len(m['to']) for m in remote.messages] == [3, 3, 2] and remote.connections == 1
      else [repr([m['to'] for m in remote.messages])]), 'too many recipients: the rest in the next transaction, at once')

remote = Remote()
report = sender.send(**route(remote), to=','.join(f'r{i}@x' for i in range(250)))
check(report.is_(*['taken end 250 -'] * 250) + ([] if [len(m['to']) for m in remote.messages] == [100, 100, 50] else ['sizes']),
      'a hundred recipients at a time')

big = 'x\\r\\n' * 3 + '\\{20000*.line that is long enough to fill what a socket holds and more\\r\\n}'
remote = Remote()
report = sender.send(**route(remote), body=big.replace(' ', '\\x20'))
text = b'x\n' * 3 + b'.line that is long enough to fill what a socket holds and more\n' * 20000
check(report.is_('taken end 250 -') + ([] if remote.messages[0]['text'] == text else ['the text differs']), 'a large message, with dots')
remote = Remote(ehlo=['CHUNKING', 'PIPELINING'])
report = sender.send(**route(remote), body=big.replace(' ', '\\x20'))
check(report.is_('taken end 250 -') + ([] if remote.messages[0]['text'] == text else ['the text differs']), 'the same in chunks')

# ---- what was offered

remote = Remote(ehlo=['PIPELINING'])
report = sender.send(**route(remote), body='Subject:x\\r\\n\\r\\nGr\\xc3\\xbc\\xc3\\x9fe\\r\\n')
check(report.is_('refused helo 0 X69') + ([] if not remote.messages else ['it was sent']), '8-bit text, and no 8BITMIME')
check(sender.send(**route(remote), flags='8bit').is_('taken end 250 -'), 'said to be 8-bit, and is not')
check(sender.send(**route(remote), flags='8bit,utf8').is_('taken end 250 -'), 'said to need SMTPUTF8, and does not')
report = sender.send(**route(remote), flags='utf8', body='Subject:\\xc3\\xbc\\r\\n\\r\\nx\\r\\n')
check(report.is_('refused helo 0 D20'), 'a header that needs SMTPUTF8')
report = sender.send(**route(remote), to='b@x,j\xf6@x')
check(report.is_('taken end 250 -', 'refused helo 0 X60'), 'one recipient who needs SMTPUTF8')
remote = Remote(ehlo=['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'SIZE 100'])
report = sender.send(**route(remote), flags='utf8,8bit,full', envid='Q1', notify=3 + 4, orcpt='rfc822;old@x', body='Subject:\\xc3\\xbc\\r\\n')
check(report.is_('taken end 250 -') + ([] if remote.messages[0]['from'] ==
      'MAIL FROM:<a@me.example> SIZE=12 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=Q1' else [remote.messages[0]['from']]) +
      ([] if report.tries[0][3] == 'dsn' else ['no DSN']), 'all that is offered is used')
report = sender.send(**route(remote), body='\\{101*x}')
check(report.is_('refused helo 0 D13'), 'larger than it takes')
report = sender.send(**route(remote), to='b@x>NOTIFY,c@x')
check(report.is_('refused rcpt 0 X49', 'taken end 250 -'), 'an address that is more than one')

# ---- limits

remote = Remote(rcpt={'b': '550 ' + 'x' * 2044, 'c': '550 ' + 'y' * 2045})
report = sender.send(**route(remote), to='b@x,c@x')
check([] if report.results[0]['reply'] == '550 ' + 'x' * 2044 and report.results[1]['reply'] == '550 ' + 'y' * 2044 else
      [len(r['reply']) for r in report.results], 'a reply of 2,048 bytes is told whole, a longer one cut')
check(report.is_('refused rcpt 550 -', 'refused rcpt 550 -'), '... and both are replies')

full = socket.socket()
full.bind(('127.0.0.1', 0))
full.listen(0)
waiting = []
for i in range(4):  # what more would connect is left waiting by the system
    waiting.append(socket.socket())
    waiting[-1].setblocking(False)
    waiting[-1].connect_ex(full.getsockname())
select.select([], waiting[:1], [], PATIENCE)  # it has the one place
hasty = Sender(connect_timeout=1)
check(hasty.send(host='127.0.0.1', port=full.getsockname()[1]).is_('deferred connect 0 D02'), 'nobody answers in time')
check([] if hasty.close() == 0 else ['it failed'], '... and it ends well')

# ---- LMTP

path = os.path.join(folder.name, 'lmtp')
remote = Remote(path=path, lmtp=True, ends={'full@x': '452 4.2.2 full', 'gone@x': '550 5.1.1 gone'})
report = sender.send(host=path, lmtp='yes', to='b@x,full@x,gone@x,c@x')
check(report.is_('taken end 250 -', 'deferred end 452 -', 'refused end 550 -', 'taken end 250 -'), 'LMTP: an answer for each')
check([] if remote.said[0] == 'LHLO me.example' else remote.said, '... after LHLO')
report = sender.send(host=os.path.join(folder.name, 'nobody'), lmtp='yes')
check(report.is_('deferred connect 0 D01'), 'LMTP: no socket there')

# ---- encryption and login

try:
    pem = certificate('localhost', folder.name)
except (OSError, subprocess.CalledProcessError):
    pem = None
if pem is None:
    skip('TLS', 'no openssl')
else:
    remote = Remote(pem=pem)
    report = sender.send(**route(remote))
    check(report.is_('taken end 250 -') + ([] if remote.messages[0]['secure'] and report.tries[0][2].startswith('TLSv1.') else
          [repr(report.tries)]), 'STARTTLS where it is offered')
    report = sender.send(**route(remote), tls='off')
    check(report.is_('taken end 250 -') + ([] if not remote.messages[1]['secure'] else ['secure']), '... and not where it is not wanted')
    remote = Remote(pem=pem, starttls='454 4.7.0 no certificate')
    report = sender.send(**route(remote))
    check(report.is_('taken end 250 -') + ([] if not remote.messages[0]['secure'] else ['secure']), 'STARTTLS refused: in clear')
    check(sender.send(**route(remote), tls='required').is_('deferred tls 454 D08'), '... and deferred where it is required')
    remote = Remote(pem=pem, broken_tls=True)
    report = sender.send(**route(remote), tls='required')
    check(report.is_('deferred tls 0 D07'), 'a handshake that fails, where it is required')
    remote = Remote(pem=pem, broken_tls=True)
    report = sender.send(**route(remote))
    check([] if report.results[0]['stage'] != 'dns' and remote.connections == 2 else report.lines,
          '... else one more connection, in clear')
    check(report.is_('taken end 250 -', tries=2), '... that delivers')
    check([] if report.results[0]['words'].startswith('in clear, since the handshake failed: ') else report.lines, '... and tells why')
    check(sender.send(**route(Remote()), tls='required').is_('deferred helo 0 D08'), 'no STARTTLS, where it is required')
    remote = Remote(pem=pem, immediate=True)
    check(sender.send(**route(remote), tls='immediate').is_('taken end 250 -'), 'TLS from the first byte')
    check(sender.send(**route(Remote(banner='220 x')), tls='immediate').is_('deferred tls 0 D07'), '... where none is spoken')
    remote = Remote(pem=pem, broken_tls=True)
    check(sender.send(**route(remote), tls='verified').is_('deferred tls 0 D07'), 'a handshake that fails is not the certificate\'s fault')
    remote = Remote(pem=pem)
    check(sender.send(**route(remote), tls='verified').is_('deferred tls 0 D09'), 'a certificate nobody vouches for')
    check(sender.send(**route(remote), flags='requiretls').is_('deferred tls 0 D09'), '... REQUIRETLS wants a good one too')
    dns = Dns({('localhost', 'A'): ['127.0.0.1'], ('other.example', 'A'): ['127.0.0.1']})
    trusting = Sender(dns.address, authorities=pem + '.crt', keep_connection=0)
    report = trusting.send(host='localhost', port=remote.port, tls='verified')
    check(report.is_('taken end 250 -') + ([] if report.tries[0][4] == 'verified' else [repr(report.tries)]),
          'a certificate that is good for the name')
    check(trusting.send(host='other.example', port=remote.port, tls='verified').is_('deferred tls 0 D09'), '... and not for another')
    check(trusting.send(host='localhost', port=remote.port, flags='requiretls').is_('refused helo 0 X26'),
          'REQUIRETLS, and a server that does not know it')
    check([] if trusting.close() == 0 else ['it failed'], '... and it ends well')
    dane()
    login = {'user': 'joe', 'password': 'secret'}
    remote = Remote(pem=pem, ehlo=['PIPELINING', 'AUTH PLAIN'])
    check(sender.send(**route(remote), **login).is_('taken end 250 -') +
          ([] if 'AUTH PLAIN AGpvZQBzZWNyZXQ=' in remote.said else remote.said), 'a login')
    remote = Remote(pem=pem, ehlo=['AUTH PLAIN'], auth='535 5.7.8 wrong')
    report = sender.send(**route(remote), **login)
    check(report.is_('deferred auth 535 D12') + ([] if report.results[0]['ours'] == 'ours' else ['not ours']),
          'a login that is refused: deferred, and ours to mend')
    remote = Remote(ehlo=['AUTH PLAIN'])
    check(sender.send(**route(remote), **login).is_('deferred helo 0 D12') + ([] if not any('AUTH' in s for s in remote.said) else remote.said),
          'no password in clear')

check([] if sender.close() == 0 else ['it failed'], 'the program ends well')

# ---- many messages to one place

remote = Remote()
sender = Sender(keep_connection=60)
for i in range(3):
    check(sender.send(**route(remote)).is_('taken end 250 -'), f'message {i + 1}')
check([] if remote.connections == 1 else [f'{remote.connections} connections'], '... over one connection')
lines = sender.ask('places', 'end')
check([] if lines[0][:4] == ['place', f'127.0.0.1:{remote.port}', '1', '1'] else [repr(lines)], '... which is idle now')
for i in range(40):
    sender.start(**route(remote))
reports = [Report(sender.until('done')) for i in range(40)]
check([line for r in reports for line in r.is_('taken end 250 -')], 'forty at a time')
check([] if remote.most <= 20 else [f'{remote.most} at a time'], '... over twenty connections at most')
sender.tell('send stale host=127.0.0.1 port=%d from=a@b to=c@d' % remote.port)
check(Report(sender.until('done')).is_('taken end 250 -'), 'and one more')
check([] if sender.close() == 0 else ['it failed'], 'it ends well with connections open')

remote = Remote()
sender = Sender(keep_connection=60, max_connections_per_place=1)
check(sender.send(**route(remote)).is_('taken end 250 -'), 'one message')
check([] if sender.ask('room host=127.0.0.1 port=%d' % remote.port, 'room')[-1][1] == '1' else ['no room'], 'room for one more')
check([] if sender.close() == 0 else ['it failed'], 'it ends well')

# A connection that was closed while it was idle: the message goes over another, and nothing is told of it.
remote = Remote()
sender = Sender(keep_connection=60)
check(sender.send(**route(remote)).is_('taken end 250 -'), 'first over a connection')
original = remote.steps['mail']
remote.steps['mail'] = ['421 4.4.2 idle too long', '250 ok']
report = sender.send(**route(remote))
check(report.is_('taken end 250 -', tries=1) + ([] if remote.connections == 2 else ['connections']), 'idle for too long: another connection')
check([] if sender.close() == 0 else ['it failed'], 'it ends well')

# ---- a place that does not answer is left alone

port = held_port()
sender = Sender()
where = {'host': '127.0.0.1', 'port': port}
check(sender.send(**where).is_('deferred connect 0 D01'), 'nobody there')
check(sender.send(**where).is_('deferred connect 0 D01'), 'still nobody')
check(sender.send(**where).is_('untried connect 0 -'), 'left alone')
check([] if sender.ask(f'room host=127.0.0.1 port={port}', 'room')[-1][1] == '0' else ['room'], '... no room')
sender.tell('revive')
remote = Remote(port=port)
check(sender.send(**where).is_('taken end 250 -'), 'revived')
check(sender.send(**where).is_('taken end 250 -'), '... for good')
check([] if sender.close() == 0 else ['it failed'], 'it ends well')

# ---- cancelled

remote = Remote(banner=SILENT)
sender = Sender()
id = sender.start(**route(remote))
sender.tell(f'cancel {id}')
check(Report(sender.until('done')).is_('untried * 0 *'), 'cancelled before the banner')
remote = Remote()
remote.gate.clear()
id = sender.start(**route(remote))
while not remote.said or remote.said[-1] != 'DATA':
    threading.Event().wait(0.01)
sender.tell(f'cancel {id}')
report = Report(sender.until('done'))
check([] if report.results[0]['outcome'] in ('untried', 'deferred') else report.lines, 'cancelled in the end')
remote.gate.set()
check([] if sender.close() == 0 else ['it failed'], 'it ends well')

# ---- the DNS

PORT = held_port()
first, second, third = (f'127.0.0.{n}' for n in (2, 3, 4))
dns = Dns({
    ('two.example', 'MX'): [(20, 'b.example'), (10, 'a.example')],
    ('a.example', 'A'): [first],
    ('b.example', 'A'): [second],
    ('same.example', 'MX'): [(10, 'a.example'), (10, 'b.example')],
    ('plain.example', 'A'): [first],
    ('null.example', 'MX'): [(0, '')],
    ('nothing.example', 'TXT'): ['x'],
    ('dangling.example', 'MX'): [(10, 'gone.example')],
    ('broken.example', 'MX'): SERVFAIL,
    ('slow.example', 'MX'): NO_ANSWER,
    ('half.example', 'MX'): [(10, 'servfail.example'), (20, 'b.example')],
    ('servfail.example', '*'): SERVFAIL,
    ('lame.example', 'MX'): [(10, 'servfail.example')],
    ('self.example', 'MX'): [(10, 'a.example'), (20, 'me.example'), (30, 'b.example')],
    ('me.example', 'A'): [third],
    ('selfonly.example', 'MX'): [(10, 'me.example')],
    ('six.example', 'MX'): [(10, 'v6.example')],
    ('v6.example', 'AAAA'): ['::1'],
    ('v6.example', 'A'): [first],
    ('loop.example', 'MX'): [(10, 'c.example')],
    ('c.example', 'A'): [second],
    ('nat.example', 'MX'): [(10, 'd.example')],
    ('many.example', 'MX'): [(i, f'm{i}.example') for i in range(20)],
    **{(f'm{i}.example', 'A'): [f'127.0.1.{i + 1}'] for i in range(20)},
    ('wide.example', 'MX'): [(10, 'w.example')],
    ('w.example', 'A'): [f'127.0.2.{i + 1}' for i in range(6)],
    ('d.example', 'A'): ['192.0.2.99'],
})
sender = Sender(dns.address, remote_port=PORT, keep_connection=0, own_addresses='192.0.2.96/28')
one = Remote(ip=first, port=PORT)
check(sender.send(domain='two.example').is_('taken end 250 -', tries=1) + ([] if len(one.messages) == 1 else ['elsewhere']), 'the best MX')
check(sender.send(domain='plain.example').is_('taken end 250 -'), 'no MX: the address of the domain')
check(sender.send(domain='[127.0.0.2]').is_('taken end 250 -'), 'an address literal')
two = Remote(ip=second, port=PORT)
one.steps['banner'] = '421 4.3.2 busy'
report = sender.send(domain='two.example')
check(report.is_('taken end 250 -', tries=2) + ([] if len(two.messages) == 1 else ['elsewhere']), 'the next MX when the best is busy')
one.steps['banner'] = '554 no'
check(sender.send(domain='two.example').is_('taken end 250 -', tries=2), '... or refuses to speak')
two.steps['banner'] = '450 later'
check(sender.send(domain='two.example').is_('deferred greeting 450 -', tries=2), 'one refuses, one may still take it: deferred')
two.steps['banner'] = '554 no'
check(sender.send(domain='two.example').is_('refused greeting 554 -', tries=2), 'all refuse')
one.steps['banner'], two.steps['banner'] = '220 a', '220 b'
one.steps['mail'] = LOST
check(sender.send(domain='two.example').is_('taken end 250 -', tries=2), 'lost before the dot: the next MX')
one.steps['mail'], one.steps['end'] = '250 ok', LOST
before = len(two.messages)
report = sender.send(domain='two.example')
check(report.is_('deferred end 0 D04', tries=1) + ([] if len(two.messages) == before else ['twice']), 'lost behind the dot: no other')
one.steps['end'] = '250 ok'
counts = len(one.messages), len(two.messages)
for i in range(40):
    sender.send(domain='same.example')
check([] if len(one.messages) > counts[0] and len(two.messages) > counts[1] else [f'{counts}'], 'MX of the same preference by turns')
check(sender.send(domain='null.example').is_('refused dns 0 X59', tries=0), 'null MX')
check(sender.send(domain='nowhere.example').is_('refused dns 0 B02'), 'no such domain')
check(sender.send(domain='nothing.example').is_('refused dns 0 B02'), 'neither MX nor address')
check(sender.send(domain='dangling.example').is_('refused dns 0 D11'), 'an MX without address')
check(sender.send(domain='broken.example').is_('deferred dns 0 D10'), 'a DNS that fails')
check(sender.send(domain='slow.example').is_('deferred dns 0 D10'), 'a DNS that says nothing')
check(sender.send(domain='lame.example').is_('deferred dns 0 D10'), 'an MX whose address nobody tells')
check(sender.send(domain='half.example').is_('taken end 250 -'), '... and another that is known')
check(sender.send(domain='a..b').is_('refused dns 0 B02'), 'no name of the DNS')
check(sender.send(host='gone.example', port=25).is_('deferred dns 0 D11'), 'a route to a name that does not exist: deferred')
report = sender.send(domain='self.example')
check(report.is_('taken end 250 -', tries=1), 'better than ourselves')
one.steps['banner'] = '421 no'
check(sender.send(domain='self.example').is_('deferred greeting 421 -', tries=1), '... and nobody behind us')
one.steps['banner'] = '220 a'
report = sender.send(domain='selfonly.example')
check(report.is_('refused dns 0 B01', tries=0) + ([] if report.results[0]['status'] == '5.4.6' else report.lines), 'the MX is this server, by its name')
report = sender.send(domain='many.example')
check(report.is_('deferred connect 0 D01', tries=16) + ([] if [t[0] for t in report.tries] == [f'm{i}.example' for i in range(16)]
      else [report.tries]), 'of twenty MX the best sixteen')
check(sender.send(domain='wide.example').is_('deferred connect 0 D01', tries=4), 'of six addresses four')
check(sender.send(domain='nat.example').is_('refused dns 0 B01'), '... by an address that leads here')
one.steps['banner'] = '220 me.example'
check(sender.send(domain='two.example').is_('refused greeting 0 B01', tries=1), '... by how it greets')
one.steps['banner'] = '220 a'
check([] if sender.close() == 0 else ['it failed'], 'it ends well')

for door, outcome, words in ((second, 'refused dns 0 B01', 'the address on which it listens'),
                             ('0.0.0.0', 'refused dns 0 B01', 'an address of this host, when it listens on all'),
                             (third, 'taken end 250 -', 'not by another address of this host: that is another server')):
    sender = Sender(dns.address, remote_port=PORT, keep_connection=0, own_door=f'{door}:{PORT}')
    check(sender.send(domain='loop.example').is_(outcome), '... by ' + words)
    check([] if sender.close() == 0 else ['it failed'], 'it ends well')

sender = Sender(dns.address, remote_port=PORT, keep_connection=0, source_ipv4='127.0.0.9')
report = sender.send(domain='six.example')
check(report.is_('taken end 250 -', tries=2) + ([] if [t[1] for t in report.tries] == ['::1', first] else [repr(report.tries)]),
      'IPv6 first, then IPv4')
check([] if sender.close() == 0 else ['it failed'], 'it ends well')

sender = Sender(dns.address, remote_port=PORT, keep_connection=0, tls_required_to='two.example .sub.example')
check(sender.send(domain='two.example').is_('deferred helo 0 D08'), 'a domain for which TLS is required')
check(sender.send(domain='plain.example').is_('taken end 250 -'), '... and another')
check([] if sender.close() == 0 else ['it failed'], 'it ends well')
sys.exit(done())
