#include "cmd/jmapd/context.h"

#include <unordered_set>

namespace postern::jmapd {

Context::Context(Shared& s, std::shared_ptr<client::Login> l, jmap::Request& r, json::storage_ptr storage)
    : shared(s),
      login(std::move(l)),
      request(r),
      sp(std::move(storage)),
      account_id_(model::format_account(login->account())) {}

Method<void> Context::check_account(Args& args) const {
  auto id = args.required_string("accountId");
  if (id == account_id_) return {};
  if (!args.wrong().empty()) return jmap::invalid_arguments("'accountId' must be a string");
  return jmap::method_error("accountNotFound");
}

io::Task<Method<stored::Reply>> Context::read(stored::Request request) {
  auto reply = co_await shared.store.read(*login, std::move(request));
  if (reply) co_return std::move(*reply);
  if (reply.error().code == "TICKET") shared.logins.forget(login);
  co_return std::unexpected(jmap::from_store(reply.error()));
}

io::Task<Method<stored::Reply>> Context::write(stored::Request request, std::vector<base::Fd> fds) {
  wrote();
  auto reply = co_await shared.store.write(*login, std::move(request), std::move(fds));
  wrote();
  if (reply) co_return std::move(*reply);
  if (reply.error().code == "TICKET") shared.logins.forget(login);
  co_return std::unexpected(jmap::from_store(reply.error()));
}

io::Task<Method<stored::AccountInfo>> Context::info() {
  if (info_) co_return *info_;
  stored::Request request;
  request.mutable_get_account();
  auto reply = co_await read(std::move(request));
  if (!reply) co_return jmap::pass(reply);
  info_ = std::move(*reply->mutable_account());
  co_return *info_;
}

std::optional<std::uint64_t> Context::number(model::IdKind kind, std::string_view id) const {
  auto real = request.created_ids.resolve(id);
  if (!real) return std::nullopt;
  auto parsed = model::parse_id(kind, *real);
  if (!parsed || parsed->account != account()) return std::nullopt;
  return parsed->number;
}

jmap::MailboxNumber Context::mailbox_number() const {
  return [this](std::string_view id) -> std::optional<std::uint32_t> {
    auto n = number(model::IdKind::mailbox, id);
    if (!n || *n == 0 || *n > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*n);
  };
}

std::string state_text(std::uint64_t epoch, std::uint64_t modseq, std::uint32_t offset) {
  return model::format_state({epoch, modseq, offset});
}

Method<Ids> read_ids(Context& c, Args& args, model::IdKind kind) {
  Ids out;
  auto list = args.strings("ids");
  if (!list) {
    out.all = true;
    return out;
  }
  if (list->size() > jmap::kMaxObjectsInGet)
    return jmap::method_error("requestTooLarge", "more than maxObjectsInGet ids");
  std::unordered_set<std::string_view> seen;
  for (auto id : *list) {
    if (!seen.insert(id).second) continue;
    if (auto n = c.number(kind, id)) {
      out.numbers.push_back(*n);
      out.names.emplace_back(id);
    } else {
      out.bad.emplace_back(id);
    }
  }
  return out;
}

}  // namespace postern::jmapd
