# REPLACE and UID REPLACE (RFC 8508)
# shows: REPLACE
@message one
Date: Thu, 1 Jan 2015 00:05:00 -0500 (EST)
From: Fritz Schmidt <fritz.ze@example.org>
Subject: happy new year !!
To: miss.mitzy@example.org

Just saw the best fireworks show. Wish you were here.
@end
@message two
Date: Thu, 1 Jan 2015 00:06:00 -0500 (EST)
From: Fritz Schmidt <fritz.ze@example.org>
Subject: happy new year !!

Hopefully next year you can join us.
@end
LOGIN
C: a1 REPLACE 1 Drafts {{msg one}}
S: a1 BAD *
C-: a2 APPEND Drafts {{msg+ one}}
C-:  (\Deleted) {{msg+ one}}
C-:  {{msg+ one}}
C:
S: a2 OK [APPENDUID {{validity}} 1:3] *
C: a3 SELECT Drafts
S...
S: a3 OK *
# a second session sees both in one go
LOGIN2
C2: b3 SELECT Drafts
S2...
S2: b3 OK *
C: A003 REPLACE 3 Drafts (\Seen \Draft) {{msg one}}
S: * OK [APPENDUID {{validity}} 4] *
S: * 3 EXPUNGE
S: * 3 EXISTS
S: * 3 RECENT
S: A003 OK *
C2: b4 NOOP
S2: * 3 EXPUNGE
S2: * 3 EXISTS
S2: * 0 RECENT
S2: b4 OK *
# only the one that is named goes, whatever is marked \Deleted
C: A004 UID REPLACE 4 Drafts (\Seen \Draft) {{msg two}}
S: * OK [APPENDUID {{validity}} 5] *
S: * 3 EXPUNGE
S: * 3 EXISTS
S: * 3 RECENT
S: A004 OK *
C: a5 UID FETCH 1:* FLAGS
S: * 1 FETCH (UID 1 FLAGS (*))
S: * 2 FETCH (UID 2 FLAGS (\Deleted*))
S: * 3 FETCH (UID 5 FLAGS (\Seen \Draft*))
S: a5 OK *
# into another mailbox
C: a6 UID REPLACE 5 Sent (\Seen) {{msg+ two}}
S: * OK [APPENDUID {{sent}} 1] *
S: * 3 EXPUNGE
S: a6 OK *
C: a7 STATUS Sent (MESSAGES)
S: * STATUS Sent (MESSAGES 1)
S: a7 OK *
# what can't be replaced leaves nothing new
C: a8 REPLACE 3 Drafts {{msg+ one}}
S: a8 BAD *
C: a9 UID REPLACE 77 Drafts {{msg+ one}}
S: a9 NO [EXPUNGEISSUED] *
C: c1 REPLACE 1 nosuch {{msg one}}
S: c1 NO [TRYCREATE] *
C: c2 REPLACE 0 Drafts {{msg one}}
S: c2 BAD *
C: c3 REPLACE 1:2 Drafts {{msg one}}
S: c3 BAD *
C-: c4 REPLACE 1 Drafts {{msg+ one}}
C:  {3+}
C: abc
S: c4 BAD *
C: c5 STATUS Drafts (MESSAGES)
S: * STATUS Drafts (MESSAGES 2)
S: c5 OK *
# RFC 8508 4.2: with CATENATE
C: A011 UID REPLACE 1 Drafts CATENATE (TEXT {36+}
C-: To: Mitzy <miss.mitzy@example.org>{{hex 0d0a}}
C:  URL "/Drafts/;UID=1")
S: * OK [APPENDUID {{validity}} 6] *
S: * 1 EXPUNGE
S: * 2 EXISTS
S: * 2 RECENT
S: A011 OK *
C: c6 FETCH 2 BODY.PEEK[HEADER.FIELDS (TO SUBJECT)]
S: * 2 FETCH (BODY[HEADER.FIELDS (TO SUBJECT)] {*}<CRLF>To: Mitzy <miss.mitzy@example.org><CRLF>Subject: happy new year !!<CRLF>To: miss.mitzy@example.org<CRLF><CRLF>)
S: c6 OK *
C: c7 EXAMINE Drafts
S...
S: c7 OK *
C: c8 REPLACE 1 Drafts {{msg+ one}}
S: c8 NO [READ-ONLY] *
