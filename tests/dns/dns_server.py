"""A DNS server that says what its script says: over UDP and TCP, on a port of its own.

	server = Server({
		('example.org', 'MX'): [(10, 'mx.example.org')],
		('mx.example.org', 'A'): ['192.0.2.1'],
		('www.example.org', 'CNAME'): ['example.org'],
		('slow.example.org', '*'): SILENT,
	})

A name that is in the script with another type gives no data, one that is not gives NXDOMAIN, as does a
name below which there is nothing. What was asked is in `asked`.
"""
import ipaddress
import socket
import struct
import threading

TYPES = {'A': 1, 'CNAME': 5, 'SOA': 6, 'PTR': 12, 'MX': 15, 'TXT': 16, 'AAAA': 28, 'TLSA': 52}
NAMES = {number: name for name, number in TYPES.items()}

SILENT = 'silent'  # no answer at all
SERVFAIL = 2
REFUSED = 5
NOTIMP = 4
GARBAGE = 'garbage'  # a header that promises more than comes
TRUNCATED = 'truncated'  # UDP says TC and nothing else; TCP has the records


class Big(list):
	"""Records that do not go into a packet: TC over UDP, all of them over TCP."""


class Raw(bytes):
	"""Everything behind the id, as it is to be sent."""


def wire_name(name):
	out = b''
	for label in name.rstrip('.').split('.') if name.rstrip('.') else []:
		raw = label.encode('latin-1')
		out += bytes([len(raw)]) + raw
	return out + b'\0'


def wire_data(kind, value):
	if isinstance(value, Raw):
		return bytes(value)
	if kind in ('A', 'AAAA'):
		return ipaddress.ip_address(value).packed
	if kind == 'MX':
		return struct.pack('>H', value[0]) + wire_name(value[1])
	if kind == 'TXT':
		strings = value if isinstance(value, (list, tuple)) else [value[i:i + 255] for i in range(0, len(value), 255)] or ['']
		return b''.join(bytes([len(s)]) + s.encode('latin-1') for s in strings)
	if kind == 'TLSA':
		return bytes(value[:3]) + value[3]
	return wire_name(value)


def read_name(packet, at):
	labels = []
	while packet[at]:
		labels.append(packet[at + 1:at + 1 + packet[at]].decode('latin-1'))
		at += 1 + packet[at]
	return '.'.join(labels).lower(), at + 1


class Server:
	def __init__(self, script, ttl=300, negative_ttl=60, authentic=False):
		self.script = {(name.lower().rstrip('.'), kind): value for (name, kind), value in script.items()}
		self.ttl, self.negative_ttl, self.authentic = ttl, negative_ttl, authentic
		self.asked = []
		self.lock = threading.Lock()
		self.udp, self.tcp = self.bind()
		self.port = self.udp.getsockname()[1]
		self.address = '127.0.0.1:%d' % self.port
		self.threads = [threading.Thread(target=t, daemon=True) for t in (self.serve_udp, self.serve_tcp)]
		for thread in self.threads:
			thread.start()

	@staticmethod
	def bind():
		"""The same port for both, which may take more than one try."""
		while True:
			tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
			tcp.bind(('127.0.0.1', 0))
			tcp.listen(16)
			udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
			try:
				udp.bind(tcp.getsockname())
				return udp, tcp
			except OSError:
				udp.close()
				tcp.close()

	def count(self, name, kind):
		with self.lock:
			return self.asked.count((name.lower(), kind))

	def set(self, name, kind, value):
		self.script[(name.lower().rstrip('.'), kind)] = value

	def remove(self, name, kind):
		self.script.pop((name.lower().rstrip('.'), kind), None)

	def exists(self, name):
		return any(n == name or n.endswith('.' + name) for n, _ in self.script)

	def answer(self, packet, over_tcp):
		name, at = read_name(packet, 12)
		number = struct.unpack('>H', packet[at:at + 2])[0]
		question = packet[12:at + 4]
		kind = NAMES.get(number, str(number))
		with self.lock:
			self.asked.append((name, kind))
		found = self.script.get((name, kind), self.script.get((name, '*')))
		if found is None:
			found = self.script.get(('*.' + name.partition('.')[2], kind))
		if found == SILENT:
			return None
		if isinstance(found, Raw):
			return packet[:2] + bytes(found)
		if found == GARBAGE:
			return packet[:2] + struct.pack('>HHHHH', 0x8180, 1, 9, 0, 0) + question + b'\xc0\x0c\0'
		if isinstance(found, int):
			return packet[:2] + struct.pack('>HHHHH', 0x8180 | found, 1, 0, 0, 0) + question
		if isinstance(found, Big) and not over_tcp:
			return packet[:2] + struct.pack('>HHHHH', 0x8380, 1, 0, 0, 0) + question
		flags = 0x8180 | (0x20 if self.authentic else 0)
		answers = b''
		count = 0
		owner = name
		for _ in range(20):  # CNAMEs
			if found is not None or (owner, 'CNAME') not in self.script:
				break
			target = self.script[(owner, 'CNAME')][0]
			answers += self.record(owner, 'CNAME', target)
			count += 1
			owner = target.lower()
			found = self.script.get((owner, kind))
		if found:
			for value in found:
				answers += self.record(owner, kind, value)
			count += len(found)
			return packet[:2] + struct.pack('>HHHHH', flags, 1, count, 0, 0) + question + answers
		if found is None and not self.exists(owner):
			flags |= 3
		soa = wire_name('ns.test') + wire_name('root.test') + struct.pack('>IIIII', 1, 2, 3, 4, self.negative_ttl)
		authority = b'\0' + struct.pack('>HHIH', 6, 1, 3600, len(soa)) + soa
		return packet[:2] + struct.pack('>HHHHH', flags, 1, count, 1, 0) + question + answers + authority

	def record(self, owner, kind, value):
		data = wire_data(kind, value)
		return wire_name(owner) + struct.pack('>HHIH', TYPES[kind], 1, self.ttl, len(data)) + data

	def serve_udp(self):
		while True:
			try:
				packet, client = self.udp.recvfrom(65535)
			except OSError:
				return
			if len(packet) < 17:
				return  # it is closed
			answer = self.answer(packet, False)
			if answer is not None:
				self.udp.sendto(answer, client)

	def serve_tcp(self):
		while True:
			try:
				client, _ = self.tcp.accept()
			except OSError:
				return
			threading.Thread(target=self.serve_client, args=(client,), daemon=True).start()

	def serve_client(self, client):
		with client:
			while True:
				head = self.exactly(client, 2)
				packet = self.exactly(client, struct.unpack('>H', head)[0]) if head else b''
				if not packet:
					return
				answer = self.answer(packet, True)
				if answer is not None:
					client.sendall(struct.pack('>H', len(answer)) + answer)

	@staticmethod
	def exactly(client, count):
		got = b''
		while len(got) < count:
			try:
				more = client.recv(count - len(got))
			except OSError:
				return b''
			if not more:
				return b''
			got += more
		return got

	def close(self):
		for sock in (self.udp, self.tcp):
			try:
				sock.shutdown(socket.SHUT_RDWR)
			except OSError:
				pass
			sock.close()
