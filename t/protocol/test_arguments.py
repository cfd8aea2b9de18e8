#!/usr/bin/env python3
"""I02: each command of imapd that takes a list, with a list that is too long, as RELIABILITY wants it of all: the command is not
done, others are served, and nobody dies.  The commands are those of cmd/imapd/command_table.cc, so that none is forgotten.
The exact bounds, at and one past: t/unit/imap_*.cc, t/protocol/imap/bad_*.t."""
import os, re, sys, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'system'))
from postern_test import BIN, SOURCE, Instance  # noqa: E402
from test_imap_settings import Line  # noqa: E402

MANY = 25_000   # values of one command: past kMaxNodes, in less bytes than kMaxCommand
# {}: so many of the word behind the colon.
LISTS = {
    'APPEND': 'INBOX ({x}) {{3+}}\r\nabc', 'CANCELUPDATE': '{"x"}', 'COMPARATOR': '{x}', 'COMPRESS': '{x}', 'CONVERT': '1 ("text/plain") ({BINARY[1]})',
    'CREATE': 'new (USE ({\\Sent}))', 'ENABLE': '{x}', 'ESEARCH': 'IN (mailboxes ({x})) ALL', 'EXAMINE': 'INBOX ({x})',
    'FETCH': '1 ({UID})', 'GENURLAUTH': '{a}', 'GETMETADATA': 'INBOX ({/shared/a})', 'ID': '({"a"})',
    'LANGUAGE': '{de}', 'LIST': '"" ({x})', 'NOTIFY': 'SET {(personal NONE)}', 'REPLACE': '1 INBOX ({x}) {{3+}}\r\nabc',
    'RESETKEY': 'INBOX {x}', 'SEARCH': '{SEEN}', 'SELECT': 'INBOX ({x})', 'SETMETADATA': 'INBOX ({/shared/a NIL})', 'SETQUOTA': '"" ({x 1})',
    'SORT': '({SIZE}) UTF-8 ALL', 'STATUS': 'INBOX ({MESSAGES})', 'STORE': '1 FLAGS ({x})', 'THREAD': 'REFERENCES UTF-8 {SEEN}',
    'URLFETCH': '{a}', 'FILTER': 'SIEVE PERSONAL "x" {SEEN}'}
# What they take is one name, or a set (I05).
NO_LISTS = {'AUTHENTICATE', 'CONVERSIONS', 'COPY', 'DELETE', 'DELETEACL', 'EXPUNGE', 'GETACL', 'GETQUOTA', 'GETQUOTAROOT', 'LISTRIGHTS', 'LOGIN',
            'LSUB', 'MOVE', 'MYRIGHTS', 'RENAME', 'SETACL', 'SUBSCRIBE', 'UNSUBSCRIBE'}


def commands():
    with open(os.path.join(SOURCE, 'cmd/imapd/command_table.cc')) as f:
        rows = re.findall(r'(?m)^    \{"([A-Z ]+)", k\w+, Updates::\w+, \w+, command<([\w:]+), ', f.read())
    return [(name, parser) for name, parser in rows if parser != 'imap::parse_none']


def filled(name, count):
    text = LISTS[name.removeprefix('UID ')]
    m = re.search(r'(?<!\{)\{([^{}]+)\}(?!\})', text)
    return text[:m.start()] + ' '.join([m[1]] * count) + text[m.end():].replace('{{', '{').replace('}}', '}')


class Arguments(unittest.TestCase):
    def test_each_command_is_known_here(self):
        names = {name.removeprefix('UID ') for name, _ in commands()}
        self.assertGreater(len(names), 40)
        self.assertEqual(names, set(LISTS) | NO_LISTS)

    def test_too_long(self):
        with Instance() as p:
            beside = Line(p)
            beside.login()
            c = Line(p)
            c.login()
            c.ask('APPEND INBOX {10+}\r\nSubject: x')
            for name, _ in commands():
                if name.removeprefix('UID ') not in LISTS:
                    continue
                c = Line(p)
                c.login()
                c.ask('SELECT INBOX')
                c.write('x %s %s\r\n' % (name, filled(name, MANY)))
                said = c.rest_or_tagged()
                self.assertRegex(said, r'^(\* BYE \[TOOBIG\] |x (BAD|NO) )', name)
                c.close()
                self.assertEqual(beside.ask('STATUS INBOX (MESSAGES)')[:4], 'x OK', name)
                self.assertEqual(beside.untagged, ['* STATUS INBOX (MESSAGES 1)'], name)
            # Before login less will do.
            c = Line(p)
            c.write('x ID (%s)\r\n' % ' '.join(['"a"'] * 110))
            self.assertRegex(c.rest_or_tagged(), r'^(\* BYE \[TOOBIG\] |x BAD )')


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
