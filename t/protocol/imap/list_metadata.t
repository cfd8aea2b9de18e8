# LIST RETURN (METADATA ...) (RFC 9590), after its examples
# shows: LIST-METADATA
LOGIN
C: a1 CREATE x/foo
S: a1 OK *
C: a2 SETMETADATA x (/shared/vendor/cmu/cyrus-imapd/color "#b71c1c" /private/comment "mine")
S: a2 OK *
C: a3 LIST "" x* RETURN (METADATA ("/shared/vendor/cmu/cyrus-imapd/color"))
S: * LIST (\HasChildren) "/" x
S: * METADATA x (/shared/vendor/cmu/cyrus-imapd/color "#b71c1c")
S: * LIST (\HasNoChildren) "/" x/foo
S: * METADATA x/foo (/shared/vendor/cmu/cyrus-imapd/color NIL)
S: a3 OK *
C: a4 LIST "" x RETURN (METADATA (/private/comment /shared/vendor/cmu/cyrus-imapd/color))
S: * LIST (\HasChildren) "/" x
S: * METADATA x (/private/comment "mine" /shared/vendor/cmu/cyrus-imapd/color "#b71c1c")
S: a4 OK *
# a mailbox that is listed for the sake of its children gets none
C: a5 SUBSCRIBE x/foo
S: a5 OK *
C: a6 LIST (SUBSCRIBED RECURSIVEMATCH) "" x* RETURN (METADATA ("/shared/vendor/cmu/cyrus-imapd/color"))
S: * LIST (\HasChildren) "/" x ("CHILDINFO" ("SUBSCRIBED"))
S: * LIST (\Subscribed \HasNoChildren) "/" x/foo
S: * METADATA x/foo (/shared/vendor/cmu/cyrus-imapd/color NIL)
S: a6 OK *
C: a7 LIST "" x RETURN (METADATA ())
S: a7 BAD *
