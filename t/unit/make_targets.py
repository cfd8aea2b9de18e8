"""What README.md and `make help` promise of make: each target is there and listed, the build service calls what people call,
and `make deps` installs what is missing, by name, and nothing otherwise."""
import os, re, subprocess, sys, tempfile

source = os.environ.get('SOURCE') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))


def read(name):
    with open(os.path.join(source, name)) as f:
        return f.read()


def make(*args, env=None):
    clean = {k: v for k, v in os.environ.items() if k not in ('MAKEFLAGS', 'MAKELEVEL', 'BUILD', 'SOURCE')}
    return subprocess.run(['make', '-s', '-C', source, *args], env=dict(clean, **(env or {})), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def fake(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, 'w') as f:
        f.write('#!/bin/sh\n' + text)
    os.chmod(path, 0o755)


makefile = read('Makefile')
targets = set(re.findall(r'(?m)^([a-z]+):.*## ', makefile))
wanted = {'all', 'run', 'check', 'deps', 'bench', 'fuzz', 'crash', 'install', 'uninstall', 'clean', 'help'}
assert wanted <= targets, wanted - targets
listed = set(re.findall(r'(?m)^  make ([a-z]+) ', make('help').stdout))
assert listed == targets, listed ^ targets
for name in re.findall(r'(?m)^    make ([a-z]+)|`make ([a-z]+)', read('README.md')):
    assert (name[0] or name[1]) in targets, name
assert re.search(r'(?m)^cd .*&& exec make check$', read('.ci/run')), read('.ci/run')
# What clean takes away is what can be built again.
gone = make('-n', 'clean').stdout.split()
assert gone[:2] == ['rm', '-rf'] and all(g.startswith('build') for g in gone[2:]), gone

with tempfile.TemporaryDirectory() as d:
    fake(d, 'dpkg-query', 'for p; do :; done; case $p in $MISSING) exit 1;; esac; echo "install ok installed"\n')
    fake(d, 'apt-get', 'echo "apt-get $*" >> "$0.log"\n')
    fake(d, 'sudo', 'echo "sudo" >> "$(dirname "$0")/apt-get.log"; exec "$@"\n')
    fake(d, 'id', 'echo "$FAKE_UID"\n')
    env = {'PATH': d + ':' + os.environ['PATH'], 'MISSING': 'none', 'FAKE_UID': '0'}
    log = os.path.join(d, 'apt-get.log')
    r = make('deps', env=env)
    assert (r.returncode, r.stdout) == (0, '') and not os.path.exists(log), r.stdout
    for uid in ('0', '1000'):
        r = make('deps', env=dict(env, MISSING='lib[rz]*', FAKE_UID=uid))
        with open(log) as f:
            said = f.read().splitlines()
        os.remove(log)
        assert r.returncode == 0, r.stdout
        assert ('sudo' in said) == (uid != '0'), said
        installs = [line for line in said if ' install ' in line]
        assert len(installs) == 1, said
        names = [w for w in installs[0].split(' install ')[1].split() if not w.startswith('-')]
        assert sorted(names) == ['libre2-dev', 'libzstd-dev'], names
print('%d targets of make' % len(targets))
