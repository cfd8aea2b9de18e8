# APPENDLIMIT (RFC 7889): the largest message, told before it is sent.
# shows: APPENDLIMIT
@conf imap.max_request_size = 2048
@message over
Subject: over

{{repeat 512 four}}
@end
@message small
Subject: small

x
@end
@message half
Subject: half

{{repeat 256 four}}
@end
LOGIN
C: a1 CAPABILITY
S: * CAPABILITY *APPENDLIMIT=2048*
S: a1 OK *
C: a2 STATUS INBOX (MESSAGES APPENDLIMIT)
S: * STATUS INBOX (MESSAGES 0 APPENDLIMIT 2048)
S: a2 OK *
C: a3 LIST "" INBOX RETURN (STATUS (APPENDLIMIT))
S: * LIST (*) "/" INBOX
S: * STATUS INBOX (APPENDLIMIT 2048)
S: a3 OK *
C: a4 APPEND INBOX {{msg over}}
S: a4 NO [TOOBIG] *
C: a5 APPEND INBOX {{msg+ over}}
S: a5 NO [TOOBIG] *
C: a6 APPEND INBOX {2048+}
C-: Subject: at the limit{{hex 0d0a0d0a}}
C-: {{repeat 2021 x}}
C: {{hex 0d0a}}
S: a6 OK *
C: a7 APPEND INBOX {{msg small}}
S: a7 OK *
# several messages may not be more together
C-: a8 APPEND INBOX {{msg half}}
C: {{hex 20}}{1100}
S: a8 NO [LIMIT] *
