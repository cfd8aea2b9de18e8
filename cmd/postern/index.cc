// index: how far the full-text indexes are, and to make them anew or pack them.  indexer does the work.
#include <map>

#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"
#include "ipc/typed.h"
#include "proto/indexer.pb.h"

namespace postern::cli {
namespace {

namespace json = boost::json;
using base::Result;

constexpr std::uint64_t kDeadlineMs = 600'000;   // of one item: a digest reads all of an index

struct Chosen {
  std::uint64_t account = 0;                      // 0: all
  std::map<std::uint64_t, std::string> names;
};

Result<Chosen> choose(Context& c) {
  Chosen out;
  if (auto name = c.value("--account")) {
    authd::Request r;
    r.mutable_show()->set_kind("account");
    r.mutable_show()->set_name(*name);
    auto reply = c.authd(r);
    if (!reply) return pass(reply);
    const auto& e = reply->entries().entries(0);
    out.account = e.id();
    out.names[e.id()] = e.name();
    return out;
  }
  authd::Request r;
  r.mutable_list()->set_kind("account");
  auto listed = c.authd_items(r, [&](const authd::Reply& reply) {
    for (const auto& e : reply.entries().entries()) out.names[e.id()] = e.name();
  });
  if (!listed) return pass(listed);
  return out;
}

std::string name_of(const Chosen& chosen, std::uint64_t account) {
  auto it = chosen.names.find(account);
  return it == chosen.names.end() ? "account " + std::to_string(account) : it->second;
}

// Every item of the answer and its end; indexer runs only with the server.
Result<> ask(Context& c, const indexer::Request& request, const std::function<void(const indexer::Reply&)>& use) {
  if (!c.config()) return base::fail(base::Fault::permanent, "no configuration", "CONFIG");
  auto channel = ipc::BlockingChannel::open(c.config()->run_path("indexer.sock"), "indexer/1");
  if (!channel) return base::fail(base::Fault::temporary, "indexer does not answer: " + channel.error().what, "DOWN");
  auto each = [&](ipc::Answer item) {
    auto reply = ipc::parse<indexer::Reply>(item.payload);
    if (reply) use(*reply);
    return reply.has_value();
  };
  auto last = channel->call_streamed(request.SerializeAsString(), each, {}, kDeadlineMs);
  if (!last) return pass(last);
  auto reply = ipc::parse<indexer::Reply>(last->payload);
  if (!reply) return pass(reply);
  if (reply->has_error()) return base::fail(base::Fault::permanent, reply->error().what(), reply->error().code());
  use(*reply);
  return {};
}

json::object to_json(const indexer::Index& i, const std::string& name) {
  json::array languages;
  for (const auto& l : i.languages()) languages.emplace_back(l);
  json::object out{{"account", name},           {"id", i.account()},         {"state", i.state()},
                   {"covered", i.covered()},    {"modseq", i.modseq()},      {"messages", i.emails()},
                   {"of", i.of_emails()},       {"incomplete", i.incomplete()}, {"words", i.words()},
                   {"text_bytes", i.text_bytes()}, {"bytes", i.file_bytes()}, {"languages", std::move(languages)}};
  if (!i.error().empty()) out["error"] = i.error();
  if (!i.digest().empty()) out["digest"] = i.digest();
  return out;
}

// 1 when an index is not what it should be.
int show(Context& c, const std::vector<indexer::Index>& all, const Chosen& chosen) {
  json::array out;
  TextTable table;
  bool stopped = false;
  table.row({"ACCOUNT", "STATE", "MESSAGES", "OF", "SIZE", "LANGUAGES"});
  for (const auto& i : all) {
    std::string name = name_of(chosen, i.account());
    std::vector<std::string> languages(i.languages().begin(), i.languages().end());
    if (languages.size() > 4) languages.resize(4);
    stopped |= i.state() == "stopped";
    if (c.json())
      out.push_back(to_json(i, name));
    else
      table.row({name, i.error().empty() ? i.state() : i.state() + ": " + i.error(), std::to_string(i.emails()),
                 std::to_string(i.of_emails()), i.file_bytes() ? human_size(i.file_bytes()) : "0", base::join(languages, " ")});
  }
  if (c.json())
    print_json(c, out);
  else
    table.print(c);
  return stopped ? kFound : kOk;
}

// Rebuild and optimize: asks, and waits for the end.
int order(Context& c, bool rebuild) {
  if (!c.args().empty()) return c.usage("what is this: " + c.args()[0]);
  auto chosen = choose(c);
  if (!chosen) return c.fail(chosen.error());
  if (c.dry_run()) {
    indexer::Request request;
    request.mutable_status()->set_account(chosen->account);
    auto told = ask(c, request, [&](const indexer::Reply& reply) {
      for (const auto& i : reply.status().indexes())
        c.out("would make the index of " + name_of(*chosen, i.account()) + " anew: " + std::to_string(i.of_emails()) + " messages\n");
    });
    return told ? kOk : c.fail(told.error());
  }
  indexer::Request request;
  if (rebuild)
    request.mutable_rebuild()->set_account(chosen->account);
  else
    request.mutable_optimize()->set_account(chosen->account);
  indexer::Progress last;
  auto done = ask(c, request, [&](const indexer::Reply& reply) {
    last = reply.progress();
    std::string what = name_of(*chosen, last.account());
    if (last.of_accounts() > 1) what += " (" + std::to_string(last.accounts() + 1) + " of " + std::to_string(last.of_accounts()) + ")";
    if (!last.end()) c.progress(what, last.emails(), last.of_emails());
  });
  c.progress_end();
  if (!done) return c.fail(done.error());
  if (c.json()) print_json(c, json::object{{"accounts", last.accounts()}, {"failed", last.failed()}});
  if (last.failed() == 0) return kOk;
  c.error(std::to_string(last.failed()) + " of " + std::to_string(last.of_accounts()) + " indexes failed; index status says why");
  return kTemporary;
}

}  // namespace

int index_status(Context& c) {
  if (!c.args().empty()) return c.usage("what is this: " + c.args()[0]);
  auto chosen = choose(c);
  if (!chosen) return c.fail(chosen.error());
  indexer::Request request;
  request.mutable_status()->set_account(chosen->account);
  request.mutable_status()->set_digest(c.has("--digest"));
  std::vector<indexer::Index> all;
  auto told = ask(c, request, [&](const indexer::Reply& reply) {
    all.insert(all.end(), reply.status().indexes().begin(), reply.status().indexes().end());
  });
  return told ? show(c, all, *chosen) : c.fail(told.error());
}

int index_rebuild(Context& c) { return order(c, true); }
int index_optimize(Context& c) { return order(c, false); }

}  // namespace postern::cli
