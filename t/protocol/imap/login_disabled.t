# Without TLS no password is taken, and CAPABILITY says so (RFC 9051 7.2.2, 6.2.3)
# shows: LOGINDISABLED
@conf auth.clear_text = never
C: a1 CAPABILITY
S: * CAPABILITY *LOGINDISABLED*
S: a1 OK *
C: a2 LOGIN {{user}} {{password}}
S: a2 NO [PRIVACYREQUIRED] *
C: a3 AUTHENTICATE PLAIN {{plain}}
S: a3 NO *
C: a4 STARTTLS
S: a4 OK *
TLS
C: a5 CAPABILITY
S: * CAPABILITY *AUTH=PLAIN*
S: a5 OK *
C: a6 LOGIN {{user}} {{password}}
S: a6 OK *
