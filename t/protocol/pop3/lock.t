# A maildrop belongs to one session; the next one gets it when that has ended (RFC 1939 4, RFC 2449 8.1.1)
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
C2: USER {{user}}
S2: +OK *
C2: PASS {{password}}
S2: -ERR [IN-USE] *
C: QUIT
S: +OK *
S: EOF
C2: USER {{user}}
S2: +OK *
C2: PASS {{password}}
S2: +OK maildrop has 2 *
C2: DELE 1
S2: +OK *
# what others do meanwhile moves no numbers
C9: a3 SELECT INBOX
S9...
S9: a3 OK *
C9: a4 STORE 2 +FLAGS.SILENT (\Deleted)
S9: a4 OK *
C9: a5 EXPUNGE
S9: * 2 EXPUNGE
S9: a5 OK *
C2: RETR 2
S2: -ERR *
C2: DELE 2
S2: +OK *
C2: QUIT
S2: +OK *
S2: EOF
