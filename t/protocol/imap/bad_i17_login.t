# I17: ID, SASL-IR and LOGIN larger than they may be
# kMaxIdPairs is 30, kMaxIdField 30, kMaxIdValue 1024
C: a1 ID ({{repeat 29 "a" "b" }}"c" "d")
S: * ID *
S: a1 OK *
C: a2 ID ({{repeat 30 "a" "b" }}"c" "d")
S: a2 BAD *
C: a3 ID ("{{repeat 30 f}}" "{{repeat 1024 v}}")
S: * ID *
S: a3 OK *
C: a4 ID ("{{repeat 31 f}}" "v")
S: a4 BAD *
C: a5 ID ("f" "{{repeat 1025 v}}")
S: a5 BAD *
C3: c1 ID ({{repeat 10000 "a" "b" }}"c" "d")
S3: * BYE [TOOBIG] *
S3: EOF
C4: d1 AUTHENTICATE PLAIN {{repeat 1048576 A}}
S4: * BYE [TOOBIG] *
S4: EOF
C5: e1 LOGIN {1000000000}
S5: * BYE [TOOBIG] *
S5: EOF
C6: f1 LOGIN x {1000000000+}
S6: * BYE [TOOBIG] *
S6: EOF
C7: g1 LOGIN {{user}} {{password}}
S7: g1 OK *
