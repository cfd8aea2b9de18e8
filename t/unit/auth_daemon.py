#!/usr/bin/env python3
"""authd over its own sockets: who may ask what, logins by every mechanism, tickets, what a kill leaves behind, and
what stored is told.  A small stored stands in for the real one.  Environment: BUILD."""
import base64, contextlib, hashlib, hmac, os, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time, unittest

BUILD = os.environ.get("BUILD", "build")
AUTHD = os.path.join(BUILD, "bin", "authd")
if not os.path.exists(AUTHD):
    print("SKIP: no authd in", BUILD)
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import ipc_client  # noqa: E402
from ipc_client import HELLO, REPLY, Frames, frame  # noqa: E402

dec = ipc_client.fields


def enc(fields):
    return ipc_client.message(*fields)


class Client(ipc_client.Client):
    def __init__(self, path):
        super().__init__(path, "authd/1")

    def raw(self, payload):
        items, reply, _ = self.items(self.begin(payload))
        return [dec(i) for i in items], dec(reply), reply

    def ask(self, verb, fields):
        """(name of the result, its fields)"""
        reply = self.raw(enc([(verb, fields)]))[1]
        (number, values), = reply.items()
        return NAMES[number], dec(values[0])

    def entries(self, kind, domain=""):
        items, reply, _ = self.raw(enc([(27, [(1, kind), (2, domain)])]))
        return [dec(e) for i in items + [reply] for part in i.get(6, []) for e in dec(part).get(1, [])]


NAMES = {1: "error", 2: "ok", 3: "challenge", 4: "mechanisms", 5: "resolved", 6: "entries", 7: "done", 8: "stats"}
(LOGIN, SASL_START, SASL_STEP, RENEW, MECHANISMS, RESOLVE, ADMIN_TICKET, PUT_DOMAIN, PUT_ACCOUNT, PUT_ALIAS, PUT_GROUP,
 PUT_LIST, DELETE, LIST, SHOW, SET_PASSWORD, STATS, USER_TICKET) = (1, 2, 3, 4, 5, 10, 20, 21, 22, 23, 24, 25, 26, 27,
                                                                     28, 29, 30, 31)


def code(result):
    name, fields = result
    return fields[1][0].decode() if name == "error" else name


# --- a stored that only notes what it is told


class Stored(threading.Thread):
    def __init__(self, path):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(4)
        self.told, self.change = [], threading.Condition()
        self.start()

    def run(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        frames = Frames(s)
        with contextlib.suppress(OSError), s:
            while (got := frames.pull()) is not None:
                for kind, call, body, _ in got:
                    if kind == HELLO:
                        s.sendall(frame(HELLO, b"stored/1"))
                        continue
                    self.note(dec(body))
                    s.sendall(frame(REPLY, enc([(13, [(1, 1)])]), call))

    def note(self, request):
        with self.change:
            if 42 in request:
                v = dec(request[42][0])
                self.told.append(("revoke", v[1][0], v[2][0]))
            elif 41 in request:
                self.told.append(("delete", dec(request[41][0])[1][0]))
            self.change.notify_all()

    def wait_for(self, what):
        with self.change:
            return self.change.wait_for(lambda: what in self.told, 60)


class Instance:
    """A folder with configuration, listening sockets that outlive the daemon, and the daemon."""
    LISTENERS = ["authd", "authd-deliver", "authd-admin"]

    def __init__(self, extra=""):
        self.dir = tempfile.mkdtemp(prefix="postern-authd-")
        for sub in ("etc", "run", "var"):
            os.mkdir(f"{self.dir}/{sub}")
        with open(f"{self.dir}/etc/postern.conf", "w") as f:
            f.write(f"run_dir = {self.dir}/run\nvar_dir = {self.dir}/var\ndefault_domain = example.org\n"
                    "auth.clear_text = loopback\nauth.slow_loopback = no\nauth.scram_iterations = 4096\n" + extra)
        self.sockets = []
        for name in self.LISTENERS:
            s = socket.socket(socket.AF_UNIX)
            s.bind(self.path(name))
            s.listen(128)
            self.sockets.append(s)
        self.process = None
        self.start()

    def path(self, name):
        return f"{self.dir}/run/{name}.sock"

    def start(self):
        keep = [os.dup(s.fileno()) for s in self.sockets]
        # High numbers first, so that none of them is overwritten on the way down to 3, 4, 5.
        high = [os.dup2(fd, 200 + i) for i, fd in enumerate(keep)]
        for fd in keep:
            os.close(fd)

        def hand_over():
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)

        env = dict(os.environ, LISTEN_FDS=str(len(high)), LISTEN_FDNAMES=":".join(self.LISTENERS))
        env["ASAN_OPTIONS"] = "detect_leaks=0"  # needs ptrace, which the sandbox forbids
        with open(f"{self.dir}/log", "ab") as log:
            self.process = subprocess.Popen([AUTHD, "-C", f"{self.dir}/etc"], env=env, preexec_fn=hand_over,
                                            pass_fds=high + [3, 4, 5], stderr=log)
        for fd in high:
            os.close(fd)

    def client(self, name="authd-admin"):
        return Client(self.path(name))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self):
        self.kill()
        self.start()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        return self.process.returncode

    def log_text(self):
        with open(f"{self.dir}/log", encoding="utf-8", errors="replace") as f:
            return f.read()

    def remove(self):
        self.stop()
        for s in self.sockets:
            s.close()
        shutil.rmtree(self.dir)


LOOPBACK = [(1, "imap"), (2, "127.0.0.1"), (4, "s1")]


def login_fields(name, password, origin=LOOPBACK):
    return [(1, origin), (2, name), (3, password)]


class AuthdTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.i = Instance()
        admin = cls.i.client()
        assert admin.ask(PUT_DOMAIN, [(1, "example.org"), (2, True)])[0] == "done"
        for name in ("alice", "bob"):
            r = admin.ask(PUT_ACCOUNT, [(1, name), (2, True), (4, "secret-" + name), (5, 1 << 30), (6, name.title())])
            assert r[0] == "done", r
        admin.close()

    @classmethod
    def tearDownClass(cls):
        status = cls.i.stop()
        text = cls.i.log_text()
        cls.i.remove()
        assert status == 0, (status, text[-4000:])
        assert "secret-" not in text, "a password reached the log"
        assert "Sanitizer" not in text and "runtime error" not in text, text[-4000:]

    def setUp(self):
        self.admin, self.auth = self.i.client(), self.i.client("authd")

    def tearDown(self):
        self.admin.close()
        self.auth.close()

    def stat(self, name):
        _, fields = self.admin.ask(STATS, [])
        counters = {dec(e)[1][0].decode(): dec(e).get(2, [0])[0] for e in fields[1]}
        return counters[name]

    def test_who_may_ask_what(self):
        verbs = {v: "login" for v in (LOGIN, SASL_START, SASL_STEP, RENEW, MECHANISMS)}
        verbs[RESOLVE] = "deliver"
        verbs.update({v: "admin" for v in range(20, 32)})
        allowed = {"authd": {"login"}, "authd-deliver": {"deliver"}, "authd-admin": {"login", "deliver", "admin"}}
        for listener, groups in allowed.items():
            c = self.i.client(listener)
            for verb, group in verbs.items():
                got = code(c.ask(verb, []))
                self.assertEqual(got == "DENIED", group not in groups, (listener, verb, got))
            c.close()

    def test_login(self):
        name, ok = self.auth.ask(LOGIN, login_fields("ALICE@Example.org", "secret-alice"))
        self.assertEqual(name, "ok")
        self.assertEqual(ok[3][0], b"alice@example.org")
        self.assertEqual(ok[6][0], 1 << 30)
        self.assertEqual(ok[8][0], b"Alice")
        hashes = self.stat("hashes")
        for _ in range(20):
            self.assertEqual(self.auth.ask(LOGIN, login_fields("alice", "secret-alice"))[0], "ok")
        self.assertEqual(self.stat("hashes"), hashes, "a repeated login costs no hash")

    def test_unknown_user_and_wrong_password_are_one_answer(self):
        answers = {self.auth.raw(enc([(LOGIN, login_fields(n, p))]))[2]
                   for n, p in (("alice", "wrong"), ("nobody", "wrong"), ("alice@elsewhere.example", "x"), ("a%b", "x"),
                                ("", "x"), ("alice", ""), ("alice", "x" * 5000), ("bob", "secret-alice"))}
        self.assertEqual(len(answers), 1, answers)

    def test_unknown_users_cost_a_hash_too(self):
        before = self.stat("hashes")
        self.auth.ask(LOGIN, login_fields("nobody", "x"))
        self.auth.ask(LOGIN, login_fields("alice", "x"))
        self.assertEqual(self.stat("hashes"), before + 2)

    def test_clear_text_needs_tls_or_loopback(self):
        far = [(1, "imap"), (2, "192.0.2.9")]
        self.assertEqual(code(self.auth.ask(LOGIN, login_fields("alice", "secret-alice", far))), "PRIVACYREQUIRED")
        self.assertEqual(code(self.auth.ask(LOGIN, login_fields("alice", "secret-alice", far + [(3, True)]))), "ok")
        self.assertEqual(code(self.auth.ask(SASL_START, [(1, far), (2, "PLAIN")])), "PRIVACYREQUIRED")
        names = lambda **k: [n.decode() for n in self.auth.ask(MECHANISMS, list(k["f"]))[1].get(1, [])]
        self.assertNotIn("PLAIN", names(f=[]))
        self.assertIn("PLAIN", names(f=[(1, True)]))
        self.assertIn("SCRAM-SHA-256-PLUS", names(f=[(1, True), (2, True)]))

    def sasl(self, mechanism, initial, origin=LOOPBACK, client=None):
        fields = [(1, origin), (2, mechanism)]
        if initial is not None:
            fields += [(3, True), (4, initial)]
        return (client or self.auth).ask(SASL_START, fields)

    def step(self, challenge, data, client=None):
        return (client or self.auth).ask(SASL_STEP, [(1, challenge[1][0]), (2, data)])

    def test_sasl_plain_and_login(self):
        self.assertEqual(self.sasl("PLAIN", b"\0alice\0secret-alice")[0], "ok")
        self.assertEqual(self.sasl("plain", b"alice@example.org\0alice\0secret-alice")[0], "ok")
        self.assertEqual(code(self.sasl("PLAIN", b"bob\0alice\0secret-alice")), "AUTHENTICATIONFAILED")
        self.assertEqual(code(self.sasl("PLAIN", b"\0alice\0secret-bob")), "AUTHENTICATIONFAILED")
        self.assertEqual(code(self.sasl("PLAIN", b"nonsense")), "AUTHENTICATIONFAILED")
        self.assertEqual(code(self.sasl("NTLM", b"")), "INVALID")
        kind, ch = self.sasl("PLAIN", None)
        self.assertEqual(kind, "challenge")
        self.assertEqual(self.step(ch, b"\0alice\0secret-alice")[0], "ok")
        kind, ch = self.sasl("LOGIN", None)
        kind, ch = self.step(ch, b"alice")
        self.assertEqual(ch[2][0], b"Password:")
        self.assertEqual(self.step(ch, b"secret-alice")[0], "ok")
        self.assertEqual(code(self.step(ch, b"secret-alice")), "EXPIRED")

    def test_a_dialogue_belongs_to_its_connection(self):
        _, ch = self.sasl("PLAIN", None)
        other = self.i.client("authd")
        self.assertEqual(code(self.step(ch, b"\0alice\0secret-alice", other)), "EXPIRED")
        other.close()
        self.assertEqual(self.step(ch, b"\0alice\0secret-alice")[0], "ok")

    def scram(self, user, password, algorithm="sha256", origin=LOOPBACK, gs2="n,,", binding=b"", suffix=""):
        name = {"sha256": "SCRAM-SHA-256", "sha1": "SCRAM-SHA-1"}[algorithm] + suffix
        bare = f"n={user},r=clientnonce"
        kind, ch = self.sasl(name, (gs2 + bare).encode(), origin)
        if kind == "error":
            return kind, ch
        first = ch[2][0].decode()
        nonce, salt, rounds = re.fullmatch(r"r=([^,]+),s=([^,]+),i=(\d+)", first).groups()
        without = "c=" + base64.b64encode(gs2.encode() + binding).decode() + ",r=" + nonce
        message = f"{bare},{first},{without}".encode()
        salted = hashlib.pbkdf2_hmac(algorithm, password.encode(), base64.b64decode(salt), int(rounds))
        key = hmac.new(salted, b"Client Key", algorithm).digest()
        stored = hashlib.new(algorithm, key).digest()
        proof = bytes(a ^ b for a, b in zip(key, hmac.new(stored, message, algorithm).digest()))
        kind, ch = self.step(ch, (without + ",p=" + base64.b64encode(proof).decode()).encode())
        if kind == "error":
            return kind, ch
        server = hmac.new(hmac.new(salted, b"Server Key", algorithm).digest(), message, algorithm).digest()
        self.assertEqual(ch[2][0], b"v=" + base64.b64encode(server))
        return self.step(ch, b"")

    def test_scram(self):
        for algorithm in ("sha256", "sha1"):
            self.assertEqual(self.scram("alice", "secret-alice", algorithm)[0], "ok")
            self.assertEqual(code(self.scram("alice", "wrong", algorithm)), "AUTHENTICATIONFAILED")
            self.assertEqual(code(self.scram("nobody", "wrong", algorithm)), "AUTHENTICATIONFAILED")
        far = [(1, "imap"), (2, "192.0.2.77")]
        self.assertEqual(self.scram("alice", "secret-alice", origin=far)[0], "ok", "no password travels")
        bound = LOOPBACK + [(6, b"exporter")]
        plus = dict(origin=bound, gs2="p=tls-exporter,,", suffix="-PLUS")
        self.assertEqual(self.scram("alice", "secret-alice", binding=b"exporter", **plus)[0], "ok")
        self.assertEqual(code(self.scram("alice", "secret-alice", binding=b"another", **plus)), "AUTHENTICATIONFAILED")

    def test_unknown_users_have_a_lasting_salt(self):
        salt = lambda user: self.sasl("SCRAM-SHA-256", f"n,,n={user},r=x".encode())[1][2][0].split(b",")[1:]
        self.assertEqual(salt("nobody"), salt("NOBODY@example.org"))
        self.assertNotEqual(salt("nobody"), salt("nobody2"))
        self.assertEqual(len(salt("nobody")[0]), len(salt("alice")[0]))
        self.assertEqual(salt("nobody")[1], salt("alice")[1])

    def test_imported_hash_gets_scram_keys_at_its_first_plain_login(self):
        salted = base64.b64encode(hashlib.sha1(b"secret-imp" + b"salt").digest() + b"salt").decode()
        r = self.admin.ask(PUT_ACCOUNT, [(1, "imported"), (2, True), (4, "{SSHA}" + salted)])
        self.assertEqual(r[0], "done")
        self.assertEqual(code(self.scram("imported", "secret-imp")), "AUTHENTICATIONFAILED")
        self.assertEqual(self.auth.ask(LOGIN, login_fields("imported", "secret-imp"))[0], "ok")
        deadline = time.monotonic() + 60
        while code(self.scram("imported", "secret-imp")) != "ok":
            self.assertLess(time.monotonic(), deadline)
        entry = dec(self.admin.ask(SHOW, [(1, "account"), (2, "imported")])[1][1][0])
        self.assertEqual(entry[13][0], b"{SSHA}")
        self.assertEqual(code(self.admin.ask(PUT_ACCOUNT, [(1, "x"), (2, True), (4, "{ARGON2ID}x")])), "INVALID")
        self.assertEqual(code(self.admin.ask(SHOW, [(1, "account"), (2, "x")])), "NOT_FOUND")

    def test_renewal_holds_while_the_generation_does(self):
        self.admin.ask(PUT_ACCOUNT, [(1, "carol"), (2, True), (4, "secret-carol")])
        ok = self.auth.ask(LOGIN, login_fields("carol", "secret-carol"))[1]
        ticket = ok[1][0]
        name, renewed = self.auth.ask(RENEW, [(1, ticket)])
        self.assertEqual((name, renewed[2]), ("ok", ok[2]))
        damaged = bytes([ticket[0], ticket[1], ticket[2] ^ 1]) + ticket[3:]
        self.assertEqual(code(self.auth.ask(RENEW, [(1, damaged)])), "EXPIRED")
        self.admin.ask(PUT_ACCOUNT, [(1, "carol"), (6, "New description")])
        self.assertEqual(self.auth.ask(RENEW, [(1, ticket)])[0], "ok")
        self.admin.ask(SET_PASSWORD, [(1, "carol"), (2, "secret-new")])
        self.assertEqual(code(self.auth.ask(RENEW, [(1, ticket)])), "EXPIRED")
        self.assertEqual(code(self.auth.ask(LOGIN, login_fields("carol", "secret-carol"))), "AUTHENTICATIONFAILED",
                         "the old password is not remembered")
        ticket = self.auth.ask(LOGIN, login_fields("carol", "secret-new"))[1][1][0]
        self.admin.ask(PUT_ACCOUNT, [(1, "carol"), (8, True)])
        self.assertEqual(code(self.auth.ask(RENEW, [(1, ticket)])), "EXPIRED")
        self.assertEqual(code(self.auth.ask(LOGIN, login_fields("carol", "secret-new"))), "AUTHENTICATIONFAILED")
        self.assertEqual(code(self.scram("carol", "secret-new")), "AUTHENTICATIONFAILED")
        self.assertEqual(self.admin.ask(USER_TICKET, [(1, "carol")])[0], "ok", "an admin still reaches the mail")

    def test_resolve(self):
        self.admin.ask(PUT_ALIAS, [(1, "team"), (2, True), (3, "alice+Work"), (3, "bob"), (3, "x@elsewhere.example")])
        deliver = self.i.client("authd-deliver")
        results = [dec(r) for r in deliver.ask(RESOLVE, [(1, "team"), (1, "Bob+News@EXAMPLE.org"), (1, "nobody@example.org")])
                   [1][1]]
        team = {(dec(d)[2][0], dec(d).get(3, [b""])[0]) for d in results[0][2]}
        self.assertEqual(team, {(b"alice@example.org", b"Work"), (b"bob@example.org", b"")})
        self.assertEqual(results[0][3], [b"x@elsewhere.example"])
        self.assertEqual(dec(results[1][2][0])[3], [b"News"])
        self.assertEqual(dec(results[2][4][0])[1], [b"NOT_FOUND"])
        ticket = dec(results[1][2][0])[4][0]
        self.assertEqual(code(self.auth.ask(RENEW, [(1, ticket)])), "DENIED")
        deliver.close()

    def test_directory_verbs(self):
        a = self.admin
        self.assertEqual(code(a.ask(PUT_ACCOUNT, [(1, "alice"), (2, True), (4, "x")])), "EXISTS")
        self.assertEqual(code(a.ask(PUT_ACCOUNT, [(1, "x@nowhere.example"), (2, True), (4, "x")])), "NOT_FOUND")
        self.assertEqual(code(a.ask(PUT_ACCOUNT, [(1, "a b"), (2, True), (4, "x")])), "INVALID")
        done = a.ask(PUT_ACCOUNT, [(1, "dry"), (2, True), (3, True), (4, "secret-dry")])
        self.assertEqual(done[1][3], [b"add account dry@example.org"])
        self.assertEqual(code(a.ask(SHOW, [(1, "account"), (2, "dry")])), "NOT_FOUND")
        self.assertEqual(a.ask(PUT_GROUP, [(1, "staff"), (2, True), (3, "alice"), (3, "bob")])[0], "done")
        self.assertEqual(a.ask(PUT_LIST, [(1, "news"), (2, True), (3, "staff"), (3, "x@elsewhere.example")])[0], "done")
        self.assertEqual(dec(a.ask(SHOW, [(1, "group"), (2, "staff")])[1][1][0])[9],
                         [b"alice@example.org", b"bob@example.org"])
        self.assertEqual({e[2][0] for e in a.entries("list")}, {b"news@example.org"})
        self.assertIn(b"alice@example.org", {e[2][0] for e in a.entries("account")})
        self.assertEqual(code(a.ask(DELETE, [(1, "domain"), (2, "example.org")])), "IN_USE")
        self.assertEqual(code(a.ask(DELETE, [(1, "nonsense"), (2, "x")])), "INVALID")
        for kind, name in (("list", "news"), ("group", "staff")):
            self.assertEqual(a.ask(DELETE, [(1, kind), (2, name)])[0], "done")

    def test_listings_come_in_pieces(self):
        a = self.admin
        for n in range(1500):
            # Aliases cost no hash.
            self.assertEqual(a.ask(PUT_ALIAS, [(1, f"al{n}"), (2, True)] + [(3, f"{'x' * 50}{k}@elsewhere.example")
                                                                            for k in range(10)])[0], "done")
        self.assertEqual(len([e for e in a.entries("alias") if e[2][0].startswith(b"al")]), 1500)

    def test_malformed_requests_close_their_peer_only(self):
        for payload in (b"", b"\xff\xff\xff", b"\x0a\xff", enc([(99, [(1, "x")])])):
            c = self.i.client("authd")
            with self.assertRaises((EOFError, ConnectionError)):
                c.raw(payload)
            c.close()
        self.assertEqual(self.auth.ask(LOGIN, login_fields("alice", "secret-alice"))[0], "ok")

    def test_many_logins_at_once(self):
        results = []

        def run(n):
            c = self.i.client("authd")
            results.append(code(c.ask(LOGIN, login_fields("alice", "secret-alice" if n % 2 else f"wrong{n}"))))
            c.close()

        threads = [threading.Thread(target=run, args=(n,)) for n in range(40)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        self.assertEqual(sorted(set(results)), ["AUTHENTICATIONFAILED", "ok"])
        self.assertEqual(results.count("ok"), 20)


class Durability(unittest.TestCase):
    def test_what_was_acknowledged_survives_sigkill(self):
        i = Instance()
        try:
            a = i.client()
            a.ask(PUT_DOMAIN, [(1, "example.org"), (2, True)])
            ids = [a.ask(PUT_ACCOUNT, [(1, f"u{n}"), (2, True), (4, "secret-x")])[1][1][0] for n in range(5)]
            ticket = i.client("authd").ask(LOGIN, login_fields("u1", "secret-x"))[1][1][0]
            a.ask(DELETE, [(1, "account"), (2, "u4")])
            second = subprocess.run([AUTHD, "-C", f"{i.dir}/etc"], timeout=60, stderr=subprocess.PIPE)
            self.assertEqual(second.returncode, 69, "two at once on one directory")
            i.restart()
            a = i.client()
            self.assertEqual({e[2][0] for e in a.entries("account")},
                             {f"u{n}@example.org".encode() for n in range(4)})
            self.assertEqual(i.client("authd").ask(LOGIN, login_fields("u3", "secret-x"))[0], "ok")
            self.assertEqual(i.client("authd").ask(RENEW, [(1, ticket)])[0], "ok", "the ticket key is the same")
            again = a.ask(PUT_ACCOUNT, [(1, "u4"), (2, True), (4, "secret-y")])[1][1][0]
            self.assertGreater(again, max(ids), "ids are never used again")
            self.assertEqual(oct(os.stat(f"{i.dir}/var/directory/ticket.key").st_mode & 0o777), "0o600")
            for name in os.listdir(f"{i.dir}/var/directory"):
                if name != "ticket.pub":
                    # The folder's group may read the audit log, which has no secrets.
                    mode = os.stat(f"{i.dir}/var/directory/{name}").st_mode & (0o027 if name == "audit" else 0o077)
                    self.assertEqual(mode, 0, f"{name} is open to others")
        finally:
            i.remove()

    def test_stored_is_told_also_after_both_were_down(self):
        i = Instance()
        try:
            a = i.client()
            a.ask(PUT_DOMAIN, [(1, "example.org"), (2, True)])
            ids = [a.ask(PUT_ACCOUNT, [(1, f"u{n}"), (2, True), (4, "secret-x")])[1][1][0] for n in range(2)]
            a.ask(DELETE, [(1, "account"), (2, "u0")])
            a.ask(SET_PASSWORD, [(1, "u1"), (2, "secret-y")])
            i.kill()
            stored = Stored(f"{i.dir}/run/stored-admin.sock")
            i.start()
            self.assertTrue(stored.wait_for(("delete", ids[0])), stored.told)
            self.assertTrue(stored.wait_for(("revoke", ids[0], 2**64 - 1)), stored.told)
            self.assertTrue(stored.wait_for(("revoke", ids[1], 2)), stored.told)
            a = i.client()
            deadline = time.monotonic() + 60
            while True:
                counters = {dec(e)[1][0]: dec(e).get(2, [0])[0] for e in a.ask(STATS, [])[1][1]}
                if counters[b"outbox"] == 0:
                    break
                self.assertLess(time.monotonic(), deadline)
            told = len(stored.told)
            a.ask(DELETE, [(1, "account"), (2, "u1")])
            self.assertTrue(stored.wait_for(("delete", ids[1])), stored.told)
            self.assertGreater(len(stored.told), told)
        finally:
            i.remove()


class Throttled(unittest.TestCase):
    def test_a_guesser_is_refused_and_others_are_not(self):
        i = Instance("auth.failure_delay = 0\n")
        try:
            a = i.client()
            a.ask(PUT_DOMAIN, [(1, "example.org"), (2, True)])
            a.ask(PUT_ACCOUNT, [(1, "alice"), (2, True), (4, "secret-alice")])
            c = i.client("authd")
            secure = lambda ip: [(1, "imap"), (2, ip), (3, True)]
            first = c.raw(enc([(LOGIN, login_fields("alice", "wrong", secure("2001:db8::1")))]))[2]
            for n in range(150):
                last = c.raw(enc([(LOGIN, login_fields(f"nobody{n}", "wrong", secure(f"2001:db8::{n:x}")))]))[2]
            self.assertEqual(first, last)
            counters = {dec(e)[1][0]: dec(e).get(2, [0])[0] for e in a.ask(STATS, [])[1][1]}
            # 100 are looked at, and one more for each hundredth that has decayed on a slow machine.
            self.assertIn(counters[b"logins_refused"], range(40, 52))
            self.assertEqual(counters[b"hashes"], 151 - counters[b"logins_refused"] + 1, "a refused one costs nothing")
            self.assertEqual(code(c.ask(LOGIN, login_fields("alice", "secret-alice", secure("2001:db8::1")))),
                             "AUTHENTICATIONFAILED")
            self.assertEqual(c.ask(LOGIN, login_fields("alice", "secret-alice", secure("192.0.2.1")))[0], "ok")
            for n in range(5):
                c.ask(LOGIN, login_fields("alice", "wrong"))
            self.assertEqual(c.ask(LOGIN, login_fields("alice", "secret-alice"))[0], "ok", "loopback is never slowed")
        finally:
            i.remove()


if __name__ == "__main__":
    unittest.main(verbosity=0, warnings="ignore")
