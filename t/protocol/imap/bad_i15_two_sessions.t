# I15: two sessions over one mailbox: what one takes away does not trip the other (RFC 2180)
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: a1 CREATE box
S: a1 OK *
C: a2 APPEND box {{msg one}}
S: a2 OK *
C: a3 APPEND box {{msg one}}
S: a3 OK *
C: a4 SELECT box
S...
S: a4 OK *
C2: b1 SELECT box
S2...
S2: b1 OK *
C2: b2 STORE 1 +FLAGS.SILENT (\Deleted)
S2: b2 OK *
C2: b3 EXPUNGE
S2: * 1 EXPUNGE
S2: b3 OK *
# no EXPUNGE during FETCH: numbers mean what they meant; the one that has gone is left out or empty
C: a5 FETCH 1:2 (UID)
S?: * 1 FETCH *
S: * 2 FETCH (UID 2)
S: a5 *
C: a6 NOOP
S: * 1 EXPUNGE
S: a6 OK *
C: a7 FETCH 1 (UID)
S: * 1 FETCH (UID 2)
S: a7 OK *
# renamed under it
C2: b4 RENAME box other
S2: b4 OK *
C: a8 STORE 1 +FLAGS (\Flagged)
S: * 1 FETCH (FLAGS (*\Flagged*))
S: a8 OK *
# deleted under IDLE, and made again: the old session ends, the new mailbox is another one
C: a9 IDLE
S: + *
C2: b5 CREATE box
S2...
S2: b5 OK *
C2: b6 SELECT box
S2...
S2: b6 OK *
C2: b7 DELETE other
S2: b7 OK *
S...
S: * BYE *
S: EOF
C2: b8 CREATE other
S2: b8 OK *
C2: b9 STATUS other (MESSAGES UIDNEXT)
S2: * STATUS other (MESSAGES 0 UIDNEXT 1)
S2: b9 OK *
