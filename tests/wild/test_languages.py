#!/usr/bin/env python3
"""What a postmaster writes in his own language is read as the reason he gives.

usage: test_languages.py NIXIE

languages.tsv has a sentence a row, in 40 languages, each put alone into a plain letter that a server sends; without a
reason: what such letters say beside one. The floors are of all languages, and of each; raise them when the score rises.
A wrong reason is worse than none.
"""
import collections
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
import tap  # noqa: E402

ALIKE = {  # what the same sentence may as well be called
    "connection_timeout": {"expired"},
    "ip_blocklisted": {"domain_blocklisted", "ip_reputation", "sender_blocked"},
    "list_restricted": {"recipient_restricted", "sender_not_permitted"},
    "rate_limited": {"sending_limit", "recipient_rate_limited"},
    "system_full": {"system_error"},
}
ALL_MIN, LANGUAGE_MIN, WRONG_MAX = 98, 90, 0.5  # percent
BATCH = 400
LETTER = """Return-Path: <>
From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>
To: anna@example.org
Subject: Undelivered mail
Date: Mon, 28 Sep 2020 04:10:03 +0300
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

<karl@example.net>:
    {}

"""


def read_all(nixie, sentences):
    """The reason that nixie gives for each sentence, '' where it knows none."""
    reasons = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / f"{n}.eml" for n in range(len(sentences))]
        for path, sentence in zip(paths, sentences):
            path.write_text(LETTER.format(sentence), encoding="utf-8")
        for n in range(0, len(paths), BATCH):
            out = subprocess.run([nixie, "parse", "-o", "ndjson", *map(str, paths[n:n + BATCH])], text=True, encoding="utf-8",
                                 stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False).stdout
            for line in out.splitlines():
                report = json.loads(line)
                outcomes = report.get("outcomes") or [{}]
                reasons[int(pathlib.Path(report["source"]["path"]).stem)] = outcomes[0].get("reason", "")
    return ["" if reasons.get(n, "") == "unknown" else reasons.get(n, "") for n in range(len(sentences))]


def main():
    with open(HERE / "languages.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    total, right, wrong = collections.Counter(), collections.Counter(), []
    for row, got in zip(rows, read_all(sys.argv[1], [row["sentence"] for row in rows])):
        want = row["reason"]
        total[row["lang"]] += 1
        if got == want or got in ALIKE.get(want, ()):
            right[row["lang"]] += 1
        elif got:
            wrong.append(f"{row['lang']}: {got} and not {want or 'none'}: {row['sentence']}")
    for lang in sorted(total):
        share = 100 * right[lang] / total[lang]
        tap.check([] if share >= LANGUAGE_MIN else [f"{share:.1f} % and not {LANGUAGE_MIN} %"],
                  f"{lang}: {right[lang]} of {total[lang]}")
    share = 100 * sum(right.values()) / len(rows)
    tap.check([] if share >= ALL_MIN else [f"{share:.1f} % and not {ALL_MIN} %"],
              f"all: {sum(right.values())} of {len(rows)}")
    tap.check(wrong if 100 * len(wrong) / len(rows) > WRONG_MAX else [], f"a wrong reason: {len(wrong)}")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
