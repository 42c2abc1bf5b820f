#!/usr/bin/env python3
"""nixied asks the filters that people run: clamd, spamd, rspamd (by HTTP and as a milter), OpenDKIM, postgrey, policyd-spf.

usage: test_filters.py NIXIED NIXIE        TAP
"""

import base64
import contextlib
import pathlib
import sys

import jail

jail.enter('clamav', 'spamassassin', 'rspamd', 'redis', 'opendkim', 'postgrey', 'policyd-spf', 'nsd')

import tap  # noqa: E402
from filters import EICAR, GTUBE, Clamd, OpenDKIM, PolicydSpf, Postgrey, Redis, Rspamd, RspamdWhole, Spamd  # noqa: E402
from peers import Nsd, have  # noqa: E402

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / 'filter'))

from fakes import Relay  # noqa: E402
from mails import LISTENER, SETTINGS, TEXT, USER, Client, Nixied, agree, bring, send, stored, until  # noqa: E402
from server import DOMAIN, PASSWORD  # noqa: E402

NIXIED, NIXIE = sys.argv[1:3]
USERS = 'listener users {\n\taddress = 127.0.0.1:0\n\tkind = submission\n\ttls = immediate\n}\n'


def attached(content):
    data = base64.encodebytes(content).decode().replace('\n', '\r\n')
    return (TEXT.split('\r\n\r\n', 1)[0] + '\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n'
            'Content-Type: application/octet-stream; name=test.com\r\nContent-Transfer-Encoding: base64\r\n\r\n' + data)


def ordinary():
    return TEXT.replace('Subject: hello', 'Date: Sun, 22 Nov 2026 12:00:00 +0000\r\nSubject: Minutes of the meeting')


def spam():
    return ordinary() + GTUBE + '\r\n'


def taken(replies):
    return [] if replies[-1].startswith('250 ') else [repr(replies)]


def with_filter(peer, part, **settings):
    """part(n, peer) with nixied in front of the peer; what cannot be had is skipped."""
    why = have(type(peer))
    if why:
        tap.skip(peer.name, why)
        return
    with peer:
        lines = ''.join(f'{name} = {value}\n' for name, value in settings.items())
        with Nixied(NIXIED, SETTINGS + lines, LISTENER + USERS) as n:
            said = n.run('check').stdout
            tap.check([said] if 'does not answer' in said else [], f'{peer.name} answers nixied check')
            part(n, peer)


def clamd(n, _):
    tap.check(taken(send(n, ordinary())), 'clamd: an ordinary message is taken')
    for text, name in ((attached(EICAR), 'Eicar-'), (ordinary().encode() + EICAR + b'\r\n', 'Eicar-Bytes')):
        replies = send(n, text)
        tap.check(agree(n, NIXIE, replies[-1], 'X71', name), f'clamd: the EICAR file is refused ({replies[-1]})')
    big = attached(b'\1' * 3000000)
    tap.check(agree(n, NIXIE, send(n, big)[-1], 'X88', 'clamd'), 'clamd: what is larger than its StreamMaxLength is not taken unseen')
    tap.check([] if n.until_log(' alarm .*size limit exceeded') else [n.log()], '... and the alarm has its words')
    tap.check(taken(send(n, ordinary())), '... and the next one is taken')


def spamd(n, peer):
    replies = send(n, ordinary())
    tap.check(taken(replies), 'spamd: an ordinary message is taken')
    mail = stored(n)
    tap.check([] if 'X-Spam-Status: No, score=' in mail else [mail, peer.log()], '... with its points in front')
    reply = send(n, spam())[-1]
    tap.check(([] if reply.startswith('554 5.7.1 ') else [reply]) + agree(n, NIXIE, reply, 'C42', 'GTUBE', 'points of 10.0'), f'spamd: GTUBE is refused ({reply})')


def rspamd(n, peer):
    tap.check(taken(send(n, ordinary())), 'rspamd: an ordinary message is taken')
    replies = send(n, spam())
    tap.check(agree(n, NIXIE, replies[-1], 'X85', 'Gtube pattern', '15.0 points of 15.0: reject'), f'rspamd: GTUBE is refused ({replies[-1]})')
    tap.check([] if 'demo@example.test' in peer.log() else [peer.log()], '... and its log knows whom it was for')
    replies = send(n, ordinary().replace('Minutes of the meeting', 'mark me'))
    mail = stored(n, 2)
    tap.check(taken(replies) + ([] if 'X-Spam: Yes' in mail else [mail]), 'rspamd: add header marks')
    replies = send(n, ordinary().replace('Minutes of the meeting', 'come again'))
    tap.check(agree(n, NIXIE, replies[-1], 'X87', 'Greylisted by a test'), f'rspamd: soft reject defers ({replies[-1]})')
    # Over its proxy, as a milter
    n.configure(SETTINGS + f'milters = {peer.milter}\n', LISTENER)
    n.reload()
    said = n.run('check').stdout
    tap.check([said] if 'does not answer' in said else [], "rspamd's milter answers nixied check")
    tap.check(taken(send(n, ordinary())), "rspamd's milter: an ordinary message is taken")
    replies = send(n, spam())
    tap.check(agree(n, NIXIE, replies[-1], 'X86', 'milter', 'Gtube pattern') + ([] if replies[-1].startswith('554 5.7.1 ') else replies),
              f"rspamd's milter: GTUBE is refused, with its own code ({replies[-1]})")
    replies = send(n, ordinary().replace('Minutes of the meeting', 'mark me'))
    mail = stored(n, 4)
    tap.check(taken(replies) + ([] if 'Subject: mark me' in mail and 'X-Spam: Yes' in mail else [mail]), "rspamd's milter: add header marks")
    replies = send(n, ordinary().replace('Minutes of the meeting', 'come again'))
    tap.check(agree(n, NIXIE, replies[-1], 'X87', 'Greylisted by a test') + ([] if replies[-1].startswith('451 4.7.1 ') else replies),
              f"rspamd's milter: soft reject defers ({replies[-1]})")
    tap.check(taken(send(n, ordinary())), '... and the next one is taken')
    # All messages of a session, and one that ends early, over one connection
    with Relay(peer.milter) as between:
        n.configure(SETTINGS + f'milters = {between.place}\n', LISTENER)
        n.reload()
        with Client(n.ports['mx']) as c:
            c.reply()
            c.say('EHLO client.sender.test')
            tap.check(taken(bring(c, ordinary())), "rspamd's milter: the first message of a session is taken")
            tap.check(agree(n, NIXIE, bring(c, spam())[-1], 'X86', 'milter', 'Gtube pattern'), '... the second is refused')
            c.say('MAIL FROM:<anna@sender.test>')
            c.say('RSET')
            tap.check(taken(bring(c, ordinary().replace('Minutes of the meeting', 'mark me'))) + ([] if 'X-Spam: Yes' in stored(n, 7) else [n.log()]), '... one after RSET is marked')
            tap.check(taken(bring(c, ordinary())) + ([] if 'X-Spam' not in stored(n, 8) else [stored(n, 8)]), '... and the next one is not')
        tap.check([] if between.connections == 1 else [f'{between.connections} connections'], '... all over one connection')


GOOD = """good.test. MX 10 mx.good.test.
good.test. TXT "v=spf1 ip4:192.0.2.7 -all"
mx.good.test. A 192.0.2.7
7.2.0.192.in-addr.arpa. PTR mx.good.test.
"""


def rspamd_whole(n, peer):
    """All of Debian's modules, with what they remember in Redis; the sender is in order."""
    before = ['XCLIENT ADDR=192.0.2.7 HELO=mx.good.test', 'EHLO mx.good.test']

    def text(subject):
        return ordinary().replace('Minutes of the meeting', subject).replace('sender.test', 'good.test') + f'This is about: {subject}\r\n'

    def bring(message):
        return send(n, message, sender='anna@good.test', before=before)

    def later(message):  # what weighs more than `greylist` must come again, whatever becomes of it then
        return until(lambda: (lambda r: r if r[-1].startswith('250 ') else None)(bring(message))) or ['never', peer.log()]
    replies = bring(text('a test') + GTUBE + '\r\n')
    tap.check(agree(n, NIXIE, replies[-1], 'X85', 'Gtube pattern'), f'rspamd, all modules: GTUBE is refused ({replies[-1]})')
    tap.check(taken(bring(text('lunch'))), 'an ordinary message is taken')
    replies = bring(text('weigh 5'))
    tap.check(agree(n, NIXIE, replies[-1], 'X87', 'Greylisted by rspamd'), f'greylist: who is new must come again ({replies[-1]})')
    tap.check(taken(later(text('weigh 5'))), '... and is taken then, as Redis remembers')
    tap.check(taken(later(text('weigh 7'))) + ([] if 'X-Spam: Yes\r\n' in stored(n, 3) else [stored(n, 3), peer.log()]), 'add header marks')
    tap.check(taken(later(text('weigh 9'))) + ([] if 'Subject: *** SPAM *** weigh 9\r\n' in stored(n, 4) else [stored(n, 4), peer.log()]),
              'rewrite subject rewrites it')
    replies = [bring('X-Few: of these\r\n' + text(f'number {i}'))[-1] for i in range(4)]
    tap.check(agree(n, NIXIE, replies[-1], 'X87', 'Ratelimit') + ([] if replies[0].startswith('250 ') else replies), f'ratelimit: too many must come again ({replies[-1]})')


def users_send(n, peer):
    """Three messages of one session of a user."""
    with Client(n.ports['users'], tls=True) as c:
        c.reply()
        c.say('EHLO laptop.test')
        c.say('AUTH PLAIN ' + base64.b64encode(f'\0{USER}\0{PASSWORD}'.encode()).decode())
        for i in range(3):
            replies = bring(c, f'From: <{USER}>\r\nTo: <{USER}>\r\nSubject: number {i}\r\n\r\nsigned text\r\n', USER)
            tap.check(taken(replies) + ([] if replies[-1].startswith('250') else [n.log(), peer.log()]), f'OpenDKIM: message {i} of a user is taken')


def opendkim(n, peer):
    with Relay(peer.place) as between:
        n.configure(SETTINGS + f'milters = {between.place}\n', LISTENER + USERS)
        n.reload()
        users_send(n, peer)
        tap.check([] if between.connections == 1 else [f'{between.connections} connections'], '... over one connection')
    mail = stored(n, 3)
    tap.check([repr(m) for m in n.mails() if m.count(b'DKIM-Signature:') != 1], '... each with one signature')
    signature = mail.split('DKIM-Signature:', 1)[-1].split('\r\nFrom:')[0]
    tap.check([] if 'd=example.test' in signature and 's=test' in signature else [mail, peer.log()], '... and signed')
    # The Date that nixied adds is under the signature too; as others verify it, it holds.
    tap.check([] if 'h=Date:' in signature and 'Date: ' in mail else [mail], '... with the Date that it lacked')
    key = peer.jail.run('sh', '-c', 'openssl rsa -in /etc/dkim.private -pubout -outform DER 2>/dev/null | base64 -w0').stdout
    halves = f'"v=DKIM1; k=rsa; p={key[:200]}" "{key[200:]}"'
    with Nsd(f'test._domainkey.{DOMAIN}. TXT {halves}\n'):
        n.configure(SETTINGS.replace('dmarc = off', 'dmarc = log') + 'dns_servers = 127.0.0.1\n', LISTENER)
        n.reload()
        tap.check(taken(send(n, mail.split('\r\n', 2)[2])), '... handed in again, as from another server')
        results = stored(n, 4).split('Authentication-Results: ', 1)[-1].split('\r\nReceived')[0]
        tap.check([] if 'dkim=pass' in results and 'header.d=example.test' in results else [results], '... its signature holds')


def postgrey(n, _):
    replies = send(n, ordinary())
    tap.check(agree(n, NIXIE, replies[-1], 'X87', 'Greylisted'), f'postgrey: who is new must come again ({replies[-1]})')
    again = until(lambda: (lambda r: r if r[-1].startswith('250 ') else None)(send(n, ordinary())))
    tap.check(taken(again or ['never']), '... and is taken then')
    tap.check([] if 'X-Greylist: delayed' in stored(n) else [stored(n)], '... with the field that postgrey prepends')


def policyd_spf(n, peer):
    xclient = ['XCLIENT ADDR=192.0.2.7 HELO=client.pass.test', 'EHLO client.pass.test']
    with Nsd('pass.test. TXT "v=spf1 ip4:192.0.2.7 -all"\nfail.test. TXT "v=spf1 -all"\nclient.pass.test. A 192.0.2.7\n'):
        tap.check(taken(send(n, ordinary(), sender='u@pass.test', before=xclient)), 'policyd-spf: a sender with the right client is taken')
        tap.check([] if 'Received-SPF: ' in stored(n) else [stored(n), peer.log()], '... with the field that it prepends')
        replies = send(n, ordinary(), sender='u@fail.test', before=xclient)
        tap.check(agree(n, NIXIE, replies[-1], 'X86', 'SPF'), f'policyd-spf: one without is refused ({replies[-1]})')


with_filter(Clamd('127.0.0.2'), clamd, clamd='127.0.0.2:3310')
with_filter(Spamd('127.0.0.3'), spamd, spamd='127.0.0.3:783')
with_filter(Rspamd('127.0.0.4'), rspamd, rspamd='127.0.0.4:11333', rspamd_down='defer')
with contextlib.ExitStack() as stack:
    if not have(Redis, Nsd, RspamdWhole):
        stack.enter_context(Redis('127.0.0.2'))
        stack.enter_context(Nsd(GOOD))
    with_filter(RspamdWhole('127.0.0.4', '127.0.0.2:6379'), rspamd_whole, rspamd='127.0.0.4:11333', rspamd_down='defer')
with_filter(OpenDKIM('127.0.0.5', DOMAIN), opendkim, milters='127.0.0.5:8891', dns_servers='127.0.0.1')
with_filter(Postgrey('127.0.0.6'), postgrey, policy_services='127.0.0.6:10023')
with_filter(PolicydSpf('127.0.0.7'), policyd_spf, policy_services='127.0.0.7:10024')
sys.exit(tap.done())
