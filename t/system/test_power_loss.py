"""A short slice of t/crash/power.py: the server starts on disks as a power cut leaves them, and runs on disks that fail, and
keeps what it had promised (RELIABILITY F03, F04, F05).  `make crash` tries more."""
import os, subprocess, sys

here = os.path.dirname(os.path.abspath(__file__))
seed = os.environ.get('CRASH_SEED', '20261121')
sys.exit(subprocess.run([sys.executable, os.path.join(here, '..', 'crash', 'power.py'), '--seconds', '2', '--cuts', '6',
                         '--step', '23', '--seed', seed]).returncode)
