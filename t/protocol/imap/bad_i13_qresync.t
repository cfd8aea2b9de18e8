# I13: numbers that no QRESYNC parameter may have, or that are of another life of the mailbox: all is told, nothing breaks
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK [APPENDUID {{validity}} 1] *
C: a2 ENABLE QRESYNC
S: * ENABLED QRESYNC
S: a2 OK *
C: b1 SELECT INBOX (QRESYNC ({{validity}} 0))
S: b1 BAD *
C: b2 SELECT INBOX (QRESYNC ({{validity}} 9223372036854775808))
S: b2 BAD *
C: b3 SELECT INBOX (QRESYNC ({{validity}} 18446744073709551616))
S: b3 BAD *
C: b4 SELECT INBOX (QRESYNC (0 1))
S: b4 BAD *
C: b5 SELECT INBOX (QRESYNC (1 1 1:4294967295))
S...
S: * 1 EXISTS
S...
S: b5 OK *
C: b6 SELECT INBOX (QRESYNC ({{validity}} 9223372036854775807 1:*))
S...
S: b6 *
C: b7 SELECT INBOX (QRESYNC ({{validity}} 1 1:4294967295 (1,2 3)))
S...
S: b7 *
C: b8 NOOP
S: b8 OK *
C: b9 SELECT INBOX (QRESYNC ({{validity}} 1 1:5 ({{repeat 60001 1,}}1 {{repeat 60001 1,}}1)))
S...
S: * BYE [TOOBIG] *
S: EOF
