# CREATE, DELETE, RENAME, SUBSCRIBE, LIST, LSUB, STATUS, NAMESPACE
# shows: NAMESPACE CHILDREN SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS
LOGIN
C: a1 NAMESPACE
S: * NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))
S: a1 OK *
C: a2 LIST "" ""
S: * LIST (\Noselect) "/" ""
S: a2 OK *
C: a3 LIST "" *
S: * LIST (\HasNoChildren) "/" INBOX
S~: * LIST (\HasNoChildren \Archive) "/" Archive
S~: * LIST (\HasNoChildren \Drafts) "/" Drafts
S~: * LIST (\HasNoChildren \Junk) "/" Junk
S~: * LIST (\HasNoChildren \Sent) "/" Sent
S~: * LIST (\HasNoChildren \Trash) "/" Trash
S: a3 OK *
C: a4 CREATE a/b/c/
S: a4 OK [MAILBOXID (*)] *
C: a5 CREATE a/b
S: a5 NO [ALREADYEXISTS] *
C: a6 CREATE inbox
S: a6 NO [ALREADYEXISTS] *
C: a7 LIST "" a*
S: * LIST (\HasChildren) "/" a
S: * LIST (\HasChildren) "/" a/b
S: * LIST (\HasNoChildren) "/" a/b/c
S: a7 OK *
C: a8 LIST "a/" %
S: * LIST (\HasChildren) "/" a/b
S: a8 OK *
C: a9 DELETE a
S: a9 NO [HASCHILDREN] *
C: b1 RENAME a x/y
S: b1 OK *
C: b2 LIST "" x*
S: * LIST (\HasChildren) "/" x
S: * LIST (\HasChildren) "/" x/y
S: * LIST (\HasChildren) "/" x/y/b
S: * LIST (\HasNoChildren) "/" x/y/b/c
S: b2 OK *
C: b3 RENAME x x/z
S: b3 NO *
C: b4 RENAME nosuch z
S: b4 NO [NONEXISTENT] *
C: b5 DELETE x/y/b/c
S: b5 OK *
C: b6 DELETE INBOX
S: b6 NO *
# subscriptions
C: c1 LSUB "" x*
S: c1 OK *
C: c2 SUBSCRIBE x/y/b
S: c2 OK *
C: c3 LSUB "" x/%
S: * LSUB (\Noselect) "/" x/y
S: c3 OK *
C: c4 LIST (SUBSCRIBED) "" x*
S: * LIST (\Subscribed \HasNoChildren) "/" x/y/b
S: c4 OK *
C: c5 LIST (SUBSCRIBED RECURSIVEMATCH) "" x
S: * LIST (\HasChildren) "/" x ("CHILDINFO" ("SUBSCRIBED"))
S: c5 OK *
C: c6 UNSUBSCRIBE x/y/b
S: c6 OK *
C: c7 SUBSCRIBE nosuch
S: c7 NO *
# STATUS, alone and with LIST
C: d1 STATUS INBOX (MESSAGES UIDNEXT UNSEEN DELETED SIZE RECENT)
S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1 UNSEEN 0 DELETED 0 SIZE 0 RECENT 0)
S: d1 OK *
C: d2 STATUS nosuch (MESSAGES)
S: d2 NO *
C: d3 LIST "" Sent RETURN (STATUS (MESSAGES) SUBSCRIBED)
S: * LIST (\Subscribed \HasNoChildren \Sent) "/" Sent
S: * STATUS Sent (MESSAGES 0)
S: d3 OK *
C: d4 LIST (SPECIAL-USE) "" (Sent Trash x) RETURN (SPECIAL-USE)
S: * LIST (\HasNoChildren \Sent) "/" Sent
S: * LIST (\HasNoChildren \Trash) "/" Trash
S: d4 OK *
# names: modified UTF-7 until IMAP4rev2 is enabled
C: e1 CREATE Entw&APw-rfe
S: e1 OK *
C: e2 LIST "" Ent*
S: * LIST (\HasNoChildren) "/" Entw&APw-rfe
S: e2 OK *
C: e3 ENABLE IMAP4rev2
S: * ENABLED IMAP4rev2
S: e3 OK *
C: e4 LIST "" Ent*
S: * LIST (\HasNoChildren) "/" "Entwürfe"
S: e4 OK *
C: e5 STATUS "Entwürfe" (MESSAGES)
S: * STATUS "Entwürfe" (MESSAGES 0)
S: e5 OK *
# a role is given at birth
C: e6 CREATE wichtig (USE (\Important))
S: e6 OK *
C: e7 CREATE alles (USE (\All))
S: e7 NO [USEATTR] *
C: e8 LIST (SPECIAL-USE) "" w*
S: * LIST (\HasNoChildren \Important) "/" wichtig
S: e8 OK *
