#!/usr/bin/env python3
"""The checker of what imapd says: lines that it must take, and lines that it must not."""
import os, random, socket, sys, threading, unittest, zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from abnf import Grammar  # noqa: E402
from imap_checker import Checker, Illegal  # noqa: E402
from imap_proxy import Proxy  # noqa: E402

GOOD = r'''
* OK ready
* BYE [UNAVAILABLE] going down
+ go on
+ dGVzdA==
a1 OK done
a1 OK [CAPABILITY IMAP4rev1 IDLE] done
* CAPABILITY IMAP4rev1 IMAP4rev2 AUTH=PLAIN LITERAL+ STATUS=SIZE RIGHTS=kxte
* 0 EXISTS
* 5 RECENT
* 44 EXPUNGE
* SEARCH
* SEARCH 2 84 882
* SEARCH 2 5 (MODSEQ 917162500)
* FLAGS (\Answered \Flagged $MDNSent junk)
* OK [PERMANENTFLAGS (\Deleted \Seen \*)] limited
* OK [UNSEEN 12] first
* OK [UIDVALIDITY 3857529045] valid
* OK [HIGHESTMODSEQ 715194045007] highest
* OK [CLOSED] before
a NO [BADCHARSET (US-ASCII "UTF-8")] no
a OK [MODIFIED 7,9] conditional
a OK [APPENDUID 38505 3955:3957] appended
a OK [COPYUID 38505 304,319:320 3956:3958] copied
a OK [COMPRESSIONACTIVE] x
a NO [BADURL /INBOX;UIDVALIDITY=785799047/;UID=113330;section=1.5.9] no
a BAD [UIDREQUIRED] no numbers
a NO [METADATA LONGENTRIES 2199] long
a OK [METADATA MAXSIZE 1024] x
a NO [METADATA TOOMANY] x
a OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] x
* OK [INPROGRESS ("A001" 175 1000)] still
* OK [INPROGRESS ("A001" 175 NIL)] still
* OK [INPROGRESS (NIL NIL NIL)] still
* OK [INPROGRESS] still
a OK [MESSAGELIMIT 1000 23221] some
* OK [NOUPDATE "B02"] no more
a NO [BADEVENT (MessageNew MessageExpunge)] x
a NO [UNDEFINED-FILTER on-the-road] x
* OK [URLMECH INTERNAL XSAMPLE=P34OKhO7VEkCbsiYY8rGEg==] x
a NO [ANNOTATE TOOBIG] x
* OK [ANNOTATIONS 20480 NOPRIVATE] x
a NO [USEATTR] x
a NO [NOTSAVED] x
* OK [REFERRAL imap://user;AUTH=*@server/] x
* LIST (\HasNoChildren \Drafts) "/" Drafts
* LIST () NIL ""
* LIST (\NonExistent \HasChildren) "/" "a b" ("CHILDINFO" ("SUBSCRIBED"))
* LIST () "/" new (OLDNAME (old))
* LIST () "/" &U,BTFw-/&-x
* LSUB (\Noselect) "." #news.comp
* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292 SIZE 99999999999 DELETED-STORAGE 5)
* STATUS "a b" ()
* STATUS x (HIGHESTMODSEQ 0 MAILBOXID (F1) APPENDLIMIT NIL RECENT 3)
* STATUS INBOX (APPENDLIMIT 257890)
* ENABLED
* ENABLED CONDSTORE
* ID ("name" "Postern" "version" NIL)
* ID NIL
* NAMESPACE (("" "/")) (("Other Users/" "/")("x" NIL)) NIL
* NAMESPACE (("" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL NIL
* ESEARCH
* ESEARCH (TAG "A283") ALL 2,10:11
* ESEARCH (TAG "A285") UID MIN 7 MAX 3800 COUNT 0
* ESEARCH (TAG "a" MAILBOX "folder 1" UIDVALIDITY 1) UID ALL 4001,4003
* ESEARCH (TAG "B01") UID ADDTO (1 2733 3 2731:2732) MODSEQ 5
* ESEARCH (TAG "B01") UID REMOVEFROM (0 32768)
* ESEARCH (TAG "A01") UID PARTIAL (-1:-100 17:19)
* ESEARCH (TAG "A01") PARTIAL (23500:24000 NIL)
* ESEARCH (TAG "1") ALL 1,5 RELEVANCY (4 100)
* SORT
* SORT 5 3 4 (MODSEQ 12)
* THREAD
* THREAD (2)(3 6 (4 23)(44 7 96))
* THREAD ((3)(5))(1 2 3)
* ACL INBOX Fred rwipslxetad -joe w "a b" ""
* LISTRIGHTS ~/Mail/saved smith "" l r k x t
* LISTRIGHTS archive.imap anyone la r s
* MYRIGHTS INBOX rwiptsldaex
* QUOTA "" (STORAGE 10 512 MESSAGE 1 2)
* QUOTA "!partition/sda4" ()
* QUOTAROOT INBOX "" x
* METADATA INBOX (/shared/comment "Shared" /private/comment NIL)
* METADATA "" ("/shared/vendor/x y" "v")
* METADATA "INBOX" /shared/comment /private/comment
* LANGUAGE (EN)
* COMPARATOR i;unicode-casemap
* COMPARATOR i;octet (i;octet "i;ascii-casemap")
* GENURLAUTH "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred:internal:91354a473744909de610943775f92038"
* URLFETCH "imap://j@e/;uid=2" "Si vis pacem" "imap://x" NIL
* URLFETCH "imap://j@e/;uid=2" (BODYPARTSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1)) (BINARY NIL)
* 2 CONVERTED (TAG "b001") (UID 5 BINARY[1] "x" BINARY.SIZE[2] 5)
* 2 CONVERTED (TAG "b") (BINARY[1] (ERROR "no" BADPARAMETERS "text/html" "text/plain" ("charset" "x")))
* 2 CONVERTED (TAG "b") (AVAILABLECONVERSIONS[1] (("text/plain" "text/html")))
* CONVERSION "image/gif" "image/jpeg" (pix-x pix-y)
* 1 FETCH (FLAGS (\Seen \Recent $Junk))
* 1 FETCH (FLAGS () UID 4827313 MODSEQ (624140003))
* 12 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4286)
* 12 FETCH (INTERNALDATE " 7-Jul-1996 02:44:25 -0700" SAVEDATE NIL PREVIEW "Hi")
* 3 FETCH (EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9) SAVEDATE "01-Jan-2020 00:00:00 +0000")
* 3 FETCH (THREADID NIL)
* 3 FETCH (BODY[] {5}~~hello BODY[1.2.MIME] NIL BODY[TEXT]<0> "" BODY[HEADER.FIELDS (From "To")] {2}~~
* 3 FETCH (BINARY[1] ~{3}~~abc BINARY.SIZE[1.2] 5 BINARY[]<0> NIL RFC822.HEADER "x" RFC822 {0}~~)
* 3 FETCH (ENVELOPE ("d" "s" ((NIL NIL "a" "b")("N" NIL "c" NIL)) ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL "<i@x>"))
* 3 FETCH (BODY ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92))
* 3 FETCH (BODYSTRUCTURE ("APPLICATION" "PDF" NIL NIL NIL "BASE64" 5 NIL ("attachment" ("filename" "x")) ("en" "de") NIL))
* 3 FETCH (BODYSTRUCTURE (("TEXT" "A" NIL NIL NIL "7BIT" 3 1)("TEXT" "B" NIL NIL NIL "7BIT" 3 1) "MIXED" ("boundary" "x") NIL NIL NIL))
* 3 FETCH (BODY ("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 ("d" "s" NIL NIL NIL NIL NIL NIL NIL NIL) ("TEXT" "A" NIL NIL NIL "7BIT" 3 1) 4))
* 3 FETCH (BODY (("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 ("d" "s" NIL NIL NIL NIL NIL NIL NIL NIL) (("TEXT" "A" NIL NIL NIL "7BIT" 3 1) "ALTERNATIVE") 4) "DIGEST"))
* 12 FETCH (ANNOTATION (/comment (value.priv "My comment" value.shared NIL)))
'''

BAD = r'''
* OK
* OK [NEWCODE] x
* OK [UIDNEXT 0] x
* OK [CAPABILITY IDLE] x
* CAPABILITY IDLE
* CAPABILITY IMAP4rev1 IDLE IDLE
* CAPABILITY IMAP4rev1 LITERAL+ LITERAL-
*OK x
* ok\x
+
+x OK x
a(b OK x
a1 FETCH
a1 YES x
* 0 EXPUNGE
* -1 EXISTS
* 5 EXISTS x
* SEARCH 0
* SEARCH 1  2
* SEARCH 1,2
* SEARCH (MODSEQ 5)
* FLAGS (\Recent)
* FLAGS (\Seen \Seen)
* FLAGS \Seen
* OK [PERMANENTFLAGS (\Seen \Recent)] x
a OK [COPYUID 1 1:* 2] x
a OK [COPYUID 1 2] x
a OK [APPENDUID 1] x
a OK [MODIFIED] x
a OK [HIGHESTMODSEQ 0] x
* LIST (\Drafts) / x
* LIST (\Marked \Unmarked) "/" x
* LIST (\What) "/" x
* LIST () "/" a b
* LIST () "/" "a"b"
* LIST () "/" &U,B
* LIST () "/" "&Jjo!"
* LIST () "//" x
* LIST () "/" x (COLOR (RED))
* STATUS x MESSAGES 3
* STATUS x (MESSAGES)
* STATUS x (MESSAGES 3 )
* STATUS x (UIDNEXT 0)
* ID ("name")
* ID (name "x")
* NAMESPACE (("" "/")) NIL
* NAMESPACE () NIL NIL
* ESEARCH (TAG "a") ALL
* ESEARCH (TAG "a") ALL NIL
* ESEARCH UID (TAG "a") COUNT 1
* ESEARCH (TAG "a") ADDTO (1)
* ESEARCH (TAG "a") PARTIAL (1:5 )
* ESEARCH (TAG "a") PARTIAL (-1:5 NIL)
* ESEARCH (TAG "a") RELEVANCY (101)
* SORT 1,2
* THREAD ()
* THREAD (2)(3 6 (4 23))
* THREAD (2) (3)
* ACL INBOX Fred
* ACL INBOX Fred RW
* LISTRIGHTS INBOX Fred
* MYRIGHTS INBOX
* QUOTA x STORAGE 10 512
* QUOTA x (STORAGE 10)
* QUOTA x (SHOES 1 2)
* METADATA INBOX ()
* METADATA INBOX (/comment "x")
* METADATA INBOX (/shared/comment)
* LANGUAGE ()
* LANGUAGE EN
* GENURLAUTH
* URLFETCH "imap://x"
* 2 CONVERTED (UID 5)
* 1 VANISHED 5
* VANISHED 5:*
* 5 FETCH
* 5 FETCH ()
* 0 FETCH (UID 1)
* 5 FETCH (UID 0)
* 5 FETCH (UID 5 )
* 5 FETCH (UID 5  FLAGS ())
* 5 FETCH (FLAGS \Seen)
* 5 FETCH (FLAGS (\Seen \Seen))
* 5 FETCH (MODSEQ 5)
* 5 FETCH (MODSEQ (0))
* 5 FETCH (INTERNALDATE "7-Jul-1996 02:44:25 -0700")
* 5 FETCH (INTERNALDATE "17-Jul-1996 02:44:25")
* 5 FETCH (RFC822.SIZE -1)
* 5 FETCH (BODY[HEADER.FIELDS ()] NIL)
* 5 FETCH (BODY[0] NIL)
* 5 FETCH (BODY[1] x)
* 5 FETCH (BODY[MIME] NIL)
* 5 FETCH (BODY[1]<0.5> NIL)
* 5 FETCH (BODY[1] ~{3}~~abc)
* 5 FETCH (EMAILID x)
* 5 FETCH (EMAILID ())
* 5 FETCH (PREVIEW Hi)
* 5 FETCH (WHAT 5)
* 5 FETCH (ENVELOPE ("d" "s" NIL NIL NIL NIL NIL NIL NIL))
* 5 FETCH (ENVELOPE ("d" "s" () NIL NIL NIL NIL NIL NIL NIL))
* 5 FETCH (ENVELOPE (d "s" NIL NIL NIL NIL NIL NIL NIL NIL))
* 5 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3028))
* 5 FETCH (BODY ("TEXT" "PLAIN" () NIL NIL "7BIT" 3028 92))
* 5 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL NIL 3028 92))
* 5 FETCH (BODY ("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9))
* 5 FETCH (BODY ("MIXED"))
* 5 FETCH (BODY (("TEXT" "A" NIL NIL NIL "7BIT" 3 1) ("TEXT" "B" NIL NIL NIL "7BIT" 3 1) "MIXED"))
* 5 FETCH (BODYSTRUCTURE ("APPLICATION" "PDF" ("a") NIL NIL "BASE64" 5))
* 5 FETCH (BODYSTRUCTURE ("APPLICATION" "PDF" NIL NIL NIL "BASE64" 5 NIL "attachment"))
* 5 UIDFETCH (FLAGS ())
* VANISHED 5
* VANISHED (EARLIER) 5
* OK [INPROGRESS ("A" NIL 5)] x
* OK [BADEVENT] x
* OK [NOUPDATE x] x
'''


def lines(text):
    return [line.replace('~~', '\r\n').replace('{2}\r\n', '{2}\r\nab)') for line in text.strip('\n').split('\n')]


def check(*responses, greeting=False, piece=1 << 20):
    c = Checker(greeting=greeting)
    data = b''.join(r if isinstance(r, bytes) else r.encode() + b'\r\n' for r in responses)
    for i in range(0, len(data), piece):
        c.feed(data[i:i + piece])
    return c


class Lines(unittest.TestCase):
    def test_good(self):
        for line in lines(GOOD):
            with self.subTest(line):
                self.assertEqual(check(line).responses, 1)

    def test_bad(self):
        for line in lines(BAD):
            with self.subTest(line), self.assertRaises(Illegal):
                check(line)

    def test_good_lines_spoilt(self):
        """A good line with a character taken out or put in somewhere is mostly bad: nothing is waved through."""
        r = random.Random(1)
        caught = tried = 0
        for line in lines(GOOD):
            if '[' in line.split('(')[0] or '{' in line or ' OK ' in line or line.startswith(('* OK', '* BYE', '+')):
                continue
            for i in [i for i, c in enumerate(line) if c in '()" ']:
                for spoilt in (line[:i] + line[i + 1:], line[:i] + r.choice('()" ') + line[i:]):
                    if spoilt == line:
                        continue
                    tried += 1
                    try:
                        check(spoilt)
                    except Illegal:
                        caught += 1
        self.assertGreater(tried, 900)
        self.assertGreater(caught, tried * 0.9)


class Streams(unittest.TestCase):
    def test_any_pieces(self):
        data = [b'* OK hello\r\n', b'* 1 FETCH (BODY[] {9}\r\n* X {3}\r\n UID 2)\r\n']
        for piece in (1, 2, 3, 7, 100):
            self.assertEqual(check(*data, greeting=True, piece=piece).responses, 2)

    def test_greeting(self):
        for bad in ('* 1 EXISTS', 'a OK x', '+ x', '* NO x'):
            with self.assertRaises(Illegal):
                check(bad, greeting=True)
        check('* PREAUTH x', greeting=True)
        check('* BYE x', greeting=True)

    def test_control_and_eight_bit(self):
        for bad in (b'* OK a\rb\r\n', b'* OK a\nb\r\n', b'* OK \0\r\n', b'* OK \xc3\xa4\r\n', b'* LIST () "/" "\xc3\xa4"\r\n',
                    b'* 1 FETCH (BODY[] {1}\r\n\0)\r\n', b'* 1 FETCH (PREVIEW "\xc3\xa4")\r\n'):
            with self.subTest(bad), self.assertRaises(Illegal):
                check(bad)
        check(b'* 1 FETCH (BINARY[] ~{1}\r\n\0)\r\n', b'* 1 FETCH (BODY[] {1}\r\n\xff)\r\n')

    def test_after_enable(self):
        rev2, qresync, uidonly = b'* ENABLED IMAP4rev2\r\n', b'* ENABLED QRESYNC\r\n', b'* ENABLED UIDONLY\r\n'
        check(rev2, b'* LIST () "/" "\xc3\xa4 &"\r\n', b'* OK \xc3\xa4\r\n', '* ESEARCH (TAG "x")')
        check(b'* LANGUAGE (DE)\r\n', b'a OK \xc3\xa4\r\n')
        check(qresync, '* VANISHED (EARLIER) 5', '* VANISHED 5:7,9', '* 1 FETCH (UID 3 MODSEQ (5) FLAGS ())')
        check(uidonly, '* VANISHED 5', '* 5 UIDFETCH (FLAGS ())')
        for bad in ((rev2, '* SEARCH 1'), (rev2, '* 3 RECENT'), (rev2, r'* 1 FETCH (FLAGS (\Recent))'), (rev2, b'* OK \xc3\r\n'),
                    (rev2, b'* OK \xed\xa0\x80\r\n'), (qresync, '* 1 EXPUNGE'), (qresync, '* 1 FETCH (MODSEQ (5) FLAGS ())'),
                    (uidonly, '* 1 EXPUNGE'), (uidonly, '* 1 FETCH (UID 5)'), (b'* ENABLED CONDSTORE\r\n', '* VANISHED 5')):
            with self.subTest(bad), self.assertRaises(Illegal):
                check(*bad)

    def test_switches(self):
        """STARTTLS, COMPRESS and UNAUTHENTICATE change how the rest is read, when they succeed."""
        def run(command, answer, *after, resume=False):
            c = check('* ENABLED QRESYNC')
            c.said(command[:5])
            c.said(command[5:])
            c.feed(answer)
            if resume:
                c.resume()
            for data in after:
                c.feed(data)
        run(b'x NOOP\r\ns STARTTLS\r\n', b's OK go\r\n', b'\x16\x03\r\n')
        z = zlib.compressobj(wbits=-15)
        packed = z.compress(b'* VANISHED 5\r\n') + z.flush(zlib.Z_SYNC_FLUSH)
        z = zlib.compressobj(wbits=-15)
        packed_bad = z.compress(b'* VANISHED 0\r\n') + z.flush(zlib.Z_SYNC_FLUSH)
        run(b'c compress deflate\r\n', b'c OK go\r\n' + packed[:3], packed[3:])
        for command, answer, after, resume in ((b's STARTTLS\r\n', b's NO x\r\n', b'\x16\x03\r\n', False),
                                               (b's STARTTLS\r\n', b's OK x\r\n', b'* 0 EXPUNGE\r\n', True),
                                               (b'c COMPRESS DEFLATE\r\n', b'c OK x\r\n', packed_bad, False),
                                               (b'u UNAUTHENTICATE\r\n', b'u OK x\r\n', b'* VANISHED 5\r\n', False)):
            with self.subTest(command), self.assertRaises(Illegal):
                run(command, answer, after, resume=resume)

    def test_large(self):
        check(b'* SEARCH' + b''.join(b' %d' % i for i in range(1, 100001)) + b'\r\n')
        check(b'* THREAD ' + b''.join(b'(%d)' % i for i in range(1, 20001)) + b'\r\n')


class Between(unittest.TestCase):
    """The proxy hands on what comes, in both directions and to the end, and notes what is illegal."""
    def talk(self, said):
        server = socket.create_server(('127.0.0.1', 0))
        heard = []

        def serve():
            s = server.accept()[0]
            s.sendall(said)
            while data := s.recv(65536):
                heard.append(len(data))
            s.close()
        t = threading.Thread(target=serve)
        t.start()
        proxy = Proxy(lambda: server.getsockname()[1])
        with socket.create_connection(('127.0.0.1', proxy.port), timeout=20) as c:
            c.sendall(b'x' * 3000000)
            c.shutdown(socket.SHUT_WR)
            got = b''
            while data := c.recv(65536):
                got += data
        t.join(20)
        server.close()
        proxy.close()
        self.assertEqual((got, sum(heard)), (said, 3000000))
        return proxy.illegal

    def test_legal(self):
        self.assertEqual(self.talk(b'* OK hello\r\n* 1 FETCH (BODY[] {2000000}\r\n' + b'y' * 2000000 + b')\r\n'), [])

    def test_illegal(self):
        illegal = self.talk(b'* OK hello\r\n* 0 EXPUNGE\r\n* 1 EXISTS\r\n')
        self.assertEqual(len(illegal), 1)
        self.assertIn('* 0 EXPUNGE', illegal[0])


class Engine(unittest.TestCase):
    def test_abnf(self):
        g = Grammar('a = 2"x" / 1*2"y" [b]\nb = <any c except "q">\nc = %x61-7A\nr = "(" *r ")"\ns = %x41.42 *("," %x41.42)')
        for s in ('xx', 'XX', 'yy', 'yya', 'y'):
            self.assertTrue(g.fullmatch('a', s), s)
        for s in ('x', 'xxx', 'yyyy', 'yyq', 'yyA', ''):
            self.assertFalse(g.fullmatch('a', s), s)
        self.assertTrue(g.fullmatch('r', '(()(()))'))
        self.assertFalse(g.fullmatch('r', '(()(())'))
        self.assertTrue(g.fullmatch('s', 'AB,AB'))
        self.assertFalse(g.fullmatch('s', 'ab'))

    def test_mistakes_in_the_grammar(self):
        for bad in ('a = b', 'a = (', 'a = "x" )', 'a = $', 'a =', 'a = "x"\na = "y"', 'a =/ "x"'):
            with self.subTest(bad), self.assertRaises(SyntaxError):
                Grammar(bad)


if __name__ == '__main__':
    unittest.main()
