// From a request to its answer: who may ask, what answers, and nothing said before it is durable.
#include <unistd.h>

#include <algorithm>
#include <array>

#include "auth/secret.h"
#include "base/log.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"

namespace postern::authd {
namespace {

using base::Level;

enum class Listener { login, deliver, index, admin };

struct Verb {
  Request::VerbCase verb;
  Listener listener;  // besides admin, which may ask everything
  Handler run;
};

constexpr std::array kVerbs = {
    Verb{Request::kLogin, Listener::login, on_login},
    Verb{Request::kSaslStart, Listener::login, on_sasl_start},
    Verb{Request::kSaslStep, Listener::login, on_sasl_step},
    Verb{Request::kRenew, Listener::login, on_renew},
    Verb{Request::kMechanisms, Listener::login, on_mechanisms},
    Verb{Request::kLookUp, Listener::login, on_look_up},
    Verb{Request::kSetQuota, Listener::login, on_set_quota},
    Verb{Request::kResolve, Listener::deliver, on_resolve},
    Verb{Request::kIndexTicket, Listener::index, on_index_ticket},
    Verb{Request::kAdminTicket, Listener::admin, on_admin_ticket},
    Verb{Request::kUserTicket, Listener::admin, on_user_ticket},
    Verb{Request::kPutDomain, Listener::admin, on_put_domain},
    Verb{Request::kPutAccount, Listener::admin, on_put_account},
    Verb{Request::kPutAlias, Listener::admin, on_put_alias},
    Verb{Request::kPutGroup, Listener::admin, on_put_group},
    Verb{Request::kPutList, Listener::admin, on_put_list},
    Verb{Request::kDelete, Listener::admin, on_delete},
    Verb{Request::kUndelete, Listener::admin, on_undelete},
    Verb{Request::kList, Listener::admin, on_list},
    Verb{Request::kShow, Listener::admin, on_show},
    Verb{Request::kSetPassword, Listener::admin, on_set_password},
    Verb{Request::kGetStats, Listener::admin, on_stats},
    Verb{Request::kDumpDirectory, Listener::admin, on_dump_directory},
    Verb{Request::kLoadEntry, Listener::admin, on_load_entry},
};

bool may_ask(std::string_view listener, Listener needed) {
  if (listener == "authd-admin") return true;
  switch (needed) {
    case Listener::login: return listener == "authd";
    case Listener::deliver: return listener == "authd-deliver";
    case Listener::index: return listener == "authd-index";
    default: return false;
  }
}

// The database refused to go on: the next start recovers, and what was not acknowledged may be lost.
[[noreturn]] void give_up(const base::Error& e) {
  base::log(Level::error, "directory_panic", {{"error", e.what}});
  _exit(70);
}

// Everything that the answer may depend on is made durable, together with what others have changed meanwhile.
io::Task<base::Result<>> make_durable(Authd& a) {
  // The directory learns of a line's end only when the line is on the disk.
  if (!a.audit_log->synced()) {
    audit::Head end = a.audit_log->head();
    auto written = co_await a.loop.blocking([log = a.audit_log] { return log->sync(); });
    if (written && end.number > a.audit_remembered) {
      a.audit_remembered = end.number;
      written = a.directory->set_audit_head(audit::encode(end));
    }
    if (!written) co_return written;
  }
  if (a.directory->synced()) co_return base::Result<>();
  auto done = co_await a.loop.blocking([dir = a.directory] { return dir->sync(); });
  if (!done && done.error().code == "PANIC") give_up(done.error());
  co_return done;
}

// Who remembers recipients forgets them: an empty hint, sent before the change is answered, so that whoever hears of a
// new or deleted account finds lmtpd knowing of it.
void tell_deliverers(Authd& a) {
  if (a.changes_told == a.counters.changes) return;
  a.changes_told = a.counters.changes;
  for (ipc::Peer& peer : a.server->peers())
    if (peer.info().listener == "authd-deliver") peer.hint({});
}

}  // namespace

io::Task<void> serve(Authd& a, ipc::Call call) {
  Request request;
  bool sound = request.ParseFromString(call.payload);
  auth::wipe(call.payload);
  auto it = std::find_if(kVerbs.begin(), kVerbs.end(),
                         [&](const Verb& v) { return v.verb == request.verb_case(); });
  if (!sound || it == kVerbs.end() || !call.fds.empty()) {
    base::log(Level::warning, "malformed_request",
              {{"pid", call.info().pid}, {"listener", call.info().listener}});
    call.peer().close();
    co_return;
  }
  Reply reply;
  if (!may_ask(call.info().listener, it->listener)) {
    base::log(Level::warning, "denied",
              {{"pid", call.info().pid},
               {"listener", call.info().listener},
               {"verb", static_cast<int>(request.verb_case())}});
    reply = error_reply("DENIED", "not on this socket");
  } else {
    auto running = it->run(a, request, call);
    reply = co_await std::move(running);
  }
  auto syncing = make_durable(a);
  if (auto done = co_await std::move(syncing); !done) reply = error_reply(done.error());
  tell_deliverers(a);
  std::string payload = reply.SerializeAsString();
  if (payload.size() > ipc::kMaxPayload)
    payload = error_reply("LIMIT", "the answer is too large").SerializeAsString();
  call.reply(std::move(payload));
}

}  // namespace postern::authd
