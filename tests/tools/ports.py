"""Ports at which nobody listens, and which nobody else is given while this test runs.

A port that was bound and closed again may be another program's a moment later. These stay bound: whoever connects
is refused, and a server of the test's own may listen there, since all of them say SO_REUSEADDR.
"""

import socket

held = []


def held_port(kind=socket.SOCK_STREAM):
    s = socket.socket(socket.AF_INET, kind)
    if kind == socket.SOCK_STREAM:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', 0))
    if kind == socket.SOCK_DGRAM:
        s.connect(('127.0.0.1', 1))  # what others send it is refused as if it were not there
    held.append(s)
    return s.getsockname()[1]
