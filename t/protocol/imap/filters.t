# FILTER in SEARCH (RFC 5466): one that nobody has stored
LOGIN
C: a1 SELECT INBOX
S...
S: a1 OK *
C: a2 SEARCH UID 300:900 FILTER on-the-road SINCE "3-Dec-2002"
S: a2 NO [UNDEFINED-FILTER on-the-road] *
C: a3 SEARCH CHARSET ISO-8859-1 FILTER on-the-road
S: a3 BAD [BADCHARSET *] *
C: a4 SEARCH FILTER a/b
S: a4 BAD *
