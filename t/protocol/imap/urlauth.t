# URLAUTH (RFC 4467) and URLAUTH=BINARY (RFC 5524)
# shows: URLAUTH URLAUTH=BINARY
@conf hostname = mail.example.org
@message one
From: joe@example.com
Subject: attachments
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Si vis pacem,=20
para bellum=E9.
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

AAECAwQ=
--b
Content-Type: image/png
Content-Transfer-Encoding: x-blurdybloop

abc
--b
Content-Type: message/rfc822

Subject: inside
Content-Type: text/plain

nested
--b--
@end
@message two
Subject: second

two
@end
LOGIN
C2: l2 LOGIN {{user2}} {{password}}
S2: l2 OK *
C: a1 APPEND INBOX {{msg one}}
S: a1 OK [APPENDUID {{validity}} 1] *
C: a2 GENURLAUTH "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1" INTERNAL
S: a2 BAD The URL does not say who may use it
C: a3 GENURLAUTH "imap://mail.example.org/INBOX/;uid=1/;section=1;urlauth=anonymous" INTERNAL
S: a3 BAD The URL does not say whose mailbox it is
C: a4 GENURLAUTH "/INBOX/;uid=1/;section=1;urlauth=anonymous" INTERNAL
S: a4 BAD *
C: a5 GENURLAUTH "imap://{{user}}@elsewhere.example/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S: a5 BAD *
C: a6 GENURLAUTH "imap://{{urluser}}@mail.example.org/nosuch/;uid=1;urlauth=anonymous" INTERNAL
S: a6 BAD *
C: a7 GENURLAUTH "imap://{{urluser2}}@mail.example.org/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S: a7 BAD *
C: a8 GENURLAUTH "imap://{{urluser}}@mail.example.org/INBOX/;uid=1;urlauth=anonymous" XSAMPLE
S: a8 NO [CANNOT] *
C: a9 GENURLAUTH "imap://{{urluser}}@mail.example.org/INBOX;urlauth=anonymous" INTERNAL
S: a9 BAD *
C: b0 GENURLAUTH "imap://{{urluser}}@mail.example.org/INBOX/;uid=1;urlauth=anonymous"
S: b0 BAD *
# who has the URL reads, whose ever it is
C: b1 GENURLAUTH "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1;urlauth=anonymous" INTERNAL "imap://{{urluser}}@mail.example.org/INBOX;UIDVALIDITY={{validity}}/;uid=1/;section=2;urlauth=authuser" internal
S: * GENURLAUTH "{{text}}" "{{bytes}}"
S: b1 OK *
C2: b2 URLFETCH "{{text}}"
S2: * URLFETCH "{{text}}" {33}<CRLF>Si vis pacem,=20<CRLF>para bellum=E9.
S2: b2 OK *
C2: b3 URLFETCH ("{{text}}" BINARY) ("{{text}}") "{{text}}"
S2: * URLFETCH "{{text}}" (BINARY {29}<CRLF>Si vis pacem, <CRLF>para bellum<e9>.) "{{text}}" {33}<CRLF>* "{{text}}" {33}<CRLF>*
S2: b3 OK *
# RFC 5524's own examples
C2: b4 URLFETCH ("{{bytes}}" BINARY BODYPARTSTRUCTURE)
S2: * URLFETCH "{{bytes}}" (BODYPARTSTRUCTURE ("application" "octet-stream" NIL NIL NIL "BINARY" 5)) (BINARY ~{5}<CRLF><00><01><02><03><04>)
S2: b4 OK *
C2: b5 URLFETCH ("{{bytes}}" BODYPARTSTRUCTURE)
S2: * URLFETCH "{{bytes}}" (BODYPARTSTRUCTURE ("application" "octet-stream" NIL NIL NIL "base64" 8))
S2: b5 OK *
C2: b6 URLFETCH ("{{bytes}}" BODYPARTSTRUCTURE BODY)
S2: * URLFETCH "{{bytes}}" (BODYPARTSTRUCTURE ("application" "octet-stream" NIL NIL NIL "base64" 8)) (BODY {8}<CRLF>AAECAwQ=)
S2: b6 OK *
C2: b7 URLFETCH ("{{text}}" BODYPARTSTRUCTURE BINARY)
S2: * URLFETCH "{{text}}" (BODYPARTSTRUCTURE ("text" "plain" ("charset" "iso-8859-1") NIL NIL "BINARY" 29 1)) (BINARY {29}<CRLF>*)
S2: b7 OK *
C: b8 GENURLAUTH "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=3;urlauth=anonymous" INTERNAL "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=200;urlauth=anonymous" INTERNAL "imap://{{urluser}}@mail.example.org/INBOX/;uid=7;urlauth=anonymous" INTERNAL
S: * GENURLAUTH "{{odd}}" "{{nopart}}" "{{nomessage}}"
S: b8 OK *
C2: b9 URLFETCH ("{{odd}}" BODYPARTSTRUCTURE BINARY) ("{{nopart}}" BODYPARTSTRUCTURE BODY) "{{nomessage}}"
S2: * URLFETCH "{{odd}}" (BODYPARTSTRUCTURE ("image" "png" NIL NIL NIL "x-blurdybloop" 3)) (BINARY NIL) "{{nopart}}" NIL "{{nomessage}}" NIL
S2: b9 OK *
# sections, partials, the whole
C: c1 GENURLAUTH "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=4.TEXT;urlauth=anonymous" INTERNAL "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=4.HEADER;urlauth=anonymous" INTERNAL "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1/;partial=3.3;urlauth=anonymous" INTERNAL "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=HEADER.FIELDS%20%28Subject%29;urlauth=anonymous" INTERNAL
S: * GENURLAUTH "{{nested}}" "{{nestedheader}}" "{{partial}}" "{{field}}"
S: c1 OK *
C: c2 URLFETCH ("{{nested}}" BODYPARTSTRUCTURE BODY) ("{{nestedheader}}" BODYPARTSTRUCTURE BINARY) "{{partial}}" ("{{partial}}" BINARY) "{{field}}"
S: * URLFETCH "{{nested}}" (BODYPARTSTRUCTURE ("text" "plain" *)) (BODY {6}<CRLF>nested) "{{nestedheader}}" (BODYPARTSTRUCTURE ("TEXT" "RFC822-HEADERS" *)) (BINARY {45}<CRLF>Subject: inside<CRLF>*) "{{partial}}" {3}<CRLF>vis "{{partial}}" (BINARY {3}<CRLF>vis) "{{field}}" {24}<CRLF>Subject: attachments<CRLF><CRLF>
S: c2 OK *
# a byte of the URL changed, another token, another mechanism, no URL at all
C2: d1 URLFETCH "{{text}}0" "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1;urlauth=anonymous:internal:00112233445566778899aabbccddeeff" "imap://{{urluser}}@mail.example.org/INBOX/;uid=1;urlauth=anonymous:xsample:00112233445566778899aabbccddeeff"
S2: * URLFETCH "*" NIL "*" NIL "*" NIL
S2: d1 OK *
C2: d2 URLFETCH "imap://mail.example.org/" "imap://{{urluser}}@mail.example.org/INBOX" "imap://{{urluser}}@mail.example.org/INBOX?SUBJECT%20x" ("nonsense" BINARY BODYPARTSTRUCTURE) "imap://nobody%40example.org@mail.example.org/INBOX/;uid=1;urlauth=anonymous:internal:00112233445566778899aabbccddeeff"
S2: * URLFETCH "imap://mail.example.org/" NIL "imap://{{urluser}}@mail.example.org/INBOX" NIL "*" NIL "nonsense" NIL "*" NIL
S2: d2 OK *
C2: d3 URLFETCH ("{{text}}" BINARY BODY)
S2: d3 BAD *
C2: d4 URLFETCH ("{{text}}" BODY BODY)
S2: d4 BAD *
C2: d5 URLFETCH ("{{text}}" X-UNKNOWN)
S2: * URLFETCH "{{text}}" {33}<CRLF>*
S2: d5 OK *
C2: d6 URLFETCH
S2: d6 BAD *
# user+ and submit+: who is not meant has no more than an error; expiry
C: e1 GENURLAUTH "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1;urlauth=user+{{urluser2}}" INTERNAL "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1;urlauth=submit+{{urluser}}" INTERNAL "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1;expire=2020-01-01T00:00:00Z;urlauth=anonymous" INTERNAL "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1;expire=2120-01-01T00:00:00Z;urlauth=anonymous" INTERNAL
S: * GENURLAUTH "{{his}}" "{{submit}}" "{{old}}" "{{valid}}"
S: e1 OK *
C: e2 URLFETCH "{{his}}" "{{submit}}" "{{old}}" "{{valid}}"
S: * URLFETCH "{{his}}" NIL "{{submit}}" NIL "{{old}}" NIL "{{valid}}" {33}<CRLF>*
S: e2 OK *
C2: e3 URLFETCH "{{his}}" "{{submit}}" "{{old}}" "{{valid}}"
S2: * URLFETCH "{{his}}" {33}<CRLF>* "{{submit}}" NIL "{{old}}" NIL "{{valid}}" {33}<CRLF>*
S2: e3 OK *
# a relative URL is no signed one
C: e4 URLFETCH "/INBOX/;uid=1"
S: * URLFETCH "/INBOX/;uid=1" NIL
S: e4 OK *
# CATENATE takes them, and no others of somebody else
C2: f1 APPEND INBOX CATENATE (TEXT {16+}
C2-: Subject: got{{hex 0d0a0d0a}}
C2:  URL "{{text}}")
S2: f1 OK [APPENDUID * 1] *
C2: f2 APPEND INBOX CATENATE (URL "{{submit}}")
S2: f2 NO [BADURL *] *
C2: f3 APPEND INBOX CATENATE (URL "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1;urlauth=anonymous")
S2: f3 NO [BADURL *] *
# the key changes: what was signed is void, and sessions that have the mailbox open hear of it
C3: l3 LOGIN {{user}} {{password}}
S3: l3 OK *
C3: g0 SELECT INBOX
S3...
S3: * OK [URLMECH INTERNAL] *
S3: g0 OK *
C: g1 RESETKEY Drafts
S: g1 OK [URLMECH INTERNAL] *
C2: g2 URLFETCH "{{text}}"
S2: * URLFETCH "{{text}}" {33}<CRLF>*
S2: g2 OK *
C: g3 RESETKEY INBOX INTERNAL
S: g3 OK [URLMECH INTERNAL] *
C3: g4 NOOP
S3: * OK [URLMECH INTERNAL] *
S3: g4 OK *
C2: g5 URLFETCH "{{text}}"
S2: * URLFETCH "{{text}}" NIL
S2: g5 OK *
C: g6 RESETKEY INBOX XSAMPLE
S: g6 NO [CANNOT] *
C: g7 RESETKEY nosuch
S: g7 NO [NONEXISTENT] *
C: g8 GENURLAUTH "imap://{{urluser}}@mail.example.org/INBOX/;uid=1/;section=1;urlauth=anonymous" INTERNAL
S: * GENURLAUTH "{{again}}"
S: g8 OK *
C2: g9 URLFETCH "{{again}}"
S2: * URLFETCH "{{again}}" {33}<CRLF>*
S2: g9 OK *
C: h1 RESETKEY
S: h1 OK *
C3: h2 NOOP
S3: * OK [URLMECH INTERNAL] *
S3: h2 OK *
C2: h3 URLFETCH "{{again}}"
S2: * URLFETCH "{{again}}" NIL
S2: h3 OK *
# a fetch leaves \Seen alone
C3: h4 FETCH 1 FLAGS
S3: * 1 FETCH (FLAGS (\Recent))
S3: h4 OK *
# shared mailboxes have no key of the sharer's
C: i1 SETACL INBOX {{user2}} lr
S: i1 OK *
C2: i2 GENURLAUTH "imap://{{urluser2}}@mail.example.org/Other%20Users/{{urluser}}/INBOX/;uid=1;urlauth=anonymous" INTERNAL
S2: i2 BAD *
C2: i3 RESETKEY "Other Users/{{user}}/INBOX"
S2: i3 NO [NOPERM] *
