#!/usr/bin/env python3
"""Limits at their edge, and ends that come in the middle: what does not fit is refused, and all else goes on.

usage: test_limits.py NIXIED NIXIE        TAP
"""

import signal
import sys
import threading

from server import SECONDS, USER, Client, Nixied, session, until

import tap

NIXIED = sys.argv[1]
OFF = 'spf = off\nsender_mx_check = off\n'
EHLO, MAIL, RCPT = 'EHLO c.example', 'MAIL FROM:<a@b.example>', f'RCPT TO:<{USER}>'
QUICK = 'listener quick {\n\taddress = 127.0.0.1:0\n\tcommand_timeout = 10s\n}\n'
FRONT = 'listener front {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n\tmax_recipients = 100\n\tmax_errors = 1000\n}\n'
USERS = 'listener users {\n\taddress = 127.0.0.1:0\n\tkind = submission\n\ttls = immediate\n}\n'

# How long a line may be with its CRLF, and what has been said before.
LINES = [('front', 512, [], 'EHLO '), ('front', 512, [], 'HELO '), ('front', 512, [EHLO], 'RSET '), ('front', 512, [EHLO], 'NOOP '),
         ('front', 512, [EHLO], 'HELP '), ('front', 512, [EHLO], 'QUIT '), ('front', 512, [EHLO], 'FOO '), ('front', 512, [EHLO], 'STARTTLS '),
         ('front', 512, [EHLO], 'EXPN '), ('front', 512, [EHLO], 'TURN '), ('front', 512, [EHLO], 'BDAT '), ('front', 512, [EHLO, MAIL, RCPT], 'DATA '),
         ('front', 2048, [EHLO], 'MAIL FROM:<a@b.example> X='), ('front', 2048, [EHLO, MAIL], f'RCPT TO:<{USER}> X='),
         ('front', 2048, [EHLO], 'VRFY '), ('front', 2048, [EHLO], 'XCLIENT NAME='), ('users', 12288, [EHLO], 'AUTH PLAIN '),
         ('users', 12288, [EHLO, 'AUTH PLAIN'], '')]


def lines(n):
    for listener, limit, before, begin in LINES:
        for more, is_too_long in ((0, False), (1, True)):
            with Client(n.ports[listener], tls=listener == 'users') as c:
                c.reply()
                for words in before:
                    c.say(words)
                reply = c.say(begin + 'x' * (limit - 2 - len(begin) + more))
                told = '(C04 ' in reply or '(X34 ' in reply
                after = c.say('NOOP') if begin != 'QUIT ' or is_too_long else '250'
            # BDAT closes: nobody knows where the next command begins.
            ok = told == is_too_long and (after.startswith('250') or (begin == 'BDAT ' and not is_too_long))
            tap.check([] if ok else [reply[:300], after], f'{begin.split(" ")[0] or "an answer of AUTH"}: {limit + more} bytes')


def recipients(n):
    with Client(n.ports['front']) as c:
        c.reply()
        c.say(EHLO)
        c.say(MAIL)
        c.send(''.join(f'RCPT TO:<tag{i}@many.test>\r\n' for i in range(101)))
        got = [c.reply() for _ in range(101)]
        tap.check([] if all(r.startswith('250') for r in got[:100]) and got[100].startswith('452 4.5.3 ') else got[98:], '100 recipients, and one more')
        got = [c.say('DATA'), c.say('Subject: x\r\n\r\nx\r\n.'), c.say(MAIL), c.say(RCPT)]
        tap.check([] if [r[:3] for r in got] == ['354', '250', '250', '250'] else got, '... and it goes on with the hundred')
    line = n.until_log(' accepted .*recipients=')
    tap.check([] if line and ' recipients=1 ' in line else [str(line)], '... of whom one mailbox gets it once')


def shapes(n):
    """Messages whose form is extreme and allowed: taken, and delivered as they are."""
    deep = 2000
    nested = 'Content-Type: multipart/mixed; boundary=b0\r\n\r\n' + ''.join(
        f'--b{i}\r\nContent-Type: multipart/mixed; boundary=b{i + 1}\r\n\r\n' for i in range(deep)) + f'--b{deep}\r\n\r\nend\r\n'
    cases = [('a header of a megabyte', ''.join(f'X-{i}: {"x" * 90}\r\n' for i in range(10500)) + '\r\nend\r\n'),
             ('one field of 900 KB, folded', 'Subject: x\r\n' + ' y' * 30 + '\r\n' + ''.join(f' {"y" * 90}\r\n' for _ in range(10000)) + '\r\nend\r\n'),
             ('50,000 fields', 'A: b\r\n' * 50000 + '\r\nend\r\n'),
             ('2,000 parts, each in the one before', nested),
             ('no header', '\r\nend\r\n'),
             ('no end of the header', 'Subject: x\r\nend\r\n'),
             ('a header that is none', ': x\r\n x\r\nx\r\n\r\nend\r\n'),
             ('500,000 empty lines', '\r\n' * 500000 + 'end\r\n')]
    for i, (name, text) in enumerate(cases):
        text = text.removesuffix('end\r\n') + f'end of message {i}\r\n'
        reply = session(n.ports['front'], EHLO, MAIL, RCPT, 'DATA', (text + '.\r\n').encode())[-1]
        end = text.replace('\r\n', '\n').encode()[-100000:]
        ok = reply.startswith('250') and until(lambda end=end: any(m.replace(b'\r\n', b'\n').endswith(end) for m in n.mails()))
        tap.check([] if ok else [reply], name)


def stalls(n):
    """A handshake that never ends keeps nobody, and is given up."""
    ended = {}

    def wait(name, c):
        c.socket.settimeout(2 * SECONDS)
        ended[name] = c.line()

    with Client(n.ports['quick']) as a, Client(n.ports['users']) as b, Client(n.ports['users']) as c:
        a.reply()
        a.say(EHLO)
        a.say('STARTTLS')
        a.send(b'\x16\x03\x01\x02')  # the begin of a hello
        c.send(b'\x16\x03\x01\x02')
        waiting = [threading.Thread(target=wait, args=(name, client)) for name, client in (('STARTTLS', a), ('at once', b), ('half', c))]
        for thread in waiting:
            thread.start()
        got = session(n.ports['front'], EHLO, 'NOOP') + session(n.ports['users'], EHLO, tls=True)
        tap.check([] if all(r.startswith(('220', '250')) for r in got) else got, 'others are served while handshakes stall')
        for thread in waiting:
            thread.join()
    tap.check([] if ended == {'STARTTLS': '', 'at once': '', 'half': ''} else [str(ended)], 'a handshake that stalls is given up')


def half_said(n):
    """Sessions in every state; what they are in, for a name."""
    def client(listener, *said):
        c = Client(n.ports[listener], tls=listener == 'users')
        c.reply()
        for words in said:
            if isinstance(words, bytes):
                c.send(words)
            else:
                c.say(words)
        return c

    return {'greeted': client('front'), 'after EHLO': client('front', EHLO), 'after MAIL': client('front', EHLO, MAIL),
            'after RCPT': client('front', EHLO, MAIL, RCPT), 'in the text': client('front', EHLO, MAIL, RCPT, 'DATA', b'Subject: half\r\n\r\nx\r\n'),
            'in a chunk': client('front', EHLO, MAIL, RCPT, b'BDAT 100\r\nSubject: half'), 'in AUTH': client('users', EHLO, 'AUTH PLAIN'),
            'in a line': client('front', EHLO, b'MAIL FROM:<a'), 'over TLS': client('users', EHLO)}


def ends():
    with Nixied(NIXIED, OFF, FRONT + USERS) as n:
        clients = half_said(n)
        until(lambda: n.log().count(' connect ') == len(clients))
        n.process.send_signal(signal.SIGTERM)
        for name, c in clients.items():
            got = [c.reply(), c.line()]
            tap.check([] if got[0].startswith('421 4.3.2 The server is shutting down') and got[1] == '' else got, f'the end, {name}: 421')
            c.close()
        status = n.process.wait(SECONDS)
        tap.check([] if status == 0 else [str(status)], '... and it ends well')
        for pipe in (n.process.stdout, n.process.stderr):
            pipe.close()
        n.process = None
        tap.check([] if not n.mails() and 'recipients 0\n' in n.run('audit').stdout else [n.run('audit').stdout], '... and nothing half is kept')


def reloads():
    """The text of a message comes while the configuration changes under it."""
    with Nixied(NIXIED, OFF, FRONT + USERS) as n:
        clients = half_said(n)
        n.configure(OFF + 'reply_style = documented\n', FRONT.replace('max_recipients = 100', 'max_message_size = 64K') + USERS)
        tap.check([] if n.reload() else [n.log()], 'a reload with sessions in every state')
        rest = {'greeted': 'NOOP\r\n', 'after EHLO': 'NOOP\r\n', 'after MAIL': f'{RCPT}\r\n', 'after RCPT': 'NOOP\r\n',
                'in the text': 'y' * 62 + ('\r\n' + 'y' * 62) * 2000 + '\r\n.\r\n', 'in a chunk': 'x' * 87, 'in AUTH': '*\r\n',
                'in a line': '@b.example>\r\n', 'over TLS': 'NOOP\r\n'}
        for name, c in clients.items():
            c.send(rest[name])
            reply = c.reply()
            want = '501 5.7.0 ' if name == 'in AUTH' else '250 2.'
            tap.check([] if reply.startswith(want) else [reply], f'... {name}: as it began')
            c.close()
        tap.check([] if len(n.until_mails(1)) == 1 else [n.log()], '... and the message is there')
        got = session(n.ports['front'], EHLO, MAIL + ' SIZE=100000')
        tap.check([] if got[-1].startswith('552 Message size exceeds fixed') else got, 'who comes has the new settings')


def main():
    with Nixied(NIXIED, OFF, FRONT + USERS + QUICK) as n:
        for words in (('domain', 'add', 'many.test'), ('domain', 'set', 'many.test', '--catch-all', USER)):
            done = n.run('admin', *words)
            if done.returncode != 0:
                raise RuntimeError(done.stderr)
        stalled = threading.Thread(target=stalls, args=(n,))
        stalled.start()
        lines(n)
        recipients(n)
        shapes(n)
        stalled.join()
    ends()
    reloads()


main()
sys.exit(tap.done())
