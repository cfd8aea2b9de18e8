# FILTER in SEARCH (RFC 5466): one that nobody has stored, and stored ones, after its examples
# shows: FILTERS
@message one
Subject: one

x
@end
@message two
Subject: two

x
@end
LOGIN
C: a1 SELECT INBOX
S...
S: a1 OK *
C: a2 SEARCH UID 300:900 FILTER on-the-road SINCE "3-Dec-2002"
S: a2 NO [UNDEFINED-FILTER on-the-road] *
C: a3 SEARCH CHARSET ISO-8859-1 FILTER on-the-road
S: a3 BAD [BADCHARSET *] *
C: a4 SEARCH FILTER a/b
S: a4 BAD *
# 3.2, 3.1
C: b1 SETMETADATA "" (/private/filters/values/SubjectOne "SUBJECT one")
S: b1 OK *
C: b2 SETMETADATA "" (/private/filters/values/nested "OR FILTER subjectone SUBJECT nothing")
S: b2 OK *
C: b3 APPEND INBOX {{msg one}}
S: * 1 EXISTS
S: * 1 RECENT
S: b3 OK *
C: b4 APPEND INBOX {{msg two}}
S: * 2 EXISTS
S: * 2 RECENT
S: b4 OK *
C: b5 SEARCH FILTER subjectone
S: * SEARCH 1
S: b5 OK *
C: b6 SEARCH NOT FILTER SUBJECTone
S: * SEARCH 2
S: b6 OK *
C: b7 SEARCH FILTER nested
S: * SEARCH 1
S: b7 OK *
C: b8 GETMETADATA (DEPTH infinity) "" /private/filters
S: * METADATA "" (/private/filters/values/nested * /private/filters/values/subjectone "SUBJECT one")
S: b8 OK *
# one that is no search is as good as none
C: b9 SETMETADATA "" (/private/filters/values/bad "NO SUCH KEY (")
S: b9 OK *
C: c1 SEARCH FILTER bad
S: c1 NO [UNDEFINED-FILTER bad] *
C: c2 SETMETADATA "" (/private/filters/values/subjectone NIL)
S: c2 OK *
C: c3 SEARCH FILTER nested
S: c3 NO [UNDEFINED-FILTER *] *
