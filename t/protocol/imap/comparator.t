# Collations of SEARCH and SORT (RFC 5255 4, RFC 5051, RFC 4790)
# shows: I18NLEVEL=1 I18NLEVEL=2
@message one
From: a@example.net
Subject: =?utf-8?q?=C3=9Cber_alles?=

one
@end
@message two
From: B@example.net
Subject: =?utf-8?q?stra=C3=9Fe?=

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
C: b1 COMPARATOR
S: * COMPARATOR i;unicode-casemap
S: b1 OK *
C: b2 SEARCH CHARSET UTF-8 SUBJECT {5}
S: + *
C: über
S: * SEARCH 1
S: b2 OK *
# the accent is a character of its own after decomposition
C: b3 SEARCH SUBJECT UBER
S: * SEARCH
S: b3 OK *
C: b4 SORT (FROM) UTF-8 ALL
S: * SORT 1 2
S: b4 OK *
C: c1 COMPARATOR "cz;*" i;octet
S: * COMPARATOR i;octet
S: c1 OK *
C: c2 SORT (FROM) UTF-8 ALL
S: * SORT 2 1
S: c2 OK *
C: c3 SEARCH SUBJECT STRA
S: * SEARCH
S: c3 OK *
C: c4 SEARCH SUBJECT stra
S: * SEARCH 2
S: c4 OK *
C: d1 COMPARATOR "i;ascii-*"
S: * COMPARATOR i;ascii-casemap
S: d1 OK *
C: d2 SEARCH SUBJECT STRA
S: * SEARCH 2
S: d2 OK *
C: d3 SEARCH CHARSET UTF-8 SUBJECT {5}
S: + *
C: über
S: * SEARCH
S: d3 OK *
C: e1 COMPARATOR "i;*"
S: * COMPARATOR i;unicode-casemap (i;unicode-casemap i;ascii-casemap i;octet)
S: e1 OK *
# no substring operation
C: e2 COMPARATOR i;ascii-numeric
S: e2 NO [BADCOMPARATOR] *
C: e3 COMPARATOR default
S: * COMPARATOR i;unicode-casemap
S: e3 OK *
