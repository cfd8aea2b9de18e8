# I10: an APPEND that is cut off after half leaves nothing; dates that cannot be
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: a1 APPEND INBOX {100+}
C-: Subject: half of a message
C2: b1 SELECT INBOX
S2: * FLAGS *
S2...
S2: b1 OK *
C2: b2 STATUS INBOX (MESSAGES)
S2: * STATUS INBOX (MESSAGES 0)
S2: b2 OK *
C2: c1 APPEND INBOX "31-Feb-2020 00:00:00 +0000" {1+}
C2: x
S2: c1 BAD *
C2: c2 APPEND INBOX "01-Jan-10000 00:00:00 +0000" {1+}
C2: x
S2: c2 BAD *
C2: c3 APPEND INBOX "31-Dec-9999 23:59:59 +0000" {{msg one}}
S2: * 1 EXISTS
S2?: * 1 RECENT
S2: c3 OK *
C2: c4 FETCH 1 INTERNALDATE
S2: * 1 FETCH (INTERNALDATE "31-Dec-9999 23:59:59 +0000")
S2: c4 OK *
C2: c5 APPEND INBOX {0}
S2: c5 NO *
C2: c6 APPEND INBOX "01-Jan-2020 00:00:00 +9999" {1+}
C2: x
S2: c6 BAD *
C2: c7 NOOP
S2: c7 OK *
