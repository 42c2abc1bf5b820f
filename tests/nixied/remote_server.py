"""A mail server that answers as its script says, on a port of its own: for what is sent to others.

	server = Remote(rcpt={'nobody': '550 5.1.1 no such user'}, end='451 later')
	server = Remote(banner=None)             # says nothing
	server = Remote(mail=LOST)               # closes there
	server = Remote(ehlo=['PIPELINING'], lmtp=True)

A step's answer is a string (its lines), SILENT, LOST (closes), or a list of these, of which each
connection takes the next, the last for good. What was received is in `messages`, what was said in `said`.
"""
import os
import socket
import ssl
import subprocess
import tempfile
import threading

SILENT = 'silent'
LOST = 'lost'

DEFAULTS = {
	'banner': '220 there.example ESMTP',
	'hello': None,  # an answer to EHLO in place of `ehlo`
	'helo': '250 there.example',
	'starttls': '220 go on',
	'mail': '250 2.1.0 ok',
	'data': '354 go on',
	'end': '250 2.0.0 queued',
	'rset': '250 2.0.0 ok',
	'quit': '221 2.0.0 bye',
	'auth': '235 2.7.0 welcome',
	'bdat': None,  # of a chunk that is not the last
}


def certificate(name, folder):
	"""A certificate of that name, signed by itself: the files of key and certificate together."""
	path = os.path.join(folder, name + '.pem')
	subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
		'-keyout', path + '.key', '-out', path + '.crt', '-subj', '/CN=' + name, '-addext', 'subjectAltName=DNS:' + name],
		check=True, capture_output=True)
	with open(path, 'w') as out:
		out.write(open(path + '.key').read() + open(path + '.crt').read())
	return path


def certificate_by(authority, name, folder):
	"""One that `authority`, the .pem of a certificate, has signed; its chain stands behind it."""
	path = os.path.join(folder, name + '.signed')
	subprocess.run(['openssl', 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path + '.key',
		'-out', path + '.csr', '-subj', '/CN=' + name], check=True, capture_output=True)
	with open(path + '.ext', 'w') as out:
		out.write(f'subjectAltName=DNS:{name}\nbasicConstraints=CA:FALSE\n')
	subprocess.run(['openssl', 'x509', '-req', '-in', path + '.csr', '-CA', authority + '.crt', '-CAkey', authority + '.key',
		'-CAcreateserial', '-days', '2', '-extfile', path + '.ext', '-out', path + '.crt'], check=True, capture_output=True)
	with open(path, 'w') as out:
		out.write(open(path + '.key').read() + open(path + '.crt').read() + open(authority + '.crt').read())
	return path


class Remote:
	def __init__(self, ip='127.0.0.1', port=0, ehlo=('PIPELINING', '8BITMIME', 'SIZE 100000000', 'DSN'), rcpt=None, lmtp=False,
			ends=None, pem=None, immediate=False, broken_tls=False, path=None, eol='\r\n', **steps):
		self.steps = dict(DEFAULTS, **steps)
		self.ehlo, self.rcpt, self.lmtp, self.ends, self.eol = ehlo, rcpt or {}, lmtp, ends, eol
		self.pem, self.immediate, self.broken_tls = pem, immediate, broken_tls
		self.messages, self.said, self.connections = [], [], 0
		self.open, self.most = 0, 0
		self.lock = threading.Lock()
		self.gate = threading.Event()  # held back until it is set, when `held`
		self.gate.set()
		if path:
			self.socket = socket.socket(socket.AF_UNIX)
			self.socket.bind(path)
		else:
			self.socket = socket.socket(socket.AF_INET6 if ':' in ip else socket.AF_INET)
			self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			self.socket.bind((ip, port))
			self.port = self.socket.getsockname()[1]
		self.socket.listen(100)
		threading.Thread(target=self.accept, daemon=True).start()

	def accept(self):
		while True:
			try:
				peer, _ = self.socket.accept()
			except OSError:
				return
			with self.lock:
				self.connections += 1
				number = self.connections
				self.open += 1
				self.most = max(self.most, self.open)
			threading.Thread(target=self.serve, args=(peer, number), daemon=True).start()

	def close(self):
		try:
			self.socket.shutdown(socket.SHUT_RDWR)  # or whoever waits in accept() keeps the port
		except OSError:
			pass
		self.socket.close()

	def serve(self, peer, number):
		try:
			Conversation(self, peer, number).run()
		except (OSError, ConnectionError, ssl.SSLError, ValueError):
			pass
		with self.lock:
			self.open -= 1
		try:
			peer.close()
		except OSError:
			pass


class Conversation:
	def __init__(self, server, peer, number):
		self.server, self.peer, self.number = server, peer, number
		self.buffer = b''
		self.message = None
		self.secure = False

	def answer(self, what):
		"""Says it; raises when the conversation ends with it."""
		if isinstance(what, list):
			what = what[min(self.number, len(what)) - 1]
		if what == LOST:
			raise ConnectionError
		if what == SILENT or what is None:
			while self.peer.recv(1000):  # until the client goes
				pass
			raise ConnectionError
		if isinstance(what, bytes):
			self.peer.sendall(what)
			return 0
		self.peer.sendall(''.join(line + self.server.eol for line in what.split('\n')).encode('utf-8'))
		if what.startswith('421'):
			raise ConnectionError
		return int(what[:3])

	def line(self):
		while b'\n' not in self.buffer:
			more = self.peer.recv(65536)
			if not more:
				raise ConnectionError
			self.buffer += more
		line, self.buffer = self.buffer.split(b'\n', 1)
		return line.rstrip(b'\r')

	def octets(self, n):
		while len(self.buffer) < n:
			more = self.peer.recv(65536)
			if not more:
				raise ConnectionError
			self.buffer += more
		out, self.buffer = self.buffer[:n], self.buffer[n:]
		return out

	def wrap(self):
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(self.server.pem)
		self.peer = context.wrap_socket(self.peer, server_side=True)
		self.buffer = b''
		self.secure = True

	def hello(self):
		keywords = list(self.server.ehlo)
		if self.server.pem and not self.secure:
			keywords.append('STARTTLS')
		lines = ['there.example'] + keywords
		return '\n'.join('250%s%s' % (' ' if i == len(lines) - 1 else '-', line) for i, line in enumerate(lines))

	def end(self):
		"""The message is there."""
		message = self.message
		message['number'] = self.number
		self.message = None
		self.server.gate.wait(60)
		answers = [self.server.steps['end']]
		if self.server.lmtp:
			answers = [(self.server.ends or {}).get(to, self.server.steps['end']) for to in message['to']]
		taken = []
		for to, answer in zip(message['to'], answers if self.server.lmtp else answers * len(message['to'])):
			one = answer[min(self.number, len(answer)) - 1] if isinstance(answer, list) else answer
			if one is not None and one.startswith('2'):
				taken.append(to)
		if taken:
			message['taken'] = taken
			with self.server.lock:
				self.server.messages.append(message)
		for answer in answers:
			self.answer(answer)

	def recipient(self, line):
		path = line[line.index('<') + 1:line.rindex('>')]
		answer = self.server.rcpt.get(path.split('@')[0], self.server.rcpt.get('*', '250 2.1.5 ok'))
		if callable(answer):
			answer = answer(len(self.message['to']))
		if self.answer(answer) == 250:
			self.message['to'].append(path)
			self.message['rcpt'].append(line)

	def run(self):
		steps = self.server.steps
		if self.server.immediate:
			self.wrap()
		if self.answer(steps['banner']) != 220 and not isinstance(steps['banner'], bytes):
			self.line()
			return
		while True:
			line = self.line().decode('utf-8', 'surrogateescape')
			with self.server.lock:
				self.server.said.append(line)
			verb = line.upper().split(' ')[0].split(':')[0]
			if verb in ('EHLO', 'LHLO'):
				self.answer(steps['hello'] or self.hello())
			elif verb == 'HELO':
				self.answer(steps['helo'])
			elif verb == 'STARTTLS':
				if self.answer(steps['starttls']) == 220:
					if self.server.broken_tls:
						self.peer.recv(1)  # of the client's hello
						self.peer.sendall(b'this is no TLS\r\n')
						return
					self.wrap()
			elif verb == 'AUTH':
				self.answer(steps['auth'])
			elif verb == 'MAIL':
				if self.answer(steps['mail']) == 250:
					self.message = {'from': line, 'to': [], 'rcpt': [], 'text': b'', 'secure': self.secure}
			elif verb == 'RCPT':
				if self.message is None:
					self.answer('503 5.5.1 no MAIL')
				else:
					self.recipient(line)
			elif verb == 'DATA':
				if self.message is None or not self.message['to']:
					self.answer('503 5.5.1 no RCPT')
				elif self.answer(steps['data']) == 354:
					while (text := self.line()) != b'.':
						self.message['text'] += (text[1:] if text.startswith(b'.') else text) + b'\n'
					self.end()
			elif verb == 'BDAT':
				words = line.split()
				self.message['text'] += self.octets(int(words[1])).replace(b'\r\n', b'\n')
				if len(words) > 2:
					self.end()
				else:
					self.answer(steps['bdat'] or '250 2.0.0 ok')
			elif verb == 'RSET':
				self.message = None
				self.answer(steps['rset'])
			elif verb == 'QUIT':
				self.answer(steps['quit'])
				return
			else:
				self.answer('500 5.5.2 what?')
