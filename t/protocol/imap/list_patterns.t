# LIST and LSUB: wildcards, references, selection and return options (RFC 3501 6.3.8-6.3.9, RFC 5258)
# shows: LIST-EXTENDED
LOGIN
C: a1 CREATE a/b/c
S: a1 OK *
C: a2 CREATE INBOX/in
S: a2 OK *
C: b1 LIST "" ""
S: * LIST (\Noselect) "/" ""
S: b1 OK *
C: b2 LIST a/b ""
S: * LIST (\Noselect) "/" ""
S: b2 OK *
C: b3 LIST "" a/%
S: * LIST (\HasChildren) "/" a/b
S: b3 OK *
C: b4 LIST a/ %
S: * LIST (\HasChildren) "/" a/b
S: b4 OK *
C: b5 LIST "" a*c
S: * LIST (\HasNoChildren) "/" a/b/c
S: b5 OK *
C: b6 LIST "" a%c
S: b6 OK *
C: b7 LIST "" %%/%%/%
S: * LIST (\HasNoChildren) "/" a/b/c
S: b7 OK *
C: b8 LIST "" iNbOx*
S: * LIST (\HasChildren) "/" INBOX
S: * LIST (\HasNoChildren) "/" INBOX/in
S: b8 OK *
C: b9 LIST "" A
S: b9 OK *
# several patterns name a mailbox once; an empty one among them nothing
C: c1 LIST "" ("" a* a/b) RETURN (CHILDREN)
S: * LIST (\HasChildren) "/" a
S: * LIST (\HasChildren) "/" a/b
S: * LIST (\HasNoChildren) "/" a/b/c
S: c1 OK *
C: c2 SUBSCRIBE a/b/c
S: c2 OK *
C: c3 LIST (SUBSCRIBED) "" a*
S: * LIST (\Subscribed \HasNoChildren) "/" a/b/c
S: c3 OK *
C: c4 LIST (SUBSCRIBED RECURSIVEMATCH) "" a
S: * LIST (\HasChildren) "/" a ("CHILDINFO" ("SUBSCRIBED"))
S: c4 OK *
C: c5 LIST (RECURSIVEMATCH) "" *
S: c5 BAD *
C: c6 LIST (RECURSIVEMATCH REMOTE) "" *
S: c6 BAD *
C: c7 LIST (NOSUCH) "" *
S: c7 BAD *
C: c8 LIST "" * RETURN (NOSUCH)
S: c8 BAD *
C: c9 LIST (REMOTE) "" a/b RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT))
S: * LIST (\HasChildren) "/" a/b
S: * STATUS a/b (MESSAGES 0 UIDNEXT 1)
S: c9 OK *
C: d1 LIST (SPECIAL-USE SUBSCRIBED) "" T* RETURN (SPECIAL-USE)
S: * LIST (\Subscribed \HasNoChildren \Trash) "/" Trash
S: d1 OK *
# with % what is not subscribed itself stands for what is, below it
C: e1 LSUB "" a%
S: * LSUB (\Noselect) "/" a
S: e1 OK *
C: e2 LSUB "" a/%
S: * LSUB (\Noselect) "/" a/b
S: e2 OK *
C: e3 LSUB "" a/b
S: e3 OK *
C: e4 LSUB a/ *
S: * LSUB () "/" a/b/c
S: e4 OK *
