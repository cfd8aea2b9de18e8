#include "cmd/lmtpd/stack.h"

#include "base/file.h"
#include "model/script.h"

namespace postern::lmtpd {

using base::Result;

namespace {

constexpr std::size_t kMaxKept = 16u << 20;   // bytes of users' scripts

Result<client::SieveScript> script_in(const std::string& path) {
  auto text = base::read_file(path, model::kMaxScriptBytes);
  if (!text) return pass(text);
  return client::make_script(path, std::move(*text), true);
}

Result<> scripts_in(const service::Config& c, const char* option, std::vector<client::SieveScript>& out) {
  for (const std::string& path : c.list(option)) {
    auto script = script_in(c.conf_path(path));
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

client::SieveScript Stack::keep(std::uint64_t account, const records::Script& s, std::string text) {
  if (auto it = kept_.find(account); it != kept_.end()) {
    recent_.erase(it->second.place);
    bytes_ -= it->second.script.text->size();
    kept_.erase(it);
  }
  recent_.push_front(account);
  client::SieveScript script{s.name(), s.sha256(), std::make_shared<const std::string>(std::move(text)), false};
  bytes_ += script.text->size();
  kept_[account] = {script, recent_.begin()};
  while (kept_.size() > 1 && bytes_ > kMaxKept) {
    auto last = kept_.find(recent_.back());
    bytes_ -= last->second.script.text->size();
    kept_.erase(last);
    recent_.pop_back();
  }
  return script;
}

io::Task<Result<Scripts>> Stack::of(client::AccountStore& store) {
  std::uint64_t account = store.account();
  stored::Request r;
  auto& get = *r.mutable_get_scripts();
  get.set_active(true);
  get.set_text(true);
  // The text that is asked for is kept here, whatever another delivery does to the table meanwhile.
  std::optional<client::SieveScript> known;
  if (auto it = kept_.find(account); it != kept_.end()) known = it->second.script;
  if (known) get.set_have_sha256(known->sha256);
  auto reply = co_await store.read(std::move(r));
  if (!reply) co_return base::pass(reply);
  auto& got = *reply->mutable_scripts();
  Scripts out;
  out.stack = before_;
  if (got.scripts_size()) {
    const auto& active = got.scripts(0);
    bool same = known && known->sha256 == active.sha256();
    client::SieveScript script = same ? *known : keep(account, active, std::move(*got.mutable_text()));
    script.name = active.name();
    out.stack.push_back(std::move(script));
  } else if (default_) {
    out.stack.push_back(*default_);
  }
  out.stack.insert(out.stack.end(), after_.begin(), after_.end());
  if (got.vacation().enabled()) out.vacation = std::move(*got.mutable_vacation());
  co_return out;
}

}  // namespace postern::lmtpd
