# Two copies of an email in one mailbox share its flags but \Deleted: of the one that was not named a STORE tells,
# silent or not
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 SELECT INBOX
S...
S: a2 OK *
C: a3 COPY 1 INBOX
S...
S: a3 OK [COPYUID * 1 2] *
C: s1 STORE 1 +FLAGS.SILENT (\Flagged)
S: * 2 FETCH (UID 2 FLAGS (\Flagged \Recent))
S: s1 OK *
C: s2 STORE 2 +FLAGS (\Seen)
S: * 1 FETCH (UID 1 FLAGS (\Seen \Flagged \Recent))
S: * 2 FETCH (FLAGS (\Seen \Flagged \Recent))
S: s2 OK *
C: s3 STORE 1:2 +FLAGS.SILENT (kw)
S: * FLAGS *
S: * OK [PERMANENTFLAGS *] *
S: s3 OK *
C: s4 STORE 1 +FLAGS.SILENT (\Deleted)
S: s4 OK *
C: s5 FETCH 1:2 FLAGS
S: * 1 FETCH (FLAGS (\Seen \Flagged \Deleted kw \Recent))
S: * 2 FETCH (FLAGS (\Seen \Flagged kw \Recent))
S: s5 OK *
