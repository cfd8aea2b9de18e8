// Every announced extension changes what happens to a message: a script that needs it, what it does with it, and
// that the same script without its `require` does not compile.  A name without a row fails.
#include "sieve_test.h"

namespace postern::sieve {
namespace {

struct Row {
  const char* name;
  const char* with;    // further names that the script requires
  const char* script;  // without its require
  const char* result;
};

const Row kRows[] = {
    {"fileinto", "", "fileinto \"A\";", "fileinto A"},
    {"reject", "", "reject \"no\";", "reject no"},
    {"ereject", "", "ereject \"no\";", "ereject no"},
    {"envelope", "", "if envelope \"from\" \"ann@example.net\" { discard; }", "discard"},
    {"encoded-character", "fileinto", "fileinto \"${hex:41}\";", "fileinto A"},
    {"vacation", "", "vacation \"away\";", "vacation 604800; implicit keep"},
    {"vacation-seconds", "", "vacation :seconds 100000 \"away\";", "vacation 100000; implicit keep"},
    {"subaddress", "", "if address :detail \"to\" \"work\" { discard; }", "discard"},
    {"comparator-i;octet", "", "if not header :comparator \"i;octet\" :contains \"subject\" \"offer\" { discard; }", "discard"},
    {"comparator-i;ascii-casemap", "", "if header :comparator \"i;ascii-casemap\" :contains \"subject\" \"offer\" { discard; }",
     "discard"},
    {"comparator-i;ascii-numeric", "", "if header :comparator \"i;ascii-numeric\" \"x-score\" \"08\" { discard; }", "discard"},
    {"comparator-i;unicode-casemap", "", "if header :comparator \"i;unicode-casemap\" :contains \"subject\" \"OFFER\" { discard; }",
     "discard"},
    {"relational", "", "if header :value \"ge\" \"x-score\" \"7\" { discard; }", "discard"},
    {"regex", "", "if header :regex \"subject\" \"[0-9]{2}\" { discard; }", "discard"},
    {"imap4flags", "", "addflag \"\\\\Seen $x\";", "implicit keep {\\Seen $x}"},
    {"copy", "fileinto", "fileinto :copy \"A\";", "fileinto A; implicit keep"},
    {"include", "", "include \"other\";", "discard"},
    {"variables", "fileinto", "if header :matches \"subject\" \"* *:*\" { fileinto \"${1}/${2}\"; }", "fileinto Offer/17"},
    {"body", "", "if body :contains \"hello\" { discard; }", "discard"},
    {"enotify", "", "notify :message \"m\" \"xmpp:a@example.com\";", "notify xmpp:a@example.com m; implicit keep"},
    {"environment", "", "if environment \"domain\" \"example.com\" { discard; }", "discard"},
    {"mailbox", "fileinto", "if mailboxexists \"There\" { fileinto :create \"A\"; }", "fileinto A create"},
    {"mboxmetadata", "", "if metadata \"INBOX\" \"/private/comment\" \"box\" { discard; }", "discard"},
    {"servermetadata", "", "if servermetadata \"/private/comment\" \"server\" { discard; }", "discard"},
    {"mailboxid", "fileinto", "if mailboxidexists \"F1\" { fileinto :mailboxid \"F1\" \"A\"; }", "fileinto A id=F1"},
    {"special-use", "fileinto", "if specialuse_exists \"\\\\Junk\" { fileinto :specialuse \"\\\\Junk\" \"A\"; }",
     "fileinto A use=\\Junk"},
    {"date", "", "if date :zone \"+0000\" \"date\" \"year\" \"2025\" { discard; }", "discard"},
    {"index", "", "if header :index 1 :contains \"received\" \"from x\" { discard; }", "discard"},
    {"ihave", "", "if not ihave \"vnd.nobody\" { discard; }", "discard"},
    {"duplicate", "", "if duplicate { discard; }", "discard"},
    {"mime", "", "if header :mime :anychild :subtype \"content-type\" \"tiff\" { discard; }", "discard"},
    {"foreverypart", "mime", "foreverypart { if header :mime :type \"content-type\" \"image\" { discard; break; } }", "discard"},
    {"extracttext", "foreverypart variables mime fileinto",
     "foreverypart { if header :mime :type \"content-type\" \"text\" { extracttext :first 5 \"t\"; } } fileinto \"${t}\";",
     "fileinto hello"},
    {"replace", "", "replace \"new\";", "implicit keep*"},
    {"enclose", "", "enclose :subject \"s\" \"t\";", "implicit keep*"},
    {"convert", "", "convert \"image/tiff\" \"image/jpeg\" [\"pix-x=1\"];", "implicit keep*"},
    {"editheader", "", "addheader \"X-New\" \"1\";", "implicit keep*"},
    {"extlists", "", "redirect :list \":addrbook:default\";", "redirect list urn:ietf:params:sieve:addrbook:default"},
    {"fcc", "vacation", "vacation :fcc \"Sent\" \"away\";", "vacation 604800 fcc=Sent; implicit keep"},
    {"spamtest", "", "if spamtest \"8\" { discard; }", "discard"},
    {"spamtestplus", "", "if spamtest :percent \"80\" { discard; }", "discard"},
    {"virustest", "", "if virustest \"5\" { discard; }", "discard"},
    {"envelope-dsn", "envelope", "if envelope \"notify\" \"NEVER\" { discard; }", "discard"},
    {"envelope-deliverby", "envelope", "if envelope \"bytimerelative\" \"60\" { discard; }", "discard"},
    {"redirect-dsn", "", "redirect :notify \"NEVER\" :ret \"HDRS\" \"a@example.org\";", "redirect a@example.org notify=NEVER ret=HDRS"},
    {"redirect-deliverby", "", "redirect :bytimerelative 60 :bytrace \"a@example.org\";",
     "redirect a@example.org by=1735689660return+trace"},
    {"imapsieve", "environment", "if environment \"imap.cause\" \"APPEND\" { discard; }", "discard"},
    {"vnd.dovecot.imapsieve", "environment", "if environment \"vnd.dovecot.mailbox-from\" \"Junk\" { discard; }", "discard"},
    {"vnd.dovecot.environment", "variables fileinto", "fileinto \"${env.vnd.dovecot.username}\";", "fileinto bob"},
    {"vnd.dovecot.debug", "", "debug_log \"said\";", "implicit keep"},
    {"vnd.dovecot.report", "", "report \"abuse\" \"spam\" \"a@example.org\";", "report abuse; implicit keep"},
    {"vnd.dovecot.pipe", "", "pipe :try \"printer\";", "pipe printer try"},
    {"vnd.dovecot.filter", "", "filter \"upper\";", "implicit keep*"},
    {"vnd.dovecot.execute", "variables fileinto", "execute :output \"o\" \"cmd\"; fileinto \"${o}\";", "fileinto output of cmd"},
};

const Row* row(std::string_view name) {
  for (const Row& r : kRows)
    if (name == r.name) return &r;
  return nullptr;
}

std::string with_require(std::string_view names, const char* script) {
  std::string list;
  for (std::string_view n : base::split_blank(names)) list += (list.empty() ? "\"" : ", \"") + std::string(n) + "\"";
  return (list.empty() ? "" : "require [" + list + "];\n") + script;
}

// What the base language or another name holds already.
bool works_without(std::string_view name) {
  return name == "comparator-i;octet" || name == "comparator-i;ascii-casemap" || name == "imapsieve" ||
         name == "encoded-character" || name == "vnd.dovecot.environment" || name == "vnd.dovecot.imapsieve" ||
         name == "variables";
}

TEST(SieveAnnounced, EveryNameDoesWhatItSays) {
  std::string names = announced(available(Place{true, true, true, true}));
  auto list = base::split_blank(names);
  EXPECT_EQ(list.size(), std::size(kRows));
  for (std::string_view name : list) {
    SCOPED_TRACE(name);
    const Row* r = row(name);
    ASSERT_NE(r, nullptr) << "announced, but no row shows that it does anything";
    FakeHost host;
    host.options = everything();
    host.scripts["other"] = "discard;";
    Outcome o = run(input(with_require(std::string(r->with) + " " + r->name, r->script)), host);
    EXPECT_EQ(show(o), r->result);
    bool changed = show(o) != "implicit keep" || !o.log.empty();
    EXPECT_TRUE(changed);
    std::string without = with_require(r->with, r->script);
    if (!works_without(name)) {
      EXPECT_NE(first_error(without), "") << "it works without `require`";
    } else if (name == "encoded-character" || name == "vnd.dovecot.environment" || name == "vnd.dovecot.imapsieve" ||
               name == "variables") {
      auto c = compile(without, everything());
      EXPECT_TRUE(!c || run_text(without) != r->result);
    }
  }
}

TEST(SieveAnnounced, PlaceDecides) {
  auto has_word = [](const std::string& list, std::string_view word) {
    auto words = base::split_blank(list);
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  std::string delivery = announced(available(Place{}));
  EXPECT_TRUE(has_word(delivery, "reject"));
  EXPECT_FALSE(has_word(delivery, "imapsieve"));
  EXPECT_FALSE(has_word(delivery, "vnd.dovecot.pipe"));
  EXPECT_FALSE(has_word(delivery, "vnd.dovecot.testsuite"));
  std::string event = announced(available(Place{false, true, false, false}));
  for (const char* name : {"reject", "ereject", "vacation", "envelope"}) EXPECT_FALSE(has_word(event, name)) << name;
  EXPECT_TRUE(has_word(event, "imapsieve"));
  EXPECT_EQ(announced(NotifyMethods{}), "mailto");
  EXPECT_EQ(announced(NotifyMethods{true, true, true}), "mailto xmpp sip");
}

}  // namespace
}  // namespace postern::sieve
