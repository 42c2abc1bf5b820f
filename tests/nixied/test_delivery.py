#!/usr/bin/env python3
"""What becomes of mail that nixied has taken: the real program, over TCP, to mailboxes, commands and other servers.

usage: test_delivery.py NIXIED NIXIE        TAP
"""

import json
import os
import signal
import smtplib
import ssl
import subprocess
import sys

from remote_server import LOST, Remote
from server import DOMAIN, PASSWORD, USER, Nixied, until

import tap

NIXIED, NIXIE = sys.argv[1:3]
TEXT = 'From: Demo <%s>\r\nSubject: greetings\r\nMessage-ID: <1@pc.example>\r\n\r\nHello.\r\n'


def check(ok, name, *shown):
    tap.check([] if ok else [str(s) for s in shown] or ['no'], name)


def same(name, got, want):
    tap.check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


def send(n, recipients, sender=USER, options=()):
    """As the demo user, who signs in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP_SSL('127.0.0.1', n.ports['submissions'], context=context) as s:
        s.login(USER, PASSWORD)
        s.sendmail(sender, recipients, TEXT % sender, rcpt_options=options)


def receive(n, recipients, sender='sam@far.example'):
    """As another server."""
    with smtplib.SMTP('127.0.0.1', n.ports['mx']) as s:
        s.sendmail(sender, recipients, TEXT % sender)


def route(n, domain, remote, *properties):
    n.run('admin', 'route', 'add', domain, '--host', '127.0.0.1', '--port', str(remote.port), *properties, check=True)


def read(report):
    """What `nixie parse` makes of a report: {recipient: outcome}."""
    out = subprocess.run([NIXIE, 'parse', '-o', 'json', '-'], input=report, capture_output=True, check=False).stdout
    found = json.loads(out)
    found = found[0] if isinstance(found, list) else found
    return {o['recipient']: o for o in found['outcomes']}


def balance(n):
    """After its end: does every recipient that was taken have a state?"""
    n.stop()
    audit = n.run('audit')
    return audit.returncode == 0, audit.stdout + audit.stderr


def mailboxes():
    with Nixied(NIXIED) as n:
        receive(n, [USER])
        mails = n.until_mails(1)
        check(len(mails) == 1 and mails[0].startswith(f'Return-Path: <sam@far.example>\nDelivered-To: {USER}\nReceived: '.encode()),
              'a message is in its mailbox, with its head', mails)
        check(n.until_log(f' delivered .*to={USER}'), '... and the log says so', n.log())
        same('the books balance', balance(n)[0], True)
    with Nixied(NIXIED, settings='local_delivery = pipe:cat >/dev/null; echo "no $RECIPIENT here" >&2; exit 67') as n:
        send(n, [USER])
        check(n.until_log(f' bounced .*status=5.1.1.*user unknown: no {USER} here'), "a command's exit code and words decide", n.log())
    remote = Remote()
    with Nixied(NIXIED, settings='local_delivery = pipe:exit 67') as n:
        route(n, 'far.example', remote)
        receive(n, [USER])
        check(until(lambda: remote.messages), 'a stranger is told of it', n.log())
        outcome = read(remote.messages[0]['text']).get(USER, {})
        same("... by the recipient's side, and not by their own", [outcome.get('refuser'), outcome.get('refuser_name'), outcome.get('reason')],
             ['remote_server', f'mail.{DOMAIN}', 'user_unknown'])
    remote.close()


def lmtp():
    remote = Remote(lmtp=True, ends={f'bad@{DOMAIN}': '550 5.2.1 disabled'}, rcpt={'gone': '550 5.1.1 no such user'})
    with Nixied(NIXIED, settings=f'local_delivery = lmtp:127.0.0.1:{remote.port}') as n:
        for name in ('bad', 'gone'):
            n.run('admin', 'account', 'add', f'{name}@{DOMAIN}', '--no-password', check=True)
        send(n, [USER, f'bad@{DOMAIN}', f'gone@{DOMAIN}'])
        check(n.until_log(f' delivered .*to={USER}'), 'LMTP takes mail for a mailbox', n.log())
        check(n.until_log(f' bounced .*to=bad@{DOMAIN}.*5.2.1'), '... and refuses one after the message', n.log())
        check(n.until_log(f' bounced .*to=gone@{DOMAIN}.*5.1.1'), '... and one before it', n.log())
        same('the message goes once', sum(USER in m['taken'] and USER in m['from'] for m in remote.messages), 1)
    remote.close()


def elsewhere():
    later = iter(['451 4.3.0 Please come back', '250 2.1.5 ok'])
    remote = Remote(rcpt={'nobody': '550 5.1.1 No such user here', 'later': lambda _: next(later)})
    with Nixied(NIXIED, settings='retry_first = 10s') as n:
        route(n, 'there.example', remote)
        send(n, ['friend@there.example', 'nobody@there.example'])
        check(until(lambda: remote.messages), 'a route takes the message', n.log())
        same('... for whom it takes', remote.messages[0]['taken'], ['friend@there.example'])
        check(n.until_log(' relayed .*to=friend@there.example'), '... and that is in the log', n.log())
        reports = n.until_mails(1)
        same('one report for the other', len(reports), 1)
        outcome = read(reports[0]).get('nobody@there.example', {})
        same('... which is read as what happened',
             [outcome.get(k) for k in ('action', 'status', 'reason', 'stage', 'reply_code')],
             ['failed', '5.1.1', 'user_unknown', 'rcpt', 550])
        check(b'<sam' not in reports[0] and b'Return-Path: <>' in reports[0] and b'No such user here' in reports[0],
              '... with the null sender and the exact reply', reports[0])
        send(n, ['ok@there.example'], options=['NOTIFY=SUCCESS'])
        check(n.until_log(' relayed .*to=ok@there.example'), 'NOTIFY=SUCCESS goes to a server that knows DSN', n.log())
        same('... which has the report to write', len(n.mails()), 1)
        check(any('NOTIFY=SUCCESS' in r for m in remote.messages for r in m['rcpt']), '... since it was told', remote.messages)
        send(n, ['later@there.example'])
        line = n.until_log(' deferred .*to=later@there.example')
        check(line and 'next=' in line and 'rule=rule:retry' in line, 'a passing trouble waits', n.log())
        check(n.until_log(' relayed .*to=later@there.example .*attempt=2'), '... and is tried again', n.log())
        ok, words = balance(n)
        check(ok, 'the books balance', words)
    remote.close()


def logins():
    remote = Remote(ehlo=('AUTH PLAIN LOGIN',), auth='535 5.7.8 Bad credentials')
    with Nixied(NIXIED) as n:
        route(n, 'there.example', remote, '--user', 'us', '--tls', 'off')
        send(n, ['x@there.example'])
        line = n.until_log(' (deferred|bounced) .*to=x@there.example')
        check(line and ' deferred ' in line, "a relay that does not take our password is our own fault: no bounce", n.log())
        check(n.until_log(' alarm '), '... and an operator is told', n.log())
        same('... the sender is not', n.mails(), [])
    remote.close()


def crashes():
    remote = Remote()
    remote.gate.clear()
    with Nixied(NIXIED) as n:
        route(n, 'there.example', remote)
        send(n, ['x@there.example'])
        check(until(lambda: 'DATA' in remote.said or any(s.startswith('BDAT') for s in remote.said)), 'a delivery is under way')
        n.stop(signal.SIGKILL)
        remote.gate.set()
        n.start()
        check(n.until_log(' relayed .*to=x@there.example'), 'after kill -9 it is made again', n.log())
        receive(n, [USER])
        n.until_mails(1)
        n.stop(signal.SIGKILL)
        n.start()
        check(until(lambda: n.log().count(' start ') == 3), 'started a third time')
        ok, words = balance(n)
        check(ok, 'the books balance', words)
        same('the mailbox has its message once', len(n.mails()), 1)
    remote.close()
    lost = Remote(end=[LOST, '250 2.0.0 queued'])
    with Nixied(NIXIED, settings='retry_first = 10s') as n:
        route(n, 'there.example', lost)
        send(n, ['x@there.example'])
        check(n.until_log(' attempt .*to=x@there.example.*rule=rule:may-be-taken'),
              'a connection lost after the final dot is named: it may be taken', n.log())
    lost.close()


def rights():
    """As root: a command with other rights than the server's."""
    if os.geteuid() != 0:
        tap.skip('pipe_user', 'only root can give other rights')
        return
    with Nixied(NIXIED, settings='local_delivery = pipe:id -un >&2; exit 69\npipe_user = nobody') as n:
        receive(n, [USER], sender='')
        check(n.until_log(' (bounced|discarded) .*to=demo@example.test.*service unavailable: nobody'),
              'a command has the rights of pipe_user', n.log())


def languages():
    remote = Remote(rcpt={'x': '550 5.1.1 No such user'})
    with Nixied(NIXIED) as n:
        route(n, 'there.example', remote)
        check(n.run('admin', 'account', 'language', USER, 'de').returncode == 0, 'an account has a language')
        send(n, ['x@there.example'])
        mails = n.until_mails(1)
        check(mails and b'Content-Language: de' in mails[0] and b'Postfach gibt es nicht' in mails[0],
              'its reports are in that', str(mails))
    remote.close()


for test in (mailboxes, lmtp, elsewhere, logins, crashes, languages, rights):
    test()
sys.exit(tap.done())
