# I07, I08: names that look like paths, are too long, or are no modified UTF-7
LOGIN
C: a1 CREATE ../x
S: a1 NO *
C: a2 CREATE /etc
S: a2 NO *
C: a3 CREATE ~root
S: a3 NO *
C: a4 CREATE a//b
S: a4 NO *
C: a5 CREATE {{repeat 1000 a/}}a
S: a5 NO *
C: a6 CREATE {{repeat 65536 a}}
S: a6 NO *
C: a7 CREATE {4+}
C: a{{hex 0d0a}}b
S: a7 NO *
C: a8 CREATE {3+}
C: a{{hex 00}}b
S: a8 BAD *
C: a9 CREATE inbox/X
S: a9 OK *
C: b1 LIST "" INBOX/*
S: * LIST (\HasNoChildren) "/" INBOX/X
S: b1 OK *
C: c1 SELECT &
S: c1 NO *
C: c2 SELECT &Jjo
S: c2 NO *
C: c3 SELECT &Jjo!
S: c3 NO *
C: c4 SELECT &U,BTFw-&ZeVnLIqe-
S: c4 NO *
C: c5 CREATE "Entwürfe"
S: c5 NO *
# twins: the decomposed spelling is the same mailbox
C: d1 ENABLE IMAP4rev2
S: * ENABLED IMAP4rev2
S: d1 OK *
C: d2 CREATE "Entwürfe"
S: d2 OK *
C: d3 CREATE "Entwu{{hex cc88}}rfe"
S: d3 NO [ALREADYEXISTS] *
C: d4 SELECT "{{hex ff}}"
S: d4 NO *
C: e1 LIST "" {{repeat 2400 %*}}
S...
S: e1 OK *
C: e2 NOOP
S: e2 OK *
