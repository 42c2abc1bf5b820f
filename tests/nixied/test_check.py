#!/usr/bin/env python3
"""test_check.py NIXIED - `nixied check` on a server's real files, ports and directory. TAP.

What it finds in settings and certificates alone is held by test_check_settings.c.
"""
import ipaddress
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tools'))
from ports import held_port  # noqa: E402
from tap import check, done  # noqa: E402


STUMBLES = [  # a line, and what is said of it
    ('dnsbl = zen.spamhaus.org=abc', 'is no list'),
    ('uribl = multi.uribl.com*x', 'is no list'),
    ('dns_servers = resolver.example', 'must be an address'),
    ('local_delivery = mbox', 'lmtp:HOST:PORT'),
    ('local_delivery = lmtp:dovecot', 'needs HOST:PORT'),
    ('pipe_user = no-such-user', 'no user no-such-user'),
    ('source_ipv4 = mail.example.test', 'no address of that kind'),
    ('source_ipv4 = 192.0.2.77', 'no address of this machine'),
    ('source_ipv6 = 192.0.2.77', 'no address of that kind'),
    ('tls_required_to = a.example, b.example', '"a.example," is no domain'),
    ('dkim_required = bank@example.org', 'is no domain'),
]


class Server:
    """A folder as `nixied demo` makes it, with listeners at free ports."""

    def __init__(self, nixied, top):
        self.nixied, self.top, self.conf = nixied, top, top / 'nixied.conf'
        subprocess.run([nixied, 'demo', '-n', top], check=True, capture_output=True, timeout=60)
        text = self.conf.read_text()
        for port in ('2525', '2587', '2465'):
            text = text.replace(f':{port}', f':{held_port()}')
        self.text = text
        self.conf.write_text(text)

    def check(self, more='', instead=None):
        text = self.text
        for old, new in (instead or {}).items():
            assert old in text, old
            text = text.replace(old, new)
        self.conf.write_text(more + text)
        got = subprocess.run([self.nixied, 'check', '-c', self.conf], capture_output=True, text=True, timeout=60,
                             check=False)
        return got.returncode, got.stdout + got.stderr


def says(got, code, *parts):
    return [] if got[0] == code and all(p in got[1] for p in parts) else [f'exit {got[0]}', *got[1].splitlines()]


def main():
    nixied = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        s = Server(nixied, pathlib.Path(folder) / 'demo')
        check(says(s.check(), 0, 'wrong: 0', 'no domain has a key: mail goes out unsigned'), 'a new server: nothing is wrong')
        subprocess.run([nixied, 'dkim', '-c', s.conf, 'make', 'example.test', 'ed25519', 'e1'], check=True, capture_output=True, timeout=60)
        key = s.top / 'keys/example.test/e1.pem'
        key.with_suffix('.new').rename(key)
        check(says(s.check(), 0, 'wrong: 0', 'keys that sign mail: 1'), 'a key that signs')
        key.chmod(0o644)
        check(says(s.check(), 1, 'wrong: 1', 'e1.pem: may be read by others', 'the server does not start'), 'a key that is no secret')
        key.unlink()
        check(says(s.check('max_recipients = 1\n'), 1, 'nixied.conf:1:', 'max_recipients'), 'a value out of range')
        check(says(s.check('max_recipientz = 100\n'), 1, 'nixied.conf:1:', 'did you mean max_recipients?'),
              'a name that is none')
        for wrong, words in STUMBLES:
            check(says(s.check(wrong + '\n'), 1, 'nixied.conf:1: wrong: ' + wrong.split(' =', maxsplit=1)[0], words, 'wrong: 1'),
                  f'what the server would stumble over, or pass over: {wrong}')
        check(says(s.check('''dnsbl = zen.spamhaus.org*5 bl.example=127.0.0.[2..11]
tls_required_to = example.org .example.net müller.example
keep_rejects = *
source_ipv4 = 127.0.0.1
dns_servers = 127.0.0.1:5353, [::1]:53
local_delivery = lmtp:unix:/run/dovecot/lmtp
'''), 0, 'wrong: 0'), 'and what is right of these')
        check(says(s.check('pipe_user = daemon\n'), 0, 'pipe_user does nothing'), 'a user of no command')
        check(says(s.check(instead={'hostname = mail.example.test': 'hostname = mail'}), 1, 'no full name'),
              'a host name that is not full')
        check(says(s.check(instead={'hostname = mail.example.test': 'hostname = other.example.test'}), 0,
                   'not for other.example.test but for DNS:mail.example.test'), 'a certificate for another name')
        check(says(s.check(instead={'certificate.pem': 'absent.pem'}), 1, 'absent.pem'), 'a certificate that is not there')
        check(says(s.check(instead={'/nixied.log': '/absent/nixied.log'}), 1, 'log_file'), 'a log that has no folder')
        check(says(s.check(instead={'min_free_space = 16M': 'min_free_space = 900000G'}), 1, 'X11'), 'a disk too full')
        check(says(s.check(instead={'postmaster = demo@': 'postmaster = nobody@'}), 0, 'nobody@example.test, which is'),
              'a postmaster whose mail is refused')
        check(says(s.check(), 0, 'nobody gets root@mail.example.test', 'domain-alias add HOST DOMAIN'), 'cron would talk to nobody')
        for words in (('domain-alias', 'add', 'mail.example.test', 'example.test'), ('alias', 'add', 'root@example.test', 'demo@example.test')):
            check(says(s.check(), 0, 'nobody gets root@mail.example.test'), 'not yet ' + words[0])
            subprocess.run([nixied, 'admin', '-c', s.conf, *words], check=True, capture_output=True, timeout=60)
        check([x for x in s.check()[1].splitlines() if 'root@' in x], 'now somebody reads it')
        os.chmod(s.top, 0o755)
        check(says(s.check(), 0, 'people\'s mail'), 'a folder that others may look into')
        os.chmod(s.top, 0o700)
        with socket.socket() as other:
            other.bind(('127.0.0.1', 0))
            other.listen()
            port = other.getsockname()[1]
            got = s.check(f'listener taken {{\naddress = 127.0.0.1:{port}\n}}\n')
            check(says(got, 0, f'127.0.0.1:{port} is in use'), 'a port that is taken')
        got = s.check('listener far {\naddress = 192.0.2.1:2525\n}\n')
        check(says(got, 1, 'no address of this machine'), 'an address of another machine')
        before = {p: p.stat().st_mtime_ns for p in s.top.rglob('*') if p.name != 'nixied.conf'}
        s.check()
        after = {p: p.stat().st_mtime_ns for p in s.top.rglob('*') if p.name != 'nixied.conf'}
        check([str(p) for p in before | after if before.get(p) != after.get(p) and not p.name.startswith('directory.db')],
              'nothing is changed by looking')

        def relay(network, login):
            net = ipaddress.ip_network(network)
            as16 = lambda ip: ipaddress.IPv6Address(f'::ffff:{ip}').packed if ip.version == 4 else ip.packed
            with sqlite3.connect(s.top / 'directory.db') as db:
                db.execute('DELETE FROM range')
                db.execute('INSERT INTO range (name, low, high, priority, allowed, needs_login) VALUES (?, ?, ?, 10, 15, ?)',
                           ('test', as16(net[0]), as16(net[-1]), login))
            db.close()
            return s.check()
        check(says(relay('0.0.0.0/0', 0), 1, 'open relay'), 'a range that makes an open relay')
        check(says(relay('198.51.100.0/24', 0), 1, '198.51.100.0/24'), 'a net of strangers too')
        check(says(relay('0.0.0.0/0', 10), 0, 'wrong: 0'), 'with a login it is none')
        check(says(relay('192.168.0.0/16', 0), 0, 'wrong: 0'), 'and an inner net is none')
        (s.top / 'directory.db').write_bytes(b'this is no database' * 100)
        check(says(s.check(), 1, 'directory.db'), 'a directory that is damaged')
        for p in s.top.glob('directory.db*'):
            p.unlink()
        check(says(s.check(), 0, 'no directory yet'), 'a directory that is not there')
        check([] if not list(s.top.glob('directory.db*')) else ['it was made'], 'and is not made')
        s.conf.unlink()
        got = subprocess.run([nixied, 'check', '-c', s.conf], capture_output=True, text=True, timeout=60, check=False)
        check(says((got.returncode, got.stderr), 1, 'nixied.conf'), 'no configuration')
        got = subprocess.run([nixied, 'check', 'x'], capture_output=True, text=True, timeout=60, check=False)
        check(says((got.returncode, got.stderr), 2, 'no operand'), 'an operand')
    return done()


if __name__ == '__main__':
    sys.exit(main())
