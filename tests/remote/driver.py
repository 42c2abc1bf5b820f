"""remote_send as a test has it: commands in, events out; and what became of each message.

The program's path is the first argument of the test.
"""
import hashlib
import pathlib
import queue
import subprocess
import sys
import threading

here = pathlib.Path(__file__).resolve().parent
for folder in ('nixied', 'dns', 'tools'):
    sys.path.insert(0, str(here.parent / folder))
import tap  # noqa: E402

SENDER = sys.argv[1]
PATIENCE = 120


def check(trouble, name):
    tap.check([line if isinstance(line, str) else repr(line) for line in trouble], name)
    sys.stdout.flush()


class Sender:
    """The program: commands in, events out; each message is an event list of its own."""

    def __init__(self, dns='127.0.0.1:9', **settings):
        self.run = subprocess.Popen([SENDER, dns, *(f'{k}={v}' for k, v in settings.items())], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True, errors='surrogateescape')
        self.lines = queue.Queue()
        self.number = 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.run.stdout:
            self.lines.put(line.rstrip('\n').split('\t'))
        self.lines.put(None)

    def tell(self, text):
        self.run.stdin.write(text + '\n')
        self.run.stdin.flush()

    def start(self, **fields):
        self.number += 1
        fields.setdefault('from', 'a@me.example')
        fields.setdefault('to', 'b@there.example')
        self.tell(f'send {self.number} ' + ' '.join(f'{k}={v}' for k, v in fields.items()))
        return str(self.number)

    def until(self, *ends):
        """The lines up to one of that kind."""
        out = []
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if line is None:
                raise RuntimeError('the program ended: %r' % (out,))
            out.append(line)
            if line[0] in ends:
                return out

    def send(self, **fields):
        self.start(**fields)
        return Report(self.until('done'))

    def ask(self, command, end):
        self.tell(command)
        return self.until(end)

    def close(self):
        self.run.stdin.close()
        return self.run.wait(PATIENCE)


class Report:
    names = ['recipient', 'outcome', 'stage', 'code', 'condition', 'status', 'peer', 'maybe', 'ours', 'reply', 'words']

    def __init__(self, lines):
        self.lines = lines
        self.results = [dict(zip(self.names, line[2:])) for line in lines if line[0] == 'result']
        self.tries = [line[2:] for line in lines if line[0] == 'try']

    def is_(self, *wanted, tries=None):
        """What differs: "outcome stage code condition" of each recipient; "-" is any."""
        got = [' '.join(r[n] for n in ('outcome', 'stage', 'code', 'condition')) for r in self.results]
        same = len(got) == len(wanted) and all(
            len(g.split()) == len(w.split()) and all(y in ('*', x) for x, y in zip(g.split(), w.split())) for g, w in zip(got, wanted))
        if tries is not None and len(self.tries) != tries:
            return [f'{len(self.tries)} tries, not {tries}: {self.tries}', *map(repr, self.lines)]
        return [] if same else [f'got {got}', f'want {list(wanted)}', *map(repr, self.lines)]


def tlsa(pem, selector=1, matching=1):
    """The hash of a certificate's key, or of all of it, as a record of the DNS has it."""
    what = ['openssl', 'x509', '-in', pem + '.crt', *(['-noout', '-pubkey'] if selector else ['-outform', 'DER'])]
    der = subprocess.run(what, check=True, capture_output=True).stdout
    if selector:
        der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'], input=der, check=True, capture_output=True).stdout
    return hashlib.new({1: 'sha256', 2: 'sha512'}[matching], der).digest()
