# SAVELIMIT (RFC 9738): COPY and APPEND make so many messages at once
# shows: SAVELIMIT
@conf imap.save_limit = 2
@conf imap.message_limit = none
@message one
Subject: one

x
@end
LOGIN
C: a1 CAPABILITY
S: * CAPABILITY *INPROGRESS*
S: a1 OK *
C-: a2 APPEND INBOX {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C:
S: a2 NO [MESSAGELIMIT 2] *
C-: a3 APPEND INBOX {{msg+ one}}
C-:  {{msg+ one}}
C:
S: a3 OK *
C: a4 APPEND INBOX {{msg+ one}}
S: a4 OK *
C: a5 SELECT INBOX
S...
S: a5 OK *
C: a6 COPY 1:* Trash
S: a6 NO [MESSAGELIMIT 2 2] *
C: a7 COPY 2:3 Trash
S: a7 OK *
C: a8 STORE 1:3 +FLAGS (\Seen)
S...
S: a8 OK *
