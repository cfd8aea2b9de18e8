"""A private socket from Python: frames of lib/ipc with their descriptors, and as much of protobuf as a test needs."""
import array, os, socket, struct

HEADER = struct.Struct('<IBBHQ')
REQUEST, REPLY, ITEM, HINT, HELLO, CREDIT = range(1, 7)


def varint(n):
    out = b''
    while n > 0x7f:
        out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])


def field(number, value):
    """A field of a message: bool, int, str or bytes; a message is its bytes, or the list of its fields."""
    if isinstance(value, int):
        return varint(number << 3) + varint(int(value))
    value = message(*value) if isinstance(value, list) else value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(*pairs):
    return b''.join(field(number, value) for number, value in pairs)


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


def frame(kind, payload, call=0, fds=0):
    return HEADER.pack(len(payload), kind, fds, 0, call) + payload


class Frames:
    """Cuts frames out of a socket."""

    def __init__(self, sock):
        self.sock, self.data, self.fds = sock, b'', []

    def pull(self):
        """One recv; the whole frames so far as (kind, call, payload, descriptors); None at the end."""
        piece, rights, _, _ = self.sock.recvmsg(65536, socket.CMSG_SPACE(64 * 4))
        if not piece:
            return None
        self.data += piece
        for _, _, raw in rights:
            got = array.array('i')
            got.frombytes(raw[:len(raw) // got.itemsize * got.itemsize])
            self.fds += got
        out = []
        while len(self.data) >= HEADER.size:
            size, kind, count, _, call = HEADER.unpack(self.data[:HEADER.size])
            end = HEADER.size + size
            if len(self.data) < end:
                break
            out.append((kind, call, self.data[HEADER.size:end], self.fds[:count]))
            self.data, self.fds = self.data[end:], self.fds[count:]
        return out


class Client:
    def __init__(self, path, protocol, timeout=60):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(timeout)
        try:
            self.s.connect(path)
        except OSError:
            self.s.close()
            raise
        self.id = 0
        self.frames, self.queue = Frames(self.s), []
        self.send(HELLO, 0, protocol.encode())

    def close(self):
        self.s.close()

    def send(self, kind, id, payload, fds=()):
        data = frame(kind, payload, id, len(fds))
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
        sent = self.s.sendmsg([data], rights)
        self.s.sendall(data[sent:])

    def frame(self):
        """(kind, call, payload, descriptors)"""
        while not self.queue:
            got = self.frames.pull()
            if got is None:
                raise ConnectionError('closed')
            self.queue += got
        return self.queue.pop(0)

    def begin(self, payload, fds=()):
        self.id += 1
        self.send(REQUEST, self.id, payload, fds)
        return self.id

    def items(self, call):
        """What is sent before the reply, then the reply: [payload...], payload, descriptors."""
        items = []
        while True:
            kind, got, payload, fds = self.frame()
            if got == call and kind == REPLY:
                return items, payload, fds
            if got == call and kind == ITEM:
                items.append(payload)
                self.send(CREDIT, call, struct.pack('<I', 1))

    def reply(self, call):
        return self.items(call)[1:]

    def call(self, payload, fds=()):
        return self.reply(self.begin(payload, fds))
