# What is refused is no fault of the client, and it goes on; what is against the grammar ends the session when it is said twenty times in a row
LOGIN
C-: {{repeat 25 CHECKSCRIPT "kep;"<CRLF>}}
C: NOOP
S: NO *
S...
S: OK *
C-: {{repeat 19 BOGUS<CRLF>}}
C: NOOP
S: NO "unknown command"
S...
S: OK *
C-: {{repeat 20 HAVESPACE<CRLF>}}
S: NO *
S...
S: BYE "too many mistakes"
S: EOF
C2-: {{repeat 20 AUTHENTICATE "NOSUCH"<CRLF>}}
S2: NO "unknown mechanism"
S2...
S2: BYE *
S2: EOF
