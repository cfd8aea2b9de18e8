#!/usr/bin/env python3
"""master.conf(5): what is accepted, and that each wrong line is named with its number and what was expected (X05)."""
import os
import random
import subprocess
import tempfile
import unittest

MASTER = os.path.join(os.environ.get("BUILD", "build"), "bin", "master")
SOURCE = os.environ.get("SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
GOOD = "a /bin/true 1 2 10 64M - x=inet:127.0.0.1:1\n"


class Table(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        with open(self.dir.name + "/postern.conf", "w") as f:
            f.write(f"run_dir = {self.dir.name}/run\n")

    def check(self, text):
        with open(self.dir.name + "/master.conf", "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        r = subprocess.run([MASTER, "-C", self.dir.name, "-t"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertIn(r.returncode, (0, 78), r.stderr[-2000:])
        return r.returncode, r.stderr.decode(errors="replace")

    def good(self, text):
        self.assertEqual(self.check(text), (0, ""))

    def wrong(self, text, line, expected):
        status, said = self.check(text)
        self.assertEqual(status, 78, said)
        self.assertTrue(said.startswith(f"master: {self.dir.name}/master.conf:{line}: "), said)
        self.assertIn(expected, said)
        self.assertEqual(said.count("\n"), 1, said)
        self.assertLess(len(said), 600)

    def test_good(self):
        self.good(GOOD)
        self.good(GOOD.rstrip("\n"))                                     # no final newline
        self.good("# c\r\n\r\n" + GOOD.replace("\n", "\r\n"))            # CRLF
        self.good("a /bin/true 0 1000 none none - \n# between\n\n \tinet:*:1\n  y=inet:[::1]:2,tls backend\n wake=1s idle=365d")
        self.good("a /bin/true 1 1 1000000 16T - unix:/tmp/a,mode=600,owner=root,group=root s=unix:b -o k=v -o k.l=")
        self.good("a /bin/true 1 1 none none -\nb /bin/true 1 1 none none -\n")

    def test_sample(self):
        with open(SOURCE + "/etc/master.conf") as f:
            text = f.read()
        # Without the programs and users of an installation only the form can be right.
        text = "\n".join(l if l.startswith(("#", " ")) else self.neutral(l) for l in text.split("\n"))
        for group in (",group=postern-deliver", ",group=postern"):
            text = text.replace(group, "")
        self.good(text)

    @staticmethod
    def neutral(line):
        words = line.split()
        if len(words) >= 7:
            words[1], words[6] = "/bin/true", "-"
        return " ".join(words)

    def test_columns(self):
        # kMaxProcesses is 1000, kMaxClients 1000000, kMaxTime 365 days, kMaxMemory 16T
        for line, expected in [
                ("a", "expected 'program' after 'a'"),
                ("a /bin/true 1 1 none none", "expected 'user' after 'none'"),
                ("A /bin/true 1 1 none none - inet:*:1", "a name of lower-case letters"),
                ("a" * 33 + " /bin/true 1 1 none none - inet:*:1", "a name of lower-case letters"),
                ("1a /bin/true 1 1 none none - inet:*:1", "a name of lower-case letters"),
                ("a:b /bin/true 1 1 none none - inet:*:1", "a name of lower-case letters"),
                ("a b/c 1 1 none none - inet:*:1", "a program's file name or absolute path"),
                ("a .. 1 1 none none - inet:*:1", "a program's file name or absolute path"),
                ("a /bin/true -1 1 none none - inet:*:1", "minimum processes from 0 to 1000"),
                ("a /bin/true 1001 1001 none none - inet:*:1", "minimum processes from 0 to 1000"),
                ("a /bin/true 0 0 none none - inet:*:1", "maximum processes from 1 to 1000"),
                ("a /bin/true 1 " + "9" * 30 + " none none - inet:*:1", "maximum processes from 1 to 1000"),
                ("a /bin/true 1 none none none - inet:*:1", "maximum processes from 1 to 1000"),
                ("a /bin/true 3 2 none none - inet:*:1", "the maximum of processes is below the minimum"),
                ("a /bin/true 1 1 0 none - inet:*:1", "clients from 1 to 1000000, or none"),
                ("a /bin/true 1 1 1000001 none - inet:*:1", "clients from 1 to 1000000, or none"),
                ("a /bin/true 1 1 1 0 - inet:*:1", "or none"),
                ("a /bin/true 1 1 1 15M - inet:*:1", "from 16M to 16T"),
                ("a /bin/true 1 1 1 17T - inet:*:1", "from 16M to 16T"),
                ("a /bin/true 1 1 1 1e30 - inet:*:1", "or none"),
                ("a /bin/true 1 1 none none inet:*:1", "a user's name or '-'"),
                ("a /bin/true 0 1 none none -", "nothing would ever start"),
                ("a no-such-program-xyzzy 1 1 none none -", "no program 'no-such-program-xyzzy' in "),
                ("a /no/such 1 1 none none -", "no program /no/such")]:
            with self.subTest(line):
                self.wrong("# first\n\n" + line + "\n", 3, expected)
        if os.geteuid() == 0:
            self.wrong("a /bin/true 1 1 none none no-such-user\n", 1, "there is no user 'no-such-user'")
            self.wrong("a /bin/true 1 1 none none - unix:s,group=no-such-group\n", 1, "there is no group 'no-such-group'")

    def test_words(self):
        for word, expected in [
                ("inet:*", "a port from 1 to 65535"), ("inet:*:0", "a port from 1 to 65535"),
                ("inet:*:65536", "a port from 1 to 65535"), ("inet:*:" + "1" * 30, "a port from 1 to 65535"),
                ("inet:*:imap", "a port from 1 to 65535"), ("inet:localhost:1", "not 'localhost'"),
                ("inet:::1:1", "an IPv6 address in brackets"), ("inet:[1.2.3.4]:1", "not '[1.2.3.4]'"),
                ("inet:1.2.3.256:1", "not '1.2.3.256'"), ("inet::1", "expected as host"),
                ("inet:*:1,ssl", "expected ,tls or nothing after the port, not 'ssl'"), ("inet:*:1,", "not ''"),
                ("X=inet:*:1", "a listener's name"), ("=inet:*:1", "a listener's name"), ("a+tls=inet:*:1", "a listener's name"),
                ("unix:", "expected unix:PATH"), ("unix:/", "expected unix:PATH"), ("unix:" + "x" * 108, "may have 107 bytes"),
                ("unix:a,mode=999", "three octal digits"), ("unix:a,mode=1777", "three octal digits"), ("unix:a,tls", "not 'tls'"),
                ("unix:a,group=", "expected ,mode= ,owner= or ,group="), ("frontend", "not 'frontend'"),
                ("idle=0", "a time from 1s to 365d"), ("wake=-1", "a time from 1s to 365d"), ("wake=366d", "a time from 1s to 365d"),
                ("wake=1 week", "not 'week'"), ("-o", "expected key=value after -o"), ("-o key", "expected key=value after -o"),
                ("-o =v", "expected key=value after -o"), ("-o --k=v", "expected key=value after -o"),
                ("x=inet:127.0.0.1:1", "the socket inet:127.0.0.1:1 stands in this file already"),
                ("inet:loopback:1", "stands in this file already"), ("a\x01", "control characters"), ("a\rb", "control characters")]:
            with self.subTest(word):
                self.wrong(GOOD + "\n  # a comment\n  " + word + "\n", 4, expected)

    def test_daemon_options(self):
        # For a program of Postern's own, keys are those of postern.conf that it uses.
        for word, expected in [("-o imap.no_such_key=1", "unknown key 'imap.no_such_key'"),
                               ("-o imap.timeout=0", "imap.timeout = 0: expected"),
                               ("-o store.cache=1G", "imapd does not use the key 'store.cache'")]:
            with self.subTest(word):
                self.wrong("a imapd 1 1 none none - " + word + "\n", 1, expected)

    def test_file(self):
        # kMaxOptions is 64, kMaxListeners 32, kMaxServices 100
        self.wrong("  continued\n", 1, "this line continues none")
        self.wrong(GOOD + "#\n" + GOOD, 3, "there is a service 'a' already")
        self.wrong(b"a\x00b /bin/true 1 1 none none -\n", 1, "control characters")
        self.wrong("#\n" + "x" * (1 << 20) + "\n" + GOOD, 2, "a service may have 16384 bytes")
        self.wrong("#\n" + GOOD.rstrip("\n") + " -o k=v" * 64 + "\n -o k=v", 3, "64 options")
        self.wrong(GOOD + "".join(f"  inet:127.0.0.1:{p}\n" for p in range(2, 34)), 33, "32 listeners")
        self.wrong("".join(f"s{i} /bin/true 1 1 none none -\n" for i in range(101)), 101, "100 services")
        self.good("".join(f"s{i} /bin/true 1 1 none none -\n" for i in range(100)))
        status, said = self.check("# nothing\n")
        self.assertEqual(status, 78)
        self.assertIn("expected at least one service", said)
        self.assertIn("larger than", self.check("#" * (5 << 20))[1])

    def test_damaged(self):
        with open(SOURCE + "/etc/master.conf", "rb") as f:
            sample = f.read()
        for seed in range(60):
            rng = random.Random(seed)
            text = bytearray(sample)
            for _ in range(rng.randint(1, 8)):
                at, n = rng.randrange(len(text)), rng.randrange(6)
                text[at:at + n] = bytes(rng.choice(b"\x00\n\r \t=:,#-[]*09aZ\xff") for _ in range(rng.randrange(6)))
            with self.subTest(seed):
                self.check(bytes(text))

    def test_command_line(self):
        for args, status in [(["--help"], 0), (["--version"], 0), (["-x"], 64), (["-C"], 64), (["extra"], 64), (["-t", "-C", "/no/such"], 78)]:
            r = subprocess.run([MASTER] + args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(r.returncode, status, (args, r.stderr))
            self.assertTrue(r.stderr.startswith(b"master: ") if status else not r.stderr, r.stderr)


if __name__ == "__main__":
    unittest.main()
