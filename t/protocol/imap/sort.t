# SORT (RFC 5256), DISPLAYFROM and DISPLAYTO (RFC 5957), RETURN (RFC 5267 3)
# shows: SORT SORT=DISPLAY ESORT
@message one
From: Zoe <ann@example.net>
To: Bob <bob@example.net>
Subject: Re: [list] beta
Date: Wed, 9 Feb 1994 23:30:00 -0800

one
@end
@message two
From: Ann <zoe@example.net>
To: carl@example.net
Cc: x@example.net
Subject: alpha
Date: Thu, 10 Feb 1994 01:00:00 +0000

two, which is longer
@end
@message three
From: mike@example.net
Subject: =?utf-8?q?Beta?=

three
@end
LOGIN
C: a1 APPEND INBOX "3-Feb-2001 10:00:00 +0000" {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX "2-Feb-2001 10:00:00 +0000" {{msg two}}
S: a2 OK *
C: a3 APPEND INBOX "1-Feb-1990 10:00:00 +0000" {{msg three}}
S: a3 OK *
C: a4 SELECT INBOX
S...
S: a4 OK *
C: A282 SORT (SUBJECT) UTF-8 SINCE 1-Feb-1990
S: * SORT 2 1 3
S: A282 OK *
C: A283 SORT (SUBJECT REVERSE DATE) UTF-8 ALL
S: * SORT 2 1 3
S: A283 OK *
C: A284 SORT (SUBJECT) US-ASCII TEXT "not in mailbox"
S: * SORT
S: A284 OK *
C: b1 SORT (ARRIVAL) UTF-8 ALL
S: * SORT 3 2 1
S: b1 OK *
# message 3 has no Date: its arrival counts
C: b2 UID SORT (DATE) UTF-8 ALL
S: * SORT 3 2 1
S: b2 OK *
C: b3 SORT (REVERSE SIZE) UTF-8 ALL
S: * SORT 2 1 3
S: b3 OK *
C: b4 SORT (FROM) UTF-8 ALL
S: * SORT 1 3 2
S: b4 OK *
C: b5 SORT (DISPLAYFROM) UTF-8 ALL
S: * SORT 2 3 1
S: b5 OK *
C: b6 SORT (TO) UTF-8 ALL
S: * SORT 3 1 2
S: b6 OK *
C: b7 SORT (REVERSE DISPLAYTO) UTF-8 ALL
S: * SORT 2 1 3
S: b7 OK *
C: b8 SORT (REVERSE CC) UTF-8 ALL
S: * SORT 2 1 3
S: b8 OK *
C: E01 UID SORT RETURN () (REVERSE ARRIVAL) UTF-8 ALL
S: * ESEARCH (TAG "E01") UID ALL 1:3
S: E01 OK *
C: e2 SORT RETURN (MIN MAX COUNT ALL) (ARRIVAL) UTF-8 ALL
S: * ESEARCH (TAG "e2") MIN 3 MAX 1 COUNT 3 ALL 3,2,1
S: e2 OK *
C: e3 SORT RETURN (PARTIAL 2:3) (ARRIVAL) UTF-8 ALL
S: * ESEARCH (TAG "e3") PARTIAL (2:3 2,1)
S: e3 OK *
C: e4 SORT RETURN (PARTIAL -1:-2) (ARRIVAL) UTF-8 ALL
S: * ESEARCH (TAG "e4") PARTIAL (-1:-2 2,1)
S: e4 OK *
C: e5 SORT RETURN (SAVE) (ARRIVAL) UTF-8 FROM zoe
S: e5 OK *
C: e6 SEARCH $
S: * SEARCH 1 2
S: e6 OK *
C: f1 SORT (COLOUR) UTF-8 ALL
S: f1 BAD *
C: f2 SORT (SIZE) X-NOSUCH ALL
S: f2 NO [BADCHARSET *] *
C: f3 SORT (SIZE) ALL
S: f3 BAD *
