# UIDONLY (RFC 9586): no message numbers either way
# shows: UIDONLY
@message one
Subject: one

x
@end
LOGIN
C: a1 ENABLE UIDONLY
S: * ENABLED UIDONLY
S: a1 OK *
C-: a2 APPEND INBOX {{msg+ one}}
C-:  (\Seen) {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C:
S: a2 OK [APPENDUID {{validity}} 1:4] *
C: a3 SELECT INBOX
S~: * FLAGS *
S~: * OK [PERMANENTFLAGS *
S~: * 4 EXISTS
S~: * 4 RECENT
S~: * OK [UIDVALIDITY *
S~: * OK [UIDNEXT 5] *
S~: * OK [HIGHESTMODSEQ *
S~: * OK [MAILBOXID *
S~: * OK [ANNOTATIONS *
S~: * OK [URLMECH *
S~: a3 OK *
LOGIN2
C2: b1 SELECT INBOX
S2...
S2: b1 OK *
C: a4 UID FETCH 2 FLAGS
S: * 2 UIDFETCH (FLAGS (\Seen \Recent))
S: a4 OK *
C: a5 UID FETCH 2 (UID FLAGS)
S: * 2 UIDFETCH (UID 2 FLAGS (\Seen \Recent))
S: a5 OK *
C: a6 UID STORE 3 +FLAGS (\Deleted)
S: * 3 UIDFETCH (FLAGS (\Deleted \Recent))
S: a6 OK *
C2: b2 STORE 2 +FLAGS (\Flagged)
S2: * 2 FETCH (FLAGS (\Seen \Flagged))
S2...
S2: b2 OK *
C2: b3 NOOP
S2: b3 OK *
C: a7 NOOP
S: * 2 UIDFETCH (FLAGS (\Seen \Flagged \Recent))
S: a7 OK *
C: a8 UID EXPUNGE 3
S: * VANISHED 3
S: a8 OK *
C: a9 UID MOVE 4 Trash
S: * OK [COPYUID {{trash}} 4 1] *
S: * VANISHED 4
S: a9 OK *
C: b1 UID SEARCH UID 1:*
S: * SEARCH 1 2
S: b1 OK *
C: b2 UID REPLACE 1 INBOX {{msg+ one}}
S: * OK [APPENDUID {{validity}} 5] *
S: * VANISHED 1
S: * 2 EXISTS
S: * 2 RECENT
S: b2 OK *
# whatever has numbers is refused
C: c1 FETCH 1 FLAGS
S: c1 BAD [UIDREQUIRED] *
C: c2 STORE 1 FLAGS ()
S: c2 BAD [UIDREQUIRED] *
C: c3 COPY 1 Trash
S: c3 BAD [UIDREQUIRED] *
C: c4 MOVE 1 Trash
S: c4 BAD [UIDREQUIRED] *
C: c5 SEARCH ALL
S: c5 BAD [UIDREQUIRED] *
C: c6 REPLACE 1 INBOX {{msg+ one}}
S: c6 BAD [UIDREQUIRED] *
C: c7 UID SEARCH 1:2
S: c7 BAD [UIDREQUIRED] *
C: c8 UID SEARCH NOT (OR 1 SEEN)
S: c8 BAD [UIDREQUIRED] *
C: c9 ENABLE QRESYNC
S: * OK [HIGHESTMODSEQ *
S: * ENABLED QRESYNC
S: c9 OK *
C: d1 SELECT INBOX (QRESYNC ({{validity}} 1 1:5 (1:2 1:2)))
S...
S: d1 BAD [UIDREQUIRED] *
C: d2 SELECT INBOX (QRESYNC ({{validity}} 1 1:5))
S...
S: * VANISHED (EARLIER) 1,3:4
S: * 2 UIDFETCH (FLAGS (\Seen \Flagged*) MODSEQ (*))
S: * 5 UIDFETCH (FLAGS (*) MODSEQ (*))
S: d2 OK *
