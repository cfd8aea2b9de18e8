"""The admin's side of run/master.sock, as lib/proto/control.proto has it."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from ipc_client import Client, fields, message  # noqa: E402


class Control(Client):
    def __init__(self, path):
        super().__init__(path, "control/1", timeout=30)

    def ask(self, verb, argument=b""):
        return fields(self.call(message((verb, argument)))[0])

    def status(self):
        top = fields(self.ask(1)[2][0])
        return {"pid": top[2][0], "version": top[4][0].decode(), "notes": [n.decode() for n in top.get(5, [])],
                "services": {s["name"]: s for s in map(service, top.get(1, []))}}

    def who(self):
        top = fields(self.ask(2)[3][0])
        return [session(s) for s in top.get(1, [])]

    def kick(self, what, dry_run=False):
        return counted(self.ask(3, message((1, what), (2, dry_run))))

    def reload(self):
        return counted(self.ask(4))

    def stop(self):
        return counted(self.ask(5))


class Refused(Exception):
    pass


def counted(reply):
    if 1 in reply:
        error = fields(reply[1][0])
        raise Refused(error[1][0].decode(), error[2][0].decode())
    return fields(reply[4][0]).get(1, [0])[0]


def first(message, number, default=0):
    return message.get(number, [default])[0]


def service(raw):
    m = fields(raw)
    return {"name": m[1][0].decode(), "program": first(m, 2, b"").decode(), "listeners": [l.decode() for l in m.get(3, [])],
            "processes": [process(p) for p in m.get(4, [])], "restarts": first(m, 5), "kills": first(m, 6),
            "throttled": bool(first(m, 7)), "last_exit": first(m, 8, b"").decode(), "connections": first(m, 9)}


def process(raw):
    m = fields(raw)
    counters = {}
    for entry in m.get(7, []):
        e = fields(entry)
        counters[first(e, 1, b"").decode()] = first(e, 2)
    return {"pid": m[1][0], "clients": first(m, 2), "ready": bool(first(m, 3)), "draining": bool(first(m, 4)),
            "memory_kb": first(m, 6), "counters": counters}


def session(raw):
    m = fields(raw)
    return {"id": first(m, 1, b"").decode(), "user": first(m, 3, b"").decode(), "pid": first(m, 7)}
