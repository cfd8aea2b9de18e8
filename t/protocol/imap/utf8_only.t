# UTF8=ONLY (RFC 6855 6): nothing with a name or a text before ENABLE UTF8=ACCEPT
# shows: UTF8=ONLY
@conf imap.utf8_only = yes
@message one
Subject: a

text
@end
C: a1 CAPABILITY
S: * CAPABILITY * UTF8=ONLY *
S: a1 OK *
LOGIN
C: a2 SELECT INBOX
S: a2 NO [CANNOT] *
C: a3 LIST "" *
S: a3 NO [CANNOT] *
C: a4 APPEND INBOX {10}
S: + *
C: 0123456789
S: a4 NO [CANNOT] *
C: a5 NOOP
S: a5 OK *
C: a6 ENABLE UTF8=ONLY
S: * ENABLED
S: a6 OK *
C: a7 STATUS INBOX (MESSAGES)
S: a7 NO [CANNOT] *
C: a8 ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: a8 OK *
# mUTF-7 is no longer a way to write a name
C: b1 CREATE "&AOk-"
S: b1 OK *
C: b2 LIST "" "&*"
S: * LIST * "/" &AOk-
S: b2 OK *
C: b3 APPEND INBOX {{msg one}}
S: b3 OK *
C: b4 SELECT INBOX
S...
S: b4 OK *
# a fresh login begins anew
C: c1 UNAUTHENTICATE
S: c1 OK *
LOGIN
C: c2 SELECT INBOX
S: c2 NO [CANNOT] *
