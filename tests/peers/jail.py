"""Places where other people's servers run without being installed: namespaces of the kernel.

A test calls enter() first. It then runs in a network of its own that has nothing but the loopback, so that port 25
is free and nothing leaves the machine, and all that it started ends with it. Each peer has a Jail in that.
"""

import ctypes
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / name) for name in ('nixied', 'tools')]  # what other tests have: server, tap
INSIDE = 'NIXIE_TEST_IS_INSIDE'
NAMESPACES = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private']


def skip_all(why):
    """Nothing of this test can be tried here: says so in TAP and ends."""
    print(f'1..1\nok 1 - all of it # SKIP skipped: {why}')
    sys.exit(0)


def why_not():
    """Why no namespaces can be had here; '' when they can."""
    if os.geteuid() != 0:
        return 'the peers run in namespaces, which takes root'
    if shutil.which('unshare') is None:
        return 'no unshare here (Debian: util-linux)'
    tried = subprocess.run([*NAMESPACES, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], capture_output=True, text=True, check=False)
    return '' if tried.returncode == 0 else 'this root may not make namespaces: ' + tried.stderr.strip().splitlines()[-1]


def enter(*peers):
    """Fetches the peers, then runs this program again in namespaces of its own, where it returns from here."""
    if os.environ.pop(INSIDE, None) is None:
        why = why_not()
        if why:
            skip_all(why)
        for peer in peers:  # inside there is no network to fetch from
            fetched(peer)
        sys.stdout.flush()
        os.execvpe('unshare', [*NAMESPACES, sys.executable, *sys.argv], {**os.environ, INSIDE: '1'})
    # Here it is the first process: when unshare is ended it must go, too, and all else goes with it.
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack('16sH14x', b'lo', 0x49))  # SIOCSIFFLAGS: up, loopback, running
        for last in range(2, 10):  # all of 127/8 answers, but Postfix wants to see an interface
            address = socket.inet_aton(f'127.0.0.{last}')
            fcntl.ioctl(s, 0x8916, struct.pack('16sHH4s8x', b'lo:%d' % last, socket.AF_INET, 0, address))  # SIOCSIFADDR
    sys.stdout.reconfigure(line_buffering=True)


def fetched(peer):
    """Where the peer's packages are unpacked, and why they are not (one of the two is empty)."""
    done = subprocess.run([HERE / 'fetch', peer], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return TOP / 'build-test' / 'peers' / peer / 'root', ''
    return None, (done.stdout + done.stderr).strip().splitlines()[-1].removeprefix('skipped: ')


class Jail:
    """The machine as the unpacked packages want it. `path('/etc/x')` is where the test finds the jail's /etc/x."""

    def __init__(self, root, hostname):
        self.holder = subprocess.Popen(
            ['unshare', '--mount', '--uts', '--propagation', 'private', HERE / 'jail', root, hostname],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != 'ready\n':
            raise RuntimeError(f'no jail for {hostname}')

    def path(self, inside):
        return pathlib.Path(f'/proc/{self.holder.pid}/root') / inside.lstrip('/')

    def write(self, inside, text, mode=0o644):
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # it may be a link that leads out of /etc
        path.write_text(text, encoding='utf-8')
        path.chmod(mode)

    def append(self, inside, text):
        self.write(inside, self.path(inside).read_text(encoding='utf-8') + text)

    def command(self, *words):
        return ['nsenter', '--target', str(self.holder.pid), '--mount', '--uts', '--wd=/', '--', *map(str, words)]

    def run(self, *words, text=None, seconds=120):
        """The finished process, with what it said on both outputs in stdout."""
        return subprocess.run(self.command(*words), input=text or '', stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=seconds, check=False, errors='replace')

    def start(self, *words, log):
        """A process that stays, both its outputs in the jail's file `log`."""
        with open(self.path(log), 'ab') as out:
            return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()
