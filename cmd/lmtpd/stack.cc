#include "cmd/lmtpd/stack.h"

namespace postern::lmtpd {

using base::Result;

namespace {

Result<> scripts_in(const service::Config& c, const char* option, std::vector<client::SieveScript>& out) {
  for (const std::string& path : c.list(option)) {
    auto script = client::read_script(c.conf_path(path));
    if (!script) return base::fail(script.error().fault, std::string(option) + ": " + script.error().what);
    out.push_back(std::move(*script));
  }
  return {};
}

}  // namespace

Result<> Stack::read(const service::Config& c) {
  std::vector<client::SieveScript> before, after, fallback;
  if (auto ok = scripts_in(c, "sieve.before", before); !ok) return ok;
  if (auto ok = scripts_in(c, "sieve.after", after); !ok) return ok;
  if (auto ok = scripts_in(c, "sieve.default", fallback); !ok) return ok;
  before_ = std::move(before);
  after_ = std::move(after);
  default_ = fallback.empty() ? std::nullopt : std::optional(std::move(fallback[0]));
  return {};
}

Scripts Stack::with(const client::AccountScripts& own) const {
  Scripts out;
  out.stack = before_;
  if (own.active)
    out.stack.push_back(*own.active);
  else if (default_)
    out.stack.push_back(*default_);
  out.stack.insert(out.stack.end(), after_.begin(), after_.end());
  out.vacation = own.vacation;
  out.state = own.state;
  return out;
}

io::Task<Result<Scripts>> Stack::of(client::AccountStore& store) {
  auto known = kept_.find(store.account());
  if (!known) co_return co_await ask(store);
  Scripts out = with(*known);
  out.is_kept = true;
  co_return out;
}

io::Task<Result<Scripts>> Stack::ask(client::AccountStore& store) {
  stored::Request r;
  auto& get = *r.mutable_get_scripts();
  get.set_active(true);
  get.set_text(true);
  // A text that is here already does not come again.
  auto known = kept_.find(store.account());
  if (known && known->active) get.set_have_sha256(known->active->sha256);
  auto reply = co_await store.read(std::move(r));
  if (!reply) co_return base::pass(reply);
  auto& got = *reply->mutable_scripts();
  auto own = std::make_shared<client::AccountScripts>();
  if (got.scripts_size()) {
    auto& active = *got.mutable_scripts(0);
    bool same = known && known->active && known->active->sha256 == active.sha256();
    own->active = {std::move(*active.mutable_name()), std::move(*active.mutable_sha256()),
                   same ? known->active->text : std::make_shared<const std::string>(std::move(*got.mutable_text())), false};
  }
  if (got.vacation().enabled()) own->vacation = std::move(*got.mutable_vacation());
  own->state.set_epoch(got.epoch());
  own->state.set_script_modseq(got.script_modseq());
  own->state.set_vacation_modseq(got.vacation_modseq());
  kept_.put(store.account(), own);
  co_return with(*own);
}

}  // namespace postern::lmtpd
