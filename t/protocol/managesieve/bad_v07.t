# Hostile commands (V07): sizes, NUL, blanks, pipelines
C: AUTHENTICATE "PLAIN" {1048576+}{{hex 0d0a}}{{repeat 1048576 A}}
S: NO *
C: AUTHENTICATE "PLAIN" {17000+}{{hex 0d0a}}{{repeat 17000 A}}
S: NO *
C: X "a{{hex 00}}b"
S: NO *
C: X "a" {3}
S: NO *
C: X  "a"
S: NO *
C: X "\n"
S: NO *
C: NOOP "still here"
S: OK (TAG "still here") *
LOGIN
C: PUTSCRIPT "big" {1000001+}{{hex 0d0a}}{{repeat 1000001 #}}
S: NO (QUOTA/MAXSIZE) *
C: PUTSCRIPT "big" {1500000+}{{hex 0d0a}}{{repeat 1500000 #}}
S: NO (QUOTA/MAXSIZE) *
C: LISTSCRIPTS
S: OK
C: PUTSCRIPT "big" {1000000+}{{hex 0d0a}}{{repeat 1000000 #}}
S: OK
# a pipeline is run once, in order
C: PUTSCRIPT "a" "keep;"{{hex 0d0a}}RENAMESCRIPT "a" "b"{{hex 0d0a}}SETACTIVE "b"{{hex 0d0a}}LISTSCRIPTS
S: OK
S: OK
S: OK
S: "b" ACTIVE
S: "big"
S: OK
C: PUTSCRIPT "x" {4294967295+}
S: BYE (QUOTA/MAXSIZE) *
S: EOF
C2: {{repeat 20000 x}}
S2: BYE *
S2: EOF
