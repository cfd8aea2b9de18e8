# UTF-8 in a header is for clients that say UTF8 (RFC 6856 2.1, 5)
@conf pop3.utf8_headers = refuse
@message eight
Subject: Grüße

x
@end
LOGIN9
C9: a1 APPEND INBOX {{msg eight}}
S9: a1 OK *
C: USER {{user}}
S: +OK *
C: PASS {{password}}
S: +OK *
C: RETR 1
S: -ERR [UTF8] *
C: TOP 1 0
S: -ERR [UTF8] *
C: QUIT
S: +OK *
S: EOF
C2: UTF8
S2: +OK *
C2: USER {{user}}
S2: +OK *
C2: PASS {{password}}
S2: +OK *
C2: RETR 1
S2: +OK *
S2: Subject: Grüße
S2: 
S2: x
S2: .
