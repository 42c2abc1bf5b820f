#!/usr/bin/env python3
"""Refused mail is kept for those who want it, shown with its reason, released and removed.

usage: test_rejects.py NIXIED NIXIE        TAP
"""

import contextlib
import glob
import json
import os
import re
import signal
import socket
import sys

from server import DOMAIN, SECONDS, USER, Client, Nixied, until

import tap

NIXIED = sys.argv[1]
ROUNDS = 12  # deaths
LISTENER = 'listener mx {\n\taddress = 127.0.0.1:0\n}\n'
SCRIPT = '''function on_message(s)
	local subject = header(s, "Subject")
	if subject == "bad" then refuse("it is bad") end
	if subject == "later" then defer("not now") end
end
'''


def send(n, subject, to=USER, text='the text', sender='a@b.test'):
    with Client(n.ports['mx']) as c:
        c.reply()
        for command in ('EHLO c.test', f'MAIL FROM:<{sender}>', f'RCPT TO:<{to}>', 'DATA'):
            c.say(command)
        c.send(f'Subject: {subject}\r\n\r\n{text}\r\n.\r\n')
        return c.reply()


def says(name, got, code, *parts, never=()):
    text = got.stdout + got.stderr
    trouble = [f'exit status {got.returncode}, not {code}'] if got.returncode != code else []
    trouble += [f'not there: {p!r}' for p in parts if p not in text] + [f'there: {p!r}' for p in never if p in text]
    tap.check(trouble + (text.splitlines() if trouble else []), name)
    return got


def release_twice(n, name):
    """Two requests that stand in the socket before the server looks at either: the answers."""
    n.process.send_signal(signal.SIGSTOP)
    callers = []
    for _ in range(2):
        caller = socket.socket(socket.AF_UNIX)
        caller.settimeout(SECONDS)
        caller.connect(f'{n.folder}/control.sock')
        caller.sendall(b'rejects\0release\0' + name.encode() + b'\0')
        caller.shutdown(socket.SHUT_WR)
        callers.append(caller)
    n.process.send_signal(signal.SIGCONT)
    answers = []
    for caller in callers:
        with caller, caller.makefile('r') as f:
            answers.append(f.read())
    return answers


def bytes_kept(n):
    total = 0
    for name in kept(n):
        with contextlib.suppress(FileNotFoundError):  # it has made room for another
            total += os.path.getsize(f'{n.folder}/rejects/{name}')
    return total


def kept(n):
    """Their names, without the one that is being written."""
    return sorted(os.path.basename(p) for p in glob.glob(f'{n.folder}/rejects/*') if not p.endswith('.new'))


def cut_in_two():
    """The server dies between the steps of a release: what it finds then, and what it does about it."""
    with Nixied(NIXIED, '', LISTENER) as n:
        n.stop()
        with open(f'{n.folder}/hooks.lua', 'w', encoding='utf-8') as f:
            f.write(SCRIPT)
        n.run('admin', 'alias', 'add', f'far@{DOMAIN}', 'far@elsewhere.test', check=True)
        n.run('admin', 'route', 'add', 'elsewhere.test', '--host', '127.0.0.1', '--port', '1', check=True)
        n.configure(f'hooks = {n.folder}/hooks.lua\nkeep_rejects = *\nconnect_timeout = 1s\n', LISTENER)
        n.start()
        folder = f'{n.folder}/rejects'
        reply = send(n, 'bad', to=f'far@{DOMAIN}')
        until(lambda: len(kept(n)) == 1)
        name = (kept(n) or [reply])[0]
        text = open(f'{folder}/{name}', 'rb').read()
        n.stop(signal.SIGKILL)
        # Set aside, and not committed.
        os.rename(f'{folder}/{name}', f'{folder}/{name}.released-0300000000000')
        n.start()
        tap.check([] if kept(n) == [name] else [str(kept(n))], 'before it was in the queue: it is kept as before')
        got = says('... and is released', n.run('rejects', 'release', name), 0, 'released as ')
        queued = re.search(r'released as (\w+)', got.stdout)[1]
        tap.check([] if not kept(n) else [str(kept(n))], '... which leaves nothing')
        n.stop(signal.SIGKILL)
        # Committed, and its file is still there.
        with open(f'{folder}/{name}.released-{queued}', 'wb') as f:
            f.write(text)
        n.start()
        tap.check([] if not kept(n) else [str(kept(n))], 'in the queue already: it is kept no more')
        says('... and is in the queue once', n.run('queue', 'list'), 0, queued, '1 recipient')


def killed():
    """kill -9 at any moment of many releases: each message is kept, or in the queue, and not both."""
    with Nixied(NIXIED, '', LISTENER) as n:
        n.stop()
        with open(f'{n.folder}/hooks.lua', 'w', encoding='utf-8') as f:
            f.write(SCRIPT)
        n.configure(f'hooks = {n.folder}/hooks.lua\nkeep_rejects = *\n', LISTENER)
        n.start()
        for i in range(ROUNDS):
            send(n, 'bad', text=f'number {i}.')
        until(lambda: len(kept(n)) == ROUNDS)
        names = kept(n)
        for i, name in enumerate(names):
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as caller:
                caller.settimeout(30)
                caller.connect(f'{n.folder}/control.sock')
                caller.sendall(b'rejects\0release\0' + name.encode() + b'\0')
                caller.shutdown(socket.SHUT_WR)
                # From "at once" to "when it is over": that which is between is hit now and then.
                until(lambda i=i, name=name: i % 3 == 0 or not os.path.exists(f'{n.folder}/rejects/{name}')
                      or (i % 3 == 2 and caller.recv(1) == b'0'))
                n.stop(signal.SIGKILL)
            n.start()
        left = kept(n)
        tap.check([] if set(left) <= set(names) else left, 'after each start a message is kept under its name, or not at all')
        for name in left:
            says(f'{name} is released at last', n.run('rejects', 'release', name), 0, 'released as ')
        n.until_mails(ROUNDS)
        n.stop()
        n.start()
        n.until_mails(ROUNDS)
        all_mails = b''.join(n.mails())
        counts = [all_mails.count(b'number %d.' % i) for i in range(ROUNDS)]
        tap.check([] if counts == [1] * ROUNDS else [str(counts), str(left)], 'each has come once')


def main():
    with Nixied(NIXIED, '', LISTENER) as n:
        says('nothing was ever kept', n.run('rejects'), 1, '0 messages')
        n.stop()
        with open(f'{n.folder}/hooks.lua', 'w', encoding='utf-8') as f:
            f.write(SCRIPT)
        settings = f'hooks = {n.folder}/hooks.lua\nkeep_rejects = other.test {DOMAIN.upper()}\nkeep_rejects_size = 1M\n'
        n.run('admin', 'domain', 'add', 'quiet.test', check=True)
        n.run('admin', 'alias', 'add', 'x@quiet.test', 'far@elsewhere.test', check=True)
        n.configure(settings, LISTENER)
        n.start()
        reply = send(n, 'bad', text='..a dot\r\nthe end')
        tap.check([] if reply.startswith('554 5.7.1 Rejected by a local rule - it is bad (C41 ') else [reply], 'refused')
        session = re.search(r'\(C41 (\w+)\)', reply)[1]
        tap.check([] if until(lambda: len(kept(n)) == 1) else [str(kept(n))], '... and kept')
        tap.check([] if n.until_log(f' check session={session} id={kept(n)[0]} check=rejects result=kept') else [n.log()], '... as the log says')
        send(n, 'later')
        send(n, 'good')
        send(n, 'bad', to='x@quiet.test')
        says('what is deferred, taken, or for another domain is not', n.run('rejects'), 0, f'a@b.test -> {USER}', '    554 5.7.1 Rejected by a local rule - it is bad', '1 message\n')
        name = kept(n)[0]
        says('one of them', n.run('rejects', 'show', name), 0, name, 'rule     on_message: it is bad', f'session  {session}', 'helo     c.test')
        got = n.run('rejects', 'show', '--body', name.lower())
        tap.check([] if got.stdout == 'Subject: bad\n\n.a dot\nthe end\n' else [repr(got.stdout)], '... its text')
        got = json.loads(n.run('rejects', '-o', 'json').stdout)
        ok = got['id'] == name and got['to'] == [USER] and got['condition'] == 'C41' and got['reply'] == reply and got['bytes'] == 33
        tap.check([] if ok else [str(got)], 'as JSON')
        for which in (['--to', DOMAIN], ['--to', USER], ['--from', 'a@b.test'], ['--from', 'B.test'], ['--reason', 'C41'], ['--reason', 'is bad'], [name]):
            says(f'which: {which}', n.run('rejects', *which), 0, '1 message\n')
        for which in (['--to', 'b.test'], ['--from', '<>'], ['--reason', 'C42'], ['038G3DEK4P000']):
            says(f'not: {which}', n.run('rejects', *which), 1, '0 messages')
        before = len(n.until_mails(1))
        audit = n.run('audit').stdout
        tap.check([] if re.search(r'recipients +1\n', audit) else [audit], 'what was refused was not accepted')
        released = says('released', n.run('rejects', 'release', name), 0, 'released as ')
        mails = n.until_mails(before + 1)
        text = mails[-1].replace(b'\r\n', b'\n') if len(mails) > before else b''
        ok = b'X-Released: by uid ' in text and b' 554 5.7.1 Rejected by a local rule - it is bad' in text and b'\n\n.a dot\nthe end\n' in text and b'\nReceived: from c.test ' in text
        tap.check([] if ok else [text], '... and delivered')
        tap.check([] if not kept(n) else [str(kept(n))], '... and is kept no more')
        queued = re.search(r'released as (\w+)', released.stdout)
        tap.check([] if n.until_log(f' operator id={queued[1]} .*result=released.*rule=rejects') else [n.log()], '... the log has who did it')
        says('not twice', n.run('rejects', 'release', name), 1, 'no such message is kept')
        send(n, 'bad', text='of which there is one')
        until(lambda: len(kept(n)) == 1)
        answers = release_twice(n, kept(n)[0])
        ok = sum('released as ' in a for a in answers) == 1 and sum('1\nnixied: rejects: ' in a for a in answers) == 1
        tap.check([] if ok else answers, 'who is asked for twice at once is released once')
        until(lambda: n.run('queue', 'list', '--limit', '1').returncode == 1)
        one = b''.join(n.mails()).count(b'of which there is one')
        tap.check([] if one == 1 else [str(one)], '... and delivered once')
        for _ in range(3):
            send(n, 'bad')
        until(lambda: len(kept(n)) == 3)
        says('remove wants to be told which', n.run('rejects', 'remove'), 2, 'says nothing of which')
        says('removed', n.run('rejects', 'remove', kept(n)[0]), 0, '1 message removed')
        for _ in range(12):
            send(n, 'bad', text=('x' * 70 + '\r\n') * 3000)
        tap.check([] if until(lambda: bytes_kept(n) > 800000) else [str(kept(n))], 'many')
        full = bytes_kept(n)
        tap.check([] if full < 1400000 else [str(full)], 'they stop when there is no more room')
        # Older than it may be: the name says when it came.
        n.stop()
        old = f'{n.folder}/rejects/0300000000000'
        os.rename(f'{n.folder}/rejects/{kept(n)[0]}', old)
        # ... and what an end in between left half written; what is no name of ours stays.
        half, other = f'{n.folder}/rejects/0300000000001.new', f'{n.folder}/rejects/notes.new'
        for path in (half, other):
            with open(path, 'w', encoding='utf-8') as f:
                f.write('nixie-reject 1\n')
        n.start()
        tap.check([] if until(lambda: not os.path.exists(half)) else [str(os.listdir(f'{n.folder}/rejects'))], 'what was half written goes at the next start')
        tap.check([] if os.path.exists(other) else [str(os.listdir(f'{n.folder}/rejects'))], '... and nothing else of that kind')
        tap.check([] if until(lambda: not os.path.exists(old)) else [str(kept(n))], 'the oldest go at the next start')
        says('all of them', n.run('rejects', 'remove', '--all'), 0, 'removed')
        says('... are gone', n.run('rejects'), 1, '0 messages')
        for mistake in (['dance'], ['show'], ['release'], ['--limit', 'x'], ['-o', 'xml'], ['--no-such'], ['release', '../x']):
            says('a mistake: ' + ' '.join(mistake), n.run('rejects', *mistake), 2, 'nixied rejects --help')
        tap.check([] if n.stop() == 0 else [n.said], 'it ends well')
        says('without a server nothing is released', n.run('rejects', 'release', name), 3, 'no server answers there')


main()
cut_in_two()
killed()
sys.exit(tap.done())
