// What authd keeps while it runs, and the helpers that its request handlers share.  Loop thread only; what
// blocks (hashes, fsync) runs on workers, which get the directory by shared_ptr and copies of everything
// else.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "audit/log.h"
#include "auth/cache.h"
#include "auth/directory.h"
#include "auth/throttle.h"
#include "auth/ticket.h"
#include "cmd/authd/exchanges.h"
#include "io/sync.h"
#include "ipc/channel.h"
#include "ipc/server.h"
#include "proto/authd.pb.h"
#include "service/daemon.h"

namespace postern::authd {

enum class ClearText { never, loopback, always };

struct Authd {
  Authd(service::Daemon& d, std::unique_ptr<auth::Directory> dir, auth::Signer s,
        std::unique_ptr<auth::Verifier> v, std::unique_ptr<audit::Log> log, std::string scram_pepper);

  service::Daemon& daemon;
  io::Loop& loop;
  std::shared_ptr<auth::Directory> directory;
  auth::Signer signer;
  std::unique_ptr<auth::Verifier> verifier;
  std::shared_ptr<audit::Log> audit_log;
  std::uint64_t audit_remembered = 0;   // the line that the directory knows as the last
  std::string pepper;  // of the salts of users that do not exist; the same after a restart
  auth::PasswordCache cache;
  auth::Throttle throttle;
  io::Semaphore hashing, admin_hashing;
  std::size_t hash_waiting = 0;
  std::unordered_map<std::uint32_t, std::size_t> sleeping;  // slowed logins by peer
  Exchanges exchanges;
  io::Notifier outbox_changed;
  ClearText clear_text = ClearText::never;
  auth::Keeping keeping;
  std::int64_t keep_deleted = 0;
  std::unique_ptr<ipc::Channel> stored;
  std::uint64_t stored_client = 0, stored_sequence = 0;
  io::TaskGroup tasks;
  std::unique_ptr<ipc::Server> server;  // last: its handlers use everything above

  struct Counters {
    std::uint64_t &logins, &failures, &refused, &cached, &hashes, &tickets, &renewals, &resolved, &changes,
        &outbox;
  } counters;
  std::uint64_t changes_told = 0;  // of counters.changes: what lmtpd has heard of

  // At start and at reload.
  base::Result<> configure();
  bool clear_text_allowed(bool secure, bool loopback) const;
  // What a change of the directory means for what is remembered.
  void changed(const auth::Outcome& outcome);
};

// One line of the audit log, with who asked.  To be called once the action has succeeded; it is durable before the
// answer leaves.  On failure the action must not be acknowledged.
base::Result<> note(Authd& a, const ipc::Call& call, std::string_view action, audit::Fields fields);

// --- answers
Reply error_reply(std::string_view code, std::string_view what, bool temporary = false);
Reply error_reply(const base::Error& e);
// The one answer to every failed login, whatever the reason.
Reply login_failed();

// --- tickets.cc
struct TicketFor {
  auth::TicketKind kind = auth::TicketKind::user;
  std::string_view service, session;
};
base::Result<std::string> sign_ticket(Authd& a, const auth::Account& account,
                                      const std::vector<auth::Id>& groups, const TicketFor& what,
                                      std::int64_t now);
Reply grant(Authd& a, const auth::Account& account, const std::vector<auth::Id>& groups,
            std::string_view service, std::string_view session);

// The account behind a user's ticket, if it could still log in.  EXPIRED, DENIED.
base::Result<auth::Account> account_of_ticket(Authd& a, std::string_view ticket);

// --- login.cc
// What a login is made from, wherever its password came from.
struct Attempt {
  Origin origin;
  std::string name, authzid;
  std::uint32_t peer = 0;
};
std::string throttle_name(const Authd& a, std::string_view name);
// False: the attempt is refused without a look.  Waits as long as the throttle says.
io::Task<bool> admitted(Authd& a, const Attempt& t, std::string key);
io::Task<Reply> check_password(Authd& a, Attempt t, auth::Secret password);
io::Task<Reply> check_apop(Authd& a, SaslStart& start, std::uint32_t peer);
void log_failure(const Attempt& t, std::string_view mechanism, std::string_view why);
// Finds out whether the authenticated account may act as `authzid`.
bool may_act_as(const Authd& a, const auth::Account& account, std::string_view authzid);

// --- authd.cc
// Opens the sockets and begins what runs in the background.
void begin(Authd& a);

// --- outbox.cc
io::Task<void> run_outbox(Authd& a);

// --- dispatch.cc
io::Task<void> serve(Authd& a, ipc::Call call);

// --- directory.cc
void fill(Entry& out, auth::Entry e);

// Handlers of requests, one a verb; the table in dispatch.cc says who may call them.
using Handler = io::Task<Reply> (*)(Authd& a, Request& request, ipc::Call& call);
io::Task<Reply> on_login(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_sasl_start(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_sasl_step(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_renew(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_mechanisms(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_look_up(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_set_quota(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_resolve(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_index_ticket(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_admin_ticket(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_user_ticket(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_put_domain(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_put_account(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_put_alias(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_put_group(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_put_list(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_delete(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_undelete(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_list(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_show(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_set_password(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_stats(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_dump_directory(Authd&, Request&, ipc::Call&);
io::Task<Reply> on_load_entry(Authd&, Request&, ipc::Call&);

}  // namespace postern::authd
