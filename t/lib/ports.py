"""Ports for tests, kept apart between all tests of this machine: below the range that the kernel gives to clients, and
each held by a lock until the process ends, so that nobody else takes it between the look and the bind."""
import fcntl, os, socket

# Distances of an instance's ports from its base; no two bases of STEP apart share one (t/unit/ports.py).
OFFSETS = {'imap': 143, 'imaps': 993, 'http': 80, 'https': 443, 'lmtp': 24, 'pop3': 110, 'pop3s': 995, 'smtp': 25,
           'submissions': 465, 'submission': 587, 'sieve': 4190}
STEP, FIRST, LAST = 310, 11000, 28500   # LAST + the largest distance stays below 32768
SINGLE_FIRST, SINGLE_LAST = 7100, 9900

_held = []


def _hold(name, ports):
    """The lock, when it was free and every port can be bound now."""
    lock = open('/tmp/postern-port-%s.lock' % name, 'w')
    socks = []
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for port in ports:
            s = socket.socket()
            socks.append(s)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('127.0.0.1', port))
        return lock
    except OSError:
        lock.close()
        return None
    finally:
        for s in socks:
            s.close()


def _search(first, last, step, ports_of):
    count = (last - first) // step
    for i in range(count):
        n = first + (os.getpid() * 7 + i) % count * step
        lock = _hold(n, ports_of(n))
        if lock:
            return n, lock
    raise RuntimeError('no free ports')


def free_base_port():
    """A base such that base + every distance is free, and the lock that keeps other tests from it."""
    return _search(FIRST, LAST, STEP, lambda base: [base + off for off in OFFSETS.values()])


def free_port():
    """One port, ours until this process ends."""
    port, lock = _search(SINGLE_FIRST, SINGLE_LAST, 1, lambda p: [p])
    _held.append(lock)
    return port
