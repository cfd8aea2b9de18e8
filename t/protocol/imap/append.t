# APPEND (RFC 9051 6.3.12), APPENDUID (RFC 4315), literals (RFC 7888)
# shows: LITERAL+ UIDPLUS BINARY
@message one
From: a@example.org
Subject: one

body
@end
LOGIN
C: a1 APPEND INBOX (\Seen $Forwarded) "17-Jul-1996 02:44:25 -0700" {{msg one}}
S: a1 OK [APPENDUID {{validity}} 1] *
C: a2 APPEND INBOX {{msg+ one}}
S: a2 OK [APPENDUID {{validity}} 2] *
C: a3 APPEND nosuch {{msg one}}
S: a3 NO [TRYCREATE] *
C: a4 APPEND nosuch {{msg+ one}}
S: a4 NO [TRYCREATE] *
C: a5 APPEND INBOX (\Bogus) {{msg one}}
S: a5 BAD *
C: a6 APPEND INBOX "99-Jul-1996 02:44:25 -0700" {{msg+ one}}
S: a6 BAD *
C: a7 APPEND INBOX {0}
S: a7 NO *
C: a8 APPEND INBOX {4294967296}
S: a8 NO [TOOBIG] *
C: a9 APPEND INBOX
S: a9 BAD *
C: b1 SELECT INBOX
S...
S: * 2 EXISTS
S...
S: b1 OK *
C: b2 FETCH 1:2 (UID FLAGS INTERNALDATE RFC822.SIZE)
S: * 1 FETCH (UID 1 FLAGS (\Seen $Forwarded \Recent) INTERNALDATE "17-Jul-1996 09:44:25 +0000" RFC822.SIZE 43)
S: * 2 FETCH (UID 2 FLAGS (\Recent) INTERNALDATE "*" RFC822.SIZE 43)
S: b2 OK *
# into the selected mailbox: EXISTS comes before the OK
C: b3 APPEND INBOX (\Deleted) {{msg one}}
S: * 3 EXISTS
S: * 3 RECENT
S: b3 OK [APPENDUID {{validity}} 3] *
C: b4 FETCH 3 FLAGS
S: * 3 FETCH (FLAGS (\Deleted \Recent))
S: b4 OK *
# a message with bare line ends gets CRLF, a NUL stays
C: b5 APPEND INBOX {11+}
C-: S: x{{hex 0a0a}}ab{{hex 0a}}c{{hex 00}}
C: 
S: * 4 EXISTS
S: * 4 RECENT
S: b5 OK *
C: b6 FETCH 4 (RFC822.SIZE BODY.PEEK[TEXT] BINARY.PEEK[])
S: * 4 FETCH (RFC822.SIZE 14 BODY[TEXT] {6}<CRLF>ab<CRLF>c<80> BINARY[] ~{14}<CRLF>S: x<CRLF><CRLF>ab<CRLF>c<00>)
S: b6 OK *
