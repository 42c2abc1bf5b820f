#!/usr/bin/env python3
"""How fast `nixie web` answers: requests a second, p50 and p99 as a client sees them, and the time the server needs.

usage: bench/web.py [--seconds S] [--connections N] [--instructions] [NIXIE]

wants wrk, and valgrind for --instructions (Debian's packages of those names)

A bounce of 5 KB is asked about again and again over connections that stay open, with every limit in force; the rate
for a client is set out of reach, because here one client is all of them. wrk runs on the same machine and takes its
share of it, so each figure stands beside that of GET /healthz, the least that this server can do, in the same run.
Instructions are counted by callgrind, with one thread: the difference between 100 and 600 requests on one connection.
"""
import argparse
import http.client
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[1]
SIZE = 5 * 1024
CASES = (  # name, target, fields
    ('`GET /healthz`, for comparison', '/healthz', None),
    ('JSON with explanation', '/v1/explain', {}),
    ('JSON as `nixie parse`', '/v1/explain?explain=0', {}),
    ('text for people', '/v1/explain', {'Accept': 'text/plain'}),
    ('the page', '/explain', {'Accept': 'text/html'}),
)


def bounce():
    """The sample, filled up to 5 KB by a longer copy of the message that it returns."""
    mail = (TOP / 'samples/user-unknown.eml').read_bytes()
    lines, end = mail.rstrip().rsplit(b'\n', 1)
    filler = b'Received: from desk.example.org by mail.example.org; Tue, 3 Mar 2026 09:14:25 +0000\n'
    count = max(0, SIZE - len(mail)) // len(filler)
    head, sep, tail = lines.rpartition(b'\n\n')
    return head + b'\n' + filler * count + sep + tail + b'\n' + end + b'\n'


def lua(mail, fields):
    if fields is None:
        return ''
    text = ''.join(f'\\{b:03d}' for b in mail)
    more = ''.join(f'wrk.headers["{k}"] = "{v}"\n' for k, v in fields.items())
    return f'wrk.method = "POST"\nwrk.body = "{text}"\nwrk.headers["Content-Type"] = "message/rfc822"\n{more}'


def metrics(port):
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics') as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in re.findall(r'^(nixie_web_answer_seconds_(?:sum|count)) (\S+)$', text,
                                                             re.M)}


def measure(port, target, fields, mail, options):
    with tempfile.NamedTemporaryFile('w', suffix='.lua') as script:
        script.write(lua(mail, fields))
        script.flush()
        before = metrics(port)
        said = subprocess.run(['wrk', '-t1', f'-c{options.connections}', f'-d{options.seconds}s', '--latency', '-s',
                               script.name, f'http://127.0.0.1:{port}{target}'], capture_output=True, text=True,
                              check=True).stdout
        after = metrics(port)
    if 'Non-2xx' in said or 'Socket errors' in said:
        sys.exit(f'{target}: not all was answered:\n{said}')
    count = after['nixie_web_answer_seconds_count'] - before['nixie_web_answer_seconds_count']
    taken = after['nixie_web_answer_seconds_sum'] - before['nixie_web_answer_seconds_sum']
    found = {k: v for k, v in re.findall(r'^\s+(50%|99%)\s+(\S+)$', said, re.M)}
    per_second = float(re.search(r'Requests/sec:\s+(\S+)', said).group(1))
    return per_second, found['50%'], found['99%'], taken / count * 1000


def count(nixie, target, fields, mail, requests):
    with subprocess.Popen(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', nixie, 'web', '--listen',
                           '127.0.0.1:0', '--rate', '0', '--threads', '1'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as server:
        port = int(re.search(r':(\d+)/', server.stdout.readline()).group(1))
        connection = http.client.HTTPConnection('127.0.0.1', port)
        for _ in range(requests):
            if fields is None:
                connection.request('GET', target)
            else:
                connection.request('POST', target, mail, {'Content-Type': 'message/rfc822', **fields})
            connection.getresponse().read()
        connection.close()
        server.terminate()
        return int(re.search(r'Collected : (\d+)', server.stderr.read()).group(1))


def instructions(nixie, target, fields, mail):
    return (count(nixie, target, fields, mail, 600) - count(nixie, target, fields, mail, 100)) / 500


def main():
    arguments = argparse.ArgumentParser(description='Measures nixie web.')
    arguments.add_argument('--seconds', type=int, default=10)
    arguments.add_argument('--connections', type=int, default=32)
    arguments.add_argument('--instructions', action='store_true')
    arguments.add_argument('nixie', nargs='?', default=str(TOP / 'build/src/nixie'))
    options = arguments.parse_args()
    mail = bounce()
    with subprocess.Popen([options.nixie, 'web', '--listen', '127.0.0.1:0', '--rate', '1000000', '--burst', '1000000',
                           '--per-client', '2000'], stdout=subprocess.PIPE, text=True) as server:
        try:
            port = re.search(r':(\d+)/', server.stdout.readline()).group(1)
            print(f'{len(mail)} bytes, {options.connections} connections, {options.seconds} s each\n')
            print('| answer | requests/s | of /healthz | p50 | p99 | server time, ms | instructions |\n|---|---|---|---|---|---|---|')
            least = None
            for name, target, fields in CASES:
                per_second, p50, p99, mean = measure(port, target, fields, mail, options)
                least = least or per_second
                needs = f'{instructions(options.nixie, target, fields, mail):,.0f}' if options.instructions else ''
                print(f'| {name} | {per_second:,.0f} | {per_second / least:.2f} | {p50} | {p99} | {mean:.3f} | {needs} |',
                      flush=True)
        finally:
            server.terminate()


if __name__ == '__main__':
    main()
