# THREAD (RFC 5256; REFS: threads by their latest arrival, no subjects)
# shows: THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS
@message one
Message-ID: <a@x>
Subject: tea
Date: Wed, 9 Feb 1994 01:00:00 +0000

1
@end
@message two
Message-ID: <b@x>
References: <a@x>
Subject: Re: tea
Date: Wed, 9 Feb 1994 02:00:00 +0000

2
@end
@message three
Message-ID: <c@x>
Subject: coffee
Date: Wed, 9 Feb 1994 03:00:00 +0000

3
@end
@message four
Message-ID: <d@x>
In-Reply-To: <a@x> (of Wednesday)
Subject: Re: tea
Date: Wed, 9 Feb 1994 04:00:00 +0000

4
@end
@message five
Message-ID: <e@x>
References: <"a"@x> <b@x>
Subject: no tea
Date: Wed, 9 Feb 1994 05:00:00 +0000

5
@end
@message six
Message-ID: <f@x>
Subject: Fwd: coffee
Date: Wed, 9 Feb 1994 06:00:00 +0000

6
@end
@message seven
Message-ID: <g@x>
References: <missing@x>
Subject: milk
Date: Wed, 9 Feb 1994 07:00:00 +0000

7
@end
@message eight
Message-ID: <h@x>
References: <missing@x>
Subject: more milk
Date: Wed, 9 Feb 1994 08:00:00 +0000

8
@end
LOGIN
C: a1 APPEND INBOX "1-Feb-2001 10:00:00 +0000" {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX "9-Feb-2001 10:00:00 +0000" {{msg two}}
S: a2 OK *
C: a3 APPEND INBOX "3-Feb-2001 10:00:00 +0000" {{msg three}}
S: a3 OK *
C: a4 APPEND INBOX "4-Feb-2001 10:00:00 +0000" {{msg four}}
S: a4 OK *
C: a5 APPEND INBOX "5-Feb-2001 10:00:00 +0000" {{msg five}}
S: a5 OK *
C: a6 APPEND INBOX "6-Feb-2001 10:00:00 +0000" {{msg six}}
S: a6 OK *
C: a7 APPEND INBOX "7-Feb-2001 10:00:00 +0000" {{msg seven}}
S: a7 OK *
C: a8 APPEND INBOX "8-Feb-2001 10:00:00 +0000" {{msg eight}}
S: a8 OK *
C: b1 SELECT INBOX
S...
S: b1 OK *
C: c1 THREAD ORDEREDSUBJECT UTF-8 ALL
S: * THREAD (1 (2)(4))(3 6)(5)(7)(8)
S: c1 OK *
C: c2 THREAD REFERENCES UTF-8 ALL
S: * THREAD (1 (2 5)(4))(3 6)((7)(8))
S: c2 OK *
C: c3 UID THREAD REFS US-ASCII ALL
S: * THREAD (3)(6)((7)(8))(1 (2 5)(4))
S: c3 OK *
# what is not found is missing from its thread
C: c4 THREAD REFERENCES UTF-8 NOT 1
S: * THREAD ((2 5)(4))(3 6)((7)(8))
S: c4 OK *
C: c5 THREAD ORDEREDSUBJECT US-ASCII TEXT "gewp"
S: * THREAD
S: c5 OK *
C: c6 THREAD BYCOLOUR UTF-8 ALL
S: c6 BAD *
C: c7 THREAD REFERENCES X-NOSUCH ALL
S: c7 NO [BADCHARSET *] *
