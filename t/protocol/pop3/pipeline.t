# Commands sent together are answered in order (RFC 2449 6.6)
@message one
Subject: one

first line
.
..dots
last
@end
@message two
Subject: two

x
@end
LOGIN9
C9: a1 APPEND INBOX {{msg one}}
S9: a1 OK *
C9: a2 APPEND INBOX {{msg two}}
S9: a2 OK *
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK maildrop has 2 messages (64 octets)
C-: STAT{{hex 0d0a}}RETR 2{{hex 0d0a}}DELE 2{{hex 0d0a}}RETR 2{{hex 0d0a}}RSET{{hex 0d0a}}
C: QUIT
S: +OK 2 64
S: +OK 19 octets
S: Subject: two
S: 
S: x
S: .
S: +OK *
S: -ERR *
S: +OK 2 messages
S: +OK *
S: EOF
