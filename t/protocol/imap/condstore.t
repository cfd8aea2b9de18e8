# CONDSTORE and QRESYNC (RFC 7162)
# shows: CONDSTORE QRESYNC ENABLE
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
C: a4 SELECT INBOX (CONDSTORE)
S...
S: * OK [UIDVALIDITY {{v}}] *
S: * OK [UIDNEXT 4] *
S: * OK [HIGHESTMODSEQ {{m0}}] *
S...
S: a4 OK *
C: s1 STORE 1 +FLAGS (\Seen)
S: * 1 FETCH (MODSEQ ({{m1}}) FLAGS (\Seen \Recent))
S: s1 OK *
C: s2 STORE 1:2 (UNCHANGEDSINCE {{m0}}) +FLAGS.SILENT (\Flagged)
S: * 2 FETCH (MODSEQ ({{m2}}))
# why it was spared is told with it
S: * 1 FETCH (MODSEQ ({{m1}}) FLAGS (\Seen \Recent))
S: s2 OK [MODIFIED 1] *
C: s3 FETCH 1:* (FLAGS) (CHANGEDSINCE {{m0}})
S: * 1 FETCH (FLAGS (\Seen \Recent) MODSEQ ({{m1}}))
S: * 2 FETCH (FLAGS (\Flagged \Recent) MODSEQ ({{m2}}))
S: s3 OK *
C: s4 SEARCH MODSEQ {{m2}}
S: * SEARCH 2 (MODSEQ {{m2}})
S: s4 OK *
C: s5 STATUS INBOX (HIGHESTMODSEQ)
S: * STATUS INBOX (HIGHESTMODSEQ {{m2}})
S: s5 OK *
C: s6 SELECT INBOX (QRESYNC ({{v}} {{m0}}))
S: s6 BAD *
C: q1 ENABLE QRESYNC
S: * ENABLED QRESYNC
S: q1 OK *
C: q2 SELECT INBOX
S...
S: q2 OK *
C: q3 STORE 3 +FLAGS.SILENT (\Deleted)
S: * 3 FETCH (UID 3 MODSEQ (*))
S: q3 OK *
C: q4 EXPUNGE
S: * VANISHED 3
S: q4 OK [HIGHESTMODSEQ {{m3}}] *
C: q5 SELECT INBOX (QRESYNC ({{v}} {{m1}}))
S...
S: * VANISHED (EARLIER) 3
S: * 2 FETCH (UID 2 FLAGS (\Flagged) MODSEQ ({{m2}}))
S: q5 OK *
C: q6 UID FETCH 1:* (FLAGS) (CHANGEDSINCE {{m1}} VANISHED)
S: * VANISHED (EARLIER) 3
S: * 2 FETCH (UID 2 FLAGS (\Flagged) MODSEQ ({{m2}}))
S: q6 OK *
