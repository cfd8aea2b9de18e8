# RFC 5804 1.7, 2.4, 2.13: what is announced before and after login
C: CAPABILITY
S: "IMPLEMENTATION" "Postern *"
S: "SASL" "*PLAIN*"
S: "SIEVE" "fileinto*"
S?: "NOTIFY" "mailto*"
S: "STARTTLS"
S: "MAXREDIRECTS" "*"
S: "UNAUTHENTICATE"
S: "LANGUAGE" "en"
S: "VERSION" "1.0"
S: OK
C: NOOP
S: OK "done"
C: NOOP "STARTTLS-SYNC-42"
S: OK (TAG "STARTTLS-SYNC-42") "done"
C: NOOP {4+}
C: a"b\
S: OK (TAG "a\"b\\") "done"
LOGIN
C: capability
S...
S: "OWNER" "{{user}}"
S...
S: OK
C: UNAUTHENTICATE
S: OK *
C: LISTSCRIPTS
S: NO *
C: AUTHENTICATE "PLAIN" "{{plain}}"
S: OK *
C: LISTSCRIPTS
S: OK
C: NOOP a b
S: NO "expected NOOP *"
C: CAPABILITY "x"
S: NO *
C: EXPUNGE
S: NO "unknown command"
C:
C: LOGOUT
S: OK *
S: EOF
