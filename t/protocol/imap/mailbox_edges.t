# CREATE, DELETE, RENAME at their edges (RFC 9051 6.3.4-6.3.6)
LOGIN
C: a1 CREATE x/
S: a1 OK *
C: a2 LIST "" x*
S: * LIST (\HasNoChildren) "/" x
S: a2 OK *
C: a3 CREATE x
S: a3 NO [ALREADYEXISTS] *
C: a4 CREATE inbox
S: a4 NO [ALREADYEXISTS] *
C: a5 CREATE /abs
S: a5 NO [CANNOT] *
C: a6 CREATE a//b
S: a6 NO [CANNOT] *
C: a7 CREATE ""
S: a7 NO [CANNOT] *
C: a8 CREATE /
S: a8 NO [CANNOT] *
# what stands above is made too
C: b1 CREATE p/q/r
S: b1 OK *
C: b2 LIST "" p*
S: * LIST (\HasChildren) "/" p
S: * LIST (\HasChildren) "/" p/q
S: * LIST (\HasNoChildren) "/" p/q/r
S: b2 OK *
C: b3 DELETE p/q
S: b3 NO [HASCHILDREN] *
C: b4 DELETE nosuch
S: b4 NO [NONEXISTENT] *
C: b5 DELETE inbox
S: b5 NO [CANNOT] *
C: c1 RENAME p p/q/s
S: c1 NO [CANNOT] *
C: c2 RENAME x p/q
S: c2 NO [ALREADYEXISTS] *
C: c3 RENAME x INBOX
S: c3 NO [ALREADYEXISTS] *
C: c4 RENAME x x
S: c4 NO [ALREADYEXISTS] *
C: c5 RENAME nosuch y
S: c5 NO [NONEXISTENT] *
# what is below goes along, what is to stand above is made
C: c6 RENAME p new/place
S: c6 OK *
C: c7 LIST "" new*
S: * LIST (\HasChildren) "/" new
S: * LIST (\HasChildren) "/" new/place
S: * LIST (\HasChildren) "/" new/place/q
S: * LIST (\HasNoChildren) "/" new/place/q/r
S: c7 OK *
# modified UTF-7 has one spelling of each name
C: d1 CREATE "&AOQ"
S: d1 NO [CANNOT] *
C: d2 CREATE "&AGE-"
S: d2 NO [CANNOT] *
C: d3 CREATE "&AOQ-&AOQ-"
S: d3 NO [CANNOT] *
C: d4 CREATE "&2D0-"
S: d4 NO [CANNOT] *
C: d5 CREATE "&2D3eTw-"
S: d5 OK *
C: d6 CREATE "&-"
S: d6 OK *
C: d7 LIST "" "&-"
S: * LIST (\HasNoChildren) "/" &-
S: d7 OK *
C: e1 STATUS nosuch (MESSAGES)
S: e1 NO [NONEXISTENT] *
C: e2 STATUS x ()
S: e2 BAD *
C: e3 STATUS x (messages MESSAGES)
S: * STATUS x (MESSAGES 0)
S: e3 OK *
# the selected mailbox has a status like any other
C: e4 SELECT x
S...
S: e4 OK *
C: e5 STATUS x (MESSAGES UIDNEXT)
S: * STATUS x (MESSAGES 0 UIDNEXT 1)
S: e5 OK *
