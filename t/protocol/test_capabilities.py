#!/usr/bin/env python3
"""Nothing is advertised that does nothing: each atom of CAPABILITY, in every state and under every setting that changes it,
is named by a line `# shows: ATOM ...` of a transcript or test in t/protocol, and nothing is named there that is never
advertised.  An atom belongs into such a line only when what follows fails without it: WITNESS says what must be among it."""
import glob, imaplib, os, re, ssl, sys, unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from postern_test import BIN, Instance  # noqa: E402

# Lines of postern.conf that change what is advertised.
SETTINGS = ('', 'auth.clear_text = never\n', 'imap.nonsync_literals = small\nhttp.url = https://mail.example.org\n',
            'imap.utf8_only = yes\n')
# What stands behind their "=" is a setting.
VALUES = re.compile(r'(APPENDLIMIT|MESSAGELIMIT|SAVELIMIT|IMAPSIEVE)=.+$')

# ATOM: (what a client says, what it is answered): a transcript that shows the atom has both, and a server that lacks it would say
# something else there.
WITNESS = {
    'ACL': ('GETACL', r'\* ACL '),
    'ANNOTATE-EXPERIMENT-1': (r'FETCH .*ANNOTATION \(', r'FETCH \(ANNOTATION \(/comment \(value'),
    'APPENDLIMIT': (r'STATUS INBOX \(MESSAGES APPENDLIMIT\)', 'APPENDLIMIT 2048'),
    'BINARY': (r'FETCH .*BINARY\.PEEK\[', r'BINARY\['),
    'CATENATE': (r'APPEND .*CATENATE \(URL', 'APPENDUID'),
    'CHILDREN': (r'RETURN \(CHILDREN\)', r'\\HasChildren'),
    'COMPRESS=DEFLATE': ('COMPRESS DEFLATE', r'NO \[COMPRESSIONACTIVE\]'),
    'CONDSTORE': (r'STORE .*\(UNCHANGEDSINCE', r'OK \[MODIFIED '),
    'CONTEXT=SEARCH': ('STORE', r'\* ESEARCH \(TAG "B01"\) UID ADDTO'),
    'CONTEXT=SORT': ('NOOP', r'\* ESEARCH \(TAG "B02"\) REMOVEFROM'),
    'CONVERT': ('CONVERT', r'CONVERTED \(TAG'),
    'CREATE-SPECIAL-USE': (r'CREATE .*\(USE \(\\Important', 'OK'),
    'ENABLE': ('ENABLE', r'\* ENABLED '),
    'ESEARCH': (r'SEARCH RETURN \(MIN MAX COUNT ALL\)', r'\* ESEARCH .*MIN \d+ MAX \d+ COUNT'),
    'ESORT': (r'SORT RETURN', r'\* ESEARCH .* ALL 3,2,1'),
    'FILTER=SIEVE': ('FILTER', 'FILTERED'),
    'FILTERS': ('SEARCH FILTER', r'\* SEARCH 1'),
    'I18NLEVEL=1': ('SEARCH CHARSET UTF-8 SUBJECT', r'\* SEARCH 1'),
    'I18NLEVEL=2': ('COMPARATOR ', r'\* COMPARATOR i;octet'),
    'ID': ('^ID ', r'\* ID \("name"'),
    'IDLE': ('IDLE', r'\* 1 EXISTS'),
    'IMAP4rev1': ('SELECT', r'\* \d+ RECENT'),
    'IMAP4rev2': ('SEARCH ALL', r'\* ESEARCH \(TAG'),
    'INPROGRESS': ('FETCH', r'\* OK \[INPROGRESS \("a3" 0 2\)\]'),
    'JMAPACCESS': ('GETJMAPACCESS', r'\* JMAPACCESS "https:'),
    'LANGUAGE': ('LANGUAGE', r'\* LANGUAGE \(de\)'),
    'LIST-EXTENDED': (r'LIST \(SUBSCRIBED RECURSIVEMATCH\)', 'CHILDINFO'),
    'LIST-METADATA': (r'LIST .*RETURN \(METADATA', r'\* METADATA x '),
    'LIST-MYRIGHTS': (r'LIST .*RETURN \(MYRIGHTS\)', r'\* MYRIGHTS '),
    'LIST-STATUS': (r'LIST .*RETURN \(STATUS', r'\* STATUS '),
    'LITERAL+': (r'APPEND .*\{\{msg\+', r'(?!S\?)\w+ OK \[APPENDUID'),
    'LITERAL-': (r'APPEND .*\{4097\+\}', r'\* BYE \[TOOBIG\]'),
    'LOGINDISABLED': ('LOGIN', r'NO \[PRIVACYREQUIRED\]'),
    'MESSAGELIMIT': (r'FETCH 1:\*', r'OK \[MESSAGELIMIT 3 3\]'),
    'METADATA': ('GETMETADATA INBOX', r'\* METADATA INBOX \('),
    'METADATA-SERVER': ('GETMETADATA ""', r'\* METADATA "" \(/private/comment "My'),
    'MOVE': ('MOVE', r'\* \d+ EXPUNGE'),
    'MULTIAPPEND': (r'APPEND .*\{\{msg\+ one\}\}.*\{\{msg\+ two\}\}', 'APPENDUID .* 1:2'),
    'MULTISEARCH': (r'ESEARCH IN \(mailboxes', r'\* ESEARCH \(TAG .* MAILBOX '),
    'NAMESPACE': ('NAMESPACE', r'\* NAMESPACE \(\('),
    'NOTIFY': ('SELECT INBOX', r'\* STATUS Lists/Lemonade \(MESSAGES 1 '),
    'OBJECTID': ('SEARCH EMAILID', r'\* SEARCH 1'),
    'PARTIAL': (r'SEARCH RETURN \(PARTIAL -', r'PARTIAL \(-'),
    'PREVIEW': (r'FETCH .*PREVIEW', 'PREVIEW "Dear all'),
    'QRESYNC': (r'SELECT .*\(QRESYNC', r'VANISHED \(EARLIER\)'),
    'REPLACE': ('UID REPLACE', 'APPENDUID'),
    'RIGHTS=texkn': ('SETACL .*lrswikda|getAcl', 'lrswiktecda'),
    'SASL-IR': (r'AUTHENTICATE PLAIN \{\{plain\}\}', 'OK'),
    'SAVEDATE': ('SEARCH SAVEDSINCE', r'\* SEARCH 1'),
    'SAVELIMIT': (r'COPY 1:\*', r'NO \[MESSAGELIMIT 2 2\]'),
    'SEARCH=FUZZY': ('SEARCH .*FUZZY ', r'\* E?SEARCH'),
    'SEARCHRES': (r'FETCH \$ ', r'\* \d+ FETCH'),
    'SORT': (r'SORT \(SUBJECT\)', r'\* SORT 2 1 3'),
    'SORT=DISPLAY': (r'SORT \(DISPLAYFROM\)', r'\* SORT 2 3 1'),
    'SPECIAL-USE': (r'LIST \(SPECIAL-USE\)', r'\\Sent\)'),
    'STARTTLS': ('CAPABILITY', r'AUTH=PLAIN'),
    'STATUS=SIZE': (r'STATUS .*SIZE', r'\* STATUS .*SIZE 38'),
    'THREAD=ORDEREDSUBJECT': ('THREAD ORDEREDSUBJECT', r'\* THREAD \(1 \(2\)'),
    'THREAD=REFERENCES': ('THREAD REFERENCES', r'\* THREAD \(1 \(2 5\)'),
    'THREAD=REFS': ('UID THREAD REFS', r'\* THREAD \(3\)\(6\)'),
    'UIDONLY': ('UID FETCH', r'\* 2 UIDFETCH'),
    'UIDPLUS': ('UID EXPUNGE', r'\* \d+ EXPUNGE'),
    'UNAUTHENTICATE': ('SELECT', 'BAD'),
    'UNSELECT': ('STATUS', 'MESSAGES 1'),
    'URL-PARTIAL': (r'APPEND .*PARTIAL=4\.6', 'APPENDUID'),
    'URLAUTH': ('GENURLAUTH', r'\* GENURLAUTH "'),
    'URLAUTH=BINARY': (r'URLFETCH \(".*BINARY', r'\(BINARY '),
    'UTF8=ACCEPT': (r'APPEND .*UTF8 \(~', 'APPENDUID'),
    'UTF8=ONLY': ('SELECT', r'NO \[CANNOT\]'),
    'WITHIN': ('SEARCH YOUNGER', r'\* SEARCH 2'),
}
# Of those that a script shows, the function that fails without them.
IN_SCRIPTS = {'AUTH=': 'test_sasl.py: test_login_and_plain test_sasl_login test_scram test_scram_plus_by_end_point',
              'QUOTA': 'test_sharing.py: test_quota_is_told test_quota_is_kept test_quota_by_administrators',
              'IMAPSIEVE': 'test_imapsieve.py: test_append test_copy_and_move test_flags'}


def exchanges(path):
    """[(what a client says, with its literals; [what the server says until the client speaks again])] of a transcript."""
    out, last, open_ = [], {}, set()
    with open(path, encoding='utf-8') as f:
        for line in f.read().split('\n'):
            if m := re.match(r'(C-?)(\d*)-?: ?(.*)$', line):
                n = m[2]
                if n in open_:
                    last[n][0] += m[3]
                else:
                    last[n] = [m[3].partition(' ')[2], []]
                    out.append(last[n])
                more = line.startswith('C-') or re.search(r'\{\d+\+?\}$', m[3])
                open_.add(n) if more else open_.discard(n)
            elif (m := re.match(r'S(\d*)~?: ?(.*)$', line)) and m[1] in last:
                last[m[1]][1].append(m[2])
    return out


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
        self.assertEqual({a for a in found if a not in WITNESS and not a.startswith(tuple(IN_SCRIPTS))}, set())
        self.assertLessEqual({'IMAP4rev1', 'STARTTLS', 'LOGINDISABLED', 'AUTH=SCRAM-SHA-256-PLUS', 'QRESYNC'}, found)

    def test_what_shows_it_is_there(self):
        declared = shown()
        for atom, (said, answered) in WITNESS.items():
            files = [f for f in declared.get(atom, ()) if f.endswith('.t')]
            with self.subTest(atom):
                self.assertTrue(any(re.search(said, c, re.I) and any(re.search(answered, s) for s in answers)
                                    for f in files for c, answers in exchanges(os.path.join(HERE, 'imap', f))), files)
        for prefix, text in IN_SCRIPTS.items():
            name, _, functions = text.partition(': ')
            with open(os.path.join(HERE, name), encoding='utf-8') as f:
                script = f.read()
            self.assertTrue(any(name in declared[a] for a in declared if a.startswith(prefix)), prefix)
            for function in functions.split():
                self.assertRegex(script, r'def %s\(' % function)


if __name__ == '__main__':
    if not os.path.exists(os.path.join(BIN, 'master')):
        print('no master in', BIN)
        sys.exit(77)
    unittest.main()
