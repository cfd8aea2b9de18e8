"""A private socket from Python: one call with its descriptors, and as much of protobuf as a test needs."""
import array, os, socket, struct

REQUEST, REPLY, ITEM, HINT, HELLO = 1, 2, 3, 4, 5


def varint(n):
    out = b''
    while n > 0x7f:
        out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])


def field(number, value):
    """A field of a message: int, str or bytes (a message is its bytes)."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(data):
    """Field number -> its values, ints or bytes, in order."""
    out, at = {}, 0

    def number():
        nonlocal at
        n = shift = 0
        while True:
            b = data[at]
            at += 1
            n |= (b & 0x7f) << shift
            shift += 7
            if b < 0x80:
                return n
    while at < len(data):
        key = number()
        if key & 7 == 0:
            out.setdefault(key >> 3, []).append(number())
        else:
            assert key & 7 == 2, 'wire type %d' % (key & 7)
            n = number()
            out.setdefault(key >> 3, []).append(data[at:at + n])
            at += n
    return out


def memfd(data):
    fd = os.memfd_create('test')
    os.write(fd, data)
    return fd


class Client:
    def __init__(self, path, protocol, timeout=60):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(timeout)
        self.s.connect(path)
        self.id = 0
        self.data, self.fds = b'', []
        self.send(HELLO, 0, protocol.encode())

    def close(self):
        self.s.close()

    def send(self, kind, id, payload, fds=()):
        data = struct.pack('<IBBHQ', len(payload), kind, len(fds), 0, id) + payload
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
        sent = self.s.sendmsg([data], rights)
        self.s.sendall(data[sent:])

    def frame(self):
        """(kind, call id, payload, descriptors)"""
        while True:
            if len(self.data) >= 16:
                n, kind, count, _, id = struct.unpack('<IBBHQ', self.data[:16])
                if len(self.data) >= 16 + n:
                    payload, self.data = self.data[16:16 + n], self.data[16 + n:]
                    fds, self.fds = self.fds[:count], self.fds[count:]
                    return kind, id, payload, fds
            piece, rights, _, _ = self.s.recvmsg(65536, socket.CMSG_SPACE(64 * 4))
            if not piece:
                raise ConnectionError('closed')
            self.data += piece
            for level, kind, raw in rights:
                got = array.array('i')
                got.frombytes(raw[:len(raw) // got.itemsize * got.itemsize])
                self.fds += got

    def begin(self, payload, fds=()):
        self.id += 1
        self.send(REQUEST, self.id, payload, fds)
        return self.id

    def reply(self, id):
        while True:
            kind, got, payload, fds = self.frame()
            if kind == REPLY and got == id:
                return payload, fds

    def call(self, payload, fds=()):
        return self.reply(self.begin(payload, fds))
