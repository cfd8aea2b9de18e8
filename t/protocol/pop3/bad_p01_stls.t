# P01: what is sent behind STLS in the clear never runs; a long initial response is read and refused
C-: STLS{{hex 0d0a}}USER {{user}}{{hex 0d0a}}PASS {{password}}{{hex 0d0a}}
S?: +OK *
S: EOF
C2: AUTH PLAIN {{repeat 2000 AAAA}}
S2: -ERR *
C2: NOOP {{repeat 20000 A}}
S2: -ERR *
S2: EOF
C3: CAPA
S3: +OK
S3...
S3: .
