"""Each limit of each limits.h is named by a test that tries it, or stands in limits_untested.txt with the reason why none does.

Being named is what a script can see; that the test tries the limit and one past it is for the reader."""
import glob, os, re, sys

source = os.environ.get('SOURCE') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
os.chdir(source)
limits = {}
for path in sorted(glob.glob('lib/*/limits.h') + glob.glob('cmd/*/limits.h')):
    with open(path) as f:
        for name in re.findall(r'^inline constexpr\s+[\w:]+\s+(k\w+)', f.read(), re.M):
            limits[os.path.dirname(path) + ' ' + name] = name
assert len(limits) > 200, 'the limits were not found'
tests = ''
for folder, _, names in os.walk('t'):
    for name in names:
        if name.endswith(('.py', '.cc', '.t', '.h')) and os.path.join(folder, name) != 't/unit/limits.py':
            with open(os.path.join(folder, name), errors='replace') as f:
                tests += f.read()
words = set(re.findall(r'\bk[A-Z]\w*', tests))
excused = {}
with open('t/unit/limits_untested.txt') as f:
    for line in f:
        if line.strip() and not line.startswith('#'):
            where, name, reason = line.split(None, 2)
            excused[where + ' ' + name] = reason.strip()
bad = ['%s has no test that names it' % k for k, n in limits.items() if n not in words and k not in excused]
bad += ['%s is tested now: take it out of limits_untested.txt' % k for k in excused if limits.get(k) in words]
bad += ['%s is in limits_untested.txt, but nowhere else' % k for k in excused if k not in limits]
print('\n'.join(bad) or '%d limits, %d of them without a test for the reasons given' % (len(limits), len(excused)))
sys.exit(1 if bad else 0)
