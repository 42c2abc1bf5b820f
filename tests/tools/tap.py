"""Results of a test program in TAP, the Test Anything Protocol."""

cases = failures = 0


def check(trouble, name):
    """One case: `trouble` is a list of lines, empty when all is well."""
    global cases, failures
    cases += 1
    print(f"{'not ok' if trouble else 'ok'} {cases} - {name.replace('#', ' ')}")
    failures += bool(trouble)
    for line in trouble[:20]:
        print('# ' + line.encode('ascii', 'backslashreplace').decode())


def skip(name, why):
    """A case that cannot be tried here."""
    global cases
    cases += 1
    print(f'ok {cases} - {name} # SKIP {why}')


def done():
    """The plan; the program's exit status."""
    print(f'1..{cases}')
    return 1 if failures else 0
