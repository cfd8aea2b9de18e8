# One mailbox under its two spellings: modified UTF-7 (RFC 3501 5.1.3) and UTF-8 (RFC 9051 5.1); INBOX in any case
LOGIN
LOGIN2
C2: b1 ENABLE IMAP4rev2
S2: * ENABLED IMAP4rev2
S2: b1 OK *
C: a1 CREATE "Entw&APw-rfe/&U,BTFw-"
S: a1 OK *
C2: b2 LIST "" Entw*
S2: * LIST (*) "/" "Entwürfe"
S2: * LIST (*) "/" "Entwürfe/台北"
S2: b2 OK *
C2: b3 CREATE "Entwürfe/台北"
S2: b3 NO [ALREADYEXISTS] *
C2: b4 STATUS "Entwürfe/台北" (MESSAGES)
S2: * STATUS "Entwürfe/台北" (MESSAGES 0)
S2: b4 OK *
C2: b5 CREATE "a&b"
S2: b5 OK *
C: a2 LIST "" a*
S: * LIST (*) "/" a&-b
S: a2 OK *
# a name decomposed is the same name
C2: b6 STATUS "Entwu{{hex cc88}}rfe" (MESSAGES)
S2: * STATUS "Entwürfe" (MESSAGES 0)
S2: b6 OK *
C: a3 STATUS inbox (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: a3 OK *
C: a4 CREATE Inbox
S: a4 NO [ALREADYEXISTS] *
C: a5 CREATE inbox/Sub
S: a5 OK *
C: a6 LIST "" "INBOX/*"
S: * LIST (*) "/" INBOX/Sub
S: a6 OK *
C: a7 DELETE iNBOX
S: a7 NO [CANNOT] *
