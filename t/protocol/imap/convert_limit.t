# CONVERT of more messages than one command takes (RFC 5259 10, MAXCONVERTMESSAGES): none is converted
# shows: CONVERT
@message one
Subject: one

x
@end
LOGIN
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
C: a6 COPY 1:* INBOX{{hex 0d0a}}a7 COPY 1:* INBOX{{hex 0d0a}}a8 COPY 1:* INBOX
S...
S: a8 OK *
C: b1 COPY 1:* INBOX{{hex 0d0a}}b2 COPY 1:* INBOX{{hex 0d0a}}b3 COPY 1:* INBOX{{hex 0d0a}}b4 COPY 1:* INBOX
S...
S: * 512 EXISTS
S...
S: b4 OK *
C: c1 CONVERT 1:501 (NIL) BINARY[1]
S: c1 NO [MAXCONVERTMESSAGES 500] *
C: c2 UID CONVERT 12:* ("text/plain") BINARY[1]
S: c2 NO [MAXCONVERTMESSAGES 500] *
C: c3 CONVERT 12:511 ("text/plain") BINARY.SIZE[1]
S: * 12 CONVERTED *
S...
S: * 511 CONVERTED *
S: c3 OK *
