# SAVEDATE: when a message came into its mailbox, whatever its internal date (RFC 8514)
# shows: SAVEDATE
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX "1-Feb-2001 10:00:00 +0000" {{msg one}}
S: a1 OK *
C: a2 SELECT INBOX
S...
S: a2 OK *
C: s1 SEARCH BEFORE 1-Jan-2020
S: * SEARCH 1
S: s1 OK *
C: s2 SEARCH SAVEDBEFORE 1-Jan-2020
S: * SEARCH
S: s2 OK *
C: s3 SEARCH SAVEDSINCE 1-Jan-2020
S: * SEARCH 1
S: s3 OK *
C: s4 SEARCH SAVEDON 1-Jan-2020
S: * SEARCH
S: s4 OK *
C: s5 SEARCH SAVEDATESUPPORTED
S: * SEARCH 1
S: s5 OK *
C: f1 FETCH 1 (INTERNALDATE SAVEDATE)
S: * 1 FETCH (INTERNALDATE " 1-Feb-2001 10:00:00 +0000" SAVEDATE "*")
S: f1 OK *
