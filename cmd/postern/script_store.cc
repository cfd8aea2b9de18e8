#include "cmd/postern/script_store.h"

#include "base/text.h"

namespace postern::cli {

using base::fail;
using base::Fault;
using base::Result;

Result<ScriptStore> ScriptStore::open(Context& c) {
  auto name = c.value("--account");
  if (!name) return fail(Fault::permanent, "which account? give --account NAME@DOMAIN", "USAGE");
  auto ticket = c.account_ticket(*name);
  if (!ticket) return pass(ticket);
  return ScriptStore(c, std::move(*ticket));
}

Result<stored::Reply> ScriptStore::call(stored::Request r, bool write) {
  r.set_ticket(ticket_.ticket);
  r.set_account(ticket_.account);
  if (write) {
    r.set_client(c_->client());
    r.set_sequence(c_->next_sequence());
  }
  return c_->stored(std::move(r));
}

Result<stored::Scripts> ScriptStore::list() {
  stored::Request r;
  r.mutable_get_scripts();
  auto reply = call(std::move(r), false);
  if (!reply) return pass(reply);
  return std::move(*reply->mutable_scripts());
}

Result<stored::Scripts> ScriptStore::script(const std::string& name) {
  stored::Request r;
  r.mutable_get_scripts()->set_name(name);
  r.mutable_get_scripts()->set_text(true);
  auto reply = name.empty() ? Result<stored::Reply>(stored::Reply()) : call(std::move(r), false);
  if (!reply) return pass(reply);
  if (reply->scripts().scripts().empty())
    return fail(Fault::permanent, ticket_.name + " has no script \"" + base::printable(name) + "\"; sieve list shows them", "NOT_FOUND");
  return std::move(*reply->mutable_scripts());
}

Result<std::pair<std::string, std::string>> ScriptStore::active() {
  stored::Request r;
  r.mutable_get_scripts()->set_active(true);
  r.mutable_get_scripts()->set_text(true);
  auto reply = call(std::move(r), false);
  if (!reply) return pass(reply);
  auto& got = *reply->mutable_scripts();
  if (got.scripts().empty()) return std::pair<std::string, std::string>();
  return std::pair(std::move(*got.mutable_scripts(0)->mutable_name()), std::move(*got.mutable_text()));
}

}  // namespace postern::cli
