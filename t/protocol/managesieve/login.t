# AUTHENTICATE with and without an initial response, cancelled, wrong; states (RFC 5804 2.1)
C: LISTSCRIPTS
S: NO *
C: UNAUTHENTICATE
S: NO *
C: AUTHENTICATE "PLAIN" "{{plain}}"
S: OK *
C: AUTHENTICATE "PLAIN" "{{plain}}"
S: NO *
C: STARTTLS
S: NO *
C: LISTSCRIPTS
S: OK
C: LOGOUT
S: OK *
S: EOF
C2: authenticate "plain"
S2: ""
C2: "{{plain}}"
S2: OK *
# the same with literals
C3: AUTHENTICATE {5+}
C3: PLAIN
S3: ""
C3: {0+}
C3:
S3: NO *
C3: AUTHENTICATE "PLAIN"
S3: ""
C3: "*"
S3: NO "cancelled"
C3: AUTHENTICATE "PLAIN"
S3: ""
C3: "no base64!"
S3: NO "cancelled"
C3: AUTHENTICATE "NOSUCH" "AA=="
S3: NO "unknown mechanism"
C3: AUTHENTICATE PLAIN
S3: NO "expected AUTHENTICATE *"
C3: AUTHENTICATE "PLAIN" "!"
S3: NO *
# wrong passwords end it
C4: AUTHENTICATE "PLAIN" "AG5vYm9keQB4"
S4: NO *
C4: AUTHENTICATE "PLAIN" "AG5vYm9keQB4"
S4: NO *
C4: AUTHENTICATE "PLAIN" "AG5vYm9keQB4"
S4: BYE *
S4: EOF
