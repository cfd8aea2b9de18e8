# A mailbox that another user shares: what is seen, what may be done, and what a right that is taken away does at once
# shows: NAMESPACE ACL
@message one
Subject: one

first
@end
@message two
Subject: two

second
@end
LOGIN
C2: a0 LOGIN {{user2}} {{password}}
S2: a0 OK *
C: a1 NAMESPACE
S: * NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))
S: a1 OK *
C: a2 CREATE Work/Plans
S: a2 OK *
C: a3 APPEND Work (\Flagged) {{msg one}}
S: a3 OK *
# nothing is shared: the same answer as for an account that does not exist
C2: b1 SELECT "Other Users/{{user}}/Work"
S2: b1 NO [NONEXISTENT] *
C2: b2 SELECT "Other Users/nobody@example.org/Work"
S2: b2 NO [NONEXISTENT] *
C2: b3 LIST "" "Other Users*"
S2: b3 OK *
C2: b4 CREATE "Other Users/{{user}}/New"
S2: b4 NO [NONEXISTENT] *
C2: b5 CREATE "Other Users/nobody@example.org/New"
S2: b5 NO [NONEXISTENT] *
# l shows the mailbox, no more; what stands above is listed level by level
C: c1 SETACL Work/Plans {{user2}} l
S: c1 OK *
C2: c2 LIST "" "Other Users*"
S2: * LIST (\HasNoChildren) "/" "Other Users/{{user}}/Work/Plans"
S2: c2 OK *
C2: c3 LIST "" "Other Users/%/%"
S2: * LIST (\Noselect \HasChildren) "/" "Other Users/{{user}}/Work"
S2: c3 OK *
C2: c4 LIST "" ("Other Users" "Other Users/%") RETURN (CHILDREN)
S2: * LIST (\NonExistent \HasChildren) "/" "Other Users"
S2: * LIST (\NonExistent \HasChildren) "/" "Other Users/{{user}}"
S2: c4 OK *
C2: c5 SELECT "Other Users/{{user}}/Work/Plans"
S2: c5 NO [NOPERM] *
C2: c6 STATUS "Other Users/{{user}}/Work/Plans" (MESSAGES)
S2: c6 NO [NOPERM] *
C2: c7 APPEND "Other Users/{{user}}/Work/Plans" {{msg one}}
S2: c7 NO [NOPERM] *
C2: c8 MYRIGHTS "Other Users/{{user}}/Work/Plans"
S2: * MYRIGHTS "Other Users/{{user}}/Work/Plans" l
S2: c8 OK *
C2: c9 GETACL "Other Users/{{user}}/Work/Plans"
S2: c9 NO [NOPERM] *
C2: d0 SELECT "Other Users/{{user}}/Work"
S2: d0 NO [NONEXISTENT] *
# lr: read-only, and FETCH leaves \Seen alone
C: d1 SETACL Work {{user2}} lr
S: d1 OK *
C2: d2 SELECT "Other Users/{{user}}/Work"
S2: * FLAGS *
S2: * OK [PERMANENTFLAGS ()] *
S2: * 1 EXISTS
S2: * 0 RECENT
S2: * OK [UNSEEN 1] *
S2: * OK [UIDVALIDITY *] *
S2: * OK [UIDNEXT 2] *
S2: * OK [HIGHESTMODSEQ *] *
S2: * OK [MAILBOXID (*)] *
S2: * OK [ANNOTATIONS 65536] *
S2: d2 OK [READ-ONLY] *
C2: d3 FETCH 1 (FLAGS BODY[TEXT])
S2: * 1 FETCH (FLAGS (\Flagged) BODY[TEXT] {7}<CRLF>first<CRLF>)
S2: d3 OK *
C2: d4 STORE 1 +FLAGS (\Seen)
S2: d4 NO *
# a right that is given is told at once (5.1.1)
C: d5 SETACL Work {{user2}} lrs
S: d5 OK *
C2: d6 NOOP
S2: * FLAGS *
S2: * OK [PERMANENTFLAGS (\Seen)] *
S2: * OK [READ-WRITE] *
S2: d6 OK *
C2: d7 STORE 1 +FLAGS (\Seen \Answered)
S2: * 1 FETCH (FLAGS (\Seen \Flagged))
S2: d7 OK *
C2: d8 STORE 1 +FLAGS (\Answered)
S2: d8 NO [NOPERM] *
C2: d9 EXPUNGE
S2: d9 NO [NOPERM] *
C: e1 SETACL Work {{user2}} +wite
S: e1 OK *
C2: e2 NOOP
S2: * FLAGS *
S2: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] *
S2: e2 OK *
# IDLE sees what the owner does, and the owner what the sharer does
C2: e3 IDLE
S2: + *
C: e4 APPEND Work {{msg two}}
S: e4 OK *
S2: * 2 EXISTS
S2: * 0 RECENT
C2: DONE
S2: e3 OK *
C: e5 SELECT Work
S...
S: e5 OK *
C2: e6 APPEND "Other Users/{{user}}/Work" (\Draft) {{msg two}}
S2: * 3 EXISTS
S2: * 0 RECENT
S2: e6 OK [APPENDUID * 3] *
C: e7 NOOP
S: * 3 EXISTS
S: * 3 RECENT
S: e7 OK *
C2: e8 STORE 3 +FLAGS.SILENT (\Deleted)
S2: e8 OK *
C2: e9 EXPUNGE
S2: * 3 EXPUNGE
S2: e9 OK *
C: f1 NOOP
S: * 3 EXPUNGE
S: f1 OK *
# copies and moves between accounts, with dates, flags and keywords
C2: f2 STORE 1 +FLAGS (word)
S2...
S2: f2 OK *
C2: f3 COPY 1:2 Archive
S2: f3 OK [COPYUID * 1:2 1:2] *
C2: f4 MOVE 2 Archive
S2: * OK [COPYUID * 2 3] *
S2: * 2 EXPUNGE
S2: f4 OK *
C2: f5 SELECT Archive
S2...
S2: f5 OK *
C2: f6 FETCH 1:* (FLAGS BODY.PEEK[TEXT])
S2: * 1 FETCH (FLAGS (\Seen \Flagged word \Recent) BODY[TEXT] {7}<CRLF>first<CRLF>)
S2: * 2 FETCH (FLAGS (\Recent) BODY[TEXT] {8}<CRLF>second<CRLF>)
S2: * 3 FETCH (FLAGS (\Recent) BODY[TEXT] {8}<CRLF>second<CRLF>)
S2: f6 OK *
C2: f7 MOVE 2 "Other Users/{{user}}/Work"
S2: * OK [COPYUID * 2 4] *
S2: * 2 EXPUNGE
S2: f7 OK *
C2: f8 COPY 1 "Other Users/{{user}}/Nowhere"
S2: f8 NO [TRYCREATE] *
C2: f9 COPY 1 "Other Users/{{user}}/Work/Plans"
S2: f9 NO [NOPERM] *
# 4: flags that may not be set are not copied
C: g0 NOOP
S...
S: g0 OK *
C: g1 SETACL Work/Plans {{user2}} lri
S: g1 OK *
C2: g2 COPY 1 "Other Users/{{user}}/Work/Plans"
S2: g2 OK [COPYUID * 1 1] *
C2: g3 EXAMINE "Other Users/{{user}}/Work/Plans"
S2...
S2: g3 OK [READ-ONLY] *
C2: g4 FETCH 1 FLAGS
S2: * 1 FETCH (FLAGS ())
S2: g4 OK *
# mailboxes below: k makes, x deletes and renames, and the list goes down
C: h1 SETACL Work/Plans {{user2}} lrkx
S: h1 OK *
C2: h0 NOOP
S2...
S2: h0 OK *
C2: h2 CREATE "Other Users/{{user}}/Work/Plans/2027"
S2: h2 OK [MAILBOXID (*)] *
C2: h3 CREATE "Other Users/{{user}}/Top"
S2: h3 NO *
C2: h4 RENAME "Other Users/{{user}}/Work/Plans/2027" "Other Users/{{user}}/Work/Plans/2028"
S2: h4 OK *
C2: h5 RENAME "Other Users/{{user}}/Work/Plans/2028" mine
S2: h5 NO [CANNOT] *
C: h6 GETACL Work/Plans/2028
S: * ACL Work/Plans/2028 {{user}} lrswipkxtecdan {{user2}} lrkxc
S: h6 OK *
C2: h7 DELETE "Other Users/{{user}}/Work/Plans/2028"
S2: h7 OK *
C2: h8 DELETE "Other Users/{{user}}/Work"
S2: h8 NO [NOPERM] *
# subscriptions are the subscriber's
C2: i1 SUBSCRIBE "Other Users/{{user}}/Work"
S2: i1 OK *
C2: i2 LSUB "" "Other Users*"
S2: * LSUB () "/" "Other Users/{{user}}/Work"
S2: i2 OK *
C2: i3 LIST (SUBSCRIBED) "" "Other Users*" RETURN (MYRIGHTS STATUS (MESSAGES))
S2: * LIST (\Subscribed \HasChildren) "/" "Other Users/{{user}}/Work"
S2: * MYRIGHTS "Other Users/{{user}}/Work" lrswited
S2: * STATUS "Other Users/{{user}}/Work" (MESSAGES 2)
S2: i3 OK *
C: i4 LIST (SUBSCRIBED) "" Work*
S: i4 OK *
# a session that has the mailbox open when the right goes loses it at once; subscription and all else stay
C2: j1 SELECT "Other Users/{{user}}/Work"
S2...
S2: j1 OK *
C3: j2 LOGIN {{user2}} {{password}}
S3: j2 OK *
C3: j3 SELECT "Other Users/{{user}}/Work"
S3...
S3: j3 OK *
C3: j4 IDLE
S3: + *
C: j5 DELETEACL Work {{user2}}
S: j5 OK *
S3: * BYE *
S3: EOF
C2: j6 FETCH 1 BODY[]
S2?: * BYE *
S2: j6 NO *
C4: k1 LOGIN {{user2}} {{password}}
S4: k1 OK *
C4: k2 SELECT "Other Users/{{user}}/Work"
S4: k2 NO [NONEXISTENT] *
C4: k3 LIST (SUBSCRIBED) "" "Other Users*"
S4: k3 OK *
C: k4 SETACL Work {{user2}} lr
S: k4 OK *
C4: k5 LIST (SUBSCRIBED) "" "Other Users*"
S4: * LIST (\Subscribed \HasChildren) "/" "Other Users/{{user}}/Work"
S4: k5 OK *
C4: k6 UNSUBSCRIBE "Other Users/{{user}}/Work"
S4: k6 OK *
C4: k7 LSUB "" "Other Users*"
S4: k7 OK *
