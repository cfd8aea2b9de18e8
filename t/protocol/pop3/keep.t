# pop3.keep: the first session after that age removes what was hidden
@conf pop3.delete = hide
@conf pop3.keep = 0s
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
C: DELE 1
S: +OK *
C: QUIT
S: +OK *
S: EOF
C9: a3 STATUS INBOX (MESSAGES UNSEEN)
S9: * STATUS INBOX (MESSAGES 2 UNSEEN 1)
S9: a3 OK *
C2: USER {{user}}
S2: +OK *
C2: PASS {{password}}
S2: +OK maildrop has 1 *
C9: a4 STATUS INBOX (MESSAGES)
S9: * STATUS INBOX (MESSAGES 1)
S9: a4 OK *
