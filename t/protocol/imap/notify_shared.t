# NOTIFY (RFC 5465) of mailboxes that others share, as far as the rights l and r go (5, 5.9)
@message one
Subject: one

text
@end
LOGIN
C2: l2 LOGIN {{user2}} {{password}}
S2: l2 OK *
C: a1 CREATE Team
S: a1 OK *
C: a2 CREATE Secret
S: a2 OK *
C: a3 CREATE Listed
S: a3 OK *
C: a4 SETACL Team {{user2}} lrswi
S: a4 OK *
C: a5 SETACL Listed {{user2}} l
S: a5 OK *
# what may be listed but not read is told to be so; what may not be listed is passed over
C2: b1 NOTIFY SET STATUS (subtree "Other Users" (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)) (mailboxes "Other Users/{{user}}/Secret" (MailboxName))
S2: * LIST (\NoAccess) "/" "Other Users/{{user}}/Listed"
S2: * STATUS "Other Users/{{user}}/Team" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY * UNSEEN 0)
S2: b1 OK *
C: c1 APPEND Team {{msg one}}
S: c1 OK *
S2: * STATUS "Other Users/{{user}}/Team" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY * UNSEEN 1)
C: c2 APPEND Secret {{msg one}}
S: c2 OK *
C: c3 APPEND Listed {{msg one}}
S: c3 OK *
C: c4 SELECT Team
S...
S: c4 OK *
C: c5 STORE 1 +FLAGS.SILENT (\Seen)
S: c5 OK *
S2: * STATUS "Other Users/{{user}}/Team" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY * UNSEEN 0)
# what is made below inherits the list
C: d1 CREATE Team/2027
S: d1 OK *
S2~: * LIST (\HasNoChildren) "/" "Other Users/{{user}}/Team/2027"
S2~: * LIST (\HasChildren) "/" "Other Users/{{user}}/Team"
C: d2 RENAME Team/2027 Team/2028
S: d2 OK *
S2: * LIST (\HasNoChildren) "/" "Other Users/{{user}}/Team/2028" ("OLDNAME" ("Other Users/{{user}}/Team/2027"))
# a grant is as a creation; one that shows without reading, and the right to read given and taken
C: e1 SETACL Secret {{user2}} lr
S: e1 OK *
S2: * LIST (\HasNoChildren) "/" "Other Users/{{user}}/Secret"
C: e2 SETACL Listed {{user2}} lr
S: e2 OK *
S2: * LIST (\HasNoChildren) "/" "Other Users/{{user}}/Listed"
C: e3 SETACL Listed {{user2}} l
S: e3 OK *
S2: * LIST (\NoAccess) "/" "Other Users/{{user}}/Listed"
C: e4 DELETEACL Secret {{user2}}
S: e4 OK *
S2: * LIST (\NonExistent) "/" "Other Users/{{user}}/Secret"
C: e5 APPEND Secret {{msg one}}
S: e5 OK *
# a subscription from another session of the subscriber
C3: l3 LOGIN {{user2}} {{password}}
S3: l3 OK *
C3: f1 SUBSCRIBE "Other Users/{{user}}/Team"
S3: f1 OK *
S2: * LIST (\Subscribed \HasChildren) "/" "Other Users/{{user}}/Team"
# its own is not told
C2: f2 UNSUBSCRIBE "Other Users/{{user}}/Team"
S2: f2 OK *
C2: f3 NOOP
S2: f3 OK *
# personal mailboxes are one's own
C2: g1 NOTIFY SET (personal (MessageNew MessageExpunge)) (subscribed (MailboxName))
S2: g1 OK *
C: g2 APPEND Team {{msg one}}
S: * 2 EXISTS
S: * * RECENT
S: g2 OK *
C2: g3 NOOP
S2: g3 OK *
# who gets a first share from an account hears of it too
C2: h1 CREATE Mine
S2: h1 OK *
C: h2 NOTIFY SET (subtree "Other Users" (MailboxName MessageNew MessageExpunge))
S: h2 OK *
C2: h3 SETACL Mine {{user}} lr
S2: h3 OK *
S: * LIST (\HasNoChildren) "/" "Other Users/{{user2}}/Mine"
C2: h4 APPEND Mine {{msg one}}
S2: h4 OK *
S: * STATUS "Other Users/{{user2}}/Mine" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY *)
