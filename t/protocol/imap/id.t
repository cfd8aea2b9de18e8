# ID (RFC 2971), with what the setting says
# shows: ID
@conf imap.id = name=Post office,version=
C: a1 ID NIL
S: * ID ("name" "Post office" "version" NIL)
S: a1 OK *
C: a2 ID ("name" "sodr" "version" "19.34")
S: * ID ("name" "Post office" "version" NIL)
S: a2 OK *
