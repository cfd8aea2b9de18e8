# SEARCH (RFC 9051 6.4.4), ESEARCH (RFC 4731), SEARCHRES (RFC 5182), PARTIAL (RFC 9394)
# shows: ESEARCH SEARCHRES PARTIAL OBJECTID
@message one
From: Fred <fred@example.org>
To: ann@example.net
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Wed, 9 Feb 1994 23:30:00 -0800

needle in one
@end
@message two
From: Ann <ann@example.net>
Subject: second
Date: Thu, 10 Feb 1994 12:00:00 +0000
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

TkVFRExFIGluIHR3bw==
@end
LOGIN
C: a1 APPEND INBOX (\Seen kw) "1-Feb-2001 10:00:00 +0000" {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX "2-Feb-2001 10:00:00 +0000" {{msg two}}
S: a2 OK *
C: a3 APPEND INBOX (\Flagged) "3-Feb-2001 10:00:00 +0000" {{msg one}}
S: a3 OK *
C: a4 SELECT INBOX
S...
S: a4 OK *
C: s1 SEARCH ALL
S: * SEARCH 1 2 3
S: s1 OK *
C: s2 SEARCH UNSEEN NOT FLAGGED
S: * SEARCH 2
S: s2 OK *
C: s3 UID SEARCH OR FROM fred SUBJECT second
S: * SEARCH 1 2 3
S: s3 OK *
C: s4 SEARCH CHARSET UTF-8 SUBJECT {7}
S: + *
C: grüsse
S: * SEARCH 1 3
S: s4 OK *
C: s5 SEARCH BODY needle
S: * SEARCH 1 2 3
S: s5 OK *
C: s6 SEARCH TEXT two
S: * SEARCH 2
S: s6 OK *
C: s7 SEARCH SENTON 9-Feb-1994
S: * SEARCH 1 3
S: s7 OK *
C: s8 SEARCH SINCE 2-Feb-2001 BEFORE 3-Feb-2001
S: * SEARCH 2
S: s8 OK *
C: s9 SEARCH HEADER Content-Transfer-Encoding ""
S: * SEARCH 2
S: s9 OK *
C: t1 SEARCH KEYWORD kw
S: * SEARCH 1
S: t1 OK *
C: t2 SEARCH UNKEYWORD kw
S: * SEARCH 2 3
S: t2 OK *
C: t3 SEARCH SUBJECT nothing
S: * SEARCH
S: t3 OK *
C: t4 SEARCH CHARSET X-NOSUCH ALL
S: t4 NO [BADCHARSET *] *
C: u1 SEARCH RETURN (MIN MAX COUNT ALL) FROM fred
S: * ESEARCH (TAG "u1") MIN 1 MAX 3 COUNT 2 ALL 1,3
S: u1 OK *
C: u2 UID SEARCH RETURN () ALL
S: * ESEARCH (TAG "u2") UID ALL 1:3
S: u2 OK *
C: u3 SEARCH RETURN (SAVE) UNSEEN
S: u3 OK *
C: u4 FETCH $ UID
S: * 2 FETCH (UID 2)
S: * 3 FETCH (UID 3)
S: u4 OK *
C: u5 SEARCH $ FLAGGED
S: * SEARCH 3
S: u5 OK *
C: u6 SEARCH RETURN (PARTIAL 2:3) ALL
S: * ESEARCH (TAG "u6") PARTIAL (2:3 2:3)
S: u6 OK *
C: u7 SEARCH RETURN (PARTIAL -1:-2) ALL
S: * ESEARCH (TAG "u7") PARTIAL (-1:-2 2:3)
S: u7 OK *
C: u8 SEARCH RETURN (COUNT) OLDER 100
S: * ESEARCH (TAG "u8") COUNT 3
S: u8 OK *
C: v1 FETCH 1 EMAILID
S: * 1 FETCH (EMAILID ({{e}}))
S: v1 OK *
C: v2 SEARCH EMAILID {{e}}
S: * SEARCH 1*
S: v2 OK *
C: w1 SEARCH BOGUS
S: w1 BAD *
