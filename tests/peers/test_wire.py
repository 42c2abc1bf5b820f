#!/usr/bin/env python3
"""What real clients make of nixied's extensions, held against the bytes that went over the wire.

Postfix and Exim send through a recorder to a listener in clear; swaks speaks XCLIENT and the PROXY protocol.

usage: test_wire.py NIXIED NIXIE        TAP
"""

import contextlib
import re
import select
import socket
import sys
import threading

import jail

jail.enter('postfix', 'exim', 'swaks', 'nsd')

import tap  # noqa: E402
from peers import Exim, Nsd, Postfix, Tool, have  # noqa: E402
from server import SECONDS, until  # noqa: E402
from world import LISTENERS, ME, SETTINGS, SITES, World, check  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
SWAKS = type('Swaks', (Tool,), {'name': 'swaks'})
WIRE = '127.0.0.8'
OFF = 'spf = off\n'
MORE = (f'listener wire {{\n\taddress = {ME}:2525\n\ttls = off\n}}\n'
        f'listener front {{\n\taddress = {ME}:2526\n\txclient = {ME}\n}}\n'
        f'listener behind {{\n\taddress = {ME}:2527\n\tproxies = {ME}\n}}\n')
POSTFIX = {'main': 'transport_maps = texthash:/etc/postfix/transport\n', 'files': {'transport': f'example.test smtp:[{WIRE}]:25\n'}}
EXIM = {
    'routers': f'''wire:
  driver = manualroute
  domains = example.test
  transport = wire
  route_list = * {WIRE}
  self = send
''',
    'transports': '''wire:
  driver = smtp
''',
}
BODY = 'a line\r\n.\r\n..two\r\n' + 'x' * 990 + '\r\n'
HELLO = 'Subject: hello\r\nFrom: anna\r\n\r\n' + BODY


class Wire:
    """Passes connections on to nixied, and keeps what either side said, in order: a list of (is_client, bytes) for each."""

    def __init__(self):
        self.sessions = []
        self.listener = socket.create_server((WIRE, 25))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            self.sessions.append([])
            threading.Thread(target=self.carry, args=(client, self.sessions[-1]), daemon=True).start()

    @staticmethod
    def carry(client, said):
        with client, socket.create_connection((ME, 2525), timeout=SECONDS) as server:
            while True:
                for one in select.select([client, server], [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    is_client = one is client
                    if said and said[-1][0] == is_client:
                        said[-1] = (is_client, said[-1][1] + data)
                    else:
                        said.append((is_client, data))
                    (server if is_client else client).sendall(data)

    def client_turns(self, words):
        """What the client said between two answers, in the session that has the words."""
        for said in self.sessions:
            turns = [data for is_client, data in said if is_client]
            if any(words in turn for turn in turns):
                return turns
        return []


def begun(turns):
    """The turn in which the message begins; and its MAIL and RCPT lines."""
    turn = next((t for t in turns if re.search(rb'(?mi)^MAIL FROM:', t)), b'')
    whole = b''.join(turns)
    line = {verb: (re.search(rb'(?mi)^' + verb + rb':[^\r]*', whole) or [b''])[0].decode('utf-8') for verb in (b'MAIL FROM', b'RCPT TO')}
    return turn, line[b'MAIL FROM'], line[b'RCPT TO']


def arrived(w, before):
    mails = w.n.until_mails(before + 1)[before:]
    return bool(mails) and mails[0].replace(b'\r\n', b'\n').endswith(BODY.replace('\r\n', '\n').encode())


def extensions(w, wire, peer):
    sender = f'anna@{peer.domain}'
    before = len(w.n.mails())
    peer.submit(sender, ['demo@example.test'], HELLO, ['RET=HDRS', 'ENVID=QQ314159'], ['NOTIFY=SUCCESS,FAILURE'])
    check([] if arrived(w, before) else ['not as sent'], f'{peer.name}: a message arrives as it was sent', peer.log(), w.n.log())
    turns = wire.client_turns(sender.encode())
    turn, mail, rcpt = begun(turns)
    check([] if re.search(rb'(?mi)^MAIL FROM:.*\r\nRCPT TO:', turn) else [turns], f'{peer.name}: PIPELINING')
    check([] if re.search(r' SIZE=\d+', mail) else [mail], f'{peer.name}: SIZE')
    check([] if ' RET=HDRS' in mail and ' ENVID=QQ314159' in mail and 'NOTIFY=SUCCESS,FAILURE' in rcpt.upper() else [mail, rcpt],
          f'{peer.name}: the parameters of DSN')
    whole = b''.join(turns)
    if peer.name == 'exim':
        check([] if re.search(rb'(?m)^BDAT \d+ LAST\r$', whole) and not re.search(rb'(?m)^DATA\r$', whole) else [turns], 'exim: BDAT')
    else:
        check([] if re.search(rb'(?m)^DATA\r$', turn) else [turns], f'{peer.name}: DATA in the same group as MAIL and RCPT')
    refused = [line for line in w.n.log().splitlines() if ' refused ' in line and 'listener=wire' in line]
    check(refused, f'{peer.name}: nothing of it is refused')


def large(w, wire, peer):
    """A message of many chunks."""
    lines = ''.join(f'line {i} of a long message, which takes some room on its way\r\n' for i in range(20000))
    sender, before = f'anna@{peer.domain}', len(w.n.mails())
    peer.submit(sender, ['demo@example.test'], 'Subject: large\r\n\r\n' + lines)
    mails = w.n.until_mails(before + 1)[before:]
    check([] if mails and mails[0].replace(b'\r\n', b'\n').endswith(lines.replace('\r\n', '\n').encode()) else ['not as sent'],
          f'{peer.name}: 1.2 MB', peer.log())
    chunks = [int(n) for said in wire.sessions for is_client, data in said if is_client for n in re.findall(rb'(?m)^BDAT (\d+)', data)]
    check([] if sum(chunks) > len(lines) and len(chunks) > 2 else chunks, f'{peer.name}: in chunks')


def smtputf8(w, wire, postfix):
    postfix.submit(f'anna@{postfix.domain}', ['jürgen@example.test'], 'Subject: grüße\r\n\r\nhello\r\n'.encode(), ['SMTPUTF8', 'BODY=8BITMIME'])
    mails = w.n.until_mails(1, 'jürgen')
    _, mail, rcpt = begun(wire.client_turns('jürgen'.encode()))
    check([] if mails and ' SMTPUTF8' in mail and ' BODY=8BITMIME' in mail and rcpt.startswith('RCPT TO:<jürgen@example.test>') else [mail, rcpt],
          'postfix: SMTPUTF8 and 8BITMIME', postfix.log(), w.n.log())


def fronts(w):
    """Who stands in front of nixied tells for whom."""
    proxy = ('--proxy-source', '192.0.2.45', '--proxy-source-port', '4711', '--proxy-dest', '192.0.2.1', '--proxy-dest-port', '25')
    cases = (('XCLIENT', '2526', ('--xclient-addr', '192.0.2.44', '--xclient-helo', 'front.test'), 'client=192.0.2.44 helo=swaks.test'),
             ('PROXY, version 1', '2527', ('--proxy-version', '1', '--proxy-family', 'TCP4', *proxy), 'client=192.0.2.45 '),
             ('PROXY, version 2', '2527', ('--proxy-version', '2', '--proxy-family', 'AF_INET', '--proxy-protocol', 'STREAM', *proxy),
              'client=192.0.2.45 '))
    with SWAKS() as swaks:
        for words, port, arguments, want in cases:
            count = w.n.log().count(' accepted ')
            said = swaks.run('swaks', '--from', 'anna@postfix.test', '--to', 'demo@example.test', '--helo', 'swaks.test', '--server', f'{ME}:{port}',
                             *arguments)
            lines = until(lambda count=count: [l for l in w.n.log().splitlines() if ' accepted ' in l][count:]) or ['']
            check([] if said.returncode == 0 and want in lines[0] else [said.stdout, *lines], f'swaks: {words}')
        said = swaks.run('swaks', '--from', 'anna@postfix.test', '--to', 'demo@example.test', '--server', f'{ME}:25', '--xclient-addr', '192.0.2.46')
        check([] if said.returncode and 'client=192.0.2.46' not in w.n.log() else [said.stdout], 'swaks: XCLIENT of whom nobody listed')


def main():
    if have(Nsd):
        jail.skip_all(have(Nsd))
    with contextlib.ExitStack() as stack:
        w = World(NIXIED, NIXIE, '', OFF)
        w.n.configure(SETTINGS + OFF, LISTENERS + MORE)
        stack.enter_context(w)
        w.n.run('admin', 'account', 'add', 'jürgen@example.test', '--no-password', check=True)
        if have(SWAKS):
            tap.skip('swaks', 'skipped: ' + have(SWAKS))
        else:
            fronts(w)
        wire = Wire()
        for kind, more in ((Postfix, POSTFIX), (Exim, EXIM)):
            if have(kind):
                tap.skip(f'all of {kind.name}', 'skipped: ' + have(kind))
                continue
            with kind(SITES[kind], users=['anna'], **more) as peer:
                extensions(w, wire, peer)
                if peer.name == 'postfix':
                    smtputf8(w, wire, peer)
                else:
                    large(w, wire, peer)


main()
sys.exit(tap.done())
