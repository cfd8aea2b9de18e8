# SEARCH=FUZZY (RFC 6203): FUZZY keys, RELEVANCY scores and the sort key.  No index knows these messages yet: they are looked
# at, word by word.
# shows: SEARCH=FUZZY
@message one
Subject: The broken IMAP server
From: ann@example.net

one
@end
@message two
Subject: IMAP is broken
From: bob@example.net

two
@end
@message three
Subject: break
From: ann@example.net

three
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX {{msg two}}
S: a2 OK *
C: a3 APPEND INBOX {{msg three}}
S: a3 OK *
C: a4 SELECT INBOX
S...
S: a4 OK *
# Words in any order, where an exact SUBJECT wants the text as it stands.
C: b1 SEARCH FUZZY SUBJECT "broken imap"
S: * SEARCH 1 2
S: b1 OK *
C: b2 SEARCH SUBJECT "broken imap"
S: * SEARCH 1
S: b2 OK *
C: b3 SEARCH FUZZY (SUBJECT "imap broken") FROM bob
S: * SEARCH 2
S: b3 OK *
C: b4 SEARCH NOT FUZZY SUBJECT "imap"
S: * SEARCH 3
S: b4 OK *
C: b5 SEARCH FUZZY SEEN
S: * SEARCH
S: b5 OK *
# Scores.
C: c1 SEARCH RETURN (RELEVANCY ALL) FUZZY SUBJECT imap
S: * ESEARCH (TAG "c1") ALL 1:2 RELEVANCY ({{s1}} {{s2}})
S: c1 OK *
C: c2 SEARCH RETURN (RELEVANCY) FUZZY SUBJECT nothing
S: * ESEARCH (TAG "c2") RELEVANCY ()
S: c2 OK *
C: c3 SEARCH RETURN (RELEVANCY PARTIAL 2:5) FUZZY SUBJECT imap
S: * ESEARCH (TAG "c3") PARTIAL (2:5 2) RELEVANCY (*)
S: c3 OK *
C: c4 UID SEARCH RETURN (RELEVANCY COUNT) FUZZY TEXT imap
S: * ESEARCH (TAG "c4") UID COUNT 2 RELEVANCY (* *)
S: c4 OK *
C: c5 SEARCH RETURN (RELEVANCY) FUZZY UNSEEN
S: * ESEARCH (TAG "c5") RELEVANCY (100 100 100)
S: c5 OK *
C: d1 SORT (RELEVANCY SUBJECT) UTF-8 FUZZY SUBJECT imap
S: * SORT 2 1
S: d1 OK *
C: d2 SORT RETURN (RELEVANCY ALL) (RELEVANCY) UTF-8 FUZZY SUBJECT imap
S: * ESEARCH (TAG "d2") ALL {{by_relevance}} RELEVANCY (* *)
S: d2 OK *
# Only for fuzzy searches.
C: e1 SEARCH RETURN (RELEVANCY ALL) SUBJECT imap
S: e1 BAD *
C: e2 SORT (RELEVANCY) UTF-8 SUBJECT imap
S: e2 BAD *
C: e3 SEARCH FUZZY
S: e3 BAD *
C: e4 SEARCH FUZZY FUZZY SUBJECT break
S: * SEARCH 3
S: e4 OK *
