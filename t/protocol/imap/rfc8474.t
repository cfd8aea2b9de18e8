# The examples of RFC 8474: ids of mailboxes follow a rename, those of messages a move
# shows: OBJECTID
@conf store.default_mailboxes =
@message egg
From: joe@example.org
To: fred@example.org
Subject: testing
Message-ID: <egg@example.org>

message body
@end
@message reply
From: fred@example.org
To: joe@example.org
Subject: re: testing
Message-ID: <reply@example.org>
In-Reply-To: <egg@example.org>

message body
@end
@message other
From: joe@example.org
To: fred@example.org
Subject: different
Message-ID: <other@example.org>

message body
@end
LOGIN
# 4.1
C: 3 create foo
S: 3 OK [MAILBOXID ({{foo}})] *
C: 4 create bar
S: 4 OK [MAILBOXID ({{bar}})] *
C: 5 create foo
S: 5 NO [ALREADYEXISTS] *
# 4.2
C: 27 select "foo"
S...
S: * OK [MAILBOXID ({{foo}})] *
S...
S: 27 OK [READ-WRITE] *
# 4.3
C: 6 status foo (mailboxid)
S: * STATUS foo (MAILBOXID ({{foo}}))
S: 6 OK *
C: 7 status bar (mailboxid)
S: * STATUS bar (MAILBOXID ({{bar}}))
S: 7 OK *
C: 8 rename foo renamed
S: 8 OK *
C: 9 status renamed (mailboxid)
S: * STATUS renamed (MAILBOXID ({{foo}}))
S: 9 OK *
C: 10 status bar (mailboxid)
S: * STATUS bar (MAILBOXID ({{bar}}))
S: 10 OK *
C: 11 list "" "*" return (status (mailboxid))
S: * LIST (\HasNoChildren) "/" INBOX
S: * STATUS INBOX (MAILBOXID ({{inbox}}))
S: * LIST (\HasNoChildren) "/" bar
S: * STATUS bar (MAILBOXID ({{bar}}))
S: * LIST (\HasNoChildren) "/" renamed
S: * STATUS renamed (MAILBOXID ({{foo}}))
S: 11 OK *
# a mailbox that is made anew under an old name is another
C: 12 create foo
S: 12 OK [MAILBOXID ({{newfoo}})] *
C: 13 status (mailboxid) foo
S: 13 BAD *
C: 14 list "" (foo renamed) return (status (mailboxid))
S: * LIST (*) "/" foo
S: * STATUS foo (MAILBOXID ({{newfoo}}))
S: * LIST (*) "/" renamed
S: * STATUS renamed (MAILBOXID ({{foo}}))
S: 14 OK *
# 5.1, 5.2
C: 15 append inbox "20-Mar-2018 03:07:37 +1100" {{msg egg}}
S: 15 OK [APPENDUID * 1] *
C: 16 append inbox "20-Mar-2018 03:07:37 +1100" {{msg reply}}
S: 16 OK [APPENDUID * 2] *
C: 17 append inbox "20-Mar-2018 03:07:37 +1100" {{msg other}}
S: 17 OK [APPENDUID * 3] *
C: 18 select inbox
S...
S: 18 OK *
C: 22 fetch 1:* (emailid threadid)
S: * 1 FETCH (EMAILID ({{m1}}) THREADID ({{t1}}))
S: * 2 FETCH (EMAILID ({{m2}}) THREADID ({{t1}}))
S: * 3 FETCH (EMAILID ({{m3}}) THREADID ({{t2}}))
S: 22 OK *
C: 23 move 2 foo
S: * OK [COPYUID * 2 1] *
S: * 2 EXPUNGE
S: 23 OK *
C: 24 fetch 1:* (emailid threadid)
S: * 1 FETCH (EMAILID ({{m1}}) THREADID ({{t1}}))
S: * 2 FETCH (EMAILID ({{m3}}) THREADID ({{t2}}))
S: 24 OK *
# 6
C: 27 search emailid {{m1}}
S: * SEARCH 1
S: 27 OK *
C: 28 search threadid {{t1}}
S: * SEARCH 1
S: 28 OK *
C: 29 search not emailid {{m1}}
S: * SEARCH 2
S: 29 OK *
C: 25 select "foo"
S...
S: 25 OK [READ-WRITE] *
C: 26 fetch 1:* (emailid threadid)
S: * 1 FETCH (EMAILID ({{m2}}) THREADID ({{t1}}))
S: 26 OK *
