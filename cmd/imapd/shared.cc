#include "cmd/imapd/shared.h"

#include "base/text.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

// FIELD=VALUE ... as ID answers it.
std::string id_answer(const std::vector<std::string>& fields) {
  if (fields.empty()) return "NIL";
  std::string out;
  for (const std::string& f : fields) {
    std::size_t equals = std::min(f.find('='), f.size());
    out += out.empty() ? '(' : ' ';
    imap::append_string(out, base::trim(std::string_view(f).substr(0, equals)));
    out += ' ';
    imap::append_nstring(out, base::trim(std::string_view(f).substr(std::min(equals + 1, f.size()))));
  }
  return out + ")";
}

}  // namespace

inline constexpr std::size_t kSortKeyBytes = 64u << 20;  // of all accounts, for SORT and THREAD

Shared::Shared(service::Daemon& d)
    : daemon(d),
      auth(d.loop(), d.config().run_path("authd.sock")),
      store(d.loop(), d.config().run_path("stored.sock"), &auth),
      sieve(d.loop(), d.config().run_path("sieved.sock")),
      runner(d.loop(), d.config().run_path("runner.sock")),
      bodies(std::make_shared<blob::Reader>(d.config().segment_dir())),
      search_bodies(std::make_shared<query::SegmentBodies<blob::Location, blob::Reader>>(bodies)),
      index(d.loop(), d.config().run_path("search.sock")),
      sort_keys(kSortKeyBytes),
      logins(d.counter("logins")),
      commands(d.counter("commands")) {
  read_settings();
}

void Shared::read_settings() {
  const service::Config& c = daemon.config();
  settings.max_request = c.number("imap.max_request_size");
  settings.timeout_ms = c.number("imap.timeout") * 1000;
  settings.login_timeout_ms = c.number("imap.login_timeout") * 1000;
  settings.login_failures = c.number("imap.login_failures");
  settings.per_account = c.yes("quickstart") ? UINT64_MAX : c.number("imap.connections_per_account");
  settings.commands_per_minute = c.number("imap.commands_per_minute");
  settings.message_limit = c.number("imap.message_limit");
  settings.save_limit = c.number("imap.save_limit");
  settings.progress_ms = c.number("imap.progress_interval") * 1000;
  settings.word_search = c.text("search.substring") == "words";
  settings.small_literals = c.text("imap.nonsync_literals") == "small";
  settings.id = id_answer(c.list("imap.id"));
  std::string url(c.text("http.url"));
  settings.jmap_session = url.empty() ? url : url + "/.well-known/jmap";
  settings.off.clear();
  for (const std::string& atom : c.list("imap.capabilities_off")) settings.off.push_back(base::to_upper(atom));
  settings.submit_users = c.list("imap.submit_users");
  settings.utf8_only = c.yes("imap.utf8_only");
  settings.hostname = c.hostname();
  settings.sieve_url = c.yes("imap.sieve") ? "sieve://" + settings.hostname : "";
  settings.other_users = c.text("imap.other_users_namespace");
  settings.shared = c.text("imap.shared_namespace");
  settings.spool_dir = c.var_path("spool");
}

std::shared_ptr<Account> Shared::account(std::uint64_t id) {
  std::weak_ptr<Account>& slot = accounts[id];
  if (auto a = slot.lock()) return a;
  // Entries of accounts that nobody uses any more go when new ones come.
  std::erase_if(accounts, [id](const auto& e) { return e.first != id && e.second.expired(); });
  auto a = std::make_shared<Account>(id);
  accounts[id] = a;
  return a;
}

}  // namespace postern::imapd
