# IDLE (RFC 2177): what other sessions do is told at once
# shows: IDLE
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: a1 SELECT INBOX
S...
S: a1 OK *
C: a2 IDLE
S: + *
C2: b1 APPEND INBOX {{msg one}}
S2: b1 OK *
S: * 1 EXISTS
S: * 1 RECENT
C2: b2 SELECT INBOX
S2...
S2: b2 OK *
C2: b3 STORE 1 +FLAGS (\Flagged)
S2: * 1 FETCH (FLAGS (\Flagged))
S2: b3 OK *
S: * 1 FETCH (FLAGS (\Flagged \Recent))
C2: b4 STORE 1 +FLAGS.SILENT (\Deleted)
S2: b4 OK *
S: * 1 FETCH (FLAGS (\Flagged \Deleted \Recent))
C2: b5 EXPUNGE
S2: * 1 EXPUNGE
S2: b5 OK *
S: * 1 EXPUNGE
C: DONE
S: a2 OK *
C: a3 IDLE
S: + *
C: NOOP
S: a3 BAD *
C: a4 NOOP
S: a4 OK *
