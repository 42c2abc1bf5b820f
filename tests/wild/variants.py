"""The same report from another day and place: VARIANTS, a name and a function that takes the bytes
of a mail and the addresses in it that matter, and gives the bytes of the other mail and what became
of those addresses. The facts stay as they are but for the names, and so must the answer.
"""
import base64
import email
import quopri
import re

from damages import dice, split

# Domains that may be changed: those that are reserved for examples (RFC 2606).
DOMAIN = re.compile(rb"(?i)(?<![\w@.-])((?:[a-z0-9_-]+\.)*)((?:[a-z0-9-]+\.)?example(?:\.[a-z]{2,4}){0,2})"
                    rb"(?![\w-])(?!\.[a-z])")
ADDRESS = re.compile(rb"(?i)([a-z0-9][a-z0-9._+-]*)@((?:[a-z0-9_-]+\.)*[a-z0-9-]+)")
IP = re.compile(rb"(?<![\d.])(?:192\.0\.2|198\.51\.100|203\.0\.113)\.(\d{1,3})(?![\d.]*\d)")
QUEUE_ID = re.compile(rb"(?<![\w.@<-])(?=[0-9A-F]*[A-F])(?=[0-9A-F]*\d)[0-9A-F]{9,12}(?![\w.@-])")
DATE = re.compile(rb"\b(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ((?:19|20)\d\d) "
                  rb"\d\d:\d\d:\d\d\b")
PLAIN = ("nordlicht.example.org", "kontor24.example.com", "xn--bcher-kva.example.net", "4you.example.org",
         "physik.uni-x.example.edu", "mail-7.example.co", "a.b.c.example.net")
# Words that servers say, as names: they say nothing there.
SPEAKING = ("no-such-user.example.org", "quota-exceeded.example.com", "greylisting.example.net",
            "spam-blocked.example.org", "delayed.example.com", "mailbox-full.example.net")
LOCALS = ("k.w.x", "ruth_91", "o-neill", "x", "very.long.name-of+tag.that.goes.on", "3141")


def renamed(mail, names, domains, locals_):
    """Every example domain becomes another one, and the local parts of `names`, too."""
    if any(name.encode() not in mail.lower() for name in names):
        return mail, {}  # it is encoded
    chance = dice(mail)
    new_domain, new_local = {}, {}

    def domain(match):
        old = match[2].lower()
        if old not in new_domain:
            n = len(new_domain)
            name = domains[(chance.randrange(len(domains)) + n) % len(domains)]
            new_domain[old] = f"d{n}.{name}".encode()
        return match[1] + new_domain[old]

    def local(match):
        whole = match[0].lower().decode("latin-1")
        if whole not in names or match[1].isdigit():
            return match[0]
        if whole not in new_local:
            new_local[whole] = locals_[chance.randrange(len(locals_))].encode() + b"%d" % len(new_local)
        return new_local[whole] + b"@" + match[2]

    def change(text):
        return re.sub(DOMAIN, domain, re.sub(ADDRESS, local, text))
    changed = change(mail)
    return changed, {name: change(name.encode()).decode() for name in names}


def kept(change):
    return lambda mail, names: (change(mail), {name: name for name in names})


def other_numbers(mail):
    """Other addresses of hosts, ids of queues and dates."""
    chance = dice(mail)

    def ip(match):
        host = int(match[1])
        return b"100.%d.%d.%d" % (64 + host % 60, host % 250 + 1, chance.randrange(1, 250))

    def queue_id(match):
        digits = len(match[0])
        return b"%0*X" % (digits, chance.randrange(16 ** (digits - 1), 16 ** digits))

    def date(match):
        return b"%s %s %d %02d:%02d:%02d" % (
            match[1], match[2], chance.randrange(2001, 2026), chance.randrange(24),
            chance.randrange(60), chance.randrange(60))
    return re.sub(DATE, date, re.sub(QUEUE_ID, queue_id, re.sub(IP, ip, mail)))


def header_in_reverse(mail):
    head, body = split(mail)
    fields = re.findall(rb"(?m)^[^\s:]+:[^\n]*(?:\n[ \t][^\n]*)*", head)
    if head.startswith((b"From ", b"\n")) or len(b"\n".join(fields)) != len(head):
        return mail
    return b"\n".join(fields[::-1]) + b"\n\n" + body


def other_boundary(mail):
    for boundary in set(re.findall(rb"(?i)boundary=\"([^\"\n]{6,})\"", mail)):
        mail = mail.replace(boundary, b"=_%08x.next" % dice(boundary).getrandbits(32))
    return mail


def encoded(encode, name):
    """The text parts, and the mail that is a text, in another encoding."""
    def change(mail):
        head, body = split(mail)
        message = email.message_from_bytes(mail)
        if not message.is_multipart():
            parts = [(mail, message)]
        else:
            boundary = message.get_boundary()
            if boundary is None or message.get_content_type() == "message/rfc822":
                return mail
            mark = b"--" + boundary.encode("latin-1")
            parts = [(raw, email.message_from_bytes(raw)) for raw in body.split(mark + b"\n")[1:]]
        for raw, part in parts:
            if part.get_content_maintype() != "text" or part.is_multipart() or "content-type" not in part \
                    or part.get_content_type() == "text/rfc822-headers":
                continue
            part_head, text = split(raw)
            was = (part["content-transfer-encoding"] or "7bit").strip().lower()
            if was not in ("7bit", "8bit", "quoted-printable", "base64") or not text.strip():
                continue
            end = b"\n" if text.endswith(b"\n") else b""
            plain = part.get_payload(decode=True) if was in ("quoted-printable", "base64") else text
            part_head = re.sub(rb"(?im)^content-transfer-encoding:[^\n]*\n?", b"", part_head).rstrip(b"\n")
            new = part_head + b"\nContent-Transfer-Encoding: " + name + b"\n\n" + encode(plain) + end
            mail = mail.replace(raw, new, 1)
        return mail
    return change


def in_utf8(mail):
    """A text in a charset of one byte, in UTF-8."""
    message = email.message_from_bytes(mail)
    charset = (message.get_content_charset() or "").lower()
    encoding = (message["content-transfer-encoding"] or "8bit").strip().lower()
    if message.is_multipart() or encoding not in ("7bit", "8bit") or \
            not charset.startswith(("iso-8859", "windows-125", "koi8")):
        return mail
    head, body = split(mail)
    try:
        return re.sub(rb"(?i)(charset=)\"?[^\s;\"]+\"?", rb"\1utf-8", head, count=1) + b"\n\n" + \
            body.decode(charset).encode("utf-8")
    except (UnicodeDecodeError, LookupError):
        return mail


VARIANTS = {
    "other names": lambda mail, names: renamed(mail, names, PLAIN, LOCALS),
    "names that are words of servers": lambda mail, names: renamed(mail, names, SPEAKING, LOCALS),
    "other numbers": kept(other_numbers),
    "the header in reverse": kept(header_in_reverse),
    "another boundary": kept(other_boundary),
    "in base64": kept(encoded(base64.encodebytes, b"base64")),
    "quoted-printable": kept(encoded(quopri.encodestring, b"quoted-printable")),
    "8bit": kept(encoded(lambda text: text, b"8bit")),
    "in UTF-8": kept(in_utf8),
    "CR LF": kept(lambda mail: mail.replace(b"\n", b"\r\n")),
}
