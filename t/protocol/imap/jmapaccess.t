# JMAPACCESS (draft-ietf-extra-jmapaccess): where the same mail is under the same ids
# shows: JMAPACCESS
@conf http.url = https://mail.example.org
C: a1 GETJMAPACCESS
S: a1 BAD *
C: a2 LOGIN {{user}} {{password}}
S: a2 OK [CAPABILITY *JMAPACCESS*] *
C: a3 GETJMAPACCESS
S: * JMAPACCESS "https://mail.example.org/.well-known/jmap"
S: a3 OK *
C: a4 GETJMAPACCESS now
S: a4 BAD *
