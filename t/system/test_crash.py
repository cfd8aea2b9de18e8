"""A short slice of t/crash/crash.py: processes are killed at random and at named points while clients write, and nothing that
was acknowledged is missing afterwards.  `make crash` runs it for ten minutes."""
import os, subprocess, sys

here = os.path.dirname(os.path.abspath(__file__))
seed = os.environ.get('CRASH_SEED', '20261121')
sys.exit(subprocess.run([sys.executable, os.path.join(here, '..', 'crash', 'crash.py'), '--seconds', '20', '--round', '10',
                         '--seed', seed]).returncode)
