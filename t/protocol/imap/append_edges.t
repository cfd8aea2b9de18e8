# APPEND: dates, flags, literal8, and CATENATE with URLs that lead nowhere (RFC 9051 6.3.12, RFC 3516, RFC 4469)
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX " 1-Feb-2020 00:00:00 +0000" {{msg+ one}}
S: a1 OK *
C: a2 APPEND INBOX "01-fEB-2020 23:59:59 -0730" {{msg+ one}}
S: a2 OK *
C: a3 APPEND INBOX "29-Feb-2020 23:59:60 +1400" {{msg+ one}}
S: a3 OK *
C: a4 APPEND INBOX "29-Feb-2021 00:00:00 +0000" {{msg+ one}}
S: a4 BAD *
C: a5 APPEND INBOX "01-Feb-2020 24:00:00 +0000" {{msg+ one}}
S: a5 BAD *
C: a6 APPEND INBOX "01-Feb-2020 00:00:00 GMT" {{msg+ one}}
S: a6 BAD *
C: a7 APPEND INBOX "01-Feb-20 00:00:00 +0000" {{msg+ one}}
S: a7 BAD *
C: a8 APPEND INBOX (\Recent) {{msg+ one}}
S: a8 BAD *
C: a9 APPEND INBOX (\Seen) (\Draft) {{msg+ one}}
S: a9 BAD *
C: b1 APPEND INBOX (\Seen \SEEN $x $X) {{msg+ one}}
S: b1 OK *
C: b2 APPEND INBOX {0+}{{hex 0d0a}}
S: b2 NO [CANNOT] *
C: b3 APPEND INBOX ~{5+}{{hex 0d0a 61006264 0a}}
S: b3 OK *
C: b4 APPEND nosuch {{msg+ one}}
S: b4 NO [TRYCREATE] *
C: b5 APPEND INBOX "x"
S: b5 BAD *
C: c1 SELECT INBOX
S...
S: * 5 EXISTS
S...
S: c1 OK *
C: c2 FETCH 1:4 (INTERNALDATE FLAGS)
S: * 1 FETCH (INTERNALDATE " 1-Feb-2020 00:00:00 +0000" FLAGS (\Recent))
S: * 2 FETCH (INTERNALDATE " 2-Feb-2020 07:29:59 +0000" FLAGS (\Recent))
S: * 3 FETCH (INTERNALDATE "29-Feb-2020 10:00:00 +0000" FLAGS (\Recent))
S: * 4 FETCH (INTERNALDATE * FLAGS (\Seen $x \Recent))
S: c2 OK *
C: d1 APPEND INBOX CATENATE (URL "/INBOX/;UID=99")
S: d1 NO [BADURL /INBOX/;UID=99] *
C: d2 APPEND INBOX CATENATE (URL "/INBOX/;UID=1" URL "nope]x")
S: d2 NO [BADURL nope%5Dx] *
C: d3 APPEND INBOX CATENATE (URL "/nosuch/;UID=1")
S: d3 NO [BADURL *] *
C: d4 APPEND INBOX CATENATE (URL "imap://elsewhere.example/INBOX/;UID=1")
S: d4 NO [BADURL *] *
C: d5 APPEND INBOX CATENATE (URL "/INBOX;UIDVALIDITY=1/;UID=1")
S: d5 NO [BADURL *] *
C: d6 APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;SECTION=9")
S: d6 NO [BADURL *] *
C: d7 APPEND nosuch CATENATE (URL "/INBOX/;UID=1")
S: d7 NO [TRYCREATE] *
C: d8 APPEND INBOX CATENATE ()
S: d8 BAD *
C: d9 APPEND INBOX CATENATE (URL ";UID=1" TEXT {3+}{{hex 0d0a}}abc)
S: * 6 EXISTS
S: * * RECENT
S: d9 OK *
C: e1 FETCH 6 RFC822.SIZE
S: * 6 FETCH (RFC822.SIZE 22)
S: e1 OK *
