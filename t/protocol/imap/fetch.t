# FETCH (RFC 9051 6.4.5)
# shows: BINARY OBJECTID
@message multi
From: "Joe Q" <joe@example.org>
To: Ann <ann@example.net>, bob@example.net
Subject: Hello
Date: Wed, 17 Jul 1996 02:23:25 -0700
Message-ID: <m1@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b1

preamble
--b1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

caf=C3=A9
--b1
Content-Type: message/rfc822

From: inner@example.org
Subject: inner

inner body
--b1--
@end
LOGIN
C: a1 APPEND INBOX {{msg multi}}
S: a1 OK *
C: a2 SELECT INBOX
S...
S: a2 OK *
C: f1 FETCH 1 ENVELOPE
S: * 1 FETCH (ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700" "Hello" (("Joe Q" NIL "joe" "example.org")) (("Joe Q" NIL "joe" "example.org")) (("Joe Q" NIL "joe" "example.org")) (("Ann" NIL "ann" "example.net")(NIL NIL "bob" "example.net")) NIL NIL NIL "<m1@example.org>"))
S: f1 OK *
C: f2 FETCH 1 BODY
S: * 1 FETCH (BODY (("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 9 0)("message" "rfc822" NIL NIL NIL "7bit" * ("text" "plain" * NIL NIL "7bit" 10 0) 3) "mixed"))
S: f2 OK *
C: f3 FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject "from")] BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[2.HEADER] BODY.PEEK[2.TEXT] BODY.PEEK[9])
S: * 1 FETCH (BODY[HEADER.FIELDS (Subject from)] {51}<CRLF>From: "Joe Q" <joe@example.org><CRLF>Subject: Hello<CRLF><CRLF> BODY[1] {9}<CRLF>caf=C3=A9 BODY[1.MIME] {88}<CRLF>Content-Type: text/plain; charset=utf-8<CRLF>Content-Transfer-Encoding: quoted-printable<CRLF><CRLF> BODY[2.HEADER] {43}<CRLF>From: inner@example.org<CRLF>Subject: inner<CRLF><CRLF> BODY[2.TEXT] {10}<CRLF>inner body BODY[9] NIL)
S: f3 OK *
C: f4 FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[1] BODY.PEEK[1]<2.4> BODY.PEEK[]<100000.5>)
S: * 1 FETCH (BINARY[1] {5}<CRLF>café BINARY.SIZE[1] 5 BODY[1]<2> {4}<CRLF>f=C3 BODY[]<100000> {0}<CRLF>)
S: f4 OK *
# PEEK has not set \Seen; BODY[] does, and says so
C: f5 FETCH 1 FLAGS
S: * 1 FETCH (FLAGS (\Recent))
S: f5 OK *
C: f6 FETCH 1 BODY[2.HEADER.FIELDS (SUBJECT)]
S: * 1 FETCH (BODY[2.HEADER.FIELDS (SUBJECT)] {18}<CRLF>Subject: inner<CRLF><CRLF> FLAGS (\Seen \Recent))
S: f6 OK *
C: f7 UID FETCH 1:* (FLAGS EMAILID THREADID)
S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent) EMAILID ({{e}}) THREADID ({{t}}))
S: f7 OK *
C: f8 FETCH 1 (RFC822.HEADER)
S: * 1 FETCH (RFC822.HEADER {*}<CRLF>From: *boundary=b1<CRLF><CRLF>)
S: f8 OK *
C: f9 FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (From To Date Message-ID MIME-Version Content-Type)]
S: * 1 FETCH (BODY[HEADER.FIELDS.NOT (From To Date Message-ID MIME-Version Content-Type)] {18}<CRLF>Subject: Hello<CRLF><CRLF>)
S: f9 OK *
C: g1 FETCH 2 FLAGS
S: g1 BAD *
C: g2 UID FETCH 2:3 FLAGS
S: g2 OK *
C: g3 UID FETCH 99:* FLAGS
S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent))
S: g3 OK *
C: g4 FETCH 1 PREVIEW
S: * 1 FETCH (PREVIEW *)
S: g4 OK *
C: g5 FETCH 1 (SAVEDATE MODSEQ)
S: * OK [HIGHESTMODSEQ *] *
S: * 1 FETCH (SAVEDATE "*" MODSEQ ({{m}}))
S: g5 OK *
