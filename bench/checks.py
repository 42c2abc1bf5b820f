#!/usr/bin/env python3
"""checks.py NIXIED [MESSAGES [ROUNDS [KIND,KIND...]]] - what each check costs a message, in the server's processor time.

One client sends messages of 2 kB with a DKIM signature, one after the other, each in a session of its own; a DNS of the
bench's own answers. The settings take turns, so that what else the machine does falls on all of them alike. Shown is the
median of the rounds, and the least and most: milliseconds of processor time for a message, of the server and its helpers. The
last line is what that makes of accepts: a second of one processor without a check, with all of them, and of each round the ratio.
"""
import os
import pathlib
import statistics
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP / 'tests' / name) for name in ('nixied', 'dns', 'tools')]
from dns_server import Server  # noqa: E402
from server import USER, Client, Nixied, until  # noqa: E402

LISTENER = 'listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n'
OFF = {'spf': 'off', 'sender_mx_check': 'off', 'helo_check': 'off', 'ptr_check': 'off', 'dmarc': 'off', 'log_detail': 'mail'}
KEY = 'MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='
SIGNATURE = ('DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=good.test; s=s; h=from:subject;\r\n'
             '\tbh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=' + 'A' * 86 + '==\r\n')
TEXT = SIGNATURE + 'From: u@good.test\r\nSubject: x\r\n\r\n' + ('See http://www.shop.test/now and be glad of it.\r\n' * 40)
SCRIPT = 'function on_message(s)\n\tif s.size > 1000000 then refuse("too much") end\nend\n'
KINDS = {
    'none': {},
    'SPF': {'spf': 'refuse'},
    'sender, HELO, reverse DNS': {'sender_mx_check': 'refuse', 'helo_check': 'log', 'ptr_check': 'log'},
    'three DNSBL, one RHSBL': {'dnsbl': 'a.test b.test c.test', 'rhsbl': 'd.test'},
    'DKIM, DMARC': {'dmarc': 'refuse'},
    'links': {'uribl': 'e.test'},
    'greylisting': {'greylisting': 'yes', 'greylist_delay': '1s', 'greylist_spf_passes': 'no'},
    'rates': {'rate_client': '1000000/1h', 'rate_sender': '1000000/1h', 'rate_recipient': '1000000/1h'},
    'a script': {'hooks': '{folder}/rules.lua'},
}
KINDS['all of these'] = {name: value for kind in KINDS.values() for name, value in kind.items()}
zone = Server({
    ('good.test', 'MX'): [(10, 'mx.good.test')],
    ('good.test', 'TXT'): ['v=spf1 ip4:192.0.2.0/24 -all'],
    ('mx.good.test', 'A'): ['192.0.2.7'],
    ('7.2.0.192.in-addr.arpa', 'PTR'): ['mx.good.test'],
    ('_dmarc.good.test', 'TXT'): ['v=DMARC1; p=none'],
    ('s._domainkey.good.test', 'TXT'): [f'v=DKIM1; k=ed25519; p={KEY}'],
    **{(f'2.0.0.127.{name}.test', 'A'): ['127.0.0.2'] for name in 'abc'},
})


def seconds(process):
    """Processor time of a process and those it started."""
    total = 0
    for stat in pathlib.Path('/proc').glob('[0-9]*/stat'):
        try:
            fields = stat.read_text().rpartition(')')[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == process.pid or int(fields[1]) == process.pid:
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf('SC_CLK_TCK')


def send(port, count):
    taken = 0
    for _ in range(count):
        with Client(port) as c:
            c.reply()
            for command in ('EHLO proxy.test', 'XCLIENT ADDR=192.0.2.7 HELO=mx.good.test', 'EHLO mx.good.test',
                            'MAIL FROM:<u@good.test>', f'RCPT TO:<{USER}>', 'DATA'):
                c.say(command)
            c.send(TEXT + '.\r\n')
            taken += c.reply().startswith('250 ')
    return taken


def measure(nixied, kind, count):
    with Nixied(nixied, '', LISTENER) as n:
        n.stop()
        (pathlib.Path(n.folder) / 'rules.lua').write_text(SCRIPT)
        settings = {'dns_servers': zone.address, **OFF, **KINDS[kind]}
        n.configure(''.join(f'{name} = {value}\n' for name, value in settings.items()).format(folder=n.folder), LISTENER)
        n.start()
        send(n.ports['mx'], 1)
        time.sleep(1.5)  # greylisting lets it in from now on
        warm = send(n.ports['mx'], 20)
        until(lambda: len(n.mails()) >= warm)
        before = seconds(n.process)
        there = len(n.mails())
        taken = send(n.ports['mx'], count)
        until(lambda: len(n.mails()) >= there + taken, 120)  # deliveries are a part of it
        return 1000 * (seconds(n.process) - before) / count, taken


def main():
    nixied = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    kinds = sys.argv[4].split(',') if len(sys.argv) > 4 else list(KINDS)
    found = {kind: [] for kind in kinds}
    for i in range(rounds):
        for kind in kinds if i % 2 == 0 else reversed(kinds):  # whoever is first is not always so
            cost, taken = measure(nixied, kind, count)
            found[kind].append(cost)
            if taken != count:
                print(f'{kind}: {taken} of {count} were taken', file=sys.stderr)
    base = statistics.median(found[kinds[0]])
    print(f'{count} messages, {rounds} rounds')
    for kind, costs in found.items():
        middle = statistics.median(costs)
        print(f'{kind:28} {middle:6.2f} ms ({min(costs):.2f} to {max(costs):.2f}), {middle - base:+.2f} to {kinds[0]}')
    first, last = found[kinds[0]], found[kinds[-1]]
    ratios = sorted(a / b for a, b in zip(first, last))
    print(f'accepts a second of one processor: {1000 / base:.0f} with {kinds[0]}, {1000 / statistics.median(last):.0f} with {kinds[-1]}; '
          f'by turns {statistics.median(ratios):.2f} of that ({ratios[0]:.2f} to {ratios[-1]:.2f})')


if __name__ == '__main__':
    main()
