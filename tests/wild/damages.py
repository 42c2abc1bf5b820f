"""What people, gateways, disks and mail programs do to mails: DAMAGES, a name and a function from
the bytes of a mail to those of the damaged one. The same mail is always damaged in the same way.
"""
import base64
import email
import email.errors
import email.header
import html
import quopri
import random
import re
import zlib

PERSON = b"From: Ines <ines@office.example.com>\nTo: it@office.example.com\nSubject: "
MIME_TEXT = b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
MIME_HTML = b"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n"

# How mail programs name From, Date, To and Subject above a mail that they show or forward.
LABELS = {
    "en": ("From", "Sent", "To", "Subject"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "es": ("De", "Enviado", "Para", "Asunto"),
    "pt": ("De", "Enviada", "Para", "Assunto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "pl": ("Od", "Wysłano", "Do", "Temat"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
    "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "tr": ("Kimden", "Gönderildi", "Kime", "Konu"),
    "hu": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "el": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "ro": ("De la", "Trimis", "Către", "Subiect"),
    "uk": ("Від", "Надіслано", "Кому", "Тема"),
    "ar": ("من", "تم الإرسال", "إلى", "الموضوع"),
    "he": ("מאת", "נשלח", "אל", "נושא"),
    "vi": ("Từ", "Đã gửi", "Đến", "Chủ đề"),
    "th": ("จาก", "ส่งแล้ว", "ถึง", "เรื่อง"),
    "id": ("Dari", "Dikirim", "Kepada", "Subjek"),
    "hr": ("Od", "Poslano", "Prima", "Predmet"),
    "sl": ("Od", "Poslano", "Za", "Zadeva"),
    "et": ("Saatja", "Saadetud", "Adressaat", "Teema"),
    "lv": ("No", "Nosūtīts", "Kam", "Temats"),
    "lt": ("Nuo", "Išsiųsta", "Kam", "Tema"),
    "bg": ("От", "Изпратено", "До", "Относно"),
    "ca": ("De", "Enviat", "Per a", "Assumpte"),
}


def dice(mail):
    return random.Random(zlib.crc32(mail))


def split(mail):
    head, _, body = mail.partition(b"\n\n")
    return head, body


def on_body(change):
    def damage(mail):
        head, body = split(mail)
        return head + b"\n\n" + change(body)
    return damage


def by_line(change):
    return lambda text: b"\n".join(change(line) for line in text.split(b"\n"))


def on_lines(change):
    return on_body(by_line(change))


def without_fields(names):
    """All fields of these names, in the header and in the parts."""
    pattern = re.compile(rb"(?im)^(?:" + names + rb"):[^\n]*\n(?:[ \t][^\n]*\n)*")
    return lambda mail: pattern.sub(b"", mail)


def wrap(columns):
    """Long lines are cut at blanks, and what is left of them has no indent."""
    def cut(line):
        pieces, piece = [], b""
        for word in line.split(b" ") if len(line) > columns else ():
            if piece and len(piece) + 1 + len(word) > columns:
                pieces.append(piece)
                piece = word
            else:
                piece = piece + b" " + word if piece else word
        return b"\n".join([*pieces, piece]) if pieces else line
    return by_line(cut)


# ---- bytes that are lost or changed

def lost(first, last):
    """Without the bytes from one share of the mail to another."""
    return lambda mail: mail[:int(len(mail) * first)] + mail[int(len(mail) * last):]


def flipped(one_in):
    def damage(mail):
        chance, out = dice(mail), bytearray(mail)
        for _ in range(len(mail) // one_in):
            out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
        return bytes(out)
    return damage


def lines_lost(one_in):
    def damage(mail):
        chance = dice(mail)
        return b"\n".join(line for line in mail.split(b"\n") if chance.randrange(one_in) > 0)
    return damage


def base64_line_lost(mail):
    lines = mail.split(b"\n")
    for i, line in enumerate(lines):
        if re.fullmatch(rb"[A-Za-z0-9+/]{60,76}", line):
            return b"\n".join(lines[:i] + lines[i + 1:])
    return mail


# ---- the parts of a mail that programs show

def leaves(message):
    if message.is_multipart() and message.get_content_type() != "message/rfc822":
        for part in message.get_payload():
            yield from leaves(part)
    else:
        yield message


def text_of(part):
    raw = part.get_payload(decode=True) or b""
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "latin-1"):
        try:
            text = raw.decode(charset)
            break
        except (UnicodeDecodeError, LookupError):
            continue
    if part.get_content_type() == "text/html":
        text = re.sub(r"(?i)</td>", "\t", text)
        text = re.sub(r"(?i)<(br|/p|/tr|/div|/h\d)[^>]*>", "\n", text)
        text = html.unescape(re.sub(r"<[^>]+>", "", text))
    return text


def seen(mail):
    """What a mail program shows: the first text."""
    for part in leaves(email.message_from_bytes(mail)):
        if part.get_content_maintype() == "text" and not part.is_multipart():
            return text_of(part).encode("utf-8", "replace")
    return split(mail)[1]


def field(mail, name):
    value = email.message_from_bytes(mail).get(name)
    try:
        text = str(email.header.make_header(email.header.decode_header(str(value or ""))))
    except (UnicodeDecodeError, LookupError, email.errors.HeaderParseError):
        return ""
    return " ".join(text.split())


def part_kind(part):
    kind = part.get_content_type()
    if kind in ("message/rfc822", "text/rfc822-headers", "message/global",
                "message/global-headers", "message/partial"):
        return "returned"
    if kind.endswith(("delivery-status", "feedback-report", "disposition-notification")):
        return "status"
    return "prose" if kind.startswith("text/") else "other"


def on_parts(change):
    """The list of a multipart's parts is changed; other mails stay as they are."""
    def damage(mail):
        boundary = re.search(rb"(?i)boundary=(?:\"([^\"\n]+)\"|([^\s;\"]+))", mail)
        if boundary is None:
            return mail
        mark = b"--" + (boundary[1] or boundary[2])
        pieces = re.split(rb"(?m)^" + re.escape(mark) + rb"(?:--)?[ \t]*$\n?", mail)
        if len(pieces) < 3:
            return mail
        parts = [(part_kind(email.message_from_bytes(piece)), piece) for piece in pieces[1:-1]]
        kept = change(parts)
        if not kept:
            return mail
        return pieces[0] + b"".join(mark + b"\n" + piece for _, piece in kept) + mark + b"--\n"
    return damage


def removed(kind):
    """Unless nothing else is there to tell of the failure."""
    def change(parts):
        left = [part for part in parts if part[0] != kind]
        return left if any(part[0] in ("prose", "status") for part in left) else None
    return on_parts(change)


def text_only(mail):
    """A gateway keeps the first text and throws the other parts away."""
    message = email.message_from_bytes(mail)
    kept = [f"{name}: {message[name]}\n".encode("utf-8", "surrogateescape")
            for name in ("Return-Path", "Date", "From", "To", "Subject", "Auto-Submitted",
                         "X-Failed-Recipients") if message[name] is not None]
    return b"".join(kept) + MIME_TEXT + b"\n" + seen(mail)


def as_html(mail):
    head, body = split(text_only(mail))
    lines = html.escape(body.decode("utf-8", "replace")).replace("\n", "<br>\n")
    return head.replace(b"text/plain", b"text/html") + b"\n\n<html><body>" + lines.encode() + \
        b"</body></html>"


# ---- forwards and pastes

def quoted(mark, what):
    return lambda mail: PERSON + b"Fwd: help\n\nWhat is this?\n\n" + by_line(
        lambda line: mark + line)(what(mail))


def quoted_and_wrapped(columns):
    """A mail program quotes, then breaks the lines, and their rests have no mark."""
    return lambda mail: PERSON + b"Fwd: help\n\nWhat is this?\n\n" + wrap(columns)(
        by_line(lambda line: b"> " + line)(seen(mail)))


def wrapped_and_quoted(columns):
    return lambda mail: PERSON + b"Fwd: help\n\nWhat is this?\n\n" + by_line(
        lambda line: b"> " + line)(wrap(columns)(seen(mail)))


def described(mail, language):
    names = LABELS[language]
    values = field(mail, "From"), field(mail, "Date") or "today", field(mail, "To"), \
        field(mail, "Subject")
    return list(zip(names, values))


def inline(mark, language, style="{}: {}\n", prefix=""):
    """As mail programs forward: a line that says so, some fields, then the text."""
    def damage(mail):
        text = "".join(style.format(*pair) for pair in described(mail, language))
        text = mark + "\n" + text + "\n" + seen(mail).decode("utf-8", "replace")
        text = "\n".join(prefix + line for line in text.split("\n"))
        return PERSON + b"Fwd: x\n" + MIME_TEXT + b"\nplease look\n\n" + text.encode()
    return damage


def outlook_html(language):
    """As Outlook forwards: the fields in bold, and all of it as HTML."""
    def damage(mail):
        head = "".join(f"<b>{name}:</b> {html.escape(value)}<br>"
                       for name, value in described(mail, language))
        text = html.escape(seen(mail).decode("utf-8", "replace")).replace("\n", "<br>")
        return PERSON + b"Fwd: x\n" + MIME_HTML + \
            f"\n<div>see below</div><blockquote>{head}<br>{text}</blockquote>".encode()
    return damage


def window(language):
    """Copied out of a mail program's window: labels, and their values beside or below them."""
    def damage(mail):
        head = "".join(f"{name}:\t{value}\n" for name, value in described(mail, language))
        return (head + "\n").encode() + seen(mail)
    return damage


def window_bare(mail):
    """Copied out of Gmail's window: the subject, the sender, the day, and the text."""
    return (f"{field(mail, 'Subject')}\nInbox\n\n{field(mail, 'From')}\n"
            f"Tue, Mar 3, 9:13 AM (2 days ago)\nto me\n\n").encode() + seen(mail)


def attached(part):
    def damage(mail):
        content = base64.encodebytes(mail) if b"base64" in part else mail
        return PERSON + b"fw\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=qq\n\n" \
            b"--qq\nContent-Type: text/plain\n\nplease look\n--qq\n" + part + b"\n\n" + content + \
            b"\n--qq--\n"
    return damage


FILE = b"Content-Type: application/octet-stream; name=\"bounce.eml\"\n" \
    b"Content-Transfer-Encoding: base64"
ATTACHED = attached(b"Content-Type: message/rfc822")


def attached_twice(mail):
    return ATTACHED(mail).replace(b"ines@", b"jo@").replace(b"qq", b"rr").join(
        ATTACHED(b"@@\n\n@@").split(b"@@\n\n@@"))


def printed(mail):
    """A print to a file: pages of 20 lines, with a head and a foot."""
    lines = split(mail)[0].split(b"\n") + [b""] + seen(mail).split(b"\n")
    pages = [lines[i:i + 20] for i in range(0, len(lines), 20)]
    return b"\f".join(b"Ines Office                                    3 March 2026\n\n" +
                      b"\n".join(page) + b"\n\n                    Page %d of %d\n" %
                      (i + 1, len(pages)) for i, page in enumerate(pages))


def mime_fields_alone(mail):
    """Somebody saved the body: of the header, only what tells how to decode it is left."""
    head, body = split(mail)
    fields = re.findall(rb"(?im)^(?:content-|mime-)[^\n]*(?:\n[ \t][^\n]*)*", head)
    return b"\n".join(fields or [b"X-Lost: 1"]) + b"\n\n" + body


def subject_alone(mail):
    return f"Subject: {field(mail, 'Subject')}\n\n".encode() + seen(mail)


def one_line(between):
    return lambda text: text.replace(b"\n", between)


def mojibake(mail):
    """UTF-8 that was taken for Latin-1, and stored as UTF-8 again."""
    return mail.decode("latin-1").encode("utf-8")


# ---- more of what stands in lines, fields and parts

STATUS_FIELD = re.compile(rb"(?im)^(reporting-mta|final-recipient|original-recipient|action|status|"
                          rb"diagnostic-code|remote-mta)[ \t]*:[^\n]*")
RECIPIENT_FIELD = rb"(?:final-recipient|original-recipient|action|status|diagnostic-code|" \
    rb"remote-mta|last-attempt-date)"


def one_line_lost(mail):
    lines = mail.split(b"\n")
    del lines[dice(mail).randrange(len(lines))]
    return b"\n".join(lines)


def in_status_field(change):
    """A byte of one field of the report."""
    def damage(mail):
        fields, chance = list(STATUS_FIELD.finditer(mail)), dice(mail)
        if not fields:
            return mail
        field_at = chance.choice(fields)
        at = chance.randrange(field_at.start(), field_at.end())
        return mail[:at] + change(mail[at:at + 1]) + mail[at + 1:]
    return damage


def on_head(change):
    def damage(mail):
        head, body = split(mail)
        return change(head) + b"\n\n" + body
    return damage


def blank_in_head(mail):
    fields = re.split(rb"\n(?![ \t])", split(mail)[0])
    if len(fields) < 2:
        return mail
    at = dice(mail).randrange(1, len(fields))
    return b"\n".join(fields[:at]) + b"\n\n" + b"\n".join(fields[at:]) + b"\n\n" + split(mail)[1]


def retyped(kinds, content_type):
    """Parts of these kinds get another type."""
    def change(parts):
        return [(kind, re.sub(rb"(?i)content-type:[^\n]*(\n[ \t][^\n]*)*",
                              b"Content-Type: " + content_type, part, count=1)
                 if kind in kinds else part) for kind, part in parts]
    return on_parts(change)


def boundary_lines(change):
    """Each line of the outer boundary: change(number from 1, line)."""
    def damage(mail):
        found = re.search(rb"(?i)boundary=(?:\"([^\"\n]+)\"|([^\s;\"]+))", mail)
        if found is None:
            return mail
        mark, count = re.escape(found[1] or found[2]), [0]

        def one(line):
            count[0] += 1
            return change(count[0], line[0])
        return re.sub(rb"(?m)^--" + mark + rb"(?:--)?[ \t]*\n?", one, mail)
    return damage


def as_last(line):
    return line if line.rstrip().endswith(b"--") else line.rstrip() + b"--\n"


def text_changed(change):
    """The first text alone, changed."""
    def damage(mail):
        head, body = split(text_only(mail))
        return head + b"\n\n" + change(body)
    return damage


def text_coded(label, change=lambda coded: coded, encode=base64.encodebytes):
    """The first text alone, encoded, under this label."""
    def damage(mail):
        head, body = split(text_only(mail))
        return head + b"\nContent-Transfer-Encoding: " + label + b"\n\n" + change(encode(body))
    return damage


def addresses(change):
    return text_changed(lambda text: re.sub(rb"[\w.+-]+@[\w.-]+\w", lambda a: change(a[0]), text))


def footed(footer):
    """A list or a gateway adds to the first text, or to a message of one."""
    def change(parts):
        for i, (kind, part) in enumerate(parts):
            head = part.partition(b"\n\n")[0]
            if kind == "prose" and b"base64" not in head.lower():
                return parts[:i] + [(kind, part.rstrip(b"\n") + footer)] + parts[i + 1:]
        return parts

    def damage(mail):
        return on_parts(change)(mail) if b"boundary=" in mail else mail.rstrip(b"\n") + footer
    return damage


LIST_FOOTER = b"\n\n" + b"_" * 47 + b"\nops mailing list\nops@lists.example.com\n" \
    b"https://lists.example.com/listinfo/ops\n"
SIGNATURE = b"\n\n-- \nInes Office\nphone +49 30 123456  mail ines@office.example.com\n"
DISCLAIMER = b"\n\nThis message is confidential. If you have received it in error, please notify " \
    b"the sender at info@office.example.com and delete it.\n"


DAMAGES = {
    # what stands in lines
    "wrapped at 60": on_body(wrap(60)),
    "wrapped at 72": on_body(wrap(72)),
    "wrapped at 80": on_body(wrap(80)),
    "no blank lines": on_body(lambda b: re.sub(rb"\n\s*\n", b"\n", b)),
    "every second line blank": on_body(lambda b: b.replace(b"\n", b"\n\n")),
    "indented": on_lines(lambda line: b"    " + line),
    "no indent": on_lines(lambda line: line.lstrip()),
    "no indent, no blanks at the end, all over": by_line(lambda line: line.strip()),
    "tabs to blanks": lambda m: m.replace(b"\t", b" "),
    "blanks to one": lambda m: re.sub(rb"[ \t]+", b" ", m),
    "blanks at the ends of lines": lambda m: m.replace(b"\n", b"   \n"),
    "CR LF": lambda m: m.replace(b"\n", b"\r\n"),
    "CR": lambda m: m.replace(b"\n", b"\r"),
    "CR CR LF": lambda m: m.replace(b"\n", b"\r\r\n"),
    "CR CR": lambda m: m.replace(b"\n", b"\r\r"),
    "line ends of the text gone": lambda m: split(text_only(m))[0] + b"\n\n" +
    one_line(b" ")(seen(m)),
    "line ends of the body gone": on_body(one_line(b" ")),
    "all line ends gone": one_line(b" "),
    "all line ends gone, and no blank": one_line(b""),
    # bytes
    "a BOM": lambda m: b"\xEF\xBB\xBF" + m,
    "UTF-16": lambda m: b"\xFF\xFE" + m.decode("utf-8", "replace").encode("utf-16-le"),
    "a zero behind every line": lambda m: m.replace(b"\n", b"\0\n"),
    "high bits stripped": lambda m: bytes(c & 127 for c in m),
    "UTF-8 as Latin-1": mojibake,
    "1 byte in 1000 changed": flipped(1000),
    "1 byte in 100 changed": flipped(100),
    "1 line in 20 lost": lines_lost(20),
    "first 10 % lost": lost(0, .1),
    "first 30 % lost": lost(0, .3),
    "first 50 % lost": lost(0, .5),
    "middle 20 % lost": lost(.4, .6),
    "last 10 % lost": lost(.9, 1),
    "last 20 % lost": lost(.8, 1),
    "last 30 % lost": lost(.7, 1),
    "last 50 % lost": lost(.5, 1),
    "lower case": lambda m: m.lower(),
    "upper case": lambda m: m.upper(),
    "escaped as HTML": lambda m: html.escape(m.decode("latin-1")).encode("latin-1"),
    # MIME
    "field names in capitals": lambda m: re.sub(rb"(?m)^[A-Za-z-]+:", lambda f: f[0].upper(), m),
    "another boundary in the header": lambda m: re.sub(
        rb"(?i)boundary=\"?[^\"\n]+\"?", b'boundary="lost"', m, count=1),
    "no boundary in the header": lambda m: re.sub(
        rb"(?i);\s*boundary=\"?[^\"\n]+\"?", b"", m, count=1),
    "no boundary lines": on_lines(lambda line: b"" if re.match(rb"--\S{3,}$", line) else line),
    "no Content-Type": without_fields(rb"Content-Type"),
    "no fields of MIME": without_fields(rb"Content-[a-z-]+|MIME-Version"),
    "no transfer encoding": without_fields(rb"Content-Transfer-Encoding"),
    "quoted-printable twice": on_body(quopri.encodestring),
    "soft line breaks lost": on_body(lambda b: b.replace(b"=\n", b"\n")),
    "a line of base64 lost": base64_line_lost,
    "parts in reverse": on_parts(lambda parts: parts[::-1]),
    "returned message removed": removed("returned"),
    "status removed": removed("status"),
    "prose removed": removed("prose"),
    "the first text alone": text_only,
    "the first text as HTML": as_html,
    "a line lost": one_line_lost,
    "a byte of a field of the report changed": in_status_field(lambda c: bytes([c[0] ^ 5])),
    "a byte of a field of the report lost": in_status_field(lambda c: b""),
    "every line twice": by_line(lambda line: line + b"\n" + line),
    "every line indented": by_line(lambda line: b"   " + line),
    "every line quoted": by_line(lambda line: b"> " + line),
    "all wrapped at 60": wrap(60),
    "LF CR": lambda m: m.replace(b"\n", b"\n\r"),
    "line ends escaped": lambda m: m.replace(b"\\", b"\\\\").replace(b"\n", b"\\r\\n"),
    "UTF-16 without its mark": lambda m: m.decode("utf-8", "replace").encode("utf-16-be"),
    "a zero before every line": lambda m: b"\0" + m.replace(b"\n", b"\n\0"),
    "last 95 bytes lost": lambda m: m[:-95],
    "the last line end lost": lambda m: m.rstrip(b"\n"),
    "status as bytes": retyped(("status",), b"application/octet-stream"),
    "status as HTML": retyped(("status",), b"text/html"),
    "status as a message": retyped(("status",), b"message/rfc822"),
    "text and status as bytes": retyped(("prose", "status"), b"application/octet-stream"),
    "every boundary the last": boundary_lines(lambda n, line: as_last(line)),
    "the first boundary the last": boundary_lines(lambda n, line: as_last(line) if n == 1 else line),
    "the second boundary lost": boundary_lines(lambda n, line: b"" if n == 2 else line),
    "the last boundary lost": boundary_lines(
        lambda n, line: b"" if line.rstrip().endswith(b"--") else line),
    "a blank line behind every field of the report": lambda m: re.sub(
        rb"(?im)^(?=" + RECIPIENT_FIELD + rb"[ \t]*:)", b"\n", m),
    "fields of the report in one line": lambda m: re.sub(
        rb"(?im)\n(?=" + RECIPIENT_FIELD + rb"[ \t]*:)", b" ", m),
    "fields of the report in bold": lambda m: re.sub(
        rb"(?im)^(" + RECIPIENT_FIELD + rb")[ \t]*:", rb"*\1:*", m),
    # labels that lie, and encodings that were damaged
    "every part labelled base64": lambda m: re.sub(
        rb"(?im)^content-transfer-encoding:.*$", b"Content-Transfer-Encoding: base64", m),
    "UTF-16 on the label": lambda m: re.sub(
        rb"(?i);?\s*charset=\"?[^\"\s;]+\"?", b"; charset=utf-16", m),
    "koi8-r on the label": lambda m: re.sub(
        rb"(?i);?\s*charset=\"?[^\"\s;]+\"?", b"; charset=koi8-r", m),
    "text labelled base64": text_coded(b"base64", encode=lambda text: text),
    "quoted-printable labelled base64": text_coded(b"base64", encode=quopri.encodestring),
    "base64 labelled 8bit": text_coded(b"8bit"),
    "base64 behind a banner": text_coded(
        b"base64", lambda coded: b"CAUTION: this mail came from outside.\n\n" + coded),
    "base64 before a list's footer": text_coded(b"base64", lambda coded: coded + LIST_FOOTER),
    "base64, a byte changed": text_coded(
        b"base64", lambda coded: coded[:len(coded) // 3] + b"*" + coded[len(coded) // 3 + 1:]),
    "base64, a byte lost": text_coded(
        b"base64", lambda coded: coded[:len(coded) // 3] + coded[len(coded) // 3 + 1:]),
    # what is added
    "addresses as links": addresses(lambda a: a + b"<mailto:" + a + b">"),
    "addresses as links of Markdown": addresses(lambda a: b"[" + a + b"](mailto:" + a + b")"),
    "addresses as labelled links": addresses(lambda a: b"<mailto:" + a + b"|" + a + b">"),
    "addresses in bold": addresses(lambda a: b"*" + a + b"*"),
    "a list's footer": footed(LIST_FOOTER),
    "a signature": footed(SIGNATURE),
    "a disclaimer": footed(DISCLAIMER),
    # the header
    "a blank line in the header": blank_in_head,
    "the header wrapped at 60": on_head(wrap(60)),
    "the header lost but for MIME": mime_fields_alone,
    "the header lost": lambda m: split(m)[1],
    "the text alone": seen,
    "subject and text": subject_alone,
    "another header in front": lambda m: PERSON + b"Fwd: help\n\n" + m,
    # forwards and pastes
    "quoted whole": quoted(b"> ", lambda m: m),
    "quoted": quoted(b"> ", seen),
    "quoted with bars": quoted(b"| ", seen),
    "quoted twice": quoted(b">> ", seen),
    "quoted three times": quoted(b"> > > ", seen),
    "quoted without blanks": quoted(b">", seen),
    "quoted, then wrapped at 60": quoted_and_wrapped(60),
    "quoted, then wrapped at 72": quoted_and_wrapped(72),
    "wrapped at 60, then quoted": wrapped_and_quoted(60),
    "forwarded by Gmail": inline("---------- Forwarded message ---------", "en"),
    "forwarded by Gmail, de": inline("---------- Weitergeleitete Nachricht ---------", "de"),
    "forwarded by Gmail, fr": inline("---------- Message transféré ---------", "fr",
                                     style="{} : {}\n"),
    "forwarded by Outlook, en": inline("-----Original Message-----", "en"),
    "forwarded by Outlook, nl": inline("-----Oorspronkelijk bericht-----", "nl"),
    "forwarded by Outlook, ja": inline("-----元のメッセージ-----", "ja"),
    "forwarded with bold fields": inline("---------- Forwarded message ---------", "en",
                                         style="*{}:* {}\n"),
    "forwarded with bold fields, de": inline("________________________________", "de",
                                             style="*{}:* {}\n"),
    **{f"forwarded below a rule, {language}": inline("________________________________", language)
       for language in ("et", "lv", "vi", "ar", "bg", "ca", "hr", "hu")},
    "forwarded by Apple Mail": inline("Begin forwarded message:\n", "en", prefix="> "),
    "forwarded by Apple Mail, it": inline("Inizio messaggio inoltrato:\n", "it", prefix="> "),
    "forwarded by Thunderbird": inline("-------- Forwarded Message --------", "en",
                                       style="{}: \t{}\n"),
    "forwarded by Thunderbird, cs": inline("-------- Přeposlaná zpráva --------", "cs",
                                           style="{}: \t{}\n"),
    "forwarded by Roundcube, pl": inline("-------- Wiadomość oryginalna --------", "pl"),
    "forwarded as HTML": outlook_html("en"),
    "forwarded as HTML, ru": outlook_html("ru"),
    "attached": ATTACHED,
    "attached as a file": attached(FILE),
    "attached twice": attached_twice,
    "printed": printed,
    "out of Gmail's window": window_bare,
    **{f"out of a window, {language}": window(language) for language in LABELS},
}
