#!/usr/bin/env python3
"""peers.py - Nixie beside the bounce readers that Debian packages, on the same mails

usage: bench/peers.py [--nixie PATH] [--read-bench PATH] [--runs N] [FOLDER]

FOLDER holds mails, one a file. The peers are what is installed of libsisimai-perl,
libmail-deliverystatus-bounceparser-perl and python3-flufl.bounce. Each program does its full work,
from the file to JSON, on the folder's mails repeated: as one mbox, as a Maildir, and (where it
can) on bare replies, one a line. A run is one pair, Nixie and the peer by turns; the figures are
medians over the runs. All time is processor time, user and system, on one core; what a program
needs for a single mail is its start-up, and is taken off.
"""
import argparse, json, os, re, shutil, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
BESIDE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "shared", "corpus", "emails")
MAILS_FAST, MAILS_SLOW = 20000, 800  # how many each program is given, so that a run takes about a second
REPLIES_FAST, REPLIES_SLOW = 200000, 5000

# Each driver prints JSON to standard output and takes (form, path).
BOUNCEPARSER = r"""
use Mail::DeliveryStatus::BounceParser; use JSON;
my ($form, $path) = @ARGV; my $json = JSON->new->canonical;
sub one { my $b = eval { Mail::DeliveryStatus::BounceParser->new($_[0]) } or return;
  return unless $b->is_bounce;
  for my $r ($b->reports) { my %h = map { my $v = $r->get($_); chomp $v if defined $v; (lc $_ => $v) }
      qw(email std_reason reason status action host smtp_code final-recipient diagnostic-code);
    print $json->encode(\%h), "\n" } }
if ($form eq 'mbox') { open my $f, '<', $path or die; my $m = '';
  while (<$f>) { if (/^From /) { one($m) if length $m; $m = ''; next } $m .= $_ } one($m) if length $m }
else { for my $p (glob "$path/new/*") { open my $f, '<', $p or die; local $/; one(scalar <$f>) } }
"""
FLUFL = r"""
import sys, json, email, glob
from flufl.bounce import all_failures
def text(addresses):  # they come as bytes or as str
    return sorted(a.decode("utf-8", "replace") if isinstance(a, bytes) else a for a in addresses)
def one(m):
    try: t, p = all_failures(m)
    except Exception: return  # a mail that it cannot take
    if t or p:
        print(json.dumps({"temporary": text(t), "permanent": text(p)}))
form, path = sys.argv[1:]
if form == "mbox":
    m, inside = [], False
    for line in open(path, "rb"):
        if line.startswith(b"From "):
            if inside: one(email.message_from_bytes(b"".join(m)))
            m, inside = [], True
        else: m.append(line)
    if inside: one(email.message_from_bytes(b"".join(m)))
else:
    for p in sorted(glob.glob(path + "/new/*")): one(email.message_from_bytes(open(p, "rb").read()))
"""
SISIMAI = r"""
use Sisimai; my ($form, $path) = @ARGV;
if ($form eq 'replies') { open my $f, '<', $path or die; while (<$f>) { chomp; print '{"reason":"', Sisimai->match($_) // '', "\"}\n" } }
else { print Sisimai->dump($form eq 'maildir' ? "$path/new" : $path) // '[]' }
"""

PEERS = [
    # name, how to see whether it is here, driver, forms
    ("Sisimai", ["perl", "-MSisimai", "-e", "print Sisimai->version"], ["perl", "-e", SISIMAI], ("mbox", "maildir", "replies")),
    ("BounceParser", ["perl", "-MMail::DeliveryStatus::BounceParser", "-MJSON", "-e",
        "print Mail::DeliveryStatus::BounceParser->VERSION"], ["perl", "-e", BOUNCEPARSER], ("mbox", "maildir")),
    ("flufl.bounce", ["/usr/bin/python3", "-c", "import flufl.bounce as f; print(f.__version__, end='')"],
        ["/usr/bin/python3", "-c", FLUFL], ("mbox", "maildir")),
]


def high_water(pid):
    """Peak resident bytes so far. Not ru_maxrss, which begins with what this program had when it forked."""
    try:
        with open(f"/proc/{pid}/status") as f:
            return max((int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM:")), default=0)
    except OSError:
        return 0


def run(command):
    """(processor seconds, peak bytes, answers) of one run, on the first core that is allowed."""
    core = {min(os.sched_getaffinity(0))}
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL,
                                 preexec_fn=lambda: os.sched_setaffinity(0, core))
        peak, done = 0, 0
        while not done:
            peak = max(peak, high_water(child.pid))
            done, status, used = os.wait4(child.pid, os.WNOHANG)
            time.sleep(0 if done else 0.002)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"peers.py: {command[0]}: ended with {child.returncode}")
        out.seek(0)
        text = out.read()
    answers = len(re.findall(rb'"(?:recipient|std_reason)" ?: ?"|"permanent":|^\{"reason', text, re.M))
    return used.ru_utime + used.ru_stime, peak, answers


def make_inputs(mails, replies, n_mails, n_replies, to):
    """{form: path} of that many, the mails repeated in order."""
    paths = {"mbox": to + "/mbox", "maildir": to + "/Maildir", "replies": to + "/replies"}
    for sub in ("new", "cur", "tmp"):
        os.makedirs(f"{to}/Maildir/{sub}")
    with open(paths["mbox"], "wb") as mbox:
        for i in range(n_mails):
            mail = mails[i % len(mails)]
            with open(f"{to}/Maildir/new/{i:07d}.x", "wb") as f:
                f.write(mail)
            mbox.write(b"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n")
            mbox.write(re.sub(rb"^(>*From )", rb">\1", mail, flags=re.M).rstrip(b"\n") + b"\n\n")
    with open(paths["replies"], "wb") as f:
        for i in range(n_replies):
            f.write(replies[i % len(replies)] + b"\n")
    return paths


def nixie_command(a, form, path):
    return [a.read_bench, "-r", path, "1"] if form == "replies" else [a.nixie, "parse", "-o", "ndjson", path]


def measure(command, single, count):
    seconds, peak, answers = run(command)
    start = run(single)[0]
    return max(seconds - start, 1e-6) / (count - 1), peak, answers / count, start


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--nixie", default=os.path.join(os.path.dirname(HERE), "build/src/nixie"))
    ap.add_argument("--read-bench", default=os.path.join(os.path.dirname(HERE), "build/bench/read_bench"))
    ap.add_argument("--runs", type=int, default=5)
    ap.add_argument("--form", action="append", choices=("mbox", "maildir", "replies"), help="only this one; may be repeated")
    ap.add_argument("folder", nargs="?", metavar="FOLDER", default=BESIDE)
    a = ap.parse_args()
    if not os.path.isdir(a.folder):
        sys.exit("peers.py: no folder of mails: name one (bench/peers.py FOLDER)")
    for tool, make in ((a.nixie, "make"), (a.read_bench, "ninja -C build bench/read_bench")):
        if not os.access(tool, os.X_OK):
            sys.exit(f"peers.py: {tool} is not there: {make}")
    names = sorted(f for f in os.listdir(a.folder) if not f.startswith("."))
    mails = [open(os.path.join(a.folder, f), "rb").read() for f in names]
    # A first line of mbox's is no part of the mail. CRLF is made LF, as in mail that was stored.
    mails = [re.sub(rb"^From [^\n]*\n", b"", m.replace(b"\r\n", b"\n")) for m in mails if m]
    shown = subprocess.run([a.nixie, "parse", a.folder], stdout=subprocess.PIPE, check=True).stdout
    replies = [o["diagnostic"].encode() for line in shown.splitlines() for o in json.loads(line).get("outcomes", [])
               if re.match(r"[45]\d\d[ -]", o.get("diagnostic", "")) and "\n" not in o["diagnostic"]]
    print(f"{len(mails)} mails of {sum(map(len, mails)) // len(mails)} bytes on average, {len(replies)} replies; "
          f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; median of {a.runs} runs")

    work = tempfile.mkdtemp(prefix="peers-")
    try:
        sets = {}
        for name, n_mails, n_replies in (("fast", MAILS_FAST, REPLIES_FAST), ("slow", MAILS_SLOW, REPLIES_SLOW), ("one", 1, 1)):
            os.mkdir(f"{work}/{name}")
            sets[name] = make_inputs(mails, replies, n_mails, n_replies, f"{work}/{name}")
        row = "{:14s} {:8s} {:>11s} {:>12s} {:>10s} {:>9s} {:>9s} {:>9s}  {}"
        print(row.format("program", "form", "each s", "us each", "peak MB", "start ms", "answers", "ratio", "(ratio: lowest, highest)"))
        for form in a.form or ("mbox", "maildir", "replies"):
            count = {"fast": REPLIES_FAST, "slow": REPLIES_SLOW} if form == "replies" else {"fast": MAILS_FAST, "slow": MAILS_SLOW}
            for name, probe, driver, forms in PEERS:
                try:
                    seen = subprocess.run(probe, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                except OSError:
                    seen = None
                if form not in forms:
                    continue
                if seen is None or seen.returncode != 0:
                    print(f"{name:14s} {form:8s} not installed")
                    continue
                ours, theirs = [], []
                for _ in range(a.runs):
                    ours.append(measure(nixie_command(a, form, sets["fast"][form]), nixie_command(a, form, sets["one"][form]), count["fast"]))
                    theirs.append(measure(driver + [form, sets["slow"][form]], driver + [form, sets["one"][form]], count["slow"]))
                ratios = sorted(t[0] / o[0] for o, t in zip(ours, theirs))
                for who, got, ratio in (("Nixie", ours, None), (f"{name} {seen.stdout.decode()}", theirs, ratios)):
                    each, peak, answers, start = (statistics.median(g[k] for g in got) for k in range(4))
                    print(row.format(who[:21], form, f"{1 / each:,.0f}", f"{each * 1e6:,.1f}", f"{peak / 1e6:.1f}", f"{start * 1e3:.0f}",
                                     f"{answers:.2f}" if answers else "-", f"{statistics.median(ratio):,.0f}" if ratio else "",
                                     f"({ratio[0]:,.0f}, {ratio[-1]:,.0f})" if ratio else ""), flush=True)
        walls = {"1": [], "2": []}
        for _ in range(a.runs):
            for jobs, seconds in walls.items():
                before = time.monotonic()
                subprocess.run([a.nixie, "parse", "--jobs", jobs, sets["fast"]["mbox"]], stdout=subprocess.DEVNULL, check=True)
                seconds.append(time.monotonic() - before)
        print(f"parse --jobs 2 beside --jobs 1, wall clock, the shortest of {a.runs}, {MAILS_FAST} mails in an mbox: "
              f"{min(walls['1']) / min(walls['2']):.2f} times as fast, load {os.getloadavg()[0]:.1f}")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
