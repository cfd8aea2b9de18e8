# The examples of RFC 7162, with a few messages and the mod-sequences that come
# shows: CONDSTORE QRESYNC ESEARCH ESORT
@message one
Subject: one
Date: Wed, 9 Feb 1994 01:00:00 +0000

x
@end
LOGIN
LOGIN2
C-: 01 APPEND INBOX {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C:
S: 01 OK [APPENDUID {{validity}} 1:7] *
# example 17, 18
C: A042 STATUS INBOX (UIDNEXT MESSAGES HIGHESTMODSEQ)
S: * STATUS INBOX (UIDNEXT 8 MESSAGES 7 HIGHESTMODSEQ {{m0}})
S: A042 OK *
C: A142 SELECT INBOX (CONDSTORE)
S...
S: * OK [HIGHESTMODSEQ {{m0}}] *
S...
S: A142 OK [READ-WRITE] *
C2: b0 SELECT INBOX
S2...
S2: b0 OK *
# 3, 4: the conditional STORE succeeds, and each message has a new mod-sequence
C: a103 UID STORE 6,4,7 (UNCHANGEDSINCE {{m0}}) +FLAGS.SILENT (\Deleted)
S: * 4 FETCH (UID 4 MODSEQ ({{m1}}))
S: * 6 FETCH (UID 6 MODSEQ ({{m1}}))
S: * 7 FETCH (UID 7 MODSEQ ({{m1}}))
S: a103 OK *
C: a104 STORE * (UNCHANGEDSINCE {{m1}}) +FLAGS.SILENT (\Deleted $Processed)
S: * FLAGS *
S: * OK [PERMANENTFLAGS *] *
S: * 7 FETCH (MODSEQ ({{m2}}))
S: a104 OK *
# 5: in a session that enables CONDSTORE by it
C2: c100 NOOP
S2...
S2: c100 OK *
C2: c101 STORE 5 (UNCHANGEDSINCE {{m2}}) -FLAGS.SILENT (\Deleted)
S2: * OK [HIGHESTMODSEQ {{m2}}] *
S2: * 5 FETCH (MODSEQ (*))
S2: c101 OK *
# 6, 7: one of three passes, and why the others do not is told
C: d104 STORE 5 +FLAGS.SILENT ($late)
S...
S: * 5 FETCH (MODSEQ ({{m3}}))
S: d104 OK *
C: d105 STORE 7,5,3 (UNCHANGEDSINCE {{m1}}) +FLAGS.SILENT (\Deleted)
S: * 3 FETCH (MODSEQ ({{m4}}))
S: * 5 FETCH (MODSEQ ({{m3}}) FLAGS ($late \Recent))
S: * 7 FETCH (MODSEQ ({{m2}}) FLAGS (\Deleted $Processed \Recent))
S: d105 OK [MODIFIED 5,7] *
# 8: as one that may not exist, it fails for flags that exist
C: a102 STORE 2 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)
S: * FLAGS *
S: * OK [PERMANENTFLAGS *] *
S: * 2 FETCH (MODSEQ (*) FLAGS (\Recent))
S: a102 OK [MODIFIED 2] *
# 9, 10: another client was quicker with one of them
C2: b1 STORE 2 +FLAGS.SILENT ($Processed)
S2...
S2: * 2 FETCH (MODSEQ ({{m5}}))
S2...
S2: b1 OK *
C: a106 STORE 1:3 (UNCHANGEDSINCE {{m4}}) +FLAGS.SILENT ($Processed)
S: * 1 FETCH (MODSEQ ({{m6}}))
S: * 3 FETCH (MODSEQ ({{m6}}))
S: * 2 FETCH (MODSEQ ({{m5}}) FLAGS ($Processed \Recent))
S...
S: a106 OK [MODIFIED 2] *
C: b108 STORE 2 (UNCHANGEDSINCE {{m5}}) +FLAGS.SILENT (\Answered)
S: * 2 FETCH (MODSEQ ({{m7}}))
S: b108 OK *
# e105: one that stands twice in the set does not fail the second time
C: e105 STORE 7,3:7 (UNCHANGEDSINCE {{m7}}) +FLAGS.SILENT (\Seen)
S~: * 3 FETCH (MODSEQ ({{m8}}))
S~: * 4 FETCH (MODSEQ ({{m8}}))
S~: * 5 FETCH (MODSEQ ({{m8}}))
S~: * 6 FETCH (MODSEQ ({{m8}}))
S~: * 7 FETCH (MODSEQ ({{m8}}))
S: e105 OK *
# 12, 13
C: s100 UID FETCH 1:* (FLAGS) (CHANGEDSINCE {{m6}})
S: * 2 FETCH (UID 2 FLAGS (\Answered $Processed \Recent) MODSEQ ({{m7}}))
S: * 3 FETCH (UID 3 FLAGS (\Seen \Deleted $Processed \Recent) MODSEQ ({{m8}}))
S: * 4 FETCH (UID 4 FLAGS (\Seen \Deleted \Recent) MODSEQ ({{m8}}))
S: * 5 FETCH (UID 5 FLAGS (\Seen $late \Recent) MODSEQ ({{m8}}))
S: * 6 FETCH (UID 6 FLAGS (\Seen \Deleted \Recent) MODSEQ ({{m8}}))
S: * 7 FETCH (UID 7 FLAGS (\Seen \Deleted $Processed \Recent) MODSEQ ({{m8}}))
S: s100 OK *
C: a FETCH 1:3 (MODSEQ)
S: * 1 FETCH (MODSEQ ({{m6}}))
S: * 2 FETCH (MODSEQ ({{m7}}))
S: * 3 FETCH (MODSEQ ({{m8}}))
S: a OK *
# 14: two that know CONDSTORE and one that does not; each is told once
LOGIN3
C3: D1 SELECT INBOX
S3...
S3: D1 OK *
C2: C1 NOOP
S2...
S2: C1 OK *
C: A240 STORE 7 +FLAGS.SILENT (\Flagged)
S: * 7 FETCH (MODSEQ ({{m9}}))
S: A240 OK *
C2: C270 NOOP
S2: * 7 FETCH (UID 7 FLAGS (\Seen \Flagged \Deleted $Processed) MODSEQ ({{m9}}))
S2: C270 OK *
C3: D300 NOOP
S3: * 7 FETCH (FLAGS (\Seen \Flagged \Deleted $Processed))
S3: D300 OK *
C3: D390 NOOP
S3: D390 OK *
# 15, 16, 19, 20; 15's entry is accepted
C: a1 SEARCH MODSEQ "/flags/\\draft" all {{m7}}
S: * SEARCH 2 3 4 5 6 7 (MODSEQ {{m9}})
S: a1 OK *
C: t SEARCH OR NOT MODSEQ {{m6}} LARGER 50000
S: * SEARCH
S: t OK *
C: a2 SEARCH RETURN (ALL) MODSEQ {{m8}}
S: * ESEARCH (TAG "a2") ALL 3:7 MODSEQ {{m9}}
S: a2 OK *
C: a3 SORT RETURN (ALL) (REVERSE ARRIVAL) UTF-8 MODSEQ {{m8}}
S: * ESEARCH (TAG "a3") ALL *3* MODSEQ {{m9}}
S: a3 OK *
# 11: of what is gone the answer is NO, with the MODIFIED ones
C2: B000 UID EXPUNGE 6:7
S2: * 7 EXPUNGE
S2: * 6 EXPUNGE
S2: B000 OK [HIGHESTMODSEQ {{m10}}] *
C2: B00 STORE 2 +FLAGS.SILENT (\Draft)
S2: * 2 FETCH (MODSEQ ({{m11}}))
S2: B00 OK *
C: B001 STORE 1:7 (UNCHANGEDSINCE {{m9}}) +FLAGS (\Seen)
S...
S: B001 NO [MODIFIED 2] *
C: B002 NOOP
S...
S: B002 OK *
C: b003 STORE 2 (UNCHANGEDSINCE {{m11}}) +FLAGS (\Seen)
S: * 2 FETCH (MODSEQ ({{m12}}) FLAGS (\Seen \Answered \Draft $Processed \Recent))
S: b003 OK *
# 3.2.5.1: another UIDVALIDITY, then what went and what changed, of all and of a part
C4: q0 LOGIN {{user}} {{password}}
S4: q0 OK *
C4: q1 ENABLE QRESYNC
S4: * ENABLED QRESYNC
S4: q1 OK *
C4: A02 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))
S4: * FLAGS *
S4: * OK [PERMANENTFLAGS *] *
S4: * 5 EXISTS
S4: * 0 RECENT
S4?: * OK [UNSEEN *] *
S4: * OK [UIDVALIDITY {{validity}}] *
S4: * OK [UIDNEXT 8] *
S4: * OK [HIGHESTMODSEQ {{m12}}] *
S4: * OK [MAILBOXID *] *
S4: * OK [ANNOTATIONS *] *
S4: * OK [URLMECH *] *
S4: A02 OK [READ-WRITE] *
C4: A03 SELECT INBOX (QRESYNC ({{validity}} {{m9}}))
S4: * OK [CLOSED] *
S4...
S4: * VANISHED (EARLIER) 6:7
S4: * 1 FETCH (UID 1 FLAGS (\Seen $Processed) MODSEQ (*))
S4: * 2 FETCH (UID 2 FLAGS (\Seen \Answered \Draft $Processed) MODSEQ ({{m12}}))
S4: A03 OK [READ-WRITE] *
C4: A04 SELECT INBOX (QRESYNC ({{validity}} {{m9}} 2:6))
S4...
S4: * VANISHED (EARLIER) 6
S4: * 2 FETCH (UID 2 *)
S4: A04 OK *
# 3.2.5.2: with numbers that match
C4: B04 SELECT INBOX (QRESYNC ({{validity}} {{m11}} 1:7 (1,3,5 1,3,5)))
S4...
S4: * 2 FETCH (UID 2 FLAGS (\Seen \Answered \Draft $Processed) MODSEQ ({{m12}}))
S4: B04 OK *
# 3.2.6
C4: s101 UID FETCH 5:7 (FLAGS) (CHANGEDSINCE {{m9}} VANISHED)
S4: * VANISHED (EARLIER) 6:7
S4: s101 OK *
# 3.2.7, 3.2.8, 3.2.9: who has QRESYNC is told VANISHED, and the highest mod-sequence with it
C4: A202 UID EXPUNGE 4
S4: * VANISHED 4
S4: A202 OK [HIGHESTMODSEQ {{m13}}] *
C: A210 NOOP
S...
S: * 4 EXPUNGE
S: A210 OK *
