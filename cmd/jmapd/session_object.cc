#include "cmd/jmapd/session_object.h"

#include "base/codec.h"
#include "cmd/jmapd/http_session.h"
#include "jmap/email_sort.h"
#include "jmap/json.h"
#include "jmap/limits.h"
#include "jmap/request.h"
#include "model/ids.h"

namespace postern::jmapd {
namespace {

namespace json = jmap::json;

json::object core_capability(const Shared& shared) {
  json::object o;
  o["maxSizeUpload"] = shared.max_upload;
  o["maxConcurrentUpload"] = jmap::kMaxConcurrentUpload;
  o["maxSizeRequest"] = shared.max_request;
  o["maxConcurrentRequests"] = jmap::kMaxConcurrentRequests;
  o["maxCallsInRequest"] = jmap::kMaxCallsInRequest;
  o["maxObjectsInGet"] = jmap::kMaxObjectsInGet;
  o["maxObjectsInSet"] = jmap::kMaxObjectsInSet;
  o["collationAlgorithms"] = json::array({"i;ascii-casemap", "i;ascii-numeric", "i;octet", "i;unicode-casemap"});
  return o;
}

json::object mail_capability() {
  json::object o;
  o["maxMailboxesPerEmail"] = jmap::kMaxMailboxesPerEmail;
  o["maxMailboxDepth"] = jmap::kMaxMailboxDepth;
  o["maxSizeMailboxName"] = jmap::kMaxMailboxName;
  o["maxSizeAttachmentsPerEmail"] = jmap::kMaxAttachments;
  json::array sorts;
  for (auto s : jmap::kEmailSorts) sorts.emplace_back(s);
  o["emailQuerySortOptions"] = std::move(sorts);
  o["mayCreateTopLevelMailbox"] = true;
  return o;
}

}  // namespace

std::string session_state(const Shared& shared, const client::Login& login) {
  std::string text;
  base::put_bytes(text, login.name());
  base::put_u64(text, login.account());
  base::put_u64(text, shared.max_upload);
  base::put_u64(text, shared.max_request);
  base::put_bytes(text, shared.url);
  return base::hex(base::view(base::sha256(text)).substr(0, 8));
}

std::string session_object(const Shared& shared, const client::Login& login, const std::string& url) {
  auto id = model::format_account(login.account());
  json::object o;
  auto& capabilities = o["capabilities"].emplace_object();
  capabilities[jmap::kCore] = core_capability(shared);
  capabilities[jmap::kMail].emplace_object();
  json::object account;
  account["name"] = login.name();
  account["isPersonal"] = true;
  account["isReadOnly"] = false;
  auto& own = account["accountCapabilities"].emplace_object();
  own[jmap::kCore].emplace_object();
  own[jmap::kMail] = mail_capability();
  o["accounts"].emplace_object()[id] = std::move(account);
  o["primaryAccounts"].emplace_object()[jmap::kMail] = id;
  o["username"] = login.name();
  o["apiUrl"] = url + "/jmap/api";
  o["downloadUrl"] = url + "/jmap/download/{accountId}/{blobId}/{name}?type={type}";
  o["uploadUrl"] = url + "/jmap/upload/{accountId}/";
  o["eventSourceUrl"] = url + "/jmap/eventsource/?types={types}&closeafter={closeafter}&ping={ping}";
  o["state"] = session_state(shared, login);
  return json::serialize(o);
}

io::Task<void> session_endpoint(Exchange& x) {
  auto body = session_object(x.shared, *x.login, x.base_url());
  co_await x.send(200, "application/json", std::move(body));
}

}  // namespace postern::jmapd
