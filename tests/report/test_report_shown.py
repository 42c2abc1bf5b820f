#!/usr/bin/env python3
"""What mail programs can show of our reports: their form, and what the HTML may not use.

usage: test_report_shown.py FOLDER        TAP

Gmail shows what is inline, takes away <style> and clips at 102 KB; Outlook for Windows has Word write the page, which
knows neither float nor flex, nor white-space in <pre>; Thunderbird and Apple Mail turn colours round in the dark, where
none are named; all of them ask before they fetch something. mutt shows the text, on 80 columns.
"""
import email
import email.policy
import pathlib
import re
import sys
import unicodedata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tools'))
from tap import check, done  # noqa: E402

COLUMNS = 80
CLIPPED = 102 << 10
TAGS = set('html head meta title body h1 h2 p ul li table tr th td hr'.split())
STYLES = set('font-family line-height max-width overflow-wrap font-size margin padding border-left border-spacing text-align '
             'vertical-align font-weight opacity'.split())


def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in 'WF' else 0 if unicodedata.combining(c) else 1 for c in line)


def form(message):
    """The types of the parts, as they lie in one another."""
    kind = message.get_content_type()
    if not kind.startswith('multipart/'):
        return kind
    return [kind, *(form(part) for part in message.iter_parts())]


def trouble_with(message):
    parts = form(message)
    status = {'message/delivery-status', 'message/global-delivery-status'}
    if (parts[0] != 'multipart/report' or parts[1] != ['multipart/alternative', 'text/plain', 'text/html'] or parts[2] not in status
            or message.get_param('report-type') != parts[2].split('/')[1] or len(parts) > 4):
        yield f'form: {parts}'
    if any(part.get_content_disposition() == 'attachment' for part in message.walk()):
        yield 'a part is an attachment, which hides it'
    text, html = (part.get_content() for part in next(message.iter_parts()).iter_parts())
    yield from (f'wider than {COLUMNS}: {line!r}' for line in text.splitlines() if columns(line) > COLUMNS)
    tags = {tag.lower() for tag in re.findall(r'<([A-Za-z][^ >]*)', html)}
    yield from (f'tag: {tag}' for tag in sorted(tags - TAGS))
    for style in re.findall(r' style="([^"]*)"', html):
        for one in style.split(';'):
            if one.split(':')[0] not in STYLES:
                yield f'style: {one}'
    names = set(re.findall(r' ([a-z-]+)="', re.sub(r'>[^<]*<', '><', html)))
    yield from (f'attribute: {name}' for name in sorted(names - {'style', 'lang', 'charset', 'name', 'content'}))
    if '<meta name="color-scheme" content="light dark">' not in html or 'overflow-wrap:anywhere' not in html:
        yield 'dark at night, or words wider than a phone'
    if len(html.encode('utf-8')) > CLIPPED:
        yield f'{len(html)} characters: Gmail clips it'


def main():
    reports = sorted(pathlib.Path(sys.argv[1]).glob('*.eml'))
    check([] if len(reports) > 30 else [sys.argv[1]], 'there are reports')
    for path in reports:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        check(list(trouble_with(message)), f'{path.stem}: every mail program can show it')
    return done()


sys.exit(main())
