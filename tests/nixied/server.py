"""A nixied of the tests' own: in a temporary folder, on ports that the system chooses."""

import glob
import linecache
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tools'))

import tap  # noqa: E402

DOMAIN = 'example.test'
USER = f'demo@{DOMAIN}'
PASSWORD = 'demo'
SECONDS = 120  # until a wait is given up: much more than a slow and busy machine takes
SECONDS_AGAIN = 10  # ... when one was in vain already: the test has failed, and is to tell of it before its own time is over
LOG_LINES = 15  # of a server's log, shown with a case that fails
QUEUE_LINES = 8

MX = 'listener mx {\n\taddress = 127.0.0.1:0\n}\n'
SUBMISSION = 'listener submission {\n\taddress = 127.0.0.1:0\n\tkind = submission\n}\n'
SUBMISSIONS = 'listener submissions {\n\taddress = 127.0.0.1:0\n\tkind = submission\n\ttls = immediate\n}\n'


was_in_vain = False


def until(what, seconds=SECONDS):
    """The first true value of what(); None when none came in time."""
    global was_in_vain
    begin = time.monotonic()
    while True:
        seconds = SECONDS_AGAIN if was_in_vain else seconds
        value = what()
        if value:
            return value
        if time.monotonic() > begin + seconds:
            was_in_vain = was_in_vain or seconds >= SECONDS  # a short wait may be meant to be one
            tap.notes.append(f'waited {seconds} s in vain: {caller()}')
            return None
        time.sleep(0.02)


def caller():
    """The line of the test that called what is in this file."""
    frame = sys._getframe()
    while frame.f_back and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    where = os.path.basename(frame.f_code.co_filename)
    return f'{where}:{frame.f_lineno}: {linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()}'


def before_midnight(seconds=60):
    """Waits for the next day (UTC) when this one is over in a moment: for tests of what is counted by days."""
    left = 86400 - time.time() % 86400
    if left < seconds:
        time.sleep(left + 1)


class Nixied:
    """`with Nixied(program, settings) as n`: a server that runs, its folder and its log.

    The folder has what `nixied demo` makes: example.test, demo@example.test with the password "demo",
    postmaster@, a certificate. `settings` are lines of nixied.conf; `listeners` its listeners.
    """

    def __init__(self, program, settings='', listeners=MX + SUBMISSION + SUBMISSIONS, folder=None):
        self.program = program
        self.kept = folder is not None
        self.folder = folder or tempfile.mkdtemp(prefix='nixied-')
        self.conf = os.path.join(self.folder, 'nixied.conf')
        self.process = None
        self.ports = {}
        self.shown = 0  # of the log, by testify()
        tap.witnesses.append(self.testify)
        if not os.path.exists(self.conf):
            self.run('demo', '-n', self.folder, check=True)
        self.configure(settings, listeners)

    def run(self, *arguments, check=False, text=None):
        """A subcommand; the result with its output as text."""
        return subprocess.run([self.program, *arguments], input=text or '', capture_output=True, text=True,
                              timeout=SECONDS, check=check, env={**os.environ, 'NIXIED_CONF': self.conf})

    def configure(self, settings='', listeners=MX):
        user = 'root' if os.geteuid() == 0 else ''
        with open(self.conf, 'w', encoding='utf-8') as f:
            f.write(f'hostname = mail.{DOMAIN}\ndata_directory = {self.folder}\npostmaster = {USER}\n'
                    f'min_free_space = 1M\nuser = {user}\nlog_file = {self.folder}/nixied.log\n'
                    f'tls_certificate = {self.folder}/certificate.pem\n{settings}\n{listeners}\n')

    def start(self):
        self.process = subprocess.Popen([self.program, 'serve', '-c', self.conf], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        wanted = open(self.conf, encoding='utf-8').read().count('listener ')
        self.ports = {}
        while len(self.ports) < wanted:
            line = self.process.stdout.readline()
            if not line:
                said = self.process.stderr.read()
                self.stop(signal.SIGKILL)
                raise RuntimeError('nixied did not start: ' + said)
            match = re.match(r'nixied: (\S+) listens on (?:127\.0\.0\.1:(\d+)|(\S+))', line)
            if match:
                self.ports[match[1]] = int(match[2]) if match[2] else match[3]
        return self

    def stop(self, how=signal.SIGTERM):
        """Its exit status; with SIGKILL -9."""
        if self.process is None:
            return None
        self.process.send_signal(how)
        try:
            status = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            tap.notes.append(f'it did not end within {SECONDS} s: {caller()}')
            self.process.kill()
            status = self.process.wait()
        self.said = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process = None
        return status

    def reload(self):
        """Reads the configuration again, or says that it does not; other alarms may come meanwhile."""
        def told():
            return len(re.findall(' reload |of before stays', self.log()))
        before = told()
        self.process.send_signal(signal.SIGHUP)
        return until(lambda: told() > before)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind=None, *_):
        if kind is not None:
            tap.testify()
        tap.witnesses.remove(self.testify)
        if self.process is not None:
            self.stop()
        if not self.kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    def testify(self):
        """What its log says since it was shown last, and what waits in its queue."""
        lines = self.log().splitlines()
        new, self.shown = lines[self.shown:], len(lines)
        told = [f'nixied at {self.folder}, its log:', *new[-LOG_LINES:]] if new else []
        if self.process is not None and self.process.poll() is not None:
            told.append(f'it has ended: {self.process.poll()}')
        elif new and self.process is not None:
            try:
                queue = subprocess.run([self.program, 'queue', '-c', self.conf], capture_output=True, text=True, timeout=SECONDS_AGAIN,
                                       check=False)
                told += ['its queue:', *(queue.stdout + queue.stderr).splitlines()[:QUEUE_LINES]]
            except subprocess.TimeoutExpired:
                told.append('it does not answer')
        return told

    def log(self):
        """The whole lines of it: the last may be half written."""
        try:
            with open(f'{self.folder}/nixied.log', 'rb') as f:
                text = f.read()
            return text[:text.rfind(b'\n') + 1].decode('utf-8')
        except FileNotFoundError:
            return ''

    def until_log(self, pattern):
        """The first line of the log that has the pattern; None when none comes."""
        return until(lambda: next((l for l in self.log().splitlines() if re.search(pattern, l)), None))

    def mails(self, user='demo', domain=DOMAIN):
        """The messages in a Maildir here; in the order in which they came, if one was there before the next was begun."""
        found = []
        for path in sorted(glob.glob(f'{self.folder}/mail/{domain}/{user}/new/*')):
            with open(path, 'rb') as f:
                found.append(f.read())
        return found

    def until_mail(self, queued, user='demo', domain=DOMAIN):
        """The message that was taken under that id, when it is in the mailbox; None when it does not come."""
        path = until(lambda: next(glob.iglob(f'{self.folder}/mail/{domain}/{user}/new/*.Q{queued}*'), None))
        return pathlib.Path(path).read_bytes() if path else None

    def until_mails(self, count, user='demo', domain=DOMAIN):
        until(lambda: len(self.mails(user, domain)) >= count)
        return self.mails(user, domain)


class Client:
    """A client that says exactly what it is told, and reads whole replies."""

    def __init__(self, port, tls=False, source=None):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=SECONDS, source_address=source)
        self.buffer = b''
        if tls:
            self.secure()

    def secure(self, name=f'mail.{DOMAIN}'):
        """TLS from here on; the server's certificate as bytes."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket, server_hostname=name)
        return self.socket.getpeercert(True)

    def send(self, data):
        self.socket.sendall(data.encode('utf-8', 'surrogateescape') if isinstance(data, str) else data)

    def line(self):
        """One line without its CRLF; '' at the end of the connection."""
        while b'\r\n' not in self.buffer:
            try:
                more = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLError):
                more = b''
            if not more:
                rest, self.buffer = self.buffer, b''
                return rest.decode('utf-8', 'replace')
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b'\r\n')
        return line.decode('utf-8', 'replace')

    def reply(self):
        """All lines of a reply, joined with newlines; '' at the end of the connection."""
        lines = [self.line()]
        while lines[-1][3:4] == '-':
            lines.append(self.line())
        return '\n'.join(lines)

    def say(self, command):
        """Sends a command with its CRLF; its reply."""
        self.send(command + '\r\n')
        return self.reply()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Load(threading.Thread):
    """One client, message after message until the server is gone: one(client) says whether it goes on."""

    def __init__(self, port, start):
        super().__init__(daemon=True)
        self.port, self.next = port, start
        self.taken, self.refused, self.unknown = [], [], []

    def send(self, c, name, text):
        """The text of the message called so, behind 354, and to which list its name belongs."""
        self.unknown.append(name)
        c.send(text)
        reply = c.reply()
        if reply:
            self.unknown.pop()
            (self.taken if reply.startswith('250') else self.refused).append(name)
        return bool(reply)

    def run(self):
        try:
            with Client(self.port) as c:
                c.reply()
                c.say('EHLO load.example')
                while self.one(c):
                    pass
        except OSError:
            pass


def session(port, *commands, tls=False):
    """The replies to the greeting and to each command; a command that is bytes is sent as it is."""
    with Client(port, tls) as c:
        replies = [c.reply()]
        for command in commands:
            if isinstance(command, bytes):
                c.send(command)
                replies.append(c.reply())
            else:
                replies.append(c.say(command))
        return replies
