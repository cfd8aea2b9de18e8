# BINARY (RFC 3516): parts whose decoded bytes hold NUL, and a transfer encoding that nobody knows
@message odd
Subject: odd
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

AAECAwQ=
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: x-unknown

abc
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

a=00b=C3=A9
--b--
@end
LOGIN
C: a1 APPEND INBOX {{msg odd}}
S: a1 OK *
C: a2 SELECT INBOX
S...
S: a2 OK *
C: a3 FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1] BODY.PEEK[1])
S: * 1 FETCH (BINARY.SIZE[1] 5 BINARY[1] ~{5}<CRLF><00><01><02><03><04> BODY[1] {8}<CRLF>AAECAwQ=)
S: a3 OK *
C: a4 FETCH 1 BINARY.PEEK[1]<1.2>
S: * 1 FETCH (BINARY[1]<1> {2}<CRLF><01><02>)
S: a4 OK *
C: a5 FETCH 1 BINARY.PEEK[3]
S: * 1 FETCH (BINARY[3] ~{5}<CRLF>a<00>bé)
S: a5 OK *
C: a6 FETCH 1 BINARY.PEEK[2]
S: * 1 FETCH (BINARY[2] NIL)
S: a6 NO [UNKNOWN-CTE] *
C: a7 FETCH 1 BINARY.SIZE[2]
S: * 1 FETCH (BINARY.SIZE[2] 0)
S: a7 NO [UNKNOWN-CTE] *
C: a8 FETCH 1 (BODY.PEEK[2] FLAGS)
S: * 1 FETCH (BODY[2] {3}<CRLF>abc FLAGS (\Recent))
S: a8 OK *
# without .PEEK it is seen
C: a9 FETCH 1 BINARY[1]
S: * 1 FETCH (BINARY[1] ~{5}<CRLF>* FLAGS (\Seen \Recent))
S: a9 OK *
