# STARTTLS (RFC 9051 6.2.1); what was sent before the switch is never read after it (I06)
# shows: STARTTLS
C: a1 STARTTLS
S: a1 OK *
TLS
C: a2 CAPABILITY
S: * CAPABILITY *AUTH=PLAIN*
S: a2 OK *
C: a3 STARTTLS
S: a3 BAD *
C: a4 LOGIN {{user}} {{password}}
S: a4 OK *
C: a5 SELECT INBOX
S...
S: a5 OK *
# after login there is no STARTTLS
C: a6 STARTTLS
S: a6 BAD *
