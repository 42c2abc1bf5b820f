"""A server under test: started on a port of its own, asked, ended."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tools'))

SECONDS = 60
ENV = {k: v for k, v in os.environ.items() if k.startswith(('ASAN_', 'UBSAN_', 'MSAN_', 'LSAN_', 'LD_', 'PATH'))}


class Answer:
    """Status, fields (their names in small letters) and body."""

    def __init__(self, status, fields, body):
        self.status, self.body = status, body
        self.fields = {k.lower(): v for k, v in fields}

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode('utf-8')

    def type(self):
        return self.fields.get('content-type', '').split(';')[0]


class Server:
    """`nixie web` with these options; a context."""

    def __init__(self, nixie, *options, listen='127.0.0.1:0'):
        self.process = subprocess.Popen([nixie, 'web', '--listen', listen, *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=ENV)
        self.said = self.process.stdout.readline().decode()
        found = re.search(r'http://(.*):(\d+)/', self.said)
        self.port = int(found.group(2)) if found else 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.end()

    def end(self, how=signal.SIGTERM):
        """Its exit status and what it wrote to stderr, after this signal; None: one was sent already."""
        if how is not None and self.process.poll() is None:
            self.process.send_signal(how)
        try:
            _, err = self.process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, err = self.process.communicate()
            err += b'(had to be killed)'
        return self.process.returncode, err.decode('utf-8', 'replace')

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port), timeout=SECONDS)

    def ask(self, method, target, body=None, **fields):
        """One request on a connection of its own; fields as keywords, content_type='text/plain'."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=SECONDS)
        try:
            connection.request(method, target, body, {k.replace('_', '-'): v for k, v in fields.items()})
            got = connection.getresponse()
            return Answer(got.status, got.getheaders(), got.read())
        finally:
            connection.close()

    def raw(self, request, half_close=False):
        """Everything that comes back for these bytes until the server closes."""
        with self.connect() as s:
            try:
                s.sendall(request)
                if half_close:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return read_all(s)


def read_all(s):
    got = b''
    while True:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            return got
        if not piece:
            return got
        got += piece


def status_of(raw):
    """The status of a raw answer; 0 when it is none."""
    found = re.match(rb'HTTP/1\.1 (\d{3}) ', raw)
    return int(found.group(1)) if found else 0
