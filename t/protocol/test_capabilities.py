#!/usr/bin/env python3
"""Nothing is advertised that does nothing: each atom of CAPABILITY, in every state and under every setting that changes it,
is named by a line `# shows: ATOM ...` of a transcript or test in t/protocol, and nothing is named there that is never
advertised.  An atom belongs into such a line only when what follows fails without it."""
import glob, imaplib, os, re, ssl, sys, unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

# Lines of postern.conf that change what is advertised.
SETTINGS = ('', 'auth.clear_text = never\n', 'imap.nonsync_literals = small\nhttp.url = https://mail.example.org\n',
            'imap.utf8_only = yes\n')
# What stands behind their "=" is a setting.
VALUES = re.compile(r'(APPENDLIMIT|MESSAGELIMIT|SAVELIMIT|IMAPSIEVE)=.+$')


def shown():
    """{atom: [file]}"""
    out = {}
    for path in glob.glob(os.path.join(HERE, 'imap', '*.t')) + glob.glob(os.path.join(HERE, 'test_*.py')):
        with open(path, encoding='utf-8') as f:
            for line in re.findall(r'(?m)^# shows: (.*)$', f.read()):
                for atom in line.split():
                    out.setdefault(atom, []).append(os.path.basename(path))
    return out


def atoms(client):
    kind, data = client.capability()
    assert kind == 'OK'
    return {VALUES.sub(r'\1', atom) for atom in data[-1].decode().split()}


def advertised(p, case):
    """All atoms of one instance, and that the codes of greeting and login agree with the command."""
    c = imaplib.IMAP4('127.0.0.1', p.port('imap'), timeout=30)
    first = atoms(c)
    greeting = re.search(r'\[CAPABILITY ([^\]]*)\]', c.welcome.decode())
    case.assertEqual(set(greeting[1].split()), first)
    out = set(first)
    if 'LOGINDISABLED' not in first:
        kind, data = c.login('alice@example.org', 'secret')
        out |= atoms(c)
        code = re.search(r'CAPABILITY ([^\]]*)', str(c.untagged_responses.get('CAPABILITY', [b''])[0]) + str(data))
        case.assertTrue(code is None or {VALUES.sub(r'\1', atom) for atom in code[1].split()} <= out)
    c.logout()
    tls = ssl._create_unverified_context()
    c = imaplib.IMAP4('127.0.0.1', p.port('imap'), timeout=30)
    c.starttls(tls)
    inside = atoms(c)
    case.assertNotIn('STARTTLS', inside)
    case.assertNotIn('LOGINDISABLED', inside)
    c.login('alice@example.org', 'secret')
    out |= inside | atoms(c)
    c.logout()
    c = imaplib.IMAP4_SSL('127.0.0.1', p.port('imaps'), ssl_context=tls, timeout=30)
    case.assertEqual(atoms(c), inside)
    c.logout()
    return out


class Capabilities(unittest.TestCase):
    def test_each_is_shown(self):
        found = set()
        for conf in SETTINGS:
            with Instance(conf=conf) as p:
                found |= advertised(p, self)
        declared = shown()
        self.assertEqual(sorted(found - set(declared)), [], 'advertised, but no transcript shows what it does')
        self.assertEqual({a: f for a, f in declared.items() if a not in found}, {}, 'shown, but never advertised')
        # Parts of them, so that this test can't pass for want of data.
        self.assertLessEqual({'IMAP4rev1', 'STARTTLS', 'LOGINDISABLED', 'AUTH=SCRAM-SHA-256-PLUS', 'QRESYNC'}, found)


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
