# CATENATE (RFC 4469), URL-PARTIAL (RFC 5550)
# shows: CATENATE URL-PARTIAL
@message one
Return-Path: <bar@example.org>
Received: from [127.0.0.2]
Date: Thu, 19 Oct 2006 14:55:09 -0700
From: Bar <bar@example.org>
To: Foo <foo@example.com>
Subject: files
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="------------030308070208000400050907"

--------------030308070208000400050907
Content-Type: text/plain; format=flowed

I hope the message contained within finds you well
--------------030308070208000400050907
Content-Type: image/gif
Content-Transfer-Encoding: base64

R0lGODdhAQABAIAAAAAAAAAAACwAAAAAAQABAAACAkQBADs=
--------------030308070208000400050907--
@end
@message newheader
Message-ID: <new@example.org>
Content-Type: multipart/mixed; boundary="=_frontier"

@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK [APPENDUID {{validity}} 1] *
C: a2 CREATE Drafts/a&-b
S: a2 OK *
C: a3 APPEND Drafts (\Seen \Draft $MDNSent) CATENATE (URL "/INBOX;UIDVALIDITY={{validity}}/;UID=1/;section=HEADER.FIELDS%20(From)" TEXT {15}
S: + *
C-: X-Mailer: x{{hex 0d0a0d0a}}
C:  URL "/INBOX/;UID=1/;section=1" URL {37}
S: + *
C: /INBOX/;UID=1/;section=2/;PARTIAL=4.6)
S: a3 OK [APPENDUID {{drafts}} 1] *
C: a4 SELECT Drafts
S...
S: a4 OK *
C: a5 FETCH 1 (FLAGS BODY.PEEK[])
S: * 1 FETCH (FLAGS (\Seen \Draft $MDNSent \Recent) BODY[] {*}<CRLF>From: Bar <bar@example.org><CRLF><CRLF>X-Mailer: x<CRLF><CRLF>I hope the message contained within finds you wellODdhAQ)
S: a5 OK *
# relative to the selected mailbox; several in one command
C: a6 APPEND "Drafts/a&-b" CATENATE (URL ";UID=1/;PARTIAL=0.4") CATENATE (TEXT {8+}
C-: a: b{{hex 0d0a0d0a}}
C:  URL ";UID=1/;PARTIAL=6" URL "/inbox/;uid=1/;section=text/;partial=0.5")
S: a6 OK [APPENDUID {{ab}} 1:2] *
# nothing but URLs of its own
C: a7 APPEND Drafts CATENATE (URL "/Drafts/;UID=1")
S: * 2 EXISTS
S: * 2 RECENT
S: a7 OK [APPENDUID {{drafts}} 2] *
C: a8 APPEND INBOX CATENATE (URL "/Drafts%2Fa%26b/;UID=1" URL "a%26b/;UID=2")
S: a8 NO [BADURL a%26b/;UID=2] *
# the first that fails is told, and nothing is kept
C: b1 APPEND INBOX CATENATE (URL "/INBOX;UIDVALIDITY=1/;UID=1" TEXT {3+}
C: abc)
S: b1 NO [BADURL /INBOX;UIDVALIDITY=1/;UID=1] *
C: b2 APPEND INBOX CATENATE (TEXT {3+}
C: abc URL "/INBOX/;UID=9")
S: b2 NO [BADURL /INBOX/;UID=9] *
C: b3 APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;section=7")
S: b3 NO [BADURL /INBOX/;UID=1/;section=7] *
C: b4 APPEND INBOX CATENATE (URL "/INBOX/;UID=1/;section=bogus")
S: b4 NO [BADURL *] *
C: b5 APPEND INBOX CATENATE (URL "/nosuch/;UID=1")
S: b5 NO [BADURL *] *
C: b6 APPEND INBOX CATENATE (URL "imap://elsewhere.example.org/INBOX/;UID=1")
S: b6 NO [BADURL *] *
C: b7 APPEND INBOX CATENATE (URL "not ] a url")
S: b7 NO [BADURL not%20%5D%20a%20url] *
C: b8 APPEND INBOX CATENATE (URL "/INBOX/;UID=1;URLAUTH=anonymous")
S: b8 NO [BADURL *] *
C: b9 APPEND INBOX CATENATE (URL "/INBOX/;UID=1" TEXT {99999999}
S: b9 NO [TOOBIG] *
C: c1 APPEND INBOX CATENATE (TEXT {0+}
C: )
S: c1 NO [CANNOT] *
C: c2 APPEND INBOX CATENATE ()
S: c2 BAD *
C: c3 APPEND INBOX CATENATE (TEXT "abc")
S: c3 BAD *
C: c4 APPEND nosuch CATENATE (URL "/INBOX/;UID=1")
S: c4 NO [TRYCREATE] *
C: c5 STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 1)
S: c5 OK *
C: c6 UNSELECT
S: c6 OK *
C: c7 APPEND INBOX CATENATE (URL ";UID=1")
S: c7 NO [BADURL ;UID=1] *
