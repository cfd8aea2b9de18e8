# Rights that change while a mailbox is selected: PERMANENTFLAGS and READ-WRITE or READ-ONLY say so (RFC 4314 5.1.1 and 5.2,
# RFC 9051 7.1)
# shows: ACL
@message one
Subject: one

x
@end
LOGIN
C2: a0 LOGIN {{user2}} {{password}}
S2: a0 OK *
C3: a0 LOGIN {{user2}} {{password}}
S3: a0 OK *
C: a1 CREATE Box
S: a1 OK *
C: a2 APPEND Box {{msg one}}
S: a2 OK *
C: a3 SETACL Box {{user2}} lr
S: a3 OK *
C2: a4 SELECT "Other Users/{{user}}/Box"
S2...
S2: * OK [PERMANENTFLAGS ()] *
S2...
S2: a4 OK [READ-ONLY] *
C3: a5 EXAMINE "Other Users/{{user}}/Box"
S3...
S3: a5 OK [READ-ONLY] *
C2: a6 STORE 1 +FLAGS (\Flagged)
S2: a6 NO [READ-ONLY] *
# a right that grows holds at once, without another SELECT
C: b1 SETACL Box {{user2}} +w
S: b1 OK *
C2: b2 NOOP
S2: * FLAGS (*)
S2: * OK [PERMANENTFLAGS (\Answered \Flagged \Draft \*)] *
S2: * OK [READ-WRITE] *
S2: b2 OK *
C2: b3 STORE 1 +FLAGS (\Flagged \Seen)
S2: * 1 FETCH (FLAGS (\Flagged))
S2: b3 OK *
# EXAMINE stays what it is
C3: b4 NOOP
S3: * FLAGS (*)
S3: * OK [PERMANENTFLAGS ()] *
S3: * 1 FETCH (FLAGS (\Flagged))
S3: b4 OK *
C3: b5 STORE 1 +FLAGS (\Flagged)
S3: b5 NO [READ-ONLY] *
# another right of the same kind is no other access
C: c1 SETACL Box {{user2}} +t
S: c1 OK *
C2: c2 NOOP
S2: * FLAGS (*)
S2: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Draft \*)] *
S2: c2 OK *
# one that shrinks to nothing is told in IDLE
C2: c3 IDLE
S2: + *
C: c4 SETACL Box {{user2}} lr
S: c4 OK *
S2: * FLAGS (*)
S2: * OK [PERMANENTFLAGS ()] *
S2: * OK [READ-ONLY] *
C2: DONE
S2: c3 OK *
C2: c5 STORE 1 -FLAGS (\Flagged)
S2: c5 NO [READ-ONLY] *
C2: c6 EXPUNGE
S2: c6 NO [READ-ONLY] *
# `i` alone makes it READ-WRITE, though no flag can be changed
C: d1 SETACL Box {{user2}} lri
S: d1 OK *
C2: d2 SELECT "Other Users/{{user}}/Box"
S2...
S2: * OK [PERMANENTFLAGS ()] *
S2...
S2: d2 OK [READ-WRITE] *
C2: d3 STORE 1 -FLAGS (\Flagged)
S2: d3 NO [NOPERM] *
