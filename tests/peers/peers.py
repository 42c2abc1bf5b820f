"""Real mail software as peers of the tests: each in a jail, with a small configuration, on the loopback.

    with Postfix('127.0.0.2', users=['anna']) as postfix:   # listens on port 25 there when this is reached
        postfix.mails('anna'), postfix.log()

Each class says in its words what it can be asked for. `have(Class)` is why a peer is not to be had.
"""

import functools
import os
import pathlib
import signal
import smtplib
import socket
import subprocess
import tempfile

from jail import Jail, fetched
from remote_server import certificate
from server import SECONDS, until

ZONE_SERVER = '127.0.0.1'
VMAIL = 5000  # whom the mailboxes belong to


@functools.lru_cache(maxsize=None)
def root_of(name):
    return fetched(name)


def have(*classes):
    """Why one of these peers cannot be had here; '' when all can."""
    return next((why for _, why in (root_of(c.name) for c in classes) if why), '')


def listens(ip, port, banner=True):
    """Does it answer there, with a greeting if one is due?"""
    try:
        with socket.create_connection((ip, port), timeout=SECONDS) as s:
            return not banner or s.recv(4) != b''
    except OSError:
        return False


class Peer:
    """What all of them have in common. A subclass writes its files in configure() and begins in begin()."""

    name = ''
    accounts = []  # lines of /etc/passwd that the packages' installation would have made; the group has the same name
    log_file = '/var/log/peer.log'

    def __init__(self, ip, port=25, hostname=None):
        self.ip, self.port = ip, port
        self.hostname = hostname or f'{self.name}.test'
        self.jail = self.process = None

    def __enter__(self):
        root, why = root_of(self.name)
        if why:
            raise RuntimeError(why)
        self.jail = Jail(root, self.hostname)
        try:
            for line in [*self.accounts, f'vmail:x:{VMAIL}:{VMAIL}::/var/mail:/bin/sh']:
                user, _, number = line.split(':')[:3]
                self.jail.append('/etc/passwd', line + '\n')
                self.jail.append('/etc/group', f'{user}:x:{number}:\n')
            self.jail.write('/etc/resolv.conf', f'nameserver {ZONE_SERVER}\n')
            self.jail.write('/etc/hosts', f'127.0.0.1 localhost\n{self.ip} {self.hostname}\n')
            self.jail.write('/etc/mailname', self.hostname + '\n')
            mail = self.jail.path('/var/mail')
            os.chown(mail, VMAIL, VMAIL)
            with tempfile.TemporaryDirectory() as folder:
                pem = pathlib.Path(certificate(self.hostname, folder))
                self.jail.write('/etc/peer.pem', pem.read_text(encoding='utf-8'))
            self.configure()
            self.begin()
            if not until(self.answers):
                raise RuntimeError(f'{self.name} does not answer:\n{self.log()}')
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.end()
        self.jail.close()

    def configure(self):
        raise NotImplementedError

    def begin(self):
        raise NotImplementedError

    def answers(self):
        return listens(self.ip, self.port)

    def end(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def log(self):
        try:
            return self.jail.path(self.log_file).read_text(encoding='utf-8', errors='replace')
        except FileNotFoundError:
            return ''

    def until_log(self, words):
        """The first line of the log that has these words; None when none comes."""
        return until(lambda: next((line for line in self.log().splitlines() if words in line), None))

    def mails(self, user):
        """The messages in a Maildir there."""
        new = self.jail.path(f'/var/mail/{user}/new')
        return [path.read_bytes() for path in sorted(new.glob('*'))] if new.is_dir() else []

    def until_mails(self, user, count=1):
        until(lambda: len(self.mails(user)) >= count)
        return self.mails(user)

    def submit(self, sender, recipients, message, options=(), rcpt_options=()):
        """Gives it a message as a client on its own machine would."""
        with smtplib.SMTP(self.ip, self.port, timeout=SECONDS, source_address=(self.ip, 0)) as s:
            s.sendmail(sender, recipients, message, options, rcpt_options)


class Tool(Peer):
    """A program that is run and ends: `run('swaks', ...)`."""

    def __init__(self):
        super().__init__(ZONE_SERVER)

    def configure(self):
        self.run = self.jail.run

    def begin(self):
        pass

    def answers(self):
        return True


class Postfix(Peer):
    """`users` have mailboxes in `domain`; clients on its own address may relay. `main` is added to main.cf, `master`
    to master.cf, `files` ({name: text}) stand in /etc/postfix."""

    name = 'postfix'
    accounts = ['postfix:x:5001:5001::/var/spool/postfix:/bin/false', 'postdrop:x:5002:5002::/nonexistent:/bin/false']
    log_file = '/var/log/mail.log'

    def __init__(self, ip, port=25, domain='postfix.test', users=(), main='', master='', files=None, **rest):
        super().__init__(ip, port, **rest)
        self.domain, self.users, self.main, self.master, self.files = domain, users, main, master, files or {}

    def configure(self):
        for name, text in self.files.items():
            self.jail.write(f'/etc/postfix/{name}', text)
        self.jail.write('/etc/postfix/users', ''.join(f'{user}@{self.domain} {user}/\n' for user in self.users))
        master = self.jail.path('/usr/share/postfix/master.cf.dist').read_text(encoding='utf-8')
        service = f'{self.ip}:{self.port} inet n - n - - smtpd\n'
        self.jail.write('/etc/postfix/master.cf', master.replace('\nsmtp      inet', f'\n{service}#') + self.master)
        self.jail.write('/etc/postfix/main.cf', f'''compatibility_level = 3.6
maillog_file = {self.log_file}
myhostname = {self.hostname}
mydestination =
mynetworks = {self.ip}/32
inet_interfaces = {self.ip}
inet_protocols = ipv4
alias_maps =
alias_database =
virtual_mailbox_domains = {self.domain}
virtual_mailbox_base = /var/mail
virtual_mailbox_maps = texthash:/etc/postfix/users
virtual_uid_maps = static:{VMAIL}
virtual_gid_maps = static:{VMAIL}
smtpd_tls_cert_file = /etc/peer.pem
smtpd_tls_key_file = /etc/peer.pem
smtpd_tls_security_level = may
smtp_tls_security_level = may
smtpd_peername_lookup = no
smtp_bind_address = {self.ip}
{self.main}
''')
        self.jail.run('chown', 'postfix:', '/var/lib/postfix')

    def begin(self):
        said = self.jail.run('postfix', 'start')
        if said.returncode:
            raise RuntimeError(said.stdout + self.log())

    def end(self):
        self.jail.run('postfix', 'stop')

    def flush(self):
        """Tries all of its queue now."""
        self.jail.run('postqueue', '-f')


class Exim(Peer):
    """`users` have mailboxes in `domain`; clients on its own address may relay. The other arguments are added to the
    parts of its configuration: before the ACL of recipients, to routers, transports, authenticators and retry rules."""

    name = 'exim'
    accounts = ['Debian-exim:x:5005:5005::/var/spool/exim4:/bin/false']
    log_file = '/var/log/exim4/mainlog'

    def __init__(self, ip, port=25, domain='exim.test', users=(), main='', acl='', routers='', transports='',
                 smtp='', authenticators='', retry='* * F,1h,1m', **rest):
        super().__init__(ip, port, **rest)
        self.domain, self.users, self.main, self.acl, self.routers = domain, users, main, acl, routers
        self.transports, self.smtp, self.authenticators, self.retry = transports, smtp, authenticators, retry

    def configure(self):
        self.jail.write('/etc/exim4/users', ''.join(f'{user}: {user}\n' for user in self.users))
        self.jail.write('/etc/exim4/exim4.conf', f'''primary_hostname = {self.hostname}
qualify_domain = {self.domain}
daemon_smtp_ports = {self.port}
local_interfaces = {self.ip}
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
host_lookup =
rfc1413_query_timeout = 0s
never_users = root
tls_advertise_hosts = *
tls_certificate = /etc/peer.pem
keep_environment =
dns_dnssec_ok = 0
chunking_advertise_hosts = *
dsn_advertise_hosts = *
message_size_limit = 10M
{self.main}
begin acl
acl_rcpt:
{self.acl}
  accept hosts = {self.ip}
  require message = relay not permitted
          domains = {self.domain}
  require verify = recipient
  accept
acl_data:
  accept
begin routers
{self.routers}
local:
  driver = accept
  domains = {self.domain}
  local_parts = lsearch;/etc/exim4/users
  transport = maildir
  cannot_route_message = Unknown user
remote:
  driver = dnslookup
  domains = ! {self.domain}
  transport = smtp
  same_domain_copy_routing = yes
  no_more
begin transports
{self.transports}
smtp:
  driver = smtp
  interface = {self.ip}
  hosts_try_dane =
  dnssec_request_domains =
{self.smtp}
maildir:
  driver = appendfile
  directory = /var/mail/${{local_part_data}}
  maildir_format
  return_path_add
  user = vmail
  group = vmail
begin retry
{self.retry}
begin rewrite
begin authenticators
{self.authenticators}
''')
        for folder in ('/var/spool/exim4', '/var/log/exim4', '/run/exim4', '/var/lib/exim4'):
            self.jail.path(folder).mkdir(parents=True, exist_ok=True)
            self.jail.run('chown', '-R', 'Debian-exim:', folder)

    def begin(self):
        said = self.jail.run('exim4', '-bV')
        if said.returncode:
            raise RuntimeError(said.stdout)
        self.process = self.jail.start('exim4', '-bdf', '-q10m', '-oP', '/run/exim4/exim.pid', log='/var/log/exim4/said')

    def flush(self):
        """Tries all of its queue now."""
        self.jail.run('exim4', '-qff')


class OpenSMTPD(Peer):
    """`users` have mailboxes in `domain`; clients on its own address may relay. `before` stands in front of its
    rules; `listen` are options of the listener; `relay` of the relay."""

    name = 'opensmtpd'
    accounts = ['opensmtpd:x:5003:5003::/var/lib/opensmtpd/empty:/bin/false',
                'opensmtpq:x:5004:5004::/var/lib/opensmtpd/empty:/bin/false']

    def __init__(self, ip, port=25, domain='opensmtpd.test', users=(), before='', listen='', relay='', **rest):
        super().__init__(ip, port, **rest)
        self.domain, self.users, self.before, self.listen, self.relay = domain, users, before, listen, relay

    def configure(self):
        self.jail.write('/etc/smtpd.users', ''.join(f'{user} {VMAIL}:{VMAIL}:/var/mail/{user}\n' for user in self.users))
        self.jail.path('/var/lib/opensmtpd/empty').mkdir(parents=True, exist_ok=True)
        self.jail.path('/var/spool/smtpd').mkdir(mode=0o711, parents=True, exist_ok=True)
        key = self.jail.path('/etc/peer.pem')
        key.chmod(0o600)
        self.jail.write('/etc/smtpd.conf', f'''pki here cert "/etc/peer.pem"
pki here key "/etc/peer.pem"
table users file:/etc/smtpd.users
{self.before}
listen on {self.ip} port {self.port} hostname {self.hostname} tls pki here {self.listen}
action "local" maildir "/var/mail/%{{user.username}}" userbase <users>
action "relay" relay src {self.ip} helo {self.hostname} {self.relay}
match from any for domain "{self.domain}" action "local"
match from src {self.ip} for any action "relay"
match from socket for any action "relay"
''')

    def begin(self):
        self.process = self.jail.start('smtpd', '-d', '-f', '/etc/smtpd.conf', log=self.log_file)


class Dovecot(Peer):
    """LMTP on `port`; `users` have mailboxes, those in `quotas` ({user: bytes}) of that size, and those in `sieves`
    ({user: text}) a script of Sieve. What Dovecot sends itself goes to `submission`, IP:PORT."""

    name = 'dovecot'
    accounts = ['dovecot:x:5006:5006::/usr/lib/dovecot:/bin/false', 'dovenull:x:5007:5007::/nonexistent:/bin/false']

    def __init__(self, ip, port=24, users=(), quotas=None, sieves=None, submission='127.0.0.1:25', main='', **rest):
        super().__init__(ip, port, **rest)
        self.users, self.quotas, self.sieves, self.submission, self.main = users, quotas or {}, sieves or {}, submission, main

    def configure(self):
        self.jail.write('/etc/dovecot/users', ''.join(
            f'{u}::{VMAIL}:{VMAIL}::/var/mail/{u}::' +
            (f'userdb_quota_rule=*:bytes={self.quotas[u]}' if u in self.quotas else '') + '\n' for u in self.users))
        for user, script in self.sieves.items():
            self.jail.write(f'/etc/dovecot/sieve/{user}.sieve', script)
        self.jail.write('/etc/dovecot/dovecot.conf', f'''protocols = lmtp
log_path = {self.log_file}
ssl = no
auth_username_format = %Ln
mail_location = maildir:/var/mail/%n
hostname = {self.hostname}
mail_plugins = quota
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  sieve = file:/etc/dovecot/sieve/%n.sieve
}}
submission_host = {self.submission}
postmaster_address = postmaster@example.test
protocol lmtp {{
  mail_plugins = $mail_plugins sieve
}}
passdb {{
  driver = passwd-file
  args = /etc/dovecot/users
}}
userdb {{
  driver = passwd-file
  args = /etc/dovecot/users
}}
service lmtp {{
  inet_listener lmtp {{
    address = {self.ip}
    port = {self.port}
  }}
}}
{self.main}
''')

    def begin(self):
        self.process = self.jail.start('dovecot', '-F', '-c', '/etc/dovecot/dovecot.conf', log='/var/log/said')


class Nsd(Peer):
    """The DNS of a test: `zone` is the whole of it, from the root, as lines of a zone file. Of the domains in `broken`
    nothing can be learnt: SERVFAIL."""

    name = 'nsd'

    def __init__(self, zone, broken=(), ip=ZONE_SERVER, port=53, **rest):
        super().__init__(ip, port, **rest)
        self.zone, self.broken = zone, broken

    def configure(self):
        self.jail.write('/etc/nsd/zone', '$ORIGIN .\n$TTL 60\n. SOA ns.test. postmaster.test. 1 60 60 600 60\n'
                        f'. NS ns.test.\nns.test. A {self.ip}\n{self.zone}\n')
        self.jail.write('/etc/nsd/nsd.conf', f'''server:
  ip-address: {self.ip}@{self.port}
  username: ""
  zonesdir: "/etc/nsd"
  logfile: "{self.log_file}"
  pidfile: ""
  database: ""
  xfrdfile: ""
  zonelistfile: "/run/zones"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "zone"
''' + ''.join(f'zone:\n  name: "{name}"\n  zonefile: "none"\n' for name in self.broken))

    def begin(self):
        said = self.jail.run('nsd-checkzone', '.', '/etc/nsd/zone')  # else it would start, and say SERVFAIL to all
        if said.returncode:
            raise RuntimeError(said.stdout)
        self.process = self.jail.start('nsd', '-d', '-c', '/etc/nsd/nsd.conf', log='/var/log/said')

    def answers(self):
        return listens(self.ip, self.port, banner=False)
