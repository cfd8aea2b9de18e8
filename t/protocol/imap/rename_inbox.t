# RENAME INBOX moves its messages and leaves it (RFC 9051 6.3.6)
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 RENAME INBOX old-mail
S: a2 OK *
C: a3 STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 0)
S: a3 OK *
C: a4 STATUS old-mail (MESSAGES)
S: * STATUS old-mail (MESSAGES 1)
S: a4 OK *
