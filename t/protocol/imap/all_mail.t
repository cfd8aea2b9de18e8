# The mailbox that shows all mail (RFC 6154 2, \All): what is in it, and what can't be done to it
@conf store.all_mail = All Mail
@message one
Subject: one

first
@end
LOGIN
C: a1 LIST "" "All*"
S: * LIST (\HasNoChildren \NoInferiors \All) "/" "All Mail"
S: a1 OK *
C: a2 LIST (SPECIAL-USE) "" "A*"
S~: * LIST (\HasNoChildren \NoInferiors \All) "/" "All Mail"
S~: * LIST (\HasNoChildren \Archive) "/" Archive
S: a2 OK *
C: a3 LIST (SUBSCRIBED) "" "All*" RETURN (SPECIAL-USE STATUS (MESSAGES UNSEEN))
S: * LIST (\Subscribed \HasNoChildren \NoInferiors \All) "/" "All Mail"
S: * STATUS "All Mail" (MESSAGES 0 UNSEEN 0)
S: a3 OK *
C: a4 GETMETADATA "All Mail" /private/specialuse
S: * METADATA "All Mail" (/private/specialuse "\\All")
S: a4 OK *
# what is elsewhere is here, once
@message two
Subject: two

second
@end
C: b1 APPEND INBOX (\Flagged) {{msg one}}
S: b1 OK [APPENDUID * 1] *
C: b2 APPEND Archive (\Seen) {{msg two}}
S: b2 OK [APPENDUID * 1] *
C: b3 STATUS "All Mail" (MESSAGES UNSEEN UIDNEXT SIZE)
S: * STATUS "All Mail" (MESSAGES 2 UNSEEN 1 UIDNEXT 3 SIZE {{size}})
S: b3 OK *
C: b4 GETQUOTAROOT "All Mail"
S...
S: b4 OK *
C: b5 SELECT "All Mail"
S...
S: b5 OK [READ-WRITE] *
C: b6 FETCH 1:2 (UID FLAGS EMAILID BODY.PEEK[HEADER.FIELDS (SUBJECT)])
S: * 1 FETCH (UID 1 FLAGS (\Flagged*) EMAILID ({{e1}}) BODY[HEADER.FIELDS (SUBJECT)] *one*)
S: * 2 FETCH (UID 2 FLAGS (\Seen*) EMAILID ({{e2}}) BODY[HEADER.FIELDS (SUBJECT)] *two*)
S: b6 OK *
C: b7 SEARCH SUBJECT two
S: * SEARCH 2
S: b7 OK *
# flags are the message's; a copy in another mailbox changes nothing here
C: c1 STORE 1 +FLAGS (\Answered)
S: * 1 FETCH (*FLAGS (\Answered \Flagged*)*)
S: c1 OK *
C: c2 COPY 1 Drafts
S: c2 OK [COPYUID * 1 1] *
C: c3 NOOP
S: c3 OK *
C2: c4 LOGIN {{user}} {{password}}
S2: c4 OK *
C2: c5 SELECT Drafts
S2...
S2: c5 OK *
C2: c6 FETCH 1 (FLAGS EMAILID)
S2: * 1 FETCH (FLAGS (\Answered \Flagged*) EMAILID ({{e1}}))
S2: c6 OK *
C2: c7 MOVE 1 Junk
S2: * OK [COPYUID * 1 1] *
S2: * 1 EXPUNGE
S2: c7 OK *
C: c8 NOOP
S: c8 OK *
# what comes and goes elsewhere is told of here
C2: d1 APPEND INBOX {{msg two}}
S2: d1 OK *
C: d2 NOOP
S: * 3 EXISTS
S?: * 3 RECENT
S?: * 1 RECENT
S: d2 OK *
C2: d3 SELECT INBOX
S2...
S2: d3 OK *
C2: d4 STORE 2 +FLAGS.SILENT (\Deleted)
S2: d4 OK *
C: d5 FETCH 3 FLAGS
S: * 3 FETCH (FLAGS ({{recent}}))
S: d5 OK *
C2: d6 EXPUNGE
S2: * 2 EXPUNGE
S2: d6 OK *
C: d7 NOOP
S: * 3 EXPUNGE
S?: * 0 RECENT
S?: * 2 RECENT
S: d7 OK *
# nothing is put into it, and nothing moved out of it
C: e1 APPEND "All Mail" {{msg one}}
S: e1 NO [CANNOT] *shows all mail*
C: e2 COPY 1 "All Mail"
S: e2 NO [CANNOT] *shows all mail*
C: e3 MOVE 1 "All Mail"
S: e3 NO [CANNOT] *shows all mail*
C: e4 MOVE 1 Trash
S: e4 NO [CANNOT] *stays in the mailbox that shows all mail*
C: e5 REPLACE 1 "All Mail" {{msg one}}
S: e5 NO [CANNOT] *
# it is the server's
C: f1 DELETE "All Mail"
S: f1 NO [CANNOT] *
C: f2 RENAME "All Mail" Everything
S: f2 NO [CANNOT] *
C: f3 CREATE "All Mail/Below"
S: f3 NO [CANNOT] *
C: f4 RENAME Archive "All Mail/Archive"
S: f4 NO [CANNOT] *
C: f5 CREATE "All Mail"
S: f5 NO [ALREADYEXISTS] *
C: f6 CREATE Everything (USE (\All))
S: f6 NO [USEATTR] *
C: f7 SETMETADATA Archive (/private/specialuse "\\All")
S: f7 NO [USEATTR] *
C: f8 SETMETADATA "All Mail" (/private/specialuse "\\Archive")
S: f8 NO [CANNOT] *
C: f9 SETMETADATA "All Mail" (/private/comment "x")
S: f9 OK *
# rights are what is let
C: g1 MYRIGHTS "All Mail"
S: * MYRIGHTS "All Mail" lrswtedan
S: g1 OK *
C: g2 GETACL "All Mail"
S: * ACL "All Mail" {{user}} lrswtedan
S: g2 OK *
C: g3 LISTRIGHTS "All Mail" {{user2}}
S: * LISTRIGHTS "All Mail" {{user2}} "" l r s w t e d a n
S: g3 OK *
C: g4 SETACL "All Mail" {{user2}} lrswi
S: g4 NO [CANNOT] *
C: g5 SETACL "All Mail" {{user2}} lr
S: g5 OK *
C3: g6 LOGIN {{user2}} {{password}}
S3: g6 OK *
C3: g7 SELECT "Other Users/{{user}}/All Mail"
S3...
S3: g7 OK [READ-ONLY] *
C3: g8 FETCH 1:* EMAILID
S3: * 1 FETCH (EMAILID (*))
S3: * 2 FETCH (EMAILID (*))
S3: g8 OK *
C3: g9 APPEND "Other Users/{{user}}/All Mail" {{msg one}}
S3: g9 NO [CANNOT] *
# to leave it is to leave everywhere; \Deleted is the row's
C: h1 UID STORE 1 +FLAGS.SILENT (\Deleted)
S: h1 OK *
C2: h2 FETCH 1 FLAGS
S2: * 1 FETCH (FLAGS (\Answered \Flagged*))
S2: h2 OK *
C: h3 EXPUNGE
S: * 1 EXPUNGE
S?: * {{n}} RECENT
S: h3 OK *
C2: h4 NOOP
S2: * 1 EXPUNGE
S2?: * {{m}} RECENT
S2: h4 OK *
C: h5 STATUS Junk (MESSAGES)
S: * STATUS Junk (MESSAGES 0)
S: h5 OK *
# a message replaced here is replaced everywhere
C: i1 SEARCH ALL
S: * SEARCH 1
S: i1 OK *
C: i2 REPLACE 1 Drafts {{msg one}}
S...
S: i2 OK *
C: i3 STATUS Archive (MESSAGES)
S: * STATUS Archive (MESSAGES 0)
S: i3 OK *
C: i4 STATUS Drafts (MESSAGES)
S: * STATUS Drafts (MESSAGES 1)
S: i4 OK *
# with its last mailbox a message is gone
C: j1 CREATE Short
S: j1 OK *
C: j2 UID COPY 1:* Short
S: j2 OK *
C2: j3 SELECT Drafts
S2...
S2: j3 OK *
C2: j4 MOVE 1 Short
S2...
S2: j4 OK *
C2: j5 UNSELECT
S2: j5 OK *
C: j6 DELETE Short
S: * 1 EXPUNGE
S?: * 0 RECENT
S: j6 OK *
C: j7 NOOP
S: j7 OK *
C: j8 STATUS "All Mail" (MESSAGES)
S: * STATUS "All Mail" (MESSAGES 0)
S: j8 OK *
