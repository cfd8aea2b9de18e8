# I04: searches that are too deep or too long
LOGIN
C: a1 SELECT INBOX
S...
S: a1 OK *
C: a2 SEARCH {{repeat 10000 NOT }}SEEN
S: * BYE [TOOBIG] *
S: EOF
LOGIN2
C2: b1 SELECT INBOX
S2...
S2: b1 OK *
C2: b2 SEARCH {{repeat 10000 OR }}SEEN
S2: * BYE [TOOBIG] *
S2: EOF
LOGIN3
C3: c1 SELECT INBOX
S3...
S3: c1 OK *
C3: c2 SEARCH {{repeat 20000 SEEN }}SEEN
S3: * BYE [TOOBIG] *
S3: EOF
LOGIN4
C4: d1 SELECT INBOX
S4...
S4: d1 OK *
C4: d2 SEARCH KEYWORD {4+}
C4: a{{hex 0d0a}}b
S4: d2 BAD *
C4: d3 SEARCH {{repeat 60 NOT }}SEEN
S4: * SEARCH
S4: d3 OK *
LOGIN5
C5: e1 SELECT INBOX
S5...
S5: e1 OK *
C5: e2 SORT (SUBJECT{{repeat 31  SIZE}}) UTF-8 ALL
S5: * SORT
S5: e2 OK *
C5: e3 UID THREAD REFERENCES UTF-8 {{repeat 10000 NOT }}SEEN
S5: * BYE [TOOBIG] *
S5: EOF
LOGIN6
C6: f1 ESEARCH IN (mailboxes ({{repeat 999 x }}x)) ALL
S6: f1 OK *
C6: f2 ESEARCH IN (mailboxes ({{repeat 1000 x }}x)) ALL
S6: * BYE [TOOBIG] *
S6: EOF
LOGIN7
C7: g1 NOTIFY SET{{repeat 99  (personal NONE)}} (selected NONE)
S7: g1 OK *
C7: g2 NOTIFY SET{{repeat 101  (personal NONE)}}
S7: * BYE [TOOBIG] *
S7: EOF
