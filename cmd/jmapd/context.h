// What a method of one API request works with.  Lives in the request's frame; methods run one after the
// other.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/jmapd/shared.h"
#include "jmap/args.h"
#include "jmap/email_patch.h"
#include "jmap/limits.h"
#include "jmap/request.h"
#include "model/ids.h"

namespace postern::jmapd {

namespace json = jmap::json;
using jmap::Args;
using jmap::Method;

class Context {
 public:
  Context(Shared& s, std::shared_ptr<client::Login> l, jmap::Request& r, json::storage_ptr sp);

  Shared& shared;
  std::shared_ptr<client::Login> login;
  jmap::Request& request;
  json::storage_ptr sp;
  std::size_t budget = jmap::kMaxResponse;  // bytes of mail that answers may still quote

  std::uint64_t account() const { return login->account(); }
  const std::string& account_id() const { return account_id_; }
  // Reads `accountId`: accountNotFound unless it is the login's.
  Method<void> check_account(Args& args) const;

  // Calls of stored, with errors as a method's.
  io::Task<Method<stored::Reply>> read(stored::Request request);
  io::Task<Method<stored::Reply>> write(stored::Request request, std::vector<base::Fd> fds = {});
  // The account's numbers, asked for once a request and again after each write of it.
  io::Task<Method<stored::AccountInfo>> info();
  void wrote() { info_.reset(); }

  // Ids as clients write them, "#creation-id" too, to numbers of this account.
  std::optional<std::uint64_t> number(model::IdKind kind, std::string_view id) const;
  jmap::MailboxNumber mailbox_number() const;
  std::string email_id(std::uint64_t n) const { return model::format_id(model::IdKind::email, account(), n); }
  std::string mailbox_id(std::uint64_t n) const {
    return model::format_id(model::IdKind::mailbox, account(), n);
  }
  std::string thread_id(std::uint64_t n) const {
    return model::format_id(model::IdKind::thread, account(), n);
  }

  json::object object() const { return json::object(sp); }
  json::array array() const { return json::array(sp); }

 private:
  std::string account_id_;
  std::optional<stored::AccountInfo> info_;
};

std::string state_text(std::uint64_t epoch, std::uint64_t modseq, std::uint32_t offset = 0);

// The `ids` of a /get: each once, in order.  `bad` holds those that can't be ids of this kind, or do not
// resolve.
struct Ids {
  bool all = false;  // null was given
  std::vector<std::uint64_t> numbers;
  std::vector<std::string> names;  // as the client wrote them, by place in `numbers`
  std::vector<std::string> bad;
};
Method<Ids> read_ids(Context& c, Args& args, model::IdKind kind);

// A handler reads its arguments, calls args.finish(), and gives the arguments of its answer.
using Handler = io::Task<Method<json::object>> (*)(Context&, Args&);
struct MethodEntry {
  std::string_view name, capability;
  Handler run;
};
const MethodEntry* find_method(std::string_view name);

// `co_return` helpers.
inline json::value string_array(const std::vector<std::string>& list, const json::storage_ptr& sp) {
  json::array a(sp);
  a.reserve(list.size());
  for (const auto& s : list) a.emplace_back(s);
  return a;
}

}  // namespace postern::jmapd
