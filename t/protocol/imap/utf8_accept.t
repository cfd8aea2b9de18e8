# UTF8=ACCEPT (RFC 6855): names and strings in UTF-8, messages with UTF-8 headers
# shows: UTF8=ACCEPT
@conf imap.raw_headers = no
@message plain
Subject: one

x
@end
@message utf8
Subject: grüße
From: Jörg <jörg@example.org>

käse
@end
@message utf8body
Subject: one

käse
@end
LOGIN
C: a1 CREATE "Entwürfe"
S: a1 NO [CANNOT] *
C: a2 APPEND INBOX UTF8 (~{5}
S: a2 BAD *
# not before it is enabled: neither announced nor in a header
C: a3 APPEND INBOX {{msg utf8}}
S: a3 NO [CANNOT] *
C: a4 APPEND INBOX {{msg utf8body}}
S: a4 OK *
C-: a5 APPEND INBOX {{msg+ plain}}
C-:  {{msg+ utf8}}
C:
S: a5 NO [CANNOT] *
C: b1 ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: b1 OK *
C: b2 CREATE "Entwürfe"
S: b2 OK *
C: b3 LIST "" "Entw*"
S: * LIST (*) "/" "Entwürfe"
S: b3 OK *
C: b4 APPEND "Entwürfe" UTF8 (~{73+}
C-: Subject: grüße{{hex 0d0a}}From: Jörg <jörg@example.org>{{hex 0d0a0d0a}}käse, brot, wurst{{hex 0d0a}}
C: )
S: b4 OK [APPENDUID {{v}} 1] *
C: b5 APPEND "Entwürfe" {{msg utf8}}
S: b5 OK [APPENDUID {{v}} 2] *
C: b6 SELECT "Entwürfe"
S...
S: b6 OK *
C: b7 FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {20}<CRLF>Subject: grüße<CRLF><CRLF>)
S: b7 OK *
C: b8 SEARCH SUBJECT "GRÜSSE"
S: * SEARCH 1 2
S: b8 OK *
C: b9 SEARCH CHARSET ISO-8859-1 SUBJECT x
S: b9 BAD *
C: c1 STATUS "Entw{{hex fc}}rfe" (MESSAGES)
S: c1 BAD *
