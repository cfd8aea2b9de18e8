// sieve run: a script over mail that is in a mailbox already, as FILTER=SIEVE of IMAP does it (lib/client/stored_filter.h).
// Messages that it moves away get \Deleted; they are expunged by whoever expunges that mailbox.
#include "cmd/postern/sieve_run.h"

#include <algorithm>
#include <span>

#include "base/file.h"
#include "base/text.h"
#include "blob/blob_store.h"
#include "client/stored_filter.h"
#include "cmd/postern/account_state.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/sieve_file.h"
#include "io/loop.h"
#include "model/flags.h"

namespace postern::cli {
namespace {

using base::Result;

constexpr std::size_t kUidsPerCall = 100;

// The account's store over a loop, by tickets of `boxes`, which are renewed as they grow old.
class OwnStore : public client::AccountStore {
 public:
  OwnStore(client::StoreClient& store, Mailboxes& boxes) : store_(store), boxes_(boxes) {}
  std::uint64_t account() const override { return boxes_.account(); }
  io::Task<Result<stored::Reply>> read(stored::Request request) override {
    if (auto ok = boxes_.renew(); !ok) co_return base::pass(ok);
    co_return co_await store_.read(boxes_.ticket(), boxes_.account(), std::move(request));
  }
  io::Task<Result<stored::Reply>> write(stored::Request request, std::vector<base::Fd> fds) override {
    if (auto ok = boxes_.renew(); !ok) co_return base::pass(ok);
    co_return co_await store_.write(boxes_.ticket(), boxes_.account(), std::move(request), std::move(fds));
  }

 private:
  client::StoreClient& store_;
  Mailboxes& boxes_;
};

// Sockets of the server, or of daemons started for this command.
struct Sockets {
  std::string stored, sieved, runner;
};

Result<Sockets> find_sockets(Context& c) {
  Sockets out;
  for (auto [socket, protocol, path] : {std::tuple("stored-admin", "stored/1", &out.stored), std::tuple("sieved", "sieve/1", &out.sieved),
                                        std::tuple("runner", "runner/1", &out.runner)}) {
    std::string program(std::string_view(socket).substr(0, std::string_view(socket).find('-')));
    if (auto open = c.channel(socket, program, protocol); !open) return pass(open);
    auto found = c.socket_path(socket);
    if (!found) return pass(found);
    *path = std::move(*found);
  }
  return out;
}

class Runner {
 public:
  Runner(Context& c, Mailboxes& boxes, std::string owner, const Sockets& sockets, client::SieveScript script)
      : c_(c), boxes_(boxes), owner_(std::move(owner)), script_(std::move(script)), reader_(c.config()->segment_dir()),
        store_client_(loop_, sockets.stored, nullptr), sieve_(loop_, sockets.sieved), runner_(loop_, sockets.runner),
        store_(store_client_, boxes), host_(loop_, store_, c.dry_run() ? nullptr : &runner_, client::sieve_folders(*c.config()), environment(), "sieve-run"),
        filter_(sieve_, runner_, store_, host_, {owner_, {}, environment(), {}, "sieve-run"}, {.dry_run = c.dry_run()}) {}

  // Every message that the mailbox has now.
  Result<> mailbox(std::uint32_t id) {
    auto read = read_sheet(c_, boxes_.ticket(), boxes_.account(), id);
    if (!read) return pass(read);
    const model::Sheet& sheet = *read->sheet;
    for (std::size_t i = 0; i < sheet.size(); i += kUidsPerCall) {
      std::vector<stored::EmailData> batch;
      if (auto ok = fetch(id, sheet, i, batch); !ok) return ok;
      for (const auto& e : batch) {
        auto at = sheet.find_uid(e.uid());
        if (at == sheet.size()) continue;
        auto row = sheet.row(at);
        auto flags = model::imap_names(row.flags, read->keywords);
        std::ranges::sort(flags);
        message(id, e, row.received, std::move(flags));
        c_.progress("filtered", ++count_, sheet.size());
      }
    }
    c_.progress_end();
    return {};
  }
  std::uint64_t count() const { return count_; }
  std::uint64_t failed() const { return failed_; }
  boost::json::array rows;

 private:
  std::map<std::string, std::string> environment() const { return {{"USER", owner_}, {"HOST", c_.config()->hostname()}}; }

  Result<> fetch(std::uint32_t id, const model::Sheet& sheet, std::size_t from, std::vector<stored::EmailData>& out) {
    if (auto ok = boxes_.renew(); !ok) return ok;
    stored::Request r;
    r.mutable_get_emails()->set_mailbox(id);
    r.mutable_get_emails()->set_location(true);
    for (std::size_t k = from; k < std::min<std::size_t>(sheet.size(), from + kUidsPerCall); ++k)
      r.mutable_get_emails()->add_uids(sheet.uid[k]);
    r.set_ticket(boxes_.ticket());
    r.set_account(boxes_.account());
    return c_.stored_items(r, [&](stored::Reply& reply) {
      for (auto& e : *reply.mutable_emails()->mutable_emails()) out.push_back(std::move(e));
      return true;
    });
  }

  Result<client::Incoming> read_body(const stored::EmailData& e) {
    auto at = blob::Location::parse(e.location());
    if (e.corrupt() || !at) return base::fail(base::Fault::corrupt, "the message is damaged", "CORRUPT");
    return client::gather("", [&](auto&& take) { return reader_.read_frames(*at, 0, take); });
  }

  void message(std::uint32_t mailbox, const stored::EmailData& e, std::int64_t received, std::vector<std::string> flags) {
    client::Filtered result;
    auto body = read_body(e);
    if (!body) {
      result.errors.push_back(body.error().what);
    } else {
      client::StoredMessage m{mailbox, e.uid(), std::move(flags), received, *body};
      loop_.run(filter(m, result));
    }
    failed_ += !result.errors.empty();
    if (c_.json())
      rows.push_back(to_json(e.uid(), result));
    else
      print(e.uid(), result);
  }

  io::Task<void> filter(const client::StoredMessage& m, client::Filtered& result) {
    sieved::Run run = client::stored_run(owner_);
    client::set_envelope(run, m.message, owner_);
    std::vector<client::SieveScript> stack;
    stack.push_back(script_);
    result = co_await filter_.filter(m, std::move(run), std::move(stack));
  }

  static boost::json::array texts(const std::vector<std::string>& all) { return boost::json::array(all.begin(), all.end()); }
  static boost::json::object to_json(std::uint32_t uid, const client::Filtered& f) {
    return {{"uid", uid}, {"done", texts(f.done)}, {"refused", texts(f.refused)}, {"warnings", texts(f.warnings)},
            {"errors", texts(f.errors)}, {"kept", f.kept}};
  }
  // "17: filed into Archive; \Deleted".  What the script left alone is worth no line.
  void print(std::uint32_t uid, const client::Filtered& f) {
    std::vector<std::string> words = f.done;
    if (!f.kept) words.emplace_back("\\Deleted");
    for (const auto& r : f.refused) words.push_back("refused " + r);
    std::string prefix = std::to_string(uid) + ": ";
    if (!words.empty()) c_.out(prefix + (c_.dry_run() ? "would be " : "") + base::join(words, "; ") + "\n");
    for (const auto& w : f.warnings) c_.error("uid " + prefix + w);
    for (const auto& e : f.errors) c_.error("uid " + prefix + e);
  }

  Context& c_;
  Mailboxes& boxes_;
  std::string owner_;
  client::SieveScript script_;
  blob::Reader reader_;
  std::uint64_t count_ = 0, failed_ = 0;
  io::Loop loop_;
  client::StoreClient store_client_;
  client::SieveClient sieve_;
  client::RunnerClient runner_;
  OwnStore store_;
  client::StoreHost host_;
  client::StoredFilter filter_;
};

}  // namespace

int sieve_run(Context& c) {
  auto account = c.value("--account");
  if (c.args().size() != 1 || !account) return c.usage("expected SCRIPT and --account");
  if (!c.config()) return kBadConfig;
  auto text = read_script(c, c.args()[0]);
  if (!text) return kNoInput;
  auto compiled = sieve::compile(*text, sieve_options(c));
  if (!compiled) {
    for (const auto& d : compiled.error().errors) say(c, c.args()[0], d, false);
    return kDataError;
  }
  auto ticket = c.account_ticket(*account);
  if (!ticket) return c.fail(ticket.error());
  auto boxes = Mailboxes::open(c, *account);
  if (!boxes) return c.fail(boxes.error());
  auto mailbox = boxes->find(c.value("--mailbox").value_or("INBOX"));
  if (!mailbox) return c.fail(mailbox.error());
  auto sockets = find_sockets(c);
  if (!sockets) return c.fail(sockets.error());
  const std::string& path = c.args()[0];
  auto script = client::make_script(path.substr(path.rfind('/') + 1), std::move(*text));
  Runner runner(c, *boxes, ticket->name, *sockets, std::move(script));
  auto done = runner.mailbox(*mailbox);
  if (!done) return c.fail(done.error());
  if (c.json())
    print_json(c, boost::json::object{{"dry_run", c.dry_run()}, {"messages", runner.rows}, {"failed", runner.failed()}});
  return runner.failed() ? kFound : kOk;
}

}  // namespace postern::cli
