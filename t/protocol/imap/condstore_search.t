# MODSEQ in the answers of searches: of what MIN and MAX alone name, else the highest (RFC 4731 3.2); in SEARCH and SORT lines
# (RFC 7162 3.1.6)
# shows: CONDSTORE ESEARCH ESORT
@message short
Subject: short

x
@end
@message longer
Subject: longer

xx
@end
@message longest
Subject: the longest

xxx
@end
LOGIN
C: a1 APPEND INBOX {{msg short}}
S: a1 OK *
C: a2 APPEND INBOX {{msg longer}}
S: a2 OK *
C: a3 APPEND INBOX {{msg longest}}
S: a3 OK *
C: a4 SELECT INBOX (CONDSTORE)
S...
S: a4 OK *
C: a5 STORE 1 +FLAGS.SILENT (\Flagged)
S: * 1 FETCH (MODSEQ ({{m1}}))
S: a5 OK *
C: a6 STORE 2 +FLAGS.SILENT (\Flagged)
S: * 2 FETCH (MODSEQ ({{m2}}))
S: a6 OK *
C: a7 FETCH 3 MODSEQ
S: * 3 FETCH (MODSEQ ({{m3}}))
S: a7 OK *
C: b1 SEARCH RETURN (MIN) MODSEQ 1
S: * ESEARCH (TAG "b1") MIN 1 MODSEQ {{m1}}
S: b1 OK *
C: b2 SEARCH RETURN (MAX) MODSEQ 1
S: * ESEARCH (TAG "b2") MAX 3 MODSEQ {{m3}}
S: b2 OK *
C: b3 SEARCH RETURN (MIN MAX) MODSEQ 1
S: * ESEARCH (TAG "b3") MIN 1 MAX 3 MODSEQ {{m1}}
S: b3 OK *
C: b4 SEARCH RETURN (MIN COUNT) MODSEQ 1
S: * ESEARCH (TAG "b4") MIN 1 COUNT 3 MODSEQ {{m2}}
S: b4 OK *
C: b5 UID SEARCH RETURN () MODSEQ 1
S: * ESEARCH (TAG "b5") UID ALL 1:3 MODSEQ {{m2}}
S: b5 OK *
C: b6 SEARCH RETURN (MIN MAX) MODSEQ 99999
S: * ESEARCH (TAG "b6")
S: b6 OK *
C: b7 SEARCH MODSEQ 1
S: * SEARCH 1 2 3 (MODSEQ {{m2}})
S: b7 OK *
C: b8 SEARCH MODSEQ 99999
S: * SEARCH
S: b8 OK *
C: c1 SORT (REVERSE SIZE) UTF-8 MODSEQ 1
S: * SORT 3 2 1 (MODSEQ {{m2}})
S: c1 OK *
C: c2 SORT (REVERSE SIZE) UTF-8 ALL
S: * SORT 3 2 1
S: c2 OK *
C: c3 SORT (SIZE) UTF-8 MODSEQ 99999
S: * SORT
S: c3 OK *
C: c4 SORT RETURN (MIN) (REVERSE SIZE) UTF-8 MODSEQ 1
S: * ESEARCH (TAG "c4") MIN 3 MODSEQ {{m3}}
S: c4 OK *
C: c5 ESEARCH IN (selected) RETURN (MAX) MODSEQ 1
S: * ESEARCH (TAG "c5" MAILBOX INBOX UIDVALIDITY *) UID MAX 3 MODSEQ {{m3}}
S: c5 OK *
