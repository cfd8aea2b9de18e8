#include "cmd/managesieved/scripts.h"

#include <algorithm>

#include "model/script.h"

namespace postern::managesieved {

io::Task<base::Result<stored::Scripts>> list(Session& s) {
  stored::Request r;
  r.mutable_get_scripts();
  auto reply = co_await s.shared.store.read(*s.login, std::move(r));
  if (!reply) co_return base::pass(reply);
  co_return std::move(*reply->mutable_scripts());
}

namespace {

std::unexpected<base::Error> no_script() {
  return base::fail(base::Fault::permanent, "there is no script of this name", "NOT_FOUND");
}

}  // namespace

io::Task<base::Result<stored::Scripts>> fetch(Session& s, std::string name) {
  if (!model::valid_script_name(name)) co_return no_script();
  stored::Request r;
  r.mutable_get_scripts()->set_name(std::move(name));
  r.mutable_get_scripts()->set_text(true);
  auto reply = co_await s.shared.store.read(*s.login, std::move(r));
  if (!reply) co_return base::pass(reply);
  if (reply->scripts().scripts().empty()) co_return no_script();
  co_return std::move(*reply->mutable_scripts());
}

io::Task<base::Result<std::uint32_t>> find(Session& s, std::string name) {
  if (!model::valid_script_name(name)) co_return no_script();
  stored::Request r;
  r.mutable_get_scripts()->set_name(std::move(name));
  auto reply = co_await s.shared.store.read(*s.login, std::move(r));
  if (!reply) co_return base::pass(reply);
  if (reply->scripts().scripts().empty()) co_return no_script();
  co_return reply->scripts().scripts(0).id();
}

std::optional<NoRoom> no_room(const stored::Scripts& all, const std::string& name, std::uint64_t size) {
  auto old = std::ranges::find(all.scripts(), name, [](const auto& s) { return s.name(); });
  bool is_new = old == all.scripts().end();
  std::uint64_t others = all.used_bytes() - (is_new ? 0 : old->size());
  if (size > model::kMaxScriptBytes)
    return NoRoom{"QUOTA/MAXSIZE", "a script may have " + std::to_string(model::kMaxScriptBytes) + " bytes"};
  if (is_new && static_cast<std::uint32_t>(all.scripts_size()) >= all.max_scripts())
    return NoRoom{"QUOTA/MAXSCRIPTS", "there may be " + std::to_string(all.max_scripts()) + " scripts"};
  if (others + size > all.max_bytes())
    return NoRoom{"QUOTA/MAXSIZE", "all scripts may have " + std::to_string(all.max_bytes()) + " bytes together"};
  return std::nullopt;
}

std::string lines(const google::protobuf::RepeatedPtrField<std::string>& all) {
  std::string out;
  for (const auto& line : all) out += (out.empty() ? "" : "\r\n") + line;
  return out;
}

}  // namespace postern::managesieved
