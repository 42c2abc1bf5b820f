#!/usr/bin/env python3
"""A real disk that is full, fails, or has no room for another file: what a client is told, and what is there afterwards.

usage: test_disk.py NIXIED NIXIE        TAP

The disks are a tmpfs and a file with ext4 in it, mounted in a namespace of the test's own. That takes root; without it
the test says that it was skipped.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from held import STYLES, catalogue, held
from server import MX, USER, Client, Nixied, session, until

import tap

NIXIED, NIXIE = sys.argv[1:3]
INSIDE = 'NIXIE_TEST_IS_INSIDE'
OFF = 'spf = off\nsender_mx_check = off\n'
EHLO, MAIL, RCPT = 'EHLO c.example', 'MAIL FROM:<a@b.example>', f'RCPT TO:<{USER}>'
MEGABYTE = 1 << 20


def skip_all(why):
    print(f'1..1\nok 1 - all of it # SKIP skipped: {why}')
    sys.exit(0)


def enter():
    """Runs this program again where it may mount, and returns from there."""
    if os.environ.pop(INSIDE, None) is not None:
        return
    if os.geteuid() != 0 or shutil.which('unshare') is None:
        skip_all('to mount a disk takes root')
    unshare = ['unshare', '--mount', '--propagation', 'private']
    if subprocess.run([*unshare, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], capture_output=True, check=False).returncode != 0:
        skip_all('this root may not mount')
    os.execvpe('unshare', [*unshare, sys.executable, *sys.argv], {**os.environ, INSIDE: '1'})


class Disk:
    """A folder of a server on a disk of its own."""

    def __init__(self, n, name, *options, what='tmpfs'):
        self.path = pathlib.Path(n.folder, name)
        self.path.mkdir(mode=0o700, exist_ok=True)
        subprocess.run(['mount', *options, what, self.path], check=True, capture_output=True)
        self.path.chmod(0o700)
        self.filler = self.path / 'filler'

    def fill(self, leave):
        """All but so many bytes of it."""
        room = os.statvfs(self.path)
        with open(self.filler, 'wb') as f:
            os.posix_fallocate(f.fileno(), 0, room.f_bavail * room.f_frsize - leave)

    def empty(self):
        self.filler.unlink()

    def leave(self):
        if not until(lambda: subprocess.run(['umount', self.path], capture_output=True, check=False).returncode == 0):
            raise RuntimeError(f'{self.path} stays busy')


def text(size):
    return b'Subject: x\r\n\r\n' + (b'x' * 62 + b'\r\n') * (size // 64) + b'.\r\n'


def send(n, size):
    return session(n.ports['mx'], EHLO, MAIL, RCPT, 'DATA', text(size))[-1]


def balanced(n, count, name):
    """So many recipients were taken, and each of them is somewhere."""
    got = n.run('audit')
    ok = got.returncode == 0 and f'recipients {count}\n' in got.stdout and 'balanced' in got.stdout
    tap.check([] if ok else [got.stdout, got.stderr], name)


def full(rows):
    for style in STYLES:
        n = Nixied(NIXIED, f'reply_style = {style}\n{OFF}', MX)
        disk = Disk(n, 'queue', '-t', 'tmpfs', '-o', 'size=300m')
        with n:
            tap.check([] if send(n, 100).startswith('250') else [n.log()], f'{style}: a disk with room')
            disk.fill(MEGABYTE // 2)
            got = session(n.ports['mx'], EHLO, MAIL)
            held(NIXIE, n, style, rows['X11'], 'mail', got[-1])
            disk.empty()
            disk.fill(10 * MEGABYTE)
            got = session(n.ports['mx'], EHLO, MAIL + f' SIZE={20 * MEGABYTE}')
            held(NIXIE, n, style, rows['X11'], 'mail', got[-1])
            disk.empty()
            tap.check([] if send(n, 100).startswith('250') else [n.log()], 'room again: taken')
            n.until_mails(2)
            disk.fill(2 * MEGABYTE)
            # There is room beside the two segments; nothing is delivered, so the messages fill these.
            (pathlib.Path(n.folder) / 'mail').rename(f'{n.folder}/away')
            (pathlib.Path(n.folder) / 'mail').write_text('no folder')
            taken = 2
            while taken < 60:
                reply = send(n, 10 * MEGABYTE)
                if not reply.startswith('250'):
                    break
                taken += 1
            held(NIXIE, n, style, rows['X11'], 'end', reply)
            balanced(n, taken, f'what was taken before the disk was full is there: {taken}')
            reply = send(n, 100)
            tap.check([] if reply.startswith(('250', '452 4.3.1' if style == 'modern' else '452')) else [reply], 'the next one')
            taken += reply.startswith('250')
            disk.empty()
            reply = send(n, 10 * MEGABYTE)
            tap.check([] if reply.startswith('250') else [reply], 'room again: taken')
            taken += reply.startswith('250')
            until(lambda n=n, taken=taken: len(set(re.findall(' deferred id=([^ ]+)', n.log()))) == taken - 2)
            (pathlib.Path(n.folder) / 'mail').unlink()
            (pathlib.Path(n.folder) / 'away').rename(f'{n.folder}/mail')
            n.run('queue', 'retry', '--all', check=True)
            tap.check([] if len(n.until_mails(taken)) == taken else [n.log()[-3000:]], f'... and all {taken} are delivered')
            balanced(n, taken, '... and counted')
            tap.check([] if n.stop() == 0 else [n.said], '... and it ends well')
        disk.leave()


def failing(rows):
    """ext4 whose journal was aborted: every write fails with EROFS, as it does when a real disk goes."""
    if shutil.which('mkfs.ext4') is None:
        tap.check([], 'a disk that fails # SKIP skipped: no mkfs.ext4 here (Debian: e2fsprogs)')
        return
    with tempfile.TemporaryDirectory(prefix='nixie-disk-') as folder:
        for style in STYLES:
            image = f'{folder}/{style}'
            with open(image, 'wb') as f:
                f.truncate(256 * MEGABYTE)
            subprocess.run(['mkfs.ext4', '-q', '-F', image], check=True, capture_output=True)
            n = Nixied(NIXIED, f'reply_style = {style}\n{OFF}', MX)
            try:
                disk = Disk(n, 'queue', '-o', 'loop', what=image)
            except subprocess.CalledProcessError as e:
                tap.check([], f'{style}: a disk that fails # SKIP skipped: no loop device: {e.stderr.decode().strip()}')
                shutil.rmtree(n.folder)
                continue
            shutil.rmtree(disk.path / 'lost+found')
            with n:
                tap.check([] if send(n, 100).startswith('250') else [n.log()], f'{style}: a disk that works')
                n.until_mails(1)
                with Client(n.ports['mx']) as c:
                    c.reply()
                    for words in (EHLO, MAIL, RCPT, 'DATA'):
                        c.say(words)
                    c.send(text(6 * MEGABYTE)[:-3])
                    subprocess.run(['mount', '-o', 'remount,abort', disk.path], capture_output=True, check=False)
                    c.send(text(6 * MEGABYTE))
                    # It fails with the part that is being written, or with the whole: as fast as the server was.
                    got = c.reply()
                    held(NIXIE, n, style, rows['C38' if '(C38 ' in got else 'C40'], 'end', got)
                held(NIXIE, n, style, rows['C38'], 'end', send(n, 100))
                got = session(n.ports['mx'], EHLO, 'NOOP')
                tap.check([] if got[-1].startswith('250') else got, '... and the server is still there')
                n.stop()
                disk.leave()
                subprocess.run(['fsck.ext4', '-p', image], capture_output=True, check=False)
                disk = Disk(n, 'queue', '-o', 'loop', what=image)
                n.start()
                tap.check([] if send(n, 100).startswith('250') and len(n.until_mails(2)) == 2 else [n.log()], 'a disk that works again')
                balanced(n, 2, '... and nothing that was refused is there')
                n.stop()
                disk.leave()


def no_inodes():
    """A disk with bytes, and no room for another name."""
    n = Nixied(NIXIED, OFF, MX)
    disk = Disk(n, 'mail', '-t', 'tmpfs', '-o', 'size=16m,nr_inodes=64')
    with n:
        send(n, 100)
        n.until_mails(1)
        for i in range(100):
            try:
                (disk.path / f'filler{i}').touch()
            except OSError:
                break
        tap.check([] if send(n, 100).startswith('250') else [n.log()], 'no inode for the mailbox: taken')
        line = n.until_log(' deferred ') or ''
        tap.check([] if 'condition=D15' in line and 'No space left' in n.log() else [line], '... and waits, as our own fault, with its cause')
        for path in disk.path.glob('filler*'):
            path.unlink()
        n.run('queue', 'retry', '--all', check=True)
        tap.check([] if len(n.until_mails(2)) == 2 else [n.log()], '... until there is one')
    disk.leave()
    n = Nixied(NIXIED, OFF, MX)
    disk = Disk(n, 'queue', '-t', 'tmpfs', '-o', 'size=300m,nr_inodes=64')
    with n:
        send(n, 100)
        for i in range(100):
            try:
                (disk.path / f'filler{i}').touch()
            except OSError:
                break
        (pathlib.Path(n.folder) / 'mail').rename(f'{n.folder}/away')
        (pathlib.Path(n.folder) / 'mail').write_text('no folder')
        replies = [send(n, 10 * MEGABYTE) for _ in range(15)]
        refused = [r for r in replies if not r.startswith('250')]
        tap.check([] if refused and all(r.startswith('452 4.3.1') for r in refused) else replies, 'no inode for the queue: 452 4.3.1')
        balanced(n, 1 + len(replies) - len(refused), '... and what was taken is there')
        for path in disk.path.glob('filler*'):
            path.unlink()
        tap.check([] if send(n, 10 * MEGABYTE).startswith('250') else [n.log()[-2000:]], '... and then it goes on')
    disk.leave()


def main():
    rows = catalogue()
    full(rows)
    failing(rows)
    no_inodes()


enter()
main()
sys.exit(tap.done())
