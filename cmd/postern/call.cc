// call: any daemon's socket from a shell.  The descriptor set of lib/proto is part of this program, so every
// method and field is known by name; the answer is printed as JSON.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>

#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"

extern "C" {
extern const unsigned char postern_descriptors[];
extern const unsigned long postern_descriptors_size;
}

namespace postern::cli {
namespace {

namespace pb = google::protobuf;

struct Service {
  const char* name;
  const char* package;
  const char* socket;
  const char* program;
  const char* protocol;
};
constexpr Service kServices[] = {{"stored", "postern.stored", "stored-admin", "stored", "stored/1"},
                                 {"authd", "postern.authd", "authd-admin", "authd", "authd/1"},
                                 {"runner", "postern.runner", "runner", "runner", "runner/1"},
                                 {"sieved", "postern.sieved", "sieved", "sieved", "sieve/1"},
                                 {"indexer", "postern.indexer", "indexer", "indexer", "indexer/1"},
                                 {"searchd", "postern.search", "search", "searchd", "searchd/1"},
                                 {"master", "postern.control", "master", "master", "control/1"}};

// KEY=VALUE into JSON: numbers, true and false and JSON texts as they are, everything else a string; a.b.c
// nests.
bool put(boost::json::object& into, std::string_view key, std::string_view value) {
  auto dot = key.find('.');
  if (dot != std::string_view::npos) {
    auto& inner = into[key.substr(0, dot)];
    if (!inner.is_object()) inner.emplace_object();
    return put(inner.as_object(), key.substr(dot + 1), value);
  }
  boost::json::error_code ec;
  auto parsed = boost::json::parse(value, ec);
  if (ec) parsed = boost::json::string(value);
  if (auto* old = into.if_contains(key)) {
    if (!old->is_array()) *old = boost::json::array{*old};
    old->as_array().push_back(parsed);
  } else {
    into[key] = parsed;
  }
  return true;
}

int list_methods(Context& c, const pb::DescriptorPool& pool, const Service* s) {
  if (!s) {
    for (const auto& one : kServices) c.out(std::string(one.name) + "\n");
    return kOk;
  }
  const auto* request = pool.FindMessageTypeByName(std::string(s->package) + ".Request");
  const auto* verb = request->FindOneofByName("verb");
  for (int i = 0; i < verb->field_count(); ++i) {
    std::string line = verb->field(i)->name();
    const auto* type = verb->field(i)->message_type();
    for (int k = 0; k < type->field_count(); ++k) line += " " + type->field(k)->name() + "=";
    c.out(line + "\n");
  }
  return kOk;
}

base::Result<std::string> ticket_for(Context& c, const Service& s, std::uint64_t& account) {
  if (std::string_view(s.name) != "stored") return std::string();
  auto name = c.value("--account");
  if (!name) return c.admin_ticket();
  auto t = c.account_ticket(*name);
  if (!t) return pass(t);
  account = t->account;
  return t->ticket;
}

}  // namespace

int call(Context& c) {
  pb::FileDescriptorSet set;
  if (!set.ParseFromArray(postern_descriptors, static_cast<int>(postern_descriptors_size))) return kSoftware;
  pb::DescriptorPool pool;
  for (const auto& f : set.file()) pool.BuildFile(f);
  const Service* s = nullptr;
  for (const auto& one : kServices)
    if (!c.args().empty() && c.args()[0] == one.name) s = &one;
  if (c.has("--list")) return list_methods(c, pool, s);
  if (!s || c.args().size() < 2)
    return c.usage("expected SERVICE (stored, authd, master) and METHOD; --list shows them");
  const auto* type = pool.FindMessageTypeByName(std::string(s->package) + ".Request");
  const auto* reply_type = pool.FindMessageTypeByName(std::string(s->package) + ".Reply");
  const auto* field = type->FindFieldByName(c.args()[1]);
  if (!field || !field->containing_oneof())
    return c.usage("no method " + c.args()[1] + "; --list shows them");

  boost::json::object arguments;
  for (std::size_t i = 2; i < c.args().size(); ++i) {
    auto eq = c.args()[i].find('=');
    if (eq == std::string::npos) return c.usage("expected KEY=VALUE, not " + c.args()[i]);
    put(arguments, std::string_view(c.args()[i]).substr(0, eq), std::string_view(c.args()[i]).substr(eq + 1));
  }
  pb::DynamicMessageFactory factory(&pool);
  std::unique_ptr<pb::Message> request(factory.GetPrototype(type)->New());
  auto* verb = request->GetReflection()->MutableMessage(request.get(), field);
  if (auto ok = pb::util::JsonStringToMessage(boost::json::serialize(arguments), verb); !ok.ok())
    return c.usage("arguments of " + c.args()[1] + ": " + std::string(ok.message()));
  std::uint64_t account = 0;
  auto ticket = ticket_for(c, *s, account);
  if (!ticket) return c.fail(ticket.error());
  if (!ticket->empty()) {
    request->GetReflection()->SetString(request.get(), type->FindFieldByName("ticket"), *ticket);
    if (account)
      request->GetReflection()->SetUInt64(request.get(), type->FindFieldByName("account"), account);
  }
  auto channel = c.channel(s->socket, s->program, s->protocol);
  if (!channel) return c.fail(channel.error());
  bool failed = false;
  auto print = [&](const std::string& payload) {
    std::unique_ptr<pb::Message> reply(factory.GetPrototype(reply_type)->New());
    std::string text;
    pb::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    options.always_print_primitive_fields = true;
    if (!reply->ParseFromString(payload) || !pb::util::MessageToJsonString(*reply, &text, options).ok())
      return false;
    failed = failed || reply->GetReflection()->HasField(*reply, reply_type->FindFieldByName("error"));
    c.out(text + "\n");
    return true;
  };
  auto answer = (*channel)->call_streamed(request->SerializeAsString(),
                                          [&](ipc::Answer item) { return print(item.payload); });
  if (!answer) return c.fail(answer.error());
  print(answer->payload);
  return failed ? kFound : kOk;
}

}  // namespace postern::cli
