#!/usr/bin/env python3
"""master against small children that keep its contract (master_child.py): starting, restarting, answering, systemd."""
import contextlib
import fcntl
import grp
import os
import pwd
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from master_harness import CHILD, MASTER, PATIENCE, Client, MasterTest, alive, eventually, free_port, read, run_tests  # noqa: E402
from ipc_client import REQUEST, frame  # noqa: E402
from master_wire import Refused  # noqa: E402


class Starting(MasterTest):
    def test_contract(self):
        port, tls = free_port(), free_port()
        env = dict(os.environ, SECRET="x", POSTERN_X="y", TZ="UTC", LISTEN_FDS="7", LISTEN_PID="1", POSTERN_CONTROL="99")
        self.start(f"one CHILD 1 1 7 64M - x=inet:127.0.0.1:{port} y=inet:127.0.0.1:{tls},tls u=unix:u.sock,mode=0600 -o k=v -o k.l=a,b", env=env)
        with Client(port) as a, Client(tls) as b, Client(self.run_dir + "/u.sock") as c:
            self.assertEqual([a.listener, b.listener, c.listener], ["x", "y+tls", "u"])
            me = a.about()
        self.assertEqual(me["argv"], [CHILD, "-C", self.dir + "/etc", "--service=one", "--clients=7", "--k=v", "--k.l=a,b"])
        self.assertEqual(me["env"]["LISTEN_FDNAMES"], "x:y+tls:u")
        self.assertEqual(me["env"]["POSTERN_CONTROL"], "6")
        self.assertEqual((me["env"]["POSTERN_X"], me["env"]["TZ"]), ("y", "UTC"))
        self.assertNotIn("SECRET", me["env"])
        self.assertNotIn("HOME", me["env"])
        self.assertEqual((me["cwd"], me["stdin"], me["umask"], me["parent"]), ("/", "/dev/null", 0o077, self.master.pid))
        self.assertEqual(me["core"][0], 0)
        self.assertEqual(me["files"][0], me["files"][1])
        if "memory limits are off" not in " ".join(self.status()["notes"]):
            self.assertEqual(me["data"], [64 << 20] * 2)
        self.assertEqual(os.stat(self.run_dir).st_mode & 0o777, 0o755)
        self.assertEqual(os.stat(self.run_dir + "/u.sock").st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(self.run_dir + "/master.sock").st_mode & 0o777, 0o600)
        self.assertEqual(int(read(self.run_dir + "/master.pid")), self.master.pid)

    def test_prefork_and_more_on_demand(self):
        port = free_port()
        self.start(f"one CHILD 2 3 1 none - inet:127.0.0.1:{port} idle=1s")
        first = set(self.ready("one", 2))
        clients = [self.client(port), self.client(port)]
        self.assertEqual({c.pid for c in clients}, first)
        third = eventually(lambda: set(self.pids("one")) - first).pop()
        clients.append(self.client(port))
        self.assertEqual(clients[2].pid, third)
        eventually(lambda: "event=at_maximum" in self.log())
        s = self.status("one")
        self.assertEqual((len(s["processes"]), s["connections"], s["restarts"]), (3, 3, 0))
        self.assertTrue(all(p["memory_kb"] > 1000 for p in s["processes"]), s)
        for c in clients:
            c.close()
        # Two stay, whichever.
        eventually(lambda: len(self.pids("one")) == 2 and len(self.status("one")["processes"]) == 2)
        self.assertEqual(self.status("one")["restarts"], 0)

    def test_on_demand_from_none(self):
        port = free_port()
        self.start(f"one CHILD 0 2 none none - inet:loopback:{port} unix:one.sock idle=1s")
        self.assertEqual(self.status("one")["processes"], [])
        with Client(port) as a:
            self.assertEqual(self.pids("one"), [a.pid])
        eventually(lambda: not self.status("one")["processes"], "the idle process stayed")
        with Client(self.run_dir + "/one.sock") as b:
            self.assertNotEqual(b.pid, a.pid)

    @unittest.skipIf(os.geteuid() != 0, "only root can give sockets away")
    def test_owners(self):
        nobody = pwd.getpwnam("nobody")
        self.start("one CHILD 1 1 none none nobody a=unix:a b=unix:b,owner=root,group=daemon,mode=0620")
        with Client(self.run_dir + "/a") as c:
            self.assertIn("--user=nobody", c.about()["argv"])
        a, b = os.stat(self.run_dir + "/a"), os.stat(self.run_dir + "/b")
        self.assertEqual((a.st_uid, a.st_gid, a.st_mode & 0o777), (nobody.pw_uid, 0, 0o660))
        self.assertEqual((b.st_uid, b.st_gid, b.st_mode & 0o777), (0, grp.getgrnam("daemon").gr_gid, 0o620))

    def test_wake(self):
        self.start(f"tick CHILD 0 1 none none - wake=1s idle=1s -o note={self.dir}/notes")
        eventually(lambda: read(self.dir + "/notes").count("start tick") >= 2)

    def test_all_addresses(self):
        port = free_port()
        self.start(f"one CHILD 1 1 none none - inet:*:{port}")
        with Client(port) as c:
            names = c.about()["env"]["LISTEN_FDNAMES"]
        with contextlib.suppress(OSError), socket.create_connection(("::1", port), timeout=PATIENCE) as s:
            self.assertEqual(names, "one:one")
            self.assertTrue(s.recv(5), b"HELLO")

    def test_second_master_is_refused(self):
        self.start("one CHILD 1 1 none none - unix:s")
        pid = self.ready("one")
        r = subprocess.run([MASTER, "-C", self.dir + "/etc", "-f"], stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(r.returncode, 69)
        self.assertIn(f"another master runs here already (pid {self.master.pid})", r.stderr.decode())
        self.assertEqual(self.pids("one"), pid)
        Client(self.run_dir + "/s").close()

    def test_what_cannot_start(self):
        port = free_port()
        with socket.socket() as s:
            s.bind(("127.0.0.1", port))
            s.listen()
            self.table(f"one CHILD 1 1 none none - inet:127.0.0.1:{port}")
            r = subprocess.run([MASTER, "-C", self.dir + "/etc", "-f"], stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(r.returncode, 71)
        self.assertIn(f"master.conf:1: cannot listen on inet:127.0.0.1:{port}", r.stderr.decode())
        with open(self.run_dir + "/file", "w"):
            self.table("one CHILD 1 1 none none - unix:file")
        r = subprocess.run([MASTER, "-C", self.dir + "/etc", "-f"], stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(r.returncode, 71)
        self.assertIn("exists and is no socket", r.stderr.decode())
        self.assertTrue(os.path.exists(self.run_dir + "/file"))

    def test_poor_surroundings(self):
        # X04: descriptors 0 to 2 closed, no argv[0], a large environment, umask 0.
        self.table("one CHILD 1 1 none none - unix:s")
        env = {"BIG%d" % i: "x" * 100000 for i in range(10)}
        env.update({k: os.environ[k] for k in ("PATH", "ASAN_OPTIONS") if k in os.environ})
        script = f"umask 0; exec {MASTER} -C {self.dir}/etc -f <&- >&- 2>&-"
        self.master = subprocess.Popen(["sh", "-c", script], env=env, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, self.master)
        self.log_path = "/dev/null"
        with eventually(lambda: Client(self.run_dir + "/s")) as c:
            self.assertEqual(c.listener, "one")
            self.assertTrue(all(os.readlink(f"/proc/{self.master.pid}/fd/{n}") == "/dev/null" for n in range(3)))
        self.assertEqual(os.stat(self.run_dir + "/master.sock").st_mode & 0o777, 0o600)

    def test_background(self):
        self.setting(f"log = {self.dir}/file.log")
        self.table("one CHILD 1 1 none none - unix:s")
        r = subprocess.run([MASTER, "-C", self.dir + "/etc"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual((r.returncode, r.stdout, r.stderr), (0, b"", b""))
        pid = int(read(self.run_dir + "/master.pid"))
        try:
            # The sockets were there before the command returned.
            with Client(self.run_dir + "/s") as c:
                self.assertEqual(c.about()["parent"], pid)
            r = subprocess.run([MASTER, "-C", self.dir + "/etc"], stderr=subprocess.PIPE, timeout=PATIENCE)
            self.assertEqual(r.returncode, 69)
            os.rename(self.dir + "/file.log", self.dir + "/old.log")
            os.kill(pid, signal.SIGHUP)
            eventually(lambda: "event=reloaded" in read(self.dir + "/file.log"))
            self.assertIn("event=starting", read(self.dir + "/old.log"))
        finally:
            os.kill(pid, signal.SIGTERM)
            eventually(lambda: not alive(pid))
        self.table("one CHILD 1 1 none none")
        r = subprocess.run([MASTER, "-C", self.dir + "/etc"], stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(r.returncode, 78)
        self.assertIn("master.conf:1: expected 'user'", r.stderr.decode())


class Dying(MasterTest):
    def test_killed_child_is_back_at_once(self):
        port = free_port()
        self.start(f"one CHILD 1 1 none none - inet:127.0.0.1:{port}")
        pid = self.ready("one")[0]
        os.kill(pid, signal.SIGKILL)
        with Client(port) as c:  # waits in the queue of the socket, which never closes
            self.assertNotEqual(c.pid, pid)
        s = self.status("one")
        self.assertEqual((s["restarts"], s["kills"], s["last_exit"], s["throttled"]), (1, 1, "killed by signal 9", False))
        self.assertIn("restart_in_ms=0", self.log())

    def test_clean_exit_is_told_from_failure(self):
        port = free_port()
        self.start(f"one CHILD 1 1 none none - inet:127.0.0.1:{port} -o once=1")
        for _ in range(8):  # more than a crash loop's
            Client(port).close()
        eventually(lambda: self.status("one")["restarts"] == 8)
        s = self.status("one")
        self.assertEqual((s["kills"], s["throttled"], s["last_exit"]), (0, False, "exit status 0"))
        with Client(port) as c:
            c.file.write("exit 3\n")
            c.file.flush()
            self.assertEqual(c.line(), "")
        eventually(lambda: self.status("one")["last_exit"] == "exit status 3")

    def test_crash_loop_is_throttled(self):
        port = free_port()
        self.start(f"bad CHILD 1 1 none none - unix:bad -o fail=70 -o note={self.dir}/notes", f"good CHILD 1 1 none none - inet:127.0.0.1:{port}")
        eventually(lambda: self.status("bad")["throttled"])
        s = self.status("bad")
        self.assertEqual((s["last_exit"], s["kills"]), ("exit status 70", 0))
        self.assertIn("event=crash_loop", self.log())
        # Each wait is twice the one before: kFirstDelayMs, doubled; kLoopDeaths were needed.
        waits = [int(line.split("restart_in_ms=")[1]) for line in self.log().splitlines() if "restart_in_ms=" in line]
        self.assertEqual(waits[:5], [0, 100, 200, 400, 800])
        Client(port).close()
        # A reload tries at once, with what the admin repaired.
        self.table("bad CHILD 1 1 none none - unix:bad", f"good CHILD 1 1 none none - inet:127.0.0.1:{port}")
        self.ask("reload")
        self.ready("bad")
        self.assertFalse(self.status("bad")["throttled"])

    def test_missing_program(self):
        port = free_port()
        self.start("bad no-such-program-xyzzy 1 1 none none - unix:bad", f"good CHILD 1 1 none none - inet:127.0.0.1:{port}")
        Client(port).close()
        self.assertIn("no program 'no-such-program-xyzzy'", self.status("bad")["last_exit"])

    def test_program_that_cannot_be_run(self):
        with open(self.dir + "/program", "w") as f:
            f.write("#!/no/such/interpreter\n")
        os.chmod(self.dir + "/program", 0o755)
        self.start(f"bad {self.dir}/program 1 1 none none - unix:bad")
        eventually(lambda: self.status("bad")["last_exit"] == "exit status 127")
        self.assertIn("master: bad: cannot run", self.log())

    def test_malformed_frame_ends_that_child_only(self):
        port = free_port()
        self.start(f"one CHILD 1 1 none none - inet:127.0.0.1:{port}", "two CHILD 1 1 none none - unix:two -o garbage=1")
        with eventually(lambda: Client(port)) as c:
            c.say("garbage")
            self.assertIn(c.line(), ("", "BYE"))
        with eventually(lambda: Client(port)) as d:
            self.assertNotEqual(c.pid, d.pid)
        eventually(lambda: self.status("two")["restarts"] >= 2)

    def test_master_killed(self):
        # F11: the children leave, and the next master finds nothing in its way.
        port = free_port()
        self.start(f"one CHILD 2 2 none none - inet:127.0.0.1:{port} s=unix:s", "deaf CHILD 1 1 none none - unix:d -o deaf=1")
        old = self.ready("one", 2) + self.ready("deaf")
        self.master.kill()
        self.master.wait()
        eventually(lambda: not any(map(alive, old)), "children outlived master")
        self.assertTrue(os.path.exists(self.run_dir + "/s"))
        self.start()
        with Client(port) as a, Client(self.run_dir + "/s") as b:
            self.assertFalse({a.pid, b.pid} & set(old))


class Asking(MasterTest):
    def test_who_and_kick(self):
        port = free_port()
        self.start(f"one CHILD 2 2 2 none - inet:127.0.0.1:{port}", "mute CHILD 1 1 none none - unix:mute -o mute=1")
        self.ready("one", 2)
        self.ready("mute")
        a, b, c = (self.client(port) for _ in range(3))
        for client, user in ((a, "anna"), (b, "anna"), (c, "bert")):
            client.say("user " + user)
        sessions = self.ask("who")  # the mute one is left out, after a while
        self.assertEqual(sorted(s["user"] for s in sessions), ["anna", "anna", "bert"])
        self.assertEqual({s["pid"] for s in sessions}, set(self.pids("one")))
        self.assertIn("event=who_incomplete", self.log())
        self.table(f"one CHILD 2 2 2 none - inet:127.0.0.1:{port}")
        self.ask("reload")
        eventually(lambda: "mute" not in self.status()["services"])
        self.assertEqual(self.ask("kick", "anna", dry_run=True), 2)
        self.assertEqual(a.say("user anna"), "OK")
        self.assertEqual(self.ask("kick", "nobody"), 0)
        self.assertEqual(self.ask("kick", "anna"), 2)
        self.assertEqual((a.line(), b.line()), ("", ""))
        self.assertEqual(c.say("user bert"), "OK")
        self.assertEqual(self.ask("kick", next(s["id"] for s in sessions if s["user"] == "bert")), 1)
        self.assertEqual(c.line(), "")
        with self.assertRaises(Refused):
            self.ask("kick", "")
        with Client(port) as d:
            d.say("user dora")
            self.assertEqual(self.ask("kick", "*"), 1)
            self.assertEqual(d.line(), "")

    def test_status_says_what_is(self):
        self.start("one CHILD 0 2 none none - x=unix:s,mode=0600 inet:loopback:%d" % free_port())
        s = self.status()
        self.assertEqual(s["pid"], self.master.pid)
        self.assertEqual(s["services"]["one"]["program"], CHILD)
        self.assertEqual(s["services"]["one"]["listeners"][0], "x=unix:s,mode=0600")
        if os.geteuid() != 0:
            self.assertIn("separation by user is off", " ".join(s["notes"]))

    def test_hostile_peer(self):
        self.start("one CHILD 1 1 none none - unix:s")
        for junk in (b"\xff" * 100, b"\0" * 16, frame(5, b"other/1"), frame(5, b"control/1") + frame(REQUEST, b"\xff\xff", 1),
                     frame(5, b"control/1") + frame(REQUEST, b"", 1) * 2, b"GET / HTTP/1.1\r\n\r\n"):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(PATIENCE)
                s.connect(self.run_dir + "/master.sock")
                with contextlib.suppress(ConnectionError):
                    s.sendall(junk)
                    s.shutdown(socket.SHUT_WR)
                    while s.recv(65536):
                        pass
        with contextlib.closing(self.control()) as c:
            self.assertEqual(c.ask(9).get(1) is not None, True)  # an error for an unknown verb
            self.assertEqual(len(c.status()["services"]), 1)


class Systemd(MasterTest):
    def test_activation_and_notify(self):
        by_name, by_address, own = socket.socket(), socket.socket(), free_port()
        stray = socket.socket()
        for s in (by_name, by_address, stray):
            s.bind(("127.0.0.1", 0))
            s.listen()
            self.addCleanup(s.close)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(notify.close)
        notify.bind(self.dir + "/notify")
        notify.settimeout(PATIENCE)
        address = by_address.getsockname()[1]
        self.table(f"one CHILD 1 1 none none - named=inet:192.0.2.7:143 x=inet:127.0.0.1:{address} own=inet:127.0.0.1:{own}")

        def place():
            high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 50) for s in (by_name, by_address, stray)]
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)

        env = dict(os.environ, LISTEN_FDS="3", LISTEN_FDNAMES="named:postern.socket:postern.socket",
                   NOTIFY_SOCKET=self.dir + "/notify", WATCHDOG_USEC="200000")
        self.log_path = self.dir + "/log"
        with open(self.log_path, "a") as log:
            self.master = subprocess.Popen(["sh", "-c", f"LISTEN_PID=$$ exec {MASTER} -C {self.dir}/etc -f"], env=env,
                                           preexec_fn=place, close_fds=False, stderr=log)
        self.addCleanup(self.end, self.master)
        self.assertEqual(notify.recv(1000), b"READY=1")
        self.assertEqual(notify.recv(1000), b"WATCHDOG=1")
        for port, name in ((by_name.getsockname()[1], "named"), (address, "x"), (own, "own")):
            with Client(port) as c:
                self.assertEqual(c.listener, name)
                env = c.about()["env"]
                self.assertNotIn("NOTIFY_SOCKET", env)
                self.assertNotIn("WATCHDOG_USEC", env)
        self.assertIn("event=unused_socket", self.log())

        def said():
            return next(m for m in iter(lambda: notify.recv(1000), b"") if m != b"WATCHDOG=1")

        # systemd's sockets stay open over reload and stop: they are not master's to close.
        self.table(f"one CHILD 1 1 none none - own=inet:127.0.0.1:{own}")
        self.master.send_signal(signal.SIGHUP)
        self.assertRegex(said(), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        self.assertEqual(said(), b"READY=1")
        self.master.send_signal(signal.SIGTERM)
        self.assertEqual(said(), b"STOPPING=1")
        self.assertEqual(self.master.wait(PATIENCE), 0)
        for s in (by_name, by_address):
            with socket.create_connection(s.getsockname()):
                pass


if __name__ == "__main__":
    run_tests()
