// Emails as JMAP shows them: header forms, body parts, values, sizes; blob ids.
#include <gtest/gtest.h>

#include "jmap/email_fields.h"
#include "jmap/email_view.h"
#include "jmap/header_property.h"
#include "jmap/limits.h"
#include "jmap/part_blob.h"
#include "mime/summary.h"
#include "model/record.h"
#include "proto/records.pb.h"

namespace postern::jmap {
namespace {

std::string form(std::string_view raw, HeaderForm f) {
  return to_text(header_value(raw, f, {}));
}

TEST(JmapHeaders, Forms) {
  EXPECT_EQ(form(" a\r\n b", HeaderForm::raw), R"(" a\r\n b")");
  EXPECT_EQ(form(std::string_view(" a\0b\xff", 5), HeaderForm::raw), "\" ab\xef\xbf\xbd\"");
  EXPECT_EQ(form(" =?utf-8?q?J=C3=BCrgen?=", HeaderForm::text), "\"J\xc3\xbcrgen\"");
  EXPECT_EQ(
      form("  James <j@example.com>, Friends: x@y, =?UTF-8?Q?John?= <z@y>;", HeaderForm::addresses),
      R"([{"name":"James","email":"j@example.com"},{"name":null,"email":"x@y"},{"name":"John","email":"z@y"}])");
  EXPECT_EQ(form(" a@b, Friends: x@y;", HeaderForm::grouped),
            R"([{"name":null,"addresses":[{"name":null,"email":"a@b"}]},)"
            R"({"name":"Friends","addresses":[{"name":null,"email":"x@y"}]}])");
  EXPECT_EQ(form(" <a@b> (c) <d@e>", HeaderForm::message_ids), R"(["a@b","d@e"])");
  EXPECT_EQ(form(" not an id", HeaderForm::message_ids), "null");
  EXPECT_EQ(form(" Thu, 13 Feb 2020 10:00:00 +0100", HeaderForm::date), R"("2020-02-13T10:00:00+01:00")");
  EXPECT_EQ(form(" nonsense", HeaderForm::date), "null");
  EXPECT_EQ(form(" <mailto:a@b> (c), <http://\r\n x>", HeaderForm::urls), R"(["mailto:a@b","http://x"])");
  EXPECT_EQ(form(" NO", HeaderForm::urls), "null");
}

TEST(JmapHeaders, PropertyNames) {
  auto p = parse_header_property("header:List-POST:asURLs:all");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->name, "List-POST");
  EXPECT_EQ(p->form, HeaderForm::urls);
  EXPECT_TRUE(p->all);
  for (auto bad :
       {"header:", "header::all", "header:a b", "header:From:asDate", "header:Subject:asAddresses",
        "header:X:all:asText", "header:X:asNothing", "header:X:all:all", "header:a\r\nb", "headers:X",
        "header:Received:asText", "header:List-Id:asURLs", "header:Date:asMessageIds"})
    EXPECT_FALSE(parse_header_property(bad)) << bad;
  for (auto good :
       {"header:From:asGroupedAddresses", "header:Subject:asText", "header:X-Own:asDate",
        "header:Date:asDate", "header:List-Id:asText", "header:Received", "header:Received:asRaw:all"})
    EXPECT_TRUE(parse_header_property(good)) << good;
}

TEST(JmapParts, BlobIds) {
  std::string hash(32, '\x5a');
  BlobRef whole{hash};
  EXPECT_EQ(parse_blob_ref(format_blob_ref(whole))->hash, hash);
  BlobRef part{hash, true, 123, 456, mime::Encoding::base64};
  auto id = format_blob_ref(part);
  auto back = parse_blob_ref(id);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->begin, 123u);
  EXPECT_EQ(back->size, 456u);
  EXPECT_EQ(back->encoding, mime::Encoding::base64);
  for (auto bad : {std::string(), id + "x", id.substr(1), "p" + id, id.substr(0, id.size() - 1), id + "_b",
                   std::string(300, 'p'), std::string("__proto__")})
    EXPECT_FALSE(parse_blob_ref(bad)) << bad;
  auto zeros = id;
  zeros.replace(zeros.find("_123_"), 5, "_0123_");
  EXPECT_FALSE(parse_blob_ref(zeros));
}

const std::string kMessage =
    "From: A <a@example.org>\r\nSubject: hello\r\nDate: Thu, 13 Feb 2020 10:00:00 +0000\r\nMessage-ID: "
    "<m@x>\r\n"
    "Received: by x; Thu, 13 Feb 2020 10:00:00 +0000\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n"
    "--q\r\nContent-Type: multipart/alternative; boundary=r\r\n\r\n"
    "--r\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
    "quoted-printable\r\n\r\nh=C3=A9llo\r\nworld\r\n"
    "--r\r\nContent-Type: text/html\r\n\r\n<p>hello</p>\r\n--r--\r\n"
    "--q\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n"
    "Content-Transfer-Encoding: base64\r\nContent-ID: <cid1>\r\n\r\nAAECAwQF\r\n--q--\r\n";

// Renders kMessage, as a parsed blob, with these arguments.
std::string show(std::string_view arguments, std::string message = kMessage,
                 std::size_t budget = kMaxResponse) {
  auto o = parse_ijson(arguments, {}).value.as_object();
  Args args(o);
  auto fields = read_email_fields(args, EmailDefaults::parse);
  if (!fields) return fields.error().type;
  if (auto r = args.finish(); !r) return r.error().type;
  records::Content content;
  content.ParseFromString(model::make_record(mime::summarize(message)).content);
  std::string hash(32, 'h');
  EmailView v(*fields, MessageBytes{hash, 0, 0, BlobRef{hash}}, content, message.size());
  auto read = [&](std::uint64_t begin, std::uint64_t n) -> base::Result<std::string> {
    return message.substr(begin, n);
  };
  if (v.needs_bytes())
    if (auto r = v.load(read, budget); !r) return r.error().code;
  return to_text(v.render({}));
}

TEST(JmapEmailView, HeaderProperties) {
  EXPECT_EQ(
      show(R"({"properties":["from","subject","sentAt","messageId","to"]})"),
      R"({"from":[{"name":"A","email":"a@example.org"}],"subject":"hello","sentAt":"2020-02-13T10:00:00Z",)"
      R"("messageId":["m@x"],"to":null})");
  EXPECT_EQ(show(R"({"properties":["header:SUBJECT","header:X:all"]})"),
            R"({"header:SUBJECT":" hello","header:X:all":[]})");
  EXPECT_EQ(show(R"({"properties":["header:Received"]})"),
            R"({"header:Received":" by x; Thu, 13 Feb 2020 10:00:00 +0000"})");  // read from the message
  EXPECT_EQ(show(R"({"properties":["id","mailboxIds","keywords","receivedAt","threadId"]})"),
            R"({"id":null,"mailboxIds":null,"keywords":null,"receivedAt":null,"threadId":null})");
  EXPECT_EQ(show(R"({"properties":["header:From:asDate"]})"), "invalidArguments");
  EXPECT_EQ(show(R"({"properties":["nonsense"]})"), "invalidArguments");
}

TEST(JmapEmailView, BodyParts) {
  EXPECT_EQ(show(R"({"properties":["textBody"],"bodyProperties":["partId","type","size","charset"]})"),
            R"({"textBody":[{"partId":"1.1","type":"text/plain","size":13,"charset":"utf-8"}]})");
  EXPECT_EQ(
      show(R"({"properties":["attachments"],"bodyProperties":["partId","name","size","cid","disposition"]})"),
      R"({"attachments":[{"partId":"2","name":"a.pdf","size":6,"cid":"cid1","disposition":"attachment"}]})");
  EXPECT_EQ(show(R"({"properties":["bodyStructure"],"bodyProperties":["partId","type"]})"),
            R"({"bodyStructure":{"partId":null,"type":"multipart/mixed","subParts":[{"partId":null,)"
            R"("type":"multipart/alternative","subParts":[{"partId":"1.1","type":"text/plain"},)"
            R"({"partId":"1.2","type":"text/html"}]},{"partId":"2","type":"application/pdf"}]}})");
  EXPECT_EQ(show(R"({"properties":["attachments"],"bodyProperties":["header:Content-ID"]})"),
            R"({"attachments":[{"header:Content-ID":" <cid1>"}]})");
}

TEST(JmapEmailView, BodyValues) {
  EXPECT_EQ(show(R"({"properties":["bodyValues"],"fetchTextBodyValues":true})"),
            "{\"bodyValues\":{\"1.1\":{\"value\":\"h\xc3\xa9llo\\nworld\",\"isEncodingProblem\":false,"
            "\"isTruncated\":false}}}");
  EXPECT_EQ(show(R"({"properties":["bodyValues"],"fetchHTMLBodyValues":true,"maxBodyValueBytes":5})"),
            R"({"bodyValues":{"1.2":{"value":"<p>he","isEncodingProblem":false,"isTruncated":true}}})");
  EXPECT_EQ(show(R"({"properties":["bodyValues"],"fetchTextBodyValues":true,"maxBodyValueBytes":2})"),
            R"({"bodyValues":{"1.1":{"value":"h","isEncodingProblem":false,"isTruncated":true}}})");
  EXPECT_EQ(show(R"({"properties":["bodyValues"]})"), R"({"bodyValues":{}})");
  EXPECT_EQ(show(R"({"properties":["bodyValues"],"fetchAllBodyValues":true})", kMessage, 3), "LIMIT");
}

TEST(JmapEmailView, LongBodiesAreTruncated) {
  std::string big = "Subject: x\r\n\r\n" + std::string(kMaxBodyValue + 10, 'a') + "\r\n";
  auto out = parse_ijson(show(R"({"properties":["bodyValues"],"fetchTextBodyValues":true})", big), {}).value;
  const auto& value = out.at("bodyValues").at("1");
  EXPECT_EQ(value.at("value").as_string().size(), kMaxBodyValue);
  EXPECT_TRUE(value.at("isTruncated").as_bool());
}

}  // namespace
}  // namespace postern::jmap
