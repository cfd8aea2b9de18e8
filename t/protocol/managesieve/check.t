# Scripts that do not compile are not stored; the answer says where (RFC 5804 2.6, 2.12)
LOGIN
C: CHECKSCRIPT "keep;"
S: OK
C: CHECKSCRIPT "kep;"
S: NO *1:1*
C: PUTSCRIPT "bad" {18+}
C: keep;
C: 
C: fileinto;
S: NO *
C: LISTSCRIPTS
S: OK
# one without a byte is a slip, not a script; it would take the place of a good one
C: PUTSCRIPT "good" "keep;"
S: OK
C: PUTSCRIPT "good" ""
S: NO "an empty script *"
C: PUTSCRIPT "good" {0+}
C:
S: NO "an empty script *"
C: GETSCRIPT "good"
S: {5}<CRLF>keep;
S: OK
C: CHECKSCRIPT ""
S: OK
C: CHECKSCRIPT "if true { keep; "
S: NO *
C: LISTSCRIPTS
S: "good"
S: OK
# names
C: PUTSCRIPT "a/b" "keep;"
S: NO *
C: PUTSCRIPT "" "keep;"
S: NO *
C: PUTSCRIPT {3+}
C-: a{{hex 00}}b "keep;"
C:
S: NO *
C: PUTSCRIPT "{{repeat 513 x}}" "keep;"
S: NO *
C: PUTSCRIPT "{{repeat 512 x}}" "keep;"
S: OK
C: RENAMESCRIPT "good" ".."
S: NO *
C: HAVESPACE "a/b" 10
S: NO *
