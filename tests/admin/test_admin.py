#!/usr/bin/env python3
"""test_admin.py NIXIED - nixied admin: every kind of thing, its lists, its imports, and that a mistake changes nothing. TAP."""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import sqlite3
import subprocess
import sys
import tempfile

DONE, NO, USAGE, TROUBLE = range(4)
HERE = pathlib.Path(__file__).resolve().parent

IMPORTS = ("nixie", "csv", "aliases", "virtual", "mailboxes", "hmailserver")
PROPERTIES = {
    "domain": ("active", "catch_all", "plus", "suspended"),
    "account": ("active", "quota", "forward", "keep_copy", "language", "suspended", "moved", "scram_only", "password_expires"),
    "alias": ("active",),
    "list": ("active", "mode", "needs_login", "owner"),
    "route": ("host", "port", "all_addresses", "tls", "immediate_tls", "lmtp", "user"),
    "range": ("name", "priority", "allowed", "needs_login", "banned", "reason"),
}

cases = failures = 0


def check(good, name, what=""):
    global cases, failures
    cases += 1
    print(f"{'ok' if good else 'not ok'} {cases} - {name.replace('#', ' ')}", flush=True)
    if not good:
        failures += 1
        for line in str(what)[:3000].splitlines()[:40]:
            print("# " + line.encode("ascii", "backslashreplace").decode())


def equal(got, want, name):
    check(got == want, name, f"got:\n{got}\nwanted:\n{want}")


class Admin:
    """nixie-admin with a directory of its own"""

    def __init__(self, program, folder, name="directory.db"):
        self.folder = pathlib.Path(folder)
        self.program = str(self.folder / "nixie-admin")
        if not os.path.lexists(self.program):
            os.symlink(pathlib.Path(program).resolve(), self.program)
        self.file = self.folder / name

    def run(self, *args, given=""):
        return subprocess.run([self.program, "--directory", str(self.file), *map(str, args)], input=given.encode(),
                              capture_output=True, timeout=250, check=False)

    def out(self, line, given=""):
        """what it wrote, which must go well"""
        done = self.run(*line.split(), given=given)
        if done.returncode != DONE:
            check(False, line, done.stderr.decode() + done.stdout.decode())
        return done.stdout.decode()

    def says(self, line, code, words, given=""):
        done = self.run(*line.split(), given=given)
        said = done.stderr.decode() + done.stdout.decode()
        check(done.returncode == code and words in said, f"{line}: {words}", f"{done.returncode}\n{said}")

    def json(self, line):
        return json.loads(self.out(f"-o json {line}"))

    def load(self, form, text, *args, code=DONE):
        path = self.folder / f"given.{form}"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = self.run("import", form, path, *args)
        said = (done.stderr + done.stdout).decode().replace(str(path), "FILE")
        if done.returncode != code:
            check(False, f"import {form}", f"exit {done.returncode}\n{said}")
        return said


def commands(a):
    """the lines of every kind of thing"""
    a.says("domain list", TROUBLE, "No such file")
    check(not a.file.exists(), "a question makes no file")
    a.says("domain add a.example --plus -- --postmaster john@a.example", NO, "no letter and no digit")
    a.says("domain add a.example --plus - --postmaster john@a.example", DONE, "domain a.example added")
    a.says("domain-alias add b.example a.example", DONE, "domain-alias b.example a.example added")
    a.says("account add john@a.example --quota 1G --password-file -", DONE, "john@a.example added", given="horse\nmore\n")
    a.says("account add anna@a.example --no-password --language de", DONE, "anna@a.example added")
    a.says("account add kim@a.example", DONE, "it cannot sign in until it has a password")
    a.says("account quota anna@a.example 500M", DONE, "anna@a.example changed")
    a.says("account forward anna@a.example anna@far.example --keep-copy no", DONE, "changed")
    a.says("account disable kim@a.example", DONE, "changed")
    a.says("account password kim@a.example", NO, "--password-file")
    a.says("account password kim@a.example --password-file -", DONE, "changed", given="x")
    a.says("account password kim@a.example --password-file -", NO, "1 to 512", given="")
    a.says("account password kim@a.example --password-file -", NO, "1 to 512", given="p" * 513)
    a.says("account add x@a.example --password secret", USAGE, "does not belong on a command line")
    a.says("alias add info@a.example john@a.example", DONE, "added")
    a.says("list add team@a.example --mode members --needs-login yes", DONE, "added")
    a.says("member add team@a.example john@a.example", DONE, "member team@a.example john@a.example added")
    a.says("member add team@a.example x@far.example", DONE, "added")
    a.says("route add far.example --host mx.far.example --all-addresses no", DONE, "added")
    a.says("route-address add some@far.example", DONE, "added")
    a.says("route add * --host smart.example --port 465 --immediate-tls yes --tls verified --user me --password-file -",
           DONE, "route * added", given="s3cret\n")
    a.says("identity add john@a.example boss@far.example", DONE, "added")
    a.says("range add 192.0.2.0/24 --name office --priority 20 --needs-login=", DONE, "added")
    a.says("domain catch_all a.example john@a.example", DONE, "changed")
    equal(a.out("domain list"), "DOMAIN     active  catch_all       plus  suspended\na.example  yes     john@a.example  -     no\n", "a table")
    a.says("domain catch-all a.example none", DONE, "changed")
    equal(a.json("domain"), [{"domain": "a.example", "active": True, "catch_all": "", "plus": "-", "suspended": False}], "JSON")
    others = {"suspended": False, "moved": "", "scram_only": False, "password_expires": ""}
    equal(a.json("account list a.example"), [
        {"address": "anna@a.example", "active": True, "quota": 524288000, "forward": "anna@far.example",
         "keep_copy": False, "language": "de", "has_password": False, **others},
        {"address": "john@a.example", "active": True, "quota": 1 << 30, "forward": "", "keep_copy": True,
         "language": "", "has_password": True, **others},
        {"address": "kim@a.example", "active": False, "quota": 0, "forward": "", "keep_copy": True,
         "language": "", "has_password": True, **others}], "accounts")
    equal(a.json("member list team@a.example"), [{"list": "team@a.example", "address": "john@a.example"},
                                                 {"list": "team@a.example", "address": "x@far.example"}], "members")
    equal(a.json("range"), [{"network": "192.0.2.0/24", "name": "office", "priority": 20,
                             "allowed": ["local-to-local", "local-to-elsewhere", "elsewhere-to-local",
                                         "elsewhere-to-elsewhere"], "needs_login": [], "banned": False, "reason": ""}],
          "ranges")
    a.says("-n domain remove A.example", DONE, "would be removed, and with it 3 accounts, 3 aliases, 1 list, 1 domain alias; the mail in their mailboxes stays\n")
    for name in ("192.0.2.0/24", "::ffff:192.0.2.0/120"):
        check(a.out(f"range show {name}").startswith("network          192.0.2.0/24\nname             office\n"), "one range", name)
    for name in ("192.0.2.0/25", "192.0.2.0", "office"):
        a.says(f"range show {name}", NO, "no such range")
    for thing, name in (("domain", "a.example"), ("alias", "info@a.example"), ("list", "team@a.example"), ("route", "far.example"), ("route", "*"),
                        ("route-address", "some@far.example"), ("account", "kim@a.example")):
        check(a.json(f"{thing} show {name}"), "each thing is shown by its name", thing)
    route = a.json("route list *")[0]
    check(route["user"] == "me" and route["has_password"] and "s3cret" not in json.dumps(route), "a login of a route", route)
    equal(a.out("account show john@a.example"),
          "address          john@a.example\nactive           yes\nquota            1G\nforward          -\n"
          "keep_copy        yes\nlanguage         -\nsuspended        no\nmoved            -\nscram_only       no\n"
          "password         (set)\npassword_expires -\n", "one account")
    a.says("account set john@a.example --password-expires 2028-02-29", DONE, "changed")
    a.says("account password_expires john@a.example 2027-02-29", NO, "not a date: write 2027-01-31")
    a.says("account password_expires john@a.example 27-01-01", NO, "not a date")
    equal(a.json("account list john@a.example")[0]["password_expires"], "2028-02-29", "a day that there is")
    a.says("account password john@a.example --password-file -", DONE, "changed", given="new\n")
    equal(a.json("account list john@a.example")[0]["password_expires"], "", "a new password has no such day")
    a.says("account set john@a.example --moved john@far.example", DONE, "changed")
    a.says("show john@a.example", NO, "moved_away (X57): john@a.example has moved to john@far.example")
    a.says("account moved john@a.example none", DONE, "changed")
    a.says("account suspended john@a.example yes", DONE, "changed")
    a.says("show john@a.example", NO, "account_suspended (X55): suspended: the account john@a.example")
    a.says("list add alone@a.example", DONE, "added")
    a.says("member add alone@a.example john@a.example", DONE, "added")
    a.says("show alone@a.example", NO, "account_suspended (X55): all on the list are gone or suspended, as is john@a.example")
    a.says("member add alone@a.example x@other.example", DONE, "added")
    a.says("show alone@a.example", DONE, "john@a.example: left out of the list: suspended: the account", "x@other.example")
    a.says("list remove alone@a.example", DONE, "removed")
    a.says("account suspended john@a.example no", DONE, "changed")
    a.says("domain suspended a.example yes", DONE, "changed")
    a.says("show john@a.example", NO, "domain_suspended (X56): suspended: the domain a.example")
    a.says("domain suspended a.example no", DONE, "changed")
    a.says("account show nobody@a.example", NO, "no such account")
    a.says("alias remove info@a.example", DONE, "removed")
    a.says("alias remove info@a.example", NO, "no such alias")
    a.says("alias add one@a.example two@a.example", DONE, "added")
    a.says("alias add two@a.example one@a.example", NO, "two@a.example -> one@a.example -> two@a.example")
    a.says("account add z@nowhere.example --no-password", NO, "no such domain here: add it first")
    a.says("account add z@a.example --colour red", USAGE, "no such property")
    a.says("account quota john@a.example", USAGE, "name the value")
    a.says("account paint john@a.example", USAGE, "no such verb")
    a.says("thing add x", USAGE, "no such command")
    a.says("account add x@a.example --postmaster y@a.example", USAGE, "is of `domain add` alone")
    a.says("account add", USAGE, "A name is missing")
    a.says("alias add x@a.example", NO, "TARGET is missing")
    a.says("-o xml domain", USAGE, "no such format")
    a.says("--help", DONE, "Usage: nixie-admin")
    a.says("-n account remove john@a.example", DONE, "account john@a.example would be removed")
    a.says("--dry-run domain set a.example --plus x", NO, "no letter")
    check(any(x["address"] == "john@a.example" for x in a.json("account")), "a dry run changes nothing")
    mode = os.stat(a.file).st_mode
    check(mode & 0o77 == 0, "only its owner may read the file", oct(mode))


def way(a):
    """show: what RCPT would find"""
    done = a.run("show", "anna@b.example")
    equal(done.stdout.decode(),
          "anna@b.example\n"
          "  b.example: a domain of this server: a.example\n"
          "  anna@a.example: an account\n"
          "  anna@a.example: forwards to anna@far.example\n"
          "refused: not_in_route (C29): the route does not list anna@far.example\n", "an address, step by step")
    check(done.returncode == NO, "which is refused")
    a.says("show john-shop@a.example", DONE, "what stands behind the plus is for the recipient: john")
    a.says("show nobody@a.example", NO, "refused: unknown_user (C34): nobody here is named nobody@a.example")
    a.says("show kim@a.example", NO, "refused: account_inactive (C19)")
    a.says("show team@a.example", NO, "refused: list_sender_refused (C28)")
    a.says("show team@a.example --from john@a.example", NO, "a login")
    got = a.json("show team@a.example --from john@a.example --authenticated")
    equal([(t["kind"], t["address"]) for t in got["targets"]], [("mailbox", "john@a.example")], "a list")
    check(any("x@far.example: left out of the list" in step["words"] for step in got["steps"]), "and who is left out", got)
    check(got["place"] == "local" and not got["is_refused"] and got["steps"][0]["depth"] == 1, "as JSON", got)
    a.says("show some@far.example", DONE, "by mx.far.example port 25")


def faults(a):
    """check: what is wrong, though each entry is right"""
    a.out("domain add c.example")
    a.out("domain add off.example --catch-all nobody@c.example")
    a.out("domain disable off.example")
    a.out("account forward john@a.example gone@c.example")
    a.out("alias add dead@a.example gone@c.example")
    a.out("list add empty@a.example")
    a.out("member add team@a.example gone@c.example")
    a.out("range add 0.0.0.0/0 --needs-login=")
    db = sqlite3.connect(a.file)
    with db:  # a loop that another program made
        for one, two in (("ring1", "ring2"), ("ring2", "ring1")):
            db.execute("INSERT INTO name (domain, local, kind) SELECT id, ?, 2 FROM domain WHERE name = 'a.example'", (one,))
            db.execute("INSERT INTO alias SELECT id, ? FROM name WHERE local = ?", (f"{two}@a.example", one))
    db.close()
    conf = a.folder / "nixied.conf"
    conf.write_text(f"data_directory = {a.folder}\n")
    full = a.folder / "mail" / "a.example" / "john" / "cur"
    for sub in ("cur", "new", "tmp"):
        (full.parent / sub).mkdir(parents=True)
    (full / "1.x.host,S=3000:2,S").write_bytes(b"x" * 3000)
    a.out("account quota john@a.example 2K")
    done = subprocess.run([a.program, "-c", str(conf), "-o", "json", "check"], capture_output=True, timeout=60, check=False)
    found = {(f["finding"], f["name"]) for f in json.loads(done.stdout)}
    equal(found, {("no_postmaster", "c.example"), ("no_abuse", "c.example"), ("nowhere", "off.example"),
                  ("nowhere", "john@a.example"), ("nowhere", "anna@a.example"), ("nowhere", "one@a.example"),
                  ("nowhere", "dead@a.example"), ("nowhere", "team@a.example"), ("no_members", "empty@a.example"),
                  ("open_relay", "0.0.0.0/0"), ("loop", "ring1@a.example"), ("loop", "ring2@a.example"),
                  ("full", "john@a.example")}, "what check finds")
    check(done.returncode == NO, "and its exit status", done.stderr.decode())
    a.says("check", NO, "nixie-admin alias add postmaster@c.example TARGET")
    a.out("range remove 0.0.0.0/0")


def ask(a):
    """a password asked for on a terminal is not shown"""
    def talk(*answers):
        child, main = pty.fork()
        if child == 0:
            os.execv(a.program, [a.program, "--directory", str(a.file), "account", "password", "kim@a.example"])
        said = b""

        def more():
            """what it says next; nothing at its end, or when it says nothing for long"""
            try:
                return os.read(main, 1024) if select.select([main], [], [], 60)[0] else b""
            except OSError:
                return b""
        for answer, asked in zip(answers, (b"Password: ", b"Again: ")):
            while asked not in said:
                part = more()
                if not part:
                    break
                said += part
            os.write(main, answer.encode() + b"\n")
        while part := more():
            said += part
        os.close(main)
        return said.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said, code = talk("battery staple", "battery staple")
    check(code == DONE and "changed" in said and "battery" not in said, "asked twice, and not shown", said)
    said, code = talk("battery staple", "battery stapler")
    check(code == NO and "not the same" in said, "two that differ", said)


def moves(a, program):
    """what export writes, import reads"""
    plain = a.out("export")
    secret = a.out("export --secrets")
    check("argon2id" not in plain and "s3cret" not in plain, "an export has no secrets", plain)
    check("argon2id" in secret and "password=s3cret" in secret and "scram_sha_256=65536:" in secret, "unless asked", secret)
    with tempfile.TemporaryDirectory() as folder:
        b = Admin(program, folder)
        # The loop that was made by hand is refused here, so it goes first.
        whole = "".join(x for x in secret.splitlines(True) if "ring" not in x)
        said = b.load("nixie", whole)
        check("added 3 domain" in said, "it is read again", said)
        equal(b.out("export --secrets"), whole, "and is the same")
        said = b.load("nixie", whole, code=NO)
        check("FILE:2: a.example: is there already" in said and "nothing was changed" in said, "not twice", said)
        said = b.load("nixie", whole, "--update")
        check("changed 3 domain" in said, "unless it may change what is there", said)
        equal(b.out("export --secrets"), whole, "which changes nothing")
        said = b.load("nixie", secret, code=NO)
        check("would lead back to itself: ring2@a.example -> ring1@a.example -> ring2@a.example" in said, "a loop is told", said)


def nobody(a):
    """what a list is confined to must be there: an empty list would say that it is, and has nothing"""
    a.out("domain add empty.example")
    a.out("list add quiet@empty.example")
    for line in ("account list empty.example", "member list quiet@empty.example", "account list empty.example -o json",
                 "list list quiet@empty.example", "domain list empty.example"):
        done = a.run(*line.split())
        equal(done.returncode, DONE, line)
    for line, what in (("account list gone.example", "gone.example: no such domain"), ("member list gone@empty.example", "gone@empty.example: no such list"),
                       ("member list empty.example", "empty.example: no such list"), ("alias list gone@empty.example", "gone@empty.example: no such alias"),
                       ("identity list gone@empty.example", "gone@empty.example: no such account"), ("domain list gone.example", "gone.example: no such domain"),
                       ("account list gone.example -o json", "gone.example: no such domain"), ("route list gone.example", "gone.example: no such route"),
                       ("range list 203.0.113.0/24", "no such range"), ("domain-alias list gone.example", "gone.example: no such domain")):
        a.says(line, NO, what)
    said = a.load("csv", "address,quota\nnodomain,1G\n", code=NO)
    check("mistakes: 1;" in said, "an address without a domain is one mistake", said)
    a.says("route add way.example --host mx.example --user me", DONE, "it cannot sign in there until it has a password: nixie-admin route password way.example")
    a.out("route remove way.example")
    a.out("domain remove empty.example")


def mistakes(a):
    """a mistake changes nothing, and every one is told with its line"""
    before = a.out("export --secrets")
    said = a.load("nixie", "domain new.example\n# a remark\naccount x@new.example quota=many\n\n"
                           "account y@new.example name=z\nthing z\nalias \"a b@new.example\" \"x@new.example\n"
                           "account\nlist\tl@new.example\tmode=members # that is all\n", code=NO)
    for line in ("FILE:3: quota=many: a size is a number, or one with K, M or G", "FILE:5: account has no property name",
                 "FILE:6: thing: no such kind of thing", "FILE:7: a quote is not closed", "FILE:8: account of what? ADDRESS",
                 "mistakes: 5; nothing was changed"):
        check(line in said, line, said)
    equal(a.out("export --secrets"), before, "and nothing is changed")
    said = a.load("nixie", "domain new.example\naccount \"\\\"odd one\\\"@new.example\" password=\"a \\\"b\\\\\"\n", "-n")
    check("would add 1 domain, 1 account" in said, "a dry run says what would be", said)
    equal(a.out("export --secrets"), before, "and changes nothing either")
    a.says("import xml /dev/null", USAGE, "no such form")
    a.says("import csv /no/such/file", TROUBLE, "No such file")
    a.says("import csv", USAGE, "name the form and the file; `nixie-admin --help`")


def manual(a):
    """the manual and --help tell of the same options, things and properties"""
    page = (HERE.parents[1] / "man" / "nixie-admin.8").read_text()
    help_text = a.out("--help")
    options = set(re.findall(r"--[a-z-]+", help_text))
    told = {"--" + x for x in re.findall(r"Fl -([a-z-]+)", page)} - {"--property"}
    equal(sorted(told), sorted(options), "the manual: options")
    for word in ("domain", "domain-alias", "account", "identity", "alias", "list", "member", "route", "route-address", "range",
                 *IMPORTS):
        check(re.search(rf"^\.It Cm {word}\b", page, re.M) and re.search(rf"\b{word}\b", help_text), f"the manual: {word}")
    for thing, properties in PROPERTIES.items():
        listed = {k for row in a.json(thing) for k in row} - {"address", "domain", "network", "pattern", "target", "has_password"}
        equal(listed, set(properties), f"the properties of {thing}")
        for name in properties:
            check(f"Cm {name}" in page and re.search(rf"\b{name}\b", help_text), f"the manual: {thing} {name}")


def tables(program):
    """CSV, and Postfix's tables"""
    with tempfile.TemporaryDirectory() as folder:
        a = Admin(program, folder)
        said = a.load("csv", "\ufeffAddress;password;quota;forward\r\njohn@a.example;\"se;\"\"c ret\";1G;\r\n;;;\r\nanna;x;;j@far.example\r\n",
                      "--domain", "a.example", "--add-domains")
        check("added 1 domain, 2 account" in said, "csv: accounts", said)
        equal([(x["address"], x["quota"], x["has_password"]) for x in a.json("account")],
              [("anna@a.example", 0, True), ("john@a.example", 1 << 30, True)], "csv: as they are said")
        for text, words in (("name,quota\n", 'FILE:1: an account has no "name"'), ("quota\n1\n", 'no column "address"'),
                            ("address\nx\n", "FILE:2: x: has no domain: say with --domain"),
                            ("address,quota\nz@a.example,1,2\n", "FILE:2: more fields"),
                            ('address\n"z@a.example\n', "FILE:2: a quote is not closed"),
                            ('address\n"z@a.example" x\n', "FILE:2: a quote is not closed"),
                            ('address,password\nz@a.example,"a\r\nb"\n', "FILE:2: the password has a character"),
                            ('address,password\nz@a.example,"a\r\nb"\ny@other.example,\n', "FILE:4: other.example: no such"),
                            ("address\nz@a.example\nz@a.example\n", "FILE:3: z@a.example: is there already"),
                            ("address\nz@other.example\n", "FILE:2: other.example: no such domain here"), ("", "the first line")):
            said = a.load("csv", text, code=NO)
            check(words in said, f"csv: {words}", said)

        said = a.load("mailboxes", "# of virtual_mailbox_maps\nkim@a.example  a.example/kim/\nlee@a.example\ta.example/lee/\n"
                                   "@a.example a.example/all/\nbare x\n", "--domain", "a.example")
        check("added 3 account" in said and "FILE:4: note: @a.example: left out" in said, "mailboxes", said)
        said = a.load("virtual", "v.example  anything\ninfo@a.example kim@a.example\n"
                                 "sales@a.example kim@a.example,\n   lee@a.example\n# in between\n  x@far.example, kim@a.example\n"
                                 "kim@a.example  kim@a.example, boss@far.example\nlee@a.example lee@a.example\n"
                                 "@v.example kim@a.example\n@w.example @a.example\nroot kim\n", "--domain", "a.example")
        check("added 1 domain, 1 domain-alias, 2 alias, 1 list, 3 member" in said and "changed 1 domain, 1 account" in said,
              "virtual", said)
        equal([(x["address"], x["target"]) for x in a.json("alias")],
              [("info@a.example", "kim@a.example"), ("root@a.example", "kim@a.example")], "virtual: aliases")
        equal([x["address"] for x in a.json("member list sales@a.example")], ["kim@a.example", "lee@a.example", "x@far.example"],
              "virtual: several are a list, each of them once")
        kim = a.json("account list kim@a.example")[0]
        check(kim["forward"] == "boss@far.example" and kim["keep_copy"], "virtual: one's own mailbox and another", kim)
        equal(a.json("domain list v.example")[0]["catch_all"], "kim@a.example", "virtual: a catch-all")
        for text, words in (("/^a/ x@y\n", "FILE:1: a table of regular expressions"), ("x@a.example\n", "nothing stands behind it"),
                            ("x y@a.example\n", "has no domain"), ("@far.example x@y.example\n", "no such domain here"),
                            ("n@a.example n@a.example, o@far.example\n", "n@a.example: no such account (it keeps a copy")):
            said = a.load("virtual", text, code=NO)
            check(words in said, f"virtual: {words}", said)

        said = a.load("aliases", "# Postfix's\nMAILER-DAEMON:\tpostmaster\npostmaster: root2\nroot2: john, anna\n"
                                 "staff:  :include:/etc/staff\nrobot: \"|/usr/bin/robot -x\"\nlog: /var/log/mail.txt\n"
                                 "john: \\john, j2@far.example\n\"odd\": john@a.example\n", "--domain", "a.example")
        for line in ("FILE:5: note: staff@a.example: left out: :include:/etc/staff is a list in a file",
                     'FILE:6: note: robot@a.example: left out: "|/usr/bin/robot -x" is a command',
                     "FILE:7: note: log@a.example: left out: /var/log/mail.txt is a file",
                     "added 3 alias, 1 list, 2 member", "changed 1 account", "notes on what was left out: 3"):
            check(line in said, f"aliases: {line}", said)
        said = a.load("aliases", "one: two\ntwo: one\nno colon\nthree:\n", "--domain", "a.example", code=NO)
        for line in ("FILE:2: two@a.example: would lead back to itself", "FILE:3: not a line of aliases(5)",
                     "FILE:4: three@a.example: leads nowhere"):
            check(line in said, f"aliases: {line}", said)
        many = ", ".join(f"m{i}@far.example" for i in range(1001))
        check("more than 1000 targets" in a.load("aliases", f"many: {many}\n", "--domain", "a.example", code=NO), "aliases: a limit")
        said = a.load("aliases", f"many: {many[:many.rindex(',')]}\n", "--domain", "a.example")
        check("1000 member" in said, "aliases: at its edge", said)


def hmailserver(program):
    """a backup of hMailServer"""
    with tempfile.TemporaryDirectory() as folder:
        a = Admin(program, folder)
        text = (HERE / "hMailServerBackup.xml").read_bytes()
        said = a.load("hmailserver", text)
        for line in ("FILE:7: note: anna@old.example: its answer while away is left out",
                     "FILE:8: note: anna@old.example: its rules are left out",
                     "FILE:9: note: anna@old.example: fetching mail from elsewhere is left out",
                     "FILE:12: note: carl@old.example: its password is kept by Blowfish, which cannot be carried over: set a new one",
                     "FILE:14: note: emil@old.example: its password is Active Directory's: set one",
                     "FILE:25: note: inner@old.example: who may write to it is not among the modes here: only its domain may",
                     "FILE:31: note: branch.example: the password of its login cannot be carried over: set it",
                     "FILE:35: note: Internet: what a network may do is left out",
                     "FILE:37: note: out of kept hashes no keys for SCRAM can be made",
                     "added 1 domain, 1 domain-alias, 5 account, 2 alias, 3 list, 2 member, 1 route, 1 route-address"):
            check(line in said, f"hmailserver: {line}", said)
        check(said.count("its rules") == 1, "hmailserver: rules of an account are told once", said)
        equal(a.out("export"),
              "# nixie-admin import nixie FILE  reads this again.\n"
              "# Without passwords: export --secrets has what is kept of them.\n"
              "domain old.example active=yes catch_all=anna@old.example plus=- suspended=no\n"
              "domain-alias older.example old.example\n"
              "account anna@old.example active=yes quota=100M keep_copy=yes suspended=no scram_only=no\n"
              "account ben@old.example active=no quota=0 forward=ben@far.example keep_copy=yes suspended=no scram_only=no\n"
              "account carl@old.example active=yes quota=0 keep_copy=yes suspended=no scram_only=no\n"
              "account dora@old.example active=yes quota=0 keep_copy=yes suspended=no scram_only=no\n"
              "account emil@old.example active=yes quota=0 keep_copy=yes suspended=no scram_only=no\n"
              "alias info@old.example anna@old.example active=yes\n"
              "alias past@old.example ben@far.example active=no\n"
              "list all@old.example active=yes mode=members needs_login=yes\n"
              "list inner@old.example active=yes mode=domain needs_login=no\n"
              "list news@old.example active=no mode=announcement needs_login=no owner=anna@old.example\n"
              "member all@old.example anna@old.example\nmember all@old.example guest@far.example\n"
              "route branch.example host=mx.branch.example port=2525 all_addresses=no tls=required immediate_tls=no lmtp=no user=us\n"
              "route-address kim@branch.example\n", "hmailserver: all of it")
        secrets = a.out("export --secrets")
        check("password_hash=hmailserver-md5:$argon2id$" in secrets and "password_hash=hmailserver-sha256:abcdef$argon2id$" in secrets
              and "5ebe2294" not in secrets, "hmailserver: hashes are put inside argon2id", secrets)
        equal([x["has_password"] for x in a.json("account")], [True, True, False, True, False], "hmailserver: who has a password")
        a.says("check", NO, "anna@old.example: accounts with a password of an import, this one first: 2. They cannot sign in by SCRAM")
        said = a.load("hmailserver", text[:1500], code=NO)
        check("no XML" in said and "nothing was changed" in said, "hmailserver: half a file", said)
        b = Admin(program, folder, "utf16.db")
        said = b.load("hmailserver", text.decode().replace("UTF-8", "UTF-16").encode("utf-16"))
        check("added 1 domain" in said, "hmailserver: in UTF-16", said)
        bomb = '<!DOCTYPE b [<!ENTITY a "' + "x" * 1000 + '">' + "".join(
            f'<!ENTITY a{i} "{("&a" + (str(i - 1) if i else "") + ";") * 20}">' for i in range(8)) + ']><Backup><Domain Name="&a7;"/></Backup>'
        check("no XML: limit on input amplification" in b.load("hmailserver", bomb, code=NO), "hmailserver: entities without end")


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} NIXIED")
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        a = Admin(program, folder)
        commands(a)
        way(a)
        ask(a)
        faults(a)
        moves(a, program)
        nobody(a)
        mistakes(a)
        manual(a)
        shutil.rmtree(a.folder / "mail")
    tables(program)
    hmailserver(program)
    print(f"1..{cases}")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
