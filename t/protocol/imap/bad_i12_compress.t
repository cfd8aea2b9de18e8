# I12: what expands beyond measure, and what is cut off
LOGIN
C: a1 COMPRESS DEFLATE
S: a1 OK *
DEFLATE
C: a2 APPEND nosuch {100000000+}
C-: {{repeat 100000000 x}}
S: * BYE [TOOBIG] *
S: EOF
# a line without end
LOGIN2
C2: b1 COMPRESS DEFLATE
S2: b1 OK *
DEFLATE2
C2-: {{repeat 1000000 x}}
S2: * BYE [TOOBIG] *
S2: EOF
