"""A recogniser made from ABNF (RFC 5234): Grammar(text).fullmatch('rule', string).

Of prose values it knows `<any A except B>`, as RFC 3501 writes them: an A at a place where no B stands.  Of several texts a
later one may define a rule anew, or add alternatives with `=/`.  What does not refer to itself becomes one regular
expression; a rule that does (a body in a body) is matched part by part, each repetition as long as it goes, of its regular
alternatives the first that matches.  Standard library only.
"""
import re

TOKEN = re.compile(r'''\s+|;[^\n]*|(?P<string>"[^"]*")|(?P<num>%[xd][0-9A-Fa-f]+(?:-[0-9A-Fa-f]+|(?:\.[0-9A-Fa-f]+)+)?)
    |<any\ (?P<a>\S+)\ except\ (?P<b>"[^"]*"|[\w-]+)>|(?P<repeat>\d*\*\d*|\d+)(?=["%<(\[A-Za-z])
    |(?P<name>[A-Za-z][\w-]*)|(?P<mark>[/()\[\]])''', re.X)


class Chars(frozenset):
    """One character of a set."""


class Cat(list):
    pass


class Alt(list):
    pass


class Ref(str):
    pass


class Text(str):
    """Letters of either case."""


class Repeat:
    def __init__(self, least, most, node):
        self.least, self.most, self.node = least, most, node


class Except:
    def __init__(self, node, bad):
        self.node, self.bad = node, bad


def lex(text):
    at, out = 0, []
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise SyntaxError('not ABNF: ' + text[at:at + 40])
        at = m.end()
        if m.lastgroup:
            out.append((m.lastgroup, m))
    return out


def number(text):
    base = 16 if text[1] == 'x' else 10
    if '-' in text:
        first, last = (int(n, base) for n in text[2:].split('-'))
        return Chars(chr(c) for c in range(first, last + 1))
    return Cat(Chars(chr(int(n, base))) for n in text[2:].split('.'))


class Parser:
    def __init__(self, text):
        self.tokens, self.at = lex(text), 0

    def kind(self):
        t = self.tokens[self.at] if self.at < len(self.tokens) else (None, None)
        return t[1].group() if t[0] == 'mark' else t[0]

    def alternatives(self):
        out = Alt([self.sequence()])
        while self.kind() == '/':
            self.at += 1
            out.append(self.sequence())
        return out[0] if len(out) == 1 else out

    def sequence(self):
        out = Cat()
        while self.kind() not in (None, '/', ')', ']'):
            out.append(self.element())
        if not out:
            raise SyntaxError('an empty alternative')
        return out[0] if len(out) == 1 else out

    def element(self):
        kind, m = self.tokens[self.at]
        self.at += 1
        if kind == 'repeat':
            least, star, most = m.group().partition('*')
            n = self.element()
            return Repeat(int(least or 0), (int(most) if most else None) if star else int(least), n)
        if kind == 'string':
            return Text(m.group()[1:-1])
        if kind == 'num':
            return number(m.group())
        if kind == 'b':
            a, b = (Text(n[1:-1]) if n[0] == '"' else Ref(n.lower()) for n in m.group('a', 'b'))
            return Except(a, b)
        if kind == 'name':
            return Ref(m.group().lower())
        closing = {'(': ')', '[': ']'}.get(m.group())
        node = self.alternatives()
        if closing is None or self.kind() != closing:
            raise SyntaxError('unbalanced near ' + m.group())
        self.at += 1
        return node if closing == ')' else Repeat(0, 1, node)


def read_rules(text, rules):
    """Puts the rules of `text` into `rules`, name -> node."""
    defined = set()
    for block in re.split(r'\n(?=[A-Za-z])', '\n' + text):
        m = re.match(r'([A-Za-z][\w-]*)\s*(=/|=)', block)
        if not m:
            if lex(block):
                raise SyntaxError('no rule: ' + block[:60])
            continue
        name, parser = m[1].lower(), Parser(block[m.end():])
        node = parser.alternatives()
        if parser.kind() is not None:
            raise SyntaxError('what is this after %s: %s' % (name, parser.kind()))
        if m[2] == '=' and name in defined or m[2] == '=/' and name not in rules:
            raise SyntaxError('%s is defined %s' % (name, 'twice' if m[2] == '=' else 'nowhere'))
        defined.add(name)
        rules[name] = Alt([rules[name], node]) if m[2] == '=/' else node


class Grammar:
    def __init__(self, *texts):
        self.rules, self.made = {}, {}
        for t in texts:
            read_rules(t, self.rules)
        missing = {r for n in self.rules.values() for r in refs(n)} - set(self.rules)
        if missing:
            raise SyntaxError('no such rules: ' + ', '.join(sorted(missing)))
        self.recursive = {n for n in self.rules if n in self.reach(n)}

    def reach(self, name):
        seen, todo = set(), [name]
        while todo:
            for r in refs(self.rules[todo.pop()]):
                if r not in seen:
                    seen.add(r)
                    todo.append(r)
        return seen

    def regular(self, node):
        return not any(r in self.recursive or self.recursive & self.reach(r) for r in refs(node))

    def chars(self, node):
        """The set of a node that is one character, else None."""
        if isinstance(node, Chars):
            return node
        if isinstance(node, Ref):
            return None if node in self.recursive else self.chars(self.rules[node])
        if isinstance(node, Text) and len(node) == 1:
            return Chars({node.lower(), node.upper()})
        if isinstance(node, Cat) and len(node) == 1:
            return self.chars(node[0])
        if isinstance(node, Alt):
            sets = [self.chars(n) for n in node]
            return None if None in sets else Chars(set().union(*sets))
        if isinstance(node, Except):
            a, b = self.chars(node.node), self.chars(node.bad)
            return None if a is None or b is None else Chars(a - b)
        return None

    def regex(self, node):
        one = self.chars(node)
        if one is not None:
            return '[%s]' % ''.join('\\x%02x' % ord(c) if ord(c) < 256 else c for c in sorted(one))
        if isinstance(node, Ref):
            return self.regex(self.rules[node])
        if isinstance(node, Text):
            return '(?i:%s)' % re.escape(node)
        if isinstance(node, Cat):
            return ''.join(self.regex(n) for n in node)
        if isinstance(node, Alt):
            return '(?:%s)' % '|'.join(self.regex(n) for n in node)
        if isinstance(node, Except):
            return '(?!%s)%s' % (self.regex(node.bad), self.regex(node.node))
        return '(?:%s){%d,%s}' % (self.regex(node.node), node.least, '' if node.most is None else node.most)

    def matcher(self, node):
        """A function (string, at) that yields the ends of matches."""
        if self.regular(node):
            match = re.compile(self.regex(node), re.S).match

            def leaf(s, i):
                m = match(s, i)
                if m:
                    yield m.end()
            return leaf
        if isinstance(node, Ref):
            return lambda s, i: self.rule(node)(s, i)
        if isinstance(node, Alt):
            return either([self.matcher(n) for n in self.choices(node)])
        if isinstance(node, Cat):
            return chain([self.matcher(n) for n in self.runs(node)])
        return repeat(self.matcher(node.node), node.least, node.most)

    def choices(self, alt):
        """The alternatives, those that are regular as one: of these the first that matches is taken."""
        flat, todo = [], list(alt)
        while todo:
            n = todo.pop(0)
            n = self.rules[n] if isinstance(n, Ref) and isinstance(self.rules[n], Alt) else n
            todo[:0] = n if isinstance(n, Alt) else []
            flat += [] if isinstance(n, Alt) else [n]
        simple = Alt(n for n in flat if self.regular(n))
        return ([simple] if simple else []) + [n for n in flat if not self.regular(n)]

    def runs(self, cat):
        """The sequence with what is regular and adjacent joined."""
        out = []
        for n in cat:
            if out and self.regular(n) and self.regular(out[-1]):
                out[-1] = Cat([out[-1], n])
            else:
                out.append(n)
        return out

    def rule(self, name):
        if name not in self.made:
            self.made[name] = self.matcher(self.rules[name])
        return self.made[name]

    def fullmatch(self, name, s):
        return any(end == len(s) for end in self.rule(name.lower())(s, 0))


def refs(node):
    if isinstance(node, Ref):
        return {node}
    if isinstance(node, (Cat, Alt)):
        return {r for n in node for r in refs(n)}
    if isinstance(node, Repeat):
        return refs(node.node)
    if isinstance(node, Except):
        return refs(node.node) | refs(node.bad)
    return set()


def chain(parts):
    if len(parts) == 1:
        return parts[0]
    first, rest = parts[0], chain(parts[1:])
    return lambda s, i: (end for middle in first(s, i) for end in rest(s, middle))


def either(parts):
    if len(parts) == 1:
        return parts[0]
    return lambda s, i: (end for p in parts for end in p(s, i))


def repeat(part, least, most):
    def match(s, i):
        ends = [i]
        while most is None or len(ends) <= most:
            end = next((e for e in part(s, ends[-1]) if e > ends[-1]), None)
            if end is None:
                break
            ends.append(end)
        return iter(ends[:least - 1 if least else None:-1] if least else ends[::-1])
    return match
