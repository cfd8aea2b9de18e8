// The messages come as a client's would, through the store; what scripts do goes the way of FILTER=SIEVE
// (lib/client/stored_filter.h).
#include "cmd/postern/sieve_walk.h"

#include <algorithm>

#include "blob/blob_store.h"
#include "cmd/postern/account_state.h"
#include "cmd/postern/mailboxes.h"
#include "io/loop.h"
#include "model/flags.h"

namespace postern::cli {
namespace {

using base::Result;

constexpr std::size_t kHead = 64u << 10;
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

class Walk {
 public:
  Walk(Context& c, Mailboxes& boxes, const Sockets& sockets, const SieveJob& job, const std::function<void(const SieveRow&)>& each)
      : c_(c), boxes_(boxes), job_(job), each_(each), reader_(c.config()->segment_dir()), store_client_(loop_, sockets.stored, nullptr),
        sieve_(loop_, sockets.sieved), runner_(loop_, sockets.runner), store_(store_client_, boxes),
        host_(loop_, store_, job.dry_run ? nullptr : &runner_, client::sieve_folders(*c.config()), environment(), kId),
        filter_(sieve_, runner_, store_, host_, {job.account, {}, environment(), {}, kId}, {.dry_run = job.dry_run}) {}

  Result<> mailbox(std::uint32_t id) {
    auto read = read_sheet(c_, boxes_.ticket(), boxes_.account(), id);
    if (!read) return pass(read);
    const model::Sheet& sheet = *read->sheet;
    std::size_t first = sheet.size() - std::min<std::uint64_t>(sheet.size(), job_.last), count = 0;
    for (std::size_t i = first; i < sheet.size(); i += kUidsPerCall) {
      std::vector<stored::EmailData> batch;
      if (auto ok = fetch(id, sheet, i, batch); !ok) return ok;
      for (const auto& e : batch) {
        auto at = sheet.find_uid(e.uid());
        if (at == sheet.size()) continue;
        auto row = sheet.row(at);
        auto flags = model::imap_names(row.flags, read->keywords);
        std::ranges::sort(flags);
        message(id, e, row.received, flags);
        c_.progress("filtered", ++count, sheet.size() - first);
      }
    }
    c_.progress_end();
    return {};
  }

 private:
  static constexpr const char* kId = "sieve-run";
  std::map<std::string, std::string> environment() const { return {{"USER", job_.account}, {"HOST", c_.config()->hostname()}}; }

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

  void message(std::uint32_t mailbox, const stored::EmailData& e, std::int64_t received, const std::vector<std::string>& flags) {
    SieveRow row{e.uid(), {}, {}};
    std::string head;
    auto body = read_body(e);
    for (const auto& script : job_.scripts) {
      client::Filtered result;
      if (body)
        loop_.run(filter({mailbox, e.uid(), flags, received, *body}, script, result));
      else
        result.errors.push_back(body.error().what);
      row.results.push_back(std::move(result));
    }
    if (body) head = client::head_of(*body, kHead);
    row.head = head;
    each_(row);
  }

  io::Task<void> filter(const client::StoredMessage& m, const client::SieveScript& script, client::Filtered& result) {
    sieved::Run run = client::stored_run(job_.account);
    client::set_envelope(run, m.message, job_.account);
    std::vector<client::SieveScript> stack;
    stack.push_back(script);
    result = co_await filter_.filter(m, std::move(run), std::move(stack));
  }

  Context& c_;
  Mailboxes& boxes_;
  const SieveJob& job_;
  const std::function<void(const SieveRow&)>& each_;
  blob::Reader reader_;
  io::Loop loop_;
  client::StoreClient store_client_;
  client::SieveClient sieve_;
  client::RunnerClient runner_;
  OwnStore store_;
  client::StoreHost host_;
  client::StoredFilter filter_;
};

}  // namespace

Result<> over_mailbox(Context& c, const SieveJob& job, const std::function<void(const SieveRow&)>& each) {
  auto boxes = Mailboxes::open(c, job.account);
  if (!boxes) return pass(boxes);
  auto mailbox = boxes->find(job.mailbox);
  if (!mailbox) return pass(mailbox);
  auto sockets = find_sockets(c);
  if (!sockets) return pass(sockets);
  return Walk(c, *boxes, *sockets, job, each).mailbox(*mailbox);
}

}  // namespace postern::cli
