#!/usr/bin/env python3
"""Random Sieve scripts over random mail, here and under Pigeonhole's sieve-test, where that is installed.

Each script logs what its tests found and what its variables hold; both logs must be the same.  What is known to differ is
not generated: "?" in patterns, foreverypart within another, size and :anychild in it, :param and :detail that are not
there, an :index past the last date.  More than a check needs: PAIRS=20000 SEED=7 test_sieve_beside.py
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import BIN  # noqa: E402

PAIRS = int(os.environ.get('PAIRS', '120'))
SEED = int(os.environ.get('SEED', '1'))
MESSAGES = 4    # that each script looks at
REQUIRE = ('require ["fileinto", "copy", "variables", "imap4flags", "relational", "vnd.dovecot.debug", "mime", "foreverypart", '
           '"extracttext", "date", "index", "body", "envelope", "subaddress", "regex", "editheader", "encoded-character", '
           '"comparator-i;ascii-numeric"];\n')
CONFIG = '''mail_location = maildir:%(dir)s/mail
log_path = /dev/stderr
info_log_path = /dev/stderr
mail_uid = %(uid)d
mail_gid = %(gid)d
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +-
plugin {
  sieve_extensions = +vnd.dovecot.debug +editheader
  recipient_delimiter = +-
}
'''
LOCALS = ['ann', 'bob+list', 'c.d', 'joe-x', 'Info', "o'neil", 'user+detail+more', 'x+', '"quoted one"', '"a@b"']
DOMAINS = ['example.com', 'EXAMPLE.org', 'sub.example.net', '[127.0.0.1]', 'localhost']
SUBJECTS = ['Hello', 'sale', '=?utf-8?q?H=C3=A4llo?=', '=?utf-8?b?w6TDtsO8?=', '=?iso-8859-1?q?caf=E9?=', '[list]', 'Re:', 'a*b',
            'q?x', '100', '007', '=?utf-8?q?a?= =?utf-8?q?b?=', '=?utf-8?q?two words?=']
DATES = ['Tue, 1 Apr 2025 09:06:31 -0800 (PST)', '1 Jan 70 00:00 GMT', 'Fri, 21 Nov 1997 09:55:06 -0600',
         'Mon, 1 Jan 2001 00:15:00 +0530', '01 Mar 2020 12:00:00 EST', '17 jul 1996 02:23:25 +0200', 'garbage']
TEXTS = ['hello world\r\n', 'Some text with sale in it\r\nand 2 lines\r\n', 'line\r\n-- \r\nsig\r\n', 'gr\u00f6\u00dfe\r\n']
WORDS = ['', 'a', 'sale', 'ann', 'example.com', '5', 'Hello', '\u00e4', '007', 'list', 'more', '1997', '+0200', 'plain', 'text']
HEADERS = ['subject', 'from', 'to', 'cc', 'date', 'x-num', 'x-none', 'message-id', 'content-type', 'X-Foo']
FLAGS = ['\\Seen', 'a', 'b', 'A', 'c d', ' x  y ', '']
PARTS = ['year', 'month', 'day', 'julian', 'hour', 'time', 'iso8601', 'zone', 'weekday']


class Mail:
    def __init__(self, r):
        self.r = r

    def address(self):
        a = self.r.choice(LOCALS) + '@' + self.r.choice(DOMAINS)
        return self.r.choice([a, '<%s>' % a, 'Ann Smith <%s>' % a, '"Smith, Ann" <%s>' % a, '=?utf-8?q?J=C3=B6rg?= <%s>' % a,
                              a + ' (comment)', '(pre) ' + a, '<@r.example:%s>' % a, 'Team: %s, x@y.example;' % a])

    def addresses(self):
        return self.r.choice([', ', ',\r\n ']).join(self.address() for _ in range(self.r.randint(1, 3)))

    def entity(self, depth=0):
        r = self.r
        if depth < 3 and r.random() < 0.45:
            boundary = 'b%d.%d' % (depth, r.randrange(1000))
            parts = ''.join('--%s\r\n%s\r\n' % (boundary, self.entity(depth + 1)) for _ in range(r.randint(1, 3)))
            return 'Content-Type: multipart/%s; boundary="%s"\r\n\r\n%s%s--%s--\r\n%s' % (
                r.choice(['mixed', 'alternative', 'related']), boundary, r.choice(['', 'preamble\r\n']), parts, boundary,
                r.choice(['', 'epilogue\r\n']))
        kind = r.choice(['text/plain; charset=utf-8', 'image/png; name="a b.png"', "application/pdf; name*=utf-8''%C3%A4.pdf"])
        encoding, body = r.choice([('8bit', r.choice(TEXTS)), ('base64', 'aGVsbG8gc2FsZQ==\r\n'),
                                   ('quoted-printable', 'hello=20world=\r\n next gr=C3=B6=C3=9Fe\r\n')])
        return 'Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s' % (kind, encoding, body)

    def message(self):
        r = self.r
        fields = [('From', self.address())]
        fields += [(r.choice(['To', 'Cc', 'TO']), self.addresses()) for _ in range(r.randint(0, 3))]
        fields += [('Subject', r.choice([' ', '\r\n ']).join(r.sample(SUBJECTS, r.randint(1, 3)))) for _ in range(r.randint(0, 2))]
        fields += [(r.choice(['Date', 'Received']), r.choice(DATES)) for _ in range(r.randint(0, 3))]
        fields += [('X-Num', r.choice(['5', '007', '12abc', 'none', '4294967296']))] * r.randint(0, 2)
        r.shuffle(fields)
        return ''.join('%s: %s\r\n' % f for f in fields) + 'MIME-Version: 1.0\r\n' + self.entity()


def quoted(s):
    return '"%s"' % s.replace('\\', '\\\\').replace('"', '\\"')


class Script:
    def __init__(self, r, texts):
        self.r = r
        self.words = WORDS + [w for w in re.split(r'[\s<>,;:"]+', ' '.join(texts)) if 0 < len(w) < 40 and '=' not in w]

    def word(self):
        w = self.r.choice(self.words)
        begin = self.r.randrange(len(w) or 1)
        return self.r.choice([w, w, w[begin:begin + 5], w.upper()])

    def strings(self, make):
        return '[%s]' % ', '.join(quoted(make()) for _ in range(self.r.randint(1, 3)))

    def matching(self):
        """A match type with its comparator, and keys for it."""
        r = self.r
        relation = r.choice(['gt', 'ge', 'lt', 'le', 'eq', 'ne'])
        number = lambda: r.choice(['0', '1', '2', '5', '007', '12', 'abc', '4294967296'])
        pattern = lambda: re.sub(r'[*?\\]', lambda m: '\\' + m[0], self.word()).join(r.choice([('*', '*'), ('', '*'), ('*', '')]))
        return r.choice([
            (r.choice([':is', ':contains', ':comparator "i;octet" :contains']), self.word),
            (r.choice([':matches', ':comparator "i;octet" :matches']), pattern),
            (':comparator "i;octet" :regex', lambda: '^(.*)' + re.escape(self.word())),
            (':comparator "i;octet" :value "%s"' % relation, self.word),
            (':comparator "i;ascii-numeric" :value "%s"' % relation, number),
            (':comparator "i;ascii-numeric" :is', number)])

    def test(self, depth=0):
        r = self.r
        match, key = self.matching()
        keys = self.strings(key)
        part = r.choice(['', ':all', ':localpart', ':domain', ':user'])
        at = r.choice(['', '', ':index 1', ':index 2', ':index 1 :last'])
        names = self.strings(lambda: r.choice(HEADERS))
        if depth < 3 and r.random() < 0.2:
            return '%s(%s)' % (r.choice(['allof', 'anyof', 'not anyof']), ', '.join(self.test(depth + 1) for _ in range(2)))
        return r.choice([
            'header %s %s %s' % (match, names, keys),
            'header %s %s %s %s' % (match, at, names, keys),
            'address %s %s %s %s %s' % (match, part, at, self.strings(lambda: r.choice(['from', 'to', 'cc'])), keys),
            'address %s %s ["from", "to", "cc"] %s' % (match, part, keys),
            'envelope %s %s ["from", "to"] %s' % (match, part, keys),
            'exists %s' % names,
            'size %s %d' % (r.choice([':over', ':under']), r.choice([0, 100, 500, 1000])),
            'body %s %s %s' % (match, r.choice([':text', ':content "text"', ':content ["image", "text/plain"]']), keys),
            'date %s %s %s %s %s' % (match, r.choice(['', ':originalzone', ':zone "-0130"']), quoted(r.choice(['date', 'received'])),
                                     quoted(r.choice(PARTS)), keys),
            'hasflag %s %s %s' % (match, r.choice(['', '"fv"']), keys),
            'string %s ["${v}", "x${1}"] %s' % (match, keys),
            self.mime(['', ':anychild'])])

    def mime(self, whose):
        r = self.r
        match, key = self.matching()
        return 'header :mime %s %s %s' % (r.choice(whose), match, r.choice(
            ['"content-transfer-encoding"', '"content-type"', ':subtype "content-type"']) + ' ' + self.strings(key))

    def statement(self, n):
        r = self.r
        header = quoted(r.choice(['X-Foo', 'Subject', 'X-Num']))
        return r.choice([
            'if %s { set "r" "${r} %d"; }\n' % (self.test(), n),
            'if %s { set "r" "${r} %d<${0}|${1}>"; }\n' % (self.test(), n),
            'if %s { set "v" "a${1}"; } else { set "r" "${r} %d"; }\n' % (self.test(), n),
            'set %s "v" %s;\n' % (r.choice(['', ':upper', ':lower', ':length', ':quotewildcard', ':upperfirst :lower']),
                                  quoted(r.choice(['${1}', '${v}x', 'Lit*?\\x', '${hex:41 42}', '${v', '${unicode:e9}']))),
            '%s %s %s;\n' % (r.choice(['setflag', 'addflag', 'removeflag']), r.choice(['', '"fv"']),
                             self.strings(lambda: r.choice(FLAGS))),
            'addheader %s %s;\n' % (header, quoted(r.choice(['v1', 'sale', '\u00e4 x', '5']))),
            'deleteheader :contains %s %s;\n' % (header, quoted(self.word())),
            'foreverypart { if %s { set "r" "${r} %d"; } }\n' % (self.mime(['']), n)])

    def text(self):
        body = ''.join(self.statement(n) for n in range(self.r.randint(4, 16)))
        return REQUIRE + body + 'debug_log "${r}|${v}|${fv}";\n'


@unittest.skipUnless(shutil.which('sieve-test'), 'sieve-test is not installed')
class Beside(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='postern-beside-')
        self.addCleanup(shutil.rmtree, self.dir)
        owner = os.stat(self.dir)
        uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else (65534, 65534)
        os.chown(self.dir, uid, gid)
        self.write('dovecot.conf', CONFIG % {'dir': self.dir, 'uid': uid, 'gid': gid})

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, 'w', encoding='utf-8', newline='') as f:
            f.write(text)
        os.chmod(path, 0o666)
        return path

    def there(self, script, message):
        p = subprocess.run(['sieve-test', '-C', '-c', os.path.join(self.dir, 'dovecot.conf'), '-f', 's@example.org',
                            '-a', 'b+det@example.com', '-r', 'b+det@example.com', script, message],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, HOME=self.dir, TZ='UTC'))
        if b'Panic' in p.stderr or b'corrupt' in p.stderr:
            return None     # its own trouble
        found = re.search(rb'info: DEBUG: (.*?)\.\n(?=sieve-test|\Z)', p.stderr, re.S)
        return found[1] if found else p.stderr

    def here(self, script, message):
        p = subprocess.run([os.path.join(BIN, 'postern'), 'sieve', 'test', '--json', '--from', 's@example.org', '--to', 'b+det@example.com',
                            script, message], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, TZ='UTC'))
        logged = [line for line in json.loads(p.stdout or '{"log":[]}')['log'] if line.startswith('DEBUG: ')]
        self.assertEqual(len(logged), 1, p.stdout + p.stderr)
        return re.sub(rb'\\x([0-9a-f]{2})', lambda m: bytes([int(m[1], 16)]), logged[0][7:].encode())

    def test_the_same_as_there(self):
        for n in range(PAIRS // MESSAGES):
            r = random.Random(SEED * 1000003 + n)
            messages = [Mail(r).message() for _ in range(MESSAGES)]
            text = Script(r, messages).text()
            script = self.write('s.sieve', text)
            for m in messages:
                message = self.write('m.eml', m)
                there = self.there(script, message)
                if there is not None:
                    self.assertEqual(there.replace(b'\r\n', b'\n'), self.here(script, message).replace(b'\r\n', b'\n'), text + '\n' + m)


if __name__ == '__main__':
    unittest.main()
