# UNSELECT leaves what CLOSE would expunge (RFC 3691)
# shows: UNSELECT
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX (\Deleted) {{msg one}}
S: a1 OK *
C: a2 SELECT INBOX
S...
S: a2 OK *
C: a3 UNSELECT
S: a3 OK *
C: a4 STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 1)
S: a4 OK *
C: a5 FETCH 1 FLAGS
S: a5 BAD *
C: a6 SELECT INBOX
S...
S: a6 OK *
C: a7 CLOSE
S: a7 OK *
C: a8 STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: a8 OK *
