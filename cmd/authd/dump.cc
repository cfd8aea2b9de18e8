// The directory as a whole, with what passwords are checked against: dump and load.
#include "auth/credential.h"
#include "auth/limits.h"
#include "base/log.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"

namespace postern::authd {
namespace {

constexpr std::size_t kEnvelope = 256;   // of a message around its entries

// The last one stands for deleted accounts, which name their groups.
constexpr std::optional<auth::Kind> kOrder[] = {auth::Kind::domain, auth::Kind::account, auth::Kind::alias,
                                                auth::Kind::group, auth::Kind::list, std::nullopt};

base::Result<Entry> whole_deleted(Authd& a, auth::Id id) {
  auto e = a.directory->show_deleted(id);
  if (!e) return base::pass(e);
  Entry out;
  for (auto& text : auth::to_texts(e->second)) out.add_secrets(std::move(text));
  fill(out, std::move(e->first));
  return out;
}

// One entry with its members and secrets.
base::Result<Entry> whole(Authd& a, std::optional<auth::Kind> of, const auth::Entry& listed) {
  if (!of) return whole_deleted(a, listed.id);
  auth::Kind kind = *of;
  const std::string& name = listed.name;
  auto e = a.directory->show(kind, name);
  if (!e) return base::pass(e);
  Entry out;
  if (kind == auth::Kind::account) {
    auto login = a.directory->login(name);
    if (!login) return base::pass(login);
    for (auto& text : auth::to_texts(login->credential)) out.add_secrets(std::move(text));
    e->members.clear();   // its groups: they know it themselves
  }
  fill(out, std::move(*e));
  out.clear_scheme();
  out.clear_accounts();
  return out;
}

// False when the caller has gone.
io::Task<bool> send(ipc::Call& call, Reply& piece) {
  std::string payload = piece.SerializeAsString();
  piece.Clear();
  auto sent = co_await call.item(std::move(payload));
  co_return sent.has_value();
}

}  // namespace

io::Task<Reply> on_dump_directory(Authd& a, Request&, ipc::Call& call) {
  // Before the first hash leaves, and on the disk.
  if (auto noted = note(a, call, "dump of the directory with password hashes", {}); !noted)
    co_return error_reply(noted.error());
  auto written = co_await a.loop.blocking([log = a.audit_log] { return log->sync(); });
  if (!written) co_return error_reply(written.error());
  Reply piece;
  std::size_t bytes = 0;
  for (auto kind : kOrder) {
    std::string after;
    do {
      auto page = kind ? a.directory->list(*kind, {}, after) : a.directory->list_deleted(after);
      if (!page) co_return error_reply(page.error());
      after = std::move(page->after);
      for (const auth::Entry& e : page->entries) {
        auto entry = whole(a, kind, e);
        if (!entry && entry.error().code == "NOT_FOUND") continue;   // it went meanwhile
        if (!entry) co_return error_reply(entry.error());
        std::size_t size = entry->ByteSizeLong();
        if (size > ipc::kMaxPayload - kEnvelope)
          co_return error_reply("LIMIT", e.name + ": too many members for one message");
        if (bytes && bytes + size > kItemBytes) {   // a large list goes alone
          bytes = 0;
          auto sending = send(call, piece);
          if (!co_await std::move(sending)) co_return error_reply("UNAVAILABLE", "the caller has gone", true);
        }
        bytes += size;
        *piece.mutable_entries()->add_entries() = std::move(*entry);
      }
    } while (!after.empty());
  }
  if (bytes) {
    auto sending = send(call, piece);
    if (!co_await std::move(sending)) co_return error_reply("UNAVAILABLE", "the caller has gone", true);
  }
  base::log(base::Level::info, "directory_dump", {{"uid", call.info().uid}, {"pid", call.info().pid}});
  piece.mutable_entries()->set_end(true);
  co_return piece;
}

io::Task<Reply> on_load_entry(Authd& a, Request& request, ipc::Call& call) {
  const Entry& p = request.load_entry().entry();
  auto kind = auth::parse_kind(p.kind());
  if (!kind) co_return error_reply(kind.error());
  auto credential = auth::from_texts({p.secrets().begin(), p.secrets().end()});
  if (!credential) co_return error_reply(credential.error());
  auth::Entry e;
  e.kind = *kind;
  e.name = p.name();
  e.id = p.id();
  e.quota_bytes = p.quota_bytes();
  e.quota_emails = p.quota_emails();
  e.quota_mailboxes = p.quota_mailboxes();
  e.description = p.description();
  e.timezone = p.timezone();
  e.disabled = p.disabled();
  e.admin = p.admin();
  e.members.assign(p.members().begin(), p.members().end());
  e.catch_all = p.catch_all();
  e.generation = p.generation();
  e.created = static_cast<std::int64_t>(p.created());
  e.deleted = static_cast<std::int64_t>(p.deleted());
  auto loaded = a.directory->load(e, *credential);
  if (!loaded) co_return error_reply(loaded.error());
  std::string what = std::string("load ") + (p.deleted() ? "deleted " : "") + p.kind() + " " + p.name();
  if (*loaded) {
    ++a.counters.changes;
    if (auto noted = note(a, call, "directory", {{"what", what}, {"id", std::to_string(p.id())}}); !noted)
      co_return error_reply(noted.error());
    base::log(base::Level::info, "directory_change",
              {{"what", what}, {"id", p.id()}, {"uid", call.info().uid}, {"pid", call.info().pid}});
  }
  Reply r;
  r.mutable_done()->set_id(p.id());
  r.mutable_done()->set_name(p.name());
  if (*loaded) r.mutable_done()->set_what(what);
  co_return r;
}

}  // namespace postern::authd
