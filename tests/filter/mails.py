"""What the tests of filters share: a message to nixied, and what is to be found of it."""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'nixied')]

from held import STYLES, catalogue, explained, held  # noqa: E402,F401
from server import DOMAIN, PASSWORD, SECONDS, USER, Client, Nixied, until  # noqa: E402,F401

SENDER = 'anna@sender.test'
TEXT = f'From: Anna <{SENDER}>\r\nTo: {USER}\r\nSubject: hello\r\nMessage-ID: <1@sender.test>\r\nX-Old: one\r\n\r\nline one\r\nline two\r\n'
# Strangers are shown to all filters: the loopback counts as one. Nothing asks the DNS.
SETTINGS = '''check_exempt = 192.0.2.255
spf = off
dmarc = off
sender_mx_check = off
helo_check = off
ptr_check = off
'''
LISTENER = 'listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n'

handed_over = None  # the id of the message that bring() gave to a server last; None when that was refused


def bring(c, text=TEXT, sender=SENDER, recipients=(USER,)):
    """A message of an open session: the replies to MAIL, each RCPT, DATA and the text, as far as it comes."""
    global handed_over
    replies = [c.say(f'MAIL FROM:<{sender}>')]
    if not replies[-1].startswith('250'):
        return replies
    replies += [c.say(f'RCPT TO:<{r}>') for r in recipients]
    if not any(r.startswith('250') for r in replies[1:]):
        return replies
    replies.append(c.say('DATA'))
    if replies[-1].startswith('354'):
        c.send(text if isinstance(text, bytes) else text.encode())
        c.send(b'.\r\n')
        replies.append(c.reply())
        queued = re.search(r'queued as (\w+)', replies[-1])
        handed_over = queued and queued[1]
    return replies


def send(n, text=TEXT, sender=SENDER, recipients=(USER,), port='mx', before=(), helo='client.sender.test'):
    """A session with one message: its replies, as bring() gives them."""
    with Client(n.ports[port]) as c:
        c.reply()
        c.say(f'EHLO {helo}')
        for command in before:
            c.say(command)
        replies = bring(c, text, sender, recipients)
        c.say('QUIT')
        return replies


def stored(n, count=1):
    """Of so many messages in the mailbox the one that bring() handed over last, as text with CRLF; '' when they do not come."""
    mails = n.until_mails(count)
    last = n.until_mail(handed_over) if handed_over else mails[-1] if mails else None
    return last.decode('utf-8', 'surrogateescape').replace('\r\n', '\n').replace('\n', '\r\n') if last and len(mails) >= count else ''


def agree(n, nixie, reply, condition, *words):
    """Reply, log, `nixied why` and `nixie explain` of one refusal say the same. What is wrong, as a list."""
    wrong = []
    match = re.search(r'\((\w+) (\w+)\)$', reply)
    if not match or match[1] != condition:
        return [f'the reply has no {condition}: {reply!r}']
    reference = match[2]
    line = n.until_log(rf' refused session={reference} .*condition={condition}')
    if line is None:
        return [f'the log has no refusal with {condition} of {reference}', n.log()]
    why = ' '.join(n.run('why', '--session', reference).stdout.split())
    known = subprocess.run([nixie, 'code', reply], capture_output=True, text=True, check=False).stdout
    for place, text in (('the reply', reply), ('the log', line), ('nixied why', why)):
        wrong += [f'{place} does not have {w!r}: {text}' for w in words if w not in text]
    if condition not in why:
        wrong.append(f'nixied why does not name {condition}: {why}')
    if condition not in known:
        wrong.append(f'nixie code does not know it: {known[:300]}')
    said = explained(nixie, reply)
    if f' Condition {condition}: ' not in said or f' Session {reference}' not in said:
        wrong.append(f'nixie explain does not speak of it: {said}')
    return wrong
