# STAT, LIST, UIDL, RETR, TOP, DELE, RSET, QUIT (RFC 1939 5, 6, 7); nothing changes before QUIT
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
C: STAT
S: +OK 2 64
C: LIST
S: +OK 2 messages *
S: 1 45
S: 2 19
S: .
C: LIST 2
S: +OK 2 19
C: UIDL
S: +OK
S: 1 {{u1}}
S: 2 {{u2}}
S: .
C: UIDL 2
S: +OK 2 {{u2}}
C: RETR 1
S: +OK 45 octets
S: Subject: one
S: 
S: first line
S: ..
S: ...dots
S: last
S: .
C: TOP 1 1
S: +OK *
S: Subject: one
S: 
S: first line
S: .
C: TOP 2 0
S: +OK *
S: Subject: two
S: 
S: .
C: DELE 1
S: +OK *
C: STAT
S: +OK 1 19
C: LIST
S: +OK 1 messages *
S: 2 19
S: .
C: UIDL
S: +OK
S: 2 {{u2}}
S: .
C: NOOP
S: +OK
C9: a3 STATUS INBOX (MESSAGES UNSEEN)
S9: * STATUS INBOX (MESSAGES 2 UNSEEN 2)
S9: a3 OK *
C: QUIT
S: +OK *
S: EOF
C9: a4 STATUS INBOX (MESSAGES UNSEEN)
S9: * STATUS INBOX (MESSAGES 1 UNSEEN 1)
S9: a4 OK *
# the id stays, whatever becomes of the numbers and of the mailbox that it is in; what was retrieved is \Seen
C2: USER {{user}}
S2: +OK *
C2: PASS {{password}}
S2: +OK *
C2: UIDL
S2: +OK
S2: 1 {{u2}}
S2: .
C2: RETR 1
S2...
S2: .
C2: QUIT
S2: +OK *
S2: EOF
C9: b1 SELECT INBOX
S9...
S9: b1 OK *
C9: b2 FETCH 1 (FLAGS EMAILID)
S9: * 1 FETCH (FLAGS (\Seen \Recent) EMAILID ({{u2}}))
S9: b2 OK *
C9: b3 MOVE 1 Archive
S9...
S9: b3 OK *
C9: b4 SELECT Archive
S9...
S9: b4 OK *
C9: b5 MOVE 1 INBOX
S9...
S9: b5 OK *
C3: USER {{user}}
S3: +OK *
C3: PASS {{password}}
S3: +OK *
C3: UIDL 1
S3: +OK 1 {{u2}}
