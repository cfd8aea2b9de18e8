# The examples of RFC 6154 5: roles listed, given at birth, and as the annotation /private/specialuse
# shows: SPECIAL-USE CREATE-SPECIAL-USE LIST-METADATA
@conf store.default_mailboxes =
LOGIN
C: t01 CREATE SentMail (USE (\Sent)){{hex 0d0a}}t02 CREATE MyDrafts (USE (\Drafts)){{hex 0d0a}}t03 CREATE Trash (USE (\Trash)){{hex 0d0a}}t04 CREATE ToDo{{hex 0d0a}}t05 CREATE Projects/one
S: t01 OK *
S: t02 OK *
S: t03 OK *
S: t04 OK *
S: t05 OK *
# 5.1
C: t1 LIST "" "%"
S~: * LIST (\HasNoChildren) "/" INBOX
S~: * LIST (\HasNoChildren) "/" ToDo
S~: * LIST (\HasChildren) "/" Projects
S~: * LIST (\HasNoChildren \Sent) "/" SentMail
S~: * LIST (\HasNoChildren \Drafts) "/" MyDrafts
S~: * LIST (\HasNoChildren \Trash) "/" Trash
S: t1 OK *
# 5.2
C: t2 LIST "" "%" RETURN (SPECIAL-USE)
S~: * LIST (*) "/" INBOX
S~: * LIST (*) "/" ToDo
S~: * LIST (*) "/" Projects
S~: * LIST (* \Sent) "/" SentMail
S~: * LIST (* \Drafts) "/" MyDrafts
S~: * LIST (* \Trash) "/" Trash
S: t2 OK *
C: t3 LIST (SPECIAL-USE) "" "*"
S~: * LIST (* \Sent) "/" SentMail
S~: * LIST (* \Drafts) "/" MyDrafts
S~: * LIST (* \Trash) "/" Trash
S: t3 OK *
# 5.3: one use at most, none that another has; no mailbox is made then
C: c2 CREATE MySpecial (USE (\Drafts \Sent))
S: c2 NO [USEATTR] *
C: c3 CREATE Everything (USE (\All))
S: c3 NO [USEATTR] *
C: c4 CREATE More (USE (\Trash))
S: c4 NO [USEATTR] *
C: c5 LIST "" (MySpecial Everything More)
S: c5 OK *
# 5.4; a use that another mailbox has is given up there first
C: m0 CREATE SavedDrafts
S: m0 OK *
C: m2 GETMETADATA "MyDrafts" /private/specialuse
S: * METADATA MyDrafts (/private/specialuse "\\Drafts")
S: m2 OK *
C: m3 SETMETADATA "SavedDrafts" (/private/specialuse "\\Drafts")
S: m3 NO [USEATTR] *
C: m4 SETMETADATA MyDrafts (/private/specialuse NIL)
S: m4 OK *
C: m5 SETMETADATA "SavedDrafts" (/private/specialuse "\\drafts")
S: m5 OK *
C: m6 SETMETADATA "SentMail" (/private/specialuse NIL)
S: m6 OK *
C: m7 LIST "" (SentMail MyDrafts SavedDrafts Trash) RETURN (SPECIAL-USE METADATA (/private/specialuse))
S~: * LIST (\HasNoChildren) "/" SentMail
S~: * METADATA SentMail (/private/specialuse NIL)
S~: * LIST (\HasNoChildren) "/" MyDrafts
S~: * METADATA MyDrafts (/private/specialuse NIL)
S~: * LIST (\HasNoChildren \Drafts) "/" SavedDrafts
S~: * METADATA SavedDrafts (/private/specialuse "\\Drafts")
S~: * LIST (\HasNoChildren \Trash) "/" Trash
S~: * METADATA Trash (/private/specialuse "\\Trash")
S: m7 OK *
# what it can't be, and where; other entries are none of its business
C: n1 SETMETADATA ToDo (/private/specialuse "\\All")
S: n1 NO [USEATTR] *
C: n2 SETMETADATA ToDo (/private/specialuse "\\Junk \\Sent")
S: n2 NO [USEATTR] *
C: n3 SETMETADATA INBOX (/private/specialuse "\\Archive")
S: n3 NO [USEATTR] *
C: n4 SETMETADATA ToDo (/private/comment "x" /private/specialuse "\\Junk")
S: n4 NO [CANNOT] *
C: n5 GETMETADATA ToDo (/private/comment /private/specialuse)
S: * METADATA ToDo (/private/comment NIL /private/specialuse NIL)
S: n5 OK *
C: n6 SETMETADATA ToDo (/private/comment "x")
S: n6 OK *
C: n7 GETMETADATA (DEPTH 1) Trash /private
S: * METADATA Trash (/private/specialuse "\\Trash")
S: n7 OK *
C: n8 GETMETADATA (MAXSIZE 3) Trash /private/specialuse
S: n8 OK [METADATA LONGENTRIES 6]*
# of a mailbox that is shared the role is its owner's
C2: l2 LOGIN {{user2}} {{password}}
S2: l2 OK *
C: p1 SETACL Trash {{user2}} lrsw
S: p1 OK *
C2: p2 GETMETADATA "Other Users/{{user}}/Trash" /private/specialuse
S2: * METADATA "Other Users/{{user}}/Trash" (/private/specialuse NIL)
S2: p2 OK *
C2: p3 SETMETADATA "Other Users/{{user}}/Trash" (/private/specialuse "\\Junk")
S2: p3 OK *
C: p4 LIST (SPECIAL-USE) "" Trash
S: * LIST (\HasNoChildren \Trash) "/" Trash
S: p4 OK *
