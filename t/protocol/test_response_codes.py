#!/usr/bin/env python3
"""Each response code that imapd can send is in an S line of a transcript, or in an assertion of a test of t/protocol: a code
that nobody has seen sent may be sent at the wrong time, or never.  Codes are what the grammar (t/lib/imap_responses.abnf)
calls resp-text-code; imapd can send those that stand at the beginning of a string literal of its sources."""
import glob, os, re, sys, unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, '..', '..')
# Never sent, whatever the literals say: what they are there for.
OTHERWISE = {
    'SERVERBUG': 'an answer of stored that has no place in the protocol between the two',
}


def read(path):
    with open(path, encoding='utf-8', errors='replace') as f:
        return f.read()


def grammar_codes():
    text = read(os.path.join(SOURCE, 't', 'lib', 'imap_responses.abnf'))
    rules = re.findall(r'(?m)^resp-text-code +=/? (.*)$', text)
    # capability-data has a rule of its own.
    out = {'CAPABILITY'}
    for rule in rules:
        while '(' in re.sub(r'"[^"]*"', '', rule):   # what stands in parentheses are arguments
            rule = re.sub(r'(?<!")\((?:[^()"]|"[^"]*")*\)(?!")', '', rule)
        out.update(re.findall(r'(?:^|/ )"([A-Z0-9-]+)"', rule))
    return out


def literals():
    """{the first word of a string literal: [file]}"""
    out = {}
    for folder in ('cmd/imapd', 'lib/imap'):
        for path in glob.glob(os.path.join(SOURCE, folder, '*.cc')) + glob.glob(os.path.join(SOURCE, folder, '*.h')):
            for word in re.findall(r'"(?:\* (?:OK|NO|BAD|BYE) )?\[?([A-Z][A-Z0-9-]+)[\] "]', read(path)):
                out.setdefault(word, set()).add(os.path.basename(path))
    return out


def shown():
    out = set()
    for path in glob.glob(os.path.join(HERE, 'imap', '*.t')):
        for line in re.findall(r'(?m)^S\d*[~?]?: (.*)$', read(path)):
            out.update(re.findall(r'(?:OK|NO|BAD|BYE) \[([A-Z0-9-]+)[\] ]', line))
    mine = os.path.abspath(__file__)
    for path in (p for p in glob.glob(os.path.join(HERE, 'test_*.py')) if os.path.abspath(p) != mine):
        for line in read(path).split('\n'):
            if 'assert' in line:
                out.update(re.findall(r'[A-Z][A-Z0-9-]+', line))
    return out


class ResponseCodes(unittest.TestCase):
    def test_each_is_shown(self):
        sent = {code: files for code, files in literals().items() if code in grammar_codes()}
        # Parts of them, so that this test can't pass for want of data.
        self.assertLessEqual({'UNAVAILABLE', 'READ-WRITE', 'COPYUID', 'CAPABILITY', 'METADATA'}, set(sent))
        missing = {code: sorted(files) for code, files in sent.items() if code not in shown() | set(OTHERWISE)}
        self.assertEqual(missing, {}, 'imapd can send these, and no transcript shows it')

    def test_exceptions_are_needed(self):
        self.assertEqual({code for code in OTHERWISE if code not in literals() or code in shown()}, set())


if __name__ == '__main__':
    unittest.main()
