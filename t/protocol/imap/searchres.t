# $ in every command that takes messages (RFC 5182), and when it is emptied
# shows: SEARCHRES
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX {{msg one}}
S: a2 OK *
C: a3 APPEND INBOX {{msg one}}
S: a3 OK *
C: a4 APPEND INBOX {{msg one}}
S: a4 OK *
C: a5 SELECT INBOX
S...
S: a5 OK *
# nothing was saved yet: an empty set is no error
C: b1 FETCH $ UID
S: b1 OK *
C: b2 UID STORE $ +FLAGS (\Seen)
S: b2 OK *
C: b3 SEARCH RETURN (SAVE) 2:3
S: b3 OK *
C: b4 FETCH $ UID
S: * 2 FETCH (UID 2)
S: * 3 FETCH (UID 3)
S: b4 OK *
C: b5 UID FETCH $ RFC822.SIZE
S: * 2 FETCH (UID 2 RFC822.SIZE *)
S: * 3 FETCH (UID 3 RFC822.SIZE *)
S: b5 OK *
C: b6 STORE $ +FLAGS.SILENT (\Flagged)
S: b6 OK *
C: b7 UID STORE $ +FLAGS.SILENT (\Answered)
S: b7 OK *
C: b8 COPY $ Archive
S: b8 OK [COPYUID * 2:3 1:2] *
C: b9 UID COPY $ Archive
S: b9 OK [COPYUID * 2:3 3:4] *
C: c1 SEARCH $ FLAGGED
S: * SEARCH 2 3
S: c1 OK *
C: c2 UID SEARCH UID $ ANSWERED
S: * SEARCH 2 3
S: c2 OK *
C: c3 SEARCH NOT $
S: * SEARCH 1 4
S: c3 OK *
C: c4 SEARCH OR $ 1
S: * SEARCH 1 2 3
S: c4 OK *
C: c5 SORT (ARRIVAL) UTF-8 $
S: * SORT 2 3
S: c5 OK *
C: c6 THREAD ORDEREDSUBJECT UTF-8 $
S: * THREAD (2 3)
S: c6 OK *
C: c7 FETCH $,1 UID
S: c7 BAD *
# the saved is narrowed by itself
C: c8 SEARCH RETURN (SAVE COUNT) $ 3:*
S: * ESEARCH (TAG "c8") COUNT 1
S: c8 OK *
C: c9 FETCH $ UID
S: * 3 FETCH (UID 3)
S: c9 OK *
# what SAVE keeps beside other options (2.1)
C: d1 SEARCH RETURN (SAVE MIN) ALL
S: * ESEARCH (TAG "d1") MIN 1
S: d1 OK *
C: d2 SEARCH $
S: * SEARCH 1
S: d2 OK *
C: d3 SEARCH RETURN (SAVE MIN MAX) ALL
S: * ESEARCH (TAG "d3") MIN 1 MAX 4
S: d3 OK *
C: d4 SEARCH $
S: * SEARCH 1 4
S: d4 OK *
C: d5 UID SEARCH RETURN (SAVE MIN COUNT) ALL
S: * ESEARCH (TAG "d5") UID MIN 1 COUNT 4
S: d5 OK *
C: d6 SEARCH $
S: * SEARCH 1 2 3 4
S: d6 OK *
# a search that fails with NO leaves nothing; BAD, and a search without SAVE, leave what was
C: e1 SEARCH RETURN (SAVE) 2
S: e1 OK *
C: e2 SEARCH RETURN (SAVE) NOSUCHKEY
S: e2 BAD *
C: e3 SEARCH 1
S: * SEARCH 1
S: e3 OK *
C: e4 SEARCH CHARSET X-NONE ALL
S: e4 NO [BADCHARSET (*)] *
C: e5 SEARCH $
S: * SEARCH 2
S: e5 OK *
C: e6 SEARCH RETURN (SAVE) FILTER nosuch
S: e6 NO [UNDEFINED-FILTER nosuch] *
C: e7 SEARCH $
S: * SEARCH
S: e7 OK *
C: e8 SEARCH RETURN (SAVE) 2
S: e8 OK *
C: e9 SORT RETURN (SAVE) (DATE) X-NONE ALL
S: e9 NO [BADCHARSET (*)] *
C: f1 SEARCH $
S: * SEARCH
S: f1 OK *
# what is expunged leaves it; so does all that was moved
C: f2 SEARCH RETURN (SAVE) 1:3
S: f2 OK *
C2: f3 SELECT INBOX
S2...
S2: f3 OK *
C2: f4 STORE 2 +FLAGS.SILENT (\Deleted)
S2: f4 OK *
C2: f5 EXPUNGE
S2: * 2 EXPUNGE
S2: f5 OK *
C: f6 NOOP
S: * 2 EXPUNGE
S: f6 OK *
C: f7 UID SEARCH $
S: * SEARCH 1 3
S: f7 OK *
C: f8 MOVE $ Trash
S: * OK [COPYUID * 1,3 1:2] *
S: * 2 EXPUNGE
S: * 1 EXPUNGE
S: f8 OK *
C: f9 FETCH $ UID
S: f9 OK *
C: g1 SEARCH RETURN (SAVE) ALL
S: g1 OK *
C: g2 STORE $ +FLAGS.SILENT (\Deleted)
S: g2 OK *
C: g3 UID EXPUNGE $
S: * 1 EXPUNGE
S: g3 OK *
# another mailbox, another result
C: h1 SELECT Archive
S...
S: h1 OK *
C: h2 SEARCH RETURN (SAVE) ALL
S: h2 OK *
C: h3 SELECT Trash
S...
S: h3 OK *
C: h4 SEARCH $
S: * SEARCH
S: h4 OK *
