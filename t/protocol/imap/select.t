# SELECT, EXAMINE, CLOSE, UNSELECT (RFC 3501 6.3.1, RFC 9051 6.3.2)
# shows: IMAP4rev1
LOGIN
C: a1 SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] *
S: * 0 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY {{validity}}] *
S: * OK [UIDNEXT 1] *
S: * OK [HIGHESTMODSEQ {{m}}] *
S: * OK [MAILBOXID ({{id}})] *
S: * OK [ANNOTATIONS 65536] *
S: * OK [URLMECH INTERNAL] *
S: a1 OK [READ-WRITE] *
C: a2 EXAMINE inbox
S: * OK [CLOSED] *
S: * FLAGS *
S: * OK [PERMANENTFLAGS ()] *
S: * 0 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY {{validity}}] *
S: * OK [UIDNEXT 1] *
S: * OK [HIGHESTMODSEQ {{m}}] *
S: * OK [MAILBOXID ({{id}})] *
S: * OK [ANNOTATIONS READ-ONLY] *
S: * OK [URLMECH INTERNAL] *
S: a2 OK [READ-ONLY] *
C: a3 SELECT nosuch
S: * OK [CLOSED] *
S: a3 NO [NONEXISTENT] *
# the failed SELECT has closed the mailbox
C: a4 CHECK
S: a4 BAD *
# one that is no SELECT at all leaves it open
C: b1 SELECT INBOX
S...
S: b1 OK *
C: b2 SELECT Drafts (QRESYNC (1 1))
S: b2 BAD *
C: b3 SELECT Drafts (NOSUCH)
S: b3 BAD *
C: b4 CHECK
S: b4 OK *
C: b5 CLOSE
S: b5 OK *
C: a5 SELECT Drafts
S...
S: a5 OK *
C: a6 CLOSE
S: a6 OK *
C: a7 UNSELECT
S: a7 BAD *
C: a8 SELECT Drafts
S...
S: a8 OK *
C: a9 UNSELECT
S: a9 OK *
