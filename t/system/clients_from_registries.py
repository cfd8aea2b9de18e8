#!/usr/bin/env python3
"""Clients that no distribution packages, on demand: imapflow from npm, IMAPClient, sievelib and managesieve from PyPI, put into
a temporary folder that goes away.  Not part of make check, for it needs the network; exit 77 where neither can be had.

    BUILD=build-check python3 t/system/clients_from_registries.py

Those of IMAP read, mark, move, search and delete, see by IDLE what another session does, and end with what the store has; those
of ManageSieve put, list, activate, rename, fetch and delete scripts.
"""
import os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from postern_test import Instance  # noqa: E402

USER, PASSWORD = 'alice@example.org', 'secret'
FLOW = r"""
const { ImapFlow } = require('imapflow');
const assert = require('assert');
(async () => {
  const c = new ImapFlow({ host: '127.0.0.1', port: +process.env.PORT, secure: false, doSTARTTLS: false, qresync: true,
                           auth: { user: process.env.LOGIN, pass: process.env.PASSWORD }, logger: false });
  await c.connect();
  const text = 'Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\r\nFrom: a@example.net\r\n\r\nhello\r\n';
  for (let i = 0; i < 5; i++) assert.ok((await c.append('INBOX', text, i ? [] : ['\\Seen'], new Date(2020, 0, 1 + i))).uid);
  await c.mailboxCreate('Büro/Pläne');
  const names = (await c.list()).map(m => m.path);
  assert.ok(names.includes('Büro/Pläne') && names.includes('INBOX'), names.join());
  assert.ok((await c.list()).some(m => m.specialUse === '\\Sent'));
  let lock = await c.getMailboxLock('INBOX');
  assert.strictEqual(c.mailbox.exists, 5);
  const all = await c.fetchAll('1:*', { uid: true, flags: true, envelope: true, bodyStructure: true, source: true, labels: false });
  assert.strictEqual(all.length, 5);
  assert.strictEqual(all[0].envelope.subject, 'grüße');
  assert.strictEqual(all[0].source.toString(), text);
  assert.ok(all[0].flags.has('\\Seen') && !all[1].flags.has('\\Seen'));
  assert.deepStrictEqual(await c.search({ seen: false }, { uid: true }), [2, 3, 4, 5]);
  assert.ok(await c.messageFlagsAdd('2:3', ['\\Flagged', '$Work'], { uid: true }));
  assert.deepStrictEqual(await c.search({ flagged: true, keyword: '$Work' }, { uid: true }), [2, 3]);
  const moved = await c.messageMove('2', 'Büro/Pläne', { uid: true });
  assert.strictEqual(moved.uidMap.get(2), 1);
  const copied = await c.messageCopy('3', 'Archive', { uid: true });
  assert.strictEqual(copied.uidMap.size, 1);
  assert.ok(await c.messageDelete('4', { uid: true }));
  assert.strictEqual(c.mailbox.exists, 3);
  const since = c.mailbox.highestModseq;
  // What another session does is told in IDLE.
  const other = new ImapFlow({ host: '127.0.0.1', port: +process.env.PORT, secure: false, doSTARTTLS: false, logger: false,
                               auth: { user: process.env.LOGIN, pass: process.env.PASSWORD } });
  await other.connect();
  const told = new Promise(ok => c.once('exists', ok));
  const idle = c.idle();
  await new Promise(ok => setTimeout(ok, 300));
  await other.append('INBOX', text);
  const e = await told;
  assert.strictEqual(e.count, 4);
  await other.logout();
  const d = await c.download('3', undefined, { uid: true });
  let body = '';
  for await (const chunk of d.content) body += chunk;
  assert.strictEqual(body, text);
  await idle.catch(() => {});
  const changed = await c.fetchAll('1:*', { uid: true, flags: true }, { changedSince: since });
  assert.deepStrictEqual(changed.map(m => m.uid), [6]);
  lock.release();
  const s = await c.status('Büro/Pläne', { messages: true, unseen: true, uidNext: true, highestModseq: true });
  assert.deepStrictEqual([s.messages, s.unseen, s.uidNext], [1, 1, 2]);
  assert.ok((await c.mailboxRename('Büro/Pläne', 'Büro/Alt')).newPath);
  assert.ok(await c.mailboxDelete('Büro/Alt'));
  assert.ok(await c.getQuota('INBOX'));
  await c.logout();
})().catch(e => { console.error(e); process.exit(1); });
"""
CLIENT = r"""
import os, sys
sys.path.insert(0, os.environ['FOLDER'])
from imapclient import IMAPClient
port, login, password = int(os.environ['PORT']), os.environ['LOGIN'], os.environ['PASSWORD']
text = b'Subject: two\r\nFrom: b@example.net\r\n\r\nbody\r\n'
with IMAPClient('127.0.0.1', port=port, ssl=False) as c, IMAPClient('127.0.0.1', port=port, ssl=False) as other:
    for x in (c, other):
        x.login(login, password)
    c.create_folder('Entwürfe')
    assert 'Entwürfe' in [n for _, _, n in c.list_folders()]
    assert c.find_special_folder(b'\\Trash') == 'Trash'
    assert c.namespace().personal
    for i in range(3):
        c.append('Entwürfe', text, flags=[b'\\Seen'] if i == 0 else ())
    c.subscribe_folder('Entwürfe')
    assert 'Entwürfe' in [n for _, _, n in c.list_sub_folders()]
    info = c.select_folder('Entwürfe')
    assert info[b'EXISTS'] == 3 and info[b'READ-WRITE'], info
    got = c.fetch([1, 2], ['FLAGS', 'ENVELOPE', 'BODYSTRUCTURE', 'BODY.PEEK[]', 'INTERNALDATE'])
    assert got[1][b'BODY[]'] == text and got[2][b'ENVELOPE'].subject == b'two'
    assert c.search(['UNSEEN', 'SUBJECT', 'two']) == [2, 3]
    assert c.sort(['REVERSE SIZE'], 'ALL') and c.thread('REFERENCES', 'ALL')
    assert {b'\\Flagged', b'$Work'} <= set(c.add_flags([2], [b'\\Flagged', b'$Work'])[2])
    assert c.get_flags([2])[2][0] == b'\\Flagged'
    c.move([2], 'Archive')
    c.idle()
    other.append('Entwürfe', text)
    said = []
    while not any(len(r) == 2 and r[1] == b'EXISTS' for r in said):
        said += c.idle_check(timeout=20)
    c.idle_done()
    c.delete_messages([1])
    c.expunge([1])
    assert c.search() == [3, 4]
    status = c.folder_status('Entwürfe', ['MESSAGES', 'UIDNEXT', 'HIGHESTMODSEQ'])
    assert (status[b'MESSAGES'], status[b'UIDNEXT']) == (2, 5)
    assert c.get_quota('INBOX') is not None and c.getacl('INBOX')
    c.close_folder()
    c.rename_folder('Entwürfe', 'Alt')
    c.delete_folder('Alt')
"""

SIEVELIB = r"""
import os, sys
sys.path.insert(0, os.environ['FOLDER'])
from sievelib.managesieve import Client
c = Client('127.0.0.1', int(os.environ['SIEVE_PORT']))
assert c.connect(os.environ['LOGIN'], os.environ['PASSWORD'], starttls=False, authmech='PLAIN')
text = 'require ["fileinto"];\r\nfileinto "Grüße";\r\n'
assert c.havespace('main', len(text.encode())) and c.putscript('main', text) and c.setactive('main')
assert c.listscripts() == ('main', []), c.listscripts()
assert c.getscript('main').split() == text.split()
assert c.checkscript('keep;') and not c.checkscript('kep;')
assert not c.putscript('bad', 'kep;') and c.renamescript('main', 'other')
assert c.listscripts() == ('other', []) and not c.deletescript('other')
assert c.setactive('') and c.deletescript('other') and c.listscripts() == (None, [])
c.logout()
"""
MANAGESIEVE = r"""
import os, sys
sys.path.insert(0, os.environ['FOLDER'])
import managesieve
c = managesieve.MANAGESIEVE('127.0.0.1', port=int(os.environ['SIEVE_PORT']))
assert 'PLAIN' in c.loginmechs and 'fileinto' in c.capabilities and c.supports_tls
assert c.login('', os.environ['LOGIN'], os.environ['PASSWORD']) == 'OK'
text = 'require "fileinto";\r\nfileinto "Junk";\r\n'
assert c.havespace('main', len(text)) == 'OK' and c.putscript('main', text) == 'OK' and c.putscript('bad', 'kep;') == 'NO'
assert c.setactive('main') == 'OK' and c.listscripts() == ('OK', [('main', True)]), c.listscripts()
status, got = c.getscript('main')
assert status == 'OK' and got.split() == text.split()
assert c.deletescript('main') == 'NO' and c.setactive('') == 'OK' and c.deletescript('main') == 'OK'
c.logout()
"""


def get(folder):
    """{name: [command]} of what could be had."""
    out = {}
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=180)
    if shutil.which('npm') and subprocess.run(['npm', 'install', '--no-audit', '--no-fund', 'imapflow'], cwd=folder, **quiet).returncode == 0:
        out['imapflow'] = ['node', '-e', FLOW]
    else:
        print('skipped: imapflow, npm can not install it')
    for package, client in (('imapclient', CLIENT), ('sievelib', SIEVELIB), ('managesieve', MANAGESIEVE)):
        pip = [sys.executable, '-m', 'pip', 'install', '--target', os.path.join(folder, 'python'), package]
        if subprocess.run(pip, **quiet).returncode == 0:
            out[package] = [sys.executable, '-c', client]
        else:
            print('skipped: %s, pip can not install it' % package)
    return out


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix='postern-clients-') as folder:
        clients = get(folder)
        if not clients:
            return 77
        for name, command in clients.items():
            # One of its own: all responses are held to the grammar.
            with Instance() as p:
                env = dict(os.environ, PORT=str(p.port('imap')), SIEVE_PORT=str(p.port('sieve')), LOGIN=USER, PASSWORD=PASSWORD, FOLDER=os.path.join(folder, 'python'))
                done = subprocess.run(command, cwd=folder, env=env, timeout=120).returncode == 0
                print('%s: %s' % (name, 'well' if done else 'FAILED'))
                failed += not done
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
