# A conditional STORE of messages some of which are gone says all the same which were MODIFIED (RFC 7162 3.1.3)
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
S: * OK [HIGHESTMODSEQ {{m}}] *
S...
S: a4 OK *
LOGIN2
C2: b1 SELECT INBOX
S2...
S2: b1 OK *
C2: b2 STORE 2 +FLAGS.SILENT (\Flagged)
S2: b2 OK *
C2: b3 STORE 1 +FLAGS.SILENT (\Deleted)
S2: b3 OK *
C2: b4 EXPUNGE
S2: * 1 EXPUNGE
S2: b4 OK *
C: s1 STORE 1:3 (UNCHANGEDSINCE {{m}}) +FLAGS.SILENT (\Seen)
S...
S: s1 NO [MODIFIED 2] *
C: s2 STORE 1 +FLAGS.SILENT (\Seen)
S: s2 OK [EXPUNGEISSUED] *
C: s3 NOOP
S...
S: s3 OK *
