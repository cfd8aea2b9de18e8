# NOTIFY's MailboxMetadataChange and ServerMetadataChange (RFC 5465 5.6, 5.7; RFC 5464 4.4.2)
LOGIN
LOGIN2
C: a1 CREATE Box
S: a1 OK *
C: a2 SETMETADATA Box (/shared/comment "before")
S: a2 OK *
C: a3 NOTIFY SET (personal (MailboxMetadataChange ServerMetadataChange))
S: a3 OK *
# names, never values; one line a mailbox; removal too
C2: b1 SETMETADATA INBOX (/shared/comment "one" /private/comment "two")
S2: b1 OK *
S: * METADATA INBOX /private/comment /shared/comment
C2: b2 SETMETADATA Box (/shared/comment "after")
S2: b2 OK *
S: * METADATA Box /shared/comment
C2: b3 SETMETADATA Box (/shared/comment "after")
S2: b3 OK *
C2: b4 SETMETADATA Box (/shared/comment NIL)
S2: b4 OK *
S: * METADATA Box /shared/comment
C2: b5 SETMETADATA "" (/private/comment "mine")
S2: b5 OK *
S: * METADATA "" /private/comment
# what this session does is not told
C: c1 SETMETADATA INBOX (/private/comment "three")
S: c1 OK *
C: c2 NOOP
S: c2 OK *
C2: c3 SETMETADATA INBOX (/shared/comment NIL)
S2: c3 OK *
S: * METADATA INBOX /shared/comment
# Postern's own entries are nobody's news
C2: d1 SUBSCRIBE Box
S2: d1 OK *
C: d2 NOTIFY SET (mailboxes Box (MailboxMetadataChange))
S: d2 OK *
C2: d3 SETMETADATA INBOX (/private/comment "four")
S2: d3 OK *
C2: d4 SETMETADATA "" (/private/comment NIL)
S2: d4 OK *
C2: d5 SETMETADATA Box (/private/comment "five")
S2: d5 OK *
S: * METADATA Box /private/comment
# others' mailboxes: what their reader may read
C3: l3 LOGIN {{user2}} {{password}}
S3: l3 OK *
C: e1 SETACL Box {{user2}} lr
S: e1 OK *
C3: e2 NOTIFY SET (subtree "Other Users" (MailboxMetadataChange))
S3: e2 OK *
C: e3 SETMETADATA Box (/private/comment "six")
S: e3 OK *
C: e4 SETMETADATA Box (/shared/comment "seven")
S: e4 OK *
S3: * METADATA "Other Users/{{user}}/Box" /shared/comment
# not of the selected mailbox
C: f1 NOTIFY SET (selected (MailboxMetadataChange))
S: f1 BAD *
C: f2 NOTIFY SET (personal (AnnotationChange))
S: f2 BAD *
C: f3 NOTIFY SET (personal (NoSuchEvent))
S: f3 NO [BADEVENT (MessageNew MessageExpunge FlagChange AnnotationChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)] *
