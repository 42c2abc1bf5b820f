#!/usr/bin/env python3
"""The source documents: every sample, every code and every heading in them has its right answer.

usage: test_seeds.py NIXIE

Samples  seeds/expected.tsv says of each file in seeds/ what its document says of it; `nixie explain
         -o json` must agree. The table and the folder must name the same files.
Items    doc/seeds.md must list each of them; the codes it lists must be answered by `nixie code`,
         with the words in the column "answered with", and the enhanced ones under the document's
         own name. `nixie code` finds each code by the document's words, and the reason of each of
         howtointernet's bounce texts; each heading of hMailServer's list must be the text of its
         sample, and `nixie code` must explain it as a condition. Where the documents themselves lie
         beside the project (../shared/seeds), doc/seeds.md must have all that is in them.

expected.tsv: file, seed (the document), says (in short), reason, key (of the explanation), refuser
(empty: the document does not say), retry, also (other facts of the report, NAME=VALUE). `retry` is
yes when the answer leaves room for another try of the same message: temporary digits, or none and
a cause that passes by itself, and the tries have not run out.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent / "seeds"
DOC = HERE.parents[2] / "doc" / "seeds.md"
COLUMNS = ["file", "seed", "says", "reason", "key", "refuser", "retry", "also"]
SEEDS = ["Fastmail help: errors sending", "Fastmail help: bounces",
         "apnscp: Understanding message failures", "hMailServer: SMTP error messages",
         "howtointernet: bounceback codes"]
HEADINGS = 46      # of hMailServer's page
ENHANCED = 48      # X.s.d codes in howtointernet's tables
REPLIES = 48       # reply codes there
DIGITS = 9         # rows about the first and the second digit
SECONDS = 60
ENV = {k: v for k, v in os.environ.items()
       if k.startswith(("ASAN_", "UBSAN_", "MSAN_", "LSAN_", "LD_", "PATH"))}
ENV["LC_ALL"] = "C"


def run(nixie, *words):
    done = subprocess.run([nixie, *words], cwd=HERE, env=ENV, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


def plain(text):
    return " ".join(text.split()).casefold()


def read_table():
    lines = (HERE / "expected.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    if rows[0] != COLUMNS:
        raise SystemExit(f"expected.tsv: the columns must be {' '.join(COLUMNS)}")
    for row in rows[1:]:
        if len(row) != len(COLUMNS):
            raise SystemExit(f"expected.tsv: {row[0]}: {len(row)} columns")
    return [dict(zip(COLUMNS, row)) for row in rows[1:]]


def leaves_room(outcome):
    if outcome.get("expired"):
        return "no"
    said = outcome.get("said")
    passes = said == "temporary" or (said in (None, "nothing", "none") and outcome["verdict"] == "soft")
    return "yes" if passes else "no"


def check_sample(nixie, row):
    code, text, noise = run(nixie, "explain", "-o", "json", row["file"])
    try:
        report = json.loads(text)
    except ValueError:
        return [f"no JSON, exit status {code}: {noise.strip()[:200]}"]
    facts = dict(word.split("=", 1) for word in row["also"].split())
    wrong = []

    def want(name, expected, got):
        if isinstance(got, bool):
            got = str(got).lower()
        if str(got) != expected:
            wrong.append(f"{name}: {got} and not {expected}")

    # A temporary answer alone does not tell whether the sender's server has given up.
    if facts.get("final") != "false" or report["kind"] != "delay":
        want("kind", facts.pop("kind", "failure"), report["kind"])
    facts.pop("kind", None)
    outcomes = report.get("outcomes", [])
    if len(outcomes) != 1:
        return wrong + [f"{len(outcomes)} outcomes and not one"]
    one = outcomes[0]
    want("reason", row["reason"], one.get("reason"))
    want("key", row["key"], one.get("explanation", {}).get("key"))
    if row["refuser"]:
        want("refuser", row["refuser"], one.get("refuser"))
    want("retry", row["retry"], leaves_room(one))
    for name, expected in facts.items():
        want(name, expected, one.get(name))
    return wrong


def doc_tables():
    """The rows of the tables in doc/seeds.md, by the heading they stand under."""
    tables, heading = {}, ""
    for line in DOC.read_text("utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("|") and not line.startswith("|--"):
            cells = [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]]
            tables.setdefault(heading, []).append(cells)
    return {name: rows[1:] for name, rows in tables.items()}


def check_code(nixie, cells, must_name):
    code, name, answer = cells[0].strip("`"), cells[1], cells[2]
    status, text, _ = run(nixie, "code", "--width", "0", code)
    if status != 0:
        return [f"`nixie code {code}` does not know it"]
    wanted = [answer] + ([name] if must_name else [])
    return [f"`nixie code {code}` does not say \"{w}\"" for w in wanted if plain(w) not in plain(text)]


def letters(text):
    return re.sub(r"[^a-z0-9]+", "", text.casefold())


def check_words(nixie, code, words):
    """Looked up by the document's own words, the code is among what is said."""
    status, text, _ = run(nixie, "code", "-o", "json", words)
    if status != 0:
        return ["`nixie code` does not know it"]
    titles = [entry["title"].split(":")[0] for entry in json.loads(text)["entries"]]
    wanted = code.replace("X.", "") if code.startswith("X.") else code
    return [] if any(t == wanted or t[2:] == wanted for t in titles) else [f"{titles} and not {code}"]


def check_line(nixie, row):
    """A bounce's text is looked up as a line: its reason comes first."""
    status, text, _ = run(nixie, "code", "-o", "json", (HERE / row["file"]).read_text("utf-8"))
    if status != 0:
        return ["`nixie code` does not know it"]
    got = json.loads(text)["entries"][0].get("reason")
    return [] if got == row["reason"] else [f"{got} and not {row['reason']}"]


def check_documents(tables):
    """doc/seeds.md against the documents themselves, where those lie beside the project."""
    folder = HERE.parents[3] / "shared" / "seeds"
    documents = [p.read_text("utf-8") for p in sorted(folder.glob("*.txt"))] if folder.is_dir() else []
    manual = next((d for d in documents if "hMailServer" in d), None)
    codes = next((d for d in documents if "howtointernet.net" in d), None)
    if manual is None or codes is None:
        return None
    known = [letters(c[0]) for name, rows in tables.items() if name.startswith(SEEDS[3]) for c in rows]
    wrong = [f"hMailServer: {line}" for line in manual.splitlines()
             if re.match(r"\d{3} \S", line) and letters(line) not in known]
    said = {c[0].strip("`").upper(): letters(c[1]) for t in ("Enhanced codes", "Reply codes") for c in tables[t]}
    met = 0
    for code, words in re.findall(r"\| (X\.\d\.\d|\d{3}) \| ([^|]+)", codes):
        met += 1
        if said.get(code) != letters(words):
            wrong.append(f"howtointernet: {code} {words}")
    digits = {letters(c[1]) for c in tables["Digits"]}
    for row in re.findall(r"(?m)^\| \d \|(.+)\|$", codes):
        met += 1
        if letters(row.split("|")[-1]) not in digits:
            wrong.append(f"howtointernet: {row}")
    return wrong if met >= ENHANCED + REPLIES + DIGITS else wrong + [f"only {met} rows were found"]


def check_heading(nixie, heading):
    """Looked up by the page's own words, a heading is explained as that condition, before all else."""
    status, text, _ = run(nixie, "code", "-o", "json", heading)
    if status != 0:
        return ["`nixie code` does not know it"]
    first = json.loads(text)["entries"][0]
    wanted = {"kind": "condition", "documented": heading}
    wrong = [f"{k}: {first.get(k)!r} and not {v!r}" for k, v in wanted.items() if first.get(k) != v]
    return wrong + [f"no {k}" for k in ("meaning", "reply", "sender", "admin", "reason", "stage") if not first.get(k)]


def main():
    nixie = str(pathlib.Path(sys.argv[1]).resolve())
    rows, tables = read_table(), doc_tables()
    cases = []
    listed = [row["file"] for row in rows]
    there = sorted(p.name for p in HERE.iterdir() if p.suffix in (".txt", ".eml"))
    cases.append(("the table names each file once",
                  [f"{name}: twice" for name in sorted({n for n in listed if listed.count(n) > 1})]))
    cases.append(("the table and the folder agree",
                  [f"{name}: in one of them only" for name in sorted(set(listed) ^ set(there))]))
    cases.append(("every row names a document", [r["file"] for r in rows if r["seed"] not in SEEDS]))
    in_doc = {}
    for name, cells in ((t, c) for t, rs in tables.items() for c in rs):
        for word in re.findall(r"`([^`]+\.(?:txt|eml))`", " ".join(cells)):
            in_doc.setdefault(word, " ".join(cells))
    cases.append(("doc/seeds.md lists each file, with its reason",
                  [f"{r['file']}: {'not listed' if r['file'] not in in_doc else 'not as ' + r['reason']}"
                   for r in rows if f"`{r['reason']}`" not in in_doc.get(r["file"], "")]))
    cases.append(("doc/seeds.md lists no file that is not there",
                  [name for name in sorted(in_doc) if name not in listed]))
    headings = [c for name, rs in tables.items() if name.startswith(SEEDS[3]) for c in rs]
    wrong = [] if len(headings) == HEADINGS else [f"{len(headings)} headings and not {HEADINGS}"]
    for cells in headings:
        name = re.findall(r"`([^`]+\.txt)`", cells[1])[:1]
        if not name or not (HERE / name[0]).exists():
            wrong.append(f"{cells[0]}: no sample")
        elif plain((HERE / name[0]).read_text("utf-8")) != plain(cells[0].strip("`")):
            wrong.append(f"{cells[0]}: {name[0]} says something else")
    cases.append((f"doc/seeds.md lists the {HEADINGS} headings of hMailServer's page", wrong))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda c: check_heading(nixie, c[0].strip("`")), headings)
        cases.extend((f"nixie code '{c[0].strip('`')}'", w) for c, w in zip(headings, found))
        for row, wrong in zip(rows, pool.map(lambda r: check_sample(nixie, r), rows)):
            cases.append((row["file"], wrong))
        for title, count, must_name in (("Digits", DIGITS, False), ("Enhanced codes", ENHANCED, True),
                                        ("Reply codes", REPLIES, False)):
            codes = tables.get(title, [])
            cases.append((f"{title}: {count} rows in doc/seeds.md",
                          [] if len(codes) == count else [f"{len(codes)} rows"]))
            found = pool.map(lambda c: check_words(nixie, c[0].strip("`"), c[1]), codes)
            cases.extend((f"{c[0].strip('`')} by its own words", w) for c, w in zip(codes, found))
            found = pool.map(lambda c, m=must_name: check_code(nixie, c, m), codes)
            cases.extend((f"nixie code {c[0].strip('`')}", w) for c, w in zip(codes, found))
        lines = [r for r in rows if r["file"].endswith(".txt") and r["seed"] == SEEDS[4]]
        for row, wrong in zip(lines, pool.map(lambda r: check_line(nixie, r), lines)):
            cases.append((f"nixie code, the text of {row['file']}", wrong))
    wrong = check_documents(tables)
    cases.append(("doc/seeds.md has every item of the documents" + (" # SKIP they are not there" if wrong is None else ""),
                  wrong or []))
    failures = 0
    for n, (name, wrong) in enumerate(cases, 1):
        print(f"{'not ok' if wrong else 'ok'} {n} - {name}")
        for line in wrong[:40]:
            print("# " + line.encode("ascii", "backslashreplace").decode())
        failures += bool(wrong)
    print(f"1..{len(cases)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
