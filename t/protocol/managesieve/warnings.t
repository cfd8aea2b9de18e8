# What compiles and is odd is stored, and said: WARNINGS (RFC 5804 1.3, 2.6, 2.12)
LOGIN
C: CHECKSCRIPT "if header :contains \"Subject:\" \"x\" { keep; }"
S: OK (WARNINGS) *1:*Subject:*
C: PUTSCRIPT "odd" "if header :contains \"Subject:\" \"x\" { keep; }"
S: OK (WARNINGS) *1:*Subject:*
C: LISTSCRIPTS
S: "odd"
S: OK
C: PUTSCRIPT "odd" "if header :contains \"Subject\" \"x\" { keep; }"
S: OK
