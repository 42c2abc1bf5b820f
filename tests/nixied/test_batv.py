#!/usr/bin/env python3
"""Return paths are signed on their way out, and a bounce without such a one is known for what it is.

usage: test_batv.py NIXIED NIXIE        TAP
"""

import hashlib
import hmac
import os
import pathlib
import re
import smtplib
import ssl
import subprocess
import sys
import time

from held import STYLES, catalogue, held
from server import DOMAIN, PASSWORD, USER, Client, Nixied, before_midnight, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'dns'))
from dns_server import Server as Dns  # noqa: E402
from remote_server import Remote  # noqa: E402

import tap  # noqa: E402
from ports import held_port  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
LISTENERS = ('listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n'
             'listener submission {\n\taddress = 127.0.0.1:0\n\tkind = submission\n}\n')
DAY = 86400
SECRET = bytes(range(32))
BOUNCE = f'''From: MAILER-DAEMON@there.example
To: {USER}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

No such user here.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; there.example

Final-Recipient: rfc822; RCPT
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b--
'''
RECEIPT = f'''From: bob@there.example
To: {USER}
Subject: Read: lunch
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="b"

--b
Content-Type: text/plain

It was read.
--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; bob@there.example
Original-Message-ID: <1@{DOMAIN}>
Disposition: manual-action/MDN-sent-manually; displayed

--b--
'''


def check(trouble, name):
    tap.check([line if isinstance(line, str) else repr(line) for line in trouble], name)
    sys.stdout.flush()


PORT = held_port()
dns = Dns({('good.example', 'MX'): [(10, 'mx.good.example')], ('mx.good.example', 'A'): ['127.0.0.2'],
           ('list.example', 'MX'): [(10, 'mx.good.example')]})
SETTINGS = (f'dns_servers = {dns.address}\nremote_port = {PORT}\nhelo_check = off\nptr_check = off\nspf = off\nreturn_path_lifetime = 10d\n'
            'unsigned_senders = other@example.test\nunsigned_recipients = .lists.test list.example\n')
ON = SETTINGS + 'sign_return_paths = yes\n'


def keys(n):
    with open(f'{n.folder}/return-path-keys', encoding='utf-8') as f:
        return f.read()


def write_keys(n, since, *made):
    """The file as an older server left it; the secret of key 0 is SECRET."""
    with open(f'{n.folder}/return-path-keys', 'w', encoding='utf-8') as f:
        f.write(f'since {since}\n' + ''.join(f'key {i} {at} {bytes(b ^ i for b in SECRET).hex()}\n' for i, at in enumerate(made)))
    os.chmod(f'{n.folder}/return-path-keys', 0o600)


def path(said):
    """The address in a MAIL command."""
    return said.split('<')[1].split('>')[0]


def flat(text):
    return ' '.join(text.split())


def signed(address, days=10, key=0):
    """As the draft has it, made here: the tag of an address that is good for so many days."""
    tag = f'{key}{(int(time.time()) // DAY + days) % 1000:03}'
    secret = bytes(b ^ key for b in SECRET)
    return f'prvs={tag}{hmac.new(secret, (tag + address.lower()).encode(), hashlib.sha1).hexdigest()[:6]}={address}'


def submit(n, sender, *recipients):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP('127.0.0.1', n.ports['submission']) as s:
        s.starttls(context=context)
        s.login(USER, PASSWORD)
        s.sendmail(sender, recipients, f'Subject: hello\r\nFrom: {sender}\r\n\r\nhello\r\n')


def bring(n, to, text, sender='', before=()):
    """A stranger's message: the reply to RCPT, and the one behind the dot."""
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO p.test', 'XCLIENT ADDR=192.0.2.7', 'EHLO there.example', f'MAIL FROM:<{sender}>'):
            c.say(command)
        for other in before:
            c.say(f'RCPT TO:<{other}>')
        rcpt = c.say(f'RCPT TO:<{to}>')
        c.say('DATA')
        c.send(text.replace('\n', '\r\n') + '.\r\n')
        return rcpt, c.reply()


def going_out():
    before_midnight()
    remote = Remote(ip='127.0.0.2', port=PORT, rcpt={'never': '550 5.1.1 no such user'}, mail=['451 4.3.0 later', '250 ok'])
    with Nixied(NIXIED, ON + 'retry_first = 10\nkeep_connection = 0\n', LISTENERS) as n:
        check([] if re.search(r'^since \d+\nkey 0 \d+ [0-9a-f]{64}\n', keys(n), re.M) else [keys(n)], 'a key is made')
        check([] if os.stat(f'{n.folder}/return-path-keys').st_mode & 0o77 == 0 else ['mode'], '... that nobody else may read')
        n.stop()
        write_keys(n, int(time.time()), int(time.time()) - 2 * DAY)
        n.start()
        submit(n, USER, 'a@good.example')
        until(lambda: len(remote.messages) == 1)
        paths = [path(m['from']) for m in remote.messages]
        check([] if paths == [signed(USER)] else [paths, signed(USER)], 'the return path is signed')
        said = [line.decode() if isinstance(line, bytes) else line for line in remote.said]
        tried = [line for line in said if line.upper().startswith('MAIL FROM')]
        check([] if len(tried) == 2 and len({path(t) for t in tried}) == 1 else tried, '... the same at both attempts')
        line = n.until_log(r' attempt .*result=relayed')
        check([] if line and f'from="{signed(USER)}"' in line else [line], '... and the log has it')
        why = flat(n.run('why', '--to', 'a@good.example').stdout)
        check([] if f'Check batv: signed. Decided by: {signed(USER)}.' in why and f'from {USER}' in why else [why], '... and why')
        check([] if n.run('why', '--from', signed(USER)).returncode == 0 else ['not found'], '... which finds it')
        submit(n, USER, 'b@good.example', 'c@list.example')
        until(lambda: len(remote.messages) == 3)
        paths = sorted((m['to'][0], path(m['from'])) for m in remote.messages[1:])
        check([] if paths == [('b@good.example', signed(USER)), ('c@list.example', USER)] else paths, 'not to unsigned_recipients')
        submit(n, USER, 'never@good.example')
        mails = n.until_mails(1)
        ok = mails and b'prvs=' not in mails[0] and b'never@good.example' in mails[0]
        check([] if ok else mails, 'a report of our own goes to the plain address')
        with Client(n.ports['mx']) as c:
            c.reply()
            for command in ('EHLO p.test', 'XCLIENT ADDR=192.0.2.7', 'EHLO there.example', f'MAIL FROM:<bob@good.example>'):
                c.say(command)
            reply = c.say(f'RCPT TO:<{signed("x@good.example")}>')
        check([] if '5.7.1' in reply and 'C22' in reply else [reply], 'an address that another server signed is left alone')
        check([] if n.stop() == 0 else [n.said], 'it ends well')
    remote.close()


def refused(name, got, n, words):
    ok = got[0].startswith('250 ') and re.fullmatch(
        rf'550 5\.7\.1 Bounce to <{re.escape(USER)}> refused: no mail was sent from here that it could be about \(X93 (\w+)\)', got[1])
    check([] if ok else got, name)
    session = ok[1] if ok else 'none'
    line = n.until_log(f' check session={session} .*check=batv')
    check([] if line and words in line else [line, words], '... and the log says why')
    return session


def both_styles():
    before_midnight()
    now = int(time.time())
    about = BOUNCE.replace('RCPT', 'nobody@there.example')
    for style in STYLES:
        with Nixied(NIXIED, f'{ON}unsigned_bounces = refuse\nreply_style = {style}\n', LISTENERS) as n:
            n.stop()
            write_keys(n, now - 12 * DAY, now - 40 * DAY, now - 5 * DAY)
            n.start()
            held(NIXIE, n, style, catalogue()['X93'], 'end', bring(n, USER, about)[1])


def coming_back():
    before_midnight()
    now = int(time.time())
    about = BOUNCE.replace('RCPT', 'nobody@there.example')
    with Nixied(NIXIED, ON + 'unsigned_bounces = refuse\n', LISTENERS) as n:
        n.stop()
        write_keys(n, now - 9 * DAY, now - 40 * DAY, now - 5 * DAY)
        n.start()
        got = bring(n, USER, about)
        check([] if got[1].startswith('250 ') else got, 'while what went out unsigned may still come back, nothing is judged')
        n.until_mails(1)
        n.stop()
        write_keys(n, now - 12 * DAY, now - 40 * DAY, now - 5 * DAY)
        n.run('admin', 'account', 'add', 'other@example.test', text='secret-words-9\n', check=True)
        n.start()
        session = refused('a bounce to the plain address', bring(n, USER, about), n, 'result=unsigned rule="demo@example.test, about mail to nobody@there.example"')
        why = flat(n.run('why', '--session', session).stdout)
        check([] if 'A bounce for mail that was never sent from here' in why and 'Check batv: unsigned' in why else [why], '... and why explains it')
        told = flat(subprocess.run([NIXIE, 'code', 'X93'], capture_output=True, text=True, check=False).stdout)
        check([] if 'nobody broke into your mailbox' in told else [told], '... and nixie code')
        refused('... to one with a tag of somebody else', bring(n, f'prvs=0123abcdef={USER}', about), n, 'result=forged')
        refused('... to one that is too old', bring(n, signed(USER, -1), about), n, 'result=expired')
        refused('... to another address with that tag', bring(n, signed('ann@example.test').replace('ann@', 'demo@'), about), n, 'result=forged')
        before = len(n.mails())
        for name, to in (('a bounce to a signed address', signed(USER)), ('... in capitals', signed(USER).upper()), ('... with the newer key', signed(USER, 3, 1)),
                         ('... on its last day', signed(USER, 0))):
            got = bring(n, to, about)
            check([] if got[1].startswith('250 ') else got, name)
        mails = n.until_mails(before + 4)  # in their order, which is that of their arrival
        check([] if all(f'delivered-to: {USER}'.encode() in m.lower() and b'X-Bounce-Unproven' not in m for m in mails[before:]) else mails, '... is delivered, to the plain address')
        check([] if n.until_log(f' check session=.*check=batv result=good rule={USER}') else [n.log()], '... and the log says so')
        for name, to, text, sender in (
                ('a receipt', USER, RECEIPT, ''), ('ordinary mail', USER, about, 'bob@good.example'),
                ('mail to a signed address that is no bounce', signed(USER), about, 'bob@good.example'),
                ('... and to a false one', f'prvs=0123abcdef={USER}', about, 'bob@good.example'),
                ('a bounce of whom we write to unsigned', USER, BOUNCE.replace('RCPT', 'list@de.lists.test'), ''),
                ('a bounce to the postmaster', f'postmaster@{DOMAIN}', about, ''),
                ('a bounce to unsigned_senders', 'other@example.test', about, '')):
            got = bring(n, to, text, sender)
            check([] if got[1].startswith('250 ') else got, name + ' is taken')
        check([] if n.until_log(' check=batv result=excused rule="a receipt"') and n.until_log(' check=batv result=excused rule=unsigned_recipients')
              else [n.log()], '... and the log says why')
        got = bring(n, signed(USER), about, before=[USER])
        check([] if got[1].startswith('250 ') else got, 'one proof is enough for all recipients')
        got = n.run('check').stdout
        check([] if 'return paths are signed; bounces without a signature are judged' in flat(got) else [got], 'nixied check tells where it stands')
        tried = n.run('try', '--client', '192.0.2.7', '--from', '', '--to', USER, '--message', '-', text=about)
        check([] if tried.returncode == 1 and 'X93' in tried.stdout and 'batv' in tried.stdout else [tried.stdout, tried.stderr], 'nixied try says so beforehand')
        tried = n.run('try', '--client', '192.0.2.7', '--from', '', '--to', signed(USER), '--message', '-', text=about)
        check([] if tried.returncode == 0 else [tried.stdout, tried.stderr], '... and that a signed one is taken')
        n.configure(ON + 'unsigned_bounces = mark\n', LISTENERS)
        n.reload()
        got = bring(n, USER, about.replace('Subject: Undelivered', 'Subject: marked, Undelivered'))
        marked = until(lambda: [m for m in n.mails() if b'Subject: marked' in m]) or []
        check([] if got[1].startswith('250 ') and marked and b'\nX-Bounce-Unproven: unsigned; ' in marked[0] else [got, *marked], 'with mark it is taken, and marked')
        n.configure(ON + 'unsigned_bounces = log\n', LISTENERS)
        n.reload()
        got = bring(n, USER, about.replace('Subject: Undelivered', 'Subject: logged, Undelivered'))
        logged = until(lambda: [m for m in n.mails() if b'Subject: logged' in m]) or []
        ok = got[1].startswith('250 ') and logged and b'Unproven' not in logged[0]
        check([] if ok else [got, *logged], 'with log it is taken as it is')
        # Off: what went out signed still comes back.
        n.configure(SETTINGS, LISTENERS)
        n.reload()
        got = bring(n, signed(USER), about)
        check([] if got[1].startswith('250 ') else got, 'when it is off again, signed addresses are still known')
        check([] if re.search(r'^since 0$', keys(n), re.M) else [keys(n)], '... and it would begin anew')
        check([] if n.stop() == 0 else [n.said], 'it ends well')


def the_file():
    now = int(time.time())
    with Nixied(NIXIED, ON, LISTENERS) as n:
        n.stop()
        write_keys(n, now - 99 * DAY, now - 90 * DAY, now - 60 * DAY, now - 31 * DAY)
        n.start()
        kept = re.findall(r'^key (\d) ', keys(n), re.M)
        check([] if kept == ['2', '3'] else [keys(n)], 'a new key each month; the old ones go when nothing signed with them is good')
        n.stop()
        os.chmod(f'{n.folder}/return-path-keys', 0o644)
        got = n.run('serve', '-c', n.conf)
        check([] if got.returncode == 3 and 'may be read by others' in got.stderr else [got.returncode, got.stderr], 'a file that others may read is refused')
        os.chmod(f'{n.folder}/return-path-keys', 0o600)
        for line in ('key 0 1 00', 'key x 1 ' + '00' * 32, 'since x', 'dance', 'key 1 1 ' + 'gg' * 32):
            with open(f'{n.folder}/return-path-keys', 'w', encoding='utf-8') as f:
                f.write(line + '\n')
            got = n.run('serve', '-c', n.conf)
            check([] if got.returncode == 3 and "none of nixied's" in got.stderr else [got.returncode, got.stderr], f'... and one with a line of somebody else: {line[:12]}')


going_out()
coming_back()
both_styles()
the_file()
sys.exit(tap.done())
