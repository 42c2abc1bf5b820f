"""shapes - mails of any size that ask for trouble: each a function of the size in bytes, which gives text

test_linear.py and test_large.py read them.
"""
HEAD = "From: MAILER-DAEMON@mx.example.org\nTo: me@a.example\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
GROUP = "Final-Recipient: rfc822; u{i}@b{j}.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user {i} unknown\n\n"
FOX = "The quick brown fox jumps over the lazy dog.\n"
FROM = "From a@b.example Thu Nov 22 04:15:57 2026\n"


def fill(unit, size):
    return (unit * (size // len(unit) + 1))[:size]


def each(form, size):
    """`form`, with a running number in it, until there is enough."""
    made = [form.format(i=0, j=0)]
    made += [form.format(i=i, j=i % 97) for i in range(1, max(2, size // (len(made[0]) + 4)))]
    return "".join(made)


def report(text="It failed.\n", status="", returned="From: me@a.example\nSubject: x\n\nbody\n"):
    return (HEAD + 'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
            "--B\nContent-Type: text/plain\n\n" + text +
            "\n--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n" +
            (status or GROUP.format(i=1, j=1)) +
            "\n--B\nContent-Type: message/rfc822\n\n" + returned + "\n--B--\n")


def html(body):
    return HEAD + "Content-Type: text/html\n\n<html><body>" + body


def prose(text):
    return HEAD + "\n" + text


def nested(size):
    form = "Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n"
    return HEAD + each(form, size) + "\ninnermost\n"


def quoted_deeper(size):
    return prose("".join(">" * i + " 550 x\n" for i in range(int((2 * size) ** 0.5))))


SHAPES = {
    # a returned message
    "returned: text": lambda n: report(returned="From: a@b\nSubject: x\n\n" + fill(FOX, n)),
    "returned: base64": lambda n: report(returned="From: a@b\nContent-Transfer-Encoding: base64\n\n" + fill("VGhlIHF1aWNr" * 6 + "\n", n)),
    "returned: 8bit": lambda n: report(returned="From: a@b\nSubject: x\n\n" + fill("Grüße aus Köln, viele Grüße\n", n)),
    "returned: in the text": lambda n: prose("It failed.\n\n<u@b.example>:\n550 5.1.1 no such user\n\n--- Below this line is a copy of the "
                                             "message.\n\nReturn-Path: <a@b>\nFrom: a@b\nSubject: x\n\n" + fill(FOX, n)),
    "returned: unannounced": lambda n: prose("It failed.\n\n<u@b.example>:\n550 5.1.1 no such user\n\n" + fill(FOX, n)),
    # recipients
    "recipients: fields": lambda n: report(status=each(GROUP, n)),
    "recipients: prose": lambda n: prose("I could not deliver:\n\n" + each("<u{i}@b{j}.example>: 550 5.1.1 user {i} unknown\n\n", n)),
    "recipients: fields and prose": lambda n: report(text=each("<u{i}@b{j}.example>: host mx said: 550 user {i} unknown\n\n", n // 3),
                                                     status=each(GROUP, 2 * n // 3)),
    "recipients: one, again and again": lambda n: prose(fill("<u@b.example>: 550 5.1.1 unknown\n\n", n)),
    "recipients: one, with two actions": lambda n: report(status=fill(
        "Final-Recipient: rfc822; u@b.example\nAction: failed\n\nFinal-Recipient: rfc822; u@b.example\nAction: delayed\n\n", n)),
    "recipients: without a name": lambda n: report(status=fill("Status: 5.1.1\n", n)),
    "recipients: one line names all": lambda n: report(text="Delivery failed to: " + each("u{i}@b.example, ", n // 3) + "\n",
                                                       status=each("Final-Recipient: rfc822; u{i}@b.example\nAction: failed\n\n", 2 * n // 3)),
    "recipients: one answer for all": lambda n: report(text="----- Transcript -----\n>>> DATA\n<<< 550 5.7.1 " + "spam is not wanted " * 20 + "\n",
                                                       status=each("Final-Recipient: rfc822; u{i}@b.example\nAction: failed\n\n", n)),
    "recipients: dialogue": lambda n: prose("... while talking to mx.b.example.:\n" + each(
        ">>> RCPT To:<u{i}@b.example>\n<<< 550 5.1.1 <u{i}@b.example>... User unknown\n", n)),
    "recipients: X-Failed-Recipients": lambda n: "X-Failed-Recipients: " + each("u{i}@b.example,\n ", n) + "x@b.example\n" + prose("It failed.\n"),
    "recipients: JSON": lambda n: '{"notificationType":"Bounce","bounce":{"bouncedRecipients":[' + each(
        '{{"emailAddress":"u{i}@b.example","status":"5.1.1"}},', n) + '{"emailAddress":"x@b.example"}]}}',
    "recipients: labels": lambda n: prose(each("Recipient: u{i}@b.example\nReason: no such user\n\n", n)),
    "fields of no group": lambda n: report(status=fill("Final-Recipient: rfc822; u@b.example\nAction: failed\nStatus: 5.1.1\n", n)),
    "a long diagnostic": lambda n: report(status="Final-Recipient: rfc822; u@b.example\nAction: failed\nDiagnostic-Code: smtp; 550 " +
                                          fill("5.1.1 user unknown\n  ", n) + "\n\n"),
    # header
    "header: fields": lambda n: fill("X-Header: some value here\n", n) + "\n" + prose("It failed.\n"),
    "header: Received": lambda n: fill("Received: from a.example (b.example [192.0.2.1]) by c.example for <u@b.example>; Mon, 1 Jan 2024 00:00:00 +0000\n", n) +
    prose("<u@b.example>: 550 no such user\n"),
    "header: a long value": lambda n: "From: a@b\nSubject: " + "x" * n + "\n\nbody\n",
    "header: folded": lambda n: "From: a@b\nSubject: " + fill("word\n ", n) + "\n\nbody\n",
    "header: encoded words": lambda n: "From: a@b\nSubject: " + fill("=?utf-8?Q?=41=42?= ", n) + "\n\nx\n",
    "header: encoded words, open": lambda n: "From: a@b\nSubject: " + fill("=?utf-8?Q?", n) + "\n\nx\n",
    "header: (((": lambda n: "From: " + "(" * n + "\nSubject: Undelivered\n\n<u@b.example>: 550 no\n",
    "header: <<<": lambda n: "From: " + "<" * n + "\nSubject: Undelivered\n\n<u@b.example>: 550 no\n",
    "header: quotes": lambda n: 'From: "' + '\\"' * (n // 2) + "\nSubject: Undelivered\n\n<u@b.example>: 550 no\n",
    "header: parameters": lambda n: "From: a@b\nContent-Type: multipart/report; " + fill("a=b; ", n) + "boundary=B\n\n--B\n\nx\n--B--\n",
    "header: numbered parameters": lambda n: "From: a@b\nContent-Type: multipart/report; " + each("boundary*{i}=B; ", n) + "\n\n--B\n\nx\n--B--\n",
    # MIME
    "parts in parts": nested,
    "messages in messages": lambda n: HEAD + fill("Content-Type: message/rfc822\n\nFrom: a@b\nSubject: y\n", n) + "\n\nx\n",
    "parts": lambda n: HEAD + "Content-Type: multipart/mixed; boundary=b\n\n" + fill("--b\nContent-Type: text/plain\n\nx\n", n),
    "parts of many fields": lambda n: HEAD + "Content-Type: multipart/mixed; boundary=b\n\n" + fill("--b\n" + "X: y\n" * 2000 + "\nx\n", n),
    "parts of text": lambda n: HEAD + "Content-Type: multipart/mixed; boundary=b\n\n" + fill("--b\n\n" + FOX * 200, n),
    "parts of blanks": lambda n: HEAD + "Content-Type: multipart/mixed; boundary=b\n\n" + fill("--b\n\n" + " " * 9000 + "\n", n),
    "boundary-like lines": lambda n: HEAD + "Content-Type: multipart/mixed; boundary=b\n\n" + fill("--bb\n", n),
    "a boundary of dashes": lambda n: HEAD + 'Content-Type: multipart/mixed; boundary="-"\n\n' + "-" * n,
    "boundaries that begin alike": lambda n: HEAD + "".join(
        f"Content-Type: multipart/mixed; boundary={'b' * i}\n\n--{'b' * i}\n" for i in range(1, 21)) + "\n\n" + fill("--" + "b" * 27 + "\n", n),
    "quoted-printable": lambda n: HEAD + "Content-Transfer-Encoding: quoted-printable\n\n" + fill("=41=42=\n", n),
    "base64": lambda n: HEAD + "Content-Transfer-Encoding: base64\n\n" + fill("PGFAYi5leGFtcGxlPjogNTUwIG5vIHN1Y2ggdXNlcgo=\n", n),
    "ISO-2022-JP": lambda n: HEAD + "Content-Type: text/plain; charset=iso-2022-jp\n\n" + fill('\x1b$B$"\x1b(B', n),
    "UTF-7": lambda n: HEAD + "Content-Type: text/plain; charset=utf-7\n\n" + fill("+AGE-", n),
    # HTML
    "HTML: &&&": lambda n: html("&" * n),
    "HTML: entities": lambda n: html(fill("&amp;&#x41;&nosuchname;&lt", n)),
    "HTML: <<<": lambda n: html("<" * n),
    "HTML: comments": lambda n: html(fill("<!--", n)),
    "HTML: tags": lambda n: html(fill("<div><p><b>550 5.1.1 x</b></p>", n)),
    "HTML: scripts": lambda n: html(fill("<script>", n)),
    "HTML: attributes": lambda n: html(fill('<p style="', n)),
    # JSON
    "JSON: [[[": lambda n: '{"notificationType":"Bounce","bounce":' + "[" * n,
    "JSON: objects in objects": lambda n: '{"notificationType":"Bounce","bounce":' + fill('{"a":', n),
    "JSON: begun again and again": lambda n: prose(fill('{"notificationType":"Bounce"\n', n)),
    "JSON: escapes": lambda n: '{"notificationType":"' + fill("\\u0041", n),
    # prose
    "one line": lambda n: prose("a" * n),
    "one line of words": lambda n: prose(fill("550 5.1.1 user unknown ", n)),
    "one line of addresses": lambda n: prose(fill("a@b.example ", n)),
    "<<<": lambda n: prose("<" * n),
    ">>>": lambda n: prose(">" * n),
    "(((": lambda n: prose("(" * n),
    "[[[": lambda n: prose("[" * n),
    "@@@": lambda n: prose("@" * n),
    "a@a@": lambda n: prose(fill("a@", n)),
    "digits": lambda n: prose("5" * n),
    "statuses": lambda n: prose(fill("5.1.1.", n)),
    "replies": lambda n: fill("550-5.7.1 blocked by policy\n", n),
    "addresses of hosts": lambda n: prose(fill("[192.0.2.1] 550 ", n)),
    "links": lambda n: prose(fill("https://example.org/x ", n)),
    "quoted": lambda n: prose(fill("> " * 200 + "<u@b.example>: 550 no such user\n", n)),
    "quoted lines": lambda n: prose(fill("> > > > <u@b.example>: 550 no such user\n", n)),
    "quoted deeper and deeper": quoted_deeper,
    "blank lines": lambda n: prose("\n" * n),
    "blanks": lambda n: prose(" " * n),
    "CRs": lambda n: prose("\r" * n),
    "fields": lambda n: prose(fill("a: b\n", n)),
    "addresses and colons": lambda n: prose(fill("<a@b.example>:\n", n)),
    "said": lambda n: prose(fill("host mx.b.example[192.0.2.7] said: 550 5.1.1 no (in reply to RCPT TO command) ", n)),
    "forwards": lambda n: prose(fill("-----Original Message-----\nFrom: MAILER-DAEMON@x\nSubject: Undelivered\n\n", n)),
    "announcements of a copy": lambda n: prose("It failed.\n" + fill("--- Below this line is a copy of the message.\n\n", n)),
    # mbox
    "mbox: From lines": lambda n: FROM + HEAD + "\n" + fill("\n" + FROM, n),
    "mbox: near From lines": lambda n: FROM + HEAD + "\n" + fill("\nFrom a b c d e f g h Thu Nov 22 04:15 \n", n),
    "mbox: small messages": lambda n: fill(FROM + "From: x\n\n\n", n),
    "mbox: Content-Length": lambda n: FROM + "Content-Length: 999999999\n" + HEAD + "\n" + fill("\n" + FROM + "Content-Length: 99999\nX: y\n", n),
    "mbox: a header of C": lambda n: FROM + fill("c\n", n // 2) + fill("\n" + FROM + "c\n", n // 2),
}


def make(name, size):
    return SHAPES[name](size).encode("utf-8", "surrogateescape")
