#!/usr/bin/env python3
"""Each filter absent, silent, cut off in the middle and lying: mail is deferred or passes, as its setting says; one
alarm for each outage, and one line when it is over.

usage: test_trouble.py NIXIED NIXIE        TAP
"""

import re
import socket
import sys
import threading

from fakes import Blurting, Clamd, Milter, Policy, Rspamd, Silent, Spamd, packet
from mails import LISTENER, SECONDS, SENDER, SETTINGS, TEXT, USER, Client, Nixied, agree, send, until

import tap
from ports import held_port

NIXIED, NIXIE = sys.argv[1:3]
SPAM = {'action': 'no action', 'score': 1.0, 'required_score': 15.0}

# Setting, its prefix, a filter that works, and how others fail: what the alarm says.
KINDS = {
    'clamd': ('clamd', 'clamd', Clamd, [
        (lambda: Clamd(b''), 'closed the connection without an answer'),
        (lambda: Clamd(after=10), 'closed the connection without an answer'),
        (lambda: Clamd(b'INSTREAM size limit exceeded. ERROR\0'), 'size limit exceeded'),
        (lambda: Clamd(b'x' * 5000), 'its answer has no end'),
        (lambda: Clamd(b'stream:  FOUND\0'), 'it answers'),
    ]),
    'spamd': ('spamd', 'spamd', Spamd, [
        (lambda: Spamd(cut=0), 'closed the connection before'),
        (lambda: Spamd(symbols='A,B,C', cut=68), 'breaks off'),
        (lambda: Blurting(b'HTTP/1.1 400 Bad\r\n\r\n'), "is not spamd's"),
        (lambda: Blurting(b'SPAMD/1.1 75 EX_TEMPFAIL\r\n\r\n'), 'EX_TEMPFAIL'),
        (lambda: Blurting(b'SPAMD/1.1 0 EX_OK\r\nSpam: True ; lots / 5.0\r\n\r\n'), 'no numbers'),
        (lambda: Blurting(b'SPAMD/1.1 0 EX_OK\r\nContent-length: 99999999999\r\n\r\n'), 'length makes no sense'),
        (lambda: Blurting(b'SPAMD/1.1 0 EX_OK\r\n\r\nA'), 'does not say its points'),
        (lambda: Blurting(b'S' * 9000), 'its answer has no end'),
    ]),
    'rspamd': ('rspamd', 'rspamd', Rspamd, [
        (lambda: Rspamd(SPAM, cut=0), 'closed the connection before'),
        (lambda: Rspamd(SPAM, cut=60), 'breaks off'),
        (lambda: Rspamd(SPAM, chunked=True, cut=60), 'breaks off'),
        (lambda: Rspamd(SPAM, status=503), 'it answers 503'),
        (lambda: Rspamd(raw=b'[]'), 'has no action'),
        (lambda: Rspamd({'action': 'explode'}), 'not known here'),
        (lambda: Rspamd({**SPAM, 'milter': {'add_headers': {'X Bad:': 'x'}}}), 'would break it'),
        (lambda: Blurting(b'220 hello\r\n\r\n\r\n\r\n'), 'does not speak HTTP'),
        (lambda: Blurting(b'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'), 'makes no sense'),
    ]),
    'milters': ('milter', 'milter', Milter, [
        (lambda: Milter(stops_at='O'), 'closed the connection before'),
        (lambda: Milter(stops_at='M'), 'closed the connection before'),
        (lambda: Milter(stops_at='B'), 'closed the connection before'),
        (lambda: Milter(version=99), 'version 99'),
        (lambda: Milter(actions=0xfff), 'not offered'),
        (lambda: Milter({'E': packet(b'h', b'X-A\0b\0') + packet(b'c')}, actions=0), 'did not ask for'),
        (lambda: Milter({'E': packet(b'h', b'X-A') + packet(b'c')}), 'breaks off'),
        (lambda: Milter({'E': packet(b'h', b'X A\0b\0') + packet(b'c')}), 'would break it'),
        (lambda: Milter({'M': packet(b'h', b'X-A\0b\0')}), 'not one of this step'),
        (lambda: Milter({'E': packet(b'?')}), 'not known'),
        (lambda: Milter({'M': packet(b'y', b'250 fine\0')}), 'its reply is none'),
        (lambda: Blurting(b'\xff\xff\xff\xffO'), 'does not speak the milter protocol'),
        (lambda: Blurting(b'\0\0\0\0'), 'does not speak the milter protocol'),
    ]),
    'policy_services': ('policy', 'policy', Policy, [
        (lambda: Policy(raw=b''), 'closed the connection before'),
        (lambda: Policy(raw=b'action=DUN'), 'closed the connection before'),
        (lambda: Policy(raw=b'hello\n\n'), 'does not say an action'),
        (lambda: Policy(raw=b'action=EXPLODE\n\n'), 'not known here'),
        (lambda: Policy('PREPEND nothing'), 'has no sense'),
        (lambda: Policy('PREPEND X Y: z'), 'has no sense'),
        (lambda: Policy(raw=b'x' * 20000), 'its answer has no end'),
    ]),
}


def lines(setting, prefix, place, down, timeout='20s'):
    return f'{SETTINGS}{setting} = {place}\n{prefix}_down = {down}\n{prefix}_timeout = {timeout}\n'


def alarms(n):
    return re.findall(r' alarm check=.*', n.log())


def deferred(n, replies, words):
    return ([] if replies[-1].startswith('451 4.7.1 ') else [repr(replies)]) + agree(n, NIXIE, replies[-1], 'X88', *words)


def absent(setting, prefix, working):
    """Nobody listens; then somebody does."""
    port = held_port()
    with Nixied(NIXIED, lines(setting, prefix, f'127.0.0.1:{port}', 'defer'), LISTENER) as n:
        tap.check(deferred(n, send(n), [prefix]), f'{prefix}: absent, mail is deferred')
        send(n)
        found = alarms(n)
        tap.check([] if len(found) == 1 and 'Connection refused' in found[0] and 'deferred' in found[0] else found, '... one alarm for two failures')
        checked = n.run('check').stdout
        tap.check([] if f'{setting}: ' in checked and 'Connection refused' in checked else [checked], '... and `nixied check` says that it does not answer')
        with working() as fake:
            n.configure(lines(setting, prefix, fake.place, 'defer'), LISTENER)
            n.reload()
            tap.check([] if send(n)[-1].startswith('250 ') else ['refused'], '... after a reload with one that works, mail is taken')
            checked = n.run('check').stdout
            tap.check([checked] if f'{setting}: ' in checked else [], '... and `nixied check` has nothing to say')
            fake.answer = fake.answers = None  # so that what comes now is only what the close does
            fake.close()
            send(n)
            send(n)
            tap.check([] if len(alarms(n)) == 2 else alarms(n), '... that it is gone is told once more')
    with Nixied(NIXIED, lines(setting, prefix, f'127.0.0.1:{port}', 'pass'), LISTENER) as n:
        tap.check([] if send(n)[-1].startswith('250 ') else [n.log()], f'{prefix}: absent, with {prefix}_down = pass mail passes')
        tap.check([] if len(alarms(n)) == 1 and 'passes without it' in alarms(n)[0] else alarms(n), '... and an alarm tells')
        tap.check([] if n.until_log(f' check .*check="?{prefix}.* result=down') else [n.log()], '... and the log of the message')


def silent(setting, prefix):
    with Silent() as fake, Nixied(NIXIED, lines(setting, prefix, fake.place, 'defer', '1s'), LISTENER) as n:
        tap.check(deferred(n, send(n), []), f'{prefix}: silent, mail is deferred when its time is over')
        tap.check([] if any('no answer within 1 s' in a for a in alarms(n)) else alarms(n), '... and the alarm says so')


def lying(setting, prefix, makers):
    for make, words in makers:
        with make() as fake, Nixied(NIXIED, lines(setting, prefix, fake.place, 'defer'), LISTENER) as n:
            replies = send(n)
            wrong = [] if replies[-1].startswith('451 4.7.1 ') else [repr(replies)]
            found = alarms(n)
            tap.check(wrong + ([] if len(found) == 1 and words in found[0] else [words, *found]), f'{prefix}: {words}')


def recovers():
    """The same process comes back: one line says that the outage is over."""
    with Clamd(b'') as fake, Nixied(NIXIED, lines('clamd', 'clamd', fake.place, 'defer'), LISTENER) as n:
        send(n)
        fake.answer = b'stream: OK\0'
        tap.check([] if send(n)[-1].startswith('250 ') else ['refused'], 'when it answers again, mail is taken')
        found = re.findall(r' recovered check=.*', n.log())
        tap.check([] if len(found) == 1 and 'does its work again' in found[0] and 'without an answer: 1"' in found[0] else found, '... and a line says so')
        told = n.run('digest').stdout
        tap.check([] if 'does not do its work' not in told and 'alarms          1' in told else [told], '... and the outage stands no longer among what needs a hand')


class Gated(Clamd):
    """Answers when the test lets it."""

    def __init__(self):
        super().__init__()
        self.gate = threading.Event()

    def serve(self, connection, file):
        self.gate.wait(SECONDS)
        super().serve(connection, file)


def line():
    """More messages than connections wait for their turn, and all are answered."""
    with Gated() as fake, Nixied(NIXIED, lines('clamd', 'clamd', fake.place, 'defer', '90s') + 'clamd_connections = 2\n', LISTENER) as n:
        results = []
        clients = [threading.Thread(target=lambda: results.append(send(n)[-1])) for _ in range(6)]
        for c in clients:
            c.start()
        until(lambda: fake.connections == 2 and n.log().count('check=total result=pass') >= 12)  # all are at their end
        with socket.create_connection(fake.place.split(':')) as probe:  # they are accepted in the order in which they came
            until(lambda: any(c.getpeername() == probe.getsockname() for c in list(fake.open)))
            asked = fake.connections - 1
        fake.gate.set()
        for c in clients:
            c.join()
        tap.check([] if asked == 2 else [f'{asked} connections'], 'no more than clamd_connections at a time')
        tap.check([] if all(r.startswith('250 ') for r in results) and len(results) == 6 else results, '... and the others wait for their turn')


def full():
    """The line has 100 places (FILTER_LINE_MAX): who comes then is deferred at once."""
    more = 'clamd_connections = 1\nmax_connections_per_client = 200\n'
    with Gated() as fake, Nixied(NIXIED, lines('clamd', 'clamd', fake.place, 'defer', '90s') + more, LISTENER) as n:
        results = []
        clients = [threading.Thread(target=lambda: results.append(send(n)[-1])) for _ in range(101)]
        for c in clients:
            c.start()
        until(lambda: fake.connections == 1 and n.log().count('check=total result=pass') >= 202)
        reply = send(n)[-1]
        tap.check(agree(n, NIXIE, reply, 'X88', 'clamd') + ([] if any('more questions wait' in a for a in alarms(n)) else alarms(n)),
                  'behind one that is asked and 100 that wait, the next is deferred')
        fake.gate.set()
        for c in clients:
            c.join()
        taken = sum(r.startswith('250 ') for r in results)
        tap.check([] if taken == 101 else [f'{taken} of 101'], '... and all others are answered in their turn')


def leaves():
    """A client that goes away while a filter looks at its message: the answer finds nobody, and harms nobody."""
    with Gated() as fake, Nixied(NIXIED, lines('clamd', 'clamd', fake.place, 'defer'), LISTENER) as n:
        c = Client(n.ports['mx'])
        c.reply()
        for command in ('EHLO x.test', f'MAIL FROM:<{SENDER}>', f'RCPT TO:<{USER}>', 'DATA'):
            c.say(command)
        c.send(TEXT + '.\r\n')
        until(lambda: fake.connections == 1)
        c.close()
        fake.gate.set()
        tap.check([] if n.until_log(' disconnect ') else [n.log()], 'a client that goes ends its session')
        tap.check([] if send(n)[-1].startswith('250 ') else [n.log()], '... the next one is served')
        tap.check([] if n.stop() == 0 else [n.said], '... and the server ends well')


def stops():
    """The server ends while a filter looks at a message."""
    with Silent() as fake, Nixied(NIXIED, lines('clamd', 'clamd', fake.place, 'defer', '90s'), LISTENER) as n:
        client = threading.Thread(target=lambda: send(n))
        client.start()
        until(lambda: fake.connections == 1)
        tap.check([] if n.stop() == 0 else [n.said], 'the server ends while a filter is asked')
        client.join()


for setting_name, (_, kind, works, liars) in KINDS.items():
    absent(setting_name, kind, works)
    silent(setting_name, kind)
    lying(setting_name, kind, liars)
recovers()
line()
full()
leaves()
stops()
sys.exit(tap.done())
