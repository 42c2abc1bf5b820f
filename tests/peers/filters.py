"""Debian's filters as peers of the tests: each in a jail, with what its package brings and as little as possible changed.

    with Clamd('127.0.0.2') as clamd:       # clamd.place is what nixied.conf is told
"""

import hashlib
import socket
import subprocess
import threading

from peers import Peer, listens

# The test file of the European Institute for Computer Antivirus Research, cut in two so that no scanner stops at this one.
EICAR = b'X5O!P%@AP[4\\PZX54(P^)7CC)7}$' + b'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'
GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*' + 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'


class Filter(Peer):
    """Listens on a port of its own and says nothing before it is asked."""

    default_port = 0

    def __init__(self, ip, **rest):
        super().__init__(ip, self.default_port, **rest)

    @property
    def place(self):
        return f'{self.ip}:{self.port}'

    def answers(self):
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f'{self.name} ended: {self.log()}')
        return listens(self.ip, self.port, banner=False)


class Clamd(Filter):
    """With one signature that the test writes: of the EICAR file, in the forms .hdb (its hash) and .ndb (its bytes)."""

    name = 'clamav'
    default_port = 3310

    def configure(self):
        whole = f'{hashlib.md5(EICAR).hexdigest()}:{len(EICAR)}:Eicar-Hash\n'
        self.jail.write('/var/lib/clamav/test.hdb', whole)
        self.jail.write('/var/lib/clamav/test.ndb', f'Eicar-Bytes:0:*:{EICAR.hex()}\n')
        self.jail.write('/etc/clamav/clamd.conf', f'''Foreground yes
DatabaseDirectory /var/lib/clamav
TCPSocket {self.port}
TCPAddr {self.ip}
StreamMaxLength 2M
LogFile {self.log_file}
User root
''')

    def begin(self):
        self.process = self.jail.start('clamd', '--config-file=/etc/clamav/clamd.conf', log='/var/log/said.log')


class Spamd(Filter):
    """Local tests alone: no DNS, no Razor."""

    name = 'spamassassin'
    default_port = 783

    def configure(self):
        self.jail.write('/etc/spamassassin/local.cf', 'use_bayes 0\nskip_rbl_checks 1\nuse_auto_whitelist 0\n')

    def begin(self):
        self.process = self.jail.start('perl', '-T', '/usr/sbin/spamd', '-L', '-x', '-i', self.ip, '-p', str(self.port), '-A', '127.0.0.0/8',
                                       '-m', '2', '-s', self.log_file, '-u', 'nobody', log='/var/log/said.log')


class Rspamd(Filter):
    """Without modules that ask the net or Redis: its core alone, which knows GTUBE, with a rule of the test's in Lua. `place` is the
    worker for scanning, `milter` its proxy."""

    name = 'rspamd'
    default_port = 11333
    accounts = ['_rspamd:x:5009:5009::/var/lib/rspamd:/bin/false']

    @property
    def milter(self):
        return f'{self.ip}:11332'

    def configure(self):
        self.jail.write('/etc/rspamd/test.lua', '''
rspamd_config:register_symbol({name = 'TEST_SUBJECT', score = 7.0, callback = function(task)
  return task:get_subject() == 'mark me'
end})
rspamd_config:register_symbol({name = 'TEST_LATER', type = 'postfilter', callback = function(task)
  if task:get_subject() == 'come again' then
    task:set_pre_result('soft reject', 'Greylisted by a test')
  end
end})
''')
        self.jail.write('/etc/rspamd/tlds', 'test\ncom\n')  # thousands take half a minute to compile
        self.jail.write('/etc/rspamd/test.conf', f'''
options {{ pidfile = "/run/rspamd/rspamd.pid"; disable_hyperscan = true; url_tld = "/etc/rspamd/tlds"; filters = ""; gtube_patterns = "reject"; dns {{ nameserver = ["127.0.0.1"]; timeout = 1s; }} }}
logging {{ type = "file"; filename = "{self.log_file}"; level = "info"; }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
lua = "/etc/rspamd/test.lua";
worker "normal" {{ bind_socket = "{self.place}"; count = 1; }}
worker "rspamd_proxy" {{
  bind_socket = "{self.milter}"; milter = yes; timeout = 20s; count = 1;
  upstream "local" {{ default = yes; hosts = "{self.place}"; }}
}}
''')
        for folder in ('/var/lib/rspamd', '/var/log/rspamd', '/run/rspamd', '/var/log'):
            self.jail.run('mkdir', '-p', folder)
            self.jail.run('chown', '_rspamd:', folder)

    def begin(self):
        self.process = self.jail.start('rspamd', '-f', '-i', '-c', '/etc/rspamd/test.conf', log='/var/log/said.log')

    def answers(self):
        return super().answers() and listens(self.ip, 11332, banner=False)

    def log(self):
        return super().log()[-4000:]


class Redis(Filter):
    """Keeps nothing on disk."""

    name = 'redis'
    default_port = 6379

    def configure(self):
        pass

    def begin(self):
        self.process = self.jail.start('redis-server', '--bind', self.ip, '--port', self.port, '--save', '', '--appendonly', 'no', log=self.log_file)


class RspamdWhole(Rspamd):
    """With the configuration of its package: all its modules, and Redis. A site's own settings say where that is, how short
    greylisting is, what some subjects weigh, and that of mail with the same X-Few two messages are enough."""

    def __init__(self, ip, redis, **rest):
        super().__init__(ip, **rest)
        self.redis = redis

    def configure(self):
        super().configure()
        for name, text in {
                'redis': f'servers = "{self.redis}";',
                'options': 'url_tld = "/etc/rspamd/tlds"; disable_hyperscan = true; gtube_patterns = "reject";\n'
                           'dns { nameserver = ["127.0.0.1"]; timeout = 1s; }',
                'logging': f'type = "file"; filename = "{self.log_file}";',
                'worker-normal': f'bind_socket = "{self.place}";',
                'worker-proxy': f'bind_socket = "{self.milter}"; upstream "local" {{ default = yes; hosts = "{self.place}"; }}',
                'worker-controller': f'bind_socket = "{self.ip}:11334";',
                'worker-fuzzy': 'enabled = false;'}.items():
            self.jail.write(f'/etc/rspamd/local.d/{name}.inc' if name.startswith('worker') or name in ('options', 'logging')
                            else f'/etc/rspamd/local.d/{name}.conf', text + '\n')
        self.jail.write('/etc/rspamd/local.d/actions.conf', 'rewrite_subject = 8;\nsubject = "*** SPAM *** %s";\n')
        self.jail.write('/etc/rspamd/local.d/greylist.conf', 'timeout = 2s;\nmessage = "Greylisted by rspamd";\n')
        self.jail.write('/etc/rspamd/local.d/ratelimit.conf',
                        '''rates { few { selector = "header('X-Few')"; bucket { burst = 2; rate = "1 / 1h"; } } }\n''')
        for name in ('fuzzy_check', 'asn', 'surbl', 'rbl', 'phishing', 'rspamd_update'):  # they ask the net, which is not there
            self.jail.write(f'/etc/rspamd/override.d/{name}.conf', 'enabled = false;\n')
        # One symbol for each weight that a subject asks for: "weigh 5"
        self.jail.write('/etc/rspamd/rspamd.local.lua', '''
for _, points in ipairs({5, 7, 9}) do
  rspamd_config:register_symbol({name = 'TEST_WEIGHS_' .. points, score = points, callback = function(task)
    return task:get_subject() == 'weigh ' .. points
  end})
end
''')

    def begin(self):
        self.process = self.jail.start('rspamd', '-f', '-i', '-c', '/etc/rspamd/rspamd.conf', log='/var/log/said.log')


class OpenDKIM(Filter):
    """Signs mail of `domain` from the loopback, with a key that it makes."""

    name = 'opendkim'
    default_port = 8891

    def __init__(self, ip, domain, **rest):
        super().__init__(ip, **rest)
        self.domain = domain

    def configure(self):
        key = subprocess.run(['openssl', 'genrsa', '2048'], capture_output=True, text=True, check=True).stdout
        self.jail.write('/etc/dkim.private', key, 0o600)
        self.jail.write('/etc/opendkim.conf', f'''Domain {self.domain}
KeyFile /etc/dkim.private
Selector test
Mode s
Canonicalization relaxed/simple
Socket inet:{self.port}@{self.ip}
InternalHosts 127.0.0.0/8
Syslog no
PidFile /run/opendkim.pid
UserID root
''')

    def begin(self):
        self.process = self.jail.start('opendkim', '-f', '-x', '/etc/opendkim.conf', log=self.log_file)


class Postgrey(Filter):
    """Greylists for two seconds."""

    name = 'postgrey'
    default_port = 10023
    accounts = ['postgrey:x:5010:5010::/var/lib/postgrey:/bin/false']

    def configure(self):
        self.jail.run('mkdir', '-p', '/var/lib/postgrey')
        self.jail.run('chown', 'postgrey:', '/var/lib/postgrey')

    def begin(self):
        self.process = self.jail.start('perl', '-T', '/usr/sbin/postgrey', f'--inet={self.place}', '--delay=2', '--user=postgrey', '--group=postgrey',
                                       log=self.log_file)


class PolicydSpf(Filter):
    """A process for each connection, as Postfix's spawn(8) would start them. Asks the DNS at 127.0.0.1."""

    name = 'policyd-spf'
    default_port = 10024

    def configure(self):
        self.jail.write('/etc/postfix-policyd-spf-python/policyd-spf.conf',
                        'debugLevel = 1\nHELO_reject = Fail\nMail_From_reject = Fail\nPermError_reject = False\nTempError_Defer = False\n'
                        'skip_addresses = 127.0.0.0/8\n')

    def begin(self):
        self.listening = socket.create_server((self.ip, self.port))
        threading.Thread(target=self.spawn, daemon=True).start()

    def spawn(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection, open(self.jail.path('/var/log/peer.log'), 'ab') as log:
                subprocess.Popen(self.jail.command('/usr/bin/python3', '/usr/bin/policyd-spf'), stdin=connection, stdout=connection, stderr=log)

    def end(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
