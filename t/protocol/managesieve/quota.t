# HAVESPACE and what goes over the quota (RFC 5804 2.5, 1.5)
@conf sieve.max_scripts = 2
@conf sieve.max_script_storage = 1K
LOGIN
C: HAVESPACE "one" 1024
S: OK
C: HAVESPACE "one" 1025
S: NO (QUOTA/MAXSIZE) *
C: HAVESPACE "one" 4294967295
S: NO (QUOTA/MAXSIZE) *
C: HAVESPACE "one" 1000001
S: NO (QUOTA/MAXSIZE) *
C: PUTSCRIPT "one" "#{{repeat 999 x}}"
S: OK
C: PUTSCRIPT "two" "#{{repeat 24 x}}"
S: NO (QUOTA/MAXSIZE) *
C: PUTSCRIPT "two" "#{{repeat 23 x}}"
S: OK
C: HAVESPACE "three" 0
S: NO (QUOTA/MAXSCRIPTS) *
C: PUTSCRIPT "three" "#"
S: NO (QUOTA/MAXSCRIPTS) *
C: PUTSCRIPT "one" "keep;"
S: OK
C: HAVESPACE "two" 1000
S: OK
C: HAVESPACE "two" "1000"
S: NO *
