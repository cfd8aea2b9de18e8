# P03: dots at the beginning of lines, a last line without an end, bare CR and NUL
LOGIN9
C9: a1 APPEND INBOX {16+}
C9: S: x{{hex 0d0a0d0a}}.{{hex 0d0a}}..{{hex 0d0a}}.
S9: a1 OK *
C9: a2 APPEND INBOX {13+}
C9: S: x{{hex 0d0a0d0a}}a{{hex 0d}}b{{hex 00}}c
S9: a2 OK *
C9: a3 APPEND INBOX {2+}
C9: ..
S9: a3 OK *
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK *
C: RETR 1
S: +OK 16 octets
S: S: x
S: 
S: ..
S: ...
S: ..
S: .
C: RETR 2
S: +OK 13 octets
S: S: x
S: 
S: a<0d>b<80>c
S: .
C: RETR 3
S: +OK 2 octets
S: ...
S: .
C: TOP 3 0
S: +OK *
S: ...
S: .
