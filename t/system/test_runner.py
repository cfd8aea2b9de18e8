#!/usr/bin/env python3
"""runner: only listed programs, within their limits, and nothing of them is left (RELIABILITY M12)."""
import os, shutil, signal, socket, stat, subprocess, sys, tempfile, time, unittest, zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from ipc_client import Client, field, fields, memfd  # noqa: E402
from postern_test import BIN  # noqa: E402

EXITED, SIGNALED, TIME, OUTPUT = range(4)
# Limits of cmd/runner/limits.h: kMaxArgument, kMaxArguments, kMaxWaiting, kMaxComplaint, kMaxFiles.
MAX_ARGUMENT, MAX_WAITING, MAX_COMPLAINT, MAX_FILES = 1024, 64, 512, 256
UNIQUE = 3600000 + os.getpid()   # seconds that nobody else sleeps
SHELL = '/usr/bin/sh %s/%s.sh'
SCRIPTS = {
    'cat': 'cat',
    'show': 'pwd; env | sort; for a in "$@"; do echo "[$a]"; done; ls /proc/self/fd | wc -l',
    'fail': 'echo one word >&2; exit 3',
    'chatter': 'head -c 100000 /dev/zero | tr "\\\\0" x >&2; exit 1',
    'slow': 'exec sleep 100',
    'spin': 'while :; do :; done',
    'much': 'exec head -c 5000000 /dev/zero',
    'exact': 'exec head -c 1048576 /dev/zero',
    'forks': 'sleep {0}0 & setsid sleep {0}1 & setsid sh -c "sleep {0}2 & sleep {0}3" & echo started'.format(UNIQUE),
    'bomb': 'f() { f & f; }; f',
    'memory': 'exec python3 -c "a = bytearray(400 << 20); print(len(a))"',
    'files': 'exec python3 -c "import os; [os.dup(0) for _ in range(1000)]"',
    'socket': 'exec python3 -c "import socket; socket.socket(socket.AF_UNIX)"',
    'inet': 'exec python3 -c "import socket; socket.socket(); print(1)"',
    'write': 'echo x > /tmp/postern-runner-trial && echo written',
    'kill': 'kill -9 $$',
}
ROWS = {'show': 'args=70', 'slow': 'time=1s', 'spin': 'time=1s', 'much': 'output=1M', 'exact': 'output=1M', 'memory': 'memory=200M',
        'bomb': 'time=2s processes=20', 'inet': 'network', 'files': '', 'cat': 'gives=text/html args=100'}


def eventually(condition):
    end = time.time() + 60
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Daemon:
    """runner with a socket of ours and no master."""

    def __init__(self, conf):
        self.dir = tempfile.mkdtemp(prefix='postern-runner-')
        os.chmod(self.dir, 0o755)
        with open(self.dir + '/postern.conf', 'w') as f:
            f.write(conf)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self.dir + '/sock')
        listening.listen()
        # The limit on processes is not for root.
        user = ['--user=nobody'] if os.geteuid() == 0 else []
        env = dict(os.environ, LISTEN_FDS='1', LISTEN_FDNAMES='runner', ASAN_OPTIONS='detect_leaks=0')
        self.log = open(self.dir + '/log', 'w+')
        self.process = subprocess.Popen([os.path.join(BIN, 'runner'), '-C', self.dir, *user], env=env, stderr=self.log, pass_fds=[3],
                                        preexec_fn=lambda: os.dup2(listening.fileno(), 3))
        listening.close()

    def client(self):
        return Client(self.dir + '/sock', 'runner/1')

    def stop(self):
        self.process.terminate()
        status = self.process.wait(30)
        self.log.seek(0)
        text = self.log.read()
        self.log.close()
        shutil.rmtree(self.dir)
        assert status == 0 and 'AddressSanitizer' not in text and 'runtime error' not in text, text


def alive(words):
    """Processes whose command line holds this."""
    out = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/cmdline' % pid, 'rb') as f:
                if words.encode() in f.read().replace(b'\0', b' '):
                    out.append(int(pid))
        except OSError:
            pass
    return out


class Runner(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scripts = tempfile.mkdtemp(prefix='postern-scripts-')
        cls.addClassCleanup(shutil.rmtree, cls.scripts)
        os.chmod(cls.scripts, 0o755)
        conf = 'runner.read = %s\n' % cls.scripts
        for name, text in SCRIPTS.items():
            with open('%s/%s.sh' % (cls.scripts, name), 'w') as f:
                f.write(text.replace('\\\\', '\\') + '\n')
            conf += 'runner.command = execute:%s %s %s\n' % (name, ROWS.get(name, ''), SHELL % (cls.scripts, name))
        conf += 'runner.command = execute:template args=1 /usr/bin/printf %%s,%%s,%%s {SENDER} x{RECIPIENT}y\n'.replace('%%', '%')
        conf += 'runner.command = execute:options args=2 options /usr/bin/printf %s-%s\n'
        conf += 'runner.command = execute:dsn args=2 dsn deliverby /usr/bin/printf %s| -i --\n'
        conf += 'runner.command = execute:bare args=2 /usr/bin/printf %s|%s|{DELIVERBY} -i --\n'
        conf += 'runner.command = execute:absent /usr/bin/no-such-program\n'
        conf += 'runner.command = text:application/rtf off\n'
        conf += 'runner.input = 1M\n'
        cls.d = Daemon(conf)
        cls.addClassCleanup(cls.d.stop)

    def setUp(self):
        self.c = self.d.client()
        self.addCleanup(self.c.close)

    def request(self, command, args=(), env=None, within=0):
        run = field(1, command) + b''.join(field(2, a) for a in args)
        run += b''.join(field(3, field(1, k) + field(2, v)) for k, v in (env or {}).items())
        return field(1, run + (field(4, within) if within else b''))

    def finish(self, answer):
        """(how, status, output, complaint), or the code of an error."""
        payload, fds = answer
        r = fields(payload)
        if 1 in r:
            self.assertEqual(fds, [])
            return fields(r[1][0])[1][0].decode()
        ran = fields(r[2][0])
        self.gives = ran[4][0].decode()
        size = ran.get(3, [0])[0]
        with os.fdopen(fds[0], 'rb') as f:
            self.assertTrue(stat.S_ISREG(os.fstat(f.fileno()).st_mode))
            with self.assertRaises(OSError):
                os.pwrite(f.fileno(), b'x', 0)
            out = os.pread(f.fileno(), size + 1, 0)
        self.assertEqual(len(out), size)
        return ran.get(1, [0])[0], ran.get(2, [0])[0], out, ran.get(5, [b''])[0].decode()

    def run_(self, command, args=(), env=None, data=None, within=0):
        fds = [memfd(data)] if data is not None else []
        try:
            return self.finish(self.c.call(self.request(command, args, env, within), fds))
        finally:
            for f in fds:
                os.close(f)

    def test_input_to_output(self):
        data = os.urandom(300000)
        self.assertEqual(self.run_('execute:cat', data=data), (EXITED, 0, data, ''))
        self.assertEqual(self.gives, 'text/html')
        self.assertEqual(self.run_('execute:cat'), (EXITED, 0, b'', ''))

    def test_input_is_a_copy_from_its_beginning(self):
        fd = memfd(b'all of it')
        os.lseek(fd, 0, os.SEEK_END)
        self.assertEqual(self.finish(self.c.call(self.request('execute:cat'), [fd]))[2], b'all of it')
        os.close(fd)

    def test_how_it_failed(self):
        self.assertEqual(self.run_('execute:fail'), (EXITED, 3, b'', 'one word'))
        self.assertEqual(self.run_('execute:kill')[:2], (SIGNALED, signal.SIGKILL))
        how, status, _, said = self.run_('execute:chatter')
        self.assertEqual((how, status, len(said)), (EXITED, 1, MAX_COMPLAINT))

    def test_clean_environment(self):
        os.environ['LEAK'] = 'x'
        out = self.run_('execute:show', ['a b', "'; rm -rf /", '$(id)'], {'SENDER': 'a@b', 'USER': ''})[2].decode().split('\n')
        self.assertEqual(out[0], '/')
        names = {line.split('=')[0] for line in out[1:] if '=' in line and '[' not in line}
        self.assertEqual(names - {'PWD', 'OLDPWD', 'SHLVL', '_'}, {'PATH', 'LANG', 'HOME', 'SENDER', 'USER'})
        self.assertEqual([x for x in out if x.startswith('[')], ['[a b]', "['; rm -rf /]", '[$(id)]'])
        self.assertIn(out[-2].strip(), ('4', '5'))   # 0, 1, 2 and the folder that ls looks at

    def test_template(self):
        self.assertEqual(self.run_('execute:template', ['last'], {'SENDER': 'a b@c', 'RECIPIENT': '{SENDER}'})[2],
                         b'a b@c,x{SENDER}y,last')
        self.assertEqual(self.run_('execute:template', ['z'])[2], b',xy,z')

    def test_what_is_asked_of_the_transfer(self):
        # RFC 3461, where the row knows it, before the words that a request adds; RFC 2852 4.1.4.1.
        asked = {'DSN_NOTIFY': 'SUCCESS,DELAY', 'DSN_RET': 'HDRS', 'DELIVERBY': '60;R'}
        self.assertEqual(self.run_('execute:dsn', ['x'], asked)[2], b'-i|-N|success,delay|-R|hdrs|--|x|')
        self.assertEqual(self.run_('execute:dsn', ['x'], {'DSN_NOTIFY': 'NEVER'})[2], b'-i|-N|never|--|x|')
        self.assertEqual(self.run_('execute:bare', [], asked), 'BAD_ARGUMENT')
        self.assertEqual(self.run_('execute:bare', [], dict(asked, DELIVERBY='-5;N'))[2], b'-i|--|-5;N')
        for name, value in (('DSN_NOTIFY', 'never'), ('DSN_NOTIFY', 'NEVER -X'), ('DSN_RET', 'HALF'), ('DELIVERBY', '60;R x')):
            self.assertEqual(self.run_('execute:dsn', [], {name: value}), 'BAD_ARGUMENT', (name, value))

    def test_unknown_and_absent_commands(self):
        for name in ('', 'execute:nothing', '/bin/sh', 'cat', 'execute:cat/../fail', 'text:application/rtf', 'x' * 100000):
            self.assertEqual(self.run_(name), 'NOT_FOUND', name[:50])
        self.assertEqual(self.run_('execute:absent'), 'NOT_INSTALLED')

    def test_hostile_arguments(self):
        self.assertEqual(self.run_('execute:fail', ['x']), 'BAD_ARGUMENT')
        self.assertEqual(self.run_('execute:show', ['x'] * 71), 'BAD_ARGUMENT')
        self.assertEqual(self.run_('execute:show', ['--help']), 'BAD_ARGUMENT')
        self.assertEqual(self.run_('execute:options', ['-x', '--y'])[2], b'-x---y')
        for bad in ('a\0b', 'a\nb', '\x7f', 'x' * (MAX_ARGUMENT + 1)):
            self.assertEqual(self.run_('execute:show', [bad]), 'BAD_ARGUMENT')
            self.assertEqual(self.run_('execute:show', [], {'SENDER': bad}), 'BAD_ARGUMENT')
        self.assertEqual(self.run_('execute:show', ['x' * MAX_ARGUMENT])[:2], (EXITED, 0))
        self.assertEqual(self.run_('execute:show', ['x' * MAX_ARGUMENT] * 64)[:2], (EXITED, 0))
        self.assertEqual(self.run_('execute:show', ['x' * MAX_ARGUMENT] * 64 + ['y']), 'BAD_ARGUMENT')   # kMaxArguments
        for name in ('LD_PRELOAD', 'PATH', 'SENDER=x', '', 'sender'):
            self.assertEqual(self.run_('execute:show', [], {name: '/tmp/x'}), 'BAD_ARGUMENT', name)

    def test_hostile_input(self):
        r, w = os.pipe()
        self.assertEqual(self.finish(self.c.call(self.request('execute:cat'), [r])), 'BAD_ARGUMENT')
        fd = os.open('/dev/zero', os.O_RDONLY)
        self.assertEqual(self.finish(self.c.call(self.request('execute:cat'), [fd])), 'BAD_ARGUMENT')
        self.assertEqual(self.finish(self.c.call(self.request('execute:cat'), [fd, fd])), 'BAD_ARGUMENT')
        for f in (r, w, fd):
            os.close(f)
        self.assertEqual(self.run_('execute:cat', data=b'x' * (1 << 20))[:2], (EXITED, 0))
        self.assertEqual(self.run_('execute:cat', data=b'x' * ((1 << 20) + 1)), 'TOO_LARGE')
        for garbage in (b'', b'\xff' * 50, field(9, 'x')):
            self.assertEqual(self.finish(self.c.call(garbage)), 'BAD_ARGUMENT')

    def test_time_limit(self):
        for command in ('execute:slow', 'execute:spin'):
            self.assertEqual(self.run_(command)[0], TIME)
        self.assertEqual(alive('%s/spin.sh' % self.scripts), [])
        self.assertEqual(self.run_('execute:cat', within=20000)[0], EXITED)
        self.assertEqual(self.run_('execute:forks', within=1)[0] in (TIME, EXITED), True)

    def test_output_limit(self):
        how, _, out, _ = self.run_('execute:much')
        self.assertEqual((how, len(out)), (OUTPUT, 1 << 20))
        how, status, out, _ = self.run_('execute:exact')
        self.assertEqual((how, status, len(out)), (EXITED, 0, 1 << 20))

    def test_memory_limit(self):
        how, status, out, said = self.run_('execute:memory')
        self.assertEqual((how, out), (EXITED, b''), said)
        self.assertNotEqual(status, 0)
        self.assertIn('MemoryError', said)

    def test_files_limit(self):
        how, status, _, said = self.run_('execute:files')
        self.assertEqual((how, status), (EXITED, 1))
        self.assertIn('Too many open files', said)

    def test_what_it_started_is_killed(self):
        self.assertEqual(self.run_('execute:forks')[:3], (EXITED, 0, b'started\n'))
        for n in range(4):
            self.assertEqual(alive('sleep %d%d' % (UNIQUE, n)), [])

    def test_a_fork_bomb_ends(self):
        how = self.run_('execute:bomb')[0]
        self.assertIn(how, (TIME, EXITED, SIGNALED))
        self.assertEqual(alive('%s/bomb.sh' % self.scripts), [])
        self.assertEqual(self.run_('execute:cat', data=b'still here')[2], b'still here')

    def test_sandbox_of_programs(self):
        for command in ('execute:socket', 'execute:write'):
            how, status, out, said = self.run_(command)
            self.assertNotEqual(status, 0, command)
            self.assertRegex(said.lower(), 'permi|denied|protocol', command)
        self.assertEqual(self.run_('execute:inet')[:3], (EXITED, 0, b'1\n'))

    def test_a_zip_archive_through_standard_input(self):
        with tempfile.TemporaryFile() as f:
            with zipfile.ZipFile(f, 'w') as z:
                z.writestr('content.xml', '<p>words of a document</p>')
            f.seek(0)
            got = self.run_('text:application/vnd.oasis.opendocument.text', data=f.read())
        if got == 'NOT_INSTALLED':
            self.skipTest('unzip is missing')
        self.assertEqual(got, (EXITED, 0, b'<p>words of a document</p>', ''))
        self.assertEqual(self.gives, 'text/xml')

    def test_more_than_may_wait(self):
        ids = [self.c.begin(self.request('execute:slow')) for _ in range(4 + MAX_WAITING + 1)]
        self.assertEqual(self.finish(self.c.reply(ids[-1])), 'BUSY')
        self.c.close()      # those that wait are dropped with their peer, those that run end in a second
        self.c = self.d.client()
        self.assertTrue(eventually(lambda: self.run_('execute:cat') == (EXITED, 0, b'', '')))

    def test_programs_end_with_runner(self):
        d = Daemon('runner.command = execute:long time=1h /usr/bin/sleep %d4\n' % UNIQUE)
        c = d.client()
        c.begin(self.request('execute:long'))
        self.assertTrue(eventually(lambda: alive('sleep %d4' % UNIQUE)))
        d.process.kill()
        self.assertTrue(eventually(lambda: not alive('sleep %d4' % UNIQUE)))
        c.close()
        d.process.wait()
        d.log.close()
        shutil.rmtree(d.dir)

    def test_list(self):
        names = [n.decode() for n in fields(fields(self.c.call(field(2, b''))[0])[3][0])[1]]
        self.assertIn('execute:cat', names)
        self.assertNotIn('execute:absent', names)
        self.assertNotIn('text:application/rtf', names)

    def test_rows_of_the_file(self):
        with tempfile.TemporaryDirectory() as d:
            with open(d + '/postern.conf', 'w') as f:
                f.write('# rows\nrunner.command = pipe:a /bin/a\nrunner.command = pipe:x relative/path\n')
            r = subprocess.run([os.path.join(BIN, 'runner'), '-C', d], stderr=subprocess.PIPE, text=True)
            self.assertEqual(r.returncode, 78)
            self.assertIn('postern.conf:3: runner.command = pipe:x relative/path: relative/path: expected', r.stderr)


if __name__ == '__main__':
    unittest.main()
