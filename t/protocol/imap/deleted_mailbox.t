# A mailbox that is deleted while it is selected (RFC 2180 3), and made again
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: a1 CREATE box
S: a1 OK *
C: a2 APPEND box {{msg one}}
S: a2 OK [APPENDUID {{v1}} 1] *
C: a3 SELECT box
S...
S: a3 OK *
C2: b1 DELETE box
S2: b1 OK *
C2: b2 CREATE box
S2: b2 OK *
C2: b3 STATUS box (MESSAGES)
S2: * STATUS box (MESSAGES 0)
S2: b3 OK *
C: a4 NOOP
S: * BYE *
S: a4 OK *
S: EOF
# one's own
C2: b4 SELECT box
S2...
S2: b4 OK *
C2: b5 DELETE box
S2: * OK [CLOSED] *
S2: b5 OK *
C2: b6 CHECK
S2: b6 BAD *
# a selected mailbox that is renamed stays selected
C2: c1 CREATE old
S2: c1 OK *
C2: c2 SELECT old
S2...
S2: c2 OK *
C2: c3 RENAME old new
S2: c3 OK *
C2: c4 APPEND new {{msg one}}
S2: * 1 EXISTS
S2: * 1 RECENT
S2: c4 OK *
