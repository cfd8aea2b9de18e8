# Searches that are kept up to date (RFC 5267 4), in one session and by what another does
# shows: CONTEXT=SEARCH CONTEXT=SORT
@message big
Subject: bravo

a longer body than that of the other message
@end
@message small
Subject: alpha

x
@end
LOGIN
LOGIN2
C: a1 APPEND INBOX ($Junk) {{msg big}}
S: a1 OK *
C: a2 APPEND INBOX (\Deleted $Junk) {{msg small}}
S: a2 OK *
C: a3 SELECT INBOX
S...
S: a3 OK *
C2: b1 SELECT INBOX
S2...
S2: b1 OK *
C: A01 SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk
S: * ESEARCH (TAG "A01") COUNT 0
S: A01 OK *
C: B01 UID SEARCH RETURN (UPDATE COUNT) DELETED KEYWORD $Junk
S: * ESEARCH (TAG "B01") UID COUNT 1
S: B01 OK *
# a tag that has updates is not used again
C: B01 UID SEARCH RETURN (UPDATE) FLAGGED
S: B01 BAD *
C: B02 SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 NOT FLAGGED
S: * ESEARCH (TAG "B02") ALL 2,1
S: B02 OK *
# what this session does
C: c1 STORE 1 +FLAGS (\Deleted)
S: * 1 FETCH (FLAGS *)
S: * ESEARCH (TAG "B01") UID ADDTO (0 1)
S: c1 OK *
C: c2 STORE 2 -FLAGS ($Junk)
S: * 2 FETCH (FLAGS *)
S: * ESEARCH (TAG "B01") UID REMOVEFROM (0 2)
S: c2 OK *
# what another does
C2: d1 STORE 2 +FLAGS.SILENT (\Flagged)
S2...
S2: d1 OK *
C: c3 NOOP
S: * 2 FETCH (FLAGS *)
S: * ESEARCH (TAG "B02") REMOVEFROM (1 2)
S: c3 OK *
C2: d2 STORE 2 -FLAGS.SILENT (\Flagged)
S2: d2 OK *
C: c4 IDLE
S: + *
S: * 2 FETCH (FLAGS *)
S: * ESEARCH (TAG "B02") ADDTO (1 2)
C2: d3 APPEND INBOX {{msg small}}
S2: * 3 EXISTS
S2?: * 1 RECENT
S2?: * 0 RECENT
S2: d3 OK *
S: * 3 EXISTS
S: * * RECENT
S: * ESEARCH (TAG "B02") ADDTO (2 3)
C: DONE
S: c4 OK *
# the number leaves the result before it leaves the mailbox
C: c5 EXPUNGE
S: * ESEARCH (TAG "B01") UID REMOVEFROM (0 1)
S: * ESEARCH (TAG "B02") REMOVEFROM (1 2 2 1)
S: * 2 EXPUNGE
S: * 1 EXPUNGE
S: c5 OK *
C: B04 CANCELUPDATE "B01"
S: B04 OK *
C: B05 CANCELUPDATE "B01"
S: B05 BAD *
C: e1 STORE 1 +FLAGS.SILENT (\Deleted $Junk)
S: e1 OK *
C: e2 STORE 1 +FLAGS.SILENT (\Flagged)
S: * ESEARCH (TAG "B02") REMOVEFROM (1 1)
S: e2 OK *
# updates with attributes (RFC 5465 7)
C: a00 UID SEARCH RETURN (COUNT UPDATE (BODY.PEEK[HEADER.FIELDS (SUBJECT)])) SUBJECT bravo
S: * ESEARCH (TAG "a00") UID COUNT 0
S: a00 OK *
C2: f1 APPEND INBOX {{msg big}}
S2...
S2: f1 OK *
C: f2 NOOP
S: * 2 EXISTS
S: * * RECENT
S: * ESEARCH (TAG "B02") ADDTO (1 2)
S: * 2 FETCH (UID 4 BODY[HEADER.FIELDS (SUBJECT)] {*}<CRLF>Subject: bravo<CRLF><CRLF>)
S: * ESEARCH (TAG "a00") UID ADDTO (0 4)
S: f2 OK *
# at most four sorted ones
C: g1 SORT RETURN (UPDATE COUNT) (SIZE) UTF-8 ALL
S: * ESEARCH (TAG "g1") COUNT 2
S: g1 OK *
C: g2 SORT RETURN (UPDATE) (SIZE) UTF-8 ALL
S: g2 OK *
C: g3 SORT RETURN (UPDATE) (SIZE) UTF-8 ALL
S: g3 OK *
C: g4 SORT RETURN (UPDATE COUNT) (SIZE) UTF-8 ALL
S: * ESEARCH (TAG "g4") COUNT 2
S: * NO [NOUPDATE "g4"] *
S: g4 OK *
# they end with the mailbox
C: h1 SELECT INBOX
S...
S: h1 OK *
C: h2 STORE 1:2 +FLAGS.SILENT (\Answered)
S: h2 OK *
