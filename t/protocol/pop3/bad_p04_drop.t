# P04: a client that goes without QUIT has deleted nothing
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
C: DELE 2
S: +OK *
C-: QUI
CLOSE
C9: a3 STATUS INBOX (MESSAGES)
S9: * STATUS INBOX (MESSAGES 2)
S9: a3 OK *
