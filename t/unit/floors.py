"""The floors of lib/: a library includes only what the table in CMakeLists.txt allows, nobody below cmd/ includes
cmd/, and only cmd/stored and authd reach the engines."""
import os, re, sys

root = os.environ.get('SOURCE') or os.path.join(os.path.dirname(__file__), '..', '..')
uses = {}
for m in re.finditer(r'^postern_(library|program)\((\w+)\s*(?:USES ([\w\s]*?))?(?:\s*LINKS [^)]*)?\)', open(os.path.join(root, 'CMakeLists.txt')).read(), re.M):
    uses[(m[1], m[2])] = (m[3] or '').split()
libs = {n for k, n in uses if k == 'library'} | {'proto'}


def closure(names):
    out, todo = set(), list(names)
    while todo:
        n = todo.pop()
        if n not in out:
            out.add(n)
            todo += uses.get(('library', n), [])
    return out


bad = []
for kind, top in (('library', 'lib'), ('program', 'cmd')):
    for name in sorted(os.listdir(os.path.join(root, top))):
        allowed = closure(uses.get((kind, name), [])) | {name}
        for d, _, files in os.walk(os.path.join(root, top, name)):
            for f in files:
                if not f.endswith(('.h', '.cc')):
                    continue
                for i, line in enumerate(open(os.path.join(d, f)), 1):
                    m = re.match(r'#include "([\w-]+)/', line)
                    if not m or (m[1] == 'cmd' and top == 'cmd' and '"cmd/%s/' % name in line):
                        continue
                    if m[1] == 'cmd' or (m[1] in libs and m[1] not in allowed):
                        bad.append('%s/%s:%d: %s' % (d, f, i, line.strip()))
if len(uses) < 10:
    bad.append('the table in CMakeLists.txt was not understood')
print('\n'.join(bad) or 'floors hold: %d libraries and programs' % len(uses))
sys.exit(1 if bad else 0)
