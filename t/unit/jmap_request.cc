// Requests: strict JSON (J01), limits (J03), result references (J04), creation ids (J06).
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "jmap/args.h"
#include "jmap/limits.h"
#include "jmap/request.h"

namespace postern::jmap {
namespace {

constexpr std::array<std::string_view, 2> kCapabilities = {kCore, kMail};

bool parses(std::string_view text) {
  return parse_ijson(text, {}).ok;
}

std::string type_of(std::string_view body) {
  auto r = parse_request(body, kCapabilities, {});
  if (r) return "";
  auto t = r.error().type.substr(r.error().type.rfind(':') + 1);
  return r.error().limit.empty() ? t : t + " " + r.error().limit;
}

std::string request_with(std::string_view calls) {
  return R"({"using":["urn:ietf:params:jmap:core"],"methodCalls":[)" + std::string(calls) + "]}";
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JmapJson, J01Strict) {
  EXPECT_TRUE(parses(R"({"a":[1,2.5,-3,true,null,"é\ud83d\ude00"]})"));
  EXPECT_FALSE(parses(R"({"a":1,"a":2})"));
  EXPECT_FALSE(parses(R"({"x":{"a":1,"b":2,"\u0061":2}})"));
  EXPECT_FALSE(parses(R"(["\ud800"])"));
  EXPECT_FALSE(parses(R"(["\udc00x"])"));
  EXPECT_FALSE(parses("[\"\xff\"]"));
  EXPECT_FALSE(parses("[\"\xc0\xaf\"]"));
  EXPECT_FALSE(parses(R"({"a\u0000b":1})"));
  EXPECT_TRUE(parses(R"({"ab":"\u0000"})"));
  EXPECT_FALSE(parses(std::string_view("[\"\0\"]", 5)));
  EXPECT_FALSE(parses("[1] x"));
  EXPECT_FALSE(parses("[1]["));
  EXPECT_FALSE(parses("[1e999999]"));
  EXPECT_FALSE(parses("[-1e400]"));
  EXPECT_FALSE(parses("[1,]"));
  EXPECT_FALSE(parses("[01]"));
  EXPECT_FALSE(parses("{'a':1}"));
  EXPECT_FALSE(parses("/* c */ [1]"));
  EXPECT_FALSE(parses("[NaN]"));
  EXPECT_FALSE(parses("\xef\xbb\xbf[]"));
  EXPECT_FALSE(parses(""));
  EXPECT_FALSE(parses("[\"abc"));
}

TEST(JmapJson, J01DepthAtAndPastTheLimit) {
  EXPECT_TRUE(parses(nested(kMaxJsonDepth)));
  EXPECT_FALSE(parses(nested(kMaxJsonDepth + 1)));
  EXPECT_FALSE(parses(nested(10'000)));
  EXPECT_FALSE(parses(std::string(10'000'000, '[')));
}

TEST(JmapJson, ValuesAtAndPastTheLimit) {
  auto list = [](std::size_t values) {  // the array counts as one
    std::string s = "[";
    for (std::size_t i = 1; i < values; ++i) s += i == 1 ? "1" : ",1";
    return s + "]";
  };
  EXPECT_TRUE(parse_ijson(list(kMaxJsonValues), {}).ok);
  auto r = parse_ijson(list(kMaxJsonValues + 1), {});
  EXPECT_FALSE(r.ok);
  EXPECT_TRUE(r.too_many);
}

TEST(JmapJson, Numbers) {
  auto value = [](std::string_view s) { return parse_ijson("[" + std::string(s) + "]", {}).value.at(0); };
  EXPECT_EQ(int_of(value("9007199254740991")), 9007199254740991);
  EXPECT_FALSE(int_of(value("9007199254740992")));
  EXPECT_FALSE(int_of(value("-9007199254740992")));
  EXPECT_FALSE(int_of(value("18446744073709551615")));
  EXPECT_EQ(int_of(value("3.0")), 3);
  EXPECT_FALSE(int_of(value("3.5")));
  EXPECT_FALSE(uint_of(value("-1")));
  EXPECT_FALSE(int_of(value("\"3\"")));
}

TEST(JmapRequest, ReadsARequest) {
  auto r = parse_request(
      R"({"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{"a":1},"c1"],["X/y",{},"c2"]],
          "createdIds":{"k1":"e5-a"},"ignored":true})",
      kCapabilities, {});
  ASSERT_TRUE(r);
  ASSERT_EQ(r->calls.size(), 2u);
  EXPECT_EQ(r->calls[0].name, "Core/echo");
  EXPECT_EQ(r->calls[1].id, "c2");
  EXPECT_TRUE(r->has_created_ids);
  EXPECT_EQ(r->created_ids.resolve("#k1"), "e5-a");
  EXPECT_TRUE(r->uses_capability(kCore));
  EXPECT_FALSE(r->uses_capability(kMail));
}

TEST(JmapRequest, ErrorTypes) {
  EXPECT_EQ(type_of("{"), "notJSON");
  EXPECT_EQ(type_of("[]"), "notRequest");
  EXPECT_EQ(type_of("{}"), "notRequest");
  EXPECT_EQ(type_of(R"({"using":"x","methodCalls":[]})"), "notRequest");
  EXPECT_EQ(type_of(R"({"using":[1],"methodCalls":[]})"), "notRequest");
  EXPECT_EQ(type_of(R"({"using":["urn:x"],"methodCalls":[]})"), "unknownCapability");
  EXPECT_EQ(type_of(request_with(R"(["a",{}])")), "notRequest");
  EXPECT_EQ(type_of(request_with(R"(["a",[],"c"])")), "notRequest");
  EXPECT_EQ(type_of(request_with(R"([1,{},"c"])")), "notRequest");
  EXPECT_EQ(type_of(R"({"using":[],"methodCalls":[],"createdIds":{"a b":"c"}})"), "notRequest");
  EXPECT_EQ(type_of(R"({"using":[],"methodCalls":[],"createdIds":[]})"), "notRequest");
  EXPECT_EQ(type_of(request_with("")), "");
}

TEST(JmapRequest, J03CallsAtAndPastTheLimit) {
  auto calls = [](std::size_t n) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) s += std::string(i ? "," : "") + R"(["Core/echo",{},"c"])";
    return s;
  };
  EXPECT_EQ(type_of(request_with(calls(kMaxCallsInRequest))), "");
  EXPECT_EQ(type_of(request_with(calls(kMaxCallsInRequest + 1))), "limit maxCallsInRequest");
}

// Resolves the one reference of `arguments` against `responses`; its JSON text, or the error's type.
std::string resolve(std::string_view arguments, std::string_view responses,
                    std::size_t budget = kMaxReferenceBytes) {
  auto a = parse_ijson(arguments, {}).value.as_object();
  auto r = parse_ijson(responses, {}).value.as_array();
  auto result = resolve_references(a, r, budget);
  return result ? to_text(a) : result.error().type;
}

constexpr std::string_view kResponses = R"([
  ["Foo/changes",{"created":["f1","f4"],"none":null},"t0"],
  ["error",{"type":"invalidArguments"},"bad"],
  ["Foo/get",{"list":[{"id":"f1","ids":["a","b"]},{"id":"f4","ids":["c"]}],"a/b":{"~":7}},"t1"]])";

std::string reference(std::string_view of, std::string_view name, std::string_view path) {
  return R"({"#ids":{"resultOf":")" + std::string(of) + R"(","name":")" + std::string(name) +
         R"(","path":")" + std::string(path) + R"("}})";
}

TEST(JmapReferences, Resolve) {
  EXPECT_EQ(resolve(reference("t0", "Foo/changes", "/created"), kResponses), R"({"ids":["f1","f4"]})");
  EXPECT_EQ(resolve(reference("t0", "Foo/changes", "/created/1"), kResponses), R"({"ids":"f4"})");
  EXPECT_EQ(resolve(reference("t0", "Foo/changes", "/none"), kResponses), R"({"ids":null})");
  EXPECT_EQ(resolve(reference("t1", "Foo/get", "/list/*/id"), kResponses), R"({"ids":["f1","f4"]})");
  EXPECT_EQ(resolve(reference("t1", "Foo/get", "/list/*/ids"), kResponses), R"({"ids":["a","b","c"]})");
  EXPECT_EQ(resolve(reference("t1", "Foo/get", "/list/*/ids/0"), kResponses), R"({"ids":["a","c"]})");
  EXPECT_EQ(resolve(reference("t1", "Foo/get", "/a~1b/~0"), kResponses), R"({"ids":7})");
}

TEST(JmapReferences, J04DoNotResolve) {
  auto bad = [](std::string_view of, std::string_view name, std::string_view path) {
    return resolve(reference(of, name, path), kResponses);
  };
  EXPECT_EQ(bad("t9", "Foo/get", "/list"), "invalidResultReference");   // forward, or unknown
  EXPECT_EQ(bad("t0", "Foo/get", "/list"), "invalidResultReference");   // another name
  EXPECT_EQ(bad("bad", "Foo/get", "/list"), "invalidResultReference");  // an error
  EXPECT_EQ(bad("t1", "Foo/get", "/nothing"), "invalidResultReference");
  EXPECT_EQ(bad("t1", "Foo/get", "list"), "invalidResultReference");
  EXPECT_EQ(bad("t1", "Foo/get", "/list/01"), "invalidResultReference");
  EXPECT_EQ(bad("t1", "Foo/get", "/list/-"), "invalidResultReference");
  EXPECT_EQ(bad("t1", "Foo/get", "/list/2"), "invalidResultReference");
  EXPECT_EQ(bad("t1", "Foo/get", "/list/*/nothing"), "invalidResultReference");
  EXPECT_EQ(bad("t1", "Foo/get", "/a~2b"), "invalidResultReference");
  EXPECT_EQ(resolve(R"({"#ids":"t1"})", kResponses), "invalidResultReference");
  EXPECT_EQ(resolve(R"({"#ids":{"resultOf":"t1"}})", kResponses), "invalidResultReference");
  EXPECT_EQ(
      resolve(R"({"ids":[],"#ids":{"resultOf":"t0","name":"Foo/changes","path":"/created"}})", kResponses),
      "invalidArguments");
  EXPECT_EQ(bad("t1", "Foo/get", "/" + std::string(kMaxReferencePath, 'a')), "invalidResultReference");
}

TEST(JmapReferences, J04LargeResultsAreBounded) {
  std::string ids = "[", list = "[";
  for (int i = 0; i < 500; ++i) ids += std::string(i ? "," : "") + "\"x\"";
  ids += "]";
  for (int i = 0; i < 500; ++i) list += std::string(i ? "," : "") + R"({"id":)" + ids + "}";
  auto responses = R"([["Foo/get",{"list":)" + list + R"(]},"t"]])";
  EXPECT_EQ(resolve(reference("t", "Foo/get", "/list/*/id"), responses), "invalidResultReference");
  EXPECT_EQ(resolve(reference("t", "Foo/get", "/list/7/id"), responses, 100), "invalidResultReference");
}

TEST(JmapIds, J06CreationIds) {
  CreatedIds ids;
  EXPECT_TRUE(ids.add("a", "#b"));
  EXPECT_TRUE(ids.add("b", "#a"));
  EXPECT_EQ(ids.resolve("#a"), "#b");  // never followed twice
  EXPECT_EQ(ids.resolve("plain"), "plain");
  EXPECT_FALSE(ids.resolve("#c"));
  EXPECT_TRUE(valid_id(std::string(255, 'a')));
  EXPECT_FALSE(valid_id(std::string(256, 'a')));
  EXPECT_TRUE(valid_id("__proto__"));
  EXPECT_FALSE(valid_id(""));
  EXPECT_FALSE(valid_id("a b"));
  CreatedIds many;
  for (std::size_t i = 0; i < kMaxCreatedIds; ++i) ASSERT_TRUE(many.add(std::to_string(i), "x"));
  EXPECT_FALSE(many.add("one-more", "x"));
}

TEST(JmapArgs, TypesAndUnknownNames) {
  auto o = parse_ijson(R"({"s":"x","n":5,"b":true,"l":["a"],"z":null,"neg":-1})", {}).value.as_object();
  Args a(o);
  EXPECT_EQ(a.string("s"), "x");
  EXPECT_EQ(a.unsigned_int("n"), 5u);
  EXPECT_TRUE(a.boolean("b", false));
  EXPECT_EQ(a.strings("l")->size(), 1u);
  EXPECT_FALSE(a.string("z"));
  EXPECT_EQ(a.integer("neg", 0), -1);
  EXPECT_TRUE(a.finish());
  Args unknown(o);
  unknown.string("s");
  EXPECT_EQ(unknown.finish().error().type, "invalidArguments");
  Args wrong(o);
  wrong.unsigned_int("neg");
  EXPECT_EQ(wrong.wrong(), "neg");
}

TEST(JmapErrors, ProblemDocument) {
  EXPECT_EQ(problem_document(over_limit("maxCallsInRequest")),
            R"({"type":"urn:ietf:params:jmap:error:limit","status":400,)"
            R"("detail":"The request exceeds the limit maxCallsInRequest.","limit":"maxCallsInRequest"})");
}

}  // namespace
}  // namespace postern::jmap
