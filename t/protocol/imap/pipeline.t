# Commands sent together keep their order
# shows: LITERAL+
@message one
Subject: one

x
@end
LOGIN
C-: a1 CREATE p{{hex 0d0a}}a2 CREATE q{{hex 0d0a}}a3 LIST "" p{{hex 0d0a}}a4 APPEND p {5+}{{hex 0d0a}}a: b{{hex 0a0d0a}}
C: a5 SELECT p
S: a1 OK *
S: a2 OK *
S: * LIST (\HasNoChildren) "/" p
S: a3 OK *
S: a4 OK *
S...
S: * 1 EXISTS
S...
S: a5 OK *
