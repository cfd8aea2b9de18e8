# ANNOTATE-EXPERIMENT-1 (RFC 5257), from its own examples
# shows: ANNOTATE-EXPERIMENT-1
@message one
Subject: one
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b

first
--b

second
--b--
@end
@message two
Subject: two

text
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
# 4.7: with the message, several, and a value that is a literal
C: a2 APPEND INBOX (\Seen) ANNOTATION (/comment (value.priv "Don't send until I say so" value.shared {5}
S: + *
C-: ready
C: ) /altsubject (value.priv "later")) {{msg+ two}}
S: a2 OK *
C: a3 APPEND INBOX ANNOTATION (/comment (value "x")) {5+}
C: a: b
S: a3 BAD *
# 4.1: what a mailbox can do
C: a4 EXAMINE INBOX
S...
S: * OK [ANNOTATIONS READ-ONLY] *
S...
S: a4 OK *
C: a5 STORE 1 ANNOTATION (/comment (value.priv "x"))
S: a5 NO [READ-ONLY] *
C: a6 SELECT INBOX (ANNOTATE)
S...
S: * OK [ANNOTATIONS 65536] *
S...
S: a6 OK *
C: a7 FETCH 2 (ANNOTATION (/comment value))
S: * 2 FETCH (ANNOTATION (/comment (value.priv "Don't send until I say so" value.shared "ready")))
S: a7 OK *
# 4.3, 4.4: entries, attributes, wild cards
C: b1 STORE 1 ANNOTATION (/comment (value.priv "My comment") /vendor/foobar/label (value.priv "label43" value.shared NIL))
S: b1 OK *
C: b2 FETCH 1 (ANNOTATION ((/comment /altsubject) value.priv))
S: * 1 FETCH (ANNOTATION (/comment (value.priv "My comment") /altsubject (value.priv NIL)))
S: b2 OK *
C: b3 FETCH 1 (ANNOTATION (/comment (value size)))
S: * 1 FETCH (ANNOTATION (/comment (value.priv "My comment" value.shared NIL size.priv "10" size.shared "0")))
S: b3 OK *
C: b4 UID FETCH 1:2 (UID ANNOTATION (/* (value.priv size.priv)))
S: * 1 FETCH (UID 1 ANNOTATION (/comment (value.priv "My comment" size.priv "10") /vendor/foobar/label (value.priv "label43" size.priv "7")))
S: * 2 FETCH (UID 2 ANNOTATION (/comment (value.priv "Don't send until I say so" size.priv "25") /altsubject (value.priv "later" size.priv "5")))
S: b4 OK *
C: b5 FETCH 1:2 (ANNOTATION (/% value.shared))
S: * 1 FETCH (ANNOTATION (/comment (value.shared NIL)))
S: * 2 FETCH (ANNOTATION (/comment (value.shared "ready") /altsubject (value.shared NIL)))
S: b5 OK *
C: b6 FETCH 2 (ANNOTATION (/vendor/* value))
S: * 2 FETCH (UID 2)
S: b6 OK *
C: b7 FETCH 1 (ANNOTATION (/comment colour))
S: b7 BAD *
C: b8 FETCH 1 (ANNOTATION ("/comment/" value))
S: * 1 FETCH (UID 1)
S: b8 OK *
# any byte; removal
C: b9 STORE 1 ANNOTATION (/vendor/foobar/icon (value.shared ~{4+}
C: {{hex 00010200}}))
S: b9 OK *
C: c1 FETCH 1 (FLAGS ANNOTATION (/vendor/foobar/icon value.shared))
S: * 1 FETCH (FLAGS (*) ANNOTATION (/vendor/foobar/icon (value.shared ~{4}<CRLF><00><01><02><00>)))
S: c1 OK *
C: c2 STORE 1 ANNOTATION (/vendor/foobar/icon (value.shared NIL))
S: c2 OK *
C: c3 FETCH 1 (ANNOTATION (/vendor/* value.shared))
S: * 1 FETCH (ANNOTATION (/vendor/foobar/label (value.shared NIL)))
S: c3 OK *
# parts of the body
C: c4 STORE 1 ANNOTATION (/1/comment (value.priv "the first") /2/flags/seen (value.priv "1"))
S: c4 OK *
C: c5 STORE 1 ANNOTATION (/3/comment (value.priv "no third"))
S: c5 BAD *
C: c6 STORE 1 ANNOTATION (/1/flags/seen (value.priv "yes"))
S: c6 BAD *
C: c7 FETCH 1 (ANNOTATION (/1/* value.priv))
S: * 1 FETCH (ANNOTATION (/1/comment (value.priv "the first")))
S: c7 OK *
# 3.2: names
C: c8 STORE 1 ANNOTATION (comment (value.priv "x"))
S: c8 BAD *
C: c9 STORE 1 ANNOTATION (/a//b (value.priv "x"))
S: c9 BAD *
C: d1 STORE 1 ANNOTATION (/a* (value.priv "x"))
S: d1 BAD *
C: d2 STORE 1 ANNOTATION (/comment (value "x"))
S: d2 BAD *
C: d3 STORE 1 ANNOTATION (/comment (size.priv "3"))
S: d3 BAD *
C: d4 FETCH 1 (ANNOTATION (/Comment value.priv))
S: * 1 FETCH (ANNOTATION (/Comment (value.priv NIL)))
S: d4 OK *
# 4.8
C: e1 SEARCH ANNOTATION /comment value "MY COMM"
S: * SEARCH 1
S: e1 OK *
C: e2 SEARCH ANNOTATION * value.priv "later"
S: * SEARCH 2
S: e2 OK *
C: e3 SEARCH NOT ANNOTATION /comment value.shared "ready"
S: * SEARCH 1
S: e3 OK *
C: e4 SEARCH OR ANNOTATION /altsubject value "later" ANNOTATION /vendor/% value "label"
S: * SEARCH 2
S: e4 OK *
C: e5 SEARCH ANNOTATION /comment size "3"
S: e5 BAD *
C: e6 UID SEARCH RETURN (COUNT UPDATE) ANNOTATION /comment value.priv "o"
S: * NO [NOUPDATE "e6"] *
S: * ESEARCH (TAG "e6") UID COUNT 2
S: e6 OK *
# 4.9
C: f1 SORT (ANNOTATION /comment value.priv) UTF-8 ALL
S: * SORT 2 1
S: f1 OK *
C: f2 SORT (REVERSE ANNOTATION /comment value.priv) UTF-8 ALL
S: * SORT 1 2
S: f2 OK *
C: f3 SORT (ANNOTATION /comment value.shared) UTF-8 ALL
S: * SORT 1 2
S: f3 OK *
C: f4 SORT (ANNOTATION /comment value) UTF-8 ALL
S: f4 BAD *
C: f5 SORT (ANNOTATION /comm* value.priv) UTF-8 ALL
S: f5 BAD *
# 4.5: limits
C: g1 STORE 1 ANNOTATION (/comment (value.priv {65537+}{{hex 0d0a}}{{repeat 65537 x}}))
S: g1 NO [ANNOTATE TOOBIG] *
C: g2 STORE 2 ANNOTATION (/vendor/a/1 (value.priv {65536+}{{hex 0d0a}}{{repeat 65536 x}}) /vendor/a/2 (value.priv {65536+}{{hex 0d0a}}{{repeat 65536 x}}))
S: g2 OK *
C: g3 STORE 2 ANNOTATION (/vendor/a/3 (value.priv {65536+}{{hex 0d0a}}{{repeat 65536 x}}) /vendor/a/4 (value.priv {65536+}{{hex 0d0a}}{{repeat 65536 x}}))
S: g3 NO [ANNOTATE TOOMANY] *
C: g4 STORE 2 ANNOTATION (/vendor/a/1 (value.priv NIL) /vendor/a/2 (value.priv NIL))
S: g4 OK *
C: g5 APPEND INBOX ANNOTATION (/comment (value.priv {65537+}{{hex 0d0a}}{{repeat 65537 x}})) {{msg+ two}}
S: g5 NO [ANNOTATE TOOBIG] *
# 4.4: others' changes are told by name, one's own are not
LOGIN2
C2: h1 SELECT INBOX
S2...
S2: h1 OK *
C2: h2 STORE 2 ANNOTATION (/comment (value.shared "changed") /altsubject (value.priv NIL))
S2: h2 OK *
C: h3 NOOP
S: * 2 FETCH (FLAGS (*))
S: * 2 FETCH (UID 2 ANNOTATION (/altsubject /comment))
S: h3 OK *
C: h4 STORE 2 ANNOTATION (/comment (value.shared "mine"))
S: h4 OK *
C2: h5 NOOP
S2: * 2 FETCH (FLAGS (*))
S2: h5 OK *
# with CONDSTORE: MODSEQ rises and is told, UNCHANGEDSINCE spares
C: i1 FETCH 1:2 (MODSEQ)
S: * OK [HIGHESTMODSEQ {{m0}}] *
S: * 1 FETCH (MODSEQ ({{m1}}))
S: * 2 FETCH (MODSEQ ({{m2}}))
S: i1 OK *
C: i2 STORE 1 (UNCHANGEDSINCE {{m1}}) ANNOTATION (/comment (value.priv "newer"))
S: * 1 FETCH (MODSEQ ({{m3}}))
S: i2 OK *
C: i3 STORE 1:2 (UNCHANGEDSINCE {{m2}}) ANNOTATION (/comment (value.priv "newest"))
S: * 2 FETCH (MODSEQ (*))
S: i3 OK [MODIFIED 1] *
C: i4 FETCH 1 (ANNOTATION (/comment value.priv)) (CHANGEDSINCE {{m2}})
S: * 1 FETCH (ANNOTATION (/comment (value.priv "newer")) MODSEQ ({{m3}}))
S: i4 OK *
# NOTIFY tells them between commands (RFC 5465 5.1)
C: j1 NOTIFY SET (selected (MessageNew MessageExpunge AnnotationChange))
S: j1 OK *
C2: j2 STORE 2 ANNOTATION (/comment (value.priv "told"))
S2~: * 1 FETCH (FLAGS (*))
S2~: * 2 FETCH (FLAGS (*))
S2: j2 OK *
S: * 2 FETCH (UID 2 ANNOTATION (/comment))
C: j3 NOTIFY NONE
S: j3 OK *
# 4.6: a copy has them
C: k1 COPY 1 Archive
S: k1 OK *
C: k2 SELECT Archive
S...
S: k2 OK *
C: k3 FETCH 1 (ANNOTATION (/comment value.priv))
S: * 1 FETCH (ANNOTATION (/comment (value.priv "newer")))
S: k3 OK *
# 3.4: rights; private ones are each reader's own
C: l1 SETACL Archive {{user2}} lr
S: l1 OK *
C3: l2 LOGIN {{user2}} {{password}}
S3: l2 OK *
C3: l3 SELECT "Other Users/{{user}}/Archive"
S3...
S3: * OK [ANNOTATIONS 65536] *
S3: l3 OK [READ-ONLY] *
C3: l4 FETCH 1 (ANNOTATION (/comment value))
S3: * 1 FETCH (ANNOTATION (/comment (value.priv NIL value.shared NIL)))
S3: l4 OK *
C3: l5 STORE 1 ANNOTATION (/comment (value.priv "his"))
S3: l5 OK *
C3: l6 STORE 1 ANNOTATION (/comment (value.shared "his"))
S3: l6 NO [NOPERM] *
C: l7 SETACL Archive {{user2}} +nite
S: l7 OK *
C3: l8 STORE 1 ANNOTATION (/comment (value.shared "for all"))
S3...
S3: l8 OK *
C: l9 FETCH 1 (ANNOTATION (/comment value))
S: * 1 FETCH (ANNOTATION (/comment (value.priv "newer" value.shared "for all")))
S?: * 1 FETCH *
S?: * FLAGS *
S: l9 OK *
# into another account: shared ones and the mover's own
C3: m1 SELECT "Other Users/{{user}}/Archive"
S3...
S3: m1 OK *
C3: m2 MOVE 1 Sent
S3: * OK [COPYUID *] *
S3: * 1 EXPUNGE
S3: m2 OK *
C3: m3 SELECT Sent
S3...
S3: m3 OK *
C3: m4 FETCH 1 (ANNOTATION (/comment value))
S3: * 1 FETCH (ANNOTATION (/comment (value.priv "his" value.shared "for all")))
S3: m4 OK *
C: m5 GETACL Archive
S?: * 1 EXPUNGE
S: * ACL Archive {{user}} lrswipkxtecdan {{user2}} lritedn
S?: * 1 EXPUNGE
S: m5 OK *
