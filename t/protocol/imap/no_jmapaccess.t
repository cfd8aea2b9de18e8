# Where no JMAP server is known, none is told of
LOGIN
C: a1 GETJMAPACCESS
S: a1 BAD *
C: a2 CAPABILITY
S: * CAPABILITY {{first}} *OBJECTID*
S: a2 OK *
