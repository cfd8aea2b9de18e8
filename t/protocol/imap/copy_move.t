# COPY (COPYUID), MOVE (RFC 6851)
# shows: UIDPLUS MOVE
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX (\Flagged kw) {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX {{msg one}}
S: a2 OK *
C: a3 APPEND INBOX {{msg one}}
S: a3 OK *
C: a4 SELECT INBOX
S...
S: a4 OK *
C: c1 COPY 1:2 Archive
S: c1 OK [COPYUID {{v}} 1:2 1:2] *
C: c2 COPY 1 nosuch
S: c2 NO [TRYCREATE] *
C: c3 UID COPY 77 Archive
S: c3 OK *
C: c4 MOVE 2 Archive
S: * OK [COPYUID {{v}} 2 3] *
S: * 2 EXPUNGE
S: c4 OK *
C: c5 UID MOVE 3 Archive
S: * OK [COPYUID {{v}} 3 4] *
S: * 2 EXPUNGE
S: c5 OK *
# into itself: a second row of the same email
C: c6 COPY 1 INBOX
S: * 2 EXISTS
S: * 2 RECENT
S: c6 OK [COPYUID * 1 4] *
C: c7 FETCH 1:2 (EMAILID FLAGS)
S: * 1 FETCH (EMAILID ({{e}}) FLAGS (\Flagged kw \Recent))
S: * 2 FETCH (EMAILID ({{e}}) FLAGS (\Flagged kw \Recent))
S: c7 OK *
C: c8 SELECT Archive
S...
S: * 4 EXISTS
S...
S: c8 OK *
C: c9 FETCH 1 (FLAGS EMAILID)
S: * 1 FETCH (FLAGS (\Flagged kw \Recent) EMAILID ({{e}}))
S: c9 OK *
C: d1 EXAMINE Archive
S...
S: d1 OK *
C: d2 MOVE 1 INBOX
S: d2 NO *
