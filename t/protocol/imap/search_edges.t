# SEARCH at its edges: charsets, dates, empty texts, sizes, and PARTIAL from either end (RFC 9051 6.4.4, RFC 9394)
@message one
Subject: =?utf-8?Q?=C3=A4rger?=
From: "Foo Bar" <foo@example.org>
Cc:
Date: Mon, 7 Feb 1994 21:52:25 -0800
X-Long: a
 b

hello
@end
@message two
Subject: second

text two
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX (\Seen $Kw) "01-Jan-2020 23:00:00 +0000" {{msg two}}
S: a2 OK *
C: a3 APPEND INBOX "02-Jan-2020 00:00:00 +0000" {{msg two}}
S: a3 OK *
C: a4 SELECT INBOX
S...
S: a4 OK *
C: b1 SEARCH CHARSET UTF-8 SUBJECT "ärger"
S: * SEARCH 1
S: b1 OK *
C: b2 SEARCH CHARSET ISO-8859-1 SUBJECT {6+}{{hex 0d0a e4 72676572 20}}ALL
S: b2 BAD *
C: b3 SEARCH CHARSET ISO-8859-1 SUBJECT {5+}{{hex 0d0a e472676572}} ALL
S: * SEARCH 1
S: b3 OK *
C: b4 SEARCH CHARSET X-NONE SUBJECT x
S: b4 NO [BADCHARSET (UTF-8 US-ASCII)] *
C: b5 SORT (DATE) X-NONE ALL
S: b5 NO [BADCHARSET (UTF-8 US-ASCII)] *
C: b6 THREAD REFERENCES X-NONE ALL
S: b6 NO [BADCHARSET (UTF-8 US-ASCII)] *
# an empty text is in each field that is there, and in each message
C: c1 SEARCH HEADER Cc ""
S: * SEARCH 1
S: c1 OK *
C: c2 SEARCH HEADER X-None ""
S: * SEARCH
S: c2 OK *
C: c3 SEARCH TEXT ""
S: * SEARCH 1 2 3
S: c3 OK *
C: c4 SEARCH HEADER X-Long "a b"
S: * SEARCH 1
S: c4 OK *
C: c5 SEARCH FROM "bar <foo@EXAMPLE"
S: * SEARCH 1
S: c5 OK *
# dates are days, without time and zone
C: d1 SEARCH ON 1-Jan-2020
S: * SEARCH 2
S: d1 OK *
C: d2 SEARCH SINCE "2-Jan-2020"
S: * SEARCH 1 3
S: d2 OK *
C: d3 SEARCH BEFORE 2-Jan-2020
S: * SEARCH 2
S: d3 OK *
C: d4 SEARCH SENTON 7-Feb-1994
S: * SEARCH 1
S: d4 OK *
C: d5 SEARCH ON 32-Jan-2020
S: d5 BAD *
C: d6 SEARCH ON 29-Feb-2021
S: d6 BAD *
C: d7 SEARCH ON 1-Jan-20
S: d7 BAD *
C: e1 SEARCH LARGER 4294967295
S: * SEARCH
S: e1 OK *
C: e2 SEARCH SMALLER 0
S: * SEARCH
S: e2 OK *
C: e3 SEARCH KEYWORD $kW
S: * SEARCH 2
S: e3 OK *
C: e4 SEARCH UNKEYWORD never
S: * SEARCH 1 2 3
S: e4 OK *
C: e5 SEARCH NOT NOT SEEN
S: * SEARCH 2
S: e5 OK *
C: e6 SEARCH OR (SEEN) (SUBJECT second UNSEEN)
S: * SEARCH 2 3
S: e6 OK *
C: e61 SEARCH {{repeat 500 OR SUBJECT nothing }}SEEN
S: * SEARCH 2
S: e61 OK *
C: e62 SEARCH NOT OR SUBJECT nothing OR SEEN OR (UNSEEN SUBJECT second) BODY nothing
S: * SEARCH 1
S: e62 OK *
C: e7 SEARCH OR SEEN
S: e7 BAD *
C: e8 SEARCH ()
S: e8 BAD *
C: e9 SEARCH (SEEN
S: e9 BAD *
# PARTIAL counts from the first or, negative, from the last result
C: f1 SEARCH RETURN (PARTIAL 1:2) ALL
S: * ESEARCH (TAG "f1") PARTIAL (1:2 1:2)
S: f1 OK *
C: f2 SEARCH RETURN (PARTIAL -1:-2) ALL
S: * ESEARCH (TAG "f2") PARTIAL (-1:-2 2:3)
S: f2 OK *
C: f3 UID SEARCH RETURN (PARTIAL -3:-9 COUNT) ALL
S: * ESEARCH (TAG "f3") UID COUNT 3 PARTIAL (-3:-9 1)
S: f3 OK *
C: f4 SEARCH RETURN (PARTIAL 4:9) ALL
S: * ESEARCH (TAG "f4") PARTIAL (4:9 NIL)
S: f4 OK *
C: f5 SEARCH RETURN (PARTIAL -4:-9) ALL
S: * ESEARCH (TAG "f5") PARTIAL (-4:-9 NIL)
S: f5 OK *
C: f6 SEARCH RETURN (PARTIAL -1:2) ALL
S: f6 BAD *
C: f7 SEARCH RETURN (PARTIAL 0:2) ALL
S: f7 BAD *
C: f8 SEARCH RETURN (PARTIAL 1:* ) ALL
S: f8 BAD *
C: f9 SEARCH RETURN (PARTIAL 1:2 ALL) ALL
S: f9 BAD *
C: g1 SEARCH RETURN (MIN MAX COUNT) SUBJECT nothing
S: * ESEARCH (TAG "g1") COUNT 0
S: g1 OK *
