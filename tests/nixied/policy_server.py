"""A web server that has the policy of a domain (MTA-STS, RFC 8461), or whatever else its script says.

	web = PolicyServer(pem, policy('enforce', 'mx.example.org'))
	web.answer = page(b'', status='404 Not Found')
	web.answer = SILENT                      # takes the question and says nothing

What was asked is in `asked`, a first line each.
"""
import socket
import ssl
import threading

SILENT = 'silent'


def policy(mode, *mx, max_age=604800):
    lines = ['version: STSv1', f'mode: {mode}', *(f'mx: {m}' for m in mx), f'max_age: {max_age}']
    return page(''.join(line + '\r\n' for line in lines).encode())


def page(body, status='200 OK', kind='text/plain; charset=utf-8', more=''):
    return (f'HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n').encode() + body


class PolicyServer:
    def __init__(self, pem, answer, ip='127.0.0.1', port=0):
        self.pem, self.answer, self.asked = pem, answer, []
        self.is_rude = False  # goes away without telling TLS
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((ip, port))
        self.socket.listen(20)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            self.converse(peer)
        except (OSError, ValueError):
            pass
        peer.close()

    def converse(self, peer):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        tls = context.wrap_socket(peer, server_side=True)
        question = b''
        while b'\r\n\r\n' not in question:
            more = tls.recv(4096)
            if not more:
                return
            question += more
        self.asked.append(question.decode().split('\r\n')[0])
        if self.answer == SILENT:
            while tls.recv(1000):  # until the client goes
                pass
            return
        tls.sendall(self.answer)
        if not self.is_rude:
            tls.unwrap()
        tls.close()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
