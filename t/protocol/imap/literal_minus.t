# LITERAL- (RFC 7888 5) where a setting says so: literals of more than 4096 bytes wait
# shows: LITERAL-
@conf imap.nonsync_literals = small
@message small
Subject: x

x
@end
C: a1 CAPABILITY
S: * CAPABILITY *LITERAL-*
S: a1 OK *
C: a2 LOGIN {{user}} {{password}}
S: a2 OK *
C: a3 APPEND INBOX {4096+}
C-: a: b{{hex 0d0a0d0a}}
C: {{repeat 4088 x}}
S: a3 OK *
C: a4 APPEND INBOX {5000}
S: + *
C-: a: b{{hex 0d0a0d0a}}
C: {{repeat 4992 x}}
S: a4 OK *
C: a5 APPEND INBOX {4097+}
S: * BYE [TOOBIG] *
S: EOF
