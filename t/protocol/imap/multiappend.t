# MULTIAPPEND (RFC 3502): several messages, all or none.
# shows: MULTIAPPEND
@message one
Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)
From: Fred Foobar <foobar@Blurdybloop.COM>
Subject: afternoon meeting

Hello Joe
@end
@message two
Date: Mon, 7 Feb 1994 22:43:04 -0800 (PST)
From: Joe Mooch <mooch@OWaTaGu.siam.EDU>
Subject: Re: afternoon meeting

3:30 is fine with me.
@end
LOGIN
C-: A003 APPEND INBOX (\Seen) {{msg+ one}}
C-:  (\Seen \Deleted) " 7-Feb-1994 22:43:04 -0800" {{msg+ two}}
C:
S: A003 OK [APPENDUID {{validity}} 1:2] *
# the second literal waits for its continuation
C-: A004 APPEND INBOX {{msg one}}
C-:  {{msg two}}
C-:  ($two) {{msg+ two}}
C:
S: A004 OK [APPENDUID {{validity}} 3:5] *
C: a1 SELECT INBOX
S...
S: a1 OK *
C: a2 FETCH 1:5 (FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])
S: * 1 FETCH (FLAGS (\Seen \Recent) RFC822.SIZE {{size1}} BODY[HEADER.FIELDS (SUBJECT)] {30}<CRLF>Subject: afternoon meeting<CRLF><CRLF>)
S: * 2 FETCH (FLAGS (\Seen \Deleted \Recent) RFC822.SIZE {{size2}} BODY[HEADER.FIELDS (SUBJECT)] {34}<CRLF>Subject: Re: afternoon meeting<CRLF><CRLF>)
S: * 3 FETCH (FLAGS (\Recent) RFC822.SIZE {{size1}} *)
S: * 4 FETCH (FLAGS (\Recent) RFC822.SIZE {{size2}} *)
S: * 5 FETCH (FLAGS ($two \Recent) RFC822.SIZE {{size2}} *)
S: a2 OK *
# the second message is refused: neither is kept
C-: a3 APPEND INBOX {{msg+ one}}
C-:  (\Bogus) {{msg+ two}}
C:
S: a3 BAD *
C-: a4 APPEND INBOX {{msg+ one}}
C:  {0+}
C:
S: a4 NO [CANNOT] *
C-: a5 APPEND INBOX {{msg one}}
C:  {99999999}
S: a5 NO [TOOBIG] *
C-: a6 APPEND INBOX {{msg+ one}}
C:  x
S: a6 BAD *
C: a7 STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 5)
S: a7 OK *
# the mailbox may be a literal
C: a8 APPEND {5+}
C-: INBOX {{msg+ one}}
C:
S: * 6 EXISTS
S: * 6 RECENT
S: a8 OK [APPENDUID {{validity}} 6] *
# many at once, and bodies too large to wait in memory
@message large
Subject: large

{{repeat 10000 0123456789012345678901234567890123456789012345678901234567890123456789 }}
@end
C-: a9 APPEND INBOX {{msg+ large}}
C-:  {{msg+ one}}
C-:  {{msg+ large}}
C:
S: * 9 EXISTS
S: * 9 RECENT
S: a9 OK [APPENDUID {{validity}} 7:9] *
C: b1 FETCH 7:9 (RFC822.SIZE BODY.PEEK[TEXT]<709990.9>)
S: * 7 FETCH (RFC822.SIZE 710020 BODY[TEXT]<709990> {9}<CRLF>123456789)
S: * 8 FETCH (RFC822.SIZE {{size1}} BODY[TEXT]<709990> {0}<CRLF>)
S: * 9 FETCH (RFC822.SIZE 710020 *)
S: b1 OK *
C: b2 APPEND nosuch {{msg one}}
S: b2 NO [TRYCREATE] *
