# PREVIEW: the beginning of a message's text (RFC 8970)
# shows: PREVIEW
@message html
Subject: one
Content-Type: text/html

<html><head><title>no</title></head><body><p>Dear  <b>all</b>,</p></body></html>
@end
@message none
Subject: nothing to read
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0K
@end
LOGIN
C: a1 APPEND INBOX {{msg html}}
S: a1 OK *
C: a2 APPEND INBOX {{msg none}}
S: a2 OK *
C: a3 SELECT INBOX
S...
S: a3 OK *
C: f1 FETCH 1 PREVIEW
S: * 1 FETCH (PREVIEW "Dear all,")
S: f1 OK *
C: f2 FETCH 2 (PREVIEW (LAZY) FLAGS)
S: * 2 FETCH (PREVIEW "" FLAGS (\Recent))
S: f2 OK *
C: f3 FETCH 1 (PREVIEW (EAGER))
S: f3 BAD *
