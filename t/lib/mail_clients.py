"""Mail clients that fetch a whole mailbox to the disk, one class each: how it is run, and what it does to a message on the
way, so that what it brought can be held against what is stored.

    fetch(p, who, mailbox, folder) -> [(bytes, flags, date)]   flags as sorted Maildir letters, date in seconds; None where
                                                               the client keeps none
    key(bytes)       a fetched message, without what the client adds
    want(message)    the key of a stored message; None where the client rewrites it, so that only its number counts
    keeps(message)   whether it surely brings such a message"""
import base64
import calendar
import collections
import email.errors
import email.parser
import email.policy
import imaplib
import json
import os
import re
import subprocess
import time
import urllib.request

from corpus import over_imap

LETTER = {'\\Seen': 'S', '\\Flagged': 'F', '\\Answered': 'R', '\\Draft': 'D', '\\Deleted': 'T'}
FIELD = rb'[!-9;-~]+:'


def run(*args, folder, input=None, check=True, timeout=1200, **env):
    r = subprocess.run(args, env=dict(os.environ, HOME=folder, **env), input=input, cwd=folder, timeout=timeout,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if check and r.returncode:
        raise AssertionError('%s: exit %d\n%s\n%s' % (args, r.returncode, r.stdout[-2000:].decode('latin-1'), r.stderr[-2000:].decode('latin-1')))
    return r


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        f.write(text)
    os.chmod(path, 0o600)
    return path


def maildir(folder):
    """[(bytes, flags, mtime)] of a Maildir."""
    out = []
    for sub in ('cur', 'new'):
        for name in os.listdir(os.path.join(folder, sub)):
            path = os.path.join(folder, sub, name)
            with open(path, 'rb') as f:
                out.append((f.read(), ''.join(sorted(name.rpartition(':2,')[2] if ':2,' in name else '')), int(os.stat(path).st_mtime)))
    return out


def letters(flags):
    return ''.join(sorted(LETTER[f] for f in flags if f in LETTER))


def lf(message):
    return message.replace(b'\r\n', b'\n')


class Client:
    program = None   # what must be installed

    def keeps(self, message):
        return True

    def key(self, got):
        return got

    def want(self, message):
        return over_imap(message)


class Mbsync(Client):
    """It drops every CR, adds an X-TUID field, and leaves out messages whose header has no end."""
    program = 'mbsync'
    CONF = '''IMAPAccount a
Host 127.0.0.1
Port {port}
User {who}
Pass secret
SSLType None
AuthMechs LOGIN

IMAPStore far
Account a

MaildirStore near
Path {dir}/mail/
Inbox {dir}/mail/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns *
CopyArrivalDate yes
{more}
'''

    def configure(self, p, who, folder, more):
        os.makedirs(folder + '/mail', exist_ok=True)
        return write(folder, 'rc', self.CONF.format(port=p.port('imap'), who=who, dir=folder, more=more))

    def fetch(self, p, who, mailbox, folder):
        run('mbsync', '-c', self.configure(p, who, folder, 'Sync Pull\nCreate Near'), '-a', folder=folder)
        return maildir(folder + '/mail/' + mailbox)

    def keeps(self, message):
        return b'\r\n\r\n' in message or message.startswith(b'\r\n')

    def key(self, got):
        return re.sub(rb'(?m)^X-TUID: .*\n', b'', got, count=1)

    def want(self, message):
        return over_imap(message).replace(b'\r', b'')


class Offlineimap(Client):
    """It parses and writes messages by Python's email package, with these policies: so does want().  A multipart without a
    boundary it mends in a way of its own, and what the package cannot write it leaves out."""
    program = 'offlineimap'
    READ = email.policy.default.clone(cte_type='8bit', utf8=True, refold_source='none', linesep='\r\n')
    WRITE = email.policy.default.clone(cte_type='8bit', utf8=True, refold_source='none')
    CONF = '''[general]
accounts = a
metadata = {dir}/meta
ui = quiet
fsync = False
[Account a]
localrepository = l
remoterepository = r
[Repository l]
type = Maildir
localfolders = {dir}/mail
utime_from_header = False
[Repository r]
type = IMAP
remotehost = 127.0.0.1
remoteport = {port}
remoteuser = {who}
remotepass = secret
ssl = no
starttls = no
auth_mechanisms = PLAIN
folderfilter = lambda f: f == '{mailbox}'
'''

    def fetch(self, p, who, mailbox, folder):
        rc = write(folder, 'rc', self.CONF.format(port=p.port('imap'), who=who, dir=folder, mailbox=mailbox))
        run('offlineimap', '-c', rc, '-o', folder=folder)
        return [(b, flags, None) for b, flags, _ in maildir(folder + '/mail/' + mailbox)]

    def keeps(self, message):
        return self.want(message) is not None

    def want(self, message):
        parsed = email.parser.BytesParser(policy=self.READ).parsebytes(over_imap(message))
        if any(isinstance(d, email.errors.NoBoundaryInMultipartDefect) for d in parsed.defects):
            return None
        try:
            return parsed.as_bytes(policy=self.WRITE)
        except Exception:   # it has many
            return None


class Curl(Client):
    """It asks for BODY[], which sets \\Seen, and makes no file for an empty message."""
    program = 'curl'

    def fetch(self, p, who, mailbox, folder):
        login = ('curl', '-sk', '-u', who + ':secret')
        url = 'imaps://127.0.0.1:%d/%s' % (p.port('imaps'), mailbox)
        uids = re.search(rb'\* SEARCH([ 0-9]*)', run(*login, url + '?ALL', folder=folder).stdout)[1].decode().split()
        run(*login, '-K', '-', input=''.join('url = "%s;UID=%s"\noutput = "%s"\n' % (url, u, u) for u in uids).encode(), folder=folder)
        out = []
        for u in uids:
            path = os.path.join(folder, u)
            if os.path.exists(path):
                with open(path, 'rb') as f:
                    out.append((f.read(), None, None))
            else:
                out.append((b'', None, None))
        return out


class Imaplib(Client):
    def fetch(self, p, who, mailbox, folder):
        out = []
        with imaplib.IMAP4_SSL('127.0.0.1', p.port('imaps'), timeout=120) as c:
            c.login(who, 'secret')
            n = int(c.select(mailbox, readonly=True)[1][0])
            for at in range(1, n + 1, 200):
                for one in c.fetch('%d:%d' % (at, min(n, at + 199)), '(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])')[1]:
                    if isinstance(one, tuple):
                        flags = letters(f.decode() for f in imaplib.ParseFlags(one[0]))
                        out.append((one[1], flags, int(time.mktime(imaplib.Internaldate2tuple(one[0])))))
                        size = int(re.search(rb'SIZE (\d+)', one[0])[1])
                        assert size == len(one[1]), (size, one[0])
        return out


class Mutt(Client):
    """mutt copies the tagged messages into a Maildir, driven by its own commands, on a terminal that nobody looks at.  It writes
    LF, ends the last line, drops empty lines before the first, adds or drops Status and Lines fields: bodies are compared, of messages
    whose header is one.  It may pass over a message without body or header."""
    program = 'mutt'
    CONF = '''set folder="{dir}"
set imap_user="{who}" imap_pass="secret" imap_authenticators="login"
set pop_user="{who}" pop_pass="secret" pop_authenticators="user"
set ssl_starttls=no ssl_force_tls=no mail_check=600 sleep_time=0 confirmappend=no confirmcreate=no delete=no quit=yes move=no
set header_cache="" message_cachedir="" mbox_type=Maildir record="" copy=no
set imap_idle=no
set tmpdir="{dir}"
'''

    def __init__(self, protocol='imap'):
        self.protocol = protocol

    def fetch(self, p, who, mailbox, folder):
        rc = write(folder, 'rc', self.CONF.format(who=who, dir=folder))
        url = ('imap://127.0.0.1:%d/%s' if self.protocol == 'imap' else 'pop://127.0.0.1:%d/%.0s') % (p.port(self.protocol), mailbox)
        command = "mutt -F %s -n -f %s -e 'push \"<tag-pattern>~z3-<enter><tag-prefix><copy-message>%s/out<enter><exit>\"'"
        r = run('script', '-qec', command % (rc, url, folder), '/dev/null', folder=folder, input=b'', TERM='vt100', check=False)
        assert os.path.isdir(folder + '/out'), r
        return [(b, None, None) for b, _, _ in maildir(folder + '/out')]

    def keeps(self, message):
        return bool(self.want(message))

    def key(self, got):
        body = got.partition(b'\n\n')[2].lstrip(b'\n')
        return body if body.endswith(b'\n') or not body else body + b'\n'

    def want(self, message):
        header, end, _ = message.partition(b'\r\n\r\n')
        whole = end and re.match(FIELD, header) and all(re.match(FIELD, line) or re.match(rb'[ \t]+\S', line) for line in header.split(b'\r\n'))
        if self.protocol == 'pop3' and max(map(len, message.split(b'\r\n'))) > 1000:   # it breaks them
            return None
        return self.key(lf(over_imap(message))) if whole else None


class Jmap(Client):
    """Email/query, Email/get and a download of each blob, which is the message as it is stored."""
    KEYWORD = {'$seen': 'S', '$flagged': 'F', '$answered': 'R', '$draft': 'D'}

    def want(self, message):
        return message

    def fetch(self, p, who, mailbox, folder):
        auth = {'Authorization': 'Basic ' + base64.b64encode((who + ':secret').encode()).decode()}

        def get(url, data=None):
            r = urllib.request.Request(url, data, dict(auth, **({'Content-Type': 'application/json'} if data else {})))
            return urllib.request.urlopen(r, timeout=120).read()
        session = json.loads(get('http://127.0.0.1:%d/.well-known/jmap' % p.port('http')))
        account = session['primaryAccounts']['urn:ietf:params:jmap:mail']
        step = session['capabilities']['urn:ietf:params:jmap:core']['maxObjectsInGet']

        def call(name, **args):
            body = {'using': ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'], 'methodCalls': [[name, dict(args, accountId=account), '0']]}
            return json.loads(get(session['apiUrl'], json.dumps(body).encode()))['methodResponses'][0][1]
        box, = (m['id'] for m in call('Mailbox/get', ids=None)['list'] if (m['name'] if m['role'] != 'inbox' else 'INBOX') == mailbox)
        ids, out = [], []
        while True:
            more = call('Email/query', filter={'inMailbox': box}, position=len(ids))['ids']
            ids += more
            if not more:
                break
        for at in range(0, len(ids), step):
            for e in call('Email/get', ids=ids[at:at + step], properties=['blobId', 'size', 'keywords', 'receivedAt'])['list']:
                url = session['downloadUrl'].replace('{accountId}', account).replace('{blobId}', e['blobId'])
                data = get(url.replace('{name}', 'x').replace('{type}', 'message/rfc822'))
                assert e['size'] == len(data), e
                flags = ''.join(sorted(self.KEYWORD[k] for k in e['keywords'] if k in self.KEYWORD))
                date = calendar.timegm(time.strptime(e['receivedAt'], '%Y-%m-%dT%H:%M:%SZ'))
                out.append((data, flags, date))
        return out


ALL = (Imaplib(), Jmap(), Mbsync(), Offlineimap(), Mutt(), Curl())   # curl last: it marks what it reads


def differences(client, stored, got):
    """What `got` (fetched by the client) lacks of `stored`, [(bytes, flags, date)], as a list of texts; and how many messages
    were compared whole or as the part that the client keeps."""
    kept = [s for s in stored if client.keeps(s[0])]
    out = [] if len(kept) <= len(got) <= len(stored) else ['%d messages of %d' % (len(got), len(kept))]
    left = collections.Counter((client.key(b), f, d) for b, f, d in got)
    compared = 0
    for message, flags, date in kept:
        want = client.want(message)
        if want is None:
            continue
        compared += 1
        some = got[0] if got else (None, None, None)
        one = (want, None if some[1] is None else flags, None if some[2] is None else date)
        if left[one]:
            left[one] -= 1
        else:
            near = [k for k in left if k[0][:60] == want[:60]]
            out.append('missing or changed: %.300r; near: %.300r' % (one, near[:2]))
    return out, compared
