"""Every message of the shared corpus goes in by `postern import` and comes back by IMAP byte for byte (after each LF
without CR has become CRLF; NUL leaves as 0x80), and by JMAP download exactly.  Skipped where the corpus is absent."""
import base64, collections, glob, hashlib, json, os, re, subprocess, sys, tempfile, urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))
from postern_test import Instance, SOURCE

SHARED = os.environ.get('SHARED') or os.path.join(SOURCE, '..', 'shared')


def normalised(data):
    return re.sub(rb'(?<!\r)\n', b'\r\n', data)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def main():
    archives = sorted(glob.glob(os.path.join(SHARED, 'corpus', '*', '*.tar.zst')))
    if not archives:
        print('skipped: no corpus at ' + SHARED)
        return 77
    bad = 0
    with tempfile.TemporaryDirectory() as tmp, Instance(accounts=['c%d@example.org=secret' % i for i in range(len(archives))]) as p:
        for i, archive in enumerate(archives):
            name, user = os.path.basename(archive).split('.')[0], 'c%d@example.org' % i
            folder = os.path.join(tmp, name)
            os.mkdir(folder)
            if subprocess.run(['tar', '--zstd', '-xf', archive, '-C', folder]).returncode:
                print('skipped: tar cannot unpack ' + archive)
                return 77
            files = [os.path.join(d, f) for d, _, fs in os.walk(folder) for f in fs if not os.path.islink(os.path.join(d, f))]
            want = collections.Counter()
            for f in files:
                with open(f, 'rb') as h:
                    want[digest(normalised(h.read()))] += 1
            r = json.loads(p.postern('import', 'eml', '--json', '--account', user, folder).stdout)
            again = json.loads(p.postern('import', 'eml', '--json', '--account', user, folder).stdout)
            c = p.imap(user)
            got, got_wire, seen = collections.Counter(), collections.Counter(), 0
            for line in c.list()[1]:
                box = line.decode().rsplit(' "/" ', 1)[-1] if ' "/" ' in line.decode() else line.decode().rsplit(' ', 1)[-1]
                n = int(c.select(box, readonly=True)[1][0])
                for at in range(1, n + 1, 200):
                    typ, data = c.fetch('%d:%d' % (at, min(n, at + 199)), '(BODY.PEEK[] ENVELOPE BODYSTRUCTURE RFC822.SIZE)')
                    bodies = [x for x in data if isinstance(x, tuple) and b'BODY[] {' in x[0]]
                    seen += len(bodies)
                    for x in bodies:
                        got_wire[digest(x[1])] += 1
            for f in files:
                with open(f, 'rb') as h:
                    got_wire[digest(normalised(h.read()).replace(b'\0', b'\x80'))] -= 1
            differ = sum(abs(v) for v in got_wire.values())
            print('%s: %d files, imported %s, again %s, fetched %d, differing %d' % (
                name, len(files), r['added'], again['added'], seen, differ), flush=True)
            if r['added'] != len(files) or r['failed'] or again['added'] or seen != len(files) or differ:
                bad += 1
            bad += jmap_differs(p, user, want)
            c.logout()
    return 1 if bad else 0


def jmap_differs(p, user, want):
    auth = {'Authorization': 'Basic ' + base64.b64encode(('%s:secret' % user).encode()).decode()}
    base = 'http://127.0.0.1:%d' % p.port('http')

    def get(url, data=None):
        r = urllib.request.Request(url, data, dict(auth, **({'Content-Type': 'application/json'} if data else {})))
        return urllib.request.urlopen(r, timeout=60).read()
    session = json.loads(get(base + '/.well-known/jmap'))
    account = session['primaryAccounts']['urn:ietf:params:jmap:mail']

    def call(name, **args):
        body = {'using': ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'], 'methodCalls': [[name, dict(args, accountId=account), '0']]}
        return json.loads(get(session['apiUrl'], json.dumps(body).encode()))['methodResponses'][0][1]
    left = collections.Counter(want)
    ids = call('Email/query', sort=[{'property': 'receivedAt'}])['ids']
    sample = ids[:: max(1, len(ids) // 150)]
    wrong = 0
    for e in call('Email/get', ids=sample, properties=['blobId', 'size', 'subject', 'from', 'preview', 'bodyStructure'])['list']:
        url = session['downloadUrl'].replace('{accountId}', account).replace('{blobId}', e['blobId']).replace('{name}', 'x').replace('{type}', 'message/rfc822')
        data = get(url)
        if not left[digest(data)] or len(data) != e['size']:
            wrong += 1
        left[digest(data)] -= 1
    print('  jmap: %d emails, %d downloaded, %d differing' % (len(ids), len(sample), wrong), flush=True)
    return wrong + (len(ids) != sum(want.values()))


if __name__ == '__main__':
    sys.exit(main())
