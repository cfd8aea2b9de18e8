# A binary message is kept byte by byte (RFC 3516 4.4), and BINARY gives what its encodings say.
# shows: BINARY
LOGIN
C: a1 APPEND INBOX ~{76+}
C-: Content-Type: image/gif{{hex 0d0a}}Content-Transfer-Encoding: binary{{hex 0d0a0d0a}}a{{hex 000a}}b{{hex 0d}}c{{hex 0d0a00ff}}
C: ....
S: a1 OK [APPENDUID {{validity}} 1] *
C: a2 SELECT INBOX
S...
S: a2 OK *
C: a3 FETCH 1 (RFC822.SIZE BINARY.SIZE[1] BINARY.PEEK[1])
S: * 1 FETCH (RFC822.SIZE 76 BINARY.SIZE[1] 14 BINARY[1] ~{14}<CRLF>a<00><0a>b<0d>c<CRLF><00><ff>....)
S: a3 OK *
C: a4 FETCH 1 BINARY.PEEK[1]<1.3>
S: * 1 FETCH (BINARY[1]<1> ~{3}<CRLF><00><0a>b)
S: a4 OK *
