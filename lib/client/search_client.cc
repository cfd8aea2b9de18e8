#include "client/search_client.h"

#include <algorithm>
#include <utility>

#include "base/codec.h"
#include "base/system.h"
#include "ipc/typed.h"

namespace postern::client {

using base::fail;
using base::Fault;
using base::Result;

std::string pack_ids(const std::vector<std::uint64_t>& ids) {
  std::string out;
  std::uint64_t last = 0;
  for (std::uint64_t id : ids) base::put_varint(out, id - std::exchange(last, id));
  return out;
}

Result<std::vector<std::uint64_t>> unpack_ids(std::string_view bytes) {
  std::vector<std::uint64_t> out;
  out.reserve(bytes.size());
  base::Reader in(bytes);
  std::uint64_t last = 0;
  while (in.ok() && !in.at_end()) {
    std::uint64_t step = in.varint();
    if (step == 0 || step > UINT64_MAX - last) return fail(Fault::corrupt, "a list of ids is malformed", "MALFORMED");
    out.push_back(last += step);
  }
  if (!in.ok()) return fail(Fault::corrupt, "a list of ids is malformed", "MALFORMED");
  return out;
}

SearchClient::SearchClient(io::Loop& loop, std::string path) : channel_(loop, std::move(path), "searchd/1") {}

io::Task<Result<search::Answer>> SearchClient::ask(Login& login, search::Ask ask) {
  bool first = !std::exchange(begun_, true);
  if ((!first && !channel_.connected()) || base::monotonic_ms() < not_before_)
    co_return fail(Fault::temporary, "searchd is away", "UNAVAILABLE");
  auto ticket = co_await login.ticket();
  if (!ticket) co_return base::pass(ticket);
  ask.set_ticket(std::move(*ticket));
  ask.set_account(login.account());
  search::Request request;
  *request.mutable_ask() = std::move(ask);
  std::uint64_t patience = first ? kIndexConnectMs : kIndexDeadlineMs;
  auto reply = co_await ipc::call_typed<search::Reply>(channel_, request, {}, patience);
  if (!reply && channel_.connected()) not_before_ = base::monotonic_ms() + kSulkMs;
  if (!reply) co_return base::pass(reply);
  if (reply->message.has_error()) {
    const auto& e = reply->message.error();
    co_return fail(e.temporary() ? Fault::temporary : Fault::permanent, e.what(), e.code());
  }
  co_return std::move(*reply->message.mutable_answer());
}

}  // namespace postern::client
