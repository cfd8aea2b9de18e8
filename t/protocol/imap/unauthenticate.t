# UNAUTHENTICATE (RFC 8437): the next login starts from nothing
# shows: UNAUTHENTICATE
C: a1 UNAUTHENTICATE
S: a1 BAD *
C: a2 LOGIN {{user}} {{password}}
S: a2 OK *
C: a3 ENABLE UIDONLY CONDSTORE IMAP4rev2
S: * ENABLED UIDONLY CONDSTORE IMAP4rev2
S: a3 OK *
C: a4 SELECT INBOX
S...
S: a4 OK *
C: a5 UNAUTHENTICATE
S: a5 OK [CAPABILITY *AUTH=*] *
C: a6 FETCH 1 FLAGS
S: a6 BAD *
C: a7 SELECT INBOX
S: a7 BAD *
C: a8 NOOP
S: a8 OK *
C: a9 LOGIN {{user2}} {{password}}
S: a9 OK *
C: b1 CREATE only-of-the-second
S: b1 OK *
C: b2 SELECT INBOX
S...
S: * 0 EXISTS
S: * 0 RECENT
S...
S: b2 OK *
C: b3 FETCH 1 FLAGS
S: b3 BAD No*
C: b4 UNAUTHENTICATE
S: b4 OK *
C: b5 AUTHENTICATE PLAIN {{plain}}
S: b5 OK *
C: b6 LIST "" only*
S: b6 OK *
C: b7 UNAUTHENTICATE now
S: b7 BAD *
