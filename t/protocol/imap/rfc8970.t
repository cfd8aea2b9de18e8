# The examples of RFC 8970 5: a preview with other items, LAZY for a list of messages, and of what a search found
# shows: PREVIEW SEARCHRES
@message lorem
From: FOO <foo@example.org>
Subject: one

Lorem ipsum dolor sit amet, consectetur adipiscing elit.
Curabitur aliquam turpis et ante dictum, et pulvinar dui congue.
Maecenas hendrerit, lorem non imperdiet pellentesque, nulla
ligula nullam; what stands here is past two hundred characters and more than a preview holds, which is two hundred and fifty-six of them.
@end
@message empty
From: bar@example.org
Subject: two
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0K
@end
@message three
From: FOO <foo@example.org>
Date: Fri, 25 Sep 2020 09:13:45 +0000
Subject: three

Message data from message 3.
@end
LOGIN
C-: 01 APPEND INBOX {{msg+ lorem}}
C-:  {{msg+ empty}}
C-:  {{msg+ three}}
C:
S: 01 OK *
C: 02 SELECT INBOX
S...
S: 02 OK *
C: A1 FETCH 3 (PREVIEW)
S: * 3 FETCH (PREVIEW "Message data from message 3.")
S: A1 OK *
# at most 256 characters
C: A2 FETCH 1 (RFC822.SIZE PREVIEW)
S: * 1 FETCH (RFC822.SIZE * PREVIEW *Lorem ipsum dolor sit amet, consectetur adipiscing elit. Curabitur *nulla ligula nullam;*)
S: A2 OK *
C: B1 FETCH 1:3 (ENVELOPE PREVIEW (LAZY))
S: * 1 FETCH (ENVELOPE (NIL "one" *) PREVIEW *Lorem*)
S: * 2 FETCH (ENVELOPE (NIL "two" *) PREVIEW "")
S: * 3 FETCH (ENVELOPE ("Fri, 25 Sep 2020 09:13:45 +0000" "three" *) PREVIEW "Message data from message 3.")
S: B1 OK *
# 3: with the result of a search
C: C2 SEARCH RETURN (SAVE) FROM "FOO"{{hex 0d0a}}C3 FETCH $ (UID PREVIEW (LAZY))
S: C2 OK *
S: * 1 FETCH (UID 1 PREVIEW *)
S: * 3 FETCH (UID 3 PREVIEW "Message data from message 3.")
S: C3 OK *
C: C4 UID FETCH 3 (PREVIEW)
S: * 3 FETCH (UID 3 PREVIEW "Message data from message 3.")
S: C4 OK *
# it leaves \Seen alone
C: C5 FETCH 1:3 FLAGS
S: * 1 FETCH (FLAGS (\Recent))
S: * 2 FETCH (FLAGS (\Recent))
S: * 3 FETCH (FLAGS (\Recent))
S: C5 OK *
