# I06: injected bytes before TLS, tags, endless mistakes
C: a1 STARTTLS{{hex 0d0a}}a2 LOGIN {{user}} {{password}}
S?: a1 OK *
S: EOF
C2: {{repeat 10000 t}} NOOP
S2?: * BYE *
S2...
S2: EOF
C3: + NOOP
S3: * BAD *
C3: * NOOP
S3: * BAD *
C3: 
S3: * BAD *
C3: x
S3: * BAD *
C3: a{{hex 00}}b NOOP
S3: * BAD *
C3: z NOOP
S3: z OK *
C4: b0 BOGUS
S4: b0 BAD *
C4: b1 BOGUS
S4: b1 BAD *
C4: b2 BOGUS
S4: b2 BAD *
C4: b3 BOGUS
S4: b3 BAD *
C4: b4 BOGUS
S4: b4 BAD *
C4: b5 BOGUS
S4: b5 BAD *
C4: b6 BOGUS
S4: b6 BAD *
C4: b7 BOGUS
S4: b7 BAD *
C4: b8 BOGUS
S4: b8 BAD *
C4: b9 BOGUS
S4: b9 BAD *
C4: b10 BOGUS
S4: b10 BAD *
C4: b11 BOGUS
S4: b11 BAD *
C4: b12 BOGUS
S4: b12 BAD *
C4: b13 BOGUS
S4: b13 BAD *
C4: b14 BOGUS
S4: b14 BAD *
C4: b15 BOGUS
S4: b15 BAD *
C4: b16 BOGUS
S4: b16 BAD *
C4: b17 BOGUS
S4: b17 BAD *
C4: b18 BOGUS
S4: b18 BAD *
C4: b19 BOGUS
S4: b19 BAD *
S4: * BYE *
S4: EOF
