#!/usr/bin/env python3
"""No two bases of t/lib/ports.py share a port, and none is one that the kernel gives to clients."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ports  # noqa: E402

seen = {}
for base in range(ports.FIRST, ports.LAST, ports.STEP):
    for name, off in ports.OFFSETS.items():
        if base + off in seen:
            sys.exit('port %d: %s of base %d and of base %d' % (base + off, name, base, seen[base + off]))
        if base + off >= 32768:
            sys.exit('port %d of base %d may be taken by any client' % (base + off, base))
        seen[base + off] = base
a, b = ports.free_base_port(), ports.free_base_port()
if a[0] == b[0] or ports.free_port() == ports.free_port():
    sys.exit('the same port twice')
print('%d ports of %d bases' % (len(seen), len(seen) // len(ports.OFFSETS)))
