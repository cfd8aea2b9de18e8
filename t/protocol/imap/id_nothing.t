# ID (RFC 2971): nothing is told
@conf imap.id =
C: a1 ID NIL
S: * ID NIL
S: a1 OK *
