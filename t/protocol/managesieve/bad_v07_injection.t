# What is sent behind STARTTLS in the clear is never run
C: STARTTLS{{hex 0d0a}}LOGOUT
S...
S: EOF
# nor what is said before login, by the next user
C2: STARTTLS
S2: OK *
TLS2
S2...
S2: OK *
C2: LISTSCRIPTS
S2: NO *
