#!/usr/bin/env python3
"""Passwords beyond ASCII, over TCP: one password however a keyboard writes it (RFC 8265), by each mechanism.

usage: test_passwords.py NIXIED NIXIE        TAP
"""

import base64
import hashlib
import hmac
import os
import sys
import unicodedata

from server import SUBMISSIONS, USER, Client, Nixied

import tap

NIXIED = sys.argv[1]
COMPOSED = unicodedata.normalize('NFC', 'pässwörd')
DECOMPOSED = unicodedata.normalize('NFD', 'pässwörd')
SETTINGS = 'autoban = 1000\nmax_login_failures = 100'


def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def plain(c, password):
    return c.say('AUTH PLAIN ' + b64(f'\0{USER}\0{password}'))


def login(c, password):
    for line in ('AUTH LOGIN', b64(USER)):
        got = c.say(line)
        if not got.startswith('334'):
            return got
    return c.say(b64(password))


def scram(c, password):
    """RFC 7677, as a client that prepares its password."""
    first = f'n={USER},r=thenonceofthisclient'
    got = c.say('AUTH SCRAM-SHA-256 ' + b64('n,,' + first))
    if not got.startswith('334'):
        return got
    challenge = base64.b64decode(got[4:]).decode()
    part = dict(p.split('=', 1) for p in challenge.split(','))
    salted = hashlib.pbkdf2_hmac('sha256', unicodedata.normalize('NFC', password).encode(),
                                 base64.b64decode(part['s']), int(part['i']))
    key = hmac.digest(salted, b'Client Key', 'sha256')
    final = 'c=biws,r=' + part['r']
    signature = hmac.digest(hashlib.sha256(key).digest(), f'{first},{challenge},{final}'.encode(), 'sha256')
    got = c.say(b64(final + ',p=' + b64(bytes(a ^ b for a, b in zip(key, signature)))))
    return c.say('') if got.startswith('334') else got


def attempt(n, mechanism, password):
    with Client(n.ports['submissions'], tls=True) as c:
        c.reply()
        c.say('EHLO pc')
        return mechanism(c, password)[:3]


def password_set(n, password):
    path = os.path.join(n.folder, 'password')
    with open(path, 'wb') as f:
        f.write(password.encode() + b'\n')
    return n.run('admin', 'account', 'password', USER, '--password-file', path)


def main():
    with Nixied(NIXIED, SETTINGS, SUBMISSIONS) as n:
        for kept, name in ((COMPOSED, 'composed'), (DECOMPOSED, 'decomposed')):
            done = password_set(n, kept)
            tap.check([] if done.returncode == 0 else [done.stderr], f'the password is set, {name}')
            for mechanism in (plain, login, scram):
                got = [attempt(n, mechanism, p) for p in (COMPOSED, DECOMPOSED, COMPOSED.upper())]
                tap.check([] if got == ['235', '235', '535'] else got,
                          f'{mechanism.__name__}: composed and decomposed sign in, capitals do not')
        for password, name in (('pass\tword', 'a tab'), ('pass\u00adword', 'a soft hyphen'), ('pass\u0378', 'an unassigned character')):
            done = password_set(n, password)
            tap.check([] if done.returncode != 0 and 'the password has a character that' in done.stderr
                      else [str(done.returncode), done.stderr], f'a password with {name} is refused, with the reason')
        tap.check([] if attempt(n, plain, COMPOSED) == '235' else ['no'], 'and the one before stays')


main()
sys.exit(tap.done())
