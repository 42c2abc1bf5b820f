#!/usr/bin/env python3
"""The operator's script: each power over TCP, each example of doc/hooks.md, each way to fail.

usage: test_hooks.py NIXIED NIXIE        TAP
"""

import base64
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

from held import STYLES, catalogue, held
from server import DOMAIN, PASSWORD, SUBMISSIONS, USER, Client, Nixied, until

import tap

NIXIED, NIXIE = sys.argv[1:3]
TOP = pathlib.Path(__file__).resolve().parents[2]
LISTENERS = 'listener mx {\n\taddress = 127.0.0.1:0\n\txclient = 127.0.0.1\n}\n' + SUBMISSIONS
SETTINGS = 'dns_servers = 127.0.0.1:9\nspf = off\nsender_mx_check = off\nhelo_check = off\nptr_check = off\ndmarc = off\nrefuse_score = 6\n'

LOGIN = 'AUTH PLAIN ' + base64.b64encode(f'\0{USER}\0{PASSWORD}'.encode()).decode()

SCRIPT = '''
local seen = 0
function on_connect(s)
	assert(s.session and s.listener and s.host == "mail.example.test" and not s.helo and not s.sender)
end

function on_helo(s)
	if s.helo == "refused.test" then refuse() end
	if s.helo == "deferred.test" then refuse(450, "not now") end
	if s.helo == "scored.test" then score(4, "a bad name") end
	if s.helo == "loop.test" then while true do end end
	if s.helo == "memory.test" then local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end end
	if s.helo == "pattern.test" then ("a"):rep(100000):find(".-.-.-.-b") end
	if s.helo == "global.test" then leaked = 1 end
	if s.helo == "crash.test" then local x = nil; x.y = 1 end
	if s.helo == "io.test" then assert(not io and not os and not load and not require and not debug and not pcall and not string.dump) refuse("no io") end
end

function on_mail(s)
	if s.sender == "bad@sender.test" then refuse("sender " .. s.sender .. " size " .. s.size) end
	if s.user then refuse("user " .. s.user .. " with " .. s.tls:match("^TLSv1")) end
	if s.sender == "" then refuse(550, "the null one") end
	if s.sender == "tag@sender.test" then tag("X-Mail", "said at MAIL") end
end

function on_rcpt(s)
	local codes = { right = "550 5.1.1 gone", wrong = "4.2.2 gone", alone = "5.1.1" }
	local code = codes[s.sender:match("^(%a+)@codes.test")]
	if code then refuse(code) end
	if s.sender == "later@codes.test" then refuse(450, "5.1.1 gone") end
	if s.sender == "rcpt@sender.test" then refuse("recipient " .. s.recipient .. " after " .. #s.recipients) end
	if s.sender == "away@sender.test" then redirect("postmaster@example.test") end
	if s.sender == "nowhere@sender.test" then redirect("nobody@example.test") end
	if s.sender == "discard@rcpt.test" then discard("too-early") end
end

function on_message(s)
	local subject = header(s, "subject")
	if subject == "Grüße" then refuse("subject " .. subject .. ", " .. #s.headers .. " fields") end
	if subject == "score" then score(2, "two") score(5, "five") end
	if subject == "little" then score(1, "one") tag("X-Little", "yes") log("a little") end
	if subject == "elsewhere" then redirect("postmaster@example.test") end
	if subject == "gone" then discard("noise") end
	if subject == "many" then assert(#s.recipients == 1) refuse(s.recipients[1] .. " " .. tostring(s.user)) end
end
'''


def script(n, text, name='hooks.lua'):
    path = f'{n.folder}/{name}'
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return f'hooks = {path}\n'


def say(n, helo='c.test', sender='a@b.test', text=None, recipients=(USER,), client='192.0.2.7'):
    """The replies: EHLO, MAIL, each RCPT, the message."""
    with Client(n.ports['mx']) as c:
        c.reply()
        c.say('EHLO p.test')
        c.say(f'XCLIENT ADDR={client}')
        got = [c.say(f'EHLO {helo}')]
        if got[-1].startswith('250'):
            got.append(c.say(f'MAIL FROM:<{sender}> SIZE=77'))
        if got[-1].startswith('250'):
            got += [c.say(f'RCPT TO:<{r}>') for r in recipients]
        if got[-1].startswith('250') and text is not None:
            c.say('DATA')
            c.send(text + '\r\n.\r\n')
            got.append(c.reply())
        return got


def greeting(n):
    with Client(n.ports['mx']) as c:
        return c.reply()


def children(of):
    """The processes whose parent is one, with their names."""
    found = {}
    for folder in pathlib.Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError): # it has ended
            name, rest = re.fullmatch(r'\d+ \((.*)\) . (.*)', (folder / 'stat').read_text().strip(), re.S).groups()
            if rest.split()[0] == str(of):
                found[folder.name] = name
    return found


def processes(of):
    """The processes below one."""
    return [p for child in children(of) for p in (child, *processes(child))]


def slow_to_load(n):
    """A script that takes its time to be compiled holds nobody up: its process is stopped meanwhile."""
    below = processes(n.process.pid)
    for pid in below:
        os.kill(int(pid), signal.SIGSTOP)
    log = n.log()
    os.rename(f'{n.folder}/nixied.log', f'{n.folder}/nixied.log.1')
    n.process.send_signal(signal.SIGHUP)
    until(lambda: os.path.exists(f'{n.folder}/nixied.log'))
    n.process.send_signal(signal.SIGHUP)  # and once more
    with Client(n.ports['mx']) as c:
        got = [c.reply(), c.say('NOOP'), c.say('QUIT')]
    left = n.until_log(' disconnect ')
    early = n.log()
    for pid in below:
        os.kill(int(pid), signal.SIGCONT)
    ok = [r[:3] for r in got] == ['220', '250', '221'] and left and ' reload ' not in early
    tap.check([] if ok else [*got, early], 'while a script is loaded others are served')
    again = until(lambda: n.log().count(' reload ') == 2)
    tap.check([] if again else [log[-2000:], n.log()], '... then it is taken, and once more for who asked meanwhile')


def told(n, name, got, want, condition):
    match = re.fullmatch(want + r' \((\w+) (\w+)\)', got[-1].split('\n')[-1])
    tap.check([] if match and match[1] == condition else [f'got  {got!r}', f'want {want} ({condition}'], name)
    if match:
        line = n.until_log(f' refused session={match[2]} .*condition={condition}')
        tap.check([] if line else [n.log()[-2000:]], '... in the log')
        why = ' '.join(n.run('why', '--session', match[2]).stdout.split())
        tap.check([] if f'({condition})' in why and 'Check hook: ' in why else [why], '... in nixied why')
        code = subprocess.run([NIXIE, 'code', got[-1].split('\n')[-1]], capture_output=True, text=True, check=False).stdout
        tap.check([] if condition in code else [code], '... and nixie explains it')


def powers(n):
    told(n, 'refused at HELO, without words', say(n, 'refused.test'), '554 Rejected by a local rule', 'C37')
    told(n, 'deferred at HELO', say(n, 'deferred.test'), '451 Deferred by local policy: not now', 'X80')
    told(n, 'refused at MAIL', say(n, sender='bad@sender.test'), r'554 5\.7\.1 Rejected by a local rule - sender bad@sender\.test size 77', 'C41')
    told(n, 'the null sender', say(n, sender=''), r'554 5\.7\.1 Rejected by a local rule - the null one', 'C41')
    told(n, 'refused at RCPT', say(n, sender='rcpt@sender.test'), rf'554 5\.7\.1 Rejected by a local rule - recipient {USER} after 0', 'C41')
    told(n, 'an enhanced code of its own', say(n, sender='right@codes.test'), r'554 5\.1\.1 Rejected by a local rule - gone', 'C41')
    told(n, '... of another class', say(n, sender='wrong@codes.test'), r'554 5\.7\.1 Rejected by a local rule - gone', 'C41')
    told(n, '... without a word', say(n, sender='alone@codes.test'), r'554 5\.1\.1 Rejected by a local rule', 'C37')
    told(n, '... that is for good, where it is for now', say(n, sender='later@codes.test'), r'451 4\.7\.1 Deferred by local policy: gone', 'X80')
    told(n, 'refused at the end', say(n, text='Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nTo: x\r\n\r\nx'),
         r'554 5\.7\.1 Rejected by a local rule - subject Gr\?+e, 2 fields', 'C41')
    told(n, 'recipients as they lead', say(n, text='Subject: many\r\n\r\nx'), rf'554 5\.7\.1 Rejected by a local rule - {USER} nil', 'C41')
    told(n, 'there is nothing outside', say(n, 'io.test'), '554 Rejected by a local rule - no io', 'C41')
    told(n, 'scores add up', say(n, text='Subject: score\r\n\r\nx'), r'554 5\.7\.1 Rejected by a local rule - five', 'C41')
    line = n.until_log(' check .*check=total result=refuse score=7 rule=hook setting="refuse_score = 6"')
    tap.check([] if line else [n.log()[-3000:]], '... with the total and the threshold in the log')
    got = say(n, 'scored.test', text='Subject: little\r\n\r\nx')
    line = n.until_log(' check .*check=total result=pass score=5')
    tap.check([] if got[-1].startswith('250 ') and line else [repr(got), n.log()[-3000:]], 'that of HELO counts, and is not enough')
    mail = n.until_mails(1)[0]
    tap.check([] if b'X-Little: yes\r\n' in mail.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n') else [mail], 'a tag is in front of the message')
    tap.check([] if n.until_log('check=hook stage=on_message result=log rule="a little"') else [n.log()], 'what it says is in the log')
    got = say(n, 'c.test', 'tag@sender.test', 'Subject: x\r\n\r\nx')
    mail = n.until_mails(2)[-1]
    tap.check([] if got[-1].startswith('250 ') and b'X-Mail: said at MAIL' in mail else [repr(got), mail], 'a tag of MAIL')
    for name, sender, subject in (('this recipient', 'away@sender.test', 'x'), ('the whole message', 'a@b.test', 'elsewhere')):
        before = len(n.mails('postmaster')) + len(n.mails())
        got = say(n, sender=sender, text=f'Subject: {subject}\r\n\r\nredirected by {sender}')
        line = n.until_log(rf'check=hook stage=on_\w+ result=redirect rule=postmaster@{DOMAIN}')
        there = until(lambda: n.until_log(rf' delivered .*from={sender}.*') or until(lambda: len(n.mails('postmaster')) + len(n.mails()) > before))
        tap.check([] if got[-1].startswith('250 ') and line and there else [repr(got), n.log()[-2000:]], f'redirected: {name}')
    got = say(n, text='Subject: gone\r\n\r\nx')
    tap.check([] if got[-1].startswith('250 ') else got, 'discarded: the client is told that it was taken')
    line = n.until_log(rf' discarded .*to={USER} rule=hook:noise')
    audit = until(lambda: next((r for r in [n.run('audit')] if re.search(r'discarded +1\n', r.stdout)), None)) or n.run('audit')
    tap.check([] if line and re.search(r'discarded +1\n', audit.stdout) and 'balanced' in audit.stdout and audit.returncode == 0 else
              [str(line), audit.stdout], '... the log has the rule, and nixied audit counts it')
    found = re.search(r' id=(\w+)', line or '')
    why = n.run('why', '--id', found[1] if found else '')
    tap.check([] if 'hook:noise' in why.stdout else [why.stdout, why.stderr], '... and nixied why tells it')
    with Client(n.ports['submissions'], tls=True) as c:
        c.reply()
        c.say('EHLO c.test')
        c.say(LOGIN)
        got = [c.say(f'MAIL FROM:<{USER}>')]
    told(n, 'who signed in', got, rf'554 5\.7\.1 Rejected by a local rule - user {USER} with TLSv1', 'C41')


# Condition, where it is raised, and how: say()'s arguments.
STAGES = [
    ('C37', 'helo', {'helo': 'refused.test'}),
    ('X80', 'helo', {'helo': 'deferred.test'}),
    ('X79', 'helo', {'helo': 'crash.test'}),
    ('C41', 'mail', {'sender': 'bad@sender.test'}),
    ('C41', 'rcpt', {'sender': 'rcpt@sender.test'}),
    ('C41', 'end', {'text': 'Subject: score\r\n\r\nx'}),
]


def both_styles():
    rows = catalogue()
    for style in STYLES:
        with Nixied(NIXIED, SETTINGS, LISTENERS) as n:
            n.stop()
            n.configure(f'{SETTINGS}reply_style = {style}\n' + script(n, SCRIPT), LISTENERS)
            n.start()
            for condition, stage, how in STAGES:
                held(NIXIE, n, style, rows[condition], stage, say(n, **how)[-1])


def fails(n):
    unavailable = r'451(?: 4\.3\.0)? Temporary failure of a filter here, please try again later'
    for name, helo, words in (('an endless loop', 'loop.test', 'more instructions than the 1000000'), ('memory without end', 'memory.test', 'not enough memory'),
                              ('a pattern without end', 'pattern.test', 'took more than its time'), ('a global', 'global.test', 'say local leaked'),
                              ('a mistake', 'crash.test', r'hooks\.lua:\d+: attempt to index a nil value')):
        got = say(n, helo)
        match = re.search(r'\(X79 (\w+)\)', got[-1])
        tap.check([] if match and re.match(unavailable, got[-1]) else got, f'{name}: 451')
        line = n.until_log(f' check session={match[1] if match else 0} .*check=hook stage=on_helo result=failed rule=".*{words}')
        tap.check([] if line else [n.log()[-1500:]], '... and why')
        got = say(n)
        tap.check([] if got[-1].startswith('250 ') else got, '... the next one is served')
    tap.check([] if n.until_log(' alarm .*check=hook') else [n.log()], 'an alarm')
    got = say(n, sender='nowhere@sender.test')
    tap.check([] if '(X79 ' in got[-1] and n.until_log('result=failed rule="redirect\\(\\) names an address that takes no mail"') else got, 'redirected to nobody')
    got = say(n, sender='discard@rcpt.test')
    tap.check([] if '(X79 ' in got[-1] and n.until_log('result=failed rule="hooks.lua:.*discard\\(\\) is for on_message') else got, 'discarded too early')
    keeper = [p for p, name in children(n.process.pid).items() if name.startswith('nixied-hooks')]
    if keeper:
        os.kill(int(keeper[0]), signal.SIGKILL)
        got = until(lambda: next((g for g in [greeting(n)] if '(X79 ' in g), None))
        tap.check([] if got else [n.log()[-1500:]], 'when its processes are gone, mail is deferred')
    else:
        tap.check([str(children(n.process.pid))], 'its process has a name')


def is_busy(process):
    with contextlib.suppress(OSError):  # it has ended
        return re.search(r'\) R ', pathlib.Path(f'/proc/{process}/stat').read_text())
    return False


def dies_in_front_of_reload(n):
    """The process of the script ends in a call while a new script waits to be loaded: the call fails, not the script."""
    n.configure(SETTINGS + script(n, SCRIPT), LISTENERS)
    n.reload()
    before = n.log()
    with Client(n.ports['mx']) as c:
        c.reply()
        c.send('EHLO pattern.test\r\n')
        until(lambda: any(is_busy(p) for p in processes(n.process.pid)))
        n.process.send_signal(signal.SIGHUP)
        got = c.reply()
    tap.check([] if '(X79 ' in got else [got], 'a script that is ended while the next one waits: 451')
    # On a busy machine the time to load may be over before it is ended: then that is told.
    line = until(lambda: re.search(' reload | alarm words="hooks: .*', n.log()[len(before):]))
    tap.check([] if line and 'took more' not in line[0] else [n.log()[len(before):]], '... which is not told of the next one')


def reloads(n):
    n.configure(SETTINGS + script(n, 'function on_rcpt(s) refuse("first") end'), LISTENERS)
    n.start()
    tap.check([] if ' - first (C41' in say(n)[-1] else say(n), 'a script')
    script(n, 'function on_rcpt(s) refuse("second") end')
    n.reload()
    tap.check([] if ' - second (C41' in say(n)[-1] else say(n), 'a reload reads it again')
    slow_to_load(n)
    script(n, 'function on_rcpt(s) refuse("third" end')
    n.reload()
    line = n.until_log(r" alarm .*hooks: hooks\.lua:1: '\)' expected near 'end'")
    tap.check([] if line and ' - second (C41' in say(n)[-1] else [str(line)], 'one that is wrong is told, and the other stays')
    checked = n.run('check')
    tap.check([] if checked.returncode == 1 and "hooks: hooks.lua:1: ')' expected" in ' '.join(checked.stdout.split()) else [checked.stdout], 'nixied check tells it, too')
    script(n, 'function on_rctp(s) end function on_rcpt(s) end')
    checked = n.run('check')
    tap.check([] if 'hooks: nobody calls on_rctp()' in checked.stdout else [checked.stdout], '... and a function that nobody calls')
    script(n, 'while true do end')
    n.reload()
    tap.check([] if n.until_log(' alarm .*more instructions than') and ' - second (C41' in say(n)[-1] else [n.log()[-500:]], 'one that does not end')
    script(n, 'function on_rcpt(s) refuse("second") end')
    other = script(n, 'function on_rcpt(s) refuse("other") end', 'other.lua')
    odd_key = pathlib.Path(n.folder, 'odd', DOMAIN, 'x.pem')
    odd_key.parent.mkdir(parents=True)
    odd_key.write_text('no key', encoding='utf-8')
    odd_key.chmod(0o600)
    for wrong in ('milters = nowhere\n', f'dkim_keys = {n.folder}/odd\n', 'local_delivery = pipe:/bin/false\n'):
        n.configure(SETTINGS + other + wrong, LISTENERS)
        before = n.log().count(' reload ')
        n.reload()
        tap.check([] if ' - second (C41' in say(n)[-1] and n.log().count(' reload ') == before else [n.log()[-500:]],
                  f'settings that are refused behind it set it back: {wrong.split()[0]}')
    dies_in_front_of_reload(n)
    n.configure(SETTINGS, LISTENERS)
    n.reload()
    tap.check([] if say(n)[-1].startswith('250 ') else say(n), 'without a script nothing is asked')
    n.stop()
    n.start()
    n.configure(SETTINGS + script(n, 'function on_rcpt(s) refuse("late") end'), LISTENERS)
    n.reload()
    tap.check([] if n.until_log(' alarm .*start it again to have one') else [n.log()[-500:]], 'a first script wants a new start')
    n.stop()
    n.start()
    there = processes(n.process.pid)
    n.stop()
    gone = until(lambda: not any(os.path.exists(f'/proc/{p}') for p in there))
    tap.check([] if len(there) == 2 and gone else [str(there)], 'no process is left behind')


def examples(n):
    """Each example of the manual, rehearsed as its first lines say."""
    text = (TOP / 'doc/hooks.md').read_text(encoding='utf-8')
    found = re.findall(r'```lua\n-- try: ([^\n]*)\n-- says: ([^\n]*)\n(.*?)```', text, re.S)
    tap.check([] if len(found) == text.count('```lua') and len(found) >= 6 else [f'{len(found)} examples'], 'examples of the manual')
    with tempfile.NamedTemporaryFile('w', suffix='.eml') as mail:
        mail.write('Subject: an invoice of the robot\nFrom: a@client.example\n\nx\n')
        mail.flush()
        for options, says, code in found:
            n.configure(SETTINGS + script(n, code), LISTENERS)
            words = options.replace('USER', USER).split()
            if words[-1] == '--message':
                words.append(mail.name)
            tried = n.run('try', '--client', '192.0.2.7', *words)
            whole = tried.stdout + n.run('try', '--client', '192.0.2.7', '-o', 'json', *words).stdout
            want = [says] if says[0].isdigit() else [f'"{k}":"{v.strip(chr(34))}"' for k, v in re.findall(r'(\w+)=("[^"]*"|\S+)', says)]
            missing = [w for w in want if w not in whole and re.sub(r'"(\d+)"$', r'\1', w) not in whole]
            tap.check([] if not missing and tried.returncode in (0, 1) else [str(missing), whole, tried.stderr], f'the example says: {says}')
            checked = n.run('check')
            tap.check([] if 'hooks:' not in checked.stdout else [checked.stdout], '... and nixied check finds nothing wrong')


def main():
    with Nixied(NIXIED, SETTINGS, LISTENERS) as n:
        n.stop()
        n.configure(SETTINGS + script(n, SCRIPT), LISTENERS)
        n.start()
        powers(n)
        fails(n)
        tap.check([] if n.stop() == 0 else [n.said], 'it ends well')
        reloads(n)
        examples(n)


main()
both_styles()
sys.exit(tap.done())
