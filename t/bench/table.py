#!/usr/bin/env python3
"""table.py ROWS.jsonl... - medians of the lab's `compare --json`, this server beside the better peer, as Markdown.

CPU is held against the cheapest peer.  Operations a second are held against the quickest one that makes its
acknowledged writes durable: Dovecot's rows that are not flushed (flags) count only in its +fsync form."""
import json
import statistics
import sys

OWN = 'postern'
UNFLUSHED = {row: ['dovecot-mdbox+hiperf'] for row in ('store', 'store-100', 'mixed, 50 clients')}
SHORT = {'dovecot-mdbox+hiperf': 'Dovecot', 'dovecot-mdbox+hiperf+fsync': 'Dovecot +fsync', 'cyrus-xapian': 'Cyrus',
         OWN: 'Postern'}


def number(v):
    if v is None:
        return '-'
    return '%.0f' % v if v >= 100 else '%.1f' % v if v >= 10 else '%.2f' % v if v >= 0.1 else '%.3f' % v


def main():
    rows, targets = {}, []
    for name in sys.argv[1:]:
        with open(name) as f:
            for line in f:
                r = json.loads(line)
                if r['target'] not in targets:
                    targets.append(r['target'])
                rows.setdefault(r['label'], {}).setdefault(r['target'], []).append(r)
    peers = [t for t in targets if t != OWN]
    order = peers + [OWN]

    def median(label, target, key):
        values = [r[key] for r in rows[label].get(target, []) if r.get(key) is not None and r.get('ops')]
        return statistics.median(values) if values else None

    def table(title, key, better, unflushed):
        print('\n%s\n\n| row | %s | ratio |' % (title, ' | '.join(SHORT.get(t, t) for t in order)))
        print('|---|%s---:|' % ('---:|' * len(order)))
        for label in rows:
            own = median(label, OWN, key)
            left_out = UNFLUSHED.get(label, []) if unflushed else []
            best = [v for v in (median(label, t, key) for t in peers if t not in left_out) if v]
            ratio = '%.2f' % (own / better(best)) if own and best else '-'
            print('| %s | %s | %s |' % (label, ' | '.join(number(median(label, t, key)) for t in order), ratio))

    table('Server CPU, ms an operation (ratio to the cheapest peer; below 1 is better)', 'cpu_ms_op', min, False)
    table('Operations a second (ratio to the quickest peer; above 1 is better)', 'ops_s', max, True)
    table('Latency, p50 in ms', 'p50_ms', min, True)
    print('\nFlushes an operation\n\n| row | %s |\n|---|%s' % (' | '.join(SHORT.get(t, t) for t in order), '---:|' * len(order)))
    for label in rows:
        values = [median(label, t, 'syncs_op') for t in order]
        if any(v and v > 0.005 for v in values):
            print('| %s | %s |' % (label, ' | '.join(number(v) for v in values)))
    noise = [r['other_cpu_s'] / r['seconds'] for l in rows.values() for t in l.values() for r in t
             if r.get('other_cpu_s') is not None and r.get('seconds')]
    if noise:
        print('\nOther processes took %.2f of the 2 cores (median; %.2f to %.2f).' % (
            statistics.median(noise), min(noise), max(noise)))
    for label in rows:
        for t, some in rows[label].items():
            wrong = sum(r.get('errors') or 0 for r in some)
            failed = [r.get('failed') for r in some if r.get('failed')]
            if wrong or failed:
                samples = [s for r in some for s in r.get('error_samples', [])][:2]
                print('\n- %s, %s: %d errors %s' % (label, t, wrong, '; '.join(samples) or failed))


main()
