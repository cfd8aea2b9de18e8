"""The list of kill points, t/crash/points.txt, has each name of the code once, and no other; so has no name two programs'
worth of meaning."""
import collections, os, re, sys

source = os.environ.get('SOURCE') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path.insert(0, os.path.join(source, 't', 'crash'))
from points import read_points  # noqa: E402

in_code = collections.defaultdict(list)
for top in ('lib', 'cmd'):
    for folder, _, names in os.walk(os.path.join(source, top)):
        for name in names:
            path = os.path.join(folder, name)
            if not name.endswith('.cc') or path.endswith('lib/base/system.cc'):
                continue
            text = open(path).read()
            for call in re.findall(r'kill_point\(([^;]*)\);', text):
                literals = re.findall(r'"([^"]+)"', call)
                assert literals, '%s: kill_point(%s): the name must stand there' % (path, call)
                for literal in literals:
                    in_code[literal].append(os.path.relpath(path, source))
listed = [p.name for p in read_points()]
assert in_code, 'no kill points found'
twice = [n for n, c in collections.Counter(listed).items() if c > 1]
missing = sorted(set(in_code) - set(listed))
gone = sorted(set(listed) - set(in_code))
for n in missing:
    print('%s: in %s, but not in t/crash/points.txt' % (n, ', '.join(in_code[n])))
for n in gone:
    print('%s: in t/crash/points.txt, but nowhere in the code' % n)
for n in twice:
    print('%s: twice in t/crash/points.txt' % n)
print('%d kill points' % len(listed))
sys.exit(1 if missing or gone or twice else 0)
