# What is refused is no fault of the client, and it goes on; what nobody should say ends the session when it is said twenty times in a row
LOGIN9
C9: a1 APPEND INBOX {3+}
C9: x{{hex 0d0a}}
S9: a1 OK *
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK *
C: DELE 1
S: +OK *
C-: {{repeat 25 RETR 1<CRLF>}}
C: STAT
S: -ERR no such message
S...
S: +OK 0 0
C-: {{repeat 19 BOGUS<CRLF>}}
C: NOOP
S: -ERR unknown command
S...
S: +OK
C-: {{repeat 20 BOGUS<CRLF>}}
S: -ERR unknown command
S...
S: EOF
C2-: {{repeat 20 RETR 1<CRLF>}}
S2: -ERR log in first
S2...
S2: EOF
