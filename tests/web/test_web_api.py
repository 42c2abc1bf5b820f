#!/usr/bin/env python3
"""The HTTP API as programs meet it: every address, form, type of body and language, each answer held against the
OpenAPI description that the same server gives.

usage: test_web_api.py NIXIE        TAP
"""
import json
import re
import subprocess
import sys
import urllib.parse

from server import ENV, SECONDS, Server

from tap import check, done, skip

try:
    import jsonschema
except ImportError:  # the system has no python3-jsonschema: schemas are not looked at
    jsonschema = None

SAMPLE = 'samples/user-unknown.eml'
REPLY = '550 5.1.1 <ann@example.org>: User unknown'
LANGUAGES = ('de', 'en', 'es', 'fr', 'ja', 'pt')
FROM = b'From a@b.example Thu Nov 22 04:15:57 2026\n'
JSON, NDJSON, TEXT, PROBLEM = 'application/json', 'application/x-ndjson', 'text/plain', 'application/problem+json'
SECURITY = {
    'content-security-policy': "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
                               "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
}


def expect(name, got, want):
    check([] if got == want else [f'got  {got!r}', f'want {want!r}'], name)


def nixie_says(nixie, *words, given=None):
    return subprocess.run([nixie, *words], input=given, capture_output=True, env=ENV, timeout=SECONDS,
                          check=True).stdout


def read(path):
    with open(path, 'rb') as file:
        return file.read()


class Described:
    """A server, and what it says of itself: each answer is held against it."""

    def __init__(self, server):
        self.server = server
        self.document = server.ask('GET', '/openapi.json').json()
        self.met = set()
        self.trouble = []

    def ask(self, method, target, body=None, **fields):
        got = self.server.ask(method, target, body, **fields)
        self.hold(method, target, got)
        return got

    def resolve(self, node):
        while '$ref' in node:
            at = self.document
            for name in node['$ref'].split('/')[1:]:
                at = at[name]
            node = at
        return node

    def operation(self, method, path):
        for pattern, operations in self.document['paths'].items():
            if re.fullmatch(re.sub(r'\{\w+\}', '[^/]+', pattern), path) and method.lower() in operations:
                return pattern, operations[method.lower()]
        return None, None

    def hold(self, method, target, got):
        where = f'{method} {target} {got.status}'
        self.trouble += [f'{where}: {k}: {got.fields.get(k)!r}' for k, v in SECURITY.items() if got.fields.get(k) != v]
        if 'permissions-policy' not in got.fields or 'date' not in got.fields:
            self.trouble.append(f'{where}: no Permissions-Policy, or no Date')
        if got.status >= 400 or method == 'POST':
            if got.fields.get('cache-control') != 'no-store':
                self.trouble.append(f'{where}: may be stored: {got.fields.get("cache-control")}')
        pattern, operation = self.operation(method, target.split('?')[0])
        if operation is None:
            if got.status not in (404, 405, 204) and method != 'HEAD':
                self.trouble.append(f'{where}: not described')
            return
        described = operation['responses'].get(str(got.status))
        self.met.add((pattern, method.lower(), str(got.status)))
        if described is None:
            self.trouble.append(f'{where}: status not described')
            return
        described = self.resolve(described)
        self.trouble += [f'{where}: no {name}' for name, header in described.get('headers', {}).items()
                         if self.resolve(header).get('required') and name.lower() not in got.fields]
        content = described.get('content', {})
        if got.body and got.type() not in content:
            self.trouble.append(f'{where}: type {got.type()} not described')
            return
        if got.type() in (JSON, PROBLEM):
            self.valid(where, content[got.type()]['schema'], got.json())
        elif got.type() == NDJSON:
            for line in got.body.splitlines():
                self.valid(where, content[NDJSON]['schema'], json.loads(line))

    def valid(self, where, schema, value):
        if jsonschema is None:
            return
        whole = {**schema, 'components': self.document['components']}
        for error in list(jsonschema.Draft202012Validator(whole).iter_errors(value))[:3]:
            self.trouble.append(f'{where}: {error.json_path}: {error.message[:200]}')


def describes(api):
    """The description itself: whole, and met."""
    expect('the description is OpenAPI 3.1', api.document['openapi'], '3.1.0')
    text = str(api.document)
    broken = []
    for reference in set(re.findall(r"'\$ref': '([^']+)'", text)):
        try:
            api.resolve({'$ref': reference})
        except KeyError:
            broken.append(reference)
    check(broken, 'every reference in it leads somewhere')
    successes = {(p, m, s) for p, ms in api.document['paths'].items() for m, o in ms.items() for s in o['responses']
                 if s[0] in '23'}
    check([f'{m} {p}: {s}' for p, m, s in sorted(successes - api.met)], 'every success in it was seen')
    check(api.trouble, 'every answer is as described')
    if jsonschema is None:
        skip('the schemas hold', 'no python3-jsonschema')


def explains(nixie, api):
    mail = read(SAMPLE)
    got = api.ask('POST', '/v1/explain', mail, content_type='message/rfc822')
    expect('a mail is explained', (got.status, got.type()), (200, JSON))
    check([] if got.json()['outcomes'][0]['explanation']['headline'].startswith('There is no') else [got.text()],
          '... with advice')
    parsed = nixie_says(nixie, 'parse', '-o', 'ndjson', SAMPLE).replace(
        b'"source":{"path":"samples/user-unknown.eml","index":0},', b'')
    for target in ('/v1/explain?explain=0', '/v1/explain?explain=no', '/v1/explain?x=1&explain=false&y'):
        got = api.ask('POST', target, mail, content_type='message/rfc822')
        expect(f'{target}: what parse writes', got.body, parsed)
    got = api.ask('POST', '/v1/explain', mail, content_type='message/rfc822', accept=TEXT)
    expect('as text it is what explain writes', got.body, nixie_says(nixie, 'explain', '--width', '0', SAMPLE))
    got = api.ask('POST', '/v1/explain?pretty=1', mail)
    expect('indented on request', got.body[:4], b'{\n  ')
    expect('... a code too', api.ask('GET', '/v1/code/5.1.1?pretty=1').body[:4], b'{\n  ')
    expect('a body without a type is found out', got.status, 200)
    got = api.ask('POST', '/v1/reply', REPLY, content_type=TEXT)
    expect('a reply is explained', got.json()['outcomes'][0]['reason'], 'user_unknown')
    expect('... as on the command line', api.ask('POST', '/v1/reply', REPLY, content_type=TEXT, accept=TEXT).body,
           nixie_says(nixie, 'reply', '--width', '0', REPLY))


def takes(api):
    """The types of a body."""
    mail = read(SAMPLE)
    form = ('--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
            f'{REPLY}\r\n--b--\r\n').encode()
    filed = (b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\r\n'
             b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.eml"\r\n'
             b'Content-Type: message/rfc822\r\n\r\n' + mail + b'\r\n--b--\r\n')
    for kind, body in (('message/rfc822', mail), ('message/global', mail), ('Text/Plain; charset=utf-8', mail),
                       ('application/octet-stream', mail), ('multipart/form-data; boundary=b', form),
                       ('multipart/form-data; boundary="b"', filed),
                       ('application/x-www-form-urlencoded', urllib.parse.urlencode({'text': REPLY}))):
        got = api.ask('POST', '/v1/explain', body, content_type=kind)
        expect(f'{kind} is read', (got.status, got.json().get('outcomes', [{}])[0].get('reason')),
               (200, 'user_unknown'))
    for kind in ('application/json', 'text/html', 'image/png', 'nonsense', 'application/mbox'):
        got = api.ask('POST', '/v1/reply', REPLY, content_type=kind)
        expect(f'{kind} is not', (got.status, got.type(), 'text/plain' in got.fields.get('accept', '')),
               (415, PROBLEM, True))
    text = 'Empfänger unbekannt: 550 5.1.1 <ann@example.org>: Postfach gibt es nicht, größer'
    got = api.ask('POST', '/v1/explain', text.encode('utf-16'), content_type='text/plain; charset=utf-16')
    check([] if 'größer' in got.text() else [got.text()], 'text in another charset is decoded')
    for body, status, problem in ((b'', 400, 'nothing-given'), (b' \r\n\t ', 400, 'nothing-given'),
                                  (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + bytes(600), 422, 'not-mail'),
                                  (bytes(range(32)) * 40, 422, 'not-mail')):
        got = api.ask('POST', '/v1/explain', body)
        expect(f'{body[:12]!r}: {problem}', (got.status, got.json()['type']), (status, f'/problems/{problem}'))
    got = api.ask('POST', '/v1/explain', b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + bytes(600))
    check([] if '.eml' in got.json()['detail'] else [got.text()], 'an Outlook file: how to save the mail')


def takes_many(nixie, api):
    mail = read(SAMPLE)
    box = b''.join(FROM + mail + b'\n' for _ in range(3))
    kind = 'application/mbox'
    parsed = nixie_says(nixie, 'parse', '-o', 'ndjson', '-', given=box)
    got = api.ask('POST', '/v1/explain?explain=0', box, content_type=kind, accept=NDJSON)
    expect('an mbox as lines: what parse writes', got.body, parsed)
    got = api.ask('POST', '/v1/explain?explain=0', box, content_type=kind)
    expect('... as an array', [r['source']['index'] for r in got.json()], [0, 1, 2])
    got = api.ask('POST', '/v1/explain', FROM + mail, content_type=kind)
    expect('... of one mail: still an array', len(got.json()), 1)
    got = api.ask('POST', '/v1/explain', box, content_type=kind, accept=TEXT)
    expect('... as pages', got.text().count('\n====\n\n'), 2)
    expect('what is no mbox is one mail', len(api.ask('POST', '/v1/explain', mail, content_type=kind).json()), 1)


def looks_up(nixie, api):
    for code in ('5.7.26', '550', '550 5.7.26', '0x800CCC79', 'S3150', '[TSS04]', 'zen.spamhaus.org', 'mailbox_full'):
        target = '/v1/code/' + urllib.parse.quote(code, safe='')
        got = api.ask('GET', target)
        expect(f'{code} is found', (got.status, got.json().get('code')), (200, code))
        expect(f'{code} as text', api.ask('GET', target, accept=TEXT).body,
               nixie_says(nixie, 'code', '--width', '0', code))
    for code in ('nonsense-q7', '%00', '%ff%fe', 'x' * 4000, '..', '%2e%2e%2f'):
        got = api.ask('GET', '/v1/code/' + code)
        expect(f'{code[:20]} is not', (got.status, got.json()['type']), (404, '/problems/unknown-code'))
    reasons = api.ask('GET', '/v1/reasons')
    rows = [line.split('\t')[0] for line in read('catalogue/reasons.tsv').decode().splitlines()
            if line and not line.startswith('# ')][1:]
    expect('every reason is listed', sorted(r['reason'] for r in reasons.json()['reasons']), sorted(rows))
    english = {r['reason']: r for r in reasons.json()['reasons']}
    for lang in ('de', 'fr', 'es', 'pt', 'ja'):
        theirs = api.ask('GET', '/v1/reasons', accept_language=lang).json()['reasons']
        check([r['reason'] for r in theirs for key in ('name', 'meaning', 'why', 'advice')
               if not r.get(key) or r[key] == english[r['reason']].get(key)], f'{lang}: no reason is told in English')
    check([r['why'] for r in reasons.json()['reasons'] if re.search(r'[{}]', r.get('why', ''))],
          'no placeholder is left in them')


def caches(api):
    for target in ('/v1/code/550', '/v1/reasons', '/openapi.json', '/problems/too-large'):
        first = api.ask('GET', target)
        tag = first.fields.get('etag', '')
        again = api.ask('GET', target, if_none_match=f'"x", W/{tag}')
        expect(f'{target}: not sent twice', (again.status, again.body, again.fields.get('etag')), (304, b'', tag))
        expect(f'{target}: another tag', api.ask('GET', target, if_none_match='"x"').status, 200)
    german = api.ask('GET', '/v1/reasons?lang=de').fields['etag']
    expect('another language has another tag', german != api.ask('GET', '/v1/reasons').fields['etag'], True)


def methods(api):
    for method, target, allow in (('GET', '/v1/explain', 'POST, OPTIONS'), ('PUT', '/v1/explain', 'POST, OPTIONS'),
                                  ('POST', '/healthz', 'GET, HEAD, OPTIONS'), ('DELETE', '/v1/code/550', 'GET, HEAD, OPTIONS'),
                                  ('BREW', '/metrics', 'GET, HEAD, OPTIONS'), ('HEAD', '/v1/reply', 'POST, OPTIONS')):
        got = api.ask(method, target)
        expect(f'{method} {target}: not allowed', (got.status, got.fields.get('allow')), (405, allow))
    for target, allow in (('/v1/explain', 'POST, OPTIONS'), ('/v1/code/x', 'GET, HEAD, OPTIONS'),
                          ('*', 'GET, HEAD, POST, OPTIONS')):
        got = api.ask('OPTIONS', target)
        expect(f'OPTIONS {target}', (got.status, got.fields.get('allow'), got.body), (204, allow, b''))
    for target in ('/healthz', '/v1/reasons', '/v1/code/550', '/openapi.json'):
        get, head = api.ask('GET', target), api.ask('HEAD', target)
        for answer in (get, head):
            answer.fields.pop('date')
        expect(f'HEAD {target} is GET without a body', (head.status, head.body, head.fields),
               (200, b'', get.fields))
    for target in ('/nothing', '/v1', '/v1/', '/v1/code/', '/v1/code/a/b', '/V1/reasons', '//healthz', '/healthz/',
                   '/problems/none', '/..', '/%2fhealthz'):
        got = api.ask('GET', target)
        expect(f'GET {target}: nothing there', (got.status, got.json()['type']), (404, '/problems/not-found'))


ACCEPTS = (  # Accept, what is answered; '' stands for 406
    (None, JSON), ('', JSON), ('*/*', JSON), ('application/*', JSON), ('text/*', TEXT), ('text/plain', TEXT),
    ('application/json;q=0.1, text/plain;q=0.2', TEXT), ('text/plain;q=0, */*', JSON),
    ('application/json;q=0, */*;q=0.1', NDJSON), ('*/*;q=0.1, application/x-ndjson', NDJSON), ('TEXT/PLAIN', TEXT),
    ('text/plain ; q=0.5 , application/json ; q = 0.4', TEXT), ('application/json;profile=x;q=0.3', JSON),
    ('text/plain;q=1.000, application/json;q=0.999', TEXT), ('text/plain;q=nonsense', TEXT), (',,text/plain,,', TEXT),
    ('image/png', ''), ('text/plain;q=0', ''), ('*/*;q=0', ''), ('nonsense', ''), ('text/plain;q=0.0001', ''),
    ('application/json, */*;q=0', JSON),
)
ACCEPT_LANGUAGES = (
    (None, 'en'), ('', 'en'), ('de', 'de'), ('de-AT', 'de'), ('pt-BR', 'pt'), ('ja-JP', 'ja'), ('*', 'en'),
    ('it', 'en'), ('it, fr;q=0.3', 'fr'), ('fr;q=0.3, es;q=0.4', 'es'), ('fr;q=0, es;q=0.001', 'es'),
    ('de;q=0.8, de-AT;q=0.9, en;q=0.85', 'de'), ('EN-us', 'en'), ('zh-Hant-TW, ja;q=0.5', 'ja'),
    ('es-419,es;q=0.9', 'es'), ('d, e', 'en'), ('de' * 500, 'en'), ('*;q=0.5, fr;q=0.4', 'en'), ('fr, *;q=0.1', 'fr'),
    (', '.join(['xx'] * 500) + ', ja', 'ja'),
)


def headline(report):
    return report['outcomes'][0]['explanation']['headline']


def negotiates(nixie, api):
    words = {lang: headline(json.loads(nixie_says(nixie, 'reply', '-o', 'ndjson', '--lang', lang, REPLY)))
             for lang in LANGUAGES}
    expect('each language has words of its own', len(set(words.values())), len(LANGUAGES))
    for accept, want in ACCEPTS:
        got = api.ask('POST', '/v1/explain', REPLY, **({} if accept is None else {'accept': accept}))
        if want:
            expect(f'Accept: {accept}: {want}', (got.status, got.type()), (200, want))
        else:
            expect(f'Accept: {accept}: none', (got.status, got.json()['detail']), (406, f'{JSON}, {NDJSON}, {TEXT}'))
        expect(f'Accept: {accept}: told', got.fields.get('vary', '').startswith('Accept'), True)
    for accept, want in ACCEPT_LANGUAGES:
        got = api.ask('POST', '/v1/explain', REPLY, **({} if accept is None else {'accept_language': accept}))
        expect(f'Accept-Language: {str(accept)[:40]}: {want}',
               (got.fields['content-language'], headline(got.json()), got.fields['vary']),
               (want, words[want], 'Accept, Accept-Language'))
    for lang in LANGUAGES:
        got = api.ask('POST', f'/v1/explain?lang={lang}', REPLY, accept_language='en')
        expect(f'lang={lang} goes before', got.fields['content-language'], lang)
    expect('an unknown lang does not', api.ask('POST', '/v1/explain?lang=xx', REPLY, accept_language='fr').fields[
        'content-language'], 'fr')


def problems(api):
    header = read('src/web/problem.h').decode()
    rows = re.findall(r'X\(\w+,\s*"([a-z-]+)",\s*(\d+),\s*"([^"]+)"', header)
    check([] if len(rows) > 10 else ['no rows'], 'the problems are a table')
    for name, status, title in rows:
        got = api.ask('GET', f'/problems/{name}', accept=JSON)
        expect(f'the page of {name}', (got.status, got.json()['status'], got.json()['title']), (200, int(status), title))
        expect('... for people', title in api.ask('GET', f'/problems/{name}').text(), True)


def counts(server):
    """Last: everything that was asked is in the numbers."""
    text = server.ask('GET', '/metrics').text()
    lines = [line for line in text.splitlines() if not line.startswith('#')]
    check([line for line in lines if not re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? \d+(\.\d+)?', line)],
          'the metrics are of the form')
    values = {line.rsplit(' ', 1)[0]: float(line.rsplit(' ', 1)[1]) for line in lines}
    requests = sum(v for k, v in values.items() if k.startswith('nixie_web_requests_total'))
    expect('every request is in the histogram', values['nixie_web_answer_seconds_bucket{le="+Inf"}'], requests)
    expect('... and its count', values['nixie_web_answer_seconds_count'], requests)
    buckets = [v for k, v in values.items() if k.startswith('nixie_web_answer_seconds_bucket')]
    expect('its buckets add up', buckets, sorted(buckets))
    check([k for k in ('nixie_web_requests_total{route="/v1/explain",status="200"}',
                       'nixie_web_requests_total{route="none",status="404"}', 'nixie_mails_total{kind="failure"}',
                       'nixie_outcomes_total{reason="user_unknown"}', 'nixie_web_problems_total{problem="not-mail"}')
           if values.get(k, 0) < 2], 'they count')
    helped = set(re.findall(r'^# HELP (\w+)', text, re.M)) & set(re.findall(r'^# TYPE (\w+)', text, re.M))
    check(sorted({re.sub(r'_(bucket|sum|count)$', '', re.match(r'\w+', line).group()) for line in lines} - helped),
          'each is explained')
    check([w for w in ('ann@', 'example.org', '127.0.0.1') if w in text], 'they tell nothing of mails and clients')


def main():
    nixie = sys.argv[1]
    with Server(nixie) as server:
        api = Described(server)
        got = api.ask('GET', '/healthz')
        expect('it is well', (got.status, got.body), (200, b'ok\n'))
        expect('... for programs', api.ask('GET', '/healthz', accept=JSON).json(), {'status': 'ok'})
        api.ask('GET', '/metrics')
        api.ask('GET', '/openapi.json')
        explains(nixie, api)
        takes(api)
        takes_many(nixie, api)
        looks_up(nixie, api)
        caches(api)
        methods(api)
        negotiates(nixie, api)
        problems(api)
        describes(api)
        counts(server)
        expect('it ends well', server.end(), (0, ''))
    return done()


if __name__ == '__main__':
    sys.exit(main())
