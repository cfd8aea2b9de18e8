# I03: no end of parentheses, no line end
C: a1 NOOP {{repeat 1000 (}}
S: a1 BAD *
C2-: a NOOP {{repeat 100000 (}}
S2: * BYE [TOOBIG] *
S2: EOF
C: a2 NOOP
S: a2 OK *
