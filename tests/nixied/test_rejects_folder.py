#!/usr/bin/env python3
"""Mail that was refused for good lies in the folder Rejects of whom it was for, with the reason, and in nobody else's.

usage: test_rejects_folder.py NIXIED NIXIE        TAP
"""

import email
import email.header
import glob
import os
import re
import subprocess
import sys

from server import DOMAIN, USER, Nixied, session, until

import tap

NIXIED = sys.argv[1]
LISTENER = 'listener mx {\n\taddress = 127.0.0.1:0\n}\n'
SCRIPT = '''function on_message(s)
	local subject = header(s, "Subject")
	if subject == "bad" then refuse("it is bad") end
	if subject == "ill" then refuse("Virus found: Eicar-Test-Signature") end
	if subject == "later" then defer("not now") end
end
'''
EVE, FAR, HERE = f'eve@{DOMAIN}', f'far@{DOMAIN}', f'here@other.test'


def send(n, subject, *to, text='the text'):
    """The last reply to a message of a@b.test."""
    mail = f'Subject: {subject}\r\n\r\n{text}\r\n.\r\n'.encode()
    return session(n.ports['mx'], 'EHLO c.test', 'MAIL FROM:<a@b.test>', *[f'RCPT TO:<{one}>' for one in to], 'DATA', mail)[-1]


def rejects(n, user):
    """What lies in the folder Rejects of a user, by the subject of each."""
    local, domain = user.split('@')
    found = []
    for path in sorted(glob.glob(f'{n.folder}/mail/{domain}/{local}/.Rejects/[cn]*/*')):
        with open(path, 'rb') as f:
            found.append(f.read())
    return found


def until_rejects(n, user, count):
    until(lambda: len(rejects(n, user)) >= count)
    return rejects(n, user)


def check(ok, name, *trouble):
    tap.check([] if ok else [str(t) for t in trouble] or ['no'], name)


def main():
    with Nixied(NIXIED, '', LISTENER) as n:
        n.stop()
        with open(f'{n.folder}/hooks.lua', 'w', encoding='utf-8') as f:
            f.write(SCRIPT)
        for thing in (['account', 'add', EVE, '--no-password', '--language', 'de', '--quota', '100K'],
                      ['account', 'add', FAR, '--no-password', '--forward', 'x@elsewhere.test', '--keep_copy', 'no'],
                      ['alias', 'add', f'both@{DOMAIN}', USER], ['domain', 'add', 'other.test'], ['account', 'add', HERE, '--no-password']):
            n.run('admin', *thing, check=True)
        settings = f'hooks = {n.folder}/hooks.lua\nrejects_folder = {DOMAIN.upper()}\nrejects_folder_size = 256K\n'
        n.configure(settings, LISTENER)
        n.start()

        reply = send(n, 'bad', f'both@{DOMAIN}', text='..a dot\r\nthe end')
        session_ = re.search(r'\(C41 (\w+)\)', reply)[1]
        mails = until_rejects(n, USER, 1)
        mail = email.message_from_bytes(mails[0]) if mails else email.message_from_string('')
        check(len(mails) == 1 and mail['Subject'] == 'bad' and mail.get_payload() == '.a dot\nthe end\n', 'what was refused lies there', mails)
        check(mail['X-Nixie-Reason'] == f'C41: {n_title("C41")}; reference {session_}', '... with its reason', mail['X-Nixie-Reason'])
        check(' '.join(mail['X-Nixie-Reply'].split()) == reply, '... and what the sender was told', mail['X-Nixie-Reply'])
        check(mail['Return-Path'] == '<a@b.test>' and mail['Delivered-To'] == USER and ' c.test ' in mail['Received'], '... from whom, to whom, and how it came', mail.items())
        check(n.until_log(f' check session={session_} .*check=rejects result=shown recipients=1|check session={session_} .*recipients=1 .*result=shown'), '... and the log says so', n.log())

        send(n, 'bad', USER, EVE, FAR, HERE, text='of several')
        mine, hers = until_rejects(n, USER, 2), until_rejects(n, EVE, 1)
        hers = email.message_from_bytes(hers[0]) if hers else email.message_from_string('')
        check(len(mine) == 2 and b'of several' in b''.join(mine), 'for several recipients: one of them')
        check(hers['Delivered-To'] == EVE and USER not in str(hers), '... another, who sees nobody else', hers)
        reason = str(email.header.make_header(email.header.decode_header(hers['X-Nixie-Reason'] or '')))
        check(' '.join(reason.split()).startswith(f'C41: {n_title("C41", "de")}; reference '), '... in her language', reason)

        send(n, 'ill', USER)
        send(n, 'later', USER)
        send(n, 'good', USER)
        send(n, 'bad', USER, text='behind them')
        until(lambda: b'behind them' in b''.join(rejects(n, USER)))
        mine = rejects(n, USER)
        check(len(mine) == 3 and not any(b'Subject: ill' in m or b'Subject: later' in m for m in mine), 'no virus, nothing that may come again', mine)
        check(len(n.until_mails(1)) == 1, 'what was taken lies in the inbox alone', n.mails())
        where = sorted(p[len(n.folder):] for p in glob.glob(f'{n.folder}/mail/*/*/.Rejects'))
        check(where == [f'/mail/{DOMAIN}/demo/.Rejects', f'/mail/{DOMAIN}/eve/.Rejects'], 'not who forwards, not other domains', where)
        audit = n.run('audit').stdout
        check(re.search(r'recipients +1\n', audit), 'nothing of it was accepted', audit)
        got = n.run('rejects')
        check('0 messages' in got.stdout, 'and nothing is kept for the operator, who did not ask', got.stdout)

        for i in range(8):
            send(n, 'bad', EVE, text=('x' * 70 + '\r\n') * 700 + f'number {i}')
        # The last one is there, and then room is made for it.
        until(lambda: b'number 7' in b''.join(rejects(n, EVE)) and sum(map(len, rejects(n, EVE))) <= 256 * 1024)
        hers = rejects(n, EVE)
        check(sum(map(len, hers)) <= 256 * 1024 and b'number 0' not in b''.join(hers) and len(hers) >= 4, 'past rejects_folder_size the oldest goes', list(map(len, hers)))
        check(send(n, 'good', EVE).startswith('250 '), 'it fills no mailbox')

        # Who waits is found at the next start: the name says when it came.
        n.stop()
        folder = f'{n.folder}/mail/{DOMAIN}/demo/.Rejects'
        names = sorted(os.listdir(f'{folder}/new'))
        old = '1500000000' + names[0][names[0].index('.'):]
        os.rename(f'{folder}/new/{names[0]}', f'{folder}/cur/{old}:2,S')
        open(f'{folder}/cur/1500000000.M1P1.host,S=4:2,S', 'w', encoding='ascii').close()
        n.start()
        check(until(lambda: not os.path.exists(f'{folder}/cur/{old}:2,S')), 'what is older than keep_rejects_for goes', os.listdir(f'{folder}/cur'))
        check(os.listdir(f'{folder}/cur') == ['1500000000.M1P1.host,S=4:2,S'], '... but not what was moved there by hand', os.listdir(f'{folder}/cur'))
        n.stop()
        n.configure(settings + 'local_delivery = lmtp:127.0.0.1:24\nkeep_rejects = *\n', LISTENER)
        got = n.run('check')
        check('rejects_folder does nothing' in got.stdout + got.stderr, 'check: without mailboxes here it does nothing', got.stdout, got.stderr)
        n.start()
        before = len(rejects(n, USER))
        send(n, 'bad', USER)
        until(lambda: '1 message' in n.run('rejects').stdout)
        check(len(rejects(n, USER)) == before, '... and the operator has it', rejects(n, USER))
        check(n.stop() == 0, 'it ends well', n.__dict__.get('said'))


def n_title(condition, lang='en'):
    """The title of a condition, as nixie says it."""
    got = subprocess.run([sys.argv[2], 'code', '--lang', lang, condition], capture_output=True, text=True, timeout=30, check=True).stdout
    return re.search(rf'{condition}: (.*)', got)[1]


main()
sys.exit(tap.done())
