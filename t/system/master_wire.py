"""Frames of lib/ipc and just enough protobuf for lib/proto/control.proto, with nothing but the standard library."""
import socket
import struct

HEADER = struct.Struct("<IBBHQ")
REQUEST, REPLY, ITEM, HINT, HELLO, CREDIT = range(1, 7)


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def encode(*fields):
    """encode((number, value), ...): bool and int as varints, str and bytes with their length."""
    out = b""
    for number, value in fields:
        if isinstance(value, (bool, int)):
            out += varint(number << 3) + varint(int(value))
        else:
            raw = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(raw)) + raw
    return out


def decode(raw):
    """{number: [values]}; what has a length stays bytes."""
    out, at = {}, 0

    def number():
        nonlocal at
        n = shift = 0
        while True:
            byte = raw[at]
            at += 1
            n |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return n

    while at < len(raw):
        tag = number()
        if tag & 7 == 0:
            value = number()
        else:
            size = number()
            value = raw[at:at + size]
            at += size
        out.setdefault(tag >> 3, []).append(value)
    return out


def frame(kind, payload, call=0):
    return HEADER.pack(len(payload), kind, 0, 0, call) + payload


class Frames:
    """Cuts frames out of a socket."""

    def __init__(self, sock):
        self.sock, self.rest = sock, b""

    def pull(self):
        """One recv; the whole frames so far as (kind, call, payload); None at the end."""
        data = self.sock.recv(65536)
        if not data:
            return None
        self.rest += data
        out = []
        while len(self.rest) >= HEADER.size:
            size, kind, _, _, call = HEADER.unpack(self.rest[:HEADER.size])
            if len(self.rest) < HEADER.size + size:
                break
            out.append((kind, call, self.rest[HEADER.size:HEADER.size + size]))
            self.rest = self.rest[HEADER.size + size:]
        return out


class Control:
    """The admin's side of run/master.sock."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        try:
            self.sock.connect(path)
        except OSError:
            self.sock.close()
            raise
        self.sock.sendall(frame(HELLO, b"control/1"))
        self.frames, self.queue, self.call = Frames(self.sock), [], 0

    def close(self):
        self.sock.close()

    def ask(self, verb, argument=b""):
        self.call += 1
        self.sock.sendall(frame(REQUEST, encode((verb, argument)), self.call))
        while True:
            while self.queue:
                kind, call, payload = self.queue.pop(0)
                if kind == REPLY and call == self.call:
                    return decode(payload)
            got = self.frames.pull()
            if got is None:
                raise ConnectionError("master closed the connection")
            self.queue += got

    def status(self):
        top = decode(self.ask(1)[2][0])
        return {"pid": top[2][0], "version": top[4][0].decode(), "notes": [n.decode() for n in top.get(5, [])],
                "services": {s["name"]: s for s in map(service, top.get(1, []))}}

    def who(self):
        top = decode(self.ask(2)[3][0])
        return [session(s) for s in top.get(1, [])]

    def kick(self, what, dry_run=False):
        return counted(self.ask(3, encode((1, what), (2, dry_run))))

    def reload(self):
        return counted(self.ask(4))

    def stop(self):
        return counted(self.ask(5))


class Refused(Exception):
    pass


def counted(reply):
    if 1 in reply:
        error = decode(reply[1][0])
        raise Refused(error[1][0].decode(), error[2][0].decode())
    return decode(reply[4][0]).get(1, [0])[0]


def first(message, number, default=0):
    return message.get(number, [default])[0]


def service(raw):
    m = decode(raw)
    return {"name": m[1][0].decode(), "program": first(m, 2, b"").decode(), "listeners": [l.decode() for l in m.get(3, [])],
            "processes": [process(p) for p in m.get(4, [])], "restarts": first(m, 5), "kills": first(m, 6),
            "throttled": bool(first(m, 7)), "last_exit": first(m, 8, b"").decode(), "connections": first(m, 9)}


def process(raw):
    m = decode(raw)
    counters = {}
    for entry in m.get(7, []):
        e = decode(entry)
        counters[first(e, 1, b"").decode()] = first(e, 2)
    return {"pid": m[1][0], "clients": first(m, 2), "ready": bool(first(m, 3)), "draining": bool(first(m, 4)),
            "memory_kb": first(m, 6), "counters": counters}


def session(raw):
    m = decode(raw)
    return {"id": first(m, 1, b"").decode(), "user": first(m, 3, b"").decode(), "pid": first(m, 7)}
