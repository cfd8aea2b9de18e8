# Without TLS no password is asked for where the settings forbid it
@conf auth.clear_text = never
C: USER {{user}}
S: -ERR *
C: AUTH PLAIN {{plain}}
S: -ERR *
C: STLS
S: +OK *
TLS
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK *
