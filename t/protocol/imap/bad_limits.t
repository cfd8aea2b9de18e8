# Limits of lib/imap/limits.h that are met by no other file: at the limit and one past it
# kMaxListPatterns is 200, kMaxPattern 5100; kMaxLiterals 1000; kMaxSwallow 128 MB; kMaxCommand 256 KB
LOGIN
C: a1 LIST "" ({{repeat 199 a }}b)
S: a1 OK *
C: a2 LIST "" {{repeat 5100 a}}
S: a2 OK *
LOGIN2
C2: b1 LIST "" ({{repeat 200 a }}b)
S2: * BYE [TOOBIG] *
S2: EOF
LOGIN3
C3: c1 LIST "" {{repeat 5101 a}}
S3: * BYE [TOOBIG] *
S3: EOF
# a refused command's literal is read away up to kMaxSwallow
LOGIN4
C4: d1 BOGUS {134217729+}
S4: * BYE [TOOBIG] *
S4: EOF
LOGIN5
C5: e1 NOOP {{repeat 300000 x}}
S5: * BYE [TOOBIG] *
S5: EOF
LOGIN6
C6: f1 SELECT "{{repeat 250000 x}}"
S6: f1 NO *
# kMaxComparators is 100, kMaxMailboxFilters 100, kMaxFilterNames 1000
LOGIN7
C7: g1 COMPARATOR {{repeat 99 "x" }}"x"
S7: g1 NO *
C7: g2 ESEARCH IN (mailboxes ({{repeat 999 a }}b)) ALL
S7: g2 OK *
C7: g3 ESEARCH IN (mailboxes ({{repeat 1000 a }}b)) ALL
S7: * BYE [TOOBIG] *
S7: EOF
LOGIN8
C8: h1 COMPARATOR {{repeat 100 "x" }}"x"
S8: * BYE [TOOBIG] *
S8: EOF
LOGIN9
C9: i1 ESEARCH IN ({{repeat 99 personal }}personal) ALL
S9: i1 OK *
C9: i2 ESEARCH IN ({{repeat 100 personal }}personal) ALL
S9: * BYE [TOOBIG] *
S9: EOF
