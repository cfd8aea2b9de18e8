# RFC 7162 3.2, 6: MODSEQs may be told above that of an expunge that waits.  The client is told how far it knows all, or it
# would come back with the highest it saw and never hear of the expunge
# shows: QRESYNC
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C-: a1 APPEND INBOX {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  (\Deleted) {{msg+ one}}
C:
S: a1 OK [APPENDUID {{validity}} 1:4] *
C: a2 ENABLE QRESYNC
S: * ENABLED QRESYNC
S: a2 OK *
C: a3 SELECT INBOX
S...
S: * OK [HIGHESTMODSEQ {{m0}}] *
S...
S: a3 OK *
C2: b1 SELECT INBOX
S2...
S2: b1 OK *
C2: b2 EXPUNGE
S2: * 4 EXPUNGE
S2: b2 OK *
C: A150 STORE 1:2 +FLAGS.SILENT (\Seen)
S: * 1 FETCH (UID 1 MODSEQ (*))
S: * 2 FETCH (UID 2 MODSEQ ({{m2}}))
S...
S: * OK [HIGHESTMODSEQ {{m0}}] *
S: A150 OK *
C: A151 STORE 3 +FLAGS.SILENT (\Seen)
S: * 3 FETCH (UID 3 MODSEQ ({{m3}}))
S...
S: * OK [HIGHESTMODSEQ {{m0}}] *
S: A151 OK *
C: A152 FETCH 4 FLAGS
S: * OK [HIGHESTMODSEQ {{m0}}] *
S: A152 NO [EXPUNGEISSUED] *
# what a client in trouble here comes back with
C3: c0 LOGIN {{user}} {{password}}
S3: c0 OK *
C3: c1 ENABLE QRESYNC
S3: * ENABLED QRESYNC
S3: c1 OK *
C3: c2 EXAMINE INBOX (QRESYNC ({{validity}} {{m0}}))
S3...
S3: * VANISHED (EARLIER) 4
S3: * 1 FETCH (UID 1 *)
S3: * 2 FETCH (UID 2 *)
S3: * 3 FETCH (UID 3 *)
S3: c2 OK *
C: A153 NOOP
S: * VANISHED 4
S: * OK [HIGHESTMODSEQ {{m3}}] *
S: A153 OK *
# nothing waits any more, and nothing is said
C: A154 STORE 3 +FLAGS.SILENT (\Flagged)
S: * 3 FETCH (UID 3 MODSEQ (*))
S: A154 OK *
C: A155 NOOP
S: A155 OK *
