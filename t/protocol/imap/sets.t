# Sets of message numbers and UIDs at their edges (RFC 9051 9, seq-number and seq-range)
@message one
Subject: one

x
@end
LOGIN
# an empty mailbox has no message numbers, not even *; of UIDs nothing is found
C: a1 SELECT Drafts
S...
S: a1 OK *
C: a2 FETCH 1:* FLAGS
S: a2 BAD *
C: a3 FETCH * FLAGS
S: a3 BAD *
C: a4 STORE 1 +FLAGS (\Seen)
S: a4 BAD *
C: a5 UID FETCH 1:* FLAGS
S: a5 OK *
C: a6 UID STORE * +FLAGS (\Seen)
S: a6 OK *
C: a7 UID COPY 1:* Archive
S: a7 OK *
C: a8 UID MOVE 1:* Archive
S: a8 OK *
C: a9 UID EXPUNGE 1:*
S: a9 OK *
C: b1 SEARCH 1:*
S: * SEARCH
S: b1 OK *
C: b2 UID SEARCH UID *
S: * SEARCH
S: b2 OK *
C: b3 SORT (DATE) UTF-8 1:*
S: * SORT
S: b3 OK *
C: b4 THREAD REFERENCES UTF-8 ALL
S: * THREAD
S: b4 OK *
C: b5 APPEND Drafts {{msg one}}
S...
S: b5 OK *
C: b6 APPEND Drafts {{msg one}}
S...
S: b6 OK *
C: b7 APPEND Drafts {{msg one}}
S...
S: b7 OK *
# reversed, overlapping, twice
C: c1 FETCH 3:2 UID
S: * 2 FETCH (UID 2)
S: * 3 FETCH (UID 3)
S: c1 OK *
C: c2 FETCH *:2 UID
S: * 2 FETCH (UID 2)
S: * 3 FETCH (UID 3)
S: c2 OK *
C: c3 FETCH 2,1:2,2 UID
S: * 1 FETCH (UID 1)
S: * 2 FETCH (UID 2)
S: c3 OK *
C: c4 FETCH *:* UID
S: * 3 FETCH (UID 3)
S: c4 OK *
# a number beyond the last message is an error, a UID is not, and * is always the last
C: d1 FETCH 4 UID
S: d1 BAD *
C: d2 FETCH 2:4 UID
S: d2 BAD *
C: d3 FETCH 4294967295 UID
S: d3 BAD *
C: d4 UID FETCH 4294967295 FLAGS
S: d4 OK *
C: d5 UID FETCH 4294967295:* RFC822.SIZE
S: * 3 FETCH (UID 3 RFC822.SIZE *)
S: d5 OK *
C: d6 UID FETCH 4294967295:3 RFC822.SIZE
S: * 3 FETCH (UID 3 RFC822.SIZE *)
S: d6 OK *
C: d7 UID FETCH 9:* RFC822.SIZE
S: * 3 FETCH (UID 3 RFC822.SIZE *)
S: d7 OK *
C: d8 SEARCH UID 9:*
S: * SEARCH 3
S: d8 OK *
# no sets
C: e1 FETCH 0 UID
S: e1 BAD *
C: e2 FETCH 1:0 UID
S: e2 BAD *
C: e3 FETCH 4294967296 UID
S: e3 BAD *
C: e4 FETCH 1, UID
S: e4 BAD *
C: e5 FETCH ,1 UID
S: e5 BAD *
C: e6 FETCH 1: UID
S: e6 BAD *
C: e7 FETCH 1:2:3 UID
S: e7 BAD *
C: e8 FETCH -1 UID
S: e8 BAD *
