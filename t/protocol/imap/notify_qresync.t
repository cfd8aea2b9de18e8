# NOTIFY with QRESYNC and with a search that is kept up to date: what comes before what (RFC 5465 5.1, 5.2; RFC 5267 4.3)
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 ENABLE QRESYNC
S: * ENABLED QRESYNC
S: a2 OK *
C: a3 SELECT INBOX
S...
S: a3 OK *
C: a4 NOTIFY SET (selected (MessageNew (uid flags modseq) MessageExpunge FlagChange)) (subscribed (MessageNew MessageExpunge FlagChange SubscriptionChange))
S: a4 OK *
C: u1 UID SEARCH RETURN (UPDATE COUNT) FLAGGED
S: * ESEARCH (TAG "u1") UID COUNT 0
S: u1 OK *
C2: b1 SELECT INBOX
S2...
S2: b1 OK *
C2: b2 STORE 1 +FLAGS.SILENT (\Flagged)
S2: b2 OK *
S: * 1 FETCH (UID 1 FLAGS (\Flagged*) MODSEQ (*))
S: * ESEARCH (TAG "u1") UID ADDTO (0 1)
C2: b3 APPEND INBOX (\Flagged) {{msg one}}
S2: * 2 EXISTS
S2?: * * RECENT
S2: b3 OK *
S: * 2 EXISTS
S: * * RECENT
S: * ESEARCH (TAG "u1") UID ADDTO (0 2)
S: * 2 FETCH (UID 2 FLAGS (\Flagged*) MODSEQ (*))
C2: b4 STORE 1 +FLAGS.SILENT (\Deleted)
S2: b4 OK *
S: * 1 FETCH (UID 1 FLAGS (\Flagged \Deleted*) MODSEQ (*))
C2: b5 EXPUNGE
S2: * 1 EXPUNGE
S2: b5 OK *
S: * ESEARCH (TAG "u1") UID REMOVEFROM (0 1)
S: * VANISHED 1
# a mailbox becomes one of the watched by being subscribed
C2: c1 CREATE news
S2: c1 OK *
C2: c2 SUBSCRIBE news
S2: c2 OK *
S: * LIST (\Subscribed \HasNoChildren) "/" news
C2: c3 APPEND news {{msg one}}
S2: c3 OK *
S: * STATUS news (MESSAGES 1 UIDNEXT 2 UIDVALIDITY * UNSEEN 1 HIGHESTMODSEQ *)
C2: c4 UNSUBSCRIBE news
S2: c4 OK *
S: * LIST (\HasNoChildren) "/" news
C2: c5 APPEND news {{msg one}}
S2: c5 OK *
C: d1 NOOP
S: d1 OK *
