"""A refusal held against the catalogue, the log, `nixied why` and nixie."""

import csv
import json
import pathlib
import re
import subprocess

import tap

TOP = pathlib.Path(__file__).resolve().parents[2]
STYLES = ('modern', 'documented')


def reason_of(nixie, reply):
    got = subprocess.run([nixie, 'reply', '-o', 'json', reply], capture_output=True, text=True, check=False)
    try:
        found = json.loads(got.stdout)
    except ValueError:
        return got.stdout + got.stderr
    return found.get('reason') or found['outcomes'][0]['reason']


def explained(nixie, reply):
    """What `nixie explain` says to whoever gets this reply back in a report (RFC 3464) of their own server; in one line."""
    bounce = ('From: MAILER-DAEMON@sender.test\nSubject: Undelivered Mail Returned to Sender\nTo: x@sender.test\nMIME-Version: 1.0\n'
              'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\n'
              'Reporting-MTA: dns; mail.sender.test\n\nFinal-Recipient: rfc822; someone@elsewhere.test\nAction: failed\n'
              f'Status: {reply[0]}.0.0\nRemote-MTA: dns; mx.elsewhere.test\nDiagnostic-Code: smtp; {reply}\n\n--b--\n')
    return ' '.join(subprocess.run([nixie, 'explain', '-'], input=bounce, capture_output=True, text=True, check=False).stdout.split())


def held(nixie, n, style, row, stage, reply):
    """The reply is the row's, in this style; and the log, `nixied why` and `nixie` say the same of it."""
    name = row['id']
    match = re.search(r' \((\w+) (\w{7,})\)$', reply)
    line = reply.split('\n')[-1]
    if name == 'C10' and style == 'modern':  # 252 is no refusal, and has no mark
        same = reply.startswith('252 2.5.1 VRFY disallowed') and not match
        tap.check([] if same else [reply], 'modern: C10, which is no refusal today')
        return
    if style == 'modern':
        # RFC 2034 s4: none in a greeting, nor in what EHLO is answered.
        want = f"{row['reply']} {row['enhanced'] if stage not in ('connect', 'helo') else ''}".strip() + ' '
        ok = line.startswith(want) and match and match[1] == name
    else:
        want = row['documented_sent'] or row['documented'] or row['reply'] + ' '
        begin = want.split('{')[0]
        whole = f'{want} ({name} {match[2] if match else ""})'
        ok = line.startswith(begin) and match and match[1] == name and ('{' in want or not row['documented'] or line == whole)
    tap.check([] if ok else [f'got  {reply!r}', f'want {want!r} ... ({name} '], f'{style}: {name} {row["name"]}, at {stage}')
    if not match:
        return
    reference = match[2]
    told = n.until_log(f' refused session={reference} .*stage={stage} condition={name} ') or ''
    code = line[:3]
    ok = f' code={code} ' in told and (not row['setting'] or 'setting=' in told)
    tap.check([] if ok else [told, stage, *[l for l in n.log().splitlines() if reference in l]], '... the log line of its reference')
    why = n.run('why', '--session', reference)
    said = ' '.join(why.stdout.split())
    tap.check([] if f'({name})' in said and f', at {stage}' in said else [why.stdout, why.stderr], '... nixied why')
    reason = reason_of(nixie, reply)
    tap.check([] if reason == row['reason'] else [reply, f'got {reason}, want {row["reason"]}'], '... nixie knows its reason')
    said = explained(nixie, line)
    tap.check([] if f' Condition {name}: ' in said and f' Session {reference}' in said else [reply, said], '... and nixie explain says it to the sender')


def catalogue():
    with open(TOP / 'catalogue/conditions.tsv', encoding='utf-8') as f:
        return {r['id']: r for r in csv.DictReader((l for l in f if not l.startswith('#')), delimiter='\t',
                                                   quoting=csv.QUOTE_NONE)}
