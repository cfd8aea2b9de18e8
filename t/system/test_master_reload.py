#!/usr/bin/env python3
"""master against small children that keep its contract (master_child.py): reload, stop, shortage of descriptors and forks."""
import os
import pwd
import resource
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from master_harness import CHILD, MASTER, PATIENCE, Client, MasterTest, alive, eventually, free_port, read, run_tests  # noqa: E402
from master_wire import Refused  # noqa: E402


class Reloading(MasterTest):
    def test_sessions_survive(self):
        a, b = free_port(), free_port()
        keep = "keep CHILD 1 1 none none - unix:keep"
        self.start(f"one CHILD 1 1 none none - x=inet:127.0.0.1:{a}", keep)
        kept = self.ready("keep")
        old = self.client(a)
        # A second listener: the processes are replaced, the session goes on, the first socket was never closed.
        self.table(f"one CHILD 1 1 none none - x=inet:127.0.0.1:{a} y=inet:127.0.0.1:{b}", keep)
        self.assertEqual(self.ask("reload"), 1)
        with Client(b) as d:
            self.assertEqual(d.listener, "y")
        eventually(lambda: self.served_by(a) != old.pid, "the old process still accepts")
        self.assertEqual(old.say("user u"), "OK")
        self.assertEqual(self.pids("one", draining=True), [old.pid])
        # The first goes; the session that came by it stays.
        self.table(f"one CHILD 1 1 none none - y=inet:127.0.0.1:{b}", keep)
        self.master.send_signal(signal.SIGHUP)
        eventually(lambda: self.refused(a), "the removed socket still accepts")
        Client(b).close()
        self.assertEqual(old.say("user u"), "OK")
        # And the service itself.
        self.table(keep)
        self.assertEqual(self.ask("reload"), 1)
        eventually(lambda: self.refused(b))
        self.assertEqual(old.say("user u"), "OK")
        eventually(lambda: [p["pid"] for p in self.status("one")["processes"]] == [old.pid])
        old.close()
        eventually(lambda: "one" not in self.status()["services"])
        # Whom nothing concerned was told to reload, three times.
        self.assertEqual(self.pids("keep"), kept)
        eventually(lambda: self.status("keep")["processes"][0]["counters"] == {"reloads": 3})
        self.assertEqual(self.status("keep")["restarts"], 0)

    @staticmethod
    def served_by(port):
        with Client(port) as c:
            return c.pid

    @staticmethod
    def refused(port):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return True
        return False

    def test_added_again_at_once(self):
        port = free_port()
        line = f"one CHILD 1 1 none none - inet:127.0.0.1:{port}"
        self.start(line, "two CHILD 1 1 none none - unix:two")
        self.ready("one")
        self.table("two CHILD 1 1 none none - unix:two")
        self.ask("reload")
        self.table(line, "two CHILD 1 1 none none - unix:two")
        self.ask("reload")
        for _ in range(3):
            Client(port).close()
        eventually(lambda: self.refused(port) or "event=closed" in self.log() or len(self.status("one")["processes"]) == 1)
        Client(port).close()

    def test_wrong_files_change_nothing(self):
        port = free_port()
        line = f"one CHILD 1 1 none none - inet:127.0.0.1:{port}"
        self.start(line)
        pid = self.ready("one")
        busy = socket.socket()
        self.addCleanup(busy.close)
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        for table, said in [(line + "\ntwo CHILD 1 1 none", "master.conf:2: expected 'memory'"),
                            (line + f"\ntwo CHILD 1 1 none none - inet:127.0.0.1:{busy.getsockname()[1]}", "master.conf:2: cannot listen on")]:
            self.table(table)
            with self.assertRaises(Refused) as e:
                self.ask("reload")
            self.assertEqual(e.exception.args[0], "CONFIG")
            self.assertIn(said, e.exception.args[1])
        self.table(line)
        self.setting("no_such_key = 1")
        self.master.send_signal(signal.SIGHUP)
        eventually(lambda: "unknown key" in self.log())
        self.setting("")
        self.run_dir, old = self.dir + "/elsewhere", self.run_dir
        self.setting("")
        self.run_dir = old
        with self.assertRaises(Refused):
            self.ask("reload")
        self.assertEqual(self.pids("one"), pid)
        Client(port).close()

    def test_numbers_change_without_new_processes(self):
        self.start("one CHILD 1 1 none none - unix:s")
        pid = self.ready("one")
        self.table("one CHILD 3 3 none none - unix:s idle=5m")
        self.assertEqual(self.ask("reload"), 0)
        self.assertIn(pid[0], self.ready("one", 3))

    def test_backend_ends_before_its_successor_starts(self):
        line = f"db CHILD 1 1 none none - unix:db backend -o note={self.dir}/notes"
        self.start(line)
        old = self.ready("db")[0]
        self.table(line + " -o x=y")
        self.ask("reload")
        with eventually(lambda: Client(self.run_dir + "/db")) as c:
            new = c.pid
        self.assertEqual(read(self.dir + "/notes").split("\n")[:3], [f"start db {old}", f"end db {old}", f"start db {new}"])

    def test_drain_has_an_end(self):
        self.setting("drain_timeout = 1s")
        self.start("one CHILD 1 1 none none - unix:s")
        with Client(self.run_dir + "/s") as c:
            self.table("one CHILD 1 1 none none - unix:s -o x=y")
            self.ask("reload")
            self.assertEqual(c.line(), "BYE")

    def test_in_every_state(self):
        # Signals while processes start, drain and stop.
        self.start("one CHILD 2 4 1 none - unix:s", "bad CHILD 1 1 none none - unix:b -o fail=1", "slow CHILD 0 1 none none - unix:c wake=1s", wait=False)
        eventually(lambda: "event=starting" in self.log())
        for i in range(20):
            self.table(f"one CHILD 2 4 1 none - unix:s{i % 3} -o i={i % 2}", *["bad CHILD 1 1 none none - unix:b -o fail=1"][:i % 2 + i % 3])
            self.master.send_signal(signal.SIGHUP)
            time.sleep(0.01 * (i % 4))
        self.table("one CHILD 2 4 1 none - unix:last")
        self.ask("reload")
        self.ready("one", 2)
        Client(self.run_dir + "/last").close()
        self.master.send_signal(signal.SIGTERM)
        self.master.send_signal(signal.SIGHUP)
        self.assertEqual(self.master.wait(PATIENCE), 0)


class Stopping(MasterTest):
    def test_order(self):
        notes = self.dir + "/notes"
        port = free_port()
        self.start(f"front CHILD 1 1 none none - inet:127.0.0.1:{port} -o note={notes}",
                   f"store CHILD 1 1 none none - unix:store backend -o note={notes}",
                   f"auth CHILD 1 1 none none - unix:auth backend -o note={notes}")
        pids = [self.ready(n)[0] for n in ("store", "auth", "front")]
        client = self.client(port)
        self.master.send_signal(signal.SIGTERM)
        self.assertEqual(client.line(), "BYE")
        self.assertEqual(self.master.wait(PATIENCE), 0)
        ends = [line.split()[1] for line in read(notes).splitlines() if line.startswith("end")]
        self.assertEqual((ends[0], sorted(ends)), ("front", ["auth", "front", "store"]))
        started = [line.split("service=")[1].split()[0] for line in self.log().splitlines() if "event=started" in line]
        self.assertEqual(started, ["store", "auth", "front"])
        self.assertFalse(any(map(alive, pids)))
        self.assertEqual(sorted(os.listdir(self.run_dir)), ["master.pid"])
        self.assertEqual(read(self.run_dir + "/master.pid"), "")

    def test_by_the_control_socket(self):
        self.start("one CHILD 1 1 none none - unix:s")
        self.assertEqual(self.ask("stop"), 0)
        self.assertEqual(self.master.wait(PATIENCE), 0)

    def test_deaf_child_is_killed(self):
        self.start("one CHILD 1 1 none none - unix:s -o deaf=1")
        pid = self.ready("one")[0]
        self.master.send_signal(signal.SIGTERM)
        eventually(lambda: "event=stopping" in self.log())
        self.master.send_signal(signal.SIGTERM)  # the same order once more, as timeout(1) gives it
        time.sleep(1.2)
        self.assertIsNone(self.master.poll())
        self.assertTrue(alive(pid))
        self.master.send_signal(signal.SIGINT)  # does not wait for the 10 seconds
        self.assertEqual(self.master.wait(PATIENCE), 0)
        self.assertFalse(alive(pid))
        self.assertIn("event=killed_after_grace", self.log())


class Shortage(MasterTest):
    def starts_failed(self):
        return self.log().count("event=start_failed")

    def test_out_of_descriptors(self):
        port = free_port()
        self.start(f"one CHILD 1 1 none none - inet:127.0.0.1:{port}")
        pid = self.ready("one")[0]
        control = self.control()
        self.addCleanup(control.close)
        before = resource.prlimit(self.master.pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{self.master.pid}/fd"))
        resource.prlimit(self.master.pid, resource.RLIMIT_NOFILE, (used - 1, before[1]))
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: self.starts_failed() >= 3, "the shortage was not seen")
        self.assertLess(self.starts_failed(), 20)
        self.assertIn("Too many open files", self.log())
        self.assertIn("one", control.status()["services"])
        resource.prlimit(self.master.pid, resource.RLIMIT_NOFILE, before)
        Client(port).close()

    def test_fork_fails(self):
        # F09.  Root is not bound by this limit: then as nobody, whom only nobody may set free.
        kw = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            kw = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.dir, nobody.pw_uid, nobody.pw_gid)
            if subprocess.run(["test", "-x", MASTER, "-a", "-r", CHILD], **kw).returncode != 0:
                self.skipTest("user nobody cannot reach the build")
        hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        port = free_port()
        self.start(f"one CHILD 1 1 none none - inet:127.0.0.1:{port}", **kw,
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1, hard)))
        eventually(lambda: self.starts_failed() >= 3, "the shortage was not seen")
        self.assertIn("fork: Resource temporarily unavailable", self.log())
        self.assertLess(self.starts_failed(), 20)
        self.assertIn("one", self.status()["services"])
        subprocess.run(["prlimit", f"--pid={self.master.pid}", f"--nproc={hard if hard >= 0 else 'unlimited'}:"], check=True, **kw)
        Client(port).close()

    def test_child_with_few_descriptors(self):
        # X04: the hard limit of 16 goes on to the children.
        self.start("one CHILD 1 1 none none - unix:s",
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24)))
        with Client(self.run_dir + "/s") as c:
            self.assertEqual(c.about()["files"], [24, 24])


if __name__ == "__main__":
    run_tests()
