# I02: one argument more than there may be
LOGIN
C: a1 SELECT INBOX
S...
S: a1 OK *
C: a2 STORE 1 FLAGS ({{repeat 25000 x }}y)
S: * BYE [TOOBIG] *
S: EOF
LOGIN2
C2: b1 LIST "" ({{repeat 201 a }}b)
S2: * BYE [TOOBIG] *
S2: EOF
LOGIN3
C3: c1 ID ({{repeat 31 "a" "b" }}"c" "d")
S3: c1 BAD *
C3: c2 NOOP
S3: c2 OK *
