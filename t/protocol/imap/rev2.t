# IMAP4rev2 after ENABLE: no \Recent, ESEARCH, LIST with SELECT (RFC 9051)
# shows: IMAP4rev2 ENABLE ID
@message one
Subject: one

x
@end
LOGIN
C: a1 ENABLE IMAP4rev2 CONDSTORE X-UNKNOWN
S: * ENABLED IMAP4rev2 CONDSTORE
S: a1 OK *
C: a2 APPEND INBOX {{msg one}}
S: a2 OK *
C: a3 SELECT INBOX
S: * FLAGS *
S: * OK [PERMANENTFLAGS *] *
S: * 1 EXISTS
S: * OK [UIDVALIDITY *] *
S: * OK [UIDNEXT 2] *
S: * OK [HIGHESTMODSEQ *] *
S: * OK [MAILBOXID *] *
S: * OK [URLMECH INTERNAL] *
S: * LIST () "/" INBOX
S: a3 OK [READ-WRITE] *
C: a4 SEARCH ALL
S: * ESEARCH (TAG "a4") ALL 1
S: a4 OK *
C: a5 SEARCH DELETED
S: * ESEARCH (TAG "a5")
S: a5 OK *
C: a6 FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ())
S: a6 OK *
C: a7 ID ("name" "test")
S: * ID ("name" *)
S: a7 OK *
