#!/usr/bin/env python3
"""Dovecot keeps the mailboxes behind nixied: LMTP, with Dovecot's own quota and its own idea of who is there.

usage: test_dovecot.py NIXIED NIXIE        TAP
"""

import sys

import jail

jail.enter('dovecot', 'nsd')

import tap  # noqa: E402
from peers import Dovecot, Nsd, have  # noqa: E402
from server import USER  # noqa: E402
from world import HELLO, World, check, submit  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
IP = '127.0.0.5'
WORDS = 'I do not read mail here'
SIEVES = {
    'reject': f'require "reject";\nreject "{WORDS}";\n',
    'ereject': f'require "ereject";\nereject "{WORDS}";\n',
    'sorted': 'if header :contains "subject" "no such" { discard; stop; }\nkeep;\n',
}
BIG = HELLO + ('x' * 70 + '\r\n') * 30  # two of these are more than "full" may have


def main(w, dovecot):
    n = w.n
    for name in ('anna', 'full', 'ghost', *SIEVES):
        n.run('admin', 'account', 'add', f'{name}@example.test', '--no-password', check=True)
    submit(['anna@example.test'], HELLO + '.\r\n..\r\n' + 'y' * 998 + '\r\n\u00e4\r\n', ['BODY=8BITMIME'])
    mails = dovecot.until_mails('anna')
    check([] if mails and ('\n.\n..\n' + 'y' * 998 + '\n\u00e4\n').encode() in mails[0] and mails[0].startswith(b'Return-Path: <demo@example.test>')
          and b'Delivered-To: anna@example.test' in mails[0] else [mails], 'delivered, as it was sent', dovecot.log(), n.log())
    check([] if mails and mails[0].count(b'Delivered-To:') == 1 else [mails], 'one Delivered-To: that of the server that keeps it')

    submit(['anna@example.test', 'ghost@example.test', USER])
    outcome, mail = w.outcome('ghost@example.test')
    got = (outcome.get('reason'), outcome.get('status'), outcome.get('action'))
    check([] if got == ('user_unknown', '5.1.1', 'failed') and b"User doesn't exist" in mail else [got, outcome],
          'one of three is not known there, and the report says so', dovecot.log(), n.log())
    check([] if len(dovecot.until_mails('anna', 2)) == 2 and any(b'\nhello\n' in m for m in dovecot.mails('demo')) else [dovecot.log()],
          '... and the others have it, each once')

    submit(['full@example.test'], BIG)
    check([] if len(dovecot.until_mails('full')) == 1 else [dovecot.log()], 'there is room for one')
    submit(['full@example.test'], BIG)
    outcome, mail = w.outcome('full@example.test')
    got = (outcome.get('reason'), outcome.get('status'), outcome.get('action'))
    check([] if got == ('mailbox_full', '5.2.2', 'failed') and b'Quota exceeded' in mail else [got, outcome],
          "over quota: the report has Dovecot's words", dovecot.log(), n.log())

    for _ in range(2):  # the second finds no room, and the script has a say before that
        submit(['sorted@example.test'], BIG)
        dovecot.until_mails('sorted')
    outcome, mail = w.outcome('sorted@example.test')
    got = (outcome.get('reason'), outcome.get('status'), outcome.get('action'))
    check([] if got == ('mailbox_full', '5.2.2', 'failed') and b'Quota exceeded' in mail else [got, outcome],
          'over quota behind a script of Sieve: the same', dovecot.log(), n.log())

    # Sieve of Dovecot 2.3 refuses nothing over LMTP: it takes the message, and sends a notification (RFC 8098) of its own.
    submit(['reject@example.test'])
    outcome, mail = w.outcome('reject@example.test')
    got = (outcome.get('reason'), outcome.get('action'), outcome.get('final'))
    check([] if got == ('recipient_restricted', 'failed', True) and b'disposition-notification' in mail and WORDS.encode() in mail else [got, mail],
          "rejected by the recipient's Sieve: nixie reads Dovecot's notification", dovecot.log(), n.log())
    check([] if ' reply="250 ' in w.line('reject@example.test', 'delivered') else [w.line('reject@example.test')],
          '... of a message that it had taken', n.log())
    check([] if not dovecot.mails('reject') else [dovecot.mails('reject')], '... and keeps nowhere')

    submit(['ereject@example.test'])
    check([] if len(dovecot.until_mails('ereject')) == 1 else [dovecot.log()],
          "ereject: Debian's Dovecot does not know it, and keeps the mail, as with any script that it cannot read", dovecot.log(), n.log())
    check([] if "unknown Sieve capability `ereject'" in dovecot.log() else [dovecot.log()], '... and says so in its log')


if have(Nsd, Dovecot):
    jail.skip_all(have(Nsd, Dovecot))
with Dovecot(IP, users=['anna', 'full', 'demo', *SIEVES], quotas={'full': 3000, 'sorted': 3000}, sieves=SIEVES) as there:
    with World(NIXIED, NIXIE, settings=f'local_delivery = lmtp:{IP}:24\n') as world:
        world.inbox = lambda: there.mails('demo')
        main(world, there)
sys.exit(tap.done())
