# USER and PASS, AUTH with and without an initial response (RFC 5034), states, codes (RFC 2449, 3206)
C: STAT
S: -ERR *
C: PASS {{password}}
S: -ERR *
C: USER
S: -ERR *
C: USER {{user}}
S: +OK *
C: PASS wrong
S: -ERR [AUTH] *
C: PASS {{password}}
S: -ERR *
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK maildrop has 0 messages (0 octets)
C: USER {{user}}
S: -ERR *
C: STLS
S: -ERR *
C: UTF8
S: -ERR *
C: LIST
S: +OK *
S: .
C: UIDL
S: +OK
S: .
C: QUIT
S: +OK *
S: EOF
C2: AUTH PLAIN {{plain}}
S2: +OK maildrop *
C2: QUIT
S2: +OK *
S2: EOF
C3: AUTH PLAIN
S3: + *
C3: {{plain}}
S3: +OK maildrop *
C3: QUIT
S3: +OK *
S3: EOF
C4: AUTH PLAIN
S4: + *
C4: *
S4: -ERR *
C4: AUTH NOSUCH
S4: -ERR *
C4: AUTH PLAIN !!!!
S4: -ERR *
C4: AUTH
S4: +OK
S4...
S4: .
# three failures end the connection
C5: USER nobody
S5: +OK *
C5: PASS x
S5: -ERR [AUTH] *
C5: USER {{user}}
S5: +OK *
C5: PASS x
S5: -ERR [AUTH] *
C5: USER {{user}}
S5: +OK *
C5: PASS x
S5: -ERR [AUTH] *
S5: EOF
