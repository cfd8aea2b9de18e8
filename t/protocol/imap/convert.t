# CONVERT (RFC 5259): charsets of text, HTML to text, the encoded words of headers
# shows: CONVERT
@message latin
Subject: =?KOI8-R?Q?why_encode_this?= and =?iso-8859-1?Q?caf=E9?=
From: =?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=iso-8859-2
Content-Transfer-Encoding: quoted-printable

=BElu=BBou=E8k=FD k=F9=F2
--b
Content-Type: text/html; charset=utf-8

<p>One &euro; and <b>two</b></p><script>no()</script>
--b
Content-Type: image/gif
Content-Transfer-Encoding: base64

R0lGODdhAQABAIAAAAAAAAAAACwAAAAAAQABAAACAkQBADs=
--b--
@end
LOGIN
C: a0 CONVERT 1 ("text/plain") BINARY[1]
S: a0 BAD *
C: a1 CONVERSIONS "text/plain" "text/plain"
S: * CONVERSION "text/plain" "text/plain" ("charset" "unknown-character-replacement")
S: a1 OK *
C: a2 CONVERSIONS "text/*" "*"
S: * CONVERSION "text/plain" "text/plain" (*)
S: * CONVERSION "text/html" "text/html" (*)
S: * CONVERSION "text/html" "text/plain" (*)
S: a2 OK *
C: a3 CONVERSIONS "image/gif" "image/jpeg"
S: a3 OK *
C: a4 APPEND INBOX {{msg latin}}
S: a4 OK *
C: a5 SELECT INBOX
S...
S: a5 OK *
C: a6 CONVERT 1 ("text/plain" ("charset" "utf-8")) BINARY[1]
S: * 1 CONVERTED (TAG "a6") (BINARY[1] {19}<CRLF>žluťoučký kůň)
S: a6 OK *
C: a7 UID CONVERT 1 ("TEXT/PLAIN" ("CHARSET" "utf-16be")) (BINARY[1]<0.6> BINARY.SIZE[1] BODYPARTSTRUCTURE[1])
S...
S: a7 OK *
# what the charset lacks is an error, or replaced
C: b1 CONVERT 1 ("text/plain" ("charset" "us-ascii")) BINARY[2]
S: * 1 CONVERTED (TAG "b1") (BINARY[2] (ERROR "*" BADPARAMETERS "text/html" "text/plain" (charset us-ascii)))
S: b1 NO *
C: b2 CONVERT 1 ("text/plain" ("charset" "us-ascii" "unknown-character-replacement" "?")) BINARY[2]
S: * 1 CONVERTED (TAG "b2") (BINARY[2] {*}<CRLF>One ? and two*)
S: b2 OK *
C: b3 CONVERT 1 (NIL ("charset" "iso-8859-15")) (BINARY.SIZE[2] AVAILABLECONVERSIONS[2] AVAILABLECONVERSIONS[3])
S: * 1 CONVERTED (TAG "b3") (BINARY.SIZE[2] {{size}} AVAILABLECONVERSIONS[2] (("text/html" "text/plain")) AVAILABLECONVERSIONS[3] (()))
S: b3 OK *
C: b4 CONVERT 1 (NIL ("charset" "iso-8859-15")) (BINARY[2]<0.7> BODYPARTSTRUCTURE[2])
S: * 1 CONVERTED (TAG "b4") (BODYPARTSTRUCTURE[2] ("text" "plain" ("charset" "iso-8859-15") NIL NIL "binary" {{size}} {{lines}}) BINARY[2]<0> {7}<CRLF>One <a4> a)
S: b4 OK *
# headers
C: b5 CONVERT 1 (NIL ("CHARSET" "utf-8")) BODY[HEADER]
S: * 1 CONVERTED (TAG "b5") (BODY[HEADER] {*}<CRLF>Subject: =?UTF-8?B?d2h5IGVuY29kZSB0aGlz?= and =?UTF-8?B?Y2Fmw6k=?=<CRLF>From: =?UTF-8?B?QW5kcsOp?= Pirard <PIRARD@vm1.ulg.ac.be><CRLF>*)
S: b5 OK *
C: b6 CONVERT 1 (NIL) BODY[HEADER]
S: * 1 CONVERTED (TAG "b6") (BODY[HEADER] (ERROR *))
S: b6 NO *
# what is not there, or not possible
C: c1 CONVERT 1 ("text/plain") BINARY[9]
S: * 1 CONVERTED (TAG "c1") (BINARY[9] (ERROR "No such part" BADPARAMETERS NIL "text/plain"))
S: c1 NO *
C: c2 CONVERT 1 ("image/jpeg" ("pix-x" "128")) (BINARY[3] BINARY[1])
S: * 1 CONVERTED (TAG "c2") (BINARY[3] (ERROR *) BINARY[1] (ERROR *))
S: c2 NO *
C: c3 CONVERT 1 ("text/plain" ("charset" "x-unheard-of")) BINARY[1]
S: * 1 CONVERTED (TAG "c3") (BINARY[1] (ERROR "Charset not known" *))
S: c3 NO *
C: c4 CONVERT 2 ("text/plain") BINARY[1]
S: c4 BAD *
C: c5 CONVERT 1 (text) BINARY[1]
S: c5 BAD *
C: c6 CONVERT 1 ("text/plain") BODY[TEXT]
S: c6 BAD *
C: c7 CONVERT 1 ("text/plain") (UID)
S: c7 BAD *
C: c8 FETCH 1 FLAGS
S: * 1 FETCH (FLAGS (\Recent))
S: c8 OK *
