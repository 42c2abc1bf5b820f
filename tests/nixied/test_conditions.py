#!/usr/bin/env python3
"""Every refusal that needs no check, each by its real cause, over TCP, in both styles; and what is known of it afterwards.

usage: test_conditions.py NIXIED NIXIE        TAP

raised.tsv says which test raises which condition; test_raised.py holds it against the catalogue.
"""

import base64
import contextlib
import pathlib
import sqlite3
import sys
import threading

from held import STYLES, catalogue, held
from server import DOMAIN, MX, PASSWORD, SECONDS, SUBMISSIONS, USER, Client, Nixied, until

import tap

NIXIED, NIXIE = sys.argv[1:3]

# Each with what differs from an ordinary one.
LISTENERS = {
    'mx': '',
    'short': 'max_unterminated = 4096\n',
    'patient': 'command_timeout = 10s\ndata_timeout = 10s\n',
    'login': 'require_auth = yes\nauth_without_tls = yes\ntls = off\n',
    'users': 'kind = submission\ntls = immediate\n',
    'starttls': 'kind = submission\n',
    'clear': 'require_auth = yes\n',
    'nonull': 'allow_null_sender = no\n',
    'brief': 'max_session = 60s\n',
    'strict': 'max_errors = 2\nmax_messages_per_session = 1\nmax_recipients = 100\n',
    'small': 'max_message_size = 65536\nmax_text_line = 1000\nmax_hops = 10\n',
    'lenient': 'strict_pipelining = no\nbinarymime = yes\n',
    'formal': 'strict_header = yes\n',
    'none': 'kind = none\n',
    'plain': 'tls = off\n',
    'proxied': 'proxies = 127.0.0.1\n',
}
TLS = {'users', 'submissions'}
OFF = 'spf = off\nsender_mx_check = off\n'
SERVER = f'{OFF}autoban = 0\n'


def login(user, password):
    return 'AUTH PLAIN ' + base64.b64encode(f'\0{user}\0{password}'.encode()).decode()


EXPIRED, WEAK = login(f'expired@{DOMAIN}', 'it was long'), login(f'strong@{DOMAIN}', 'and still is')
LOGIN, WRONG = login(USER, PASSWORD), login(USER, 'wrong')
EHLO, MAIL, RCPT = 'EHLO c.example', 'MAIL FROM:<a@b.example>', f'RCPT TO:<{USER}>'
BANNED = b'PROXY TCP4 198.51.100.7 192.0.2.1 4711 25\r\n'
PROXY = b'PROXY TCP4 192.0.2.9 192.0.2.1 4711 25\r\n'


def to(address):
    return [EHLO, MAIL, f'RCPT TO:<{address}>']


def message(text):
    return [EHLO, MAIL, RCPT, 'DATA', text + b'\r\n.\r\n']


def withdraw(n, _):
    admin(n, 'account', 'disable', USER)


def grant(n):
    admin(n, 'account', 'enable', USER)


def directory_of(n, words):
    with sqlite3.connect(f'{n.folder}/directory.db', timeout=30) as db:
        db.execute(words)
    db.close()


def lose_accounts(n, _):
    directory_of(n, 'ALTER TABLE account RENAME TO lost')


def find_accounts(n):
    directory_of(n, 'ALTER TABLE lost RENAME TO account')


def hundred(_, c):
    c.send(''.join(f'RCPT TO:<tag+{i}@{DOMAIN}>\r\n' for i in range(100)))
    for _ in range(100):
        c.reply()


def one_more(_, c):
    return c.reply()


def drip(_, c):
    """Text that comes too slowly, until the server has enough of it."""
    c.socket.settimeout(1)
    while True:
        try:
            return c.reply()
        except TimeoutError:
            c.send('x\r\n')


# Condition, listener, step that the log names, and what the client says; the last reply is the one. Bytes go as they are;
# a function is called with the server and the client.
CASES = [
    ('C01', 'patient', 'command', [EHLO, b'']),
    ('C01', 'patient', 'text', [EHLO, MAIL, RCPT, 'DATA', b'']),
    ('C02', 'short', 'command', [b'x' * 5000]),
    ('C04', 'mx', 'command', ['NOOP ' + 'x' * 600]),
    ('C05', 'mx', 'helo', ['EHLO a_b c']),
    ('C06', 'mx', 'helo', ['HELO a_b c']),
    ('C07', 'mx', 'command', [EHLO, 'TURN']),
    ('C08', 'mx', 'command', [EHLO, 'FOO']),
    ('C09', 'mx', 'mail', [MAIL]),
    ('C10', 'mx', 'command', [EHLO, 'VRFY someone']),
    ('C11', 'mx', 'mail', [EHLO, MAIL, MAIL]),
    ('C12', 'mx', 'data', [EHLO, 'DATA']),
    ('C13', 'mx', 'rcpt', [EHLO, RCPT]),
    ('C14', 'users', 'auth', [EHLO, 'AUTH FOO']),
    ('C15', 'users', 'auth', [EHLO, 'AUTH']),
    ('C16', 'login', 'mail', [EHLO, MAIL]),
    ('C17', 'users', 'auth', [EHLO, WRONG]),
    ('C18', 'mx', 'rcpt', [EHLO, MAIL, 'RCPT TO:<>']),
    ('C19', 'mx', 'rcpt', to(f'off@{DOMAIN}')),
    ('C20', 'mx', 'rcpt', to(f'offalias@{DOMAIN}')),
    ('C22', 'mx', 'rcpt', to('x@elsewhere.example')),
    ('C23', 'mx', 'rcpt', to(f'offlist@{DOMAIN}')),
    ('C24', 'mx', 'rcpt', to('x@off.test')),
    ('C25', 'mx', 'mail', [EHLO, 'MAIL a@b.example']),
    ('C26', 'users', 'mail', [EHLO, LOGIN, withdraw, f'MAIL FROM:<{USER}>'], grant),
    ('C27', 'mx', 'rcpt', to(f'chain0@{DOMAIN}')),
    ('C28', 'mx', 'rcpt', to(f'closed@{DOMAIN}')),
    ('C29', 'mx', 'rcpt', to('x@routed.test')),
    ('C30', 'nonull', 'mail', [EHLO, 'MAIL FROM:<>']),
    ('C32', 'mx', 'mail', [EHLO, 'MAIL FROM:<a@@b.example>']),
    ('C34', 'mx', 'rcpt', to(f'nobody@{DOMAIN}')),
    ('C36', 'mx', 'mail', [EHLO, 'MAIL FROM:<a@b.example> SIZE=999999999']),
    ('C36', 'small', 'end', message(b'Subject: x\r\n\r\n' + b'a line\r\n' * 9000)),
    ('C39', 'mx', 'end', message(b'Subject: x\r\n\r\nbare\nline')),
    ('X01', 'strict', 'command', [EHLO, 'FOO', b'FOO\r\n', one_more]),
    ('X02', 'mx', 'mail', [EHLO, MAIL, RCPT, b'BDAT 3\r\none', MAIL]),
    ('X03', 'mx', 'command', [EHLO, 'EXPN list']),
    ('X04', 'mx', 'tls', [EHLO, 'STARTTLS now']),
    ('X05', 'mx', 'command', ['GET / HTTP/1.1']),
    ('X06', 'proxied', 'connect', [PROXY + b'EHLO c.example\r\n']),
    ('X07', 'mx', 'helo', [b'EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n']),
    ('X08', 'mx', 'text', [EHLO, MAIL, RCPT, 'DATA', drip]),
    ('X09', 'brief', 'command', [EHLO, b'']),
    ('X12', 'mx', 'rcpt', [EHLO, MAIL, lose_accounts, f'RCPT TO:<lost@{DOMAIN}>'], find_accounts),
    ('X13', 'proxied', 'connect', [BANNED]),
    ('X14', 'none', 'connect', []),
    ('X19', 'strict', 'mail', [*message(b'Subject: x\r\n\r\nx'), MAIL]),
    ('X21', 'starttls', 'mail', [EHLO, MAIL]),
    ('X22', 'plain', 'tls', [EHLO, 'STARTTLS']),
    ('X24', 'users', 'tls', [EHLO, 'STARTTLS']),
    ('X25', 'lenient', 'tls', [EHLO, b'STARTTLS\r\nMAIL FROM:<a@b.example>\r\n', one_more]),
    ('X27', 'mx', 'auth', [EHLO, LOGIN]),
    ('X28', 'users', 'auth', [EHLO, LOGIN, LOGIN]),
    ('X29', 'users', 'auth', [EHLO, LOGIN, f'MAIL FROM:<{USER}>', LOGIN]),
    ('X30', 'clear', 'auth', [EHLO, LOGIN]),
    ('X31', 'users', 'auth', [EHLO, WEAK]),
    ('X32', 'users', 'auth', [EHLO, 'AUTH PLAIN', '*']),
    ('X33', 'users', 'auth', [EHLO, 'AUTH PLAIN', '!!']),
    ('X34', 'users', 'auth', [EHLO, 'AUTH PLAIN', 'x' * 13000]),
    ('X35', 'users', 'auth', [EHLO, lose_accounts, LOGIN], find_accounts),
    ('X37', 'users', 'auth', [EHLO, EXPIRED]),
    ('X38', 'users', 'auth', [EHLO, withdraw, LOGIN], grant),
    ('X39', 'mx', 'mail', [EHLO, MAIL + ' COLOUR=red']),
    ('X40', 'mx', 'mail', [EHLO, MAIL + ' SIZE=some']),
    ('X41', 'users', 'mail', [EHLO, LOGIN, f'MAIL FROM:<other@{DOMAIN}>']),
    ('X42', 'mx', 'mail', [EHLO, f'MAIL FROM:<{USER}>']),
    ('X48', 'mx', 'mail', [EHLO, 'MAIL FROM:<ä@b.example>']),
    ('X49', 'mx', 'rcpt', [EHLO, MAIL, 'RCPT a@b.example']),
    ('X50', 'strict', 'rcpt', [EHLO, MAIL, hundred, RCPT]),
    ('X52', 'mx', 'rcpt', to(f'full@{DOMAIN}')),
    ('X54', 'mx', 'rcpt', [EHLO, MAIL + ' SIZE=100000', f'RCPT TO:<full@{DOMAIN}>']),
    ('X55', 'mx', 'rcpt', to(f'barred@{DOMAIN}')),
    ('X56', 'mx', 'rcpt', to('x@barred.test')),
    ('X57', 'mx', 'rcpt', to(f'moved@{DOMAIN}')),
    ('X61', 'mx', 'data', [*to(f'nobody@{DOMAIN}'), 'DATA']),
    ('X62', 'mx', 'data', [EHLO, b'BDAT 3\r\none']),
    ('X63', 'mx', 'data', [EHLO, MAIL, RCPT, 'BDAT many']),
    ('X64', 'small', 'text', [EHLO, MAIL, RCPT, 'DATA', b'a line\r\n' * 20000]),
    ('X65', 'small', 'end', message(b'Subject: x\r\n\r\n' + b'x' * 1100)),
    ('X66', 'small', 'end', message(b'Received: from a by b; Sun, 22 Nov 2026 09:14:03 +0000\r\n' * 11 + b'\r\nx')),
    ('X67', 'formal', 'end', message(b'From: a@b.example\r\nFrom: c@d.example\r\nDate: x\r\n\r\nx')),
    ('X26', 'users', 'rcpt', [EHLO, LOGIN, f'MAIL FROM:<{USER}> REQUIRETLS', 'RCPT TO:<a@clear.example>']),
    ('X68', 'formal', 'end', message(b'From: a@b.example\r\nDate: x\r\nSubject: gr\xc3\xbc\xc3\x9fe\r\n\r\nx')),
    ('X69', 'lenient', 'end', [EHLO, MAIL + ' BODY=BINARYMIME', RCPT, b'BDAT 17 LAST\r\nSubject: x\r\n\r\na\nb']),
    ('X70', 'lenient', 'data', [EHLO, MAIL + ' BODY=BINARYMIME', RCPT, 'DATA']),
    ('X81', 'mx', 'command', [EHLO, b'NOOP\nNOOP\r\n']),
    ('X82', 'mx', 'end', message(b'Subject: x\r\n\r\na\0b')),
]


def admin(n, *words):
    done = n.run('admin', *words)
    if done.returncode != 0:
        raise RuntimeError(f'{words}: {done.stderr}')


def fill(n):
    admin(n, '--no-password', 'account', 'add', f'off@{DOMAIN}')
    admin(n, 'account', 'disable', f'off@{DOMAIN}')
    admin(n, 'alias', 'add', f'offalias@{DOMAIN}', USER)
    admin(n, 'alias', 'disable', f'offalias@{DOMAIN}')
    for name in ('offlist', 'closed'):
        admin(n, 'list', 'add', f'{name}@{DOMAIN}', '--mode', 'members')
        admin(n, 'member', 'add', f'{name}@{DOMAIN}', USER)
    admin(n, 'list', 'disable', f'offlist@{DOMAIN}')
    admin(n, 'domain', 'add', 'off.test')
    admin(n, 'domain', 'disable', 'off.test')
    admin(n, 'route', 'add', 'routed.test', '--host', '127.0.0.1', '--all-addresses', 'no')
    admin(n, 'route', 'add', 'clear.example', '--host', '127.0.0.1', '--tls', 'off')
    for i in range(30):
        admin(n, 'alias', 'add', f'chain{i}@{DOMAIN}', f'chain{i + 1}@{DOMAIN}')
    for i in range(100):
        admin(n, 'alias', 'add', f'tag+{i}@{DOMAIN}', USER)
    for name, more in (('lost', []), ('full', ['--quota', '10000'])):
        admin(n, '--no-password', 'account', 'add', f'{name}@{DOMAIN}', *more)
    admin(n, 'domain', 'add', 'barred.test', '--suspended', 'yes')
    admin(n, '--no-password', 'account', 'add', f'barred@{DOMAIN}', '--suspended', 'yes')
    admin(n, '--no-password', 'account', 'add', f'moved@{DOMAIN}', '--moved', 'moved@new.example')
    for name, password, more in (('expired', 'it was long', ['--password-expires', '2001-01-31']),
                                 ('strong', 'and still is', ['--scram-only', 'yes'])):
        secret = pathlib.Path(n.folder, 'secret')
        secret.write_text(f'{password}\n', 'utf-8')
        admin(n, '--password-file', str(secret), 'account', 'add', f'{name}@{DOMAIN}', *more)
    admin(n, 'range', 'add', '198.51.100.0/24', '--banned', 'yes', '--reason', 'nothing but spam')
    # One message makes the mailbox.
    with Client(n.ports['mx']) as c:
        c.reply()
        for words in (EHLO, MAIL, f'RCPT TO:<full@{DOMAIN}>', 'DATA'):
            c.say(words)
        c.say('Subject: x\r\n\r\n.')
    full = pathlib.Path(n.folder, 'mail', DOMAIN, 'full')
    if not n.until_log(f' delivered .*to=full@{DOMAIN}'):
        raise RuntimeError('nothing came to full@')
    # What its owner put there with another program leaves no room.
    (full / 'cur' / 'other:2,S').write_bytes(b'x' * 10000)
    (full / 'maildirsize').unlink(missing_ok=True)


def last_reply(n, listener, said, early=b''):
    """The reply to the last of it; b'' waits for one that comes by itself. early: before the greeting."""
    with Client(n.ports[listener], tls=listener in TLS) as c:
        c.socket.settimeout(2 * SECONDS)  # two of them take a minute
        c.send(early)
        reply = c.reply() if listener != 'proxied' else ''  # its client speaks first
        for words in said:
            if callable(words):
                reply = words(n, c)
            elif isinstance(words, bytes):
                c.send(words)
                reply = c.reply()
            else:
                reply = c.say(words)
        return reply


def is_slow(case):
    return case[0] in ('C01', 'X08', 'X09')


class Said(threading.Thread):
    """A case of which the server is asked while others go on."""

    def __init__(self, n, case):
        super().__init__()
        self.n, self.case, self.reply = n, case, ''
        self.start()

    def run(self):
        self.reply = last_reply(self.n, self.case[1], self.case[3])


def both_styles(rows):
    text = ''.join(f'listener {name} {{\n\taddress = 127.0.0.1:0\n{more}}}\n' for name, more in LISTENERS.items())
    with contextlib.ExitStack() as stack:
        servers = {style: stack.enter_context(Nixied(NIXIED, f'reply_style = {style}\n{SERVER}', text)) for style in STYLES}
        for n in servers.values():
            fill(n)
        slow = {style: [Said(n, case) for case in CASES if is_slow(case)] for style, n in servers.items()}
        for style, n in servers.items():
            replies = {}
            for case in CASES:
                if is_slow(case):
                    continue
                reply = replies[case[0]] = last_reply(n, case[1], case[3])
                if len(case) > 4:
                    case[4](n)
                held(NIXIE, n, style, rows[case[0]], case[2], reply)
            for said in slow[style]:
                said.join()
                held(NIXIE, n, style, rows[said.case[0]], said.case[2], said.reply)
            n.configure(f'reply_style = {style}\nreply_marks = no\n{SERVER}', text)
            n.reload()
            for case in CASES:
                if case[0] in ('C08', 'C12', 'C23'):
                    reply = last_reply(n, case[1], case[3])
                    want = replies[case[0]].rpartition(' (')[0]
                    tap.check([] if reply == want else [reply, want], f'{style}: {case[0]}, without marks')


def of_its_own(rows):
    """Those that change the server for everybody."""
    for style in STYLES:
        with Nixied(NIXIED, settings=f'reply_style = {style}\nmax_connections_per_client = 2\nautoban = 2\n{OFF}',
                    listeners=MX + SUBMISSIONS) as n:
            with Client(n.ports['mx']) as a, Client(n.ports['mx']) as b, Client(n.ports['mx']) as c:
                a.reply(), b.reply()
                held(NIXIE, n, style, rows['X16'], 'connect', c.reply())
            until(lambda: n.log().count(' disconnect ') >= 3)
            held(NIXIE, n, style, rows['X36'], 'auth', last_reply(n, 'submissions', [EHLO, WRONG, WRONG]))
            held(NIXIE, n, style, rows['X36'], 'connect', last_reply(n, 'submissions', []))
            until(lambda: n.log().count(' disconnect ') >= 5)
            with Client(n.ports['mx']) as c:
                c.reply()
                c.say(EHLO)
                n.stop()
                held(NIXIE, n, style, rows['X10'], 'command', c.reply())
        with Nixied(NIXIED, settings=f'reply_style = {style}\nmax_connections = 1\n{SERVER}',
                    listeners=MX) as n:
            with Client(n.ports['mx']) as a, Client(n.ports['mx']) as b:
                a.reply()
                held(NIXIE, n, style, rows['X15'], 'connect', b.reply())
        with Nixied(NIXIED, f'reply_style = {style}\n{SERVER}', MX.replace('{', '{\n\tgreeting_delay = 60s') +
                    MX.replace('mx {', 'soon {\n\tgreeting_delay = 1s')) as n:
            held(NIXIE, n, style, rows['X06'], 'connect', last_reply(n, 'mx', [], b'EHLO c.example\r\n'))
            got = last_reply(n, 'soon', [EHLO])
            tap.check([] if got.startswith('250') else [got], f'{style}: who waits for the greeting gets it')
            with Client(n.ports['mx']) as c:
                n.until_log(' connect .*listener=mx')
                n.stop()
                held(NIXIE, n, style, rows['X10'], 'connect', c.reply())
        n = Nixied(NIXIED, f'reply_style = {style}\n{SERVER}', MX)
        conf = pathlib.Path(n.conf)
        conf.write_text(conf.read_text('utf-8').replace('min_free_space = 1M', 'min_free_space = 1048576G'), 'utf-8')
        with n:
            held(NIXIE, n, style, rows['X11'], 'mail', last_reply(n, 'mx', [EHLO, MAIL]))


def without_certificate(rows):
    """The server starts, takes mail in clear, and finds the certificate when it is there."""
    for style in STYLES:
        n = Nixied(NIXIED, f'reply_style = {style}\n{SERVER}', MX)
        there, gone = pathlib.Path(n.folder, 'certificate.pem'), pathlib.Path(n.folder, 'gone.pem')
        there.rename(gone)
        with n:
            held(NIXIE, n, style, rows['X23'], 'tls', last_reply(n, 'mx', [EHLO, 'STARTTLS']))
            told = n.until_log(r' alarm .*listener=mx .*certificate\.pem')
            tap.check([] if told else [n.log()], '... and the log has the alarm')
            reply = last_reply(n, 'mx', message(b'Subject: x\r\n\r\nx'))
            tap.check([] if reply.startswith('250 ') else [reply], '... mail is taken without')
            gone.rename(there)
            n.reload()
            reply = last_reply(n, 'mx', [EHLO, 'STARTTLS'])
            tap.check([] if reply.startswith('220 ') else [reply], '... until it is there again')
            there.rename(gone)
            n.reload()
            reply = last_reply(n, 'mx', [EHLO, 'STARTTLS'])
            tap.check([] if reply.startswith('220 ') else [reply], 'one that goes while the server runs is used on')


def main():
    rows = catalogue()
    both_styles(rows)
    of_its_own(rows)
    without_certificate(rows)


main()
sys.exit(tap.done())
