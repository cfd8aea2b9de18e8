# EXPUNGE, UID EXPUNGE, CLOSE; no EXPUNGE during FETCH, STORE, SEARCH (RFC 9051 7.5.1)
# shows: UIDPLUS
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX {{msg one}}
S: a2 OK *
C: a3 APPEND INBOX {{msg one}}
S: a3 OK *
C: a4 APPEND INBOX {{msg one}}
S: a4 OK *
C: a5 SELECT INBOX
S...
S: a5 OK *
LOGIN2
C2: b1 SELECT INBOX
S2...
S2: b1 OK *
C: s1 STORE 1,3 +FLAGS.SILENT (\Deleted)
S: s1 OK *
C: s2 EXPUNGE
S: * 3 EXPUNGE
S: * 1 EXPUNGE
S: s2 OK *
# the other session's numbers stay until it may be told
C2: b2 FETCH 2,4 UID
S2: * 2 FETCH (UID 2)
S2: * 4 FETCH (UID 4)
S2?: * 1 FETCH *
S2?: * 3 FETCH *
S2: b2 OK *
C2: b3 SEARCH ALL
S2: * SEARCH 2 4
S2?: * 1 FETCH *
S2?: * 3 FETCH *
S2: b3 OK *
C2: b4 STORE 2 +FLAGS (\Flagged)
S2: * 2 FETCH (FLAGS (\Flagged))
S2: b4 OK *
C2: b5 STORE 1:2 +FLAGS (\Draft)
S2: * 2 FETCH (FLAGS (\Flagged \Draft))
S2: b5 NO [EXPUNGEISSUED] *
C2: b6 NOOP
S2: * 3 EXPUNGE
S2: * 1 EXPUNGE
S2: b6 OK *
C2: b7 FETCH 1:2 (UID FLAGS)
S2: * 1 FETCH (UID 2 FLAGS (\Flagged \Draft))
S2: * 2 FETCH (UID 4 FLAGS ())
S2: b7 OK *
# UID EXPUNGE takes only those named
C2: b8 STORE 1:2 +FLAGS.SILENT (\Deleted)
S2: b8 OK *
C2: b9 UID EXPUNGE 4
S2: * 2 EXPUNGE
S2: b9 OK *
C2: c1 CLOSE
S2: c1 OK *
C: s3 NOOP
S...
S: s3 OK *
C: s4 STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: s4 OK *
