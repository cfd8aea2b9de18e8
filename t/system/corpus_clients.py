#!/usr/bin/env python3
"""Every message of the shared corpora in, and out again by every client, on demand (minutes; exit 77 where the corpora are absent).

    BUILD=build python3 t/system/corpus_clients.py [CLIENT...]       imaplib jmap mbsync offlineimap mutt curl

Each corpus becomes a Maildir with flags and file times, goes in by `postern import`, and is fetched by one client after the
other: bytes, flags and dates are what came in, but for what t/lib/mail_clients.py says that the client itself does."""
import glob, os, shutil, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from corpus import as_maildir  # noqa: E402
import mail_clients  # noqa: E402
from postern_test import Instance, SOURCE  # noqa: E402

SHARED = os.environ.get('SHARED') or os.path.join(SOURCE, '..', 'shared')


def messages(archive, folder):
    subprocess.run(['tar', '--zstd', '-xf', archive, '-C', folder], check=True)
    for path in sorted(os.path.join(d, f) for d, _, fs in os.walk(folder) for f in fs):
        if not os.path.islink(path):
            with open(path, 'rb') as f:
                yield f.read()


def main():
    archives = sorted(glob.glob(os.path.join(SHARED, 'corpus', '*', '*.tar.zst')))
    clients = [c for c in mail_clients.ALL if not sys.argv[1:] or type(c).__name__.lower() in sys.argv[1:]]
    missing = [c.program for c in clients if c.program and not shutil.which(c.program)]
    if not archives or missing:
        print('skipped: ' + (', '.join(missing) + ' not installed' if missing else 'no corpus at ' + SHARED))
        return 77
    bad = 0
    with tempfile.TemporaryDirectory() as tmp, Instance(accounts=['c%d@example.org=secret' % i for i in range(len(archives))]) as p:
        for i, archive in enumerate(archives):
            name, who = os.path.basename(archive).split('.')[0], 'c%d@example.org' % i
            here = os.path.join(tmp, name)
            os.makedirs(here + '/files')
            stored = as_maildir(messages(archive, here + '/files'), here + '/M')
            p.postern('import', 'maildir', '--account', who, here + '/M')
            print('%s: %d messages' % (name, len(stored)), flush=True)
            for client in clients:
                folder = os.path.join(here, type(client).__name__)
                os.mkdir(folder)
                begun = time.time()
                got = client.fetch(p, who, 'INBOX', folder)
                wrong, compared = mail_clients.differences(client, stored, got)
                print('  %-12s fetched %5d, compared %5d, differing %d  (%.0f s)' % (
                    type(client).__name__, len(got), compared, len(wrong), time.time() - begun), flush=True)
                for text in wrong[:3]:
                    print('    ' + text)
                bad += len(wrong)
                shutil.rmtree(folder)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
