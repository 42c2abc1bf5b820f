#!/usr/bin/env python3
"""nixie-sendmail hands mail over as programs do, to the real server and to ones that refuse.

usage: test_sendmail.py NIXIED NIXIE-SENDMAIL        TAP
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

from server import DOMAIN, MX, USER, Nixied, SECONDS, until

import tap
from ports import held_port

NIXIED, SENDMAIL = sys.argv[1:3]
SENT, USAGE, NO_DATA, NO_USER, UNAVAILABLE, TRY_LATER, NOT_ALLOWED, CONFIG = 0, 64, 65, 67, 69, 75, 77, 78


def run(*arguments, text='', where=None, conf='/dev/null', name=None, program=None, **env):
    """nixie-sendmail, called as `name`, with the message; its exit status and what it said"""
    environment = {**os.environ, 'NIXIED_CONF': conf, **env}
    if where is not None:
        environment['NIXIE_SUBMIT'] = where
    done = subprocess.run([name or SENDMAIL, *arguments], executable=program or SENDMAIL, capture_output=True, timeout=SECONDS, check=False,
                          input=text.encode() if isinstance(text, str) else text, env=environment)
    return done.returncode, (done.stdout + done.stderr).decode()


def same(name, got, want):
    tap.check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


def says(name, got, code, *words):
    """The exit status, and words that must have been said"""
    missing = [w for w in words if w not in got[1]]
    tap.check([] if got[0] == code and not missing else [f'exit {got[0]}, wanted {code}', *got[1].splitlines(),
                                                         *(f'not said: {w}' for w in missing)], name)


class Server(threading.Thread):
    """A server that answers as it is told: {the first word of a command, or all of it: the reply}"""

    def __init__(self, offers=(), limit=None, **replies):
        super().__init__(daemon=True)
        self.replies, self.offers, self.limit = replies, offers, limit
        self.commands, self.messages = [], []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.where = '127.0.0.1:%d' % self.listener.getsockname()[1]
        self.start()

    def run(self):
        client, _ = self.listener.accept()
        with client, client.makefile('rwb') as f:
            def reply(text):
                f.write(text.encode() + b'\r\n')
                f.flush()
            reply(self.replies.get('greeting', '220 fake.example ESMTP'))
            recipients = 0
            for line in f:
                command = line.decode().rstrip('\r\n')
                self.commands.append(command)
                word = command.split()[0].upper()
                found = self.replies.get(command, self.replies.get(word))
                if word == 'EHLO' and found is None:
                    found = '\r\n'.join(f'250-{x}' for x in ('fake.example', *self.offers)) + '\r\n250 HELP'
                if word == 'MAIL':
                    recipients = 0
                if word == 'RCPT' and found is None and self.limit is not None:
                    recipients += 1
                    if recipients > self.limit:
                        found = '452 4.5.3 Too many recipients'
                if word == 'DATA' and found is None:
                    reply('354 go on')
                    message = b''
                    for text in f:
                        if text == b'.\r\n':
                            break
                        message += text[1:] if text.startswith(b'.') else text
                    self.messages.append(message.decode('utf-8', 'surrogateescape'))
                    found = self.replies.get('end', '250 2.0.0 taken')
                if found == 'gone':
                    return
                reply(found or '250 2.0.0 fine')
                if word == 'QUIT':
                    return


def header_of(message):
    return dict(re.findall(r'^([A-Za-z-]+): (.*?)\r?$', message.split('\r\n\r\n')[0], re.M))


def real():
    """to nixied itself"""
    with Nixied(NIXIED, listeners=MX) as n:
        where = f'127.0.0.1:{n.ports["mx"]}'
        says('a message of a program', run('-t', '-i', '-f', 'cron@far.example', where=where,
                                           text=f'To: Demo <{USER}>\nSubject: hello\n\nfirst\n.\nlast\n'), SENT)
        says('a mail of cron', run('-i', '-FCronDaemon', '-B8BITMIME', '-oem', USER, where=where, text='Subject: bare\n\nÜ\n'), SENT)
        line = n.until_log(r' accepted .*from=cron@far\.example')
        tap.check([] if line and f'to={USER}' in line else [str(line)], '... is in the queue')
        says('nobody of that name', run(f'nobody@{DOMAIN}', where=where, text='x\n'), NO_USER,
             f'not sent to nobody@{DOMAIN}: 550 5.1.1', '(C34 ')
        says('one of two', run(f'nobody@{DOMAIN}', USER, where=where, text='x\n'), NO_USER, 'not sent to nobody@',
             'the server has the message for the others (1)')
        says('relaying', run('x@elsewhere.example', where=where, text='x\n'), NOT_ALLOWED, '550 5.7.1', '(C22 ')
        done = n.run('admin', 'alias', 'add', f'cron@{DOMAIN}', USER)
        says('an alias that is added while the server runs', (done.returncode, done.stdout), 0, 'added')
        says('... is taken at once', run('-t', where=where, text=f'To: cron@{DOMAIN}\nSubject: at once\n\nx\n'), SENT)
        line = n.until_log(rf' recipient .*to=cron@{DOMAIN}')
        tap.check([] if line and f'target={USER}' in line else [str(line)], '... for whom it is an alias')
        done = n.run('admin', 'range', 'add', '127.0.0.1', '--needs-login=')
        says('a range for this host', (done.returncode, done.stdout + done.stderr), 0, 'added')
        says('... lets it send elsewhere', run('x@elsewhere.example', where=where, text='x\n'), SENT)
        n.run('admin', 'account', 'disable', USER)
        says('an account that is off', run(USER, where=where, text='x\n'), NO_USER, '(C19 ')
        got = run('-bs', where=where, text='EHLO x.example\r\nNOOP\r\nQUIT\r\n')
        says('-bs', got, SENT, '220 mail.example.test', '250 2.0.0', '221 ')
        n.run('admin', 'account', 'enable', USER)
        head = f'EHLO x.example\nMAIL FROM:<pipe@far.example>\nRCPT TO:<{USER}>\n'
        whole = f'{head}DATA\nSubject: whole\n\n..a dot\n{"x" * 70000}\n.\nQUIT\n'
        for what, text in (('LF', whole), ('CRLF', whole.replace('\n', '\r\n')), ('no line end at its end', whole[:-1]),
                           ('a CR at the end of a piece', f'{head}DATA\r\n{"y" * 65535}\r\n.\r\nQUIT\r\n'),
                           ('BDAT', f'{head}BDAT 6\nA: b\r\nBDAT 7 LAST\n\r\nx\r\n\r\nQUIT\n')):
            before = n.log().count(' accepted ')
            got = run('-bs', where=where, text=text)
            says(f'-bs, all of it at once: {what}', got, SENT, '220 ', '250 ' if 'BDAT' in text else '354 ', ': queued as ', '221 ')
            tap.check([] if not re.search(r'^5\d\d ', got[1], re.M) else [got[1]], '... with nothing refused')
            tap.check([] if until(lambda before=before: n.log().count(' accepted ') == before + 1) else [n.log()], '... is in the queue')
        got = run('-bs', where=where, text=f'{head}FOO\n')
        says('-bs that ends without QUIT', got, SENT, '250 2.1.5', '500 5.5.2')
        says('-bs that says nothing', run('-bs', where=where, text=''), SENT, '220 ')
    says('nobody there', run('a@b.example', where=where, text='x\n'), TRY_LATER, f'no server answers at {where}: ',
         'Nothing was sent; is nixied running?')


def header():
    """what becomes of the header"""
    server = Server()
    me = pwd.getpwuid(os.getuid()).pw_name
    conf = tempfile.NamedTemporaryFile('w', suffix='.conf')
    conf.write('hostname = host.example\n')
    conf.flush()
    code = run('-t', where=server.where, conf=conf.name, text=(
        'From john Sun Nov 22 09:00:00 2026\nTo: "Doe, \\"J\\" (x)" <j@a.example>,\n\tlocal, team: k@a.example, l@a.example;\n'
        'Cc: j@A.example (again), <m@a.example>\nBcc: secret@a.example\nX-Long: a\n b\n\ntext\n.\nnot this\n'))
    says('-t', code, SENT)
    same('the recipients, each once', [c for c in server.commands if c.startswith('RCPT')],
         [f'RCPT TO:<{x}>' for x in ('j@a.example', 'local@host.example', 'k@a.example', 'l@a.example', 'm@a.example', 'secret@a.example')])
    same('the sender', server.commands[1].split()[1], f'FROM:<{me}@host.example>')
    message = server.messages[0]
    tap.check([] if 'Bcc' not in message and 'secret' not in message and 'From john' not in message and '\r\nX-Long: a\r\n b\r\n' in message
              and message.endswith('\r\n\r\ntext\r\n') else [repr(message)], 'the message without its Bcc')
    fields = header_of(message)
    tap.check([] if fields['From'].endswith(f'<{me}@host.example>') and re.fullmatch(
        r'\w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d \+0000', fields['Date']) and re.fullmatch(
        r'<\d+\.[0-9a-f]{16}@host\.example>', fields['Message-ID']) else [str(fields)], 'From, Date and Message-ID')

    for text, want in (('no header at all\n', '\r\n\r\nno header at all\r\n'), ('\nbody\n', '\r\n\r\nbody\r\n'), ('', '\r\n\r\n'),
                       ('Subject: x', 'Subject: x\r\n\r\n'), ('Subject: x\r\n\r\ncrlf\r\n', 'Subject: x\r\n\r\ncrlf\r\n'),
                       ('.\nx\n', '\r\n\r\n'), ('a\r\n.\r\nb\n', '\r\n\r\na\r\n'), ('a\n.', '\r\n\r\na\r\n'), ('a\n..\n', '\r\n\r\na\r\n..\r\n')):
        server = Server()
        run('a@b.example', where=server.where, text=text)
        got = server.messages[0]
        tap.check([] if got.endswith(want) and got.count('\r\n\r\n') <= 1 + want.count('\r\n\r\n') else [repr(got)], f'input {text!r}')

    server = Server()
    run('-t', '-i', where=server.where, text='To: a@b.example\nResent-To: c@d.example\nBcc: z@b.example\nMessage-Id: <1@x>\n'
        'date: Thu, 1 Jan 2026 00:00:00 +0000\nFROM: me@b.example\n\nx\n')
    same('a message that is sent again', [c for c in server.commands if c.startswith('RCPT')], ['RCPT TO:<c@d.example>'])
    same('what is there is not added', server.messages[0].count('\r\n'), 7)


def options():
    """the options, and what they make of the dialogue"""
    server = Server(offers=('DSN', '8BITMIME', 'SIZE 1000'))
    says('-v', run('-v', '-N', 'success,delay', '-R', 'hdrs', '-V', 'id+1', '-f', '<>', 'a@b.example', where=server.where, text='Ü\n'),
         SENT, 'sent to a@b.example: 250 2.0.0 taken')
    same('the null sender, and what is asked of reports', server.commands[1].split(' SIZE=')[0], 'MAIL FROM:<>')
    tap.check([] if all(x in server.commands[1] for x in (' RET=HDRS', ' ENVID=id+2B1', ' BODY=8BITMIME')) else [server.commands[1]],
              'of the message')
    same('of the recipient', server.commands[2].split()[2:], ['NOTIFY=SUCCESS,DELAY'])
    server = Server()
    says('letters together, and options of others', run('-tioi', '-em', '-odi', '-G', '-h5', '-Ac', '-OTimeout=1', '--', 'a@b.example',
                                                        where=server.where, text='x\n.\ny\n'), SENT)
    tap.check([] if server.messages[0].endswith('x\r\n.\r\ny\r\n') else [server.messages[0]], '-ti ignores dots')
    says('nobody', run(text='x\n'), USAGE, 'to whom?')
    says('nobody in the header', run('-t', text='Subject: x\n\n'), NO_DATA, 'to nobody', 'It was not sent')
    says('no such option', run('-Z'), USAGE, '-Z: no such option')
    says('no such long option', run('--subject', 'x'), USAGE, '--subject: no such option')
    says('no value', run('-f'), USAGE, '-f: needs a value')
    says('-N', run('-N', 'never,delay', 'a@b.example'), USAGE, 'never goes alone')
    says('-N of nothing known', run('-N', 'often', 'a@b.example'), USAGE, 'some of success,failure,delay')
    says('-R', run('-R', 'half', 'a@b.example'), USAGE, 'full or hdrs')
    says('-bd', run('-bd'), USAGE, '(nixied)')
    says('-bv', run('-bv', 'ann@b.example'), USAGE, 'nixied try --to ADDRESS')
    says('-q', run('-q15m'), SENT)
    says('newaliases', run(name='/usr/bin/newaliases'), SENT)
    says('-bi', run('-bi'), SENT)
    says('--help', run('--help'), SENT, 'Usage: nixie-sendmail')
    says('a configuration that is not there', run('-C', '/no/such', 'a@b.example', text='x'), CONFIG, '/no/such: No such file')
    says('no address', run('a@b.example', where='nowhere', text='x'), TRY_LATER, 'no address: write ADDRESS:PORT')


def configuration():
    """the listener that the configuration names"""
    with tempfile.TemporaryDirectory() as folder:
        path = f'{folder}/submit.sock'
        port = held_port()
        conf = f'{folder}/nixied.conf'
        with open(conf, 'w', encoding='utf-8') as f:
            f.write('listener users {\n\taddress = 127.0.0.1:1\n\tkind = submission\n}\n'
                    'listener tls {\n\taddress = 127.0.0.1:1\n\ttls = immediate\n}\n'
                    f'listener mx {{\n\taddress = 0.0.0.0:{port}\n}}\n')
        says('the one that takes mail', run('a@b.example', conf=conf, text='x\n'), TRY_LATER, f'no server answers at 127.0.0.1:{port}')
        with open(conf, 'a', encoding='utf-8') as f:
            f.write(f'listener here {{\n\taddress = unix:{path}\n}}\n')
        says('a socket before others', run('a@b.example', conf=conf, text='x\n'), TRY_LATER, f'no server answers at unix:{path}')
        says('but what is said comes first', run('a@b.example', conf=conf, where='unix:' + 'x' * 120, text='x\n'), TRY_LATER,
             'File name too long')


def queue():
    """mailq asks the server by `nixied queue`, of the configuration that is named; nothing waiting is no failure"""
    with tempfile.TemporaryDirectory() as programs:
        alone = shutil.copy(SENDMAIL, f'{programs}/alone')
        os.mkdir(f'{programs}/bin')
        os.symlink(os.path.abspath(NIXIED), f'{programs}/bin/nixied')
        path = f'{programs}/bin:{os.environ["PATH"]}'
        with Nixied(NIXIED, listeners=MX) as n:
            says('mailq, and nothing waits', run(name='/usr/bin/mailq', conf=n.conf, PATH=path), SENT, '0 recipients')
            says('-bp, with -C', run('-bp', '-C', n.conf, PATH=path), SENT, '0 recipients')
            says('nixied beside it is found without PATH', run('-bp', conf=n.conf, PATH=programs), SENT, '0 recipients')
            says('... and in PATH when it is not beside it', run('-bp', conf=n.conf, PATH=path, program=alone), SENT, '0 recipients')
            gone = n.conf
        says('no server', run('-bp', conf=gone, PATH=path), CONFIG, 'is not there')
        says('no nixied', run('-bp', conf=gone, PATH=programs + '/none', program=alone), 71, 'not beside this program')


def refusals():
    """exit 0 only when the server has the message for everybody"""
    cases = (
        ('a greeting that refuses', {'greeting': '554 5.7.1 not you'}, UNAVAILABLE, ('554 5.7.1 not you',)),
        ('a greeting that is not ready', {'greeting': '421 4.3.2 later'}, TRY_LATER, ('421 4.3.2 later',)),
        ('a sender that is refused', {'MAIL': '550 5.1.8 no such sender'}, UNAVAILABLE, ('not sent to a@b.example: 550 5.1.8',)),
        ('a sender that may not', {'MAIL': '530 5.7.0 log in'}, NOT_ALLOWED, ('530 5.7.0 log in',)),
        ('for now', {'RCPT': '450 4.2.1 later'}, TRY_LATER, ('not sent now to a@b.example: 450 4.2.1 later',)),
        ('the text is refused', {'end': '554-5.6.0 no\r\n554 5.6.0 spam'}, UNAVAILABLE, ('554-5.6.0 no', '554 5.6.0 spam')),
        ('the disk is full', {'end': '452 4.3.1 full'}, TRY_LATER, ('452 4.3.1 full',)),
        ('the answer is lost', {'end': 'gone'}, TRY_LATER, ('the server may have the message all the same',)),
        ('gone before', {'MAIL': 'gone'}, TRY_LATER, ('the connection was closed by the other end',)),
    )
    for name, replies, code, words in cases:
        says(name, run('a@b.example', where=Server(**replies).where, text='x\n'), code, *words)
    server = Server(**{'RCPT TO:<b@b.example>': '450 4.2.1 later', 'RCPT TO:<c@b.example>': '550 5.1.1 no such user'})
    says('for good weighs more', run('a@b.example', 'b@b.example', 'c@b.example', where=server.where, text='x\n'), NO_USER,
         'not sent now to b@b.example', 'not sent to c@b.example: 550 5.1.1', 'the server has the message for the others (1)')
    server = Server(limit=2)
    everybody = [f'r{i}@b.example' for i in range(5)]
    says('a server that takes few at a time', run(*everybody, where=server.where, text='x\n'), SENT)
    same('each of them once', sorted(c for c in server.commands if c.startswith('RCPT'))[0:1] + [str(len(server.messages))],
         ['RCPT TO:<r0@b.example>', '3'])
    server = Server(limit=0)
    got = run(*everybody, where=server.where, text='x\n')
    tap.check([] if got[0] == TRY_LATER else [str(got)], 'a server that takes nobody is not asked for ever')


real()
header()
options()
configuration()
queue()
refusals()
sys.exit(tap.done())
