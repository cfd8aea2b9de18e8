#!/usr/bin/env python3
"""search.py --lab DIR --targets NAME[,NAME...] --account N [--rounds K] [--words RARE,COMMON,SECOND] [--json]
            [--admin 'POSTERN -C DIR' --domain D]

What searches of one account's INBOX cost servers of the lab, which must be up and hold the same mail there (step `search` of
t/bench/run fills it); five messages with a word of their own are added.  Each command is run K times; a row tells the median of its wall time and of the CPU of all of the
server's processes, read from schedstat right before and right after it; `first` is the CPU of the first time, when sort keys
and indexes are not in memory yet.  JMAP's query runs over the same mail where the server speaks it.

With --admin the index of this server is made anew and packed first: messages a CPU second of indexer and runner, bytes a
message, and what of the text that is; and the searches for texts run once more with search.substring = words."""
import argparse, base64, contextlib, http.client, imaplib, json, os, re, shlex, statistics, subprocess, sys, time

imaplib._MAXLINE = 1 << 26


def cpu_ns(pids):
    total = 0
    for pid in pids:
        try:
            for task in os.listdir('/proc/%d/task' % pid):
                with open('/proc/%d/task/%s/schedstat' % (pid, task)) as f:
                    total += int(f.read().split()[0])
        except FileNotFoundError:
            pass                    # it has ended
    return total


def settle(pids, seconds=600):
    """Waits until the server has been at rest for a second: indexing goes on behind."""
    end, before = time.monotonic() + seconds, cpu_ns(pids())
    while time.monotonic() < end:
        time.sleep(1)
        now = cpu_ns(pids())
        if now - before < 20e6:
            return
        before = now


def main():
    a = argparse.ArgumentParser()
    a.add_argument('--lab', required=True)
    a.add_argument('--targets', required=True)
    a.add_argument('--account', type=int, required=True)
    a.add_argument('--rounds', type=int, default=5)
    a.add_argument('--rare', default='zyzzyva', help='a word that no other message has')
    a.add_argument('--texts', default='', help='MIDDLING,COMMON,SECOND; taken from the mail when not given')
    a.add_argument('--admin', default='')
    a.add_argument('--domain', default='bench.example')
    a.add_argument('--json', action='store_true')
    o = a.parse_args()
    sys.path.insert(0, o.lab)
    import labtarget
    words = o.texts.split(',') if o.texts else None
    for name in o.targets.split(','):
        t = labtarget.load_target(name)
        server = labtarget.Server(t)
        user = (t.get('user_format') or 'user%05d') % o.account + ('@' + t['domain'] if t.get('domain') else '')
        admin = shlex.split(o.admin) if name == 'postern' else []
        out = {'target': name}
        plant(t, user, o.rare)
        if admin:
            out['index'] = index(admin, user if '@' in user else '%s@%s' % (user, o.domain))
        settle(server.pids)
        words, total, rows = searches(t, user, server, o, words)
        if admin:
            with word_search(admin):
                more = searches(t, user, server, o, words, texts_only=True)[2]
            rows += [dict(r, command=r['command'] + ' (words)') for r in more]
        out.update(messages=total, words=words, rows=rows)
        print(json.dumps(out) if o.json else table(out), flush=True)


@contextlib.contextmanager
def word_search(admin):
    path = os.path.join(admin[-1], 'postern.conf')
    with open(path) as f:
        text = f.read()

    def write(t):
        with open(path, 'w') as f:
            f.write(t)
        subprocess.run(admin + ['reload'], check=True)
        time.sleep(3)
    write(text + '\nsearch.substring = words\n')
    try:
        yield
    finally:
        write(text)


def table(r):
    lines = ['\n%(target)s, %(messages)d messages' % r + '; middling %s, common %s, two words "%s %s"' % (r['words'][0], r['words'][1], *r['words'][1:])]
    if 'index' in r:
        lines.append('index: %(rate).0f messages a CPU second; %(bytes_before).0f bytes a message, %(bytes).0f after optimize, %(of_text).1f %% of the text' % r['index'])
    lines += ['', '| command | found | wall ms | CPU ms | CPU ms, first |', '|---|---|---|---|---|']
    for row in r['rows']:
        lines.append('| %(command)s | %(found)d | %(wall_ms).2f | %(cpu_ms).2f | %(first_cpu_ms).2f |' % row if row['wall_ms'] is not None
                     else '| %(command)s | refused | | | |' % row)
    return '\n'.join(lines)


def index(admin, account):
    """Made anew, then packed."""
    def run(*args):
        return subprocess.run(admin + list(args), stdout=subprocess.PIPE, check=True).stdout
    services = json.loads(run('status', '--json'))['services']
    pids = [p['pid'] for s in services if s['name'] in ('indexer', 'runner') for p in s['processes']]
    status = lambda: json.loads(run('index', 'status', '--account', account, '--json'))[0]
    before = cpu_ns(pids)
    run('index', 'rebuild', '--account', account)
    cpu = (cpu_ns(pids) - before) / 1e9
    grown = status()
    run('index', 'optimize', '--account', account)
    packed = status()
    n = max(1, packed['messages'])
    return {'rate': n / cpu, 'bytes_before': grown['bytes'] / n, 'bytes': packed['bytes'] / n,
            'of_text': 100.0 * packed['bytes'] / max(1, packed['text_bytes'])}


def login(t, user):
    c = imaplib.IMAP4(t['host'], t['ports']['imap'])
    c.login(user, t.get('password', 'pass'))
    return c


def plant(t, user, word):
    """Five messages with a word that no other has, unless they are there."""
    c = login(t, user)
    c.select('INBOX', readonly=True)
    for n in range(5 - len(c.search(None, 'BODY', word)[1][0].split())):
        c.append('INBOX', None, None, b'From: ann@example.com\r\nSubject: number %d\r\n\r\nThis is a %s of its own.\r\n' % (n, word.encode()))
    c.logout()


def searches(t, user, server, o, words, texts_only=False):
    c = login(t, user)
    total = int(c.select('INBOX', readonly=True)[1][0])
    middling, common, second = words or pick_words(c, total)
    rare = o.rare
    sender = re.search(r'<?([\w.]+)@', c.fetch('1', '(BODY.PEEK[HEADER.FIELDS (FROM)])')[1][0][1].decode()).group(1)
    fuzzy = 'SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT '
    texts = [('BODY rare', 'BODY ' + rare), ('BODY middling', 'BODY ' + middling), ('BODY common', 'BODY ' + common),
             ('BODY two words', 'BODY "%s %s"' % (common, second)), ('TEXT rare', 'TEXT ' + rare), ('TEXT middling', 'TEXT ' + middling),
             ('TEXT two words', 'TEXT "%s %s"' % (common, second))]
    commands = [('SEARCH ' + name, 'SEARCH ' + key) for name, key in texts]
    if not texts_only:
        commands += [
                ('SEARCH FUZZY rare', fuzzy + rare), ('SEARCH FUZZY middling', fuzzy + middling), ('SEARCH FUZZY common', fuzzy + common),
                ('SEARCH FROM', 'SEARCH FROM ' + sender), ('SEARCH SENTSINCE', 'SEARCH SENTSINCE 1-Jan-2020'), ('SEARCH SINCE', 'SEARCH SINCE 1-Jan-2020'),
                ('SORT (DATE)', 'SORT (DATE) UTF-8 ALL'), ('SORT (SUBJECT)', 'SORT (SUBJECT) UTF-8 ALL'), ('SORT (FROM)', 'SORT (FROM) UTF-8 ALL'),
                ('THREAD REFERENCES', 'THREAD REFERENCES UTF-8 ALL'), ('THREAD REFS', 'THREAD REFS UTF-8 ALL')]
    rows = []

    def measure(name, run):
        wall, cpu, count = [], [], 0
        for _ in range(o.rounds):
            pids = server.pids()
            before, at = cpu_ns(pids), time.monotonic()
            count = run()
            wall.append((time.monotonic() - at) * 1e3)
            cpu.append((cpu_ns(pids) - before) / 1e6)
            if count is None:
                return rows.append({'command': name, 'found': 0, 'wall_ms': None, 'cpu_ms': None, 'first_cpu_ms': None})
        rows.append({'command': name, 'found': count, 'wall_ms': round(statistics.median(wall), 2), 'cpu_ms': round(statistics.median(cpu), 2),
                     'first_cpu_ms': round(cpu[0], 2)})

    def imap(command):
        def run():
            verb, _, rest = command.partition(' ')
            try:
                kind, _data = c._simple_command(verb, rest)
            except imaplib.IMAP4.error:
                return None
            lines = [x for v in ('SEARCH', 'SORT', 'THREAD', 'ESEARCH') for x in c.untagged_responses.pop(v, []) if x]
            return found(lines[0]) if lines and kind == 'OK' else 0 if kind == 'OK' else None
        return run
    for name, command in commands:
        measure(name, imap(command))
    if 'http' in t['ports'] and not texts_only:
        measure('JMAP rare text+inMailbox, 50', jmap(t, user, rare))
        measure('JMAP text+inMailbox, 50', jmap(t, user, middling))
        measure('JMAP common text+inMailbox, 50', jmap(t, user, common))
    c.logout()
    return [middling, common, second], total, rows


def found(line):
    """How many messages an answer names."""
    ranges = re.search(rb' ALL ([\d:,]+)', line)
    if b'(TAG' not in line:
        return len(re.findall(rb'\d+', line))
    return sum(abs(int(r[-1]) - int(r[0])) + 1 for r in (x.split(b':') for x in ranges[1].split(b','))) if ranges else 0


def pick_words(c, total):
    """A word that few messages have, one that most of a sample's have, and one that follows the latter somewhere."""
    have, text = {}, ''
    for n in range(1, total + 1, max(1, total // 300)):
        parts = [x for x in c.fetch(str(n), '(BODY.PEEK[1.MIME] BODY.PEEK[1]<0.4000>)')[1] if isinstance(x, tuple)]
        if len(parts) != 2 or re.search(rb'(?i)quoted-printable|base64|multipart|html', parts[0][1]):
            continue                # text as it stands in the message, only
        body = parts[1][1].decode('latin-1')
        text += body
        for w in set(re.findall(r'(?<![\w=])[a-z]{5,12}(?![\w=])', body)):
            have[w] = have.get(w, 0) + 1
    by_count = sorted(have, key=lambda w: (have[w], w))
    count = lambda w: len(c.search(None, 'BODY', w)[1][0].split())
    common = by_count[-1]
    second = re.search(r'\b%s ([a-z]{3,})\b' % common, text)
    return min(by_count[:20], key=count), common, second[1] if second else by_count[-2]


def jmap(t, user, word):
    h = http.client.HTTPConnection(t['host'], t['ports']['http'])
    auth = {'Authorization': 'Basic ' + base64.b64encode(('%s:%s' % (user, t.get('password', 'pass'))).encode()).decode(), 'Content-Type': 'application/json'}

    h.request('GET', '/.well-known/jmap', headers=auth)
    r = h.getresponse()
    body = r.read()
    if r.status in (301, 302, 307, 308):
        h.request('GET', re.sub(r'^https?://[^/]*', '', r.getheader('Location')), headers=auth)
        body = h.getresponse().read()
    session = json.loads(body)
    account = session['primaryAccounts']['urn:ietf:params:jmap:mail']
    path = re.sub(r'^https?://[^/]*', '', session['apiUrl'])

    def call(calls):
        h.request('POST', path, json.dumps({'using': ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'], 'methodCalls': calls}), auth)
        return json.loads(h.getresponse().read())['methodResponses']
    inbox = next(m['id'] for m in call([['Mailbox/get', {'accountId': account}, '0']])[0][1]['list'] if m['role'] == 'inbox')
    query = [['Email/query', {'accountId': account, 'filter': {'inMailbox': inbox, 'text': word}, 'sort': [{'property': 'receivedAt', 'isAscending': False}], 'limit': 50}, '0']]
    return lambda: len(call(query)[0][1]['ids'])


if __name__ == '__main__':
    sys.exit(main())
