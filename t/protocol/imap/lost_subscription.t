# A name stays subscribed when its mailbox is deleted (RFC 3501 6.3.6, RFC 9051 6.3.7; RFC 5258 5, examples 5 and 9)
# shows: LIST-EXTENDED
LOGIN
C: a1 CREATE a/b/c
S: a1 OK *
C: a2 SUBSCRIBE a/b/c
S: a2 OK *
C: a3 SUBSCRIBE a/b
S: a3 OK *
C: a4 DELETE a/b/c
S: a4 OK *
C: a5 LSUB "" a*
S: * LSUB () "/" a/b
S: * LSUB () "/" a/b/c
S: a5 OK *
C: a6 LIST (SUBSCRIBED) "" a*
S: * LIST (\Subscribed \HasNoChildren) "/" a/b
S: * LIST (\NonExistent \Subscribed \HasNoChildren) "/" a/b/c
S: a6 OK *
# it is no mailbox, and not listed as one
C: a7 LIST "" a* RETURN (SUBSCRIBED)
S: * LIST (\HasChildren) "/" a
S: * LIST (\Subscribed \HasNoChildren) "/" a/b
S: a7 OK *
C: a8 SELECT a/b/c
S: a8 NO [NONEXISTENT] *
C: a9 LIST (SUBSCRIBED) "" a* RETURN (STATUS (MESSAGES))
S: * LIST (\Subscribed \HasNoChildren) "/" a/b
S: * STATUS a/b (MESSAGES 0)
S: * LIST (\NonExistent \Subscribed \HasNoChildren) "/" a/b/c
S: a9 OK *
# what stands above is told of it, be it there or not
C: b1 DELETE a/b
S: b1 OK *
C: b2 DELETE a
S: b2 OK *
C: b3 LIST (SUBSCRIBED RECURSIVEMATCH) "" a%
S: * LIST (\NonExistent \HasChildren) "/" a ("CHILDINFO" ("SUBSCRIBED"))
S: b3 OK *
C: b4 LSUB "" a/%
S: * LSUB () "/" a/b
S: b4 OK *
C: b5 LSUB "" %
S...
S: * LSUB (\Noselect) "/" a
S...
S: b5 OK *
# a mailbox of that name is subscribed from its birth
C: c1 CREATE a/b/c
S: c1 OK *
C: c2 LIST (SUBSCRIBED) "" a*
S: * LIST (\Subscribed \HasChildren) "/" a/b
S: * LIST (\Subscribed \HasNoChildren) "/" a/b/c
S: c2 OK *
C: c3 UNSUBSCRIBE a/b/c
S: c3 OK *
C: c4 UNSUBSCRIBE a/b
S: c4 OK *
C: c5 LSUB "" a*
S: c5 OK *
# what is not subscribed need not be there to be unsubscribed; but a name is only subscribed where there is a mailbox
C: d1 UNSUBSCRIBE never/there
S: d1 OK *
C: d2 SUBSCRIBE never/there
S: d2 NO [NONEXISTENT] *
C: d3 SUBSCRIBE a/b/c
S: d3 OK *
C: d4 DELETE a/b/c
S: d4 OK *
C: d5 UNSUBSCRIBE a/b/c
S: d5 OK *
C: d6 LSUB "" a*
S: d6 OK *
# a mailbox that was renamed takes its subscription along
C: e1 SUBSCRIBE a/b
S: e1 OK *
C: e2 RENAME a/b a/z
S: e2 OK *
C: e3 LSUB "" a*
S: * LSUB () "/" a/z
S: e3 OK *
