# pop3.delete = hide: what POP3 deletes stays, read, for everybody else
@conf pop3.delete = hide
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
C: DELE 1
S: +OK *
C: QUIT
S: +OK *
S: EOF
C9: a3 SELECT INBOX
S9...
S9: a3 OK *
C9: a4 FETCH 1:2 FLAGS
S9: * 1 FETCH (FLAGS (\Seen $POP3Deleted \Recent))
S9: * 2 FETCH (FLAGS (\Recent))
S9: a4 OK *
C2: USER {{user}}
S2: +OK *
C2: PASS {{password}}
S2: +OK maildrop has 1 messages (19 octets)
C2: QUIT
S2: +OK *
S2: EOF
C9: a5 NOOP
S9: a5 OK *
