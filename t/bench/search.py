#!/usr/bin/env python3
"""search.py --etc DIR --user USER [--password P] [--rounds K] [--json] - what searches cost a running instance.

Each command is run K times over the account's INBOX; a row tells its median wall time and the median CPU of all of the
instance's processes, read from schedstat right before and right after it; `first` is the CPU of the first time, when sort keys
and indexes are not in memory yet (restart the instance to have that again).  JMAP's query runs over the same mail."""
import argparse, base64, http.client, imaplib, json, os, re, statistics, subprocess, sys, time

imaplib._MAXLINE = 1 << 26


def cpu_ns(pids):
    total = 0
    for pid in pids:
        for task in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/schedstat' % (pid, task)) as f:
                total += int(f.read().split()[0])
    return total


def main():
    a = argparse.ArgumentParser()
    a.add_argument('--etc', required=True)
    a.add_argument('--user', required=True)
    a.add_argument('--password', default='secret')
    a.add_argument('--bin', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'build', 'bin'))
    a.add_argument('--rounds', type=int, default=5)
    a.add_argument('--port', type=int, required=True, help='of IMAP; HTTP is 63 below it, as quickstart has it')
    a.add_argument('--words', default='', help='RARE,COMMON,SECOND: words of the mail; taken from it when not given')
    a.add_argument('--json', action='store_true')
    o = a.parse_args()
    status = json.loads(subprocess.run([os.path.join(o.bin, 'postern'), '-C', o.etc, 'status', '--json'], stdout=subprocess.PIPE, check=True).stdout)
    pids = [p['pid'] for s in status['services'] if s['name'] in ('imapd', 'jmapd', 'stored', 'searchd', 'authd') for p in s['processes']]
    c = imaplib.IMAP4('127.0.0.1', o.port)
    c.login(o.user, o.password)
    total = int(c.select('INBOX', readonly=True)[1][0])
    rare, common, second = o.words.split(',') if o.words else pick_words(c, total)
    sender = re.search(r'<?([\w.]+)@', c.fetch('1', '(BODY.PEEK[HEADER.FIELDS (FROM)])')[1][0][1].decode()).group(1)
    commands = [('SEARCH BODY rare', 'SEARCH BODY ' + rare), ('SEARCH BODY common', 'SEARCH BODY ' + common),
                ('SEARCH BODY two words', 'SEARCH BODY "%s %s"' % (common, second)), ('SEARCH TEXT rare', 'SEARCH TEXT ' + rare),
                ('SEARCH FROM', 'SEARCH FROM ' + sender), ('SEARCH SENTSINCE', 'SEARCH SENTSINCE 1-Jan-2020'), ('SEARCH SINCE', 'SEARCH SINCE 1-Jan-2020'),
                ('SEARCH FUZZY', 'SEARCH RETURN (RELEVANCY COUNT) FUZZY TEXT ' + common), ('SORT (DATE)', 'SORT (DATE) UTF-8 ALL'),
                ('SORT (SUBJECT)', 'SORT (SUBJECT) UTF-8 ALL'), ('SORT (FROM)', 'SORT (FROM) UTF-8 ALL'),
                ('THREAD REFERENCES', 'THREAD REFERENCES UTF-8 ALL'), ('THREAD REFS', 'THREAD REFS UTF-8 ALL')]
    rows = []

    def measure(name, run):
        wall, cpu, count = [], [], 0
        for _ in range(o.rounds):
            before, t = cpu_ns(pids), time.monotonic()
            count = run()
            wall.append((time.monotonic() - t) * 1e3)
            cpu.append((cpu_ns(pids) - before) / 1e6)
        rows.append({'command': name, 'found': count, 'wall_ms': round(statistics.median(wall), 2), 'cpu_ms': round(statistics.median(cpu), 2), 'first_cpu_ms': round(cpu[0], 2)})

    def imap(command):
        def run():
            verb, _, rest = command.partition(' ')
            kind, data = c._simple_command(verb, rest)
            assert kind == 'OK', (command, data)
            lines = [x for v in ('SEARCH', 'SORT', 'THREAD', 'ESEARCH') for x in c.untagged_responses.pop(v, []) if x]
            return len(re.findall(rb'\d+', lines[0])) if lines else 0
        return run
    for name, command in commands:
        measure(name, imap(command))
    measure('JMAP text+inMailbox, 50', jmap(o, rare))
    if o.json:
        print(json.dumps({'messages': total, 'words': [rare, common, second], 'rows': rows}))
        return
    print('%d messages; rare %s, common %s, two words "%s %s"\n' % (total, rare, common, common, second))
    print('| command | found | wall ms | CPU ms | CPU ms, first |\n|---|---|---|---|---|')
    for r in rows:
        print('| %(command)s | %(found)d | %(wall_ms).2f | %(cpu_ms).2f | %(first_cpu_ms).2f |' % r)


def pick_words(c, total):
    """A word that few of a sample's messages have, one that most have, and one that follows the latter somewhere."""
    have, text = {}, ''
    for n in range(1, total + 1, max(1, total // 200)):
        body = c.fetch(str(n), '(BODY.PEEK[TEXT]<0.4000>)')[1][0][1].decode('latin-1')
        text += body
        for w in set(re.findall(r'\b[a-z]{5,12}\b', body)):
            have[w] = have.get(w, 0) + 1
    by_count = sorted(have, key=lambda w: (have[w], w))
    common = by_count[-1]
    second = re.search(r'\b%s ([a-z]{3,})\b' % common, text)
    return by_count[0], common, second[1] if second else by_count[-2]


def jmap(o, word):
    h = http.client.HTTPConnection('127.0.0.1', o.port - 63)
    auth = {'Authorization': 'Basic ' + base64.b64encode(('%s:%s' % (o.user, o.password)).encode()).decode(), 'Content-Type': 'application/json'}

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
