"""The project's own messages, t/system/data: every shape that has to come back byte by byte."""
import glob
import os
import re

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'system', 'data')


def corpus():
    """Name -> bytes, as the files are."""
    out = {}
    for path in sorted(glob.glob(DATA + '/*.eml')):
        with open(path, 'rb') as f:
            out[os.path.basename(path)[:-4]] = f.read()
    assert len(out) >= 25, DATA
    return out


def at_the_door(message):
    """What the store keeps: each LF without CR has become CRLF, all else is as it was."""
    return re.sub(rb'(?<!\r)\n', b'\r\n', message)


def over_imap(message):
    """What BODY[] gives: IMAP has no NUL, so it leaves as 0x80."""
    return at_the_door(message).replace(b'\0', b'\x80')


def as_maildir(messages, folder):
    """Writes the messages into the Maildir `folder`, with flags and file times that differ.  What has to be in the store after
    its import: [(bytes, flags as sorted letters, date)]."""
    os.makedirs(folder + '/cur')
    stored = []
    for i, data in enumerate(messages):
        flags, date = ('', 'S', 'FS', 'RS', 'D', 'FRS')[i % 6], 1500000000 + i
        path = '%s/cur/%06d:2,%s' % (folder, i, flags)
        with open(path, 'wb') as f:
            f.write(data)
        os.utime(path, (date, date))
        stored.append((at_the_door(data), flags, date))
    return stored


def large(size=5 << 20):
    """A message with an attachment of about `size` bytes, made anew each time, always the same."""
    import base64
    import random
    rest = random.Random(7)
    lines = b''.join(base64.b64encode(rest.randbytes(57)) + b'\r\n' for _ in range(size // 78))
    return (b'From: a@example.org\r\nSubject: large\r\nDate: Wed, 3 Jun 2020 12:00:00 +0000\r\nMIME-Version: 1.0\r\n'
            b'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nsee below\r\n'
            b'--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n' + lines + b'--x--\r\n')
