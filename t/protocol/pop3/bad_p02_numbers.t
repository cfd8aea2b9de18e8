# P02: numbers that are none, are gone or are too large; DELE twice, RSET, DELE again
@message one
Subject: one

first line
.
..dots
last
@end
@message two
Subject: two

x
@end
LOGIN9
C9: a1 APPEND INBOX {{msg one}}
S9: a1 OK *
C9: a2 APPEND INBOX {{msg two}}
S9: a2 OK *
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK maildrop has 2 messages (64 octets)
C: RETR 0
S: -ERR *
C: RETR -1
S: -ERR *
C: RETR 3
S: -ERR *
C: RETR 4294967297
S: -ERR *
C: RETR
S: -ERR *
C: TOP 1
S: -ERR *
C: TOP 1 -1
S: -ERR *
C: TOP 1 99999999999999999999
S: -ERR *
C: LIST x
S: -ERR *
C: UIDL 18446744073709551617
S: -ERR *
C: DELE 1
S: +OK *
C: DELE 1
S: -ERR *
C: LIST 1
S: -ERR *
C: UIDL 1
S: -ERR *
C: RETR 1
S: -ERR *
C: TOP 1 1
S: -ERR *
C: LIST
S: +OK *
S: 2 19
S: .
C: RSET
S: +OK 2 messages
C: DELE 1
S: +OK *
C: RSET
S: +OK 2 messages
C: LIST 1
S: +OK 1 45
C: NOOP x
S: -ERR *
C: BOGUS
S: -ERR *
C: TOP 1 18446744073709551615
S: +OK *
S...
S: .
C: QUIT
S: +OK *
S: EOF
