# I11: sections that lead nowhere, ranges that begin behind the end, a part whose encoding is broken
# kMaxSectionDepth is 100, kMaxHeaderNames is 500
@message broken
Subject: broken
Content-Type: text/plain
Content-Transfer-Encoding: base64

!!!not base64 at all===
@end
LOGIN
C: a1 APPEND INBOX {{msg broken}}
S: a1 OK *
C: a2 SELECT INBOX
S...
S: a2 OK *
C: b1 FETCH 1 BODY.PEEK[{{repeat 99 1.}}1]
S: * 1 FETCH (BODY[*] *)
S: b1 OK *
C: b2 FETCH 1 BODY.PEEK[{{repeat 100 1.}}1]
S: * BYE [TOOBIG] *
S: EOF
LOGIN2
C2: c1 SELECT INBOX
S2...
S2: c1 OK *
C2: c2 FETCH 1 BODY.PEEK[]<4294967295.1>
S2: * 1 FETCH (BODY[]<4294967295> *)
S2: c2 OK *
C2: c3 FETCH 1 BODY.PEEK[]<0.0>
S2: c3 BAD *
C2: c4 FETCH 1 BODY.PEEK[]<0.9223372036854775808>
S2: c4 BAD *
C2: c5 FETCH 1 BODY.PEEK[0]
S2: c5 BAD *
C2: c6 FETCH 1 BODY.PEEK[HEADER.FIELDS ({{repeat 499 X-A }}X-B)]
S2: * 1 FETCH (BODY[HEADER.FIELDS (*)] *)
S2: c6 OK *
C2: c7 FETCH 1 BINARY.PEEK[1]
S2: * 1 FETCH (BINARY[1] *)
S2: c7 OK *
C2: c8 NOOP
S2: c8 OK *
C2: c9 FETCH 1 BODY.PEEK[HEADER.FIELDS ({{repeat 500 X-A }}X-B)]
S2: * BYE [TOOBIG] *
S2: EOF
