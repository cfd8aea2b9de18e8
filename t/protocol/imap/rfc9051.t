# The examples of RFC 9051 (and of RFC 3501 where they are the same), by their sections, each adapted to what is here
# shows: IMAP4rev2 IMAP4rev1 CHILDREN ENABLE
@conf store.default_mailboxes =
@message meeting
Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)
From: Fred Foobar <foobar@Blurdybloop.example>
Subject: afternoon meeting
To: mooch@owatagu.siam.edu.example
Message-Id: <B27397-0100000@Blurdybloop.example>
MIME-Version: 1.0
Content-Type: TEXT/PLAIN; CHARSET=US-ASCII

Hello Joe, do you think we can meet at 3:30 tomorrow?

@end
@message russian
Subject: =?utf-8?q?=D0=BE=D1=82=D0=BF=D1=83=D1=81=D0=BA?=
From: maria@example.com
Content-Type: text/plain; charset=utf-8

отпуск
@end
# 2.2.2, 6.1.2, 6.2.3: commands that are not known, or not now
C: A442 XPIG-LATIN
S: A442 BAD *
C: a002 NOOP
S: a002 OK *
C: A001 LOGIN {11}
S: + *
C: FRED FOOBAR {7}
S: + *
C: fat man
S: A001 NO [AUTHENTICATIONFAILED] *
C2: A044 BLURDYBLOOP {102856}
S2: * BYE [TOOBIG] *
S2: EOF
LOGIN
# 6.3.1: what is not known is not enabled
C: t2 ENABLE CONDSTORE X-GOOD-IDEA
S: * ENABLED CONDSTORE
S: t2 OK *
C: t3 ENABLE X-GOOD-IDEA
S: * ENABLED
S: t3 OK *
# 6.3.2, 6.3.3
C: A140 CREATE blurdybloop
S: A140 OK *
C: A142 SELECT INBOX
S...
S: A142 OK [READ-WRITE] *
C: A932 EXAMINE blurdybloop
S: * OK [CLOSED] *
S...
S: * OK [PERMANENTFLAGS ()] *
S...
S: A932 OK [READ-ONLY] *
# 6.3.4
C: A003 CREATE owatagusiam/
S: A003 OK *
C: A004 CREATE owatagusiam/blurdybloop
S: A004 OK *
# 6.3.5
C: A680 CREATE foo/bar
S: A680 OK *
C: A682 LIST "" (blurdybloop foo foo/*)
S~: * LIST (\HasNoChildren) "/" blurdybloop
S~: * LIST (\HasChildren) "/" foo
S~: * LIST (\HasNoChildren) "/" foo/bar
S: A682 OK *
C: A683 DELETE blurdybloop
S: * OK [CLOSED] *
S: A683 OK *
C: A684 DELETE foo
S: A684 NO [HASCHILDREN] *
C: A685 DELETE foo/bar
S: A685 OK *
C: A686 LIST "" (blurdybloop foo foo/*)
S: * LIST (\HasNoChildren) "/" foo
S: A686 OK *
C: A687 DELETE foo
S: A687 OK *
C: A688 DELETE INBOX
S: A688 NO [CANNOT] *
# 6.3.6
C: A781 CREATE blurdybloop{{hex 0d0a}}A782 CREATE foo/bar
S: A781 OK *
S: A782 OK *
C: A783 RENAME blurdybloop sarasoop
S: A783 OK *
C: A784 RENAME foo zowie
S: A784 OK *
C: A785 LIST "" (sarasoop zowie* foo* blurdybloop)
S~: * LIST (\HasNoChildren) "/" sarasoop
S~: * LIST (\HasChildren) "/" zowie
S~: * LIST (\HasNoChildren) "/" zowie/bar
S: A785 OK *
C: Z431 APPEND INBOX {{msg meeting}}
S: Z431 OK *
C: Z432 LIST "" (INBOX*)
S: * LIST (\HasNoChildren) "/" INBOX
S: Z432 OK *
C: Z433 CREATE INBOX/bar
S: Z433 OK *
C: Z434 RENAME INBOX old-mail
S: Z434 OK *
C: Z435 LIST "" (INBOX* old-mail*)
S~: * LIST (\HasChildren) "/" INBOX
S~: * LIST (\HasNoChildren) "/" INBOX/bar
S~: * LIST (\HasNoChildren) "/" old-mail
S: Z435 OK *
C: Z436 STATUS old-mail (MESSAGES)
S: * STATUS old-mail (MESSAGES 1)
S: Z436 OK *
# 6.3.6, 6.3.7, 6.3.8: a name once subscribed need not exist to be unsubscribed
C: 1000 CREATE X
S: 1000 OK *
C: 1001 RENAME X Y{{hex 0d0a}}1002 SUBSCRIBE Y{{hex 0d0a}}1003 UNSUBSCRIBE X
S: 1001 OK *
S: 1002 OK *
S: 1003 OK *
C: A902 SUBSCRIBE #news.comp.mail.mime
S: A902 NO [NONEXISTENT] *
C: A903 UNSUBSCRIBE #news.comp.mail.mime
S: A903 OK *
# 6.3.9
C: A101 LIST "" ""
S: * LIST (\Noselect) "/" ""
S: A101 OK *
C: A102 LIST #news.comp.mail.misc ""
S: * LIST (\Noselect) "/" ""
S: A102 OK *
C: A103 LIST /usr/staff/jones ""
S: * LIST (\Noselect) "/" ""
S: A103 OK *
C: A202 LIST ~/Mail/ %
S: A202 OK *
# 6.3.11
C: A042 STATUS old-mail (UIDNEXT MESSAGES)
S: * STATUS old-mail (UIDNEXT 2 MESSAGES 1)
S: A042 OK *
# 6.3.12
C: A053 CREATE saved-messages
S: A053 OK *
C: A003 APPEND saved-messages (\Seen) {{msg meeting}}
S: A003 OK [APPENDUID {{saved}} 1] *
C: A004 APPEND saved-messages (\Flagged) {{msg+ meeting}}
S: A004 OK [APPENDUID {{saved}} 2] *
C: A005 APPEND saved-messages {{msg russian}}
S: A005 OK [APPENDUID {{saved}} 3] *
C: A006 APPEND nowhere {326}
S: A006 NO [TRYCREATE] *
C: A007 SELECT saved-messages
S...
S: A007 OK *
# 6.4.4
C: A282 SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"
S: * ESEARCH (TAG "A282") MIN 2 COUNT 1
S: A282 OK *
C: A283 SEARCH RETURN () FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"
S: * ESEARCH (TAG "A283") ALL 2
S: A283 OK *
C: A284 SEARCH RETURN () TEXT "string not in mailbox"
S: * ESEARCH (TAG "A284")
S: A284 OK *
C: A285 SEARCH RETURN () CHARSET UTF-8 TEXT {12}
S: + *
C: отпуск
S: * ESEARCH (TAG "A285") ALL 3
S: A285 OK *
C: A286 SEARCH RETURN (MIN) UNSEEN
S: * ESEARCH (TAG "A286") MIN 2
S: A286 OK *
C: A287 UID SEARCH RETURN (MIN MAX) 1:5000
S: * ESEARCH (TAG "A287") UID MIN 1 MAX 3
S: A287 OK *
C: A288 UID SEARCH RETURN (MIN MAX) UID 1:5000
S: * ESEARCH (TAG "A288") UID MIN 1 MAX 3
S: A288 OK *
C: A289 SEARCH RETURN (COUNT) DELETED
S: * ESEARCH (TAG "A289") COUNT 0
S: A289 OK *
# 6.4.5; 8: what a client begins with
C: A654 FETCH 2:3 (FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM)])
S: * 2 FETCH (FLAGS (\Flagged \Recent) BODY[HEADER.FIELDS (DATE FROM)] {*}<CRLF>Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)<CRLF>From: Fred Foobar <foobar@Blurdybloop.example><CRLF><CRLF>)
S: * 3 FETCH (FLAGS (\Recent) BODY[HEADER.FIELDS (DATE FROM)] {27}<CRLF>From: maria@example.com<CRLF><CRLF>)
S: A654 OK *
C: a003 fetch 1 full
S: * 1 FETCH (FLAGS (\Seen \Recent) INTERNALDATE "*" RFC822.SIZE * ENVELOPE ("Mon, 7 Feb 1994 21:52:25 -0800 (PST)" "afternoon meeting" (("Fred Foobar" NIL "foobar" "Blurdybloop.example")) * "<B27397-0100000@Blurdybloop.example>") BODY ("text" "plain" ("charset" "US-ASCII") NIL NIL "7bit" 57 2))
S: a003 OK *
C: a004 fetch 1 body[header]
S: * 1 FETCH (BODY[HEADER] {*}<CRLF>Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)<CRLF>*Content-Type: TEXT/PLAIN; CHARSET=US-ASCII<CRLF><CRLF>)
S: a004 OK *
C: a005 store 1 +flags \deleted
S: * 1 FETCH (MODSEQ (*) FLAGS (\Seen \Deleted \Recent))
S: a005 OK *
# 6.4.6, 6.4.7, 6.4.8
C: A103 STORE 2:3 +FLAGS (\Deleted)
S: * 2 FETCH (* FLAGS (\Flagged \Deleted \Recent))
S: * 3 FETCH (* FLAGS (\Deleted \Recent))
S: A103 OK *
C: A104 COPY 2:3 old-mail
S: A104 OK [COPYUID * 2:3 2:3] *
C: A105 COPY 2 MEETING
S: A105 NO [TRYCREATE] *
C: a UID MOVE 1:2 old-mail
S: * OK [COPYUID * 1:2 4:5] *
S: * 2 EXPUNGE
S: * 1 EXPUNGE
S: a OK *
# 6.4.9
C: A106 UID EXPUNGE 3000:3002
S: A106 OK *
C: A999 UID FETCH 3:4828442 FLAGS
S: * 1 FETCH (* FLAGS (\Deleted \Recent)*)
S: A999 OK *
C: A107 UID EXPUNGE 3
S: * 1 EXPUNGE
S: A107 OK *
# 7.1: the codes of what fails
C: k2 status "/archive/projects/experiment-iv" (messages)
S: k2 NO [CANNOT] *
C: l create "///////"
S: l NO [CANNOT] *
C: m356 DELETE Notes
S: m356 NO [NONEXISTENT] *
C: o356 RENAME old-mail zowie
S: o356 NO [ALREADYEXISTS] *
C: A023 LOGOUT
S: * BYE *
S: A023 OK *
S: EOF
