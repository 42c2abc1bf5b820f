#!/usr/bin/env python3
"""The resolver against a server that answers, refuses, lies, and says nothing. usage: test_resolver.py ASKER"""
import os
import re
import socket
import subprocess
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tools')]
from dns_server import GARBAGE, NOTIMP, REFUSED, SERVFAIL, SILENT, Big, Raw, Server  # noqa: E402
from ports import held_port  # noqa: E402

ASKER = sys.argv[1]
LONG = 'a' * 64 + '.example.org'
SLOW = 9  # seconds between an answer and the look at it, at most: its TTL may be so much less
cases = failures = 0


def check(ok, name, *about):
	global cases, failures
	cases += 1
	failures += not ok
	print('%s %d - %s' % ('ok' if ok else 'not ok', cases, name))
	for line in () if ok else about:
		print('# %r' % (line,))
	sys.stdout.flush()


def ask(server, *commands, timeout_ms=20000):
	"""What the callbacks said, a line each; the order of answers to different questions is open."""
	address = server if isinstance(server, str) else server.address
	run = subprocess.run([ASKER, address, str(timeout_ms)], input='\n'.join(commands) + '\n', text=True,
		capture_output=True, timeout=120)
	return run.stdout.splitlines() + (['exit %d %s' % (run.returncode, run.stderr)] if run.returncode > 1 else [])


def one(server, kind, name, **more):
	lines = ask(server, 'ask %s %s' % (kind, name), 'wait', **more)
	return lines[0] if len(lines) == 1 else lines


records = Server({
	('example.org', 'MX'): [(20, 'MX2.example.org'), (10, 'mx1.example.org')],
	('example.org', 'TXT'): [['v=spf1 ', '-all'], 'second'],
	('example.org', 'A'): ['192.0.2.1', '192.0.2.2'],
	('example.org', 'AAAA'): ['2001:db8::1'],
	('1.2.0.192.in-addr.arpa', 'PTR'): ['mail.example.org'],
	('_25._tcp.mx.example.org', 'TLSA'): [(3, 1, 1, b'0123456789')],
	('null.example.org', 'MX'): [(0, '')],
	('www.example.org', 'CNAME'): ['web.example.org'],
	('web.example.org', 'CNAME'): ['example.org'],
	('loop.example.org', 'CNAME'): ['loop.example.org'],
	('dangling.example.org', 'CNAME'): ['gone.example.net'],
	('big.example.org', 'TXT'): Big(['x' * 1000, 'y' * 1000, 'z' * 1000]),
	('many.example.org', 'A'): Big('10.0.%d.%d' % (i // 256, i % 256) for i in range(300)),
	('odd.example.org', 'MX'): [(1, Raw(b''))],
	('xn--bcher-kva.example', 'A'): ['192.0.2.3'],
	('short.example.org', 'A'): [Raw(b'\1\2\3')],
	('dots.example.org', 'PTR'): [Raw(b'\x07a.b c\\d\0')],
	('servfail.example.org', '*'): SERVFAIL,
	('refused.example.org', '*'): REFUSED,
	('notimp.example.org', '*'): NOTIMP,
	('garbage.example.org', '*'): GARBAGE,
	('silent.example.org', '*'): SILENT,
})
records.script[('odd.example.org', 'MX')] = [Raw(b'\0')]

for kind, name, want in [
	('MX', 'example.org', 'MX example.org found ttl=300 20:mx2.example.org 10:mx1.example.org'),
	('TXT', 'example.org', r'TXT example.org found ttl=300 v=spf1\x20-all second'),
	('A', 'EXAMPLE.Org.', 'A example.org found ttl=300 192.0.2.1 192.0.2.2'),
	('AAAA', 'example.org', 'AAAA example.org found ttl=300 2001:db8::1'),
	('PTR', '1.2.0.192.in-addr.arpa', 'PTR 1.2.0.192.in-addr.arpa found ttl=300 mail.example.org'),
	('TLSA', '_25._tcp.mx.example.org', 'TLSA _25._tcp.mx.example.org found ttl=300 3:1:1:0123456789'),
	('MX', 'null.example.org', 'MX null.example.org found ttl=300 0:'),
	('A', 'www.example.org', 'A www.example.org found cname=example.org ttl=300 192.0.2.1 192.0.2.2'),
	('A', 'dangling.example.org', 'A dangling.example.org nxdomain cname=gone.example.net ttl=60'),
	('TLSA', 'example.org', 'TLSA example.org nodata ttl=60'),
	('A', 'nobody.example', 'A nobody.example nxdomain ttl=60'),
	('A', 'bücher.example', 'A xn--bcher-kva.example found ttl=300 192.0.2.3'),
	('PTR', 'dots.example.org', 'PTR dots.example.org found ttl=300 a?b?c?d'),
	('A', 'loop.example.org', 'A loop.example.org broken ttl=10'),
	('MX', 'odd.example.org', 'MX odd.example.org broken ttl=10'),
	('A', 'short.example.org', 'A short.example.org broken ttl=10'),
	('A', 'garbage.example.org', 'A garbage.example.org broken ttl=10'),
	('A', LONG, 'A %s badname ttl=10' % LONG),
	('A', 'a..example.org', 'A a..example.org badname ttl=10'),
	('A', '.', 'A . badname ttl=10'),
	('A', r'a\046b.example.org', r'A a\046b.example.org badname ttl=10'),
	('TXT', 'big.example.org', 'TXT big.example.org found ttl=300 %s %s %s' % ('x' * 1000, 'y' * 1000, 'z' * 1000)),
]:
	got = one(records, kind, name)
	ttl = re.compile(r'ttl=(\d+)')
	check(isinstance(got, str) and ttl.sub('', got) == ttl.sub('', want) and
		0 <= int(ttl.search(want)[1]) - int(ttl.search(got)[1]) <= SLOW, '%s of %s' % (kind, name[:40]), got, want)

got = one(records, 'A', 'many.example.org')
check(isinstance(got, str) and ' cut ' in got and len(got.split()) == 5 + 256, 'more records than the limit: cut, and said so', got)

for name, want in [('servfail', 'servfail'), ('refused', 'refused'), ('notimp', 'broken')]:
	got = one(records, 'A', name + '.example.org')
	check(got.split()[2] == want, 'a server that says %s' % name, got)
got = one(records, 'A', 'silent.example.org', timeout_ms=300)
check(got.split()[2] == 'timeout', 'a server that says nothing', got)

# A port that nobody listens on.
closed = '127.0.0.1:%d' % held_port(socket.SOCK_DGRAM)
got = one(closed, 'A', 'example.org', timeout_ms=2000)
check(got.split()[2] in ('noserver', 'timeout'), 'no server there', got)
got = one('%s %s' % (closed, records.address), 'A', 'example.org')
check(got.split()[2] == 'found', 'the second server answers when the first is gone', got)

# Sharing and keeping.
fresh = Server({('example.org', 'A'): ['192.0.2.1']})
got = ask(fresh, *['ask A example.org'] * 50, 'wait', 'ask A Example.ORG', 'again 20 A example.org', 'wait', 'counts')
check(fresh.count('example.org', 'A') == 1, '72 questions, one query', fresh.asked)
got = [re.sub(r'ttl=\d+ ', '', line) for line in got]  # it may be a second less in the cache
check(got.count(got[0]) == 72 and got[-1].startswith('counts asked=72 sent=1 failed=0 entries=1 pending=0'), 'each is answered', got[-1])

fresh = Server({('example.org', 'A'): ['192.0.2.1'], ('other.example.org', 'A'): ['192.0.2.2']})
got = ask(fresh, 'drop A example.org', 'ask A other.example.org', 'wait', 'drop A other.example.org', 'sleep 1',
	'ask A example.org', 'wait')
check([line.split()[1] for line in got] == ['other.example.org', 'example.org'], 'what is cancelled says nothing', got)
check(fresh.count('example.org', 'A') == 1, '... and its answer is kept for who asks next', fresh.asked)

fresh = Server({('here.example.org', 'A'): ['192.0.2.1']})
got = ask(fresh, 'ask A gone.example.org', 'wait', 'ask A gone.example.org', 'ask TXT here.example.org', 'wait', 'ask TXT here.example.org', 'wait')
check(fresh.count('gone.example.org', 'A') == 1 and fresh.count('here.example.org', 'TXT') == 1, 'that there is nothing is kept as well', fresh.asked)

fresh = Server({('example.org', 'A'): ['192.0.2.1'], ('gone.example.org', 'TXT'): ['x']}, ttl=0, negative_ttl=4000000)
got = ask(fresh, 'ask A example.org', 'ask A gone.example.org', 'wait')
ttls = {line.split()[1]: int(re.search(r'ttl=(\d+)', line).group(1)) for line in got}
check(1 <= ttls['example.org'] <= 5, 'a TTL of 0 is five seconds', got)
check(3600 - SLOW <= ttls['gone.example.org'] <= 3600, 'nothing is believed for more than an hour', got)

fresh = Server({('x.example.org', '*'): SERVFAIL})
got = ask(fresh, 'ask A x.example.org', 'wait', 'ask A x.example.org', 'wait', 'counts')
check('asked=2 sent=1' in got[-1], 'a failure is kept for a moment', got)

dead = Server({(name, '*'): how for name, how in (('a.example.org', SERVFAIL), ('b.example.org', REFUSED), ('c.example.net', SERVFAIL),
	('d.example.com', SERVFAIL), ('e.example.edu', SERVFAIL), ('good.example.info', [0]))} | {('good.example.info', 'A'): ['192.0.2.1']})


def silences(*names):
	return ask(dead, *[line for name in names for line in ('ask A ' + name, 'wait')]).count('silent')


check(silences('a.example.org', 'b.example.org', 'c.example.net') == 0, 'two domains that fail are their own affair')
check(silences('a.example.org', 'c.example.net', 'd.example.com', 'e.example.edu') == 1, 'three in a row are the DNS, and it is told once')
check(silences('a.example.org', 'c.example.net', 'good.example.info', 'd.example.com', 'no name.', 'e.example.edu') == 0, '... but for an answer in between')
check(silences('a.example.org', 'c.example.net', 'd.example.com', 'good.example.info', 'b.example.org', 'e.example.edu', 'x.example.org', 'q.example.q') == 1,
	'... and from then on they count anew')

got = ask(records, *['ask A silent.example.org', 'sleep 1'] * 3, 'ask A example.org')
check(got == [], 'freed while questions are open', got)
for servers in ('mail.example.org', '127.0.0.1:x', '127.0.0.1 ' * 9):
	got = ask(servers, 'ask A example.org')
	check(len(got) == 1 and got[0].startswith('no resolver: a DNS server must be an address'), 'no address: %s' % servers[:20], got)

print('1..%d' % cases)
sys.exit(failures > 0)
