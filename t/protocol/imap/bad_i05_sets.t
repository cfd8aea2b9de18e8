# I05: sets of numbers
@message one
Subject: one

x
@end
LOGIN
C: a0 SELECT INBOX
S...
S: a0 OK *
C: a1 FETCH 1 FLAGS
S: a1 BAD *
C: a2 FETCH * FLAGS
S: a2 BAD *
C: a3 UID FETCH * FLAGS
S: a3 OK *
C: a4 APPEND INBOX {{msg one}}
S: * 1 EXISTS
S: * 1 RECENT
S: a4 OK *
C: a5 FETCH *:1 UID
S: * 1 FETCH (UID 1)
S: a5 OK *
C: a6 FETCH 0 UID
S: a6 BAD *
C: a7 FETCH 4294967296 UID
S: a7 BAD *
C: a8 FETCH 4294967295 UID
S: a8 BAD *
C: a9 UID FETCH 1:4294967295 UID
S: * 1 FETCH (UID 1)
S: a9 OK *
C: b1 UID FETCH {{repeat 50000 1,}}1 UID
S: * 1 FETCH (UID 1)
S: b1 OK *
C: b2 UID FETCH {{repeat 100000 1,}}1 UID
S: * BYE [TOOBIG] *
S: EOF
