#!/usr/bin/env python3
"""The same words give the same reason, whoever read them.

usage: test_consistency.py NIXIE

Every answer that gave a reason in the mails of this folder, its subfolders and the golden samples
(and in ../shared/corpus, when it is there) is judged three times more: as the Diagnostic-Code of a
report, in the line of a Postfix log, and alone, as somebody pastes it. All must give the reason that
the mail gave. consistency.tsv lists what may differ, and why: `form` is report, log, paste or any.
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
import tap  # noqa: E402

ROOT = HERE.parents[1]
OWN = [HERE, ROOT / "tests" / "golden"]
CORPUS = ROOT.parent / "shared" / "corpus" / "emails"
SECONDS = 300
BATCH = 200
ANSWERS_MIN = 300
FORMS = ("report", "log", "paste")
ACTIONS = {"failed": "bounced", "delayed": "deferred"}


def parse(nixie, files):
    reports = []
    for at in range(0, len(files), BATCH):
        done = subprocess.run([nixie, "parse", "-o", "ndjson", *map(str, files[at:at + BATCH])], timeout=SECONDS,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        reports += [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    return reports


def plain(text):
    return " ".join(text.split()).casefold()


def answers(nixie, folders):
    """[(file, outcome)] of every outcome whose diagnostic has the words or the code that gave the reason; each
    answer once."""
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in (".eml", ".txt"))
    found = {}
    for report in parse(nixie, files):
        for outcome in report["outcomes"]:
            text = " ".join(outcome.get("diagnostic", "").split())
            why = [e for e in outcome.get("evidence", []) if e["decided"] == "reason"]
            words = plain(why[0].get("words", "")) if why else ""
            if outcome.get("action") not in ACTIONS or not words or words not in plain(text):
                continue
            key = (text, outcome.get("remote_mta"), outcome.get("recipient"))
            found.setdefault(key, (pathlib.Path(report["source"]["path"]).name, {**outcome, "diagnostic": text}))
    return list(found.values())


def as_report(outcome):
    lines = ["From: MAILER-DAEMON@mx.reporter.example", "To: sender@reporter.example",
             "Subject: Undelivered Mail Returned to Sender", "MIME-Version: 1.0",
             "Content-Type: message/delivery-status; charset=utf-8",
             "Content-Transfer-Encoding: 8bit", "", "Reporting-MTA: dns; mx.reporter.example", "",
             f"Final-Recipient: rfc822; {outcome.get('recipient', 'a@b.example')}",
             f"Action: {outcome['action']}"]
    if outcome.get("status_origin") == "stated":
        lines.append(f"Status: {outcome['status']}")
    if "remote_mta" in outcome:
        lines.append(f"Remote-MTA: dns; {outcome['remote_mta']}")
    lines.append(f"Diagnostic-Code: smtp; {outcome['diagnostic']}")
    return "\n".join(lines) + "\n"


def as_log(outcome, n):
    text, host = outcome["diagnostic"], outcome.get("remote_mta")
    if host and "reply_code" in outcome:
        text = f"host {host}[192.0.2.1] said: {text}"
    dsn = outcome["status"] if outcome.get("status_origin") == "stated" else "5.0.0"
    return (f"Mar  4 10:00:00 mx postfix/smtp[1]: {n:08X}: to=<{outcome.get('recipient', 'a@b.example')}>, "
            f"relay={host + '[192.0.2.1]:25' if host else 'none'}, delay=1, dsn={dsn}, "
            f"status={ACTIONS[outcome['action']]} ({text})\n")


def judge_again(nixie, cases):
    """For each case its reasons as {"report": ..., "log": ..., "paste": ...}."""
    reasons = [{} for _ in cases]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for form, write in (("report", as_report), ("paste", lambda o: o["diagnostic"] + "\n")):
            files = [folder / f"{n:06d}.{form}" for n in range(len(cases))]
            for file, (_, outcome) in zip(files, cases):
                file.write_text(write(outcome), encoding="utf-8")
            for report in parse(nixie, files):
                outcomes = report["outcomes"]
                reasons[int(pathlib.Path(report["source"]["path"]).stem)][form] = (
                    outcomes[0]["reason"] if outcomes else report["kind"])
        log = folder / "log"
        log.write_text("".join(as_log(o, n) for n, (_, o) in enumerate(cases)), encoding="utf-8")
        done = subprocess.run([nixie, "log", "-o", "ndjson", str(log)], timeout=SECONDS, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
        for line in done.stdout.decode("utf-8").splitlines():
            event = json.loads(line)
            reasons[int(event["queue_id"], 16)]["log"] = event["reason"]
    return reasons


def read_allowed():
    with open(HERE / "consistency.tsv", encoding="utf-8", newline="") as f:
        rows = list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    if rows[0] != ["file", "form", "reason", "why"]:
        raise SystemExit("consistency.tsv: the columns must be file, form, reason, why")
    return rows[1:]


def check(nixie, name, folders, allowed, used):
    cases = answers(nixie, folders)
    reasons = judge_again(nixie, cases)
    for form in FORMS:
        wrong = []
        for (file, outcome), found in zip(cases, reasons):
            got = found.get(form, "nothing")
            if got == outcome["reason"]:
                continue
            row = next((r for r in allowed if r[0] == file and r[1] in (form, "any") and r[2] == got), None)
            if row is None:
                wrong.append(f"{file}: {got} and not {outcome['reason']}: {outcome['diagnostic'][:120]}")
            else:
                used.add(tuple(row))
        tap.check(wrong, f"{name}: {len(cases)} answers, as {form}")
    return len(cases)


def main():
    nixie = str(pathlib.Path(sys.argv[1]).resolve())
    allowed, used = read_allowed(), set()
    count = check(nixie, "own samples", OWN, allowed, used)
    tap.check([] if count >= ANSWERS_MIN else [f"{count}"], "the samples have answers to compare")
    if CORPUS.is_dir():
        check(nixie, "corpus", [CORPUS], allowed, used)
        tap.check([" ".join(r) for r in allowed if tuple(r) not in used], "nothing is allowed in vain")
    else:
        tap.skip("corpus", "../shared is not there")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
