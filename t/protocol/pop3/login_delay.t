# LOGIN-DELAY (RFC 2449 6.5)
@conf pop3.login_delay = 1h
C: CAPA
S: +OK
S...
S: LOGIN-DELAY 3600
S...
S: .
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK *
C: QUIT
S: +OK *
S: EOF
C2: USER {{user}}
S2: +OK *
C2: PASS {{password}}
S2: -ERR [LOGIN-DELAY] *
