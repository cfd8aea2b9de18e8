# Several sessions on one mailbox: message numbers are right at every moment (RFC 9051 5.5, 7.5.1; RFC 2180 4)
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX {{msg one}}
S: a2 OK *
C: a3 APPEND INBOX {{msg one}}
S: a3 OK *
C: a4 APPEND INBOX {{msg one}}
S: a4 OK *
C: a5 SELECT inbox
S...
S: a5 OK *
C2: b1 SELECT InBoX
S2...
S2: b1 OK *
C2: b2 STORE 2 +FLAGS.SILENT (\Deleted)
S2: b2 OK *
C2: b3 EXPUNGE
S2: * 2 EXPUNGE
S2: b3 OK *
# not told yet: 2 is still the message that is gone, and 3 the one that was 3
C: a6 FETCH 3 UID
S: * 3 FETCH (UID 3)
S: a6 OK *
C: a7 FETCH 2 FLAGS
S: a7 NO [EXPUNGEISSUED] *
C: a8 FETCH 1:3 UID
S: * 1 FETCH (UID 1)
S: * 3 FETCH (UID 3)
S: a8 NO [EXPUNGEISSUED] *
C: a9 STORE 4 +FLAGS (\Flagged)
S...
S: * 4 FETCH (FLAGS (\Flagged*))
S: a9 OK *
C: c1 SEARCH FLAGGED
S: * SEARCH 4
S: c1 OK *
# UID commands may move the numbers
C: c2 UID FETCH 3 FLAGS
S: * 3 FETCH (UID 3 FLAGS (*))
S: * 2 EXPUNGE
S: c2 OK *
C: c3 FETCH 3 UID
S: * 3 FETCH (UID 4)
S: c3 OK *
# pipelined: the numbers of the second command are those that the first leaves, for it has none
C: c4 NOOP{{hex 0d0a}}c5 STORE 1 +FLAGS.SILENT (\Deleted){{hex 0d0a}}c6 EXPUNGE{{hex 0d0a}}c7 FETCH 1 UID{{hex 0d0a}}c8 UID FETCH 4 UID
S: c4 OK *
S: c5 OK *
S: * 1 EXPUNGE
S: c6 OK *
S: * 1 FETCH (UID 3)
S: c7 OK *
S: * 2 FETCH (UID 4)
S: c8 OK *
# both append: each sees the other's, and its own number stays
C2: b4 APPEND INBOX {{msg one}}
S2: * 1 EXPUNGE
S2...
S2: b4 OK [APPENDUID {{v}} 5] *
C: c9 APPEND INBOX {{msg one}}
S...
S: * 4 EXISTS
S...
S: c9 OK [APPENDUID {{v}} 6] *
C2: b5 NOOP
S2...
S2: b5 OK *
C2: b6 FETCH 1:* UID
S2: * 1 FETCH (UID 3)
S2: * 2 FETCH (UID 4)
S2: * 3 FETCH (UID 5)
S2: * 4 FETCH (UID 6)
S2: b6 OK *
