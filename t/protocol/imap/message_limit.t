# MESSAGELIMIT (RFC 9738): one command works on so many messages, the last ones first
# shows: MESSAGELIMIT
@conf imap.message_limit = 3
@message one
Subject: one

x
@end
LOGIN
C: a1 CAPABILITY
S: * CAPABILITY *MESSAGELIMIT=3*
S: a1 OK *
C-: a2 APPEND INBOX {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C:
S: a2 OK [APPENDUID {{validity}} 1:3] *
C-: a3 APPEND INBOX {{msg+ one}}
C-:  {{msg+ one}}
C:
S: a3 OK [APPENDUID {{validity}} 4:5] *
C-: a4 APPEND INBOX {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C-:  {{msg+ one}}
C:
S: a4 NO [MESSAGELIMIT 3] *
C: a5 SELECT INBOX
S...
S: * 5 EXISTS
S...
S: a5 OK *
C: 03 FETCH 1:* (UID FLAGS)
S: * 3 FETCH (UID 3 FLAGS (\Recent))
S: * 4 FETCH (UID 4 FLAGS (\Recent))
S: * 5 FETCH (UID 5 FLAGS (\Recent))
S: 03 OK [MESSAGELIMIT 3 3] *
# 3.1: more asked for by number: nothing is done
C: 11 UID FETCH 1:5 (UID FLAGS) (PARTIAL -1:-4)
S: 11 NO [MESSAGELIMIT 3] *
C: 11a UID FETCH 1:5 (UID) (PARTIAL -1:-3)
S: * 3 FETCH (UID 3)
S: * 4 FETCH (UID 4)
S: * 5 FETCH (UID 5)
S: 11a OK Fetched
C: a6 UID FETCH 3:5 FLAGS
S...
S: a6 OK Fetched
C: 04 SEARCH UNDELETED
S: * SEARCH 3 4 5
S: 04 OK [MESSAGELIMIT 3 3] *
C: 10 UID SEARCH UID 2:5 UNDELETED
S: * SEARCH 3 4 5
S: 10 OK [MESSAGELIMIT 3 3] *
C: 12 UID SEARCH UIDAFTER 3 UNDELETED
S: * SEARCH 4 5
S: 12 OK Searched
C: 13 UID SEARCH UIDBEFORE 3
S: * SEARCH 1 2
S: 13 OK Searched
C: 14 SEARCH 1:2
S: * SEARCH 1 2
S: 14 OK Searched
C: 15 UID SEARCH UIDBEFORE 1
S: * SEARCH
S: 15 OK Searched
C: 16 SORT (REVERSE ARRIVAL) UTF-8 ALL
S: * SORT *
S: 16 OK [MESSAGELIMIT 3 3] *
C: 17 THREAD ORDEREDSUBJECT UTF-8 ALL
S: 17 NO [MESSAGELIMIT 3 3] *
C: 05 UID COPY 1:4 Trash
S: 05 NO [MESSAGELIMIT 3 2] *
C: a7 STATUS Trash (MESSAGES)
S: * STATUS Trash (MESSAGES 0)
S: a7 OK *
C: 07 UID STORE 1:* +FLAGS.SILENT (\Deleted)
S: 07 OK [MESSAGELIMIT 3 3] *
C: a8 UID FETCH 1:2 FLAGS
S: * 1 FETCH (UID 1 FLAGS (\Recent))
S: * 2 FETCH (UID 2 FLAGS (\Recent))
S: a8 OK *
C: a9 UID STORE 1:2 +FLAGS.SILENT (\Deleted)
S: a9 OK *
C: 08 UID EXPUNGE 1:5
S: * 5 EXPUNGE
S: * 4 EXPUNGE
S: * 3 EXPUNGE
S: 08 OK [MESSAGELIMIT 3 3] *
C: 06 UID MOVE 1:2 Trash
S: * OK [COPYUID {{trash}} 1:2 1:2] *
S: * 2 EXPUNGE
S: * 1 EXPUNGE
S: 06 OK *
