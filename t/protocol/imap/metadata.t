# Annotations (RFC 5464), from its own examples
# shows: METADATA METADATA-SERVER
LOGIN
C: a1 GETMETADATA "" /shared/nothing
S: * METADATA "" (/shared/nothing NIL)
S: a1 OK *
C: a2 SETMETADATA "" (/private/comment "My comment")
S: a2 OK *
C: a3 GETMETADATA "" /private/comment
S: * METADATA "" (/private/comment "My comment")
S: a3 OK *
# 4.3: multi-line values, several at once, removal
C: b1 SETMETADATA INBOX (/private/comment {33}
S: + *
C: My new comment across
C-: two lines.
C: )
S: b1 OK *
C: b2 GETMETADATA INBOX /private/comment
S: * METADATA INBOX (/private/comment {33}<CRLF>My new comment across<CRLF>two lines.)
S: b2 OK *
C: b3 SETMETADATA INBOX (/private/comment NIL)
S: b3 OK *
C: b4 GETMETADATA INBOX /private/comment
S: * METADATA INBOX (/private/comment NIL)
S: b4 OK *
C: b5 SETMETADATA INBOX (/private/comment "My own comment" /shared/comment "Its sunny outside!")
S: b5 OK *
C: b6 GETMETADATA "INBOX" (/shared/comment /private/comment)
S: * METADATA INBOX (/shared/comment "Its sunny outside!" /private/comment "My own comment")
S: b6 OK *
C: b7 GETMETADATA "INBOX" /private/comment /shared/comment
S: * METADATA INBOX (/shared/comment "Its sunny outside!" /private/comment "My own comment")
S: b7 OK *
# names have no case; empty is a value; literal8 holds any byte
C: b8 SETMETADATA INBOX (/Private/Empty "" /private/binary ~{3+}{{hex 0d0a}}a{{hex 00}}b)
S: b8 OK *
C: b9 GETMETADATA INBOX (/PRIVATE/EMPTY /private/binary)
S: * METADATA INBOX (/private/binary ~{3}<CRLF>a<00>b /private/empty "")
S: b9 OK *
# 4.2.1
C: c1 SETMETADATA INBOX (/shared/comment {2199+}{{hex 0d0a}}{{repeat 2199 x}})
S: c1 OK *
C: c2 GETMETADATA "INBOX" (MAXSIZE 1024) (/shared/comment /private/comment)
S: * METADATA INBOX (/private/comment "My own comment")
S: c2 OK [METADATA LONGENTRIES 2199] *
C: c3 GETMETADATA (MAXSIZE 2199) INBOX (/shared/comment)
S: * METADATA INBOX (/shared/comment {2199}<CRLF>*)
S: c3 OK *
# 4.2.2
C: d1 SETMETADATA INBOX (/private/filters/values/small "SMALLER 5000" /private/filters/values/boss "FROM \"boss@example.com\"")
S: d1 OK *
C: d2 GETMETADATA "INBOX" (DEPTH 1) (/private/filters/values)
S: * METADATA INBOX (/private/filters/values/boss "FROM \"boss@example.com\"" /private/filters/values/small "SMALLER 5000")
S: d2 OK *
C: d3 GETMETADATA (DEPTH 1) INBOX /private/filters
S: d3 OK *
C: d4 GETMETADATA (DEPTH infinity) INBOX /private/filters
S: * METADATA INBOX (/private/filters/values/boss * /private/filters/values/small *)
S: d4 OK *
# limits: all or nothing
C: e1 SETMETADATA INBOX (/private/comment "changed" /private/big {65537+}{{hex 0d0a}}{{repeat 65537 x}})
S: e1 NO [METADATA MAXSIZE 65536] *
C: e2 GETMETADATA INBOX (/private/comment /private/big)
S: * METADATA INBOX (/private/comment "My own comment" /private/big NIL)
S: e2 OK *
C: e3 CREATE full
S: e3 OK *
C: e4 SETMETADATA full (/private/a {65536+}{{hex 0d0a}}{{repeat 65536 x}})
S: e4 OK *
C: e5 SETMETADATA full (/private/b {65536+}{{hex 0d0a}}{{repeat 65536 x}})
S: e5 OK *
C: e6 SETMETADATA full (/private/c {65536+}{{hex 0d0a}}{{repeat 65536 x}})
S: e6 OK *
C: e7 SETMETADATA full (/private/d {65536+}{{hex 0d0a}}{{repeat 65536 x}})
S: e7 NO [METADATA TOOMANY] *
# what is wrong, and what nobody may
C: f1 GETMETADATA INBOX "/private//comment"
S: f1 BAD *
C: f2 SETMETADATA INBOX ("/private/com*ment" "x")
S: f2 BAD *
C: f3 GETMETADATA (DEPTH infinity) "" /internal
S: f3 BAD *
C: f4 SETMETADATA "" (/internal/subscriptions/1/1 "")
S: f4 BAD *
C: f5 SETMETADATA "" (/shared/comment "mine")
S: f5 NO [NOPERM] *
C: f6 GETMETADATA nosuch /shared/comment
S: f6 NO [NONEXISTENT] *
C: f7 GETMETADATA "{{hex ff}}" /shared/comment
S: f7 NO *
# 4.1: annotations follow a rename, stay on INBOX and go with a deleted mailbox
C: g1 CREATE one
S: g1 OK *
C: g2 SETMETADATA one (/shared/comment "first")
S: g2 OK *
C: g3 RENAME one two
S: g3 OK *
C: g4 GETMETADATA two /shared/comment
S: * METADATA two (/shared/comment "first")
S: g4 OK *
C: g5 DELETE two
S: g5 OK *
C: g6 CREATE two
S: g6 OK *
C: g7 GETMETADATA two /shared/comment
S: * METADATA two (/shared/comment NIL)
S: g7 OK *
C: g8 RENAME INBOX old
S: g8 OK *
C: g9 GETMETADATA old /private/comment
S: * METADATA old (/private/comment "My own comment")
S: g9 OK *
C: h1 GETMETADATA INBOX /private/comment
S: * METADATA INBOX (/private/comment "My own comment")
S: h1 OK *
# /private is each reader's own; what may be done goes by rights (3.3)
C2: i1 LOGIN {{user2}} {{password}}
S2: i1 OK *
C2: i2 GETMETADATA "Other Users/{{user}}/old" /shared/comment
S2: i2 NO [NONEXISTENT] *
C: i3 SETACL old {{user2}} lr
S: i3 OK *
C2: i4 GETMETADATA "Other Users/{{user}}/old" (/private/comment)
S2: * METADATA "Other Users/{{user}}/old" (/private/comment NIL)
S2: i4 OK *
C2: i5 SETMETADATA "Other Users/{{user}}/old" (/private/comment "mine")
S2: i5 OK *
C2: i6 SETMETADATA "Other Users/{{user}}/old" (/shared/comment "mine")
S2: i6 NO [NOPERM] *
C: i7 GETMETADATA old /private/comment
S: * METADATA old (/private/comment "My own comment")
S: i7 OK *
C2: i8 GETMETADATA "Other Users/{{user}}/old" /private/comment
S2: * METADATA "Other Users/{{user}}/old" (/private/comment "mine")
S2: i8 OK *
C: i9 SETACL old {{user2}} l
S: i9 OK *
C2: j1 GETMETADATA "Other Users/{{user}}/old" /private/comment
S2: j1 NO [NOPERM] *
