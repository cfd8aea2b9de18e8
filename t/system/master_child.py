#!/usr/bin/env python3
"""A daemon that keeps master's contract (lib/service/daemon.h) and little else; test_master.py runs it as a service.

It greets each client with "HELLO pid listener", takes commands a line, and misbehaves as its --options ask:
--fail=STATUS ends at once, --deaf ignores SIGTERM, --mute does not answer `who`, --garbage sends a bad frame,
--once leaves after its first client, --note=FILE appends a line when it starts and when it ends.
"""
import json
import os
import resource
import selectors
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from ipc_client import HINT, Frames, fields, frame, message  # noqa: E402

options = dict(a[2:].split("=", 1) for a in sys.argv[1:] if a.startswith("--"))
limit = int(options.get("clients", 1000000))
sel = selectors.DefaultSelector()
clients = {}
state = {"draining": False, "reloads": 0}


def note(what):
    if "note" in options:
        with open(options["note"], "a") as f:
            f.write(f"{what} {options['service']} {os.getpid()}\n")


def leave(status=0):
    note("end")
    os._exit(status)


def end_politely():
    for c in list(clients):
        c.send(b"BYE\n")
    leave()


def status(*more):
    n = len(clients)
    full = n >= limit
    counters = message((1, "reloads"), (2, state["reloads"]))
    control.sendall(frame(HINT, message((1, True), (2, n), (3, full), (4, state["draining"]), (5, counters), *more)))


def listening(on):
    for s in listeners:
        try:
            sel.register(s, selectors.EVENT_READ, accept) if on else sel.unregister(s)
        except (KeyError, ValueError):
            pass


def accept(listener):
    try:
        c, _ = listener.accept()
    except OSError:
        return
    clients[c] = {"user": "", "rest": b""}
    c.send(f"HELLO {os.getpid()} {listeners[listener]}\n".encode())
    sel.register(c, selectors.EVENT_READ, client)
    if len(clients) >= limit or "once" in options:
        listening(False)
    status()


def gone(c):
    sel.unregister(c)
    c.close()
    del clients[c]
    if "once" in options or (state["draining"] and not clients):
        leave()
    if not state["draining"]:
        listening(True)
    status()


def about():
    return {"argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd(), "stdin": os.readlink("/proc/self/fd/0"),
            "fds": sorted(int(f) for f in os.listdir("/proc/self/fd")), "core": resource.getrlimit(resource.RLIMIT_CORE),
            "files": resource.getrlimit(resource.RLIMIT_NOFILE), "data": resource.getrlimit(resource.RLIMIT_DATA),
            "parent": os.getppid(), "uid": os.getuid(), "umask": os.umask(0o077)}


def client(c):
    try:
        data = c.recv(4096)
    except OSError:
        data = b""
    if not data:
        return gone(c)
    clients[c]["rest"] += data
    while b"\n" in clients.get(c, {"rest": b""})["rest"]:
        line, clients[c]["rest"] = clients[c]["rest"].split(b"\n", 1)
        word, _, rest = line.decode().partition(" ")
        if word == "user":
            clients[c]["user"] = rest
        elif word == "exit":
            leave(int(rest))
        elif word == "garbage":
            control.sendall(b"\xff" * 64)
        elif word == "about":
            c.send(json.dumps(about()).encode() + b"\n")
            continue
        c.send(b"OK\n")


def order(_):
    frames = orders.pull()
    if frames is None:
        leave()
    for _, _, payload, _ in frames:
        o = fields(payload)
        if 2 in o:
            state["reloads"] += 1
            status()
        if 3 in o and "mute" not in options:
            sessions = [(6, message((1, f"{os.getpid()}-{c.fileno()}"), (3, v["user"]), (4, "192.0.2.1"))) for c, v in clients.items()]
            status(*sessions, (7, True))
        if 4 in o:
            what = o[4][0].decode()
            for c in [c for c, v in clients.items() if what in ("*", v["user"], f"{os.getpid()}-{c.fileno()}")]:
                gone(c)
        if 1 in o:
            listening(False)
            state["draining"] = True
            if not clients:
                leave()
            status()


note("start")
if "fail" in options:
    sys.stderr.close()
    leave(int(options["fail"]))
signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in options else lambda *_: end_politely())
control = socket.socket(fileno=int(os.environ["POSTERN_CONTROL"]))
orders = Frames(control)
names = os.environ.get("LISTEN_FDNAMES", "").split(":")
listeners = {socket.socket(fileno=3 + i): names[i] for i in range(int(os.environ.get("LISTEN_FDS", "0")))}
assert not listeners or os.environ["LISTEN_PID"] == str(os.getpid())
for s in listeners:
    s.setblocking(False)
sel.register(control, selectors.EVENT_READ, order)
listening(True)
if "garbage" in options:
    control.sendall(b"\xff" * 64)
    time.sleep(60)
status()
while True:
    for key, _ in sel.select():
        if key.fileobj.fileno() >= 0:
            key.data(key.fileobj)
