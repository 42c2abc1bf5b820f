#!/usr/bin/env python3
"""The pages for people, without a browser: what is well formed, what is linked, what is escaped, how large it gets.
tests/browser/ has the rest.

usage: test_web_pages.py NIXIE        TAP
"""
import html
import html.parser
import re
import sys
import urllib.parse

from server import Server

from tap import check, done

SAMPLE = 'samples/user-unknown.eml'
LANGUAGES = ('de', 'en', 'es', 'fr', 'ja', 'pt')
FIRST_PAGE_BYTES_MAX = 60_000   # html, style, script and icon, as they are sent
ANSWER_BYTES_MAX = 150_000      # whatever was given
VOID = {'meta', 'link', 'input', 'br', 'path', 'circle'}
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)> \' & &lt;'


class Page(html.parser.HTMLParser):
    """A page taken apart: its elements, links, ids, and what is wrong with its form."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.trouble, self.links, self.ids, self.tags, self.texts = [], [], [], [], {}
        self.attributes = []
        self.stack = []
        self.feed(text)
        self.close()
        if self.stack:
            self.trouble.append(f'never closed: {self.stack}')
        for one in sorted({i for i in self.ids if self.ids.count(i) > 1}):
            self.trouble.append(f'two elements have the id {one}')

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self.stack.append(tag)
        for name, value in attrs:
            self.attributes.append((tag, name, value))
            if name == 'id':
                self.ids.append(value)
            if name in ('href', 'src', 'action', 'formaction'):
                self.links.append((tag, name, value))
            if name.startswith('on') or name == 'style':
                self.trouble.append(f'<{tag} {name}>: what the policy forbids')

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag == 'p' and 'p' not in self.stack:
            self.trouble.append('</p> without <p>: something in it closed it')
        elif not self.stack or self.stack[-1] != tag:
            self.trouble.append(f'</{tag}> closes {self.stack[-1:]}')
        else:
            self.stack.pop()

    def handle_data(self, data):
        if self.stack:
            self.texts[self.stack[-1]] = self.texts.get(self.stack[-1], '') + data


def expect(name, got, want):
    check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


def has(name, text, *words):
    check([f'not there: {w}' for w in words if w not in text], name)


def form_trouble(answer):
    page = Page(answer.text())
    trouble = page.trouble + ([] if answer.type() == 'text/html' else [f'it is {answer.type()}'])
    if page.tags.count('h1') != 1:
        trouble.append(f"{page.tags.count('h1')} <h1>")
    if page.tags.count('script') != 1:
        trouble.append(f"{page.tags.count('script')} <script>")
    return trouble


def report(recipients, words='550 5.1.1 User unknown', subject='Undelivered'):
    """A standard report about these recipients."""
    parts = [f'From: MAILER-DAEMON@mx.example\nTo: me@a.example\nSubject: {subject}\nMIME-Version: 1.0\n'
             'Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\n\nIt failed.\n--B\n'
             'Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n']
    parts += [f'\nFinal-Recipient: rfc822; {r}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; '
              f'{words if isinstance(words, str) else words(i)}\n' for i, r in enumerate(recipients)]
    return (''.join(parts) + '\n--B--\n').encode()


def test_home(server):
    for lang in LANGUAGES:
        answer = server.ask('GET', '/', accept_language=lang)
        check(form_trouble(answer), f'/ in {lang} is well formed')
        has(f'/ in {lang} says which', answer.text(), f'<html lang="{lang}">', f'hreflang="{lang}"')
    expect('?lang= is stronger than Accept-Language',
           '<html lang="ja">' in server.ask('GET', '/?lang=ja', accept_language='de').text(), True)
    has('a language that was asked for stays in the links', server.ask('GET', '/?lang=fr').text(),
        'action="/explain?lang=fr"')
    expect('another page does not', 'lang=' in server.ask('GET', '/').text().split('</header>')[1], False)


def test_first_page(server):
    answer = server.ask('GET', '/')
    page, total = Page(answer.text()), len(answer.body)
    trouble = []
    for tag, _, address in page.links:
        if not address.startswith('/assets/'):
            continue
        got = server.ask('GET', address)
        total += len(got.body)
        if got.status != 200 or 'immutable' not in got.fields.get('cache-control', ''):
            trouble.append(f'{address}: {got.status}')
        if re.search(rb'url\(|@import|https?://(?!www\.w3\.org/)', got.body):
            trouble.append(f'{address} loads something')
    check(trouble, 'style, script and icon are there, for ever, and load nothing')
    check([f'{total} bytes'] if total > FIRST_PAGE_BYTES_MAX else [], f'the first page is small: {total} bytes')
    expect('the address of an answer, opened anew, is the form', server.ask('GET', '/explain').body, answer.body)
    expect('an asset that is none', server.ask('GET', '/assets/nixie.css').status, 404)


def test_explain(server):
    with open(SAMPLE, 'rb') as file:
        mail = file.read()
    answer = server.ask('POST', '/explain', mail, content_type='message/rfc822')
    check(form_trouble(answer), 'an answer is well formed')
    page = Page(answer.text())
    has('it says what happened', answer.text(), 'There is no mailbox for hary.miller@example.net',
        'said no', 'Your server', 'What you can do', 'mx1.example.net')
    has('the words that decided are marked', page.texts.get('mark', ''), 'User unknown in virtual mailbox table')
    expect('it is for nobody to keep', answer.fields.get('cache-control'), 'no-store')
    part = server.ask('POST', '/explain?part=answer', mail, content_type='message/rfc822').text()
    expect('the part is the same markup', part in answer.text() and '<html' not in part, True)
    form = urllib.parse.urlencode({'text': mail.decode()})
    again = server.ask('POST', '/explain', form, content_type='application/x-www-form-urlencoded').text()
    has('a form does the same, and gets its text back', again, 'There is no mailbox for hary.miller@example.net',
        'name="text"', 'Your books have arrived')
    multi = ('--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\r\n--x\r\nContent-Disposition: form-data; '
             'name="file"; filename="a.eml"\r\nContent-Type: message/rfc822\r\n\r\n' + mail.decode() +
             '\r\n--x--\r\n').encode()
    has('so does a file', server.ask('POST', '/explain?lang=de', multi,
                                     content_type='multipart/form-data; boundary=x').text(),
        'hary.miller@example.net', '<html lang="de">', 'Was Sie tun können')
    for lang in LANGUAGES:
        check(form_trouble(server.ask('POST', f'/explain?lang={lang}', mail, content_type='message/rfc822')),
              f'an answer in {lang} is well formed')
    has('nothing given', server.ask('POST', '/explain', b' \r\n', content_type='text/plain').text(),
        'There is nothing to read yet')
    has('no bounce', server.ask('POST', '/explain', b'From: a@b.example\nTo: c@d.example\nSubject: Lunch\n\nAt one?\n',
                                content_type='message/rfc822').text(), 'id="answer"')
    delayed = report(['a@b.example']).replace(b'failed\nStatus: 5.1.1', b'delayed\nStatus: 4.2.0') \
        .replace(b'550 5.1.1 User unknown', b'450 4.2.0 Greylisted, try again later\nRemote-MTA: dns; mx.b.example')
    has('a delay', server.ask('POST', '/explain', delayed, content_type='message/rfc822').text(),
        'No, it is still being tried', 'asks to wait')
    unknown = report(['a@b.example'], '554 5.0.0 The frobnicator is not content').replace(b'5.1.1', b'5.0.0')
    has('a ready text for the postmaster', server.ask('POST', '/explain', unknown, content_type='message/rfc822').text(),
        'postmaster@b.example', 'The frobnicator is not content', 'Dear postmaster')


def test_refused(server):
    files = {
        b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + bytes(600): 'an Outlook file (.msg)',
        b'%PDF-1.7\n': 'a PDF document',
        b'PK\x03\x04' + bytes(26) + b'[Content_Types].xml': 'an office document',
        b'PK\x03\x04' + bytes(26) + b'mail.eml': 'a packed archive',
        b'\x1f\x8b\x08\x00': 'a packed archive',
        b'\x89PNG\r\n\x1a\n': 'a picture',
        b'\xff\xd8\xff\xe0': 'a picture',
        b'RIFF\x00\x00\x00\x00WEBP': 'a picture',
        b'\x7fELF\x02': 'a program or other binary file',
    }
    for raw, name in files.items():
        answer = server.ask('POST', '/explain', raw, content_type='application/octet-stream')
        has(f'refused: {raw[:4]!r}', answer.text(), f'it is {name}', 'What you can do')
        check(form_trouble(answer), f'refused well formed: {raw[:4]!r}')


LISTS = {'/reasons/': ('reasons', 0), '/reply-codes/': ('reply_codes', 0), '/enhanced-codes/': ('enhanced_codes', 0),
         '/providers/': ('providers', 0), '/blocklists/': ('blocklists', 0), '/client-errors/': ('client_errors', 0),
         '/conditions/': ('conditions', 0)}


def rows_of(table, column):
    """How many rows of a table differ in that column."""
    with open(f'catalogue/{table}.tsv', encoding='utf-8') as file:
        rows = [line.split('\t') for line in file if not line.startswith('# ')]
    return len({row[column] for row in rows[1:]})


def test_crawl(server):
    """Every page that can be reached by links: there, well formed, with a title of its own and its own address."""
    queue, met, titles, trouble = ['/'], {'/'}, {}, []
    while queue:
        path = queue.pop()
        answer = server.ask('GET', path)
        if answer.status != 200:
            trouble.append(f'{path}: {answer.status}')
            continue
        page, text = Page(answer.text()), answer.text()
        trouble += [f'{path}: {line}' for line in form_trouble(answer)]
        title = page.texts.get('title', '')
        # Look-ups are no pages of their own, and two lists may share a name.
        if title in titles and '?' not in path and not path.startswith('/blocklists/'):
            trouble.append(f'{path}: has the title of {titles[title]}: {title}')
        titles[title] = path
        if f'<link rel="canonical" href="{html_escaped(path)}">' not in text:
            trouble.append(f'{path}: canonical is another')
        if re.search('name="description" content=""', text):
            trouble.append(f'{path}: no description')
        for tag, _, address in page.links:
            if tag == 'a' and address.startswith('#') and address[1:] not in page.ids:
                trouble.append(f'{path}: {address} leads nowhere')
            if tag == 'a' and address.startswith('/') and 'lang=' not in address and address not in met:
                met.add(address)
                queue.append(address)
    check(trouble, f'{len(met)} pages, each well formed with its own title and address')
    for folder, (table, column) in LISTS.items():
        least = rows_of(table, column)
        n = len([path for path in met if path.startswith(folder)])
        check([f'{n} of {least}'] if n < least else [], f'{folder} has all its pages: {n}')


def html_escaped(text):
    return html.escape(text, quote=True)


def keys_of(lang):
    with open(f'catalogue/sentences.{lang}.tsv', encoding='utf-8') as file:
        return {line.split('\t')[0] for line in file if not line.startswith('# ')}


def test_words():
    """What a language lacks is in English on its pages: there should be none, and the others are counted."""
    english = keys_of('en')
    for lang in LANGUAGES:
        missing = sorted(english - keys_of(lang))
        ours = [key for key in missing if key.split('.')[0] in ('page', 'way', 'refused', 'lookup', 'ref', 'guide')]
        check(ours, f'every word of the pages is in {lang}; of all sentences {len(missing)} are not')


def test_languages(server):
    for lang in LANGUAGES:
        trouble = []
        for path in ('/look-up?q=550&', '/guide?', '/reasons/relay_denied?', '/providers/gmail-google-workspace?',
                     '/conditions/C34?', '/blocklists?'):
            answer = server.ask('GET', f'{path}lang={lang}')
            trouble += [f'{path}: {line}' for line in form_trouble(answer)]
            if f'<html lang="{lang}">' not in answer.text():
                trouble.append(f'{path}: another language')
        check(trouble, f'the reference in {lang}')


def test_lookup(server):
    asked = {
        '5.7.26': ['5.7.26', 'SPF', '/reasons/'],
        '550': ['550:', '/reply-codes/550'],
        '421 4.7.0': ['421:', '4.7.0:'],
        'S3150': ['Outlook'],
        '0x800CCC79': ['/client-errors/0x800CCC79'],
        '[TSS04]': ['Yahoo'],
        'zen.spamhaus.org': ['Spamhaus ZEN', 'https://check.spamhaus.org/'],
        'Use HELO/EHLO first': ['id="answer"'],
        '550 5.1.1 <ann@b.example>: User unknown': ['There is no mailbox for ann@b.example', '5.1.1:'],
        'mailbox full': ['mailbox is full'],
        '554 5.0.0 The frobnicator is not content': ['the reason is not clear', '554:', 'postmaster'],
        'qwertyuiop': ['qwertyuiop is not in our tables', 'typing slip'],
    }
    for words, wanted in asked.items():
        answer = server.ask('GET', '/look-up?' + urllib.parse.urlencode({'q': words}))
        has(f'look-up: {words}', answer.text(), *wanted)
        check(form_trouble(answer), f'look-up well formed: {words}')
        pasted = server.ask('POST', '/explain?part=answer', words, content_type='text/plain').text()
        has(f'the same in the box: {words}', pasted, *wanted)
    for path in ('/reasons/x', '/reply-codes/999', '/reply-codes/5500', '/enhanced-codes/5.99.99', '/enhanced-codes/x',
                 '/providers/x', '/blocklists/x', '/client-errors/x', '/conditions/C99'):
        answer = server.ask('GET', path)
        check(form_trouble(answer) + ([] if answer.status == 404 else [str(answer.status)]), f'no such page: {path}')
    answer = server.ask('GET', '/nothing/here', accept='text/html,*/*;q=0.8')
    check(form_trouble(answer) + ([] if answer.status == 404 else [str(answer.status)]), 'no such address, to a browser')
    expect('no such address, to a program', server.ask('GET', '/nothing/here').type(), 'application/problem+json')


def test_seeds(server):
    """All that doc/seeds.md lists of codes and conditions is found by the documents' own words."""
    heading, missed, count = '', [], 0
    for line in open('doc/seeds.md', encoding='utf-8'):
        heading = line.lstrip('# ').strip() if line.startswith('#') else heading
        cells = [c.strip() for c in line.split('|')[1:-1]]
        if len(cells) < 3 or not cells[0].startswith('`'):
            continue
        code = cells[0].strip('`')
        if heading.startswith('hMailServer'):
            words, place = html.unescape(code), '/conditions/'
        elif heading in ('Enhanced codes', 'Reply codes', 'Digits'):
            words = cells[1]
            place = {'Enhanced codes': '/enhanced-codes/' + code.replace('X', '[245]'), 'Reply codes': '/reply-codes/' + code,
                     'Digits': '/reply-codes"'}[heading]
        else:
            continue
        count += 1
        page = server.ask('GET', '/look-up?' + urllib.parse.urlencode({'q': words})).text()
        if not re.search('<h3><a href="' + place, page):
            missed.append(f'{words}: no link to {place}')
    check(missed, 'look-up: each condition and code of the documents by its own words')
    expect('... all of them', count, 46 + 9 + 48 + 48)


def evil_trouble(answer):
    page = Page(answer.text())
    trouble = form_trouble(answer)
    trouble += [f'<{tag}>' for tag in page.tags if tag in ('img', 'iframe', 'object')]
    trouble += [f'{tag} {name}={value}' for tag, name, value in page.links
                if not value.startswith(('/', '#', 'https://'))]
    trouble += ['a link from the mail'] if any('evil' in value for _, _, value in page.links) else []
    return trouble


def test_hostile(server):
    cases = {
        'script in the subject': report(['a@b.example'], subject=EVIL),
        'script in the diagnostic': report(['a@b.example'], f'550 5.1.1 {EVIL} https://evil.example/'),
        'script in the address': report([f'"{EVIL}"@b.example', f'<{EVIL}>']),
        'a script address': report(['javascript:alert(1)@b.example'], '550 5.7.1 javascript:alert(1) //evil.example'),
        'NUL bytes': report(['a\0@b.example'], '550 5.1.1 User\0 unknown \x1b[31m'),
        'the end of the box': report(['a@b.example'], '550 5.1.1 </textarea></pre></mark></html>'),
        'what is no UTF-8': report(['a@b.example']).replace(b'User unknown', b'User unknown \xe4\xff\xc0\xbc'),
    }
    for name, mail in cases.items():
        for kind in ('message/rfc822', 'text/plain'):
            answer = server.ask('POST', '/explain', mail, content_type=kind)
            check(evil_trouble(answer), f'hostile, as {kind}: {name}')
    check(evil_trouble(server.ask('GET', '/look-up?' + urllib.parse.urlencode({'q': EVIL}))), 'hostile: looked up')
    check(evil_trouble(server.ask('GET', '/?lang=' + urllib.parse.quote(EVIL))), 'hostile: the language')


def test_large(server):
    many = report([f'user{i}@d{i % 7}.example' for i in range(10_000)])
    answer = server.ask('POST', '/explain', many, content_type='message/rfc822')
    has('10,000 recipients with one cause', answer.text(), 'The same cause holds for 10000 recipients', 'and 9970 more')
    expect('... are one card', answer.text().count('<article'), 1)
    each = report([f'user{i}@d.example' for i in range(2000)], lambda i: f'{500 + i % 60} 5.{i % 8}.{i % 30} No {i}')
    other = server.ask('POST', '/explain', each, content_type='message/rfc822')
    expect('as many causes as fit', other.text().count('<article'), 12)
    has('... and how many there are besides', other.text(), 'more recipients, for other causes')
    big = report(['a@b.example']) + b'x' * 76 + b'\n' + (b'y' * 76 + b'\n') * 65_000
    long = server.ask('POST', '/explain', big, content_type='message/rfc822')
    has('5 MB', long.text(), 'bytes are not shown here')
    box = b''.join(b'From a@b.example Thu Nov 22 04:15:57 2026\n' + report([f'u{i}@b.example']) + b'\n'
                   for i in range(25))
    mails = server.ask('POST', '/explain', box, content_type='application/octet-stream')
    has('a mailbox', mails.text(), 'Message 1 of 25', 'Message 10 of 25', 'There are 15 more messages')
    for name, got in (('10,000 recipients', answer), ('2,000 causes', other), ('5 MB', long), ('a mailbox', mails)):
        check(form_trouble(got) + ([f'{len(got.body)} bytes'] if len(got.body) > ANSWER_BYTES_MAX else []),
              f'bounded and well formed: {name}, {len(got.body)} bytes')


def main():
    with Server(sys.argv[1], '--rate', '0') as server:
        test_home(server)
        test_first_page(server)
        test_explain(server)
        test_refused(server)
        test_crawl(server)
        test_words()
        test_languages(server)
        test_lookup(server)
        test_seeds(server)
        test_hostile(server)
        test_large(server)
    return done()


if __name__ == '__main__':
    sys.exit(main())
