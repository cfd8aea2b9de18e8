"""Holds every byte that an IMAP server sends to the grammar of imap_responses.abnf, and to what the RFCs say of it in prose.

    c = Checker()
    c.said(data)          # what the client sends, before it is sent
    c.feed(data)          # what the server sends, in pieces of any size; raises Illegal with the response that is wrong

Written from the RFCs, not from imapd.  Of what the client says only STARTTLS, COMPRESS and UNAUTHENTICATE matter: when they
succeed, the rest is not ours to read (until resume()), deflated, or under the rules of a fresh session.
"""
import functools, os, re, zlib

from abnf import Grammar

MAX_LINE = 64 << 20
RECENT = re.compile(r'\* \d+ RECENT\r|\* SEARCH\b|.*\\Recent\b', re.I | re.S)
SWITCH = re.compile(rb'(?im)^([^\s(){%*"\\]+) (STARTTLS|COMPRESS DEFLATE|UNAUTHENTICATE)\r?$')
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


class Illegal(AssertionError):
    pass


@functools.cache
def grammar(utf8):
    here = os.path.dirname(os.path.abspath(__file__))
    texts = []
    for name in ('imap_responses.abnf', 'imap_utf8.abnf')[:1 + utf8]:
        with open(os.path.join(here, name), encoding='ascii') as f:
            texts.append(f.read())
    return Grammar(*texts)


class Checker:
    def __init__(self, name='imapd', greeting=True):
        self.name, self.greeted = name, not greeting
        self.buffer, self.parts, self.need = bytearray(), [], 0
        self.enabled, self.language, self.responses = set(), False, 0
        self.plain_literal, self.opaque, self.inflate, self.line, self.switches = False, False, None, b'', {}

    def said(self, data):
        self.line = (self.line + data)[-4096:]
        for m in SWITCH.finditer(self.line[:self.line.rfind(b'\n') + 1]):
            self.switches[m[1].decode()] = m[2].upper()

    def resume(self):
        """What is fed from here on was inside of TLS."""
        self.opaque, self.line = False, b''

    # --- from bytes to responses
    def feed(self, data):
        if not self.opaque:
            self.buffer += self.inflate.decompress(data) if self.inflate else data
        while not self.opaque and self.step():
            pass

    def switch(self, command):
        self.switches, self.line = {}, b''   # a tag may be used again
        if command == b'UNAUTHENTICATE':
            self.enabled, self.language, self.inflate = set(), False, None
        elif command == b'STARTTLS':
            self.opaque = True
            self.buffer.clear()
        else:
            self.inflate = zlib.decompressobj(-15)
            self.buffer = bytearray(self.inflate.decompress(bytes(self.buffer)))

    def step(self):
        """Takes a literal or a line away; false when neither is whole."""
        if self.need:
            n = min(self.need, len(self.buffer))
            if self.plain_literal and b'\0' in self.buffer[:n]:
                raise Illegal('%s: a NUL in the literal of %r' % (self.name, self.parts[-1][-200:]))
            del self.buffer[:n]
            self.need -= n
            if self.need:
                return False
            self.parts.append('\ue000' if self.plain_literal else '\ue001')
        end = self.buffer.find(b'\r\n')
        if end < 0:
            if len(self.buffer) > MAX_LINE:
                raise Illegal('%s: a line without end' % self.name)
            return False
        line = bytes(self.buffer[:end])
        del self.buffer[:end + 2]
        m = re.search(rb'(~?)\{(\d{1,10})\}$', line)
        if m:
            self.parts.append(line[:m.start()].decode('latin-1'))
            self.need, self.plain_literal = int(m[2]), not m[1]
            if not self.need:
                self.parts.append('\ue001' if m[1] else '\ue000')
            return True
        text = ''.join(self.parts) + line.decode('latin-1') + '\r\n'
        self.parts = []
        self.response(text)
        tag, _, rest = text.partition(' ')
        if tag in self.switches and rest[:3].upper() == 'OK ':
            self.switch(self.switches[tag])
        return True

    # --- one response
    def response(self, text):
        self.responses += 1
        rule = 'response' if self.greeted else 'greeting'
        self.greeted = True
        utf8 = self.language or bool(self.enabled & {'IMAP4REV2', 'UTF8=ACCEPT'})
        why = 'not in the grammar' if not grammar(utf8).fullmatch(rule, text) else self.prose(text)
        if why:
            shown = text.replace('\ue000', '{literal}').replace('\ue001', '~{literal}')
            raise Illegal('%s: illegal %s, %s: %r' % (self.name, rule, why, shown[:2000]))

    def prose(self, text):
        """What is legal by the grammar only; None when all is well."""
        word = text[2:text.find(' ', 2)].upper() if text.startswith('* ') else ''
        if word == 'ENABLED':
            self.enabled |= set(text.upper().split()[2:])
        if word == 'LANGUAGE':
            self.language = True
        bare = QUOTED.sub('""', text) if text.startswith('*') else ''
        return self.capabilities(text) or self.messages(word, bare) or self.flags(bare)

    def capabilities(self, text):
        m = re.match(r'\S+ (?:OK |NO )?\[?CAPABILITY ([^\]\r]*)', text, re.I)
        atoms = m[1].upper().split() if m else []
        if len(set(atoms)) != len(atoms):
            return 'a capability is listed twice'
        if 'LITERAL+' in atoms and 'LITERAL-' in atoms:
            return 'LITERAL+ beside LITERAL- (RFC 7888)'
        return None

    def messages(self, word, text):
        m = re.match(r'\* (?:\d+ )?(VANISHED|EXPUNGE|FETCH|UIDFETCH)\b( \(EARLIER\))?', text, re.I)
        kind = m[1].upper() if m else ''
        if kind in ('EXPUNGE', 'FETCH') and 'UIDONLY' in self.enabled:
            return 'message numbers after ENABLE UIDONLY (RFC 9586)'
        if kind == 'UIDFETCH' and 'UIDONLY' not in self.enabled:
            return 'UIDFETCH before ENABLE UIDONLY (RFC 9586)'
        if kind == 'EXPUNGE' and 'QRESYNC' in self.enabled:
            return 'EXPUNGE after ENABLE QRESYNC (RFC 7162 3.2.10)'
        if kind == 'VANISHED' and not self.enabled & {'QRESYNC', 'UIDONLY'}:
            return 'VANISHED before ENABLE QRESYNC (RFC 7162 3.2.10)'
        if kind == 'FETCH' and 'QRESYNC' in self.enabled and 'MODSEQ' in text and not re.search(r'[( ]UID \d', text):
            return 'MODSEQ without UID after ENABLE QRESYNC (RFC 7162 3.2.4)'
        if 'IMAP4REV2' in self.enabled and RECENT.match(text) and word not in ('OK', 'NO', 'BAD', 'BYE'):
            return 'not of IMAP4rev2 (RFC 9051 appendix E)'
        return None

    def flags(self, text):
        m = re.match(r'\* (?:FLAGS |\d+ (?:UID)?FETCH .*?\bFLAGS )\(([^)]*)\)', text, re.I)
        flags = m[1].upper().split() if m else []
        return 'a flag is listed twice' if len(set(flags)) != len(flags) else None
