# NOTIFY (RFC 5465): what happens is told between commands
# shows: NOTIFY
@message morning
Subject: Re: good morning
From: alice@example.org
To: bob@example.org

hello
@end
LOGIN
LOGIN2
C: a1 CREATE Lists/Lemonade
S: a1 OK *
C: a2 CREATE Lists/Im2000
S: a2 OK *
C: a3 CREATE misc
S: a3 OK *
# 3.1
C: b NOTIFY SET STATUS (selected (MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge)) (subtree Lists (MessageNew MessageExpunge))
S: * STATUS Lists (MESSAGES 0 UIDNEXT 1 UIDVALIDITY *)
S: * STATUS Lists/Im2000 (MESSAGES 0 UIDNEXT 1 UIDVALIDITY *)
S: * STATUS Lists/Lemonade (MESSAGES 0 UIDNEXT 1 UIDVALIDITY {{v}})
S: b OK *
C: c SELECT INBOX
S...
S: c OK *
C2: x1 APPEND Lists/Lemonade {{msg morning}}
S2: x1 OK *
S: * STATUS Lists/Lemonade (MESSAGES 1 UIDNEXT 2 UIDVALIDITY {{v}})
C2: x2 APPEND misc {{msg morning}}
S2: x2 OK *
C2: x3 APPEND INBOX {{msg morning}}
S2: x3 OK *
S: * 1 EXISTS
S: * 1 RECENT
S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (from to subject)] {*}<CRLF>Subject: Re: good morning<CRLF>From: alice@example.org<CRLF>To: bob@example.org<CRLF><CRLF>)
# a message of its own needs no FETCH
C: c2 APPEND INBOX (\Deleted) {{msg morning}}
S: * 2 EXISTS
S: * * RECENT
S: c2 OK *
C: c3 EXPUNGE
S: * 2 EXPUNGE
S: c3 OK *
C2: x4 SELECT INBOX
S2...
S2: x4 OK *
# FlagChange was not asked for; expunges come at once
C2: x5 STORE 1 +FLAGS.SILENT (\Deleted)
S2: x5 OK *
C2: x6 APPEND INBOX {{msg morning}}
S2: * 2 EXISTS
S2?: * * RECENT
S2: x6 OK *
S: * 2 EXISTS
S: * * RECENT
S: * 2 FETCH (UID 3 *)
C2: x7 EXPUNGE
S2: * 1 EXPUNGE
S2: x7 OK *
S: * 1 EXPUNGE
C: d NOOP
S: d OK *
# what accumulated is told when it is asked for (3.1); until a command expunges wait (6.1.2)
C2: x8 STORE 1 +FLAGS.SILENT (\Flagged)
S2: x8 OK *
C: e1 NOOP
S: e1 OK *
C: e2 NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (mailboxes misc (MessageNew MessageExpunge))
S: * 1 FETCH (UID 3 FLAGS (\Flagged*))
S: e2 OK *
C2: x9 STORE 1 +FLAGS.SILENT (\Deleted)
S2: x9 OK *
S: * 1 FETCH (UID 3 FLAGS (\Flagged \Deleted*))
C2: y1 EXPUNGE
S2: * 1 EXPUNGE
S2: y1 OK *
C2: y2 APPEND misc {{msg morning}}
S2: y2 OK *
S: * STATUS misc (MESSAGES 2 UIDNEXT 3 UIDVALIDITY *)
C: e3 NOOP
S: * 1 EXPUNGE
S: e3 OK *
# names and subscriptions (5.4, 5.5)
C: f1 NOTIFY SET (personal (MailboxName SubscriptionChange))
S: f1 OK *
C2: y3 CREATE NewMailbox
S2: y3 OK *
S: * LIST (\HasNoChildren) "/" NewMailbox
C2: y4 SUBSCRIBE NewMailbox
S2: y4 OK *
S: * LIST (\Subscribed \HasNoChildren) "/" NewMailbox
C2: y5 CREATE NewMailbox/child
S2: y5 OK *
S~: * LIST (\HasNoChildren) "/" NewMailbox/child
S~: * LIST (\Subscribed \HasChildren) "/" NewMailbox
# the child is renamed too, without a word
C2: y6 RENAME NewMailbox Renamed
S2: y6 OK *
S: * LIST (\Subscribed \HasChildren) "/" Renamed ("OLDNAME" (NewMailbox))
C2: y7 UNSUBSCRIBE Renamed
S2: y7 OK *
S: * LIST (\HasChildren) "/" Renamed
C2: y8 DELETE Renamed/child
S2: y8 OK *
S: * LIST (\NonExistent) "/" Renamed/child
S: * LIST (\HasNoChildren) "/" Renamed
# what this session does itself is not told
C: f2 CREATE Mine
S: f2 OK *
C: f3 SUBSCRIBE Mine
S: f3 OK *
C: f4 DELETE Mine
S: f4 OK *
# the selected mailbox was not named: nothing of its messages
C2: y9 APPEND INBOX {{msg morning}}
S2: * 1 EXISTS
S2?: * * RECENT
S2: y9 OK *
C: f5 NOOP
S: f5 OK *
C: f6 NOTIFY NONE
S: f6 OK *
C2: z1 DELETE misc
S2: z1 OK *
C: f7 NOOP
S: f7 OK *
# IDLE tells the same (4)
C: g1 NOTIFY SET (selected (MessageNew MessageExpunge)) (inboxes (MessageNew MessageExpunge FlagChange))
S: * 1 EXISTS
S: * * RECENT
S: g1 OK *
C: g2 IDLE
S: + *
C2: z2 STORE 1 +FLAGS.SILENT (\Seen)
S2: z2 OK *
C2: z3 APPEND Lists/Lemonade (\Seen) {{msg morning}}
S2: z3 OK *
S: * STATUS Lists/Lemonade (MESSAGES 2 UIDNEXT 3 UIDVALIDITY {{v}} UNSEEN 1)
C: DONE
S: g2 OK *
# with CONDSTORE changes of flags elsewhere show (5.1)
C: g3 ENABLE CONDSTORE
S: * OK [HIGHESTMODSEQ *] *
S: * ENABLED CONDSTORE
S: g3 OK *
C2: z4 SELECT Lists/Lemonade
S2...
S2: z4 OK *
C2: z5 STORE 1 +FLAGS.SILENT (\Answered)
S2...
S2: z5 OK *
S: * STATUS Lists/Lemonade (MESSAGES 2 UIDNEXT 3 UIDVALIDITY {{v}} UNSEEN 1 HIGHESTMODSEQ *)
# refused
C: h1 NOTIFY SET (selected (MessageNew MessageExpunge MoonChange))
S: h1 NO [BADEVENT (MessageNew MessageExpunge FlagChange AnnotationChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)] *
C: h2 NOTIFY SET (personal (Sunrise))
S: h2 NO [BADEVENT (*)] *
C: h3 NOTIFY SET (selected (MessageNew))
S: h3 BAD *
C: h4 NOTIFY SET (selected (FlagChange))
S: h4 BAD *
C: h5 NOTIFY SET (selected (MailboxName))
S: h5 BAD *
C: h6 NOTIFY
S: h6 BAD *
# a mailbox that does not exist is no mistake
C: h7 NOTIFY SET STATUS (mailboxes nowhere (MessageNew MessageExpunge))
S: h7 OK *
