#!/usr/bin/env python3
"""Python's smtplib talks to the machine over a socket pair. usage: test_smtplib.py SMTP_PIPE"""
import os
import smtplib
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tools'))
from tap import check, done  # noqa: E402

PROGRAM = sys.argv[1]


def same(got, want, name):
    check([] if got == want else [f'got {got!r}', f'want {want!r}'], name)


def holds(what, name):
    check([] if what else ['it does not'], name)


class Session:
    """A client connected to a smtp_pipe of its own."""

    def __init__(self, kind):
        self.folder = tempfile.TemporaryDirectory()
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen([PROGRAM, kind, self.folder.name], stdin=theirs, stdout=theirs)
        theirs.close()
        self.client = (smtplib.LMTP if kind == 'lmtp' else smtplib.SMTP).__new__(
            smtplib.LMTP if kind == 'lmtp' else smtplib.SMTP)
        smtplib.SMTP.__init__(self.client, local_hostname='client.example')
        ours.settimeout(60)
        self.client.sock = ours
        self.client.file = None
        self.greeting = self.client.getreply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.client.quit()
        except (smtplib.SMTPException, OSError):
            pass
        self.process.wait(60)
        self.folder.cleanup()

    def message(self, n):
        with open(os.path.join(self.folder.name, str(n)), 'rb') as f:
            return f.read()


def refusal(call, *args, **kwargs):
    """The exception that a call must end in."""
    try:
        call(*args, **kwargs)
    except smtplib.SMTPException as e:
        return e
    return None


def mx():
    with Session('mx') as s:
        same(s.greeting, (220, b'mx.here.example ESMTP Nixie'), 'greeting')
        same(s.client.ehlo()[0], 250, 'EHLO')
        for name in ('pipelining', 'size', '8bitmime', 'smtputf8', 'chunking', 'dsn', 'enhancedstatuscodes', 'limits'):
            holds(s.client.has_extn(name), 'offers ' + name)
        holds(not s.client.has_extn('auth') and not s.client.has_extn('starttls'), 'and nothing else')
        text = b'Subject: dots\r\n\r\n.\r\n..two\r\nend\r\n'
        same(s.client.sendmail('a@b.example', ['joe@here.example', 'ann@here.example'], text), {}, 'a message')
        same(s.message(1), text, 'came as it was sent')
        refused = s.client.sendmail('a@b.example', ['joe@here.example', 'nobody@here.example', 'x@far.example'], text)
        same(refused, {
            'nobody@here.example': (550, b'5.1.1 Unknown user <nobody@here.example> (C34 7Q2F)'),
            'x@far.example': (550, b'5.7.1 Delivery is not allowed to this address: relaying denied, far.example is '
                                   b'not handled here (C22 7Q2F)')}, 'two of three are refused, each with its reason')
        same(s.message(2), text, 'the third gets it')
        e = refusal(s.client.sendmail, 'a@b.example', ['nobody@here.example'], text)
        holds(isinstance(e, smtplib.SMTPRecipientsRefused), 'none is left')
        e = refusal(s.client.sendmail, 'a@b.example', ['joe@here.example'], b'x' * (1 << 21))
        same(getattr(e, 'smtp_code', None), 552, 'too large, said at MAIL: smtplib declares SIZE')
        e = refusal(s.client.sendmail, 'j\u00f6rg@b.example', ['joe@here.example'], text, mail_options=['SMTPUTF8'])
        same(e, None, 'a sender beyond ASCII')
        same(s.client.docmd('VRFY', 'joe')[0], 252, 'VRFY')
        same(s.client.docmd('FROB')[0], 500, 'unknown')
        same(s.client.quit()[0], 221, 'QUIT')


def big():
    with Session('mx') as s:
        lines = [b'line %d .\r\n' % i if i % 7 else b'.\r\n' for i in range(50000)]
        text = b'Subject: big\r\n\r\n' + b''.join(lines)
        same(s.client.sendmail('a@b.example', ['joe@here.example'], text), {}, 'a large message')
        holds(s.message(1) == text, 'came as it was sent')


def submission():
    for name in ('PLAIN', 'LOGIN'):
        with Session('submission') as s:
            s.client.ehlo()
            e = refusal(s.client.sendmail, 'a@b.example', ['joe@here.example'], b'Subject: x\r\n\r\nx\r\n')
            same(getattr(e, 'smtp_code', None), 530, name + ': not before a login')
            s.client.user, s.client.password = 'joe', 'wrong'
            e = refusal(s.client.auth, name, getattr(s.client, 'auth_' + name.lower()))
            same((e.smtp_code, e.smtp_error), (535, b'5.7.8 Authentication failed: wrong user name or password '
                                                       b'(C17 7Q2F)'), name + ': a wrong password')
            s.client.password = 'secret'
            same(s.client.auth(name, getattr(s.client, 'auth_' + name.lower()))[0], 235, name + ': the right one')
            same(s.client.sendmail('a@b.example', ['joe@here.example'], b'Subject: x\n\nx\n'), {}, name + ': a message')


def lmtp():
    with Session('lmtp') as s:
        same(s.client.ehlo()[0], 250, 'LHLO')
        for command, want in (('MAIL FROM:<>', [250]), ('RCPT TO:<joe@here.example>', [250]),
                              ('RCPT TO:<jim@here.example>', [250]), ('DATA', [354]), ('.', [250, 452])):
            s.client.putcmd(command)
            same([s.client.getreply()[0] for _ in want], want, 'LMTP: ' + command)


mx()
big()
submission()
lmtp()
sys.exit(done())
