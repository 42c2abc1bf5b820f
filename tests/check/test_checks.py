#!/usr/bin/env python3
"""Every check, raised by its real cause: a scripted DNS, the reply, the line in the log, and what `nixie`
makes of the reply. usage: test_checks.py CHECKER NIXIE"""
import base64
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'dns'))
from dns_server import SERVFAIL, SILENT, Server  # noqa: E402

CHECKER, NIXIE = sys.argv[1:3]
cases = failures = 0


def check(ok, name, *about):
	global cases, failures
	cases += 1
	failures += not ok
	print('%s %d - %s' % ('ok' if ok else 'not ok', cases, name))
	for line in () if ok else about:
		print('# %r' % (line,))
	sys.stdout.flush()


def run(server, settings, *commands, folder=None):
	"""What each question was answered, and the log."""
	with tempfile.TemporaryDirectory() as own:
		folder = folder or own
		with open(os.path.join(own, 'conf'), 'w') as f:
			f.write('data_directory = %s\n' % folder)
			f.writelines('%s = %s\n' % item for item in settings.items())
		log = os.path.join(own, 'log')
		got = subprocess.run([CHECKER, os.path.join(own, 'conf'), server.address, log],
			input='\n'.join(commands) + '\n', text=True, capture_output=True, timeout=120)
		if got.returncode:
			return ['exit %d: %s %s' % (got.returncode, got.stdout, got.stderr)], ''
		with open(log) as f:
			return [line.removeprefix('late ') for line in got.stdout.splitlines()], f.read()


def explained(reply):
	"""The condition and the reason that the reader finds in a reply."""
	got = subprocess.run([NIXIE, 'reply', '-o', 'json', reply.rsplit(' (', 1)[0]], text=True, capture_output=True, timeout=60)
	outcome = json.loads(got.stdout)['outcomes'][0]
	return outcome.get('reason')


QUIET = {'spf': 'off', 'sender_mx_check': 'off', 'helo_check': 'off', 'ptr_check': 'off'}
CLIENT = '192.0.2.7'
ZONE = {
	('good.example', 'MX'): [(10, 'mx.good.example')],
	('good.example', 'TXT'): ['v=spf1 ip4:192.0.2.0/24 -all'],
	('mx.good.example', 'A'): [CLIENT],
	('only-a.example', 'A'): ['203.0.113.1'],
	('only-aaaa.example', 'AAAA'): ['2001:db8::1'],
	('text-only.example', 'TXT'): ['hello'],
	('null.example', 'MX'): [(0, '')],
	('down.example', '*'): SERVFAIL,
	('slow.example', '*'): SILENT,
	('fail.example', 'MX'): [(10, 'mx.good.example')],
	('fail.example', 'TXT'): ['v=spf1 -all'],
	('why.example', 'MX'): [(10, 'mx.good.example')],
	('why.example', 'TXT'): ['v=spf1 -all exp=exp.why.example'],
	('exp.why.example', 'TXT'): ['%{i} is not ours, see https://%{d}/'],
	('soft.example', 'MX'): [(10, 'mx.good.example')],
	('soft.example', 'TXT'): ['v=spf1 ~all'],
	('broken.example', 'MX'): [(10, 'mx.good.example')],
	('broken.example', 'TXT'): ['v=spf1 nonsense'],
	('7.2.0.192.in-addr.arpa', 'PTR'): ['mx.good.example'],
	('8.2.0.192.in-addr.arpa', 'PTR'): ['liar.good.example'],
	('liar.good.example', 'A'): ['203.0.113.9'],
	('9.2.0.192.in-addr.arpa', 'PTR'): SERVFAIL,
	# A list in order: RFC 5782 s5.
	('2.0.0.127.bl.example', 'A'): ['127.0.0.2'],
	('20.2.0.192.bl.example', 'A'): ['127.0.0.3'],
	('20.2.0.192.bl.example', 'TXT'): ['seen in a trap, see https://bl.example/192.0.2.20'],
	('21.2.0.192.bl.example', 'A'): ['127.0.0.10'],
	('22.2.0.192.bl.example', 'A'): ['127.255.255.254'],
	('2.0.0.127.zen.spamhaus.org', 'A'): ['127.0.0.2'],
	('20.2.0.192.zen.spamhaus.org', 'A'): ['127.0.0.4'],
	('*.wild.example', 'A'): ['127.0.0.2'],
	('1.0.0.127.wild.example', 'A'): ['127.0.0.2'],
	('20.2.0.192.wild.example', 'A'): ['127.0.0.2'],
	('20.2.0.192.dead.example', 'A'): ['127.0.0.2'],
	('20.2.0.192.good-ones.example', 'A'): ['127.0.5.1'],
	('bad.example.rhs.example', 'A'): ['127.0.1.2'],
	('bad.example', 'MX'): [(10, 'mx.good.example')],
}
server = Server(ZONE)


def mail(settings, sender='u@good.example', client=CLIENT, helo='mx.good.example', rcpt='r@here.example', zone=None):
	got, log = run(zone or server, {**QUIET, **settings}, 'client ' + client, 'helo ' + helo, 'mail ' + sender, 'rcpt ' + rcpt)
	return got[0] if len(got) == 1 else got, log


# Each condition: settings, what happens, the reply, its reason, and what the log has.
for name, settings, facts, want, reason, in_log in [
	('C31: no MX and no address', {'sender_mx_check': 'refuse'}, {'sender': 'u@text-only.example'},
		'550 5.1.8 Sender domain does not have any MX records, and no address: text-only.example (C31 TEST)', 'sender_invalid',
		'check=sender result=fail rule=text-only.example score=5'),
	('C31: no such domain', {'sender_mx_check': 'refuse'}, {'sender': 'u@nobody.example'},
		'550 5.1.8 Sender domain does not have any MX records, and no address: nobody.example (C31 TEST)', 'sender_invalid', 'result=fail'),
	('X43: a null MX', {'sender_mx_check': 'refuse'}, {'sender': 'u@null.example'},
		'550 5.7.27 Sender domain null.example has a null MX (X43 TEST)', 'sender_invalid', 'result=nullmx'),
	('X44: the DNS does not tell', {'sender_mx_check': 'refuse'}, {'sender': 'u@down.example'},
		'450 4.1.8 Sender domain down.example could not be looked up, please try again later (X44 TEST)', 'sender_invalid', 'result=temperror'),
	('C21: SPF fails', {'spf': 'refuse'}, {'sender': 'u@fail.example'},
		'550 5.7.23 Blocked by SPF: 192.0.2.7 may not send for fail.example (C21 TEST)', 'spf_failure', 'check=spf result=fail rule=-all'),
	('X84: SPF fails, and says why', {'spf': 'refuse'}, {'sender': 'u@why.example'},
		'550 5.7.23 Blocked by SPF: 192.0.2.7 may not send for why.example, whose owner says: 192.0.2.7 is not ours, see '
		'https://why.example/ (X84 TEST)', 'spf_failure', 'check=spf result=fail'),
	('X46: SPF cannot be asked', {'spf': 'refuse'}, {'sender': 'u@down.example'},
		'451 4.7.24 SPF of down.example could not be checked, please try again later (X46 TEST)', 'spf_failure', 'result=temperror rule=servfail'),
	('C33: another address', {'helo_check': 'refuse'}, {'helo': 'only-a.example'},
		'550 5.7.1 The host name specified in HELO does not match IP address: only-a.example is not 192.0.2.7 (C33 TEST)', 'helo_invalid',
		'check=helo result=fail rule=203.0.113.1'),
	('C33: a literal of another', {'helo_check': 'refuse'}, {'helo': '[192.0.2.8]'},
		'550 5.7.1 The host name specified in HELO does not match IP address: [192.0.2.8] is not 192.0.2.7 (C33 TEST)', 'helo_invalid', 'result=fail'),
	('X20: no name', {'ptr_check': 'refuse'}, {'client': '192.0.2.6'},
		'550 5.7.25 Client host 192.0.2.6 has no valid reverse DNS (PTR) record (X20 TEST)', 'reverse_dns', 'check=ptr result=none'),
	('X20: a name that leads elsewhere', {'ptr_check': 'refuse'}, {'client': '192.0.2.8'},
		'550 5.7.25 Client host 192.0.2.8 has no valid reverse DNS (PTR) record (X20 TEST)', 'reverse_dns', 'check=ptr result=fail rule=liar.good.example'),
	('C35: on a list, its own words', {'dnsbl': 'bl.example'}, {'client': '192.0.2.20'},
		'550 5.7.1 Client host 192.0.2.20 is listed in bl.example: seen in a trap, see https://bl.example/192.0.2.20 (C35 TEST)', 'ip_blocklisted',
		'check=dnsbl result=listed rule=bl.example score=10'),
	('C35: a list the catalogue knows', {'dnsbl': 'zen.spamhaus.org'}, {'client': '192.0.2.20'},
		'550 5.7.1 Client host 192.0.2.20 is listed in Spamhaus ZEN: https://check.spamhaus.org/ (C35 TEST)', 'ip_blocklisted', 'result=listed'),
	('X83: the sender\'s domain on a list', {'rhsbl': 'rhs.example'}, {'sender': 'u@bad.example'},
		'550 5.7.1 Domain bad.example is listed in rhs.example: it gives no reason (X83 TEST)', 'domain_blocklisted', 'check=rhsbl result=listed rule=rhs.example'),
	('X83: the name in HELO on a list', {'rhsbl': 'rhs.example'}, {'helo': 'bad.example'},
		'550 5.7.1 Domain bad.example is listed in rhs.example: it gives no reason (X83 TEST)', 'domain_blocklisted', 'check=rhsbl result=listed'),
	('a sum that refuses: the heaviest speaks', {'ptr_check': 'score', 'helo_check': 'score', 'spf': 'score', 'spf_score': '6', 'ptr_score': '3', 'helo_score': '2',
		'refuse_score': '11'}, {'client': '192.0.2.6', 'helo': 'only-a.example', 'sender': 'u@fail.example'},
		'550 5.7.23 Blocked by SPF: 192.0.2.6 may not send for fail.example (C21 TEST)', 'spf_failure',
		'check=total result=refuse score=11 rule=spf setting="refuse_score = 11"'),
	('who refuses alone before who weighs more', {'helo_check': 'refuse', 'helo_score': '1', 'spf': 'score', 'spf_score': '50', 'refuse_score': '10'},
		{'helo': 'only-a.example', 'sender': 'u@fail.example'},
		'550 5.7.1 The host name specified in HELO does not match IP address: only-a.example is not 192.0.2.7 (C33 TEST)', 'helo_invalid', 'score=51 rule=helo'),
	('for good before for now', {'spf': 'refuse', 'ptr_check': 'refuse'}, {'sender': 'u@down.example', 'client': '192.0.2.6'},
		'550 5.7.25 Client host 192.0.2.6 has no valid reverse DNS (PTR) record (X20 TEST)', 'reverse_dns', 'result=refuse'),
]:
	got, log = mail(settings, **facts)
	check(got == want, name, got, want)
	check(in_log in log, '... in the log', log.splitlines(), in_log)
	if isinstance(got, str) and got[:1] in '45':
		check(explained(got) == reason, '... explained as %s' % reason, explained(got))

# What passes.
for name, settings, facts, in_log in [
	('all is well', {'spf': 'refuse', 'sender_mx_check': 'refuse', 'helo_check': 'refuse', 'ptr_check': 'refuse', 'dnsbl': 'bl.example', 'rhsbl': 'rhs.example'}, {},
		'check=total result=pass score=0'),
	('an address is as good as an MX', {'sender_mx_check': 'refuse'}, {'sender': 'u@only-a.example'}, 'check=sender result=pass'),
	('... of IPv6 too', {'sender_mx_check': 'refuse'}, {'sender': 'u@only-aaaa.example'}, 'check=sender result=pass'),
	('the null sender has no domain', {'sender_mx_check': 'refuse'}, {'sender': ''}, 'check=total result=pass'),
	('a sender at an address', {'sender_mx_check': 'refuse'}, {'sender': 'u@[192.0.2.7]'}, 'check=sender result=pass'),
	('softfail does not refuse', {'spf': 'refuse'}, {'sender': 'u@soft.example'}, 'check=spf result=softfail rule=~all score=2'),
	('a broken record does not refuse', {'spf': 'refuse'}, {'sender': 'u@broken.example'}, 'check=spf result=permerror rule=nonsense'),
	('a DNS that fails does not refuse: HELO', {'helo_check': 'refuse'}, {'helo': 'down.example'}, 'check=helo result=temperror'),
	('... reverse DNS', {'ptr_check': 'refuse'}, {'client': '192.0.2.9'}, 'check=ptr result=temperror'),
	('... scores', {'spf': 'score', 'refuse_score': '1'}, {'sender': 'u@down.example'}, 'check=spf result=temperror'),
	('only logged', {'spf': 'log', 'helo_check': 'log', 'ptr_check': 'log', 'sender_mx_check': 'log', 'refuse_score': '1'},
		{'sender': 'u@fail.example', 'client': '192.0.2.6', 'helo': 'only-a.example'}, 'check=spf result=fail'),
	('below the sum', {'spf': 'score', 'spf_score': '9'}, {'sender': 'u@fail.example'}, 'check=total result=pass score=9'),
	('postmaster is reachable', {'spf': 'refuse'}, {'sender': 'u@fail.example', 'rcpt': 'Postmaster@here.example'}, ''),
	('abuse is', {'spf': 'refuse'}, {'sender': 'u@fail.example', 'rcpt': 'abuse@here.example'}, ''),
	('an answer that the filter leaves out', {'dnsbl': 'bl.example=127.0.0.[2..9]'}, {'client': '192.0.2.21'}, 'check=dnsbl result=clean'),
	('a weight below the sum', {'dnsbl': 'bl.example*9'}, {'client': '192.0.2.20'}, 'check=total result=pass score=9'),
	('a list that refuses to answer', {'dnsbl': 'bl.example'}, {'client': '192.0.2.22'}, 'alarm check=dnsbl rule=bl.example words="the list refuses to answer'),
	('a list that answers for everything', {'dnsbl': 'wild.example'}, {'client': '192.0.2.20'}, 'alarm check=dnsbl rule=wild.example words="the list has entries for what no'),
	('a dead list', {'dnsbl': 'dead.example'}, {'client': '192.0.2.20'}, 'alarm check=dnsbl rule=dead.example words="the list does not have the entry'),
	('a list of good ones first', {'dnsbl': 'bl.example', 'dnswl': 'good-ones.example'}, {'client': '192.0.2.20'}, 'check=dnswl result=listed rule=good-ones.example'),
	('an exempt client', {'spf': 'refuse', 'check_exempt': '192.0.2.0/24'}, {'sender': 'u@fail.example'}, ''),
]:
	got, log = mail(settings, **facts)
	check(got == 'pass', name, got)
	check(in_log in log, '... in the log', log.splitlines(), in_log)

# A DNS that says nothing: the checks end by their own time, and nothing is refused for good.
got, log = mail({'spf': 'refuse', 'sender_mx_check': 'refuse', 'helo_check': 'refuse', 'check_timeout': '1s'}, sender='u@slow.example', helo='slow.example')
check(got.startswith('450 4.1.8 ') and 'check=spf result=temperror' in log and 'check=helo result=temperror' in log, 'silence is for now', got, log)

# A session: each message is judged anew; a second recipient costs nothing.
got, log = run(server, {**QUIET, 'spf': 'refuse'}, 'client ' + CLIENT, 'helo mx.good.example', 'mail u@fail.example', 'rcpt a@here.example',
	'rcpt b@here.example', 'rcpt postmaster@here.example', 'mail u@good.example', 'rcpt a@here.example', 'mail u@fail.example', 'reset', 'mail u@good.example',
	'rcpt c@here.example', 'signed somebody', 'mail u@fail.example', 'rcpt d@here.example')
check([line[:3] for line in got] == ['550', '550', 'pas', 'pas', 'pas', 'pas'], 'message by message', got)
check(log.count('check=total') == 3, 'once for each message', log.splitlines())
got, log = run(server, {**QUIET, 'ptr_check': 'refuse'}, 'client 192.0.2.6', 'helo x', 'mail u@good.example', 'client 192.0.2.7', 'mail u@good.example',
	'rcpt a@here.example')
check(got == ['pass'], 'another client while the first is being asked about', got)

# The text: the signed message of RFC 8463, whole, changed, and under other policies.
SIGNED = """DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace("\n", "\r\n")
UNSIGNED = SIGNED[SIGNED.index("From: "):]
KEY = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='
AUTHOR = 'football.example.com'


def text(message, zone, settings=None, sender='u@' + AUTHOR, client=CLIENT):
	"""The answers to RCPT and to the end of the text, and the log."""
	zone = Server({('brisbane._domainkey.' + AUTHOR, 'TXT'): [KEY], (AUTHOR, 'A'): ['192.0.2.99'], **zone})
	with tempfile.TemporaryDirectory() as folder:
		with open(os.path.join(folder, 'mail'), 'w', newline='') as f:
			f.write(message)
		got, log = run(zone, {**QUIET, 'spf': 'refuse', 'dmarc': 'refuse', **(settings or {})}, 'client ' + client, 'helo mx.other.example', 'mail ' + sender,
			'rcpt r@here.example', 'end ' + os.path.join(folder, 'mail'))
	zone.close()
	return got[0], '\n'.join(got[1:]), log


def policy(record, **more):
	return {('_dmarc.' + AUTHOR, 'TXT'): [record], **more}


ELSEWHERE = {('other.example', 'TXT'): ['v=spf1 ip4:192.0.2.7 -all']}
OURS = {(AUTHOR, 'TXT'): ['v=spf1 ip4:192.0.2.7 -all']}
NOT_OURS = {(AUTHOR, 'TXT'): ['v=spf1 -all']}
REJECT = policy('v=DMARC1; p=reject')
CHANGED = SIGNED.replace('Joe.', 'Jim.')

for name, args, want, headers, in_log in [
	('signed, sent by another: DKIM agrees', (SIGNED, {**REJECT, **ELSEWHERE}, None, 'u@other.example'), 'pass',
		['dkim=pass header.d=football.example.com header.s=brisbane header.a=ed25519-sha256', 'dmarc=pass (p=reject) header.from=football.example.com',
			'spf=pass smtp.mailfrom=u@other.example'], 'check=dmarc result=pass rule=football.example.com'),
	('unsigned, sent by itself: SPF agrees', (UNSIGNED, {**REJECT, **OURS}), 'pass', ['spf=pass', 'dkim=none', 'dmarc=pass (p=reject)'], 'check=dkim result=none'),
	('X76: neither agrees', (UNSIGNED, {**REJECT, **ELSEWHERE}, None, 'u@other.example'),
		'550 5.7.26 Rejected by the DMARC policy of football.example.com: SPF pass for other.example, which is another domain; no DKIM signature (X76 TEST)', [],
		'check=dmarc result=fail'),
	('X76: the body was changed', (CHANGED, {**REJECT, **ELSEWHERE}, None, 'u@other.example'),
		'550 5.7.26 Rejected by the DMARC policy of football.example.com: SPF pass for other.example, which is another domain; '
		'DKIM fail for football.example.com (X76 TEST)', [], 'check=dkim result=fail rule="football.example.com: the body was changed"'),
	('X76 of a subdomain, by the policy of the organization', (UNSIGNED, {('_dmarc.example.com', 'TXT'): ['v=DMARC1; p=none; sp=reject'], **ELSEWHERE}, None, 'u@other.example'),
		'550 5.7.26 Rejected by the DMARC policy of football.example.com: SPF pass for other.example, which is another domain; no DKIM signature (X76 TEST)', [], 'result=fail'),
	('a subdomain agrees, when that is enough', (UNSIGNED, {**REJECT, ('www.football.example.com', 'TXT'): ['v=spf1 ip4:192.0.2.7']}, None, 'u@www.football.example.com'), 'pass',
		['dmarc=pass'], ''),
	('X76: a subdomain, when it must be the same', (UNSIGNED, {**policy('v=DMARC1; p=reject; aspf=s'), ('www.football.example.com', 'TXT'): ['v=spf1 ip4:192.0.2.7']}, None,
		'u@www.football.example.com'), '550 5.7.26 Rejected by the DMARC policy of football.example.com: SPF pass for www.football.example.com, which is another domain; '
		'no DKIM signature (X76 TEST)', [], ''),
	('X73: who always signs has not', (UNSIGNED, OURS, {'dmarc': 'off', 'dkim_required': 'bank.example example.com'}), '550 5.7.20 No passing DKIM signature found (X73 TEST)', [],
		'check=dkim result=required rule=football.example.com'),
	('X73: ... nor rightly', (CHANGED, OURS, {'dmarc': 'off', 'dkim_required': AUTHOR}), '550 5.7.20 No passing DKIM signature found (X73 TEST)', [], ''),
	('who always signs has', (SIGNED, OURS, {'dmarc': 'off', 'dkim_required': AUTHOR}), 'pass', [], 'check=dkim result=pass'),
	('another who always signs is not meant', (UNSIGNED, OURS, {'dmarc': 'off', 'dkim_required': 'bank.example'}), 'pass', [], ''),
	('p=none says nothing', (UNSIGNED, {**policy('v=DMARC1; p=none'), **ELSEWHERE}, None, 'u@other.example'), 'pass', ['dmarc=fail (p=none)'], 'result=fail'),
	('p=quarantine marks', (UNSIGNED, {**policy('v=DMARC1; p=quarantine'), **ELSEWHERE}, None, 'u@other.example'), 'pass', ['dmarc=fail (p=quarantine)', 'X-Spam-Flag: YES'], ''),
	('who tries it out is taken a step lighter', (UNSIGNED, {**policy('v=DMARC1; p=reject; t=y'), **ELSEWHERE}, None, 'u@other.example'), 'pass', ['X-Spam-Flag: YES'], ''),
	('only logged', (UNSIGNED, {**REJECT, **ELSEWHERE}, {'dmarc': 'log'}, 'u@other.example'), 'pass', ['dmarc=fail (p=reject)'], 'check=dmarc result=fail'),
	('no policy', (UNSIGNED, ELSEWHERE, None, 'u@other.example'), 'pass', ['dmarc=none'], 'check=dmarc result=none'),
	('SPF fails, and DKIM vouches: forwarded', (SIGNED, {**REJECT, **NOT_OURS}), 'pass', ['spf=fail', 'dkim=pass', 'dmarc=pass'], 'check=spf result=fail'),
	('C21 at the end: SPF fails, and nobody vouches', (UNSIGNED, {**policy('v=DMARC1; p=none'), **NOT_OURS}),
		'550 5.7.23 Blocked by SPF: 192.0.2.7 may not send for football.example.com (C21 TEST)', [], 'check=total result=refuse score=5 rule=spf'),
	('X77: the key cannot be asked for', (SIGNED, {**REJECT, **ELSEWHERE, ('brisbane._domainkey.' + AUTHOR, 'TXT'): SERVFAIL}, None, 'u@other.example'),
		'451 4.7.26 Authentication checks of football.example.com failed for now, please try again later (X77 TEST)', [], 'check=dkim result=temperror'),
	('X77: nor the policy', (SIGNED, {('_dmarc.' + AUTHOR, 'TXT'): SERVFAIL, **ELSEWHERE}, None, 'u@other.example'),
		'451 4.7.26 Authentication checks of football.example.com failed for now, please try again later (X77 TEST)', [], 'check=dmarc result=temperror'),
	('a name that looks like an address is none', (UNSIGNED.replace('Joe SixPack <', '"joe@other.example" <'), {**REJECT, **ELSEWHERE}, None, 'u@other.example'),
		'550 5.7.26 Rejected by the DMARC policy of football.example.com: SPF pass for other.example, which is another domain; no DKIM signature (X76 TEST)', [], ''),
	('a second author must agree too', (UNSIGNED.replace('Joe SixPack', 'x@other.example, Joe'), {**policy('v=DMARC1; p=none'), **ELSEWHERE, ('_dmarc.other.example', 'TXT'):
		['v=DMARC1; p=reject']}, None, 'u@other.example'),
		'550 5.7.26 Rejected by the DMARC policy of other.example: SPF pass for other.example, which is another domain; no DKIM signature (X76 TEST)', [], ''),
	('no From at all', (UNSIGNED.replace('From:', 'X-From:'), {**REJECT, **ELSEWHERE}, None, 'u@other.example'), 'pass', ['dkim=none'], ''),
]:
	at_rcpt, at_end, log = text(*args)
	check(at_rcpt == 'pass', name + ': nothing at RCPT', at_rcpt)
	check(at_end.startswith(want) and (want == 'pass' or at_end == want), '... at the end', at_end, want)
	check(all(h in at_end for h in headers), '... in the header', at_end, headers)
	check(in_log in log, '... in the log', log.splitlines(), in_log)
	if at_end[:1] in '45':
		check(explained(at_end) in ('dmarc_failure', 'spf_failure', 'auth_failure', 'dkim_failure'), '... explained', explained(at_end))

at_rcpt, _, _ = text(UNSIGNED, NOT_OURS)
check(at_rcpt.startswith('550 5.7.23 '), 'without a policy SPF decides at RCPT', at_rcpt)
at_rcpt, _, _ = text(UNSIGNED, {**REJECT, **NOT_OURS}, {'spf_waits_for_dmarc': 'no'})
check(at_rcpt.startswith('550 5.7.23 '), '... or when it does not wait', at_rcpt)

# Greylisting: over several runs, since it must survive a restart.
with tempfile.TemporaryDirectory() as folder:
	grey = {**QUIET, 'greylisting': 'yes', 'greylist_delay': '1h'}
	ask = ('client ' + CLIENT, 'helo mx.good.example', 'mail u@soft.example', 'rcpt a@here.example', 'rcpt b@here.example', 'rcpt abuse@here.example')
	got, log = run(server, grey, *ask, folder=folder)
	want = '451 4.7.1 Please try again later: greylisted, 3600 s left (C03 TEST)'
	check(got == [want, want, 'pass'], 'C03: who is new must come again, and is told when', got)
	check('check=greylist result=new rule="192.0.2.0/24 soft.example"' in log and log.count('check=greylist') == 1, '... in the log, once', log.splitlines())
	check(explained(want) == 'greylisted', '... explained', explained(want))
	got, log = run(server, grey, *ask, folder=folder)
	check(got[0].startswith('451 4.7.1 Please try again later: greylisted, 3') and 'result=early' in log, 'a restart forgets nothing', got, log)
	database = sqlite3.connect(os.path.join(folder, 'greylist.db'))
	with database:
		database.execute('UPDATE greylist SET first_s = first_s - 3601')
	database.close()
	got, log = run(server, grey, *ask, folder=folder)
	check(got == ['pass'] * 3 and 'result=again' in log, 'who came again is taken', got, log)
	got, log = run(server, grey, *ask, folder=folder)
	check(got == ['pass'] * 3 and 'result=known' in log, '... and known', got, log)
	one = ('client ' + CLIENT, 'helo x', 'mail u@good.example', 'rcpt a@here.example')
	got, log = run(server, {**grey, 'spf': 'log'}, *one, folder=folder)
	check(got == ['pass'] and 'check=greylist result=skipped rule=spf' in log, 'SPF vouches', got, log)
	got, log = run(server, {**grey, 'spf': 'log', 'greylist_spf_passes': 'no'}, *one, folder=folder)
	check(got[0].startswith('451 4.7.1 '), '... unless told otherwise', got, log)
	got, log = run(server, {**grey, 'dnswl': 'good-ones.example'}, 'client 192.0.2.20', 'helo x', 'mail u@fail.example', 'rcpt a@here.example', folder=folder)
	check(got == ['pass'] and 'check=greylist result=skipped rule=dnswl' in log, 'a list of good ones vouches', got, log)
	with open(os.path.join(folder, 'mail'), 'w') as f:
		f.write('Subject: bounce\n\n')
	got, log = run(server, grey, 'client ' + CLIENT, 'helo x', 'mail ', 'rcpt a@here.example', 'end ' + os.path.join(folder, 'mail'), folder=folder)
	check(got[0] == 'pass' and got[-1].startswith('451 4.7.1 ') and 'rule="192.0.2.0/24 <>"' in log, 'the null sender waits at the end of its text', got, log)

server = Server(ZONE)
got, log = run(server, {**QUIET, 'spf': 'refuse', 'spf_permerror_refuses': 'yes'}, 'client ' + CLIENT, 'helo x', 'mail u@broken.example', 'rcpt a@here.example')
check(got[-1] == '550 5.7.24 SPF record of broken.example is not valid (permerror) (X47 TEST)' and 'check=spf result=permerror' in log, 'X47: a broken record refuses where it is told to', got, log)

for setting, value in [('dnsbl', 'nodots'), ('dnsbl', 'a.example=127.0.0'), ('dnsbl', 'a.example=127.0.0.[9..2]'), ('rhsbl', 'a.example*x'), ('dnswl', 'a.example*1001'),
	('dnsbl', ' '.join('l%d.example' % i for i in range(17)))]:
	got, log = run(server, {setting: value})
	check(len(got) == 1 and got[0].startswith(setting + ': "') and 'is no list' in got[0], 'no list: %s' % value[:30], got)

# Links: a message is refused for what it leads to, in text and in HTML, however it is encoded.
server = Server({**ZONE,
	('shop.example.uri.example', 'A'): ['127.0.0.2'], ('shop.example.uri.example', 'TXT'): ['advertised in spam'],
	('half.example.uri.example', 'A'): ['127.0.0.4'], ('gone.example.uri.example', 'A'): SERVFAIL,
	('invalid.wild.example', 'A'): ['127.0.0.2'], ('shop.example.wild.example', 'A'): ['127.0.0.2']})
with tempfile.TemporaryDirectory() as folder:
	def mail(settings, *lines):
		with open(os.path.join(folder, 'mail'), 'w') as f:
			f.write('\n'.join(lines) + '\n')
		return run(server, {**QUIET, 'dmarc': 'off', **settings}, 'client ' + CLIENT, 'helo x', 'mail u@good.example', 'rcpt a@here.example', 'end ' + os.path.join(folder, 'mail'))
	want = '554 5.7.1 Message contains a link to shop.example, which is listed in uri.example: advertised in spam (X72 TEST)'
	uribl = {'uribl': 'uri.example'}
	got, log = mail(uribl, 'Subject: x', '', 'See http://track77.Shop.example/buy now.')
	check(got[-1] == want, 'a link in text', got, log)
	check('check=uribl result=listed rule=uri.example' in log and 'check=total result=refuse' in log, '... in the log', log.splitlines())
	check(explained(want) == 'domain_blocklisted', '... explained', explained(want))
	got, log = mail(uribl, 'MIME-Version: 1.0', 'Content-Type: text/html', 'Content-Transfer-Encoding: base64', '', base64.b64encode(b'<p><a href="https://u:p@shop.example">x</a>').decode())
	check(got[-1] == want, '... in HTML, in base64', got, log)
	got, log = mail(uribl, 'Subject: x', '', 'See http://good.example/ and www.other.example.')
	check(got[1] == 'pass' and 'uribl' not in log, 'other links are nothing', got, log)
	got, log = mail({'uribl': 'uri.example*3', 'refuse_score': '5'}, 'Subject: x', '', 'http://shop.example http://half.example')
	check(got[1] == 'pass' and log.count('check=uribl') == 1 and 'check=total result=pass score=3' in log, 'a list counts once', got, log)
	got, log = mail({'uribl': 'uri.example=127.0.0.4*3 uri.example=127.0.0.2*4', 'refuse_score': '7'}, 'Subject: x', '', 'http://shop.example http://half.example')
	check(got[-1] == want and log.count('check=uribl') == 2 and 'check=total result=refuse score=7 rule=uribl' in log.replace('from=u@good.example ', ''), 'two filters of one zone', got, log)
	got, log = mail(uribl, 'Subject: x', '', 'http://gone.example')
	check(got[1] == 'pass', 'a DNS that fails refuses nothing', got, log)
	got, log = mail({'uribl': 'wild.example'}, 'Subject: x', '', 'http://shop.example')
	check(got[1] == 'pass' and 'alarm check=uribl rule=wild.example' in log, 'a list that answers for everything does not count', got, log)
	got, log = mail({}, 'Subject: x', '', 'http://shop.example')
	check(got[1] == 'pass' and 'uribl' not in log, 'without a list nothing is looked at', got, log)

print('1..%d' % cases)
sys.exit(failures > 0)
