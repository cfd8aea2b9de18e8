"""Each fuzz target has a seed corpus that is not empty, and a dictionary where its input is a text that has words."""
import glob, os, re, sys

source = os.environ.get('SOURCE') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
fuzz = os.path.join(source, 't', 'fuzz')
# Bytes with lengths, numbers and hashes, or any text at all: there are no words that a parser knows.
WORDLESS = {'auth_ticket', 'blob_location', 'blob_segment', 'index_dictionary', 'index_order', 'index_tokenizer', 'io_deflate', 'ipc_frame', 'kv_row',
            'model_flag_block'}
targets = sorted(os.path.basename(p)[:-3] for p in glob.glob(fuzz + '/*_*.cc') if not p.endswith('/replay_main.cc'))
sessions = re.search(r'foreach\(pair ([^)]*)\)', open(os.path.join(source, 't', 'CMakeLists.txt')).read())[1]
targets += [pair.split(':')[0] + '_session' for pair in sessions.split()]
assert len(targets) > 30, targets
bad = []
for name in targets:
    if not any(os.path.getsize(f) for f in glob.glob('%s/corpus/%s/*' % (fuzz, name)) if os.path.isfile(f)):
        bad.append('%s has no corpus' % name)
    # As t/fuzz/run looks for it.
    has = any(os.path.exists('%s/%s.dict' % (fuzz, n)) for n in (name, name.split('_')[0]))
    if has == (name in WORDLESS):
        bad.append('%s %s dictionary' % (name, 'needs no' if has else 'has no'))
for path in glob.glob(fuzz + '/*.dict'):
    for number, line in enumerate(open(path, encoding='ascii'), 1):
        if not re.fullmatch(r'(#.*|(\w+=)?"(\\\\|\\"|\\x[0-9a-fA-F]{2}|[^"\\])+"|)', line.rstrip('\n')):
            bad.append('%s:%d: %s' % (path, number, line.strip()))
print('\n'.join(bad) or '%d fuzz targets' % len(targets))
sys.exit(1 if bad else 0)
