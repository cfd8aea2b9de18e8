// Email/copy and Blob/copy: between accounts, of which a login has one so far, so that only the errors
// remain. RFC 8620 5.4, 6.3; RFC 8621 4.7.
#include "cmd/jmapd/methods.h"

namespace postern::jmapd {
namespace {

Method<void> check_from(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) return r;
  auto from = args.required_string("fromAccountId");
  if (!args.wrong().empty()) return jmap::invalid_arguments("'fromAccountId' must be a string");
  if (from != c.account_id()) return jmap::method_error("fromAccountNotFound");
  return jmap::invalid_arguments("'fromAccountId' and 'accountId' must differ");
}

}  // namespace

io::Task<Method<json::object>> email_copy(Context& c, Args& args) {
  auto r = check_from(c, args);
  co_return jmap::pass(r);
}

io::Task<Method<json::object>> blob_copy(Context& c, Args& args) {
  auto r = check_from(c, args);
  co_return jmap::pass(r);
}

}  // namespace postern::jmapd
