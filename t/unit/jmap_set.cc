// Patches, imports, mailbox changes and Emails to be created (J07).
#include <gtest/gtest.h>

#include "jmap/email_create.h"
#include "jmap/email_patch.h"
#include "jmap/limits.h"
#include "jmap/mailbox_view.h"
#include "jmap/push.h"
#include "model/flags.h"
#include "proto/records.pb.h"

namespace postern::jmap {
namespace {

std::optional<std::uint32_t> number(std::string_view id) {
  if (id == "m1") return 1;
  if (id == "m2") return 2;
  return std::nullopt;
}

std::string error_text(const SetError& e) {
  std::string out = e.type;
  for (const auto& p : e.properties) out += " " + p;
  return out;
}

std::string patch(std::string_view text) {
  auto v = parse_ijson(text, {}).value;
  auto p = parse_email_patch(v.as_object(), number);
  if (!p) return error_text(p.error());
  std::string out;
  if (p->set_keywords) out += "K=" + std::to_string(p->keywords.size()) + ";";
  for (const auto& k : p->add_keywords) out += "+" + k + ";";
  for (const auto& k : p->remove_keywords) out += "-" + k + ";";
  if (p->set_mailboxes) out += "M=" + std::to_string(p->mailboxes.size()) + ";";
  for (auto m : p->add_mailboxes) out += "+" + std::to_string(m) + ";";
  for (auto m : p->remove_mailboxes) out += "-" + std::to_string(m) + ";";
  for (const auto& [n, x] : p->same) out += "same " + std::string(n) + ";";
  return out;
}

TEST(JmapPatch, Reads) {
  EXPECT_EQ(patch(R"({"keywords/$seen":true,"keywords/Foo":null})"), "+$seen;-foo;");
  EXPECT_EQ(patch(R"({"keywords":{"a":true,"B":true}})"), "K=2;");
  EXPECT_EQ(patch(R"({"mailboxIds/m1":true,"mailboxIds/m2":null})"), "+1;-2;");
  EXPECT_EQ(patch(R"({"mailboxIds":{"m1":true}})"), "M=1;");
  EXPECT_EQ(patch(R"({"keywords/a~1b":true})"), "+a/b;");
  EXPECT_EQ(patch(R"({"size":5})"), "same size;");
}

TEST(JmapPatch, Refuses) {
  EXPECT_EQ(patch(R"({"keywords/$seen":false})"), "invalidProperties keywords/$seen");
  EXPECT_EQ(patch(R"({"keywords/a b":true})"), "invalidProperties keywords/a b");
  EXPECT_EQ(patch(R"({"keywords":{"a":1}})"), "invalidProperties keywords");
  auto many = [](int n) {
    std::string out = "{\"keywords\":{\"k0\":true";
    for (int i = 1; i < n; ++i) out += ",\"k" + std::to_string(i) + "\":true";
    return patch(out + "}}");
  };
  EXPECT_EQ(many(model::kMaxKeywords), "K=" + std::to_string(model::kMaxKeywords) + ";");
  EXPECT_EQ(many(model::kMaxKeywords + 1), "tooManyKeywords");
  EXPECT_EQ(patch(R"({"keywords":{},"keywords/a":true})"), "invalidPatch");
  EXPECT_EQ(patch(R"({"mailboxIds/m1":true,"mailboxIds":{"m2":true}})"), "invalidPatch");
  EXPECT_EQ(patch(R"({"mailboxIds":{}})"), "invalidProperties mailboxIds");
  EXPECT_EQ(patch(R"({"mailboxIds":{"m9":true}})"), "invalidProperties mailboxIds");
  EXPECT_EQ(patch(R"({"mailboxIds/m9":true})"), "invalidProperties mailboxIds/m9");
  EXPECT_EQ(patch(R"({"keywords/a/b":true})"), "invalidPatch");
  EXPECT_EQ(patch(R"({"keywords/a~2":true})"), "invalidPatch");
  EXPECT_EQ(patch(R"({"from/0/name":"x"})"), "invalidPatch");
}

std::string import(std::string_view text) {
  auto v = parse_ijson(text, {}).value;
  auto i = parse_email_import(v, number);
  return i ? "ok" : error_text(i.error());
}

TEST(JmapImport, Reads) {
  EXPECT_EQ(
      import(
          R"({"blobId":"b","mailboxIds":{"m1":true},"keywords":{"$seen":true},"receivedAt":"2020-01-01T00:00:00Z"})"),
      "ok");
  EXPECT_EQ(import(R"({"mailboxIds":{"m1":true}})"), "invalidProperties blobId");
  EXPECT_EQ(import(R"({"blobId":"b"})"), "invalidProperties mailboxIds");
  EXPECT_EQ(import(R"({"blobId":"b","mailboxIds":{"m1":true},"receivedAt":"x"})"),
            "invalidProperties receivedAt");
  EXPECT_EQ(import(R"({"blobId":"b","mailboxIds":{"m1":true},"subject":"x"})"), "invalidProperties subject");
}

// The message that comes out, or the error.
std::string create(std::string_view rest) {
  auto v = parse_ijson(R"({"mailboxIds":{"m1":true},)" + std::string(rest) + "}", {}).value;
  if (!v.is_object()) return "bad test";
  auto d = parse_email_create(v.as_object(), number);
  if (!d) return error_text(d.error());
  auto p = build_pieces(*d, {"id@host", {1581588000, 0}, false});
  if (!p) return p.error().what;
  std::string out = p->texts[0];
  for (std::size_t i = 1; i < p->texts.size(); ++i) out += "<blob>" + p->texts[i];
  return out;
}

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

TEST(JmapCreate, PlainText) {
  auto m = create(R"("from":[{"name":"J\u00fc","email":"j@x"}],"subject":"hi","textBody":[{"partId":"t"}],)"
                  R"("bodyValues":{"t":{"value":"one\ntwo"}})");
  EXPECT_TRUE(has(m, "Subject: hi\r\n")) << m;
  EXPECT_TRUE(has(m, "<j@x>"));
  EXPECT_TRUE(has(m, "Message-ID: <id@host>\r\n"));
  EXPECT_TRUE(has(m, "Date: Thu, 13 Feb 2020 10:00:00 +0000\r\n"));
  EXPECT_TRUE(has(m, "Content-Type: text/plain"));
  EXPECT_TRUE(has(m, "\r\n\r\none\r\ntwo"));
}

TEST(JmapCreate, AlternativeWithAttachment) {
  auto blob = format_blob_ref({std::string(32, 'x')});
  auto m = create(
      R"("textBody":[{"partId":"t","type":"text/plain"}],"htmlBody":[{"partId":"h","type":"text/html"}],)"
      R"("attachments":[{"blobId":")" +
      blob +
      R"(","type":"image/png","name":"p.png"},)"
      R"({"blobId":")" +
      blob +
      R"(","type":"message/rfc822"}],)"
      R"("bodyValues":{"t":{"value":"T"},"h":{"value":"<b>H</b>","isTruncated":false}})");
  EXPECT_TRUE(has(m, "multipart/mixed")) << m;
  EXPECT_TRUE(has(m, "multipart/alternative"));
  EXPECT_TRUE(has(m, "Content-Transfer-Encoding: base64\r\n"));
  EXPECT_TRUE(has(m, "filename=\"p.png\"") || has(m, "filename=p.png")) << m;
  auto first = m.find("<blob>");
  EXPECT_NE(first, std::string::npos);
  EXPECT_NE(m.find("<blob>", first + 1), std::string::npos);
}

TEST(JmapCreate, J07Refused) {
  auto text = [](std::string_view part, std::string_view more = "") {
    return create(R"("textBody":[)" + std::string(part) + R"(],"bodyValues":{"t":{"value":"x"})" +
                  std::string(more) + "}");
  };
  EXPECT_EQ(create(R"("header:a\r\nb":"x")"), "invalidProperties header:a\r\nb");
  EXPECT_EQ(create(R"("header::asRaw":"x")"), "invalidProperties header::asRaw");
  EXPECT_EQ(create(R"("header:X-A:asRaw":"a\r\nb: c")"), "invalidProperties header:X-A:asRaw");
  EXPECT_EQ(create(R"("header:X-A:asRaw":"a\u0000b")"), "invalidProperties header:X-A:asRaw");
  EXPECT_EQ(create(R"("headers":[])"), "invalidProperties headers");
  EXPECT_EQ(create(R"("id":"x")"), "invalidProperties id");
  EXPECT_EQ(create(R"("header:from":"x","from":[])"), "invalidProperties from");
  EXPECT_EQ(create(R"("id":"x","sentAt":"never","subject":"fine","size":1)"), "invalidProperties id sentAt size");
  EXPECT_EQ(create(R"("header:From:asDate":"2020-01-01T00:00:00Z")"), "invalidProperties header:From:asDate");
  EXPECT_EQ(create(R"("header:Content-Type":"text/plain")"), "invalidProperties header:Content-Type");
  EXPECT_EQ(create(R"("bodyStructure":{},"textBody":[])"), "invalidProperties bodyStructure");
  EXPECT_EQ(create(R"("textBody":[{},{}])"), "invalidProperties textBody");
  EXPECT_EQ(text(R"({"partId":"t","type":"text/html"})"), "invalidProperties textBody/0/type");
  EXPECT_EQ(text(R"({"partId":"u"})"), "invalidProperties textBody/partId");
  EXPECT_EQ(text(R"({"partId":"t","blobId":"b"})"), "invalidProperties textBody/blobId");
  EXPECT_EQ(text(R"({"partId":"t","charset":"utf-8"})"), "invalidProperties textBody/charset");
  EXPECT_EQ(text(R"({"partId":"t","header:Content-Transfer-Encoding":"8bit"})"),
            "invalidProperties textBody/header:Content-Transfer-Encoding");
  EXPECT_EQ(create(R"("textBody":[{"partId":"t"}],"bodyValues":{"t":{"value":"x","isTruncated":true}})"),
            "invalidProperties bodyValues/t/isTruncated");
  EXPECT_EQ(create(R"("attachments":[{"blobId":"nonsense"}])"), "blobNotFound");
  EXPECT_EQ(
      create(
          R"("subject":"x","bodyStructure":{"partId":"t","header:Subject":"y"},"bodyValues":{"t":{"value":"x"}})"),
      "invalidProperties bodyStructure/header:Subject");
  EXPECT_EQ(create(R"("bodyStructure":{"type":"multipart/mixed"})"),
            "invalidProperties bodyStructure/subParts");
}

TEST(JmapCreate, J07DepthAtAndPastTheLimit) {
  auto deep = [](std::size_t n) {
    json::value part = json::object({{"partId", "t"}});
    for (std::size_t i = 1; i < n; ++i)
      part = json::object({{"type", "multipart/mixed"}, {"subParts", json::array({part})}});
    json::object o;
    o["mailboxIds"] = json::object({{"m1", true}});
    o["bodyValues"] = json::object({{"t", json::object({{"value", "x"}})}});
    o["bodyStructure"] = part;
    return parse_email_create(o, number).has_value();
  };
  EXPECT_TRUE(deep(kMaxCreateDepth));
  EXPECT_FALSE(deep(kMaxCreateDepth + 1));
  EXPECT_FALSE(deep(100));
}

std::string change(std::string_view text, const records::Mailbox* current = nullptr) {
  auto v = parse_ijson(text, {}).value;
  auto c = parse_mailbox_change(v.as_object(), current, 5, number);
  if (!c) return error_text(c.error());
  return c->waits_for.empty() ? "ok" : "waits " + c->waits_for;
}

TEST(JmapMailbox, Changes) {
  EXPECT_EQ(change(R"({"name":"A","parentId":"m1","role":null,"sortOrder":3,"isSubscribed":true})"), "ok");
  EXPECT_EQ(change(R"({"name":"A","parentId":"#p"})"), "waits #p");
  EXPECT_EQ(change(R"({"parentId":null})"), "invalidProperties name");
  for (auto name : {"", "a/b", "a\\u0000b", "a\\nb"})
    EXPECT_EQ(change(R"({"name":")" + std::string(name) + "\"}"), "invalidProperties name") << name;
  EXPECT_EQ(change(R"({"name":")" + std::string(kMaxMailboxName, 'a') + "\"}"), "ok");
  EXPECT_EQ(change(R"({"name":")" + std::string(kMaxMailboxName + 1, 'a') + "\"}"), "invalidProperties name");
  EXPECT_EQ(change(R"({"name":"A","parentId":"m9"})"), "invalidProperties parentId");
  EXPECT_EQ(change(R"({"name":"A","role":"king"})"), "invalidProperties role");
  EXPECT_EQ(change(R"({"name":"A","sortOrder":-1})"), "invalidProperties sortOrder");
  EXPECT_EQ(change(R"({"name":"A","totalEmails":1})"), "invalidProperties totalEmails");
  records::Mailbox m;
  m.set_id(1);
  m.set_name("A");
  m.set_total_emails(7);
  EXPECT_EQ(change(R"({"totalEmails":7})", &m), "ok");
  EXPECT_EQ(change(R"({"totalEmails":8})", &m), "invalidProperties totalEmails");
  EXPECT_EQ(change(R"({"sortOrder":null})", &m), "ok");
  EXPECT_EQ(change(R"({"name":"A","sortOrder":null})"), "invalidProperties sortOrder");
  EXPECT_EQ(change(R"({"sortOrder":"x","name":"B","color":1})", &m), "invalidProperties sortOrder color");
  EXPECT_EQ(change(R"({"name/x":"A"})", &m), "invalidPatch");
}

TEST(JmapMailbox, QueryAsTree) {
  auto box = [](std::uint32_t id, std::uint32_t parent, std::string name, std::uint32_t order,
                bool subscribed) {
    records::Mailbox m;
    m.set_id(id);
    m.set_parent(parent);
    m.set_name(name);
    m.set_sort_order(order);
    m.set_subscribed(subscribed);
    return m;
  };
  std::vector<records::Mailbox> boxes = {box(1, 0, "b", 2, true), box(2, 1, "z", 0, true),
                                         box(3, 0, "a", 9, false), box(4, 3, "y", 1, true)};
  std::vector<const records::Mailbox*> all;
  for (const auto& b : boxes) all.push_back(&b);
  auto run = [&](std::string_view filter, std::string_view sort, bool tree, bool filter_tree) {
    auto f = parse_ijson(filter, {}).value, s = parse_ijson(sort, {}).value;
    auto r = query_mailboxes(all, 5, {&f, &s, tree, filter_tree}, number);
    if (!r) return r.error().type;
    std::string out;
    for (auto i : *r) out += std::to_string(all[i]->id());
    return out;
  };
  EXPECT_EQ(run("null", R"([{"property":"name"}])", false, false), "3142");
  EXPECT_EQ(run("null", R"([{"property":"name"}])", true, false), "3412");
  EXPECT_EQ(run("null", "null", true, false), "1234");
  EXPECT_EQ(run(R"({"isSubscribed":true})", R"([{"property":"name"}])", false, false), "142");
  EXPECT_EQ(run(R"({"isSubscribed":true})", R"([{"property":"name"}])", false, true), "12");
  EXPECT_EQ(run(R"({"parentId":null})", R"([{"property":"name","isAscending":false}])", false, false), "13");
  EXPECT_EQ(run(R"({"operator":"NOT","conditions":[{"name":"Z"},{"parentId":"m1"}]})",
                R"([{"property":"name"}])", false, false),
            "314");
  EXPECT_EQ(run(R"({"color":1})", "null", false, false), "unsupportedFilter");
  EXPECT_EQ(run("null", R"([{"property":"role"}])", false, false), "unsupportedSort");
}

TEST(JmapPush, J10Query) {
  auto read = [](std::string target) {
    return parse_event_source(*http::parse_target("/jmap/eventsource/?" + target));
  };
  auto q = read("types=Email,Mailbox&closeafter=state&ping=60");
  ASSERT_TRUE(q);
  EXPECT_TRUE(q->types.email && q->types.mailbox && !q->types.thread && q->close_after_state);
  EXPECT_EQ(q->ping, 60u);
  EXPECT_TRUE(read("types=*")->types.thread);
  EXPECT_EQ(read("types=*&ping=0")->ping, 0u);
  EXPECT_EQ(read("types=*&ping=" + std::to_string(kMinPing))->ping, kMinPing);
  EXPECT_EQ(read("types=*&ping=1000000000")->ping, kMaxPing);
  EXPECT_FALSE(read("types=*&ping=-1"));
  EXPECT_FALSE(read("types=*&closeafter=never"));
  EXPECT_EQ(state_event("a5", {"1.2", "", "", ""}),
            "event: state\ndata: {\"@type\":\"StateChange\",\"changed\":{\"a5\":{\"Mailbox\":\"1.2\"}}}\n\n");
}

}  // namespace
}  // namespace postern::jmap
