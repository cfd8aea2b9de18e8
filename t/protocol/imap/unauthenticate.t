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
# nothing that was asked for lives on: NOTIFY, contexts, a saved result, the comparator, the language
C2: l2 LOGIN {{user}} {{password}}
S2: l2 OK *
C: c1 SELECT INBOX
S...
S: c1 OK *
C: c2 NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MailboxName MailboxMetadataChange))
S: c2 OK *
C: c3 UID SEARCH RETURN (UPDATE SAVE ALL) ALL
S: * ESEARCH *
S: c3 OK *
C: c4 COMPARATOR "i;octet"
S: * COMPARATOR *
S: c4 OK *
C: c5 LANGUAGE de
S: * LANGUAGE (de)
S: c5 OK *
C: c6 UNAUTHENTICATE
S: c6 OK [CAPABILITY *] Done
C2: c7 CREATE Later
S2: c7 OK *
C2: c8 APPEND INBOX {10+}
C2: Subject: x
S2: c8 OK *
C: c9 NOOP
S: c9 OK Done
LOGIN
C: d1 COMPARATOR
S: * COMPARATOR i;unicode-casemap*
S: d1 OK *
C: d2 CREATE Latest
S: d2 OK *
C: d3 SELECT INBOX
S...
S: d3 OK *
C: d4 UID FETCH $ FLAGS
S: d4 OK *
C: d5 CANCELUPDATE "c3"
S: d5 BAD *
C: d6 UNSELECT
S: d6 OK *
C: b7 UNAUTHENTICATE now
S: b7 BAD *
