# PUTSCRIPT, LISTSCRIPTS, GETSCRIPT, SETACTIVE, RENAMESCRIPT, DELETESCRIPT (RFC 5804 2.6 to 2.11)
LOGIN
C: LISTSCRIPTS
S: OK
C: PUTSCRIPT "main" {50+}
C: require "fileinto"; # two lines
C: fileinto "INBOX";
S: OK
C: PUTSCRIPT "other" "keep;"
S: OK
C: LISTSCRIPTS
S: "main"
S: "other"
S: OK
C: SETACTIVE "main"
S: OK
C: LISTSCRIPTS
S: "main" ACTIVE
S: "other"
S: OK
C: GETSCRIPT "other"
S: {5}<CRLF>keep;
S: OK
C: GETSCRIPT "nowhere"
S: NO (NONEXISTENT) *
C: SETACTIVE "nowhere"
S: NO (NONEXISTENT) *
C: DELETESCRIPT "nowhere"
S: NO (NONEXISTENT) *
C: DELETESCRIPT ""
S: NO (NONEXISTENT) *
C: DELETESCRIPT "main"
S: NO (ACTIVE) *
C: RENAMESCRIPT "main" "other"
S: NO (ALREADYEXISTS) *
C: RENAMESCRIPT "nowhere" "x"
S: NO (NONEXISTENT) *
C: RENAMESCRIPT "main" "Gr{{hex c3bc}}n"
S: OK
C: LISTSCRIPTS
S: "Grün" ACTIVE
S: "other"
S: OK
C: SETACTIVE ""
S: OK
C: SETACTIVE ""
S: OK
C: DELETESCRIPT "Gr{{hex c3bc}}n"
S: OK
# another session sees the same
LOGIN2
C2: LISTSCRIPTS
S2: "other"
S2: OK
# over an old one, which stays active; the name is a literal
C: SETACTIVE "other"
S: OK
C: PUTSCRIPT {5+}
C-: other {8+}
C-: {{hex 0d0a}}discard;
C:
S: OK
C: GETSCRIPT {5+}
C: other
S: {8}<CRLF>discard;
S: OK
C2: LISTSCRIPTS
S2: "other" ACTIVE
S2: OK
