"""Filters of the tests' own: they say what a test wants them to say, whole, late, cut off or wrong.

    with Clamd(b'stream: Eicar FOUND\\0') as fake:     # fake.place is where it is, fake.seen what it was told
"""

import json
import socket
import struct
import threading


class Fake:
    """Listens on a port of the loopback, or at `path`; each connection is serve(connection, file) in a thread of its own."""

    path = None

    def __init__(self):
        self.seen = []
        self.connections = 0
        self.open = {}  # a connection: its number
        self.socket = None

    def __enter__(self):
        if self.path is not None:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(self.path)
            self.socket.listen()
            self.place = f'unix:{self.path}'
        else:
            self.socket = socket.create_server(('127.0.0.1', 0))
            self.place = '127.0.0.1:%d' % self.socket.getsockname()[1]
        threading.Thread(target=self.accept, args=[self.socket], daemon=True).start()
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """From now on it refuses connections, and those that are open end."""
        if self.socket is not None:
            self.socket.shutdown(socket.SHUT_RDWR)
            self.socket.close()
            self.socket = None
        self.hang_up()

    def hang_up(self):
        """Those that are open end."""
        for c in list(self.open):
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self, listening):
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            self.open[connection] = self.connections
            threading.Thread(target=self.run, args=[connection], daemon=True).start()

    def run(self, connection):
        try:
            with connection, connection.makefile('rb') as file:
                self.serve(connection, file)
        except (OSError, struct.error, ValueError):
            pass  # the other side ended it, or the test did
        finally:
            self.open.pop(connection, None)

    def serve(self, connection, file):
        raise NotImplementedError


class Silent(Fake):
    """Takes all and answers nothing."""

    def serve(self, connection, file):
        while file.read1(65536):
            pass


class Relay(Fake):
    """Passes on what it hears to another, "127.0.0.1:8891", and back: its connections are counted."""

    def __init__(self, to):
        super().__init__()
        host, _, port = to.rpartition(':')
        self.to = (host, int(port))

    def serve(self, connection, file):
        with socket.create_connection(self.to) as other:
            threading.Thread(target=self.back, args=[other, connection], daemon=True).start()
            while (data := file.read1(65536)):
                self.seen.append(data)
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def back(self, other, connection):
        try:
            while (data := other.recv(65536)):
                connection.sendall(data)
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # either end is gone


class Blurting(Fake):
    """Says these bytes at once, whatever it is asked, and closes."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def serve(self, connection, file):
        connection.sendall(self.answer)


class Clamd(Fake):
    """`answer` to each text; `after` bytes of it the connection ends when that is not None."""

    def __init__(self, answer=b'stream: OK\0', after=None):
        super().__init__()
        self.answer, self.after = answer, after

    def serve(self, connection, file):
        command = b''
        while not command.endswith(b'\0'):
            command += file.read(1) or b'\0'
        if command == b'zPING\0':
            connection.sendall(b'PONG\0')
            return
        text = b''
        while True:
            size = struct.unpack('>I', file.read(4))[0]
            if size == 0:
                break
            text += file.read(size)
            if self.after is not None and len(text) >= self.after:
                return
        self.seen.append(text)
        connection.sendall(self.answer)


class Spamd(Fake):
    """Gives `points` and `symbols` for each text; `cut` bytes of the answer are sent when that is not None."""

    def __init__(self, points='1.0', symbols='NONE', cut=None):
        super().__init__()
        self.points, self.symbols, self.cut = points, symbols, cut

    def serve(self, connection, file):
        command = file.readline()
        length = 0
        while (line := file.readline()) not in (b'\r\n', b''):
            name, _, value = line.partition(b':')
            if name.lower() == b'content-length':
                length = int(value)
        if command.startswith(b'PING '):
            connection.sendall(b'SPAMD/1.5 0 PONG\r\n')
            return
        self.seen.append(file.read(length))
        spam = 'True' if float(self.points) >= 5 else 'False'
        answer = (f'SPAMD/1.1 0 EX_OK\r\nContent-length: {len(self.symbols)}\r\n'
                  f'Spam: {spam} ; {self.points} / 5.0\r\n\r\n{self.symbols}').encode()
        connection.sendall(answer[:self.cut])


class Rspamd(Fake):
    """Answers with this object as JSON, in chunks when `chunked`; one connection for as many as come."""

    def __init__(self, answer=None, status=200, chunked=False, cut=None, raw=None):
        super().__init__()
        self.answer, self.status, self.chunked, self.cut = answer or {'action': 'no action', 'score': 0.5}, status, chunked, cut
        self.raw = raw

    def serve(self, connection, file):
        while True:
            request = file.readline()
            if not request:
                return
            fields = []
            while (line := file.readline()) not in (b'\r\n', b''):
                name, _, value = line.decode().partition(':')
                fields.append((name, value.strip()))
            text = file.read(int(dict(fields).get('Content-Length', 0)))
            if request.startswith(b'GET /ping'):
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npong\r\n')
                continue
            self.seen.append((fields, text))
            body = self.raw if self.raw is not None else json.dumps(self.answer).encode()
            head = f'HTTP/1.1 {self.status} Whatever\r\n'.encode()
            if self.chunked:
                half = len(body) // 2
                parts = b''.join(b'%x\r\n%s\r\n' % (len(p), p) for p in (body[:half], body[half:]) if p)
                answer = head + b'Transfer-Encoding: chunked\r\n\r\n' + parts + b'0\r\n\r\n'
            else:
                answer = head + b'Content-Length: %d\r\n\r\n' % len(body) + body
            connection.sendall(answer[:self.cut])
            if self.cut is not None:
                return


class Policy(Fake):
    """Answers each question with what `action` (a text, or a function of the attributes) says."""

    def __init__(self, action='DUNNO', raw=None):
        super().__init__()
        self.action, self.raw = action, raw

    def serve(self, connection, file):
        while True:
            asked = {}
            while (line := file.readline()) not in (b'\n', b''):
                name, _, value = line.decode().rstrip('\n').partition('=')
                asked[name] = value
            if not asked:
                return
            self.seen.append(asked)
            if self.raw is not None:
                connection.sendall(self.raw)
                return
            action = self.action(asked) if callable(self.action) else self.action
            connection.sendall(f'action={action}\n\n'.encode())


def packet(letter, data=b''):
    return struct.pack('>I', len(data) + 1) + letter + data


class Milter(Fake):
    """Answers a command ('C', 'H', 'M', 'R', 'T', 'L', 'N', 'B', 'E') with answers[letter], bytes of one or more packets;
    else with continue. `steps` is what it negotiates away; `version`, `actions` what it offers."""

    def __init__(self, answers=None, steps=0, version=6, actions=0x1ff, macros=b'', stops_at=None):
        super().__init__()
        self.heard, self.first = {}, 1  # by the number of the connection: what ends one may come after the next began
        self.answers, self.steps, self.version, self.actions, self.macros = answers or {}, steps, version, actions, macros
        self.stops_at = stops_at  # the connection ends with this command

    QUIET = {b'C': 0x1000, b'H': 0x2000, b'M': 0x4000, b'R': 0x8000, b'T': 0x10000, b'L': 0x80, b'N': 0x40000, b'B': 0x80000}

    def serve(self, connection, file):
        heard = self.heard.setdefault(self.open[connection], [])
        while True:
            size = struct.unpack('>I', file.read(4))[0]
            letter, data = file.read(1), file.read(size - 1)
            heard.append((letter.decode(), data))
            if letter == b'O' and self.stops_at != 'O':
                connection.sendall(packet(b'O', struct.pack('>III', self.version, self.actions, self.steps) + self.macros))
            elif letter.decode() == self.stops_at:
                return
            elif letter == b'Q':
                return
            elif letter in b'DAK' or self.steps & self.QUIET.get(letter, 0):
                continue
            else:
                connection.sendall(self.answers.get(letter.decode(), packet(b'c')))

    @property
    def said(self):
        """Each command and its data, one connection after the other."""
        return [said for number, heard in sorted(self.heard.copy().items()) if number >= self.first for said in heard.copy()]

    def forget(self):
        """From now on only what connections say that are made from now on."""
        self.first = self.connections + 1

    def told(self, letters='OCHMRTLNBEAQK'):
        """The letters of the commands, without macros."""
        return ''.join(letter for letter, _ in self.said if letter in letters)

    def of(self, letter):
        return [data for l, data in self.said if l == letter]

    def macros_of(self, letter):
        """The macros before that command, as a dictionary, of the first time."""
        for l, data in self.said:
            if l == 'D' and data[:1] == letter.encode():
                words = data[1:].decode().split('\0')
                return dict(zip(words[0::2], words[1::2]))
        return {}
