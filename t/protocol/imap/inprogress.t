# INPROGRESS (RFC 9585): long commands say how far they are; here every piece of work is long
# shows: INPROGRESS
@conf imap.progress_interval = 0s
@message one
Subject: one

x
@end
LOGIN
C-: a1 APPEND INBOX {{msg+ one}}
C-:  {{msg+ one}}
C:
S: a1 OK *
C: a2 SELECT INBOX
S...
S: a2 OK *
C: a3 FETCH 1:2 FLAGS
S: * OK [INPROGRESS ("a3" 0 2)] *
S: * 1 FETCH (FLAGS (\Recent))
S: * 2 FETCH (FLAGS (\Recent))
S: a3 OK *
C: a4 STORE 1 +FLAGS (\Seen)
S: * OK [INPROGRESS ("a4" 0 1)] *
S: * 1 FETCH (FLAGS (\Seen \Recent))
S: a4 OK *
# RFC 9585 4: a tag with a bracket can't be told
C: a5] COPY 1:2 Trash
S: * OK [INPROGRESS (NIL 0 2)] *
S: a5] OK [COPYUID *] *
C: a6 LANGUAGE de
S: * LANGUAGE (de)
S: a6 OK *
C: a7 MOVE 2 Trash
S: * OK [INPROGRESS ("a7" 0 1)] Noch in Arbeit
S: * OK [COPYUID *] *
S: * 2 EXPUNGE
S: a7 OK *
C: a8 UID FETCH 77 FLAGS
S: a8 OK *
