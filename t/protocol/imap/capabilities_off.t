# Capabilities that the administrator does not want are not offered, and their commands do not exist
@conf imap.capabilities_off = compress=deflate,REPLACE,LANGUAGE,JMAPACCESS
@message one
Subject: one

x
@end
C: a1 LANGUAGE de
S: a1 BAD Unknown*
C: a2 LOGIN {{user}} {{password}}
S: a2 OK [CAPABILITY *MULTIAPPEND CATENATE URL-PARTIAL APPENDLIMIT*INPROGRESS*] *
C: a3 COMPRESS DEFLATE
S: a3 BAD Unknown*
C: a4 APPEND INBOX {{msg+ one}}
S: a4 OK *
C: a5 SELECT INBOX
S...
S: a5 OK *
C: a6 UID REPLACE 1 INBOX {{msg+ one}}
S: a6 BAD Unknown*
C: a7 UNAUTHENTICATE
S: a7 OK *
