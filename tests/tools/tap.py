"""Results of a test program in TAP, the Test Anything Protocol; threads may make checks."""

import signal
import sys
import threading

ITEM_LINES = 20  # of each text that a check shows; of a longer one its end
LINE_CHARACTERS = 400

cases = failures = 0
witnesses = []  # functions that give lines about what is under test, shown with a case that fails
notes = []  # what happened on the way to the next case, shown when that fails
lock = threading.RLock()


def say(lines):
    """Lines that tell more, behind the `not ok` that they belong to."""
    text = ''
    for line in lines:
        parts = str(line).splitlines() or ['']
        if len(parts) > ITEM_LINES:
            parts = [f'({len(parts)} lines, of which the last are)', *parts[-ITEM_LINES:]]
        text += ''.join('# ' + part[:LINE_CHARACTERS].encode('ascii', 'backslashreplace').decode() + '\n' for part in parts)
    sys.stdout.write(text)
    sys.stdout.flush()


def testify():
    """What waited in vain, and what the programs under test have to say."""
    say(notes[-5:])
    notes.clear()
    for witness in list(witnesses):
        say(witness())


def check(trouble, name):
    """One case: `trouble` is a list of lines, empty when all is well."""
    global cases, failures
    with lock:
        cases += 1
        sys.stdout.write(f"{'not ok' if trouble else 'ok'} {cases} - {name.replace('#', ' ')}\n")
        sys.stdout.flush()  # or it is lost when the test's time is over
        failures += bool(trouble)
        if trouble:
            say(trouble[:20])
            testify()


def skip(name, why):
    """A case that cannot be tried here."""
    global cases
    with lock:
        cases += 1
        print(f'ok {cases} - {name} # SKIP {why}', flush=True)


def done():
    """The plan; the program's exit status."""
    print(f'1..{cases}', flush=True)
    return 1 if failures else 0


def ended(*_):
    raise RuntimeError('SIGTERM: the time for this test is over; it was here')


if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGTERM, ended)
