# A session that has been silent for a while, as that of a client that died, gives way; it has deleted nothing
@conf pop3.lock_takeover = 1s
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
WAIT 1.5
C2: USER {{user}}
S2: +OK *
C2: PASS {{password}}
S2: +OK maildrop has 2 *
S: EOF
C2: STAT
S2: +OK 2 64
