#!/usr/bin/env python3
"""nixied takes mail and says why it does not: the real program, over TCP.

usage: test_receive.py NIXIED NIXIE        TAP
"""

import base64
import os
import re
import shutil
import signal
import smtplib
import ssl
import subprocess
import sys
import tempfile

from server import DOMAIN, MX, PASSWORD, SECONDS, USER, Client, Nixied, session

import tap

NIXIED, NIXIE = sys.argv[1:3]


def starts(name, got, *want):
    """Each reply begins with what is wanted of it."""
    trouble = [f'got  {g!r}\n# want {w!r}' for g, w in zip(got, want) if not g.startswith(w)]
    if len(got) != len(want):
        trouble.append(f'{len(got)} replies, {len(want)} wanted: {got!r}')
    tap.check(trouble, name)


def same(name, got, want):
    tap.check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


MESSAGE = b'From: a@b.example\r\nSubject: hello\r\n\r\n.. dots\r\nend\r\n.\r\n'


def takes():
    with Nixied(NIXIED) as n:
        port = n.ports['mx']
        got = session(port, 'EHLO client.example', 'MAIL FROM:<a@b.example>', f'RCPT TO:<{USER}>', 'DATA', MESSAGE, 'QUIT')
        starts('a message is taken', got, '220 mail.example.test ESMTP', '250-mail.example.test', '250 2.1.0',
               '250 2.1.5', '354 ', '250 2.0.0 Message accepted for delivery: queued as ', '221 ')
        queue_id = got[5].split()[-1]
        line = n.until_log(f' accepted .*id={queue_id}')
        tap.check([] if line and f'to={USER}' in line and 'from=a@b.example' in line else [str(line)], '... and the log tells of it')
        got = session(port, 'HELO client.example', 'MAIL FROM:<>', f'RCPT TO:<nobody@{DOMAIN}>', 'RCPT TO:<a@elsewhere.example>',
                      f'RCPT TO:<{USER}>', 'DATA', b'x\r\n.\r\n', 'QUIT')
        starts('of three recipients one', got, '220', '250', '250', f'550 5.1.1 Unknown user <nobody@{DOMAIN}> (C34 ',
               '550 5.7.1 Delivery is not allowed to this address: relaying denied, elsewhere.example is not handled here (C22 ',
               '250', '354', '250', '221')
        starts('postmaster without a domain', session(port, 'EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<Postmaster>'),
               '220', '250', '250', '250 2.1.5')
        reference = got[3].split()[-1].rstrip(')')
        line = n.until_log(f' refused session={reference} .*condition=C34')
        tap.check([] if line and f'to=nobody@{DOMAIN}' in line and 'rule="nobody here is named' in line else [str(line)],
                  'the reference finds the line of the log, and the rule that decided')
        shown = subprocess.run([NIXIE, 'code', got[3]], capture_output=True, text=True, check=False).stdout
        tap.check([] if 'C34' in shown else [shown], '`nixie code` knows the reply')
        same('it ends well', n.stop(), 0)
        with Nixied(NIXIED, folder=n.folder) as again, Client(again.ports['submission']) as c:
            starts('submission is refused without TLS', [c.reply(), c.say('EHLO pc'), c.say('MAIL FROM:<a@b.example>')],
                   '220', '250', '530 5.7.0 Must issue a STARTTLS command first (X21')


def plain(user, password):
    return base64.b64encode(f'\0{user}\0{password}'.encode()).decode()


def signs_in():
    with Nixied(NIXIED) as n:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with smtplib.SMTP('127.0.0.1', n.ports['submission']) as s:
            s.starttls(context=context)
            s.login(USER, PASSWORD)
            same('a user sends, over STARTTLS', s.sendmail(USER, [USER, 'a@elsewhere.example'], 'Subject: x\r\n\r\nhello\r\n'), {})
        with smtplib.SMTP_SSL('127.0.0.1', n.ports['submissions'], context=context) as s:
            for mechanism in ('PLAIN', 'LOGIN'):
                s.ehlo()
                s.user, s.password = USER, PASSWORD
                code, _ = s.auth(mechanism, getattr(s, 'auth_' + mechanism.lower()))
                same(f'{mechanism}, TLS from the first byte', code, 235 if mechanism == 'PLAIN' else 503)
            code, text = s.mail('other@example.test')
            tap.check([] if code == 553 and b'(X41 ' in text else [f'{code} {text!r}'], "another's address is refused")
        line = n.until_log(' accepted .*user=demo@example.test')
        tap.check([] if line and 'protocol=ESMTPSA' in line else [str(line)], 'the log names the user and the protocol')
        text = n.log()
        tap.check([l for l in text.splitlines() if PASSWORD + '"' in l or plain(USER, PASSWORD) in l],
                  'no password and no AUTH line is in the log')
        with Client(n.ports['submissions'], tls=True) as c:
            starts('a wrong password, and nobody: the same answer',
                   [c.reply(), c.say('EHLO pc'), c.say('AUTH PLAIN ' + plain(USER, 'wrong')),
                    c.say('AUTH PLAIN ' + plain('nobody@example.test', 'wrong'))],
                   '220', '250', '535 5.7.8 Authentication failed: wrong user name or password (C17 ',
                   '535 5.7.8 Authentication failed: wrong user name or password (C17 ')


def bans():
    with Nixied(NIXIED, settings='autoban = 2\nmax_login_failures = 10') as n:
        with Client(n.ports['submissions'], tls=True) as c:
            starts('the second failure bans', [c.reply(), c.say('EHLO pc'), c.say('AUTH PLAIN ' + plain(USER, '1')),
                                               c.say('AUTH PLAIN ' + plain(USER, '2'))],
                   '220', '250', '535 5.7.8', '421 4.7.0 Too many failed login attempts from 127.0.0.1')
        with Client(n.ports['submissions'], tls=True) as c:
            starts('... also the next session', [c.reply()], '421 Too many failed login attempts from 127.0.0.1')
        starts('... but mail from outside still comes', session(n.ports['mx'], 'EHLO a.example', 'MAIL FROM:<a@b.example>'),
               '220', '250', '250')


def limits():
    with Nixied(NIXIED, settings='max_connections_per_client = 2\nmax_connections = 4\ncommand_timeout = 10s') as n:
        port = n.ports['mx']
        with Client(port) as a, Client(port) as b, Client(port) as c:
            starts('a third connection of one client', [a.reply(), b.reply(), c.reply(), c.line()], '220', '220',
                   '421 Too many connections from 127.0.0.1, please try again later', '')
        tap.check([] if n.until_log(' refused .*condition=X16') else [n.log()], '... is in the log')
    with Nixied(NIXIED, settings='max_connections = 2') as n:
        with Client(n.ports['mx']) as a, Client(n.ports['mx']) as b, Client(n.ports['mx']) as c:
            starts('one more than the server takes', [a.reply(), b.reply(), c.reply()], '220', '220',
                   '421 mail.example.test is overloaded at the moment')


def ends():
    with Nixied(NIXIED) as n:
        with Client(n.ports['mx']) as c:
            c.reply()
            n.process.send_signal(signal.SIGTERM)
            starts('who is connected when it ends is told', [c.reply(), c.line()], '421 4.3.2 The server is shutting down', '')
        same('... and it ends', n.process.wait(SECONDS), 0)
        n.process.stdout.close()
        n.process.stderr.close()
        n.process = None


def impatient():
    """What a client says before its message is durable waits, and is answered in order."""
    group = f'MAIL FROM:<a@b.example>\r\nRCPT TO:<{USER}>\r\nDATA\r\n'.encode()
    want = ['250', '250', '354', '250'] * 9 + ['221']
    with Nixied(NIXIED) as n:
        for name in ('in the clear', 'over TLS'):
            with Client(n.ports['mx']) as c:
                c.reply()
                c.say('EHLO x.example')
                if name == 'over TLS':
                    c.say('STARTTLS')
                    c.secure()
                    c.say('EHLO x.example')
                c.send(group)
                got = [c.reply()[:3] for _ in range(3)]
                for last in range(2, 10):
                    # Half of it in one write with the last dot, half in a write of its own.
                    c.send(MESSAGE + (group if last % 2 else b''))
                    c.send(b'' if last % 2 else group)
                    got += [c.reply()[:3] for _ in range(4)]
                c.send(MESSAGE + b'QU')
                c.send(b'IT\r\n')
                got += [c.reply()[:3] for _ in range(2)]
            same(f'nine messages, each begun before the answer to the last, {name}', got, want)


def survives():
    """250 means that it is there."""
    with Nixied(NIXIED) as n:
        for _ in range(5):
            session(n.ports['mx'], 'EHLO x.example', 'MAIL FROM:<a@b.example>', f'RCPT TO:<{USER}>', 'DATA', MESSAGE)
        n.stop(signal.SIGKILL)
        done = n.run('audit')
        tap.check([] if done.returncode == 0 and 'recipients 5\n' in done.stdout and 'balanced' in done.stdout
                  else [done.stdout, done.stderr], 'after kill -9 five recipients are there')


def reloads():
    with Nixied(NIXIED, listeners=MX) as n:
        with Client(n.ports['mx']) as old:
            old.reply()
            n.configure('reply_marks = no\n', MX)
            tap.check([] if n.reload() else [n.log()], 'the configuration is read again')
            starts('who was there keeps what was', [old.say('FOO')], '500 5.5.2 Unimplemented command (C08 ')
            got = session(n.ports['mx'], 'FOO')
            same('who comes has the new one', got[1], '500 5.5.2 Unimplemented command')
            n.configure('no_such_setting = 1\n', MX)
            n.reload()
            got = session(n.ports['mx'], 'FOO')
            same('one with a mistake changes nothing', got[1], '500 5.5.2 Unimplemented command')
            line = n.until_log(r' alarm .*nixied\.conf:\d+: there is no setting .*no_such_setting.*; the configuration of before stays')
            tap.check([] if line else [n.log()], '... and the log says what is wrong, and where')
            n.configure('dnsbl = ????\n', MX)
            n.reload()
            line = n.until_log(' alarm .*is no list.*the configuration of before stays')
            tap.check([] if line else [n.log()], 'nor does one whose part has one')
            got = session(n.ports['mx'], 'FOO')
            same('... to nobody', got[1], '500 5.5.2 Unimplemented command')
    tap.check([] if 'no_such_setting' in n.said else [n.said], '... and is told with its line')
    tap.check([] if 'nixied.conf: dnsbl: "????" is no list' in n.said else [n.said], '... on standard error too')


def certificate_of(n, name):
    with Client(n.ports['submissions']) as c:
        return c.secure(name)


def certificates():
    """By name, and new ones without a session noticing."""
    with tempfile.TemporaryDirectory() as more:
        for name in ('first', 'second', 'third'):
            subprocess.run([NIXIED, 'demo', '-n', f'{more}/{name}'], check=True, capture_output=True)
        os.mkdir(f'{more}/names')
        shutil.copy(f'{more}/first/certificate.pem', f'{more}/names/other.example.pem')
        shutil.copy(f'{more}/second/certificate.pem', f'{more}/names/*.wild.example.pem')
        with Nixied(NIXIED, settings=f'tls_folder = {more}/names') as n:
            own, first, second = (certificate_of(n, name) for name in
                                  ('nobody.example', 'OTHER.example', 'a.wild.example'))
            pem = [ssl.PEM_cert_to_DER_cert(re.search('-----BEGIN CERT.*?-----END CERTIFICATE-----', open(p, encoding='ascii').read(), re.S)[0])
                   for p in (f'{n.folder}/certificate.pem', f'{more}/first/certificate.pem', f'{more}/second/certificate.pem',
                             f'{more}/third/certificate.pem')]
            same('a name that is not ours, one that is, one by a wildcard', [own, first, second], pem[:3])
            with Client(n.ports['mx']) as old:
                starts('a session begins', [old.reply(), old.say('EHLO a.example'), old.say('STARTTLS')], '220', '250', '220')
                old.secure()
                shutil.copy(f'{more}/third/certificate.pem', f'{n.folder}/certificate.pem')
                n.reload()
                same('after a reload there is a new certificate', certificate_of(n, 'nobody.example'), pem[3])
                starts('... and the session goes on', [old.say('EHLO a.example'), old.say('NOOP')], '250', '250')
            with open(f'{n.folder}/certificate.pem', 'w', encoding='ascii') as f:
                f.write('this is none')
            n.reload()
            same('a broken one changes nothing', certificate_of(n, 'nobody.example'), pem[3])
            tap.check([] if n.until_log(' alarm .*certificate.pem: no certificate can be read') else [n.log()],
                      '... and an alarm says why')


def proxied():
    listener = 'listener mx {\n\taddress = 127.0.0.1:0\n\tproxies = 127.0.0.1\n}\n' \
               'listener tls {\n\taddress = 127.0.0.1:0\n\tproxies = 127.0.0.1\n\ttls = immediate\n}\n'
    with Nixied(NIXIED, listeners=listener) as n:
        with Client(n.ports['mx']) as c:
            c.send('PROXY TCP4 192.0.2.9 192.0.2.1 4711 25\r\n')
            starts('behind a proxy', [c.reply(), c.say('FOO')], '220', '500')
        tap.check([] if n.until_log(' refused .*client=192.0.2.9') else [n.log()], '... the client is the one it names')
        with Client(n.ports['tls']) as c:
            c.send('PROXY TCP4 192.0.2.10 192.0.2.1 4711 465\r\n')
            c.secure()
            starts('... and in front of TLS', [c.reply(), c.say('FOO')], '220', '500')
        tap.check([] if n.until_log(' refused .*client=192.0.2.10') else [n.log()], '... too')


def mistakes():
    n = Nixied(NIXIED, settings='hostname = \nmax_hops = many\n')
    done = n.run('serve')
    tap.check([] if done.returncode == 2 and 'nixied.conf:' in done.stderr and 'max_hops' in done.stderr else
              [done.stderr], 'a mistake in the configuration is told with its line, and nothing starts')
    n.configure('', 'listener mx {\n\taddress = 192.0.2.1:25\n}\n')
    done = n.run('serve')
    tap.check([] if done.returncode == 3 and '192.0.2.1:25' in done.stderr else [done.stderr], 'an address that is not ours')
    with Nixied(NIXIED) as first:
        first.configure('', MX)
        done = first.run('serve')
        tap.check([] if done.returncode == 3 and 'another nixied serves it' in done.stderr else [done.stderr],
                  'one server for a queue')
        done = first.run('audit')
        tap.check([] if done.returncode == 0 and 'balanced' in done.stdout else [done.stdout, done.stderr],
                  'the audit asks the one that runs')
    for words in (['--help'], ['serve', '--help'], ['demo', '-h'], ['audit', '--help'], ['--version']):
        done = subprocess.run([NIXIED, *words], capture_output=True, text=True, check=False)
        tap.check([] if done.returncode == 0 and done.stdout and not done.stderr else [str(done)], 'nixied ' + ' '.join(words))
    for words in ([], ['nothing'], ['serve', 'x'], ['serve', '-x'], ['serve', '-c'], ['demo']):
        done = subprocess.run([NIXIED, *words], capture_output=True, text=True, check=False)
        tap.check([] if done.returncode == 2 and done.stderr and not done.stdout else [str(done)],
                  'a mistake: nixied ' + ' '.join(words))


def told_first():
    """Who is refused finds the reason in the log: it was written before the reply was sent. Many at once share a turn of the loop."""
    with Nixied(NIXIED) as n:
        clients = [Client(n.ports['mx']) for _ in range(40)]
        for c in clients:
            c.reply()
            c.say('EHLO c.test')
        late = []
        for turn in range(5):
            for c in clients:
                c.send(f'MAIL FROM:<a@b.test>\r\nRCPT TO:<nobody{turn}@{DOMAIN}>\r\nRSET\r\n')
            for c in clients:
                c.reply()
                refused = c.reply()
                reference = re.search(r'\(C34 (\w+)\)', refused)
                wanted = f'session={reference[1]} ' if reference else 'none'
                if not any(wanted in l and f'nobody{turn}@' in l for l in n.log().splitlines()):
                    late.append(refused)
                c.reply()
        for c in clients:
            c.close()
        tap.check(late, 'a refusal is in the log before its reply is sent')


for test in (takes, signs_in, told_first, bans, limits, ends, survives, impatient, reloads, certificates, proxied, mistakes):
    test()
sys.exit(tap.done())
