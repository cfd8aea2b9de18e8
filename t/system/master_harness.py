"""What the tests of master share: a master in a directory of its own, clients of its children, its log."""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from master_wire import Control  # noqa: E402
from ports import free_port  # noqa: E402, F401

BUILD = os.environ.get("BUILD", "build")
MASTER = os.path.join(BUILD, "bin", "master")
CHILD = os.path.join(os.path.dirname(os.path.realpath(__file__)), "master_child.py")
PATIENCE = 30  # seconds until a test fails; nothing waits that long when all is well


def eventually(what, message="it never became so"):
    """The first true value of what(); exceptions of sockets count as not yet."""
    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError, ConnectionError):
            value = what()
            if value:
                return value
        if time.monotonic() > end:
            raise AssertionError(message)
        time.sleep(0.02)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def read(path):
    with open(path) as f:
        return f.read()


class Client:
    """A connection to a fake daemon, which says who it is."""

    def __init__(self, where):
        self.sock = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        self.sock.settimeout(PATIENCE)
        self.file = self.sock.makefile("rw")
        try:
            self.sock.connect(where if isinstance(where, str) else ("127.0.0.1", where))
            hello = self.line().split()
            if len(hello) != 3:
                raise ConnectionError("no greeting")
        except OSError:
            self.close()
            raise
        self.pid, self.listener = int(hello[1]), hello[2]

    def line(self):
        return self.file.readline().rstrip("\n")

    def say(self, text):
        self.file.write(text + "\n")
        self.file.flush()
        return self.line()

    def about(self):
        return json.loads(self.say("about"))

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class MasterTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="postern-master-")
        self.addCleanup(shutil.rmtree, self.dir, True)
        os.chmod(self.dir, 0o755)
        os.mkdir(self.dir + "/etc")
        self.run_dir = self.dir + "/run"
        self.master = None
        self.setting("")

    def setting(self, more):
        with open(self.dir + "/etc/postern.conf", "w") as f:
            f.write(f"run_dir = {self.run_dir}\nlog_level = debug\n{more}\n")

    def table(self, *lines):
        with open(self.dir + "/etc/master.conf", "w") as f:
            f.write("".join(line.replace("CHILD", CHILD) + "\n" for line in lines))

    def start(self, *lines, wait=True, **kw):
        if lines:
            self.table(*lines)
        self.log_path = self.dir + "/log"
        with open(self.log_path, "a") as log:
            kw.setdefault("stderr", log)
            self.master = subprocess.Popen([MASTER, "-C", self.dir + "/etc", "-f"], stdin=subprocess.DEVNULL, **kw)
        self.addCleanup(self.end, self.master)
        if wait:
            eventually(self.control, "master.sock never answered").close()
        return self.master

    def end(self, master):
        if master.poll() is None:
            master.send_signal(signal.SIGTERM)
            time.sleep(0.05)
            master.send_signal(signal.SIGTERM)  # at once
            try:
                master.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                master.kill()
                master.wait()
                raise

    def tearDown(self):
        if self.master and self.master.stderr is None:
            for word in ("AddressSanitizer", "runtime error", "event=bug"):
                self.assertNotIn(word, self.log())

    def control(self):
        return Control(self.run_dir + "/master.sock")

    def status(self, name=None):
        with contextlib.closing(self.control()) as c:
            s = c.status()
            return s["services"].get(name) if name else s

    def pids(self, name, draining=False):
        return [p["pid"] for p in self.status(name)["processes"] if p["ready"] and p["draining"] == draining]

    def ready(self, name, n=1):
        eventually(lambda: len(self.pids(name)) == n, f"{name} never had {n} processes")
        return self.pids(name)

    def client(self, where):
        c = Client(where)
        self.addCleanup(c.close)
        return c

    def log(self):
        return read(self.log_path)

    def ask(self, verb, *args, **kw):
        with contextlib.closing(self.control()) as c:
            return getattr(c, verb)(*args, **kw)


def run_tests():
    if not os.path.exists(MASTER):
        print("no", MASTER)
        sys.exit(77)
    unittest.main()
