#!/usr/bin/env python3
"""test_charsets.py TEST_CHARSET - every character of every charset, against Python's codecs. TAP.

TEST_CHARSET is the program of tests/unit/test_charset.c, here used as a filter. Where we differ on
purpose, the difference is listed below with its reason.
"""
import subprocess
import sys

BMP = [c for c in range(0x20, 0x10000) if not 0xD800 <= c < 0xE000 and c != 0xFEFF]
ALL = BMP + list(range(0x10000, 0x110000, 0x101))

# Pairs that JIS X 0208 and cp932 read as two different characters that look the same; we read all
# Japanese charsets as cp932.
CP932 = dict(zip('〜‖−¢£¬—', '～∥－￠￡￢―'))

# What we call it, and what Python does.
SAMPLES = {
    'iso-8859-1': 'latin-1',
    **{f'iso-8859-{n}': f'iso8859-{n}' for n in range(2, 17) if n != 12},
    **{f'windows-{n}': f'cp{n}' for n in (874, *range(1250, 1259))},
    'tis-620': 'tis-620', 'koi8-r': 'koi8-r', 'koi8-u': 'koi8-u',
    'cp437': 'cp437', 'cp850': 'cp850', 'cp852': 'cp852', 'cp866': 'cp866',
    'macintosh': 'mac-roman', 'x-mac-cyrillic': 'mac-cyrillic',
    'shift_jis': 'cp932', 'euc-jp': 'euc-jp', 'iso-2022-jp': 'iso2022-jp',
    'gb2312': 'gb2312', 'gbk': 'gbk', 'gb18030': 'gb18030', 'hz-gb-2312': 'hz',
    'big5': 'cp950', 'big5-eten': 'big5hkscs',
    'euc-kr': 'euc-kr', 'ks_c_5601-1987': 'cp949', 'iso-2022-kr': 'iso2022-kr',
    'utf-7': 'utf-7', 'utf-16': 'utf-16', 'utf-16le': 'utf-16-le', 'utf-16be': 'utf-16-be',
    'utf-8': 'utf-8',
}


def encoded(codec, point):
    try:
        octets = chr(point).encode(codec)
    except UnicodeEncodeError:
        return None
    if codec == 'euc-kr' and len(octets) == 8:
        return None  # syllables spelt out (KS X 1001 annex 3): nobody sends them
    if octets.decode(codec, 'replace') != chr(point):
        return None  # Python, too, only writes it so
    if codec == 'cp932' and octets in (b'\x80', b'\xa0', b'\xfd', b'\xfe', b'\xff'):
        return None  # no characters, but Windows has some for them
    if codec == 'euc-jp' and octets[:1] == b'\x8f':
        return None  # JIS X 0212: we have no table
    if codec == 'big5hkscs' and not b'\xc6\xa1' <= octets <= b'\xc8\xfe':
        return None  # outside of ETEN's rows cp950 goes first
    if codec == 'cp950' and b'\xc6\xa1' <= octets <= b'\xc8\xfe':
        return None
    if codec == 'latin-1' and 0x80 <= point < 0xA0:
        return None  # read as windows-1252
    if codec == 'iso8859-9' and 0x80 <= point < 0xA0:
        return None  # read as windows-1254
    if codec in ('iso8859-11', 'tis-620') and 0x80 <= point < 0xA0:
        return None  # read as windows-874
    if codec == 'gbk' and point in (0xB7, 0x2014):
        return None  # GBK and GB 18030 disagree on A1A4 and A1AA
    if codec == 'gb2312' and point in (0x30FB, 0x2015):
        return None  # the same
    if codec == 'hz' and point in (0x30FB, 0x2015):
        return None
    return octets


def expected(codec, text):
    if codec in ('euc-jp', 'iso2022-jp'):
        for theirs, ours in CP932.items():
            text = text.replace(theirs, ours)
    return text


def main():
    filter_program = sys.argv[1]
    failed = 0
    print(f'1..{len(SAMPLES)}')
    for number, (name, codec) in enumerate(SAMPLES.items(), 1):
        points = [p for p in ALL if encoded(codec, p) is not None]
        text = '\n'.join(chr(p) for p in points)
        want = expected(codec, text)
        # The stateful codecs of Python write the escapes; one call keeps them together.
        raw = text.encode(codec)
        got = subprocess.run([filter_program, name], input=raw, stdout=subprocess.PIPE, check=True)
        got = got.stdout.decode('utf-8')
        wrong = [(w, g) for w, g in zip(want.split('\n'), got.split('\n')) if w != g]
        good = got == want
        failed += not good
        print(f'{"ok" if good else "not ok"} {number} - {name}: {len(points)} characters')
        for w, g in wrong[:20]:
            print(f'#   U+{ord(w[0]):04X} {w!r}: {w.encode(codec, "replace").hex()} gave {g!r}')
    return 1 if failed else 0


sys.exit(main())
