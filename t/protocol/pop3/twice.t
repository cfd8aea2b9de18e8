# An email that INBOX has twice is one message here; DELE takes both
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
C9: a3 SELECT INBOX
S9...
S9: a3 OK *
C9: a4 COPY 1 INBOX
S9...
S9: a4 OK *
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK maildrop has 2 messages (64 octets)
C: DELE 1
S: +OK *
C: QUIT
S: +OK *
S: EOF
C9: a5 STATUS INBOX (MESSAGES)
S9...
S9: * STATUS INBOX (MESSAGES 1)
S9...
S9: a5 OK *
