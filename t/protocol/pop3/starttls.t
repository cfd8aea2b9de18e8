# STLS (RFC 2595 4)
C: USER {{user}}
S: +OK *
C: STLS
S: +OK *
TLS
C: PASS {{password}}
S: -ERR *
C: CAPA
S: +OK
S...
S: SASL *SCRAM-SHA-256-PLUS*
S...
S: .
C: STLS
S: -ERR *
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK *
