# ESEARCH in several mailboxes (RFC 7377)
# shows: MULTISEARCH
@message chad
Subject: from chad

x
@end
@message other
Subject: other

y
@end
LOGIN
C: a1 CREATE folder1
S: a1 OK *
C: a2 CREATE folder2/banana/ripe
S: a2 OK *
C: a3 CREATE folder2/peach
S: a3 OK *
C: a4 APPEND folder1 {{msg chad}}
S: a4 OK *
C: a5 APPEND folder2/banana {{msg other}}
S: a5 OK *
C: a6 APPEND folder2/banana/ripe {{msg chad}}
S: a6 OK *
C: a7 APPEND folder2/peach (\Seen) {{msg chad}}
S: a7 OK *
C: a8 APPEND folder2/banana {{msg chad}}
S: a8 OK *
C: tag1 ESEARCH IN (mailboxes "folder1" subtree "folder2") unseen
S: * ESEARCH (TAG "tag1" MAILBOX folder1 UIDVALIDITY {{v1}}) UID ALL 1
S: * ESEARCH (TAG "tag1" MAILBOX folder2/banana UIDVALIDITY {{v2}}) UID ALL 1:2
S: * ESEARCH (TAG "tag1" MAILBOX folder2/banana/ripe UIDVALIDITY {{v3}}) UID ALL 1
S: tag1 OK *
C: tag2 ESEARCH IN (mailboxes "folder1" subtree-one "folder2") subject "chad"
S: * ESEARCH (TAG "tag2" MAILBOX folder1 UIDVALIDITY {{v1}}) UID ALL 1
S: * ESEARCH (TAG "tag2" MAILBOX folder2/banana UIDVALIDITY {{v2}}) UID ALL 2
S: * ESEARCH (TAG "tag2" MAILBOX folder2/peach UIDVALIDITY {{v4}}) UID ALL 1
S: tag2 OK *
# no answer for a mailbox without a match, whatever is asked for
C: b1 ESEARCH IN (personal) RETURN (COUNT MIN) SUBJECT other
S: * ESEARCH (TAG "b1" MAILBOX folder2/banana UIDVALIDITY {{v2}}) UID MIN 1 COUNT 1
S: b1 OK *
C: b2 ESEARCH IN (personal) SUBJECT nothing
S: b2 OK *
C: b3 ESEARCH IN (mailboxes (nowhere folder1)) RETURN (PARTIAL 1:5) ALL
S: * ESEARCH (TAG "b3" MAILBOX folder1 UIDVALIDITY {{v1}}) UID PARTIAL (1:5 1)
S: b3 OK *
C: b4 ESEARCH IN (subscribed) RETURN (COUNT) SUBJECT chad
S: b4 OK *
C: b5 SUBSCRIBE folder2/peach
S: b5 OK *
C: b6 ESEARCH IN (subscribed) RETURN (COUNT) SUBJECT chad
S: * ESEARCH (TAG "b6" MAILBOX folder2/peach UIDVALIDITY {{v4}}) UID COUNT 1
S: b6 OK *
C: c1 ESEARCH SUBJECT chad
S: c1 BAD *
C: c2 ESEARCH IN (selected mailboxes folder1) ALL
S: c2 BAD *
C: c3 SELECT folder2/banana
S...
S: c3 OK *
C: c4 ESEARCH SUBJECT chad 1:100
S: * ESEARCH (TAG "c4" MAILBOX folder2/banana UIDVALIDITY {{v2}}) UID ALL 2
S: c4 OK *
C: c5 UID ESEARCH 101:200
S: c5 OK *
C: c6 ESEARCH IN (selected mailboxes folder1) RETURN (COUNT) ALL
S: * ESEARCH (TAG "c6" MAILBOX folder2/banana UIDVALIDITY {{v2}}) UID COUNT 2
S: * ESEARCH (TAG "c6" MAILBOX folder1 UIDVALIDITY {{v1}}) UID COUNT 1
S: c6 OK *
C: c7 ESEARCH RETURN (SAVE) SUBJECT chad
S: c7 OK *
C: c8 FETCH $ UID
S: * 2 FETCH (UID 2)
S: c8 OK *
C: c9 ESEARCH IN (mailboxes folder1) RETURN (SAVE) ALL
S: c9 BAD *
C: d1 ESEARCH IN (selected-delayed) ALL
S: d1 BAD *
C: d2 ESEARCH IN (everywhere) ALL
S: d2 BAD *
