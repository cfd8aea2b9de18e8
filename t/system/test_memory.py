"""A short slice of t/crash/memory.py: stored and lmtpd run out of memory at some allocations of a row of operations, and what
they had promised is there (RELIABILITY F06).  `make crash` tries more, of more programs."""
import os, subprocess, sys

here = os.path.dirname(os.path.abspath(__file__))
seed = os.environ.get('CRASH_SEED', '20261130')
sys.exit(subprocess.run([sys.executable, os.path.join(here, '..', 'crash', 'memory.py'), '--program', 'stored',
                         '--program', 'lmtpd', '--points', '8', '--seed', seed]).returncode)
