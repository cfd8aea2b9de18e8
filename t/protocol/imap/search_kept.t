# Conditions on header fields are answered again from what was kept of the first time: the same for a field that stands
# twice, one that is not there, many at once, and messages that come or go in between.
@message one
From: Fred <fred@example.org>
To: ann@example.net
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from
 the sea
Comments: first
Comments: second
Date: Wed, 9 Feb 1994 23:30:00 -0800

one
@end
@message two
From: "Ann (of \"Green\")" <ann@example.net>
Subject: second
Date: Thu, 10 Feb 1994 12:00:00 +0000
X-Priority: 1
Received: from here

two
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX {{msg two}}
S: a2 OK *
C: a3 SELECT INBOX
S...
S: a3 OK *
C: b1 SEARCH SUBJECT "from the sea"
S: * SEARCH 1
S: b1 OK *
C: b2 SEARCH SUBJECT "from the sea"
S: * SEARCH 1
S: b2 OK *
C: b3 SEARCH NOT SUBJECT "from the sea"
S: * SEARCH 2
S: b3 OK *
C: c1 SEARCH HEADER Comments second
S: * SEARCH 1
S: c1 OK *
C: c2 SEARCH HEADER comments first
S: * SEARCH 1
S: c2 OK *
C: c3 SEARCH HEADER Comments ""
S: * SEARCH 1
S: c3 OK *
C: c4 SEARCH NOT HEADER Comments ""
S: * SEARCH 2
S: c4 OK *
C: c5 SEARCH HEADER Nowhere ""
S: * SEARCH
S: c5 OK *
C: c6 SEARCH HEADER Received here
S: * SEARCH 2
S: c6 OK *
C: c7 SEARCH OR HEADER Received here HEADER Comments second
S: * SEARCH 1 2
S: c7 OK *
C: c8 SEARCH HEADER Return-Path "" UNDELETED
S: * SEARCH
S: c8 OK *
C: d1 SEARCH FROM green
S: * SEARCH 2
S: d1 OK *
C: d2 SEARCH OR FROM fred SUBJECT second
S: * SEARCH 1 2
S: d2 OK *
C: d3 SEARCH FROM fred SUBJECT second
S: * SEARCH
S: d3 OK *
C: d4 SEARCH SENTON 9-Feb-1994 FROM fred
S: * SEARCH 1
S: d4 OK *
C: d5 SEARCH SENTON 9-Feb-1994 FROM ann
S: * SEARCH
S: d5 OK *
C: e1 SEARCH FROM a SUBJECT s HEADER X-Priority 1 NOT HEADER Comments f NOT HEADER A x NOT HEADER B x NOT HEADER C x NOT HEADER D x
S: * SEARCH 2
S: e1 OK *
C: e2 SEARCH FROM a SUBJECT s HEADER X-Priority 1 NOT HEADER Comments f NOT HEADER A x NOT HEADER B x NOT HEADER C x NOT HEADER D x NOT HEADER E x
S: * SEARCH 2
S: e2 OK *
C: f1 APPEND INBOX {{msg one}}
S...
S: f1 OK *
C: f2 SEARCH SUBJECT "from the sea"
S: * SEARCH 1 3
S: f2 OK *
C: f3 STORE 1 +FLAGS.SILENT (\Deleted)
S...
S: f3 OK *
C: f4 EXPUNGE
S...
S: f4 OK *
C: f5 SEARCH SUBJECT "from the sea"
S: * SEARCH 2
S: f5 OK *
C: f6 COPY 1:2 Archive
S: f6 OK *
C: f7 SELECT Archive
S...
S: f7 OK *
C: f8 SEARCH SUBJECT "from the sea"
S: * SEARCH 2
S: f8 OK *
C: f9 UID SEARCH HEADER Comments second
S: * SEARCH 2
S: f9 OK *
