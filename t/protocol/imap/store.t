# STORE (RFC 9051 6.4.6), two sessions
# shows: IMAP4rev1
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX {{msg one}}
S: a2 OK *
C: a3 SELECT INBOX
S...
S: a3 OK *
LOGIN2
C2: b1 SELECT INBOX
S2...
S2: b1 OK *
C: s1 STORE 1 FLAGS (\Seen \Flagged)
S: * 1 FETCH (FLAGS (\Seen \Flagged \Recent))
S: s1 OK *
C2: b2 NOOP
S2: * 1 FETCH (FLAGS (\Seen \Flagged))
S2: b2 OK *
C: s2 STORE 1:2 +FLAGS.SILENT (\Answered)
S: s2 OK *
C2: b3 NOOP
S2~: * 1 FETCH (FLAGS (\Seen \Answered \Flagged))
S2~: * 2 FETCH (FLAGS (\Answered))
S2: b3 OK *
C: s3 UID STORE 2 -FLAGS (\Answered)
S: * 2 FETCH (UID 2 FLAGS (\Recent))
S: s3 OK *
# a new keyword is told before it is used
C: s4 STORE 2 +FLAGS (todo)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft todo)
S: * OK [PERMANENTFLAGS (*todo \*)] *
S: * 2 FETCH (FLAGS (todo \Recent))
S: s4 OK *
C2: b4 NOOP
S2: * FLAGS (*todo)
S2: * OK [PERMANENTFLAGS (*todo \*)] *
S2: * 2 FETCH (FLAGS (todo))
S2: b4 OK *
# keywords are found without case
C: s5 STORE 2 -FLAGS (TODO)
S: * 2 FETCH (FLAGS (\Recent))
S: s5 OK *
C: s6 STORE 3 FLAGS (\Seen)
S: s6 BAD *
C: s7 STORE 1 FLAGS (\Recent)
S: s7 BAD *
C: s8 UID STORE 77 +FLAGS (\Seen)
S: s8 OK *
# read-only
C2: b5 EXAMINE INBOX
S2...
S2: b5 OK *
C2: b6 STORE 1 +FLAGS (\Seen)
S2: b6 NO *
