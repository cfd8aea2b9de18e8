#!/usr/bin/env python3
"""One readable line for each JSON line of the lab's `measure` on standard input."""
import json
import sys

for line in sys.stdin:
    r = json.loads(line)
    if r.get('skipped') or r.get('failed'):
        print(r['target'], r['workload'], r.get('skipped') or r['failed'])
        continue
    print('%-28s %-18s %8.1f/s  %7.3f ms CPU  p50 %.2f ms  %s flushes/op  %.1f s CPU after  %d errors' % (
        r['target'], r['workload'], r['ops_s'], r['cpu_ms_op'], r.get('p50_ms') or 0, r.get('syncs_op'),
        r.get('cpu_after_s') or 0, r.get('errors') or 0))
