# LANGUAGE (RFC 5255 3)
# shows: LANGUAGE
C: a1 LANGUAGE
S: * LANGUAGE (en de i-default)
S: a1 OK Done
C: a2 LANGUAGE MUL
S: a2 NO That language is not supported
C: a3 NOOP
S: a3 OK Done
C: a4 LANGUAGE FR-CA DE-IT
S: * LANGUAGE (de)
S: a4 OK Erledigt
C: a5 LOGIN {{user}} wrong
S: a5 NO [AUTHENTICATIONFAILED] Name oder Passwort ist falsch
C: a6 LOGIN {{user}} {{password}}
S: a6 OK [CAPABILITY *] Angemeldet
C: a7 SELECT nosuch
S: a7 NO [NONEXISTENT] Diesen Ordner gibt es nicht
C: a8 SELECT INBOX
S...
S: a8 OK [READ-WRITE] Geöffnet
C: a9 LANGUAGE XX
S: a9 NO Diese Sprache wird nicht unterstützt
C: b1 LANGUAGE "default"
S: * LANGUAGE (en)
S: b1 OK Done
C: b2 LANGUAGE de
S: * LANGUAGE (de)
S: b2 OK Erledigt
C: b3 LANGUAGE (de)
S: b3 BAD *
C: b4 UNAUTHENTICATE
S: b4 OK [CAPABILITY *] Done
C: b5 LANGUAGE de
S: * LANGUAGE (de)
S: b5 OK Erledigt
C: b6 LOGOUT
S: * BYE Abmeldung
S: b6 OK Erledigt
S: EOF
