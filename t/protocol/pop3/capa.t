# CAPA (RFC 2449), LANG and UTF8 (RFC 6856)
C: CAPA
S: +OK
S~: TOP
S~: UIDL
S~: PIPELINING
S~: RESP-CODES
S~: AUTH-RESP-CODE
S~: EXPIRE NEVER
S~: UTF8 USER
S~: LANG
S~: USER
S~: SASL * PLAIN *
S~: STLS
S~: IMPLEMENTATION Postern
S: .
C: LANG
S: +OK *
S: en English
S: .
C: LANG en
S: +OK en *
C: LANG *
S: +OK en *
C: LANG MUL
S: -ERR *
C: UTF8
S: +OK *
C: STLS
S: -ERR *
C: USER ä{{hex ff}}
S: -ERR *
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK *
C: CAPA
S: +OK
S...
S: IMPLEMENTATION Postern
S: .
C: LANG EN
S: +OK en *
