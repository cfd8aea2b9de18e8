# LOGIN, AUTHENTICATE PLAIN, states (RFC 9051 6.2, 6.1.3)
# shows: AUTH=PLAIN SASL-IR
C: a1 CAPABILITY
S: * CAPABILITY IMAP4rev1 IMAP4rev2 *AUTH=PLAIN*
S: a1 OK *
C: a2 SELECT INBOX
S: a2 BAD *
C: a3 LOGIN {{user}} wrong
S: a3 NO [AUTHENTICATIONFAILED] *
C: a4 LOGIN {{user}} {{password}}
S: a4 OK [CAPABILITY *IDLE*] *
C: a5 LOGIN {{user}} {{password}}
S: a5 BAD *
C: a6 FETCH 1 FLAGS
S: a6 BAD *
C: a7 LOGOUT
S: * BYE *
S: a7 OK *
S: EOF
# initial response (RFC 4959)
C2: b1 AUTHENTICATE PLAIN {{plain}}
S2: b1 OK *
# with a challenge
C3: c1 AUTHENTICATE PLAIN
S3: + *
C3: {{plain}}
S3: c1 OK *
# cancelled
C4: d1 AUTHENTICATE PLAIN
S4: + *
C4: *
S4: d1 BAD *
C4: d2 AUTHENTICATE NOSUCH
S4: d2 NO *
C4: d3 NOOP
S4: d3 OK *
# three failures end the connection
C5: e1 LOGIN {{user}} x
S5: e1 NO *
C5: e2 LOGIN {{user}} x
S5: e2 NO *
C5: e3 LOGIN {{user}} x
S5: * BYE *
S5: e3 NO *
S5: EOF
