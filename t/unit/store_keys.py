"""lib/store/keys.h gives each kind of row one letter, and no two kinds the same: else rows would be read as what they are not,
and a scan over one kind would meet another.  lib/store/README.md lists the same letters, each once, and fsck's picture of an
account (picture.cc) knows each of an account's."""
import collections, os, re, sys

source = os.environ.get('SOURCE') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
wrong = []


def read(name):
    with open(os.path.join(source, 'lib', 'store', name)) as f:
        return f.read()


def kinds(text):
    """letter -> the functions that make keys with it.  One that only adds to another's key has that one's letter."""
    out, letters = collections.defaultdict(set), {}
    for name, body in re.findall(r'^inline std::string (\w+)\([^)]*\) \{(.*?)\}$', text, re.S | re.M):
        made = re.search(r"join\('(\w)'|return \"(\w)\"", body)
        other = re.search(r'(?:return|=) (\w+)\(', body)
        letter = (made[1] or made[2]) if made else letters.get(other[1]) if other else None
        if not letter:
            wrong.append('keys.h: %s: no letter found' % name)
            continue
        letters[name] = letter
        out[letter].add(name)
    return out


def stem(name):
    """uid_rows and uid_row are of one kind, as are annotations_of and annotation."""
    return re.sub(r's$', '', name.split('_')[0])


text = read('keys.h')
begin, middle = text.index('// One account\n'), text.index('// Account 0\n')
parts = {'an account': kinds(text[begin:middle]), 'account 0': kinds(text[middle:])}
for part, found in parts.items():
    assert len(found) > 6, 'keys.h was not read'
    for letter, names in found.items():
        if len({stem(n) for n in names}) > 1:
            wrong.append("keys.h: '%s' of %s is the letter of several kinds: %s" % (letter, part, ', '.join(sorted(names))))

tables = re.split(r'^\| key of account 0 ', read('README.md'), flags=re.M)
assert len(tables) == 2, 'README.md was not read'
for (part, found), table in zip(parts.items(), tables):
    listed = re.findall(r'^\| `(\w)`', table, re.M)
    for letter in sorted(set(listed) | set(found)):
        if listed.count(letter) != 1 or letter not in found:
            wrong.append("'%s' of %s: %d times in README.md's table, %d in keys.h" % (letter, part, listed.count(letter), letter in found))
        if part == 'an account' and letter != 'Z' and "case '%s'" % letter not in read('picture.cc'):
            wrong.append("picture.cc does not know '%s'" % letter)

# The test must notice what it is for.
broken = kinds("inline std::string blob(int) { return join('B', 1); }\ninline std::string boat(int) { return join('B', 2); }\n")
assert len({stem(n) for n in broken['B']}) == 2
for w in wrong:
    print(w)
sys.exit(1 if wrong else 0)
