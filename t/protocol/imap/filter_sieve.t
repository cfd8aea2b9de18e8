# FILTER and UID FILTER (draft-bosch-imap-filter-sieve-00): scripts over messages that are here already.  Stored and global
# scripts: test_filter.py.
# shows: FILTER=SIEVE
@message one
From: ann@example.net
Subject: one

x
@end
@message two
From: bob@example.net
Subject: two offers

x
@end
@message three
From: ann@example.net
Subject: three

x
@end
@message discard
if header :contains "subject" "offer" {
  discard;
  stop;
}
@end
@message wrong
if subject :contains "offer" { discard; }
@end
@message nowhere
require "fileinto";
fileinto "No/Such";
@end
@message flags
require ["imap4flags", "fileinto", "mailbox", "copy"];
if hasflag "\\Flagged" { addflag "$Seen-Flagged"; }
if header "subject" "three" { fileinto :create :copy "Filed"; }
@end
@message edit
require ["editheader", "fileinto"];
addheader "X-Filtered" "yes";
fileinto "Edited";
@end
@message says
require "vnd.dovecot.debug";
debug_log "said";
@end
@message answers
require "reject";
reject "no";
@end
LOGIN
C: a1 APPEND INBOX {{msg one}}
S: a1 OK *
C: a2 APPEND INBOX (\Flagged) {{msg two}}
S: a2 OK *
C: a3 APPEND INBOX {{msg three}}
S: a3 OK *
C: b1 FILTER SIEVE SCRIPT "keep;" ALL
S: b1 BAD Select *
C: a4 SELECT INBOX
S...
S: a4 OK *
C-: f1 FILTER SIEVE SCRIPT {{msg+ discard}}
C:  ALL
S: * 1 FILTERED (TAG "f1") OK
S: * 2 FILTERED (TAG "f1") OK
S: * 3 FILTERED (TAG "f1") OK
S: * 2 FETCH (FLAGS (\Flagged \Deleted \Recent))
S: f1 OK *
C: f2 STORE 2 -FLAGS.SILENT \Deleted
S: f2 OK *
# UID FILTER names UIDs; the search chooses.
C: f3 UID FILTER SIEVE SCRIPT "keep;" FROM "ann"
S: * 1 FILTERED (TAG "f3") UID 1 OK
S: * 3 FILTERED (TAG "f3") UID 3 OK
S: f3 OK *
C: f4 FILTER SIEVE SCRIPT "keep;" SUBJECT "nobody"
S: f4 OK *
# A script that can't be run touches nothing.
C-: f5 FILTER SIEVE SCRIPT {{msg+ wrong}}
C:  ALL
S: * FILTER (TAG "f5") ERRORS *unknown test*
S: f5 NO *
C: f6 FILTER SIEVE PERSONAL nothing ALL
S: * FILTER (TAG "f6") ERRORS *nothing*
S: f6 NO *
C: f7 FILTER SIEVE GLOBAL nothing ALL
S: * FILTER (TAG "f7") ERRORS *
S: f7 NO *
C: f8 FILTER SIEVE DELIVERY ALL
S: * FILTER (TAG "f8") ERRORS *
S: f8 NO *
# imapsieve belongs to events.
C: f9 FILTER SIEVE SCRIPT "require \"imapsieve\"; discard;" 1
S: * FILTER (TAG "f9") ERRORS *imapsieve*
S: f9 NO *
C-: f10 FILTER SIEVE SCRIPT {{msg+ nowhere}}
C:  1
S: * 1 FILTERED (TAG "f10") ERRORS *mailbox does not exist: No/Such*
S: f10 OK *
# The flags that it has are there; new ones are set; a copy is a message of its own.
C-: f11 FILTER SIEVE SCRIPT {{msg+ flags}}
C:  2:3
S: * 2 FILTERED (TAG "f11") OK
S: * 3 FILTERED (TAG "f11") OK
S...
S: f11 OK *
C: c1 FETCH 1:3 (FLAGS)
S: * 1 FETCH (FLAGS (\Recent))
S: * 2 FETCH (FLAGS (\Flagged $Seen-Flagged \Recent))
S: * 3 FETCH (FLAGS (\Recent))
S: c1 OK *
C: c2 STATUS Filed (MESSAGES)
S: * STATUS Filed (MESSAGES 1)
S: c2 OK *
# A message never changes where it is: what was added goes along with the copy.
C: c3 CREATE Edited
S...
S: c3 OK *
C-: f12 UID FILTER SIEVE SCRIPT {{msg+ edit}}
C:  UID 1
S: * 1 FILTERED (TAG "f12") UID 1 OK
S: * 1 FETCH (*\Deleted*
S: f12 OK *
C: c4 FETCH 1 BODY.PEEK[HEADER.FIELDS (X-Filtered)]
S: * 1 FETCH (BODY[HEADER.FIELDS (X-Filtered)] {2}<CRLF><CRLF>)
S: c4 OK *
C-: f13 FILTER SIEVE SCRIPT {{msg+ says}}
C:  3
S: * 3 FILTERED (TAG "f13") WARNINGS *said*
S: f13 OK *
# Nobody is answered who wrote long ago, and nothing is lost for it.
C-: f14 FILTER SIEVE SCRIPT {{msg+ answers}}
C:  2:3
S: * 2 FILTERED (TAG "f14") OK
S: * 3 FILTERED (TAG "f14") OK
S: f14 OK *
C: c5 SELECT Edited
S...
S: c5 OK *
C: c6 FETCH 1 BODY.PEEK[HEADER.FIELDS (X-Filtered)]
S: * 1 FETCH (BODY[HEADER.FIELDS (X-Filtered)] {*}<CRLF>X-Filtered: yes<CRLF><CRLF>)
S: c6 OK *
C: c7 EXAMINE INBOX
S...
S: c7 OK *
C: f15 FILTER SIEVE SCRIPT "discard;" ALL
S: f15 NO [READ-ONLY] *
C: f16 FILTER SIEVE DELIVERY CHARSET nonsense ALL
S: f16 NO [READ-ONLY] *
C: f17 FILTER PROCMAIL x ALL
S: f17 BAD *
C: c8 SELECT INBOX
S...
S: c8 OK *
C: f18 FILTER SIEVE SCRIPT "keep;" CHARSET nonsense ALL
S: f18 NO [BADCHARSET*
