# The examples of RFC 2180 by their sections: what one client of a mailbox sees of another that deletes, renames and expunges
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: 01 CREATE FOO
S: 01 OK *
C-: 02 APPEND FOO {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C:
S: 02 OK *
C: 03 SELECT FOO
S...
S: 03 OK *
C2: 04 SELECT FOO
S2...
S2: 04 OK *
# 3.4: renamed under the other, who goes on with it; to append needs the new name
C: A001 RENAME FOO BAR
S: A001 OK *
C2: B001 FETCH 2:4 (FLAGS)
S2: * 2 FETCH (FLAGS (*))
S2: * 3 FETCH (FLAGS (*))
S2: * 4 FETCH (FLAGS (*))
S2: B001 OK *
C2: B002 APPEND FOO {{msg one}}
S2: B002 NO [TRYCREATE] *
# 4.1: client 1 expunges 4:7
C: A002 STORE 4:7 +FLAGS.SILENT (\Deleted)
S: A002 OK *
C: A003 EXPUNGE
S: * 7 EXPUNGE
S: * 6 EXPUNGE
S: * 5 EXPUNGE
S: * 4 EXPUNGE
S: A003 OK *
# 4.1.2: a mixture: what is there, and NO; of nothing but what is gone NO
C2: B003 FETCH 3:5 ENVELOPE
S2: * 3 FETCH (ENVELOPE (*))
S2: B003 NO [EXPUNGEISSUED] *
C2: B004 FETCH 4:7 ENVELOPE
S2: B004 NO [EXPUNGEISSUED] *
# 4.2.1: .SILENT: OK
C2: B005 STORE 1:7 +FLAGS.SILENT (\Seen)
S2: B005 OK [EXPUNGEISSUED] *
# 4.2.2, 4.2.3
C2: B006 STORE 5:7 +FLAGS (\Flagged)
S2: B006 NO [EXPUNGEISSUED] *
C2: B007 STORE 1:7 +FLAGS (\Flagged)
S2: * 1 FETCH (FLAGS (\Seen \Flagged*))
S2: * 2 FETCH (FLAGS (\Seen \Flagged*))
S2: * 3 FETCH (FLAGS (\Seen \Flagged*))
S2: B007 NO [EXPUNGEISSUED] *
# 4.3
C2: B008 SEARCH ALL
S2: * SEARCH 1 2 3
S2: B008 OK *
C2: B009 NOOP
S2: * 7 EXPUNGE
S2: * 6 EXPUNGE
S2: * 5 EXPUNGE
S2: * 4 EXPUNGE
S2: B009 OK *
C2: B010 FETCH 4:7 ENVELOPE
S2: B010 BAD *
# 4.4.1: all or nothing, and the pending EXPUNGE comes with it
C: A004 NOOP
S...
S: A004 OK *
C: A005 STORE 2 +FLAGS.SILENT (\Deleted)
S: A005 OK *
C: A006 EXPUNGE
S: * 2 EXPUNGE
S: A006 OK *
C2: B011 COPY 1,2 Archive
S2: * 2 EXPUNGE
S2: B011 NO [EXPUNGEISSUED] *
C2: B012 STATUS Archive (MESSAGES)
S2: * STATUS Archive (MESSAGES 0)
S2: B012 OK *
# 4.4.2: the numbers are those before the EXPUNGE
C: A007 STORE 1 +FLAGS.SILENT (\Deleted)
S...
S: A007 OK *
C: A008 EXPUNGE
S: * 1 EXPUNGE
S: A008 OK *
C2: B013 COPY 2 Archive
S2: * 1 EXPUNGE
S2: B013 OK [COPYUID * 3 1] *
# 3.3: deleted under the other, who is sent away
C: A009 UNSELECT
S: A009 OK *
C: A010 DELETE BAR
S: A010 OK *
C2: B014 NOOP
S2: * BYE *
S2: B014 OK *
S2: EOF
