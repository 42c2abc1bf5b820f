#!/usr/bin/env python3
"""Mailing lists: who is told of what, with the true program and other servers that are asked and answer.

usage: test_lists.py NIXIED NIXIE        TAP
"""

import email
import json
import re
import signal
import smtplib
import subprocess
import sys

from remote_server import Remote
from server import DOMAIN, USER, Nixied, until

import tap

NIXIED, NIXIE = sys.argv[1:3]
SAM = 'sam@home.example'
BOSS = f'boss@{DOMAIN}'
TEAM = f'team@{DOMAIN}'
OWNER = f'owner-team@{DOMAIN}'
TEXT = 'From: Sam <%s>\r\nTo: %s\r\nSubject: greetings %s\r\nMessage-ID: <%s@home.example>\r\n\r\nWhat only members may read.\r\n'


def check(ok, name, *shown):
    tap.check([] if ok else [str(s) for s in shown] or ['no'], name)


def same(name, got, want):
    tap.check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


def admin(n, *words):
    return n.run('admin', *words, check=True)


def post(n, recipients, number, options=(), mail_options=(), sender=SAM):
    """As Sam's server does; the id of the message in the queue."""
    with smtplib.SMTP('127.0.0.1', n.ports['mx']) as s:
        s.ehlo('mx.home.example')
        s.mail(sender, list(mail_options))
        for rcpt in recipients:
            s.rcpt(rcpt, list(options))
        code, words = s.data((TEXT % (SAM, ', '.join(recipients), number, number)).encode())
        return (re.search(r'[0-9A-HJKMNP-TV-Z]{13}', words.decode()) or [''])[0] if code == 250 else f'{code} {words}'


def read(report):
    """What `nixie parse` makes of a report: its JSON."""
    out = subprocess.run([NIXIE, 'parse', '-o', 'json', '-'], input=report, capture_output=True, check=False).stdout
    found = json.loads(out)
    return found[0] if isinstance(found, list) else found


def told(report):
    """Kind, and (recipient, action) of each."""
    found = read(report)
    return found['kind'], [(o['recipient'], o['action']) for o in found['outcomes']]


class World:
    """A server with the list, Sam's server, one that has members, and one that refuses them."""

    def __init__(self, settings='', members=(USER, 'pat@far.example', 'gone@shut.example')):
        self.home, self.far = Remote(), Remote()
        self.shut = Remote(rcpt={'*': '550 5.1.1 no such user here'})
        self.n = Nixied(NIXIED, settings)
        for name, remote in (('home', self.home), ('far', self.far), ('shut', self.shut)):
            admin(self.n, 'route', 'add', f'{name}.example', '--host', '127.0.0.1', '--port', str(remote.port))
        admin(self.n, 'account', 'add', BOSS)
        admin(self.n, 'list', 'add', TEAM, '--owner', BOSS)
        for member in members:
            admin(self.n, 'member', 'add', TEAM, member)

    def __enter__(self):
        self.n.start()
        return self

    def __exit__(self, *of):
        self.n.__exit__(*of)
        for remote in (self.home, self.far, self.shut):
            remote.close()

    def until_empty(self):
        """Nothing waits any more: whatever is to be told has been."""
        return until(lambda: self.n.run('queue', 'count').stdout.split()[:1] == ['0'] or '\n0 ' in self.n.run('queue', 'count').stdout)


def asked():
    """A stranger asks for everything, and is told of the list alone."""
    with World() as w:
        n = w.n
        queued = post(n, [TEAM], 'one', ['NOTIFY=SUCCESS,FAILURE,DELAY', f'ORCPT=rfc822;{TEAM}'], ['RET=FULL', 'ENVID=QQ314'])
        mine = n.until_mail(queued)
        check(mine and mine.startswith(f'Return-Path: <{OWNER}>\n'.encode()), "a member's copy here comes from the owner", mine)
        check(until(lambda: w.far.messages), 'a member elsewhere has it', n.log())
        got = w.far.messages[0]
        check(got['from'].startswith(f'MAIL FROM:<{OWNER}>') and 'RET=HDRS' in got['from'] and 'ENVID' not in got['from'],
              "... from the owner, and nothing the sender asked for goes on", got['from'])
        check('NOTIFY=FAILURE ' in got['rcpt'][0] + ' ' and 'ORCPT=rfc822;pat@far.example' in got['rcpt'][0],
              '... with what the list wants to be told', got['rcpt'])
        check(until(lambda: w.home.messages), 'the sender is told', n.log())
        failure = n.until_mails(1, 'boss')
        w.until_empty()
        same('... once', len(w.home.messages), 1)
        report = w.home.messages[0]
        same('... of the list alone, as RFC 3461 s5.2.7.4 wants it', told(report['text']), ('success', [(TEAM, 'delivered')]))
        check(b'Original-Envelope-Id: QQ314' in report['text'], '... by the name the sender gave it', report['text'])
        check(not any(word in report['text'] for word in (b'pat@', b'gone@', b'far.example', b'shut.example', BOSS.encode())),
              '... and no word of its members or its owner', report['text'])
        same('the owner is told of the member who is gone', [told(m) for m in failure], [('failure', [('gone@shut.example', 'failed')])])
        check(b'What only members may read' not in failure[0] and b'Subject: greetings one' in failure[0],
              '... with the header, whatever the sender asked for', failure[0])
        same('... as the owner of the list', email.message_from_bytes(failure[0])['To'], f'<{OWNER}>')
        why = ' '.join(n.run('why', '--id', queued).stdout.split())
        check('rule:report' not in why, '... and no rule where there is none to tell', why)
        check(f'{TEAM}: a list; expanded to 3 recipients.' in why and f'as a member of {TEAM}' in why and
              'The owner of the list is told by the report' in why, '`nixied why` tells it', why)
        w.n.stop()
        audit = n.run('audit')
        check(audit.returncode == 0 and re.search(r'expanded +1\n', audit.stdout), 'the books balance', audit.stdout)


def never():
    """Who wants to hear of nothing hears of nothing, and the owner does all the same."""
    with World() as w:
        for number, options in (('none', ()), ('never', ('NOTIFY=NEVER',)), ('failure', ('NOTIFY=FAILURE',))):
            post(w.n, [TEAM], number, options)
        same('three failures are told to the owner', [told(m)[1] for m in w.n.until_mails(3, 'boss')], [[('gone@shut.example', 'failed')]] * 3)
        w.until_empty()
        same('... and none to the sender', w.home.messages, [])
        post(w.n, [TEAM], 'null', sender='<>')
        check(w.n.until_log(r' discarded .*to=gone@shut\.example.*rule=rule:null-sender'), 'of what nobody sent nobody is told', w.n.log())
        w.until_empty()
        same('... here or there', [len(w.n.mails('boss')), w.home.messages], [3, []])


def direct():
    """Who is a recipient of the sender's own, too, is one of the sender's."""
    with World() as w:
        post(w.n, [TEAM, 'pat@far.example', 'gone@shut.example'], 'both', ['NOTIFY=SUCCESS,FAILURE'])
        until(lambda: len(w.home.messages) >= 2)
        w.until_empty()
        same('each address the sender wrote is told of, but by the server that has it', sorted(str(told(m['text'])) for m in w.home.messages),
             sorted(str(t) for t in (('success', [(TEAM, 'delivered')]), ('failure', [('gone@shut.example', 'failed')]))))
        same('... one copy, from the sender', [(m['from'].split()[1], m['to']) for m in w.far.messages], [(f'FROM:<{SAM}>', ['pat@far.example'])])
        same('... and none for the owner', w.n.mails('boss'), [])


def nested():
    """A list on a list: each answers for what it sends."""
    outer = f'all@{DOMAIN}'
    with World() as w:
        n = w.n
        admin(n, 'list', 'add', outer)
        for member in (TEAM, USER, 'lee@far.example'):
            admin(n, 'member', 'add', outer, member)
        queued = post(n, [outer], 'nested', ['NOTIFY=SUCCESS'])
        check(until(lambda: len(w.far.messages) >= 2 and w.home.messages), 'all have it', n.log())
        w.until_empty()
        same('... of their own list', sorted((m['from'].split()[1], *m['to']) for m in w.far.messages),
             sorted([(f'FROM:<owner-all@{DOMAIN}>', 'lee@far.example'), (f'FROM:<{OWNER}>', 'pat@far.example')]))
        same('who is on both has it once', len(n.mails()), 1)
        same('the sender is told of the one they wrote to', [told(m['text']) for m in w.home.messages], [('success', [(outer, 'delivered')])])
        same("each member's failure goes to the owner of its list", [told(m)[1] for m in n.until_mails(1, 'boss')],
             [[('gone@shut.example', 'failed')]])
        why = n.run('why', '--id', queued).stdout
        check(f'{TEAM}: a list, itself a member of {outer}; expanded to 2 recipients.' in ' '.join(why.split()), '`nixied why` tells of both', why)


def owners():
    """Whom the owner's address leads to, and what is refused."""
    with World() as w:
        n = w.n
        post(n, [OWNER], 'bounce', sender='<>')
        check(b'greetings bounce' in (n.until_mails(1, 'boss') or [b''])[0], 'what comes back goes to the owner', n.log())
        admin(n, 'list', 'set', TEAM, '--owner', '')
        post(n, [OWNER], 'orphan', sender='<>')
        check(n.until_log(rf' recipient .*to={OWNER} target={USER} '), 'of a list without one to the postmaster', n.log())
        admin(n, 'alias', 'add', f'chief@{DOMAIN}', TEAM)
        for owner in (TEAM, f'chief@{DOMAIN}'):
            done = n.run('admin', 'list', 'set', TEAM, '--owner', owner)
            check(done.returncode == 1 and 'would go to the list itself' in done.stderr and ' -> ' in done.stderr,
                  'a list does not own itself', done.stderr)
        done = n.run('admin', 'list', 'add', 'l' * 59 + f'@{DOMAIN}')
        check(done.returncode == 1 and 'at most 58 characters' in done.stderr, 'a name that leaves no room for its owner', done.stderr)
        admin(n, 'list', 'add', 'l' * 58 + f'@{DOMAIN}')
        admin(n, 'alias', 'add', OWNER, BOSS)
        post(n, [OWNER], 'named', sender='<>')
        check(until(lambda: any(b'greetings named' in m for m in n.mails('boss'))), 'a name of its own comes before', n.log())
        admin(n, 'list', 'add', f'none@{DOMAIN}')
        with smtplib.SMTP('127.0.0.1', n.ports['mx']) as s:
            s.ehlo('mx.home.example')
            s.mail(SAM)
            same('a list of nobody takes nothing', s.rcpt(f'none@{DOMAIN}')[0], 550)
            admin(n, 'alias', 'add', f'nobody@{DOMAIN}', f'none@{DOMAIN}')
            same('... nor by another name', s.rcpt(f'nobody@{DOMAIN}')[0], 550)


def forwards():
    """A mailbox that keeps a copy: the sender is told once, as "expanded", and never of where it goes on to."""
    with World() as w:
        n = w.n
        admin(n, 'account', 'set', BOSS, '--forward', 'me@far.example', '--keep-copy', 'yes')
        post(n, [BOSS], 'forward', ['NOTIFY=SUCCESS'])
        check(until(lambda: w.home.messages and w.far.messages), 'told, and sent on', n.log())
        w.until_empty()
        same('... once, of the address they wrote to', [told(m['text']) for m in w.home.messages], [('success', [(BOSS, 'expanded')])])
        check(b'me@far' not in w.home.messages[0]['text'], '... and no other', w.home.messages[0]['text'])
        check('NOTIFY=NEVER' in w.far.messages[0]['rcpt'][0] and f'ORCPT=rfc822;{BOSS}' in w.far.messages[0]['rcpt'][0],
              'who asked for success alone is told no more', w.far.messages[0]['rcpt'])
        same('the copy that was kept', len(n.until_mails(1, 'boss')), 1)


BOUNCE = '''From: MAILER-DAEMON@far.example\r
To: <%s>\r
Subject: Undelivered Mail Returned to Sender\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
\r
This is the mail system at host mx.far.example.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.far.example\r
\r
Original-Recipient: rfc822;pat@far.example\r
Final-Recipient: rfc822;pat@work.example\r
Action: failed\r
Status: 5.2.2\r
Remote-MTA: dns; mx.work.example\r
Diagnostic-Code: smtp; 552 5.2.2 <pat@work.example>: user is over quota\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: <one@home.example>\r
Subject: greetings one\r
\r
--b--\r
'''


def returned():
    """What another server sends back for the list: the owner gets it, and it is read."""
    def bounce(text, recipient=OWNER, sender='<>'):
        with smtplib.SMTP('127.0.0.1', w.n.ports['mx']) as s:
            s.ehlo('mx.far.example')
            s.mail(sender)
            s.rcpt(recipient)
            return s.data(text.encode())[0]

    with World() as w:
        n = w.n
        same('it is taken', bounce(BOUNCE % OWNER), 250)
        check(n.until_log(rf' returned .*to=pat@far\.example list={TEAM} target=pat@work\.example result=failed status=5\.2\.2 '
                          r'reason=mailbox_full peer=mx\.work\.example message_id=<one@home\.example> reply="552 5\.2\.2 '),
              'the log names the list, its member and the reason', n.log())
        check(b'over quota' in (n.until_mails(1, 'boss') or [b''])[0], '... and the owner has it', n.log())
        why = ' '.join(n.run('why', '--to', 'pat@far.example').stdout.split())
        check(f'Back to the list {TEAM} comes mail for its member pat@far.example, which went on to pat@work.example: failed at mx.work.example' in why and
              'mailbox full' in why, '`nixied why` tells it to who asks for the member', why)
        digest = json.loads(n.run('digest', '-o', 'json').stdout)
        same('the digest counts it', digest['totals']['returned'], 1)
        bounce('From: pat@far.example\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away until Monday.\r\n')
        check(n.until_log(rf' returned .*list={TEAM} result=auto_reply'), 'what is no report is called what it is', n.log())
        bounce(BOUNCE % BOSS, BOSS)
        bounce(BOUNCE % OWNER, sender='pat@far.example')
        n.until_mails(4, 'boss')
        same("nothing is read that is not the list's, or that somebody wrote", len(re.findall(' returned ', n.log())), 2)


def signed():
    """Signed return paths (BATV): the owner's too, and it is known when it comes back."""
    with World('sign_return_paths = yes\n') as w:
        post(w.n, [TEAM], 'signed')
        check(until(lambda: w.far.messages), 'a member has it', w.n.log())
        path = re.search('<(.*)>', w.far.messages[0]['from'])[1]
        check(re.fullmatch(f'prvs=[0-9A-Za-z]+={OWNER}', path), 'from the owner, signed', path)
        before = len(w.n.until_mails(1, 'boss'))
        post(w.n, [path], 'signed bounce', sender='<>')
        same('what comes back there goes to the owner', len(w.n.until_mails(before + 1, 'boss')), before + 1)
        check(w.n.until_log(rf' returned .*list={TEAM} '), 'and is read', w.n.log())


def crash():
    """kill -9 as soon as it was taken: the list's state and its report are there together, whatever came between."""
    with World(members=[USER]) as w:
        rounds = 6
        for i in range(rounds):
            post(w.n, [TEAM], f'crash{i}', ['NOTIFY=SUCCESS'])
            w.n.stop(signal.SIGKILL)
            w.n.start()
        until(lambda: len({m['text'] for m in w.home.messages}) >= rounds)
        w.until_empty()
        ids = {email.message_from_bytes(m['text'])['Message-ID'] for m in w.home.messages}
        about = sorted(re.search(rb'greetings crash(\d)', m['text'])[1] for m in {m['text']: m for m in w.home.messages}.values())
        same('each is told of, in one report', [len(ids), about], [rounds, [str(i).encode() for i in range(rounds)]])
        w.n.stop()
        audit = w.n.run('audit')
        check(audit.returncode == 0 and re.search(rf'expanded +{rounds}\n', audit.stdout), 'the books balance', audit.stdout)


asked()
never()
direct()
nested()
owners()
forwards()
returned()
signed()
crash()
sys.exit(tap.done())
