"""t/crash/SCENARIOS.md and t/protocol/README.md name tests that exist: each `PATH` and `PATH: NAME` of them is found, each
number stands there once, and every number that a test names stands there."""
import os, re, sys

source = os.environ.get('SOURCE') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
TABLE = os.path.join('t', 'crash', 'SCENARIOS.md')
CLIENTS = os.path.join('t', 'protocol', 'README.md')
wrong, numbers = [], []


def each(text):
    """I01-I03, J09 -> I01 I02 I03 J09"""
    for part in text.split(','):
        first, _, last = part.strip().partition('-')
        for n in range(int(first[1:]), int((last or first)[1:]) + 1):
            yield '%s%02d' % (first[0], n)


def lines():
    for table in (TABLE, CLIENTS):
        with open(os.path.join(source, table)) as f:
            yield from f


for line in lines():
    cells = [c.strip() for c in line.strip('|\n').split('|')]
    if len(cells) != 3 or not re.match(r'[A-Z]\d\d', cells[0]):
        continue
    numbers += each(cells[0])
    named = re.findall(r'`([^`]+)`', cells[2])
    if not named and 'not there' not in cells[2] and 'Open' not in cells[2]:
        wrong.append('%s: neither a test nor a reason' % cells[0])
    for what in named:
        path, _, name = what.partition(': ')
        full = os.path.join(source, path)
        if not os.path.isfile(full):
            wrong.append('%s: no file %s' % (cells[0], path))
        elif name and name not in open(full).read():
            wrong.append('%s: no %s in %s' % (cells[0], name, path))
wrong += ['%s stands there twice' % n for n in set(numbers) if numbers.count(n) > 1]
assert len(numbers) > 80, 'the table was not read'

for folder in ('protocol', 'system'):
    for top, _, names in os.walk(os.path.join(source, 't', folder)):
        for name in (n for n in names if n.endswith('.py')):
            for number in re.findall(r'(?:test|check)_([A-Z]\d\d)_', open(os.path.join(top, name)).read()):
                if number not in numbers:
                    wrong.append('%s: %s does not stand in %s' % (name, number, TABLE))
for w in wrong:
    print(w)
sys.exit(1 if wrong else 0)
