# I01: literals of impossible and of maximal size, before and after login
C: a1 LOGIN {-1}
S: a1 BAD *
C: a2 LOGIN {18446744073709551616}
S: a2 BAD *
C: a3 LOGIN {0}
S: + *
C:  {0}
S: + *
C: 
S: a3 NO *
C: a4 LOGIN {5+}
C-: hello
C:  {5+}
C-: world
C: 
S: a4 NO *
C: a5 X ~{}
S: a5 BAD *
C2: b1 LOGIN {4294967295}
S2: * BYE [TOOBIG] *
S2: EOF
C3: c1 LOGIN {9000+}
S3: * BYE [TOOBIG] *
S3: EOF
C4: d1 X {1}
S4: + *
C4: x {1}
S4: + *
C4: x {1}
S4: + *
C4: x {1}
S4: + *
C4: x {1}
S4: + *
C4: x {1}
S4: + *
C4: x {1}
S4: + *
C4: x {1}
S4: + *
C4: x {1}
S4: * BYE [TOOBIG] *
S4: EOF
LOGIN5
C5: e1 SELECT {99999999}
S5: e1 NO [TOOBIG] *
C5: e2 SELECT {300000+}
C5: {{repeat 300000 x}}
S5: e2 NO [TOOBIG] *
C5: e3 NOOP
S5: e3 OK *
C5: e4 SELECT {99999999999+}
S5: * BYE [TOOBIG] *
S5: EOF
