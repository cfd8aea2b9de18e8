# A client of IMAP4rev2 is told when a name that it wrote is another one here: INBOX in other letters, or not normalized
# (RFC 9051 6.3.2, 6.3.4-6.3.6, 6.3.9.7, 6.3.12).  {{hex 75cc88}} is u with a combining diaeresis
# shows: IMAP4rev2
@message one
Subject: one

x
@end
LOGIN
LOGIN2
C: a0 ENABLE IMAP4rev2
S: * ENABLED IMAP4rev2
S: a0 OK *
C: a1 SELECT inbox
S...
S: * LIST () "/" INBOX ("OLDNAME" (inbox))
S: a1 OK *
C: a2 EXAMINE INBOX
S...
S: * LIST () "/" INBOX
S: a2 OK *
C: a3 CREATE "M{{hex 75cc88}}ll"
S: * LIST () "/" "Müll" ("OLDNAME" (*))
S: a3 OK *
C: a4 CREATE "Müll/x/"
S: a4 OK *
C: a5 APPEND "M{{hex 75cc88}}ll" {{msg+ one}}
S: * LIST () "/" "Müll" ("OLDNAME" (*))
S: a5 OK [APPENDUID *] *
C: a6 RENAME "M{{hex 75cc88}}ll/x" "Müll/y"
S: * LIST () "/" "Müll/y" ("OLDNAME" ("*/x"))
S: a6 OK *
C: a7 DELETE "M{{hex 75cc88}}ll/y"
S: * LIST (\NonExistent) "/" "Müll/y" ("OLDNAME" ("*/y"))
S: a7 OK *
# IMAP4rev1 knows no OLDNAME
C2: b1 SELECT inbox
S2...
S2: b1 OK *
# RENAME to its own name is to one that exists (6.3.6), in whatever spelling
C: c1 RENAME "Müll" "M{{hex 75cc88}}ll"
S: c1 NO [ALREADYEXISTS] *
C: c2 RENAME inbox INBOX
S: c2 NO [ALREADYEXISTS] *
