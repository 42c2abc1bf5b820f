#!/usr/bin/env python3
"""Milters: what they are told, what they may change, and several of them in a row.

usage: test_milter.py NIXIED NIXIE        TAP
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'dns'))

from dns_server import SERVFAIL, SILENT, Server
from fakes import Milter, Rspamd, Silent, packet
from mails import DOMAIN, LISTENER, PASSWORD, SENDER, SETTINGS, TEXT, USER, Client, Nixied, agree, bring, send, stored, until

import tap

NIXIED, NIXIE = sys.argv[1:3]
OTHER = f'postmaster@{DOMAIN}'
GO_ON = packet(b'c')


def u32(n):
    return struct.pack('>I', n)


# 7 has a name that leads back, 8 one that does not, 9 none; of 10 nobody can tell, and of 11 and 12 not in time
ZONE = Server({
    ('7.2.0.192.in-addr.arpa', 'PTR'): ['mx.good.test'],
    ('mx.good.test', 'A'): ['192.0.2.7'],
    ('8.2.0.192.in-addr.arpa', 'PTR'): ['mx.good.test'],
    ('10.2.0.192.in-addr.arpa', '*'): SERVFAIL,
    ('11.2.0.192.in-addr.arpa', '*'): SILENT,
    ('12.2.0.192.in-addr.arpa', '*'): SILENT,
    ('late.test', 'A'): ['192.0.2.12'],
})


def nixied(*milters, more='', listeners=LISTENER):
    return Nixied(NIXIED, f'{SETTINGS}dns_servers = {ZONE.address}\nmilters = {" ".join(m.place for m in milters)}\n{more}', listeners)


def taken(replies):
    return [] if replies[-1].startswith('250 ') else [repr(replies)]


def hears(fake, is_it):
    """What it was told, until that is so: the last words come when the reply is out already."""
    return [] if until(lambda: is_it(fake.told())) else [fake.told()]


def at_end(*packets):
    return {'E': b''.join(packets) + GO_ON}


def told():
    with Milter() as fake, nixied(fake) as n:
        tap.check(taken(send(n)), 'a milter that says nothing lets mail pass')
        tap.check(hears(fake, lambda t: t == 'OCHMRTLLLLLLNBEQ'), '... each step comes once, in its order')
        tap.check([] if fake.of('C')[0].startswith(b'localhost\x004') and fake.of('C')[0].endswith(b'127.0.0.1\0') else [repr(fake.of('C'))],
                  '... with the client')
        tap.check([] if fake.of('M') == [b'<%s>\0' % SENDER.encode()] and fake.of('R') == [b'<%s>\0' % USER.encode()] else [repr(fake.said)],
                  '... the sender, the recipient')
        tap.check([] if b'Subject\0hello\0' in fake.of('L') or b'Subject\0 hello\0' in fake.of('L') else [repr(fake.of('L'))], '... fields')
        tap.check([] if fake.of('B') == [b'line one\r\nline two\r\n'] else [repr(fake.of('B'))], '... and the body')
        macros = [fake.macros_of('C').get('j'), fake.macros_of('M').get('{mail_addr}'), fake.macros_of('R').get('{rcpt_addr}'),
                  len(fake.macros_of('E').get('i', ''))]
        tap.check([] if macros == [f'mail.{DOMAIN}', SENDER, USER, 13] else [repr(macros)], '... macros as Postfix sends them')
        send(n)
        tap.check(hears(fake, lambda t: t[16:] == 'OCHMRTLLLLLLNBEQ') + ([] if fake.connections == 2 else ['the same connection']), 'the next session has a connection of its own')
        fake.answers = {'R': packet(b'r')}
        send(n)
        tap.check(hears(fake, lambda t: t.endswith('CHMRAQ')), 'a message that does not come to its end is aborted')


def steps():
    with Milter(steps=0x1 | 0x2 | 0x10 | 0x40) as fake, nixied(fake) as n:
        tap.check(taken(send(n)) + hears(fake, lambda t: t == 'OMRTLLLLLLEQ'), 'steps that it does without are left out')
    with Milter(steps=0xff080 | 0x100000) as fake, nixied(fake) as n:
        tap.check(taken(send(n)) + hears(fake, lambda t: t == 'OCHMRTLLLLLLNBEQ'), 'answers that it does not give are not waited for')
        tap.check([] if b'Subject\0 hello\0' in fake.of('L') else [repr(fake.of('L'))], '... and with leading space a value has its own')
    with Milter(version=2) as fake, nixied(fake) as n:
        tap.check(taken(send(n)) + hears(fake, lambda t: t == 'OCHMRLLLLLLNBEQ'), 'version 2 knows no DATA')
    with Milter({'B': packet(b's')}) as fake, nixied(fake) as n:
        big = TEXT + ('y' * 70 + '\r\n') * 20000
        tap.check(taken(send(n, big)) + ([] if fake.told().count('B') == 1 else [fake.told()]), 'skip ends the body')
        fake.answers = {}
        fake.forget()
        send(n, big)
        tap.check([] if b''.join(fake.of('B')) == big.split('\r\n\r\n', 1)[1].encode() and max(map(len, fake.of('B'))) <= 65535
                  else [f'{len(b"".join(fake.of("B")))} bytes'], 'a large body comes whole, in pieces')
        fake.answers = {'M': packet(b'a')}
        fake.forget()
        tap.check(taken(send(n)) + hears(fake, lambda t: t == 'OCHMQ'), 'accept: nothing more is told of this message')
    names = u32(3) + b'{rcpt_addr} {client_addr}\0' + u32(5) + b'i {auth_type}\0'
    with Milter(macros=names) as fake, nixied(fake) as n:
        send(n)
        tap.check([] if fake.macros_of('R') == {'{rcpt_addr}': USER, '{client_addr}': '127.0.0.1'} else [repr(fake.macros_of('R'))], 'macros that it asks for')
    with Milter({'E': packet(b'p') * 3 + GO_ON}) as fake, nixied(fake) as n:
        tap.check(taken(send(n)), 'progress is no answer')


def login():
    listeners = LISTENER + 'listener users {\n\taddress = 127.0.0.1:0\n\tkind = submission\n\ttls = immediate\n}\n'
    with Milter() as fake, nixied(fake, listeners=listeners) as n, Client(n.ports['users'], tls=True) as c:
        c.reply()
        c.say('EHLO laptop.test')
        c.say('AUTH PLAIN ' + __import__('base64').b64encode(f'\0{USER}\0{PASSWORD}'.encode()).decode())
        tap.check([] if c.say(f'MAIL FROM:<{USER}>').startswith('250') else ['refused'], 'of a user who signed in')
        macros = fake.macros_of('M')
        tap.check([] if macros.get('{auth_type}') == 'PLAIN' and macros.get('{auth_authen}') == USER else [repr(macros)], '... the milter knows the login')
        tls = fake.macros_of('H')
        tap.check([] if tls.get('{tls_version}', '').startswith('TLSv1') and tls.get('{cipher}') else [repr(tls)], '... and the encryption')


def header():
    with Milter(at_end(packet(b'h', b'X-Added\0one\0'), packet(b'i', u32(1) + b'X-First\0two\n\tfolded\0'),
                       packet(b'm', u32(1) + b'Subject\0changed\0'), packet(b'm', u32(1) + b'X-Old\0\0'),
                       packet(b'm', u32(2) + b'X-New\0there was none\0'))) as fake, nixied(fake) as n:
        tap.check(taken(send(n)), 'a milter changes the header')
        mail = stored(n)
        head, body = mail.split('\r\n\r\n', 1)
        want = ['X-Added: one', 'X-First: two\r\n\tfolded', 'Subject: changed', 'X-New: there was none']
        tap.check([f'no {w!r} in {head}' for w in want if w + '\r\n' not in head + '\r\n'] + ['X-Old'] * ('X-Old' in head) + ['hello'] * ('hello' in head),
                  '... adds, inserts, changes and deletes')
        tap.check([] if body == 'line one\r\nline two\r\n' and head.index('Received:') < head.index('X-First') else [mail], '... and the rest stays')
        fake.answers = at_end(packet(b'h', b'X-Evil\0a\r\nBcc: x@y\r\n\r\nbody\0'))
        tap.check(taken(send(n)), 'a value with line ends')
        head = stored(n, 2).split('\r\n\r\n', 1)[0]
        tap.check([] if '\r\n\tBcc: x@y\r\n\tbody\r\n' in head + '\r\n' else [head], '... stays one field')
    with Milter(at_end(packet(b'h', b'X-One\0first\0'))) as one, Milter(at_end(packet(b'm', u32(1) + b'X-One\0changed\0'))) as two, \
            nixied(one, two) as n:
        tap.check(taken(send(n)), 'two milters')
        tap.check([] if any(b'X-One\0' in field for field in two.of('L')) else [repr(two.of('L'))], '... the second sees what the first added')
        mail = stored(n)
        tap.check([] if 'X-One: changed\r\n' in mail and mail.count('X-One') == 1 else [mail], '... and may change it')
        two.answers = {'R': packet(b'r')}
        one.forget()
        send(n)
        tap.check(hears(one, lambda t: t.endswith('RAQ')), '... when it refuses, the first is told that nothing comes')


def body():
    new = b'another body\r\n' + b'z' * 70000 + b'\r\n'
    with Milter(at_end(packet(b'b', new[:60000]), packet(b'b', new[60000:]))) as one, Milter() as two, nixied(one, two) as n:
        tap.check(taken(send(n)), 'a milter replaces the body')
        mail = stored(n).encode()
        tap.check([] if mail.endswith(b'\r\n\r\n' + new) and b'Subject: hello' in mail else [repr(mail[-200:])], '... all of it, and the header stays')
        tap.check([] if b''.join(two.of('B')) == new else ['another one'], '... and the next milter is told the new one')
        big = TEXT + ('y' * 70 + '\r\n') * 20000
        one.answers = at_end(packet(b'b', b'short\r\n'))
        tap.check(taken(send(n, big)), 'a body of megabytes becomes a short one')
        mail = stored(n, 2).encode()
        tap.check([] if mail.endswith(b'\r\n\r\nshort\r\n') and len(mail) < 2000 else [f'{len(mail)} bytes'], '... and nothing of it is left')
        one.answers = at_end(packet(b'm', u32(1) + b'Subject\0changed\0'))
        tap.check(taken(send(n, big)), 'a header changes in front of a body of megabytes')
        mail = stored(n, 3).encode()
        tap.check([] if mail.endswith(big.split('\r\n\r\n', 1)[1].encode()) and b'Subject: changed' in mail else [f'{len(mail)} bytes'], '... which stays')
        audit = n.run('audit')
        tap.check([] if audit.returncode == 0 else [audit.stdout + audit.stderr], 'the counts are right')


def envelope():
    with Milter() as fake, nixied(fake) as n:
        for command in (('account', 'add', f'second@{DOMAIN}'), ('account', 'add', f'third@{DOMAIN}')):
            n.run('admin', '--no-password', *command)
        fake.answers = at_end(packet(b'+', b'<second@%s>\0' % DOMAIN.encode()), packet(b'e', b'<new@sender.test>\0'))
        tap.check(taken(send(n)), 'a milter adds a recipient and changes the sender')
        mails = [n.until_mails(1), n.until_mails(1, 'second')]
        tap.check([] if all(len(m) == 1 and b'Return-Path: <new@sender.test>' in m[0] for m in mails) else [repr(mails)], '... both get it, from the new sender')
        fake.answers = at_end(packet(b'-', b'<%s>\0' % USER.encode()), packet(b'2', b'<third@%s>\0\0' % DOMAIN.encode()))
        tap.check(taken(send(n, recipients=[USER, f'second@{DOMAIN}'])), 'a milter takes a recipient out')
        n.until_mails(2, 'second')
        n.until_mails(1, 'third')
        tap.check([] if len(n.mails()) == 1 and len(n.mails('second')) == 2 and len(n.mails('third')) == 1 else ['others got it'], '... who gets nothing, and the others do')
        tap.check([] if n.until_log(rf' discarded .*to={USER} ') else [n.log()], '... and the log has who was discarded')
        fake.answers = at_end(packet(b'-', b'<%s>\0' % USER.encode()))
        tap.check(taken(send(n)), 'a milter takes all recipients out')
        fake.answers = {'E': packet(b'd')}
        tap.check(taken(send(n)), 'discard is accepted')
        fake.answers = at_end(packet(b'q', b'looks odd\0'))
        tap.check(taken(send(n)), 'quarantine is accepted')
        shown = n.run('queue', 'list').stdout
        tap.check([] if 'looks odd' in shown or 'held' in shown else [shown], '... and held, with the reason')
        tap.check([] if n.until_log(r' discarded .*rule=discard') else [n.log()], '... and a discard is named')
        tap.check([] if len(n.mails()) == 1 else [f'{len(n.mails())} mails'], '... none of the three was delivered')
        audit = n.run('audit')
        tap.check([] if audit.returncode == 0 else [audit.stdout + audit.stderr], 'the counts are right')


def behind_redirect():
    """What a script said of a recipient holds when a milter changes the others."""
    with Milter() as fake, nixied(fake) as n:
        path = f'{n.folder}/hooks.lua'
        with open(path, 'w', encoding='utf-8') as f:
            f.write(f'function on_rcpt(s) if s.recipient == "{USER}" then redirect("second@{DOMAIN}") end end\n')
        for name in ('second', 'third'):
            n.run('admin', '--no-password', 'account', 'add', f'{name}@{DOMAIN}')
        n.stop()
        n.configure(f'{SETTINGS}milters = {fake.place}\nhooks = {path}\n', LISTENER)
        n.start()
        fake.answers = at_end(packet(b'+', b'<third@%s>\0' % DOMAIN.encode()))
        tap.check(taken(send(n)), 'a script redirects a recipient, and a milter adds another')
        tap.check([] if n.until_mails(1, 'third') and n.until_mails(1, 'second') and not n.mails() else [n.log()], '... and the redirection holds')


def behind_rspamd():
    with Rspamd({'action': 'add header', 'score': 7.0, 'required_score': 15.0}) as first, Milter() as fake, \
            nixied(fake, more=f'rspamd = {first.place}\n') as n:
        send(n)
        tap.check([] if b'X-Spam\0Yes\0' in fake.of('L') or b'X-Spam\0 Yes\0' in fake.of('L') else [repr(fake.of('L'))], 'a milter sees what rspamd added')
        first.answer = {'action': 'reject', 'score': 70.0, 'required_score': 15.0}
        fake.forget()
        send(n)
        tap.check(hears(fake, lambda t: t.endswith('TAQ')), 'what rspamd refuses is not shown to milters')


def is_told(fake, want, name):
    tap.check(hears(fake, lambda t: t == want), name)


def as_it_happens():
    """A milter hears of a session when the client says it, and may end it there."""
    with Milter() as fake, nixied(fake) as n:
        with Client(n.ports['mx']) as c:
            tap.check([] if c.reply().startswith('220 ') and fake.told() == 'OC' else [fake.told()], 'of a client before it is greeted')
            c.say('EHLO one.test')
            tap.check([] if fake.told() == 'OCH' and fake.of('H') == [b'one.test\0'] else [repr(fake.said)], '... of EHLO before the answer')
            c.say('EHLO two.test')
            tap.check([] if fake.told() == 'OCHH' and fake.of('H')[-1] == b'two.test\0' else [repr(fake.said)], '... as often as it is said')
            c.say('STARTTLS')
            c.secure()
            c.say('EHLO two.test')
            macros = [data for letter, data in fake.said if letter == 'D' and data[:1] == b'H']
            tap.check([] if fake.told() == 'OCHHH' and b'TLSv1' in macros[-1] else [repr(fake.said)], '... and with TLS, once more')
            c.say(f'MAIL FROM:<{SENDER}>')
            tap.check([] if fake.told() == 'OCHHHM' else [fake.told()], '... of MAIL, and nothing twice')
            c.say('RSET')
            is_told(fake, 'OCHHHMA', '... a message that does not come to its end is aborted')
            c.say(f'MAIL FROM:<{SENDER}>')
            is_told(fake, 'OCHHHMAM', '... and the next one begins with MAIL')
        is_told(fake, 'OCHHHMAMAQ', '... which the end of the session ends')
        fake.forget()
        with Client(n.ports['mx']) as c:
            c.reply()
            c.say('EHLO proxy.test')
            c.say('XCLIENT ADDR=192.0.2.9 HELO=far.test')
            c.say('EHLO far.test')
            is_told(fake, 'OCHQOCH', 'XCLIENT is another client')
            tap.check([] if fake.of('C')[-1].endswith(b'192.0.2.9\0') and fake.of('H')[-1] == b'far.test\0' else [repr(fake.of('C'))], '... of that address')
        is_told(fake, 'OCHQOCHQ', '... and goes')
        fake.answers = {'C': packet(b'a')}
        fake.forget()
        tap.check(taken(send(n)) + hears(fake, lambda t: t.startswith('OCQ') and 'M' not in t), 'who is accepted at connect is not looked at')


def opened(n):
    c = Client(n.ports['mx'])
    c.reply()
    c.say('EHLO client.sender.test')
    return c


def accepted(c, **how):
    return taken(bring(c, **how))


MAIL = 'MRTLLLLLLNBE'


def one_session():
    """A milter hears of all messages of a session over one connection."""
    with Milter(at_end(packet(b'h', b'X-Milter\0one\0'), packet(b'+', b'<%s>\0' % OTHER.encode()), packet(b'b', b'new\r\n'))) as fake, nixied(fake) as n:
        with opened(n) as c:
            tap.check(accepted(c) + hears(fake, lambda t: t == 'OCH' + MAIL), 'the first message of a session')
            fake.answers = {}
            tap.check(accepted(c, sender='other@sender.test') + hears(fake, lambda t: t == 'OCH' + MAIL + MAIL), '... and the next one, over the same connection')
            senders = [dict(zip(*[iter(data[1:].decode().split('\0')[:-1])] * 2)).get('{mail_addr}') for l, data in fake.said if l == 'D' and data[:1] == b'M']
            tap.check([] if senders == [SENDER, 'other@sender.test'] else senders, '... with macros of its own')
            mail = stored(n, 2)
            tap.check([] if 'X-Milter' not in mail and mail.endswith('line one\r\nline two\r\n') and len(n.until_mails(2)) == 2 else [mail],
                      '... and nothing of what was wanted for the first')
            fake.answers = {'M': packet(b'r')}
            tap.check(agree(n, NIXIE, bring(c)[-1], 'X86'), 'a sender is refused')
            fake.answers = {'R': packet(b'r')}
            bring(c)
            c.say('RSET')
            fake.answers = {'T': packet(b'd')}
            tap.check(accepted(c), 'a message is discarded at DATA')
            fake.answers = {'E': packet(b'r')}
            bring(c)
            fake.answers = {}
            tap.check(accepted(c) + hears(fake, lambda t: t == 'OCH' + MAIL + MAIL + 'MA' + 'MRA' + 'MRT' + MAIL + MAIL),
                      'a message that was refused before its end is aborted, and the next one begins with MAIL')
            tap.check([] if len(n.until_mails(3)) == 3 else [n.log()], '... and the next one is not discarded')
            c.say('QUIT')
        tap.check(hears(fake, lambda t: t.endswith('EQ')) + ([] if fake.connections == 1 else [f'{fake.connections} connections']), 'the session ends with QUIT, once')
        fake.forget()
        with opened(n) as c:
            fake.answers = {'M': packet(b'a')}
            tap.check(accepted(c) + accepted(c) + hears(fake, lambda t: t == 'OCHMM'), 'a message that is accepted is that one alone')


def accepts_client():
    with Milter({'C': packet(b'a')}) as fake, nixied(fake) as n:
        with opened(n) as c:
            tap.check(accepted(c) + accepted(c) + hears(fake, lambda t: t == 'OCQ'), 'a client that is accepted is not heard of any more')
        fake.answers = {'H': packet(b'a')}
        fake.forget()
        with opened(n) as c:
            c.say('EHLO again.test')
            tap.check(accepted(c) + accepted(c) + hears(fake, lambda t: t == 'OCHQ'), '... the same at HELO')
        fake.answers = {'C': packet(b'd')}
        tap.check(agree(n, NIXIE, send(n)[-1], 'X88') + ([] if n.until_log('it discards a client') else [n.log()]), 'a client cannot be discarded')


def connection_lost():
    """What is told once may have to be told again: the connection is a milter's to close, and there are only so many."""
    with Milter() as fake, nixied(fake) as n:
        with opened(n) as c:
            accepted(c)
            fake.hang_up()
            until(lambda: not fake.open)
            fake.forget()
            tap.check(accepted(c) + hears(fake, lambda t: t == 'OCH' + MAIL), 'a milter that hangs up between two messages is told the session again')
            tap.check([] if fake.of('H') == [b'client.sender.test\0'] and ' alarm ' not in n.log() else [n.log()], '... and nobody is alarmed')
            fake.hang_up()
            until(lambda: not fake.open)
            fake.forget()
            c.say('EHLO other.test')
            tap.check(accepted(c) + ([] if fake.of('H') == [b'other.test\0'] else [repr(fake.said)]), '... with the name that it has now')
            c.say(f'MAIL FROM:<{SENDER}>')
            fake.hang_up()
            until(lambda: not fake.open)
            tap.check(agree(n, NIXIE, c.say(f'RCPT TO:<{USER}>'), 'X88'), 'one that hangs up within a message is down')
            c.say('RSET')
            tap.check(accepted(c), '... for that message')
    with Milter() as fake, nixied(fake, more='milter_connections = 1\n') as n:
        with opened(n) as one, opened(n) as two:
            tap.check(accepted(one) + accepted(two) + accepted(one) + hears(fake, lambda t: t == ('OCH' + MAIL + 'Q') * 2 + 'OCH' + MAIL),
                      'sessions that rest give the only connection to who has a message')
            one.say(f'MAIL FROM:<{SENDER}>')
            two.send(f'MAIL FROM:<{SENDER}>\r\n')
            tap.check([] if one.say(f'RCPT TO:<{USER}>').startswith('250') else ['refused'], '... and not before theirs is over')
            one.say('RSET')
            tap.check([] if two.reply().startswith('250') else ['refused'], '... which lets the other go on')
    with Milter() as old, Milter() as new, nixied(old) as n, opened(n) as c:
        accepted(c)
        n.configure(f'{SETTINGS}milters = {new.place}\n', LISTENER)
        n.reload()
        tap.check(accepted(c) + hears(old, lambda t: t.endswith('EQ')) + hears(new, lambda t: t == 'OCH' + MAIL), 'after a reload the next message is for the new milter')


# The last byte of a client's address; the name that a milter is told with it, {client_name}, {client_ptr}, {client_resolve}
NAMES = [
    (7, 'mx.good.test', 'mx.good.test', 'mx.good.test', 'OK'),
    (8, '[192.0.2.8]', 'unknown', 'mx.good.test', 'FORGED'),
    (9, '[192.0.2.9]', 'unknown', 'unknown', 'FAIL'),
    (10, '[192.0.2.10]', 'unknown', 'unknown', 'TEMP'),
    (11, '[192.0.2.11]', 'unknown', 'unknown', 'TEMP'),
]


def names():
    """A milter is told the client's name when it connects, as long as the DNS tells in time."""
    with Milter() as fake, nixied(fake) as n:
        for last, name, *macros in NAMES:
            with Client(n.ports['mx']) as c:
                c.reply()
                c.say('EHLO proxy.test')
                fake.forget()
                tap.check([] if c.say(f'XCLIENT ADDR=192.0.2.{last}').startswith('220 ') else ['refused'], f'192.0.2.{last} is greeted')
                tap.check([] if fake.of('C') and fake.of('C')[0].split(b'\0')[0] == name.encode() else [repr(fake.said)], f'... and the milter is told {name}')
                c.say('EHLO far.test')
                c.say(f'MAIL FROM:<{SENDER}>')
                for step in 'CM':
                    told_of = fake.macros_of(step)
                    tap.check([] if [told_of.get(m) for m in ('{client_name}', '{client_ptr}', '{client_resolve}')] == macros and
                              told_of.get('{client_addr}') == f'192.0.2.{last}' else [repr(told_of)], f'... with {step}: {" ".join(macros)}')
        with Client(n.ports['mx']) as c:
            c.reply()
            c.say('EHLO proxy.test')
            c.say('XCLIENT ADDR=192.0.2.12')
            c.say('EHLO far.test')
            ZONE.set('12.2.0.192.in-addr.arpa', 'PTR', ['late.test'])

            def is_named():
                c.say(f'MAIL FROM:<{SENDER}>')
                c.say('RSET')
                return b'{client_name}\0late.test\0{client_ptr}\0late.test\0{client_resolve}\0OK' in [data for l, data in fake.said if l == 'D' and data[:1] == b'M'][-1]
            # From here on the answer is on its way.
            tap.check([] if until(lambda: ZONE.count('late.test', 'A')) and until(is_named) else [repr(fake.said)], 'a name that comes later is told with MAIL')
        asked = [question for question in ZONE.asked if '127.in-addr.arpa' in str(question)]
        tap.check([str(asked)] if asked else [], 'of the loopback nobody is asked')
    with Milter() as fake, Nixied(NIXIED, f'{SETTINGS}dns_servers = {ZONE.address}\ndns_timeout = 1s\nmilters = {fake.place}\n', LISTENER) as n:
        with Client(n.ports['mx']) as c, Client(n.ports['mx']) as other:
            c.reply()
            c.say('EHLO proxy.test')
            c.send('XCLIENT ADDR=192.0.2.11\r\n')
            tap.check([] if other.reply().startswith('220 ') and other.say('EHLO x.test').startswith('250') else ['it waits'], 'nobody else waits for a slow DNS')
            tap.check([] if c.reply().startswith('220 ') else ['refused'], '... and who does is greeted in the end')


def ends_early():
    with Milter({'C': packet(b'r')}) as fake, nixied(fake) as n:
        with Client(n.ports['mx']) as c:
            reply = c.reply()
            tap.check(agree(n, NIXIE, reply, 'X86', 'milter') + ([] if reply.startswith('554 ') else [reply]), f'a client is refused at connect: {reply}')
            tap.check([] if c.say('EHLO x.test').startswith('503 ') else ['not 503'], '... and can only go')
        for at, answer, condition, want in (('C', b'y550 5.7.1 not you\0', 'X86', '550 '), ('C', b't', 'X87', '451 '),
                                            ('H', b'y550 5.7.0 not that name\0', 'X86', '550 '), ('H', b't', 'X87', '451 ')):
            fake.answers = {at: packet(answer[:1], answer[1:])}
            with Client(n.ports['mx']) as c:
                reply = c.reply()
                if at == 'H':
                    reply = c.say('EHLO x.test')
                tap.check(agree(n, NIXIE, reply, condition, 'milter') + ([] if reply.startswith(want) else [reply]), f'{condition} at {at}: {reply}')
                if at == 'H':
                    tap.check([] if c.say(f'MAIL FROM:<{SENDER}>').startswith('503 ') else ['MAIL was taken'], '... and MAIL wants a HELO that is taken')


def early_trouble():
    """A milter that fails before MAIL keeps nobody out: at MAIL it is asked again, and its setting counts."""
    with Milter(stops_at='C') as fake, nixied(fake) as n:
        replies = send(n)
        tap.check(agree(n, NIXIE, replies[-1], 'X88', 'milter') + ([] if len(replies) == 1 else replies), 'cut off at connect: MAIL says so')
        fake.stops_at = None
        tap.check(taken(send(n)), '... and the next session finds it back')
        fake.stops_at = 'H'
        tap.check(agree(n, NIXIE, send(n)[-1], 'X88', 'milter'), 'cut off at HELO')
        fake.stops_at = None
        fake.answers = {'C': packet(b'Z')}
        tap.check(agree(n, NIXIE, send(n)[-1], 'X88', 'milter'), 'an answer that is none at connect')
    with Silent() as fake, nixied(fake, more='milter_timeout = 1s\n') as n:
        with Client(n.ports['mx']) as c:
            tap.check([] if c.reply().startswith('220 ') else ['no greeting'], 'silent at connect: the client is greeted')
            tap.check([] if c.say('EHLO x.test').startswith('250') else ['refused'], '... while it is down nobody waits at EHLO')
            tap.check(agree(n, NIXIE, c.say(f'MAIL FROM:<{SENDER}>'), 'X88'), '... and MAIL tells')
    with Milter() as fake, nixied(fake, more='milter_connections = 2\n') as n, Client(n.ports['mx']) as one, Client(n.ports['mx']) as two:
        tap.check([] if one.reply().startswith('220') and two.reply().startswith('220') else ['refused'], 'clients that only connect')
        tap.check([] if fake.connections == 1 else [f'{fake.connections} connections'], '... have half of the connections')
        tap.check(taken(send(n)), '... and a message has its own')


for part in (as_it_happens, names, one_session, accepts_client, connection_lost, ends_early, early_trouble, told, steps, login, header, body, envelope, behind_redirect, behind_rspamd):
    part()
sys.exit(tap.done())
