# COPY and MOVE of messages that another session has expunged: of COPY all or nothing (RFC 2180 4.4.1, RFC 9051 6.4.7); what is
# named by UID and gone is no error
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX {{msg one}}
S: a2 OK *
C: a3 APPEND INBOX {{msg one}}
S: a3 OK *
C: a4 APPEND INBOX {{msg one}}
S: a4 OK *
C: a5 SELECT INBOX
S...
S: a5 OK *
C2: b1 SELECT INBOX
S2...
S2: b1 OK *
C2: b2 STORE 2 +FLAGS.SILENT (\Deleted)
S2: b2 OK *
C2: b3 EXPUNGE
S2: * 2 EXPUNGE
S2: b3 OK *
C: c1 COPY 1:3 Archive
S: * 2 EXPUNGE
S: c1 NO [EXPUNGEISSUED] *
C: c2 STATUS Archive (MESSAGES)
S: * STATUS Archive (MESSAGES 0)
S: c2 OK *
C: c3 UID COPY 1:3 Archive
S: c3 OK [COPYUID {{v}} 1,3 {{copies}}] *
C: c4 STATUS Archive (MESSAGES)
S: * STATUS Archive (MESSAGES 2)
S: c4 OK *
# a number twice is one message
C: c5 COPY 1,1:2,2 Trash
S: c5 OK [COPYUID * 1,3 1:2] *
# each message is moved or it is not (RFC 6851 3.3): what is there goes, and the answer says that it was not all
C2: d1 STORE 1 +FLAGS.SILENT (\Deleted)
S2...
S2: d1 OK *
C2: d2 EXPUNGE
S2: * 1 EXPUNGE
S2: d2 OK *
C: d3 MOVE 1:2 Archive
S: * OK [COPYUID {{v}} 3 *] *
S: * 2 EXPUNGE
S: * 1 EXPUNGE
S: d3 NO [EXPUNGEISSUED] *
C: d4 FETCH 1:* UID
S: * 1 FETCH (UID 4)
S: d4 OK *
C: d5 UID MOVE 1:3 Archive
S: d5 OK *
# into itself: a copy is another message; a move gives it another UID
C: e1 COPY 1 INBOX
S: * 2 EXISTS
S: * * RECENT
S: e1 OK [COPYUID {{i}} 4 5] *
C: e2 MOVE 1 INBOX
S: * OK [COPYUID {{i}} 4 6] *
S: * 1 EXPUNGE
S: * 2 EXISTS
S: * * RECENT
S: e2 OK *
C: e3 FETCH 1:* UID
S: * 1 FETCH (UID 5)
S: * 2 FETCH (UID 6)
S: e3 OK *
