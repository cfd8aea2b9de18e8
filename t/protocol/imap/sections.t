# Sections of a nested message and of one that is no multipart (RFC 9051 6.4.5.1), partial fetches, and BINARY of encodings
# that are not known (RFC 3516 4.3)
@message nested
Subject: outer
Content-Type: multipart/mixed; boundary=b

pre
--b
Content-Type: text/plain
Content-Transfer-Encoding: base64

aGVsbG8=
--b
Content-Type: message/rfc822

Subject: inner
X-A: 1
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain

plain
--c
Content-Type: text/html
Content-Transfer-Encoding: x-weird

<b>x</b>
--c--
--b
Content-Type: message/rfc822

Subject: simple

body
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

AAEC
--b--
@end
@message simple
Subject: single

text
@end
LOGIN
C: a1 APPEND INBOX {{msg nested}}
S: a1 OK *
C: a2 APPEND INBOX {{msg simple}}
S: a2 OK *
C: a3 SELECT INBOX
S...
S: a3 OK *
C: b1 FETCH 1 (BODY.PEEK[1.MIME] BODY.PEEK[1] BODY.PEEK[1.1])
S: * 1 FETCH (BODY[1.MIME] {63}<CRLF>Content-Type: text/plain<CRLF>Content-Transfer-Encoding: base64<CRLF><CRLF> BODY[1] {8}<CRLF>aGVsbG8= BODY[1.1] NIL)
S: b1 OK *
# HEADER and TEXT are of messages only, MIME of parts only
C: b2 FETCH 1 (BODY.PEEK[1.HEADER] BODY.PEEK[1.TEXT])
S: * 1 FETCH (BODY[1.HEADER] NIL BODY[1.TEXT] NIL)
S: b2 OK *
C: b3 FETCH 1 BODY.PEEK[MIME]
S: b3 BAD *
C: b4 FETCH 1 (BODY.PEEK[2.MIME] BODY.PEEK[2.HEADER.FIELDS (x-a Subject)])
S: * 1 FETCH (BODY[2.MIME] {32}<CRLF>Content-Type: message/rfc822<CRLF><CRLF> BODY[2.HEADER.FIELDS (x-a Subject)] {26}<CRLF>Subject: inner<CRLF>X-A: 1<CRLF><CRLF>)
S: b4 OK *
C: b5 FETCH 1 (BODY.PEEK[2.HEADER.FIELDS.NOT (SUBJECT CONTENT-TYPE)] BODY.PEEK[2.1] BODY.PEEK[2.1.MIME])
S: * 1 FETCH (BODY[2.HEADER.FIELDS.NOT (SUBJECT CONTENT-TYPE)] {10}<CRLF>X-A: 1<CRLF><CRLF> BODY[2.1] {5}<CRLF>plain BODY[2.1.MIME] {28}<CRLF>Content-Type: text/plain<CRLF><CRLF>)
S: b5 OK *
C: b6 FETCH 1 (BODY.PEEK[2.3] BODY.PEEK[9] BODY.PEEK[3.1] BODY.PEEK[3.2] BODY.PEEK[3.TEXT])
S: * 1 FETCH (BODY[2.3] NIL BODY[9] NIL BODY[3.1] {4}<CRLF>body BODY[3.2] NIL BODY[3.TEXT] {4}<CRLF>body)
S: b6 OK *
# a message that is no multipart has one part
C: c1 FETCH 2 (BODY.PEEK[1] BODY.PEEK[2] BODY.PEEK[1.1] BODY.PEEK[1.HEADER])
S: * 2 FETCH (BODY[1] {6}<CRLF>text<CRLF> BODY[2] NIL BODY[1.1] NIL BODY[1.HEADER] NIL)
S: c1 OK *
C: c2 FETCH 2 BODY.PEEK[HEADER.FIELDS (Nope)]
S: * 2 FETCH (BODY[HEADER.FIELDS (Nope)] {2}<CRLF><CRLF>)
S: c2 OK *
# partial: what begins past the end is empty
C: d1 FETCH 2 (BODY.PEEK[TEXT]<2.99> BODY.PEEK[]<99999.1> BODY.PEEK[1]<0.2>)
S: * 2 FETCH (BODY[TEXT]<2> {4}<CRLF>xt<CRLF> BODY[]<99999> {0}<CRLF> BODY[1]<0> {2}<CRLF>te)
S: d1 OK *
C: d2 FETCH 2 BODY.PEEK[]<4294967295.4294967295>
S: * 2 FETCH (BODY[]<4294967295> {0}<CRLF>)
S: d2 OK *
C: d3 FETCH 2 BODY.PEEK[]<0.0>
S: d3 BAD *
C: d4 FETCH 2 BODY.PEEK[]<0>
S: d4 BAD *
# no sections
C: e1 FETCH 1 BODY.PEEK[0]
S: e1 BAD *
C: e2 FETCH 1 BODY.PEEK[1.]
S: e2 BAD *
C: e3 FETCH 1 BODY.PEEK[4294967296]
S: e3 BAD *
C: e4 FETCH 1 BODY.PEEK[HEADER.FIELDS ()]
S: e4 BAD *
C: e5 FETCH 1 BINARY.PEEK[2.HEADER]
S: e5 BAD *
C: f1 FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[1] BINARY.PEEK[1]<1.2> BINARY.PEEK[1]<99.2>)
S: * 1 FETCH (BINARY[1] {5}<CRLF>hello BINARY.SIZE[1] 5 BINARY[1]<1> {2}<CRLF>el BINARY[1]<99> {0}<CRLF>)
S: f1 OK *
C: f2 FETCH 1 BINARY.PEEK[4]
S: * 1 FETCH (BINARY[4] ~{3}<CRLF><00><01><02>)
S: f2 OK *
C: f3 FETCH 1 (UID BINARY.PEEK[2.2])
S: * 1 FETCH (UID 1 BINARY[2.2] NIL)
S: f3 NO [UNKNOWN-CTE] *
C: f4 FETCH 1:2 BINARY.SIZE[2.2]
S: * 1 FETCH (BINARY.SIZE[2.2] 0)
S: * 2 FETCH (BINARY.SIZE[2.2] 0)
S: f4 NO [UNKNOWN-CTE] *
