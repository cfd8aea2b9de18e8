"""Kills: at random (now and then with a word of warning, SIGTERM), or one process at one named kill point."""
import collections, os, re, signal, threading, time

FRONT = ('lmtpd', 'imapd', 'jmapd')
OFTEN = ('stored', 'stored', 'authd') + FRONT
POLL = 0.01
LONG_WAY = 1.5      # seconds after which a process on its way to a point is not waited for alone:
WAY_PACE = 0.4      # others die so often, on average, in seconds


class Killer:
    def __init__(self, instance, rng, oracle):
        self.p, self.rng, self.oracle = instance, rng, oracle
        self.kills = collections.Counter()       # program -> kills, from outside and at points
        self.visited = collections.Counter()     # point -> kills there
        self._ends = collections.Counter()       # changes whenever processes of a program are being killed
        self._armed = None                       # the program that is to die at a point
        self.file = os.path.join(instance.dir, 'run', 'kill-point')
        self.warned = set()                      # processes that were sent SIGTERM
        self.log_at = 0

    # Two answers are equal when no process of the program has been killed between them.
    def ends(self, program):
        if program == self._armed:      # it may have died this moment
            self._around([program])
        return self._ends[program]

    # A connection that was made at any time around a kill may belong to the process that was killed.
    def _around(self, programs):
        for p in programs:
            self._ends[p] += 1

    def pids(self, program):
        out = []
        for d in os.listdir('/proc'):
            if d.isdigit():
                try:
                    stat = open('/proc/%s/stat' % d).read()
                except OSError:
                    continue
                name, rest = stat.split('(', 1)[1].rsplit(')', 1)
                if name == program and int(rest.split()[1]) == self.p.master.pid and rest.split()[0] != 'Z':
                    out.append(int(d))
        return sorted(out)

    def at_random(self, programs=OFTEN):
        program = self.rng.choice(programs)
        pids = self.pids(program)
        if pids:
            self.kill(program, self.rng.choice(pids), signal.SIGKILL if self.rng.random() < 0.95 else signal.SIGTERM)

    def kill(self, program, pid, how=signal.SIGKILL):
        self._around([program])
        if how == signal.SIGTERM:
            self.warned.add(pid)
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return
        while os.path.exists('/proc/%d' % pid):
            time.sleep(POLL)
        self._around([program])
        if how == signal.SIGKILL:
            self.kills[program] += 1
        self.hurry()

    # master delays those who die often; a reload makes it try at once.
    def hurry(self):
        time.sleep(POLL)
        self.p.master.send_signal(signal.SIGHUP)

    def master(self):
        """All of its children leave, and a new one adopts nothing stale."""
        everybody = ('stored', 'authd') + FRONT
        self._around(everybody)
        children = [pid for program in everybody for pid in self.pids(program)]
        self.p.master.kill()
        self.p.master.wait()
        end = time.time() + 30
        while any(os.path.exists('/proc/%d' % pid) for pid in children):
            if time.time() > end:
                self.oracle.complain('a process outlived its master by half a minute')
                break
            time.sleep(POLL)
        self.p.start()
        self._around(everybody)
        self.kills['master'] += 1

    def at_point(self, point, visit, seconds):
        """Whether the process died there.  While one is on a long way to its point, others die at random."""
        before = self.visited[point.name]
        self._armed = point.program
        with open(self.file + '.new', 'w') as f:
            f.write('%s %s %d\n' % (point.program, point.name, visit))
        os.chmod(self.file + '.new', 0o644)
        os.rename(self.file + '.new', self.file)
        if point.how == 'old':      # that work begins with the process
            for pid in self.pids(point.program):
                self.kill(point.program, pid)
        verb = threading.Thread(target=lambda: self.p.postern(*point.verb, check=False)) if point.how == 'verb' else None
        if verb:
            verb.start()
        begun = time.time()
        while self.visited[point.name] == before and (verb.is_alive() if verb else time.time() < begun + seconds):
            time.sleep(POLL)
            self.read_log()
            if time.time() > begun + LONG_WAY and self.rng.random() < POLL / WAY_PACE:
                self.at_random([p for p in OFTEN if p != point.program])
        if verb:
            verb.join()
        os.unlink(self.file)
        time.sleep(POLL)
        self.read_log()
        self._armed = None
        self._around([point.program])
        self.hurry()
        return self.visited[point.name] > before

    def read_log(self):
        """Counts deaths at kill points; any other death that was not ours is a violation."""
        path = os.path.join(self.p.dir, 'master.out')
        with open(path, errors='replace') as f:
            f.seek(self.log_at)
            text = f.read()
        text = text[:text.rfind('\n') + 1]
        self.log_at += len(text.encode())
        for line in text.splitlines():
            m = re.search(r'event=kill_point program=(\w+) name=(\S+)', line)
            if m:
                self.kills[m[1]] += 1
                self.visited[m[2]] += 1
            elif re.search(r'how="killed by signal 15"', line) and int(re.search(r'pid=(\d+)', line)[1]) in self.warned:
                pass        # it was so young that it did not listen yet
            elif 'service=sieved' in line and 'killed by signal 15' in line:
                pass        # it reloads by starting anew, likewise
            elif re.search(r'event=bug|AddressSanitizer|runtime error|died .*how="?(exit status [1-9]|killed by signal (?!9\b))', line):
                self.oracle.complain('a process failed by itself: ' + line[:300])
