# Registered keywords and \Important (RFC 8457, RFC 5788): kept as they are written first, found without case
@message one
Subject: one

x
@end
LOGIN
C: a1 APPEND INBOX ($Important $Forwarded $MDNSent) {{msg+ one}}
S: a1 OK *
C: a2 SELECT INBOX
S...
S: * FLAGS (*$Important*$Forwarded*$MDNSent*)
S...
S: a2 OK *
C: a3 STORE 1 +FLAGS ($Junk $Phishing $NotJunk $SubmitPending $Submitted $important)
S...
S: * 1 FETCH (FLAGS ($Important $Forwarded $MDNSent $Junk $Phishing $NotJunk $SubmitPending $Submitted \Recent))
S: a3 OK *
C: a4 SEARCH KEYWORD $IMPORTANT
S: * SEARCH 1
S: a4 OK *
C: a5 CREATE Priority (USE (\Important))
S: a5 OK *
C: a6 LIST (SPECIAL-USE) "" "Pri*"
S: * LIST (* \Important) "/" Priority
S: a6 OK *
C: a7 CREATE Second (USE (\Important))
S: a7 NO [USEATTR] *
