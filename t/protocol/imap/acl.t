# Access control lists (RFC 4314), after its examples, on the user's own mailboxes
# shows: ACL RIGHTS=texkn LIST-MYRIGHTS
LOGIN
C: a1 CREATE INBOX/Drafts
S: a1 OK *
C: a2 MYRIGHTS INBOX/Drafts
S: * MYRIGHTS INBOX/Drafts lrswipkxtecdan
S: a2 OK *
C: a3 GETACL INBOX/Drafts
S: * ACL INBOX/Drafts {{user}} lrswipkxtecdan
S: a3 OK *
# 2.1.1: c and d stand for their members, and any member brings them back
C: b1 SeTacl INBOX/Drafts {{user2}} lrswida
S: b1 OK *
C: b2 getacl INBOX/Drafts
S: * ACL INBOX/Drafts {{user}} lrswipkxtecdan {{user2}} lrswiteda
S: b2 OK *
C: b3 Setacl INBOX/Drafts {{user2}} lrswikda
S: b3 OK *
C: b4 getAcl INBOX/Drafts
S: * ACL INBOX/Drafts {{user}} lrswipkxtecdan {{user2}} lrswiktecda
S: b4 OK *
# 3.1
C: c1 SETACL INBOX/Drafts {{user2}} lrswi
S: c1 OK *
C: c2 SETACL INBOX/Drafts {{user2}} +cda
S: c2 OK *
C: c3 GETACL INBOX/Drafts
S: * ACL INBOX/Drafts {{user}} lrswipkxtecdan {{user2}} lrswikxtecda
S: c3 OK *
C: c4 SETACL INBOX/Drafts {{user2}} -a
S: c4 OK *
C: c5 SETACL INBOX/Drafts {{user2}} lrQswicda
S: c5 BAD *
C: c6 SETACL INBOX/Drafts {{user2}} lrqswicda
S: c6 BAD *
C: c7 SETACL INBOX/Drafts nobody.of.this.name lr
S: c7 NO *
C: c8 SETACL INBOX/Drafts "" lr
S: c8 BAD *
C: c9 SETACL INBOX/Drafts {{user}} lr
S: c9 NO *
# 3.2: negative rights are entries of their own
C: d1 SETACL INBOX/Drafts -{{user2}} wetd
S: d1 OK *
C: d2 SETACL INBOX/Drafts anyone lr
S: d2 OK *
C: d3 getacl INBOX/Drafts
S: * ACL INBOX/Drafts {{user}} lrswipkxtecdan {{user2}} lrswikxtecd -{{user2}} wted anyone lr
S: d3 OK *
C: d4 DeleteAcl INBOX/Drafts {{user2}}
S: d4 OK *
C: d5 getacl INBOX/Drafts
S: * ACL INBOX/Drafts {{user}} lrswipkxtecdan -{{user2}} wted anyone lr
S: d5 OK *
C: d6 DELETEACL INBOX/Drafts anyone
S: d6 OK *
# 3.4
C: e1 LISTRIGHTS INBOX/Drafts {{user2}}
S: * LISTRIGHTS INBOX/Drafts {{user2}} "" l r s w i p k x t e c d a n
S: e1 OK *
C: e2 listrights INBOX/Drafts anyone
S: * LISTRIGHTS INBOX/Drafts anyone "" l r s w i p k x t e c d a n
S: e2 OK *
C: e3 LISTRIGHTS INBOX/Drafts {{user}}
S: * LISTRIGHTS INBOX/Drafts {{user}} lrswipkxtecdan
S: e3 OK *
C: e4 GETACL nosuch
S: e4 NO [NONEXISTENT] *
C: e5 MYRIGHTS nosuch
S: e5 NO [NONEXISTENT] *
# RFC 8440
C: f1 LIST "" INBOX% RETURN (MYRIGHTS)
S: * LIST (\HasChildren) "/" INBOX
S: * MYRIGHTS INBOX lrswipkxtecdan
S: f1 OK *
C: f2 SUBSCRIBE INBOX/Drafts
S: f2 OK *
C: f3 UNSUBSCRIBE INBOX
S: f3 OK *
C: f4 LIST (SUBSCRIBED RECURSIVEMATCH) "" INBOX% RETURN (MYRIGHTS)
S: * LIST (\HasChildren) "/" INBOX ("CHILDINFO" ("SUBSCRIBED"))
S: f4 OK *
