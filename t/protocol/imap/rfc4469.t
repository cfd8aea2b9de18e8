# The examples of RFC 4469: an attachment is replaced, a second part is dropped, a digest is made
# shows: CATENATE
@message draft
From: Bob Ar <bar@example.org>
To: foo@example.net
Subject: About our holiday trip
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="------------030308070208000400050907"

--------------030308070208000400050907
Content-Type: text/plain; charset=us-ascii; format=flowed
Content-Transfer-Encoding: 7bit

Our travel agent has sent the updated schedule.
--------------030308070208000400050907
Content-Type: application/x-zip-compressed; name="schedule.zip"
Content-Transfer-Encoding: base64

T0xE
--------------030308070208000400050907--
@end
@message attachment
Content-Type: application/x-zip-compressed
Content-Transfer-Encoding: base64

TkVX
@end
@message letter
From: Farren Oo <foo@example.org>
Subject: first letter

first body
@end
@message first
--------------030308070208000400050907
@end
@message next

--------------030308070208000400050907
@end
@message last

--------------030308070208000400050907--
@end
@message notice

--------------030308070208000400050907

This body part was deleted.
--------------030308070208000400050907--
@end
@message digest
Subject: Digest of the mailing list
MIME-Version: 1.0
Content-Type: multipart/digest; boundary="04"

--04

@end
@message digestend
--04--
@end
LOGIN
C: 01 APPEND Drafts (\Draft) {{msg draft}}
S: 01 OK [APPENDUID {{drafts}} 1] *
C: 02 APPEND Drafts {{msg attachment}}
S: 02 OK [APPENDUID {{drafts}} 2] *
C: 03 APPEND INBOX {{msg letter}}
S: 03 OK [APPENDUID {{inbox}} 1] *
C: 04 APPEND INBOX {{msg draft}}
S: 04 OK [APPENDUID {{inbox}} 2] *
# 1: the header and the text stay, the second part is another message's
C-: A003 APPEND Drafts (\Seen \Draft $MDNSent) CATENATE (URL "/Drafts;UIDVALIDITY={{drafts}}/;UID=1/;section=HEADER" TEXT {{msg first}}
C-:  URL "/Drafts;UIDVALIDITY={{drafts}}/;UID=1/;section=1.MIME" URL "/Drafts;UIDVALIDITY={{drafts}}/;UID=1/;section=1" TEXT {{msg next}}
C-:  URL "/Drafts;UIDVALIDITY={{drafts}}/;UID=2" TEXT {{msg last}}
C: )
S: A003 OK [APPENDUID {{drafts}} 3] *
C: 05 SELECT Drafts
S...
S: 05 OK *
C: 06 FETCH 3 (FLAGS BODY BODY.PEEK[2] BODY.PEEK[HEADER.FIELDS (SUBJECT)])
S: * 3 FETCH (FLAGS (\Seen \Draft $MDNSent \Recent) BODY (*"mixed") BODY[2] {*}<CRLF>TkVX<CRLF>* BODY[HEADER.FIELDS (SUBJECT)] {*}<CRLF>Subject: About our holiday trip<CRLF><CRLF>)
S: 06 OK *
C: A004 UID STORE 1 +FLAGS.SILENT (\Deleted)
S: A004 OK *
# catenated parts are not seen
C: 07 UID FETCH 1 FLAGS
S: * 1 FETCH (UID 1 FLAGS (\Draft \Deleted \Recent))
S: 07 OK *
# 3: the text is kept, of the attachment a notice
C-: A005 APPEND Drafts (\Seen \Draft $MDNSent) CATENATE (URL "/Drafts/;UID=1/;section=HEADER" TEXT {{msg+ first}}
C-:  URL "/Drafts/;UID=1/;section=1.MIME" URL "/Drafts/;UID=1/;section=1" TEXT {{msg+ notice}}
C: )
S...
S: A005 OK [APPENDUID {{drafts}} 4] *
C: 08 FETCH 4 (BODY.PEEK[2] BODYSTRUCTURE)
S: * 4 FETCH (BODY[2] {27}<CRLF>This body part was deleted. BODYSTRUCTURE (("text" "plain" ("charset" "us-ascii" "format" "flowed") *)("text" "plain" *) "mixed" *))
S: 08 OK *
# 4: what can't be had is named, and nothing is kept
C-: A006 APPEND Sent (\Seen $MDNSent) CATENATE (TEXT {{msg+ digest}}
C:  URL "/INBOX;UIDVALIDITY={{inbox}}/;UID=1" URL "/INBOX;UIDVALIDITY={{inbox}}/;UID=113330/;section=1.5.9" URL "/INBOX;UIDVALIDITY={{inbox}}/;UID=2")
S: A006 NO [BADURL /INBOX;UIDVALIDITY={{inbox}}/;UID=113330/;section=1.5.9] *
C: 09 STATUS Sent (MESSAGES)
S: * STATUS Sent (MESSAGES 0)
S: 09 OK *
# 2, with the parts that are there: a letter within a digest
C-: A007 APPEND Sent (\Seen $MDNSent) CATENATE (TEXT {{msg+ digest}}
C-:  URL "/INBOX;UIDVALIDITY={{inbox}}/;UID=1" TEXT {{msg+ digestend}}
C: )
S: A007 OK [APPENDUID * 1] *
C: 10 EXAMINE Sent
S...
S: 10 OK *
C: 11 FETCH 1 (FLAGS BODY.PEEK[1.HEADER] BODY.PEEK[1.TEXT])
S: * 1 FETCH (FLAGS (\Seen $MDNSent \Recent) BODY[1.HEADER] {*}<CRLF>From: Farren Oo <foo@example.org><CRLF>Subject: first letter<CRLF><CRLF> BODY[1.TEXT] {10}<CRLF>first body)
S: 11 OK *
