# APPEND after APPEND to one mailbox: its name is looked up once, and means what it means when the message is added, whatever
# others have done to the mailbox meanwhile.
@message one
From: a@example.org
Subject: one

body
@end
LOGIN
C2: a0 LOGIN {{user}} {{password}}
S2: a0 OK *
C: a1 CREATE box
S: a1 OK *
C: a2 APPEND box {{msg one}}
S: a2 OK [APPENDUID {{v1}} 1] *
C: a3 APPEND box {{msg+ one}}
S: a3 OK [APPENDUID {{v1}} 2] *
# renamed by another session, and another mailbox in its place
C2: b1 RENAME box old
S2: b1 OK *
C: a4 APPEND box {{msg+ one}}
S: a4 NO [TRYCREATE] *
C: a5 APPEND box {{msg one}}
S: a5 NO [TRYCREATE] *
C2: b2 CREATE box
S2: b2 OK *
C: a6 APPEND box {{msg one}}
S: a6 OK [APPENDUID {{v2}} 1] *
C2: b3 STATUS old (MESSAGES)
S2: * STATUS old (MESSAGES 2)
S2: b3 OK *
# deleted and made anew: no word of the old one
C2: b4 DELETE box
S2: b4 OK *
C2: b5 CREATE box
S2: b5 OK *
C: a7 APPEND box {{msg+ one}}
S: a7 OK [APPENDUID {{v3}} 1] *
# deleted: who asks before he sends is told before
C2: b6 DELETE box
S2: b6 OK *
C: a8 APPEND box {{msg+ one}}
S: a8 NO [TRYCREATE] *
C2: b7 CREATE box
S2: b7 OK *
# several messages, and REPLACE, go by what the name is now as well
C: a9 APPEND box {{msg one}}
S: a9 OK [APPENDUID {{v4}} 1] *
C2: c1 RENAME box gone
S2: c1 OK *
C2: c2 CREATE box
S2: c2 OK *
C-: d1 APPEND box {{msg+ one}}
C-:  {{msg+ one}}
C:
S: d1 OK [APPENDUID {{v5}} 1:2] *
C2: c3 STATUS gone (MESSAGES)
S2: * STATUS gone (MESSAGES 1)
S2: c3 OK *
# a name that is selected: EXISTS before the OK
C: e1 SELECT box
S...
S: e1 OK *
C: e2 APPEND box {{msg+ one}}
S: * 3 EXISTS
S: * 3 RECENT
S: e2 OK [APPENDUID {{v5}} 3] *
C2: f1 RENAME box away
S2: f1 OK *
C2: f2 CREATE box
S2: f2 OK *
# the selected one is another by now
C: e3 APPEND box {{msg+ one}}
S: e3 OK [APPENDUID {{v6}} 1] *
