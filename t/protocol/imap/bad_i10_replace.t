# I10: REPLACE and CATENATE that are wrong, cut short, or refer to themselves: nothing is half stored
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX "31-Dec-9999 23:59:59 +0000" {{msg+ one}}
S: a1 OK [APPENDUID {{v}} 1] *
C: a2 SELECT INBOX
S...
S: a2 OK *
C: a3 FETCH 1 INTERNALDATE
S: * 1 FETCH (INTERNALDATE "31-Dec-9999 23:59:59 +0000")
S: a3 OK *
C: a4 REPLACE 0 INBOX {{msg one}}
S: a4 BAD *
C: a5 UID REPLACE 4294967296 INBOX {{msg one}}
S: a5 BAD *
C: a6 REPLACE * INBOX CATENATE (URL ";UID=1" TEXT {3+}
C: abc URL ";UID=1")
S: * OK [APPENDUID {{v}} 2] *
S: * 1 EXPUNGE
S: * 1 EXISTS
S: * 1 RECENT
S: a6 OK *
C: a7 APPEND INBOX (\Seen {{msg one}}
S: a7 BAD *
C: a8 APPEND INBOX "1-Foo-2000 00:00:00 +0000" {{msg one}}
S: a8 BAD *
C: a9 APPEND INBOX CATENATE (TEXT {{msg one}}
S: a9 BAD *
# the client goes away in the middle of its second message
LOGIN2
C2-: b1 APPEND INBOX {{msg+ one}}
C2-:  {10000+}{{hex 0d0a}}half
C: d1 STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 1)
S: d1 OK *
