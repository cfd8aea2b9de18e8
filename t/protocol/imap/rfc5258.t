# The examples of RFC 5258 5, by their numbers.  A server may choose, and this one has: INBOX can have children, there is always
# a mailbox above a mailbox, and whether one has children is always told; nothing is remote
# shows: LIST-EXTENDED CHILDREN
@conf store.default_mailboxes =
LOGIN
C: 01 CREATE Fruit/Apple{{hex 0d0a}}02 CREATE Fruit/Banana{{hex 0d0a}}03 CREATE Fruit/Peach{{hex 0d0a}}04 CREATE Tofu
S: 01 OK *
S: 02 OK *
S: 03 OK *
S: 04 OK *
C: 05 CREATE Vegetable/Broccoli{{hex 0d0a}}06 CREATE Vegetable/Corn{{hex 0d0a}}07 SUBSCRIBE Fruit/Banana{{hex 0d0a}}08 SUBSCRIBE Fruit/Peach
S: 05 OK *
S: 06 OK *
S: 07 OK *
S: 08 OK *
C: 09 DELETE Fruit/Peach{{hex 0d0a}}10 SUBSCRIBE Vegetable{{hex 0d0a}}11 SUBSCRIBE Vegetable/Broccoli
S: 09 OK *
S: 10 OK *
S: 11 OK *
# 1
C: A01 LIST "" "*"
S~: * LIST (\HasNoChildren) "/" INBOX
S~: * LIST (\HasChildren) "/" Fruit
S~: * LIST (\HasNoChildren) "/" Fruit/Apple
S~: * LIST (\HasNoChildren) "/" Fruit/Banana
S~: * LIST (\HasNoChildren) "/" Tofu
S~: * LIST (\HasChildren) "/" Vegetable
S~: * LIST (\HasNoChildren) "/" Vegetable/Broccoli
S~: * LIST (\HasNoChildren) "/" Vegetable/Corn
S: A01 OK *
# 2
C: A02 LIST (SUBSCRIBED) "" "*"
S~: * LIST (\Subscribed \HasNoChildren) "/" INBOX
S~: * LIST (\Subscribed \HasNoChildren) "/" Fruit/Banana
S~: * LIST (\NonExistent \Subscribed \HasNoChildren) "/" Fruit/Peach
S~: * LIST (\Subscribed \HasChildren) "/" Vegetable
S~: * LIST (\Subscribed \HasNoChildren) "/" Vegetable/Broccoli
S: A02 OK *
# 3, 4
C: A03 LIST () "" "%" RETURN (CHILDREN)
S~: * LIST (\HasNoChildren) "/" INBOX
S~: * LIST (\HasChildren) "/" Fruit
S~: * LIST (\HasNoChildren) "/" Tofu
S~: * LIST (\HasChildren) "/" Vegetable
S: A03 OK *
C: A04 LIST (REMOTE) "" "%" RETURN (CHILDREN)
S~: * LIST (\HasNoChildren) "/" INBOX
S~: * LIST (\HasChildren) "/" Fruit
S~: * LIST (\HasNoChildren) "/" Tofu
S~: * LIST (\HasChildren) "/" Vegetable
S: A04 OK *
# 5, 6: the second has no line for what does not exist
C: A05 LIST (REMOTE SUBSCRIBED) "" "*"
S~: * LIST (\Subscribed \HasNoChildren) "/" INBOX
S~: * LIST (\Subscribed \HasNoChildren) "/" Fruit/Banana
S~: * LIST (\NonExistent \Subscribed \HasNoChildren) "/" Fruit/Peach
S~: * LIST (\Subscribed \HasChildren) "/" Vegetable
S~: * LIST (\Subscribed \HasNoChildren) "/" Vegetable/Broccoli
S: A05 OK *
C: A06 LIST (REMOTE) "" "*" RETURN (SUBSCRIBED)
S~: * LIST (\Subscribed \HasNoChildren) "/" INBOX
S~: * LIST (\HasChildren) "/" Fruit
S~: * LIST (\HasNoChildren) "/" Fruit/Apple
S~: * LIST (\Subscribed \HasNoChildren) "/" Fruit/Banana
S~: * LIST (\HasNoChildren) "/" Tofu
S~: * LIST (\Subscribed \HasChildren) "/" Vegetable
S~: * LIST (\Subscribed \HasNoChildren) "/" Vegetable/Broccoli
S~: * LIST (\HasNoChildren) "/" Vegetable/Corn
S: A06 OK *
# 7
C: B01 CREATE Drafts{{hex 0d0a}}B02 CREATE Sent/March2004{{hex 0d0a}}B03 CREATE Sent/December2003
S: B01 OK *
S: B02 OK *
S: B03 OK *
C: BBB LIST "" ("INBOX" "Drafts" "Sent/%")
S~: * LIST (\HasNoChildren) "/" INBOX
S~: * LIST (\HasNoChildren) "/" Drafts
S~: * LIST (\HasNoChildren) "/" Sent/March2004
S~: * LIST (\HasNoChildren) "/" Sent/December2003
S: BBB OK *
# 8: \HasChildren and CHILDINFO, here with names that begin with F and M
C: C11 CREATE Foo/Bar{{hex 0d0a}}C12 CREATE Foo/Baz{{hex 0d0a}}C13 CREATE Moo{{hex 0d0a}}C14 SUBSCRIBE Foo/Baz
S: C11 OK *
S: C12 OK *
S: C13 OK *
S: C14 OK *
C: CA3 LIST "" (Foo Moo) RETURN (CHILDREN)
S: * LIST (\HasChildren) "/" Foo
S: * LIST (\HasNoChildren) "/" Moo
S: CA3 OK *
C: C02 LIST (SUBSCRIBED) "" "Foo*"
S: * LIST (\Subscribed \HasNoChildren) "/" Foo/Baz
S: C02 OK *
C: C03 LIST (SUBSCRIBED) "" (Foo% Moo%)
S: C03 OK *
C: C04 LIST (SUBSCRIBED RECURSIVEMATCH) "" (Foo% Moo%)
S: * LIST (\HasChildren) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
S: C04 OK *
# A1
C: C15 SUBSCRIBE Foo
S: C15 OK *
C: C04 LIST (SUBSCRIBED RECURSIVEMATCH) "" (Foo% Moo%)
S: * LIST (\Subscribed \HasChildren) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
S: C04 OK *
# C, then B
C: C16 UNSUBSCRIBE Foo/Baz{{hex 0d0a}}C17 SUBSCRIBE Moo
S: C16 OK *
S: C17 OK *
C: C04 LIST (SUBSCRIBED RECURSIVEMATCH) "" (Foo% Moo%) RETURN (CHILDREN)
S: * LIST (\Subscribed \HasChildren) "/" Foo
S: * LIST (\Subscribed \HasNoChildren) "/" Moo
S: C04 OK *
C: C18 UNSUBSCRIBE Foo{{hex 0d0a}}C19 UNSUBSCRIBE Moo
S: C18 OK *
S: C19 OK *
C: C04 LIST (SUBSCRIBED RECURSIVEMATCH) "" (Foo% Moo%)
S: C04 OK *
# A2: the mailbox above is gone, and the one below too, but for its subscription
C: C20 SUBSCRIBE Foo/Baz{{hex 0d0a}}C21 DELETE Foo/Bar{{hex 0d0a}}C22 DELETE Foo/Baz{{hex 0d0a}}C23 DELETE Foo
S: C20 OK *
S: C21 OK *
S: C22 OK *
S: C23 OK *
C: C04 LIST (SUBSCRIBED RECURSIVEMATCH) "" (Foo% Moo%)
S: * LIST (\NonExistent \HasChildren) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
S: C04 OK *
# 9: CHILDINFO whether or not the children match
C: D11 CREATE foo2/bar1{{hex 0d0a}}D12 CREATE foo2/bar2{{hex 0d0a}}D13 CREATE baz2/bar2{{hex 0d0a}}D14 CREATE baz2/bar22{{hex 0d0a}}D15 CREATE baz2/bar222{{hex 0d0a}}D16 CREATE eps2/mamba
S: D11 OK *
S: D12 OK *
S: D13 OK *
S: D14 OK *
S: D15 OK *
S: D16 OK *
C: D21 SUBSCRIBE foo2/bar1{{hex 0d0a}}D22 SUBSCRIBE foo2/bar2{{hex 0d0a}}D23 SUBSCRIBE baz2/bar2{{hex 0d0a}}D24 SUBSCRIBE baz2/bar22{{hex 0d0a}}D25 SUBSCRIBE baz2/bar222{{hex 0d0a}}D26 SUBSCRIBE eps2{{hex 0d0a}}D27 SUBSCRIBE eps2/mamba
S: D21 OK *
S: D22 OK *
S: D23 OK *
S: D24 OK *
S: D25 OK *
S: D26 OK *
S: D27 OK *
C: D03 LIST (RECURSIVEMATCH SUBSCRIBED) "" "*2"
S~: * LIST (\HasChildren) "/" foo2 ("CHILDINFO" ("SUBSCRIBED"))
S~: * LIST (\Subscribed \HasNoChildren) "/" foo2/bar2
S~: * LIST (\HasChildren) "/" baz2 ("CHILDINFO" ("SUBSCRIBED"))
S~: * LIST (\Subscribed \HasNoChildren) "/" baz2/bar2
S~: * LIST (\Subscribed \HasNoChildren) "/" baz2/bar22
S~: * LIST (\Subscribed \HasNoChildren) "/" baz2/bar222
S~: * LIST (\Subscribed \HasChildren) "/" eps2 ("CHILDINFO" ("SUBSCRIBED"))
S: D03 OK *
C: D04 LIST (RECURSIVEMATCH SUBSCRIBED) "" ("foo2*" "baz2*" "eps2*")
S~: * LIST (\HasChildren) "/" foo2 ("CHILDINFO" ("SUBSCRIBED"))
S~: * LIST (\Subscribed \HasNoChildren) "/" foo2/bar1
S~: * LIST (\Subscribed \HasNoChildren) "/" foo2/bar2
S~: * LIST (\HasChildren) "/" baz2 ("CHILDINFO" ("SUBSCRIBED"))
S~: * LIST (\Subscribed \HasNoChildren) "/" baz2/bar2
S~: * LIST (\Subscribed \HasNoChildren) "/" baz2/bar22
S~: * LIST (\Subscribed \HasNoChildren) "/" baz2/bar222
S~: * LIST (\Subscribed \HasChildren) "/" eps2 ("CHILDINFO" ("SUBSCRIBED"))
S~: * LIST (\Subscribed \HasNoChildren) "/" eps2/mamba
S: D04 OK *
# 10: CHILDINFO does not mean \HasChildren
C: a01 CREATE foo/bar{{hex 0d0a}}a02 SUBSCRIBE foo/bar{{hex 0d0a}}a03 DELETE foo/bar
S: a01 OK *
S: a02 OK *
S: a03 OK *
C: a1 LIST "" ("foo" "foo/*")
S: * LIST (\HasNoChildren) "/" foo
S: a1 OK *
C: a2 LIST (SUBSCRIBED) "" "foo/*"
S: * LIST (\NonExistent \Subscribed \HasNoChildren) "/" foo/bar
S: a2 OK *
C: a3 LIST (SUBSCRIBED RECURSIVEMATCH) "" foo RETURN (CHILDREN)
S: * LIST (\HasNoChildren) "/" foo ("CHILDINFO" ("SUBSCRIBED"))
S: a3 OK *
# 11
C: m0 CREATE music/rock
S: m0 OK *
C: m1 LIST (REMOTE) "" music*
S: * LIST (\HasChildren) "/" music
S: * LIST (\HasNoChildren) "/" music/rock
S: m1 OK *
C: m3 LIST "" (m% music/rock)
S: * LIST (\HasChildren) "/" music
S: * LIST (\HasNoChildren) "/" music/rock
S: m3 OK *
# RFC 5819 2, RFC 8440 3: what is listed for the sake of its children has no STATUS and no rights
C: s1 LIST "" (INBOX Tofu) RETURN (STATUS (MESSAGES UNSEEN))
S: * LIST (\HasNoChildren) "/" INBOX
S: * STATUS INBOX (MESSAGES 0 UNSEEN 0)
S: * LIST (\HasNoChildren) "/" Tofu
S: * STATUS Tofu (MESSAGES 0 UNSEEN 0)
S: s1 OK *
C: s2 LIST (SUBSCRIBED RECURSIVEMATCH) "" (INBOX foo2 Foo) RETURN (STATUS (MESSAGES))
S: * LIST (\Subscribed \HasNoChildren) "/" INBOX
S: * STATUS INBOX (MESSAGES 0)
S: * LIST (\NonExistent \HasChildren) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
S: * LIST (\HasChildren) "/" foo2 ("CHILDINFO" ("SUBSCRIBED"))
S: s2 OK *
C: s3 LIST (SUBSCRIBED RECURSIVEMATCH) "" (INBOX foo2 Foo) RETURN (MYRIGHTS)
S: * LIST (\Subscribed \HasNoChildren) "/" INBOX
S: * MYRIGHTS INBOX lrswipkxtecdan
S: * LIST (\NonExistent \HasChildren) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
S: * LIST (\HasChildren) "/" foo2 ("CHILDINFO" ("SUBSCRIBED"))
S: s3 OK *
