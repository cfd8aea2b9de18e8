#include "cmd/jmapd/session_object.h"

#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "cmd/jmapd/http_session.h"
#include "jmap/email_sort.h"
#include "jmap/json.h"
#include "jmap/limits.h"
#include "jmap/request.h"
#include "model/ids.h"
#include "model/script.h"
#include "service/command_line.h"

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

json::array words(std::string_view text) {
  json::array out;
  for (auto word : base::split_blank(text)) out.emplace_back(word);
  return out;
}

// RFC 9661 1.2.1.
json::object sieve_account(const sieved::Described& d, const stored::Scripts& scripts) {
  json::object o;
  o["maxSizeScriptName"] = model::kMaxScriptName;
  o["maxSizeScript"] = d.max_script();
  o["maxNumberScripts"] = scripts.max_scripts();
  o["maxNumberRedirects"] = d.max_redirects();
  o["sieveExtensions"] = words(d.extensions());
  o["notificationMethods"] = d.notify().empty() ? json::value(nullptr) : json::value(words(d.notify()));
  o["externalLists"] = nullptr;
  return o;
}

bool answers_vacations(const sieved::Described& d) {
  auto names = base::split_blank(d.extensions());
  return std::ranges::find(names, "vacation") != names.end();
}

}  // namespace

std::string session_state(const Shared& shared, const client::Login& login) {
  std::string text;
  base::put_bytes(text, login.name());
  base::put_u64(text, login.account());
  base::put_u64(text, shared.max_upload);
  base::put_u64(text, shared.max_request);
  base::put_bytes(text, shared.url);
  base::put_bytes(text, shared.sieve.described().extensions());
  return base::hex(base::view(base::sha256(text)).substr(0, 8));
}

std::string session_object(const Shared& shared, const client::Login& login, const std::string& url,
                           const sieved::Described* sieve, const stored::Scripts& scripts) {
  auto id = model::format_account(login.account());
  json::object o;
  // Each object is put in when it is whole: what is in it moves when another comes.
  json::object capabilities, primary;
  capabilities[jmap::kCore] = core_capability(shared);
  capabilities[jmap::kMail].emplace_object();
  json::object account;
  account["name"] = login.name();
  account["isPersonal"] = true;
  account["isReadOnly"] = false;
  auto& own = account["accountCapabilities"].emplace_object();
  own[jmap::kCore].emplace_object();
  own[jmap::kMail] = mail_capability();
  primary[jmap::kMail] = id;
  if (sieve) {
    capabilities[jmap::kSieve].emplace_object()["implementation"] = "Postern " + std::string(service::kVersion);
    own[jmap::kSieve] = sieve_account(*sieve, scripts);
    primary[jmap::kSieve] = id;
  }
  if (sieve && answers_vacations(*sieve)) {
    capabilities[jmap::kVacation].emplace_object();
    own[jmap::kVacation].emplace_object();
    primary[jmap::kVacation] = id;
  }
  o["capabilities"] = std::move(capabilities);
  o["accounts"].emplace_object()[id] = std::move(account);
  o["primaryAccounts"] = std::move(primary);
  o["username"] = login.name();
  o["apiUrl"] = url + "/jmap/api";
  o["downloadUrl"] = url + "/jmap/download/{accountId}/{blobId}/{name}?type={type}";
  o["uploadUrl"] = url + "/jmap/upload/{accountId}/";
  o["eventSourceUrl"] = url + "/jmap/eventsource/?types={types}&closeafter={closeafter}&ping={ping}";
  o["state"] = session_state(shared, login);
  return json::serialize(o);
}

io::Task<void> session_endpoint(Exchange& x) {
  auto sieve = co_await x.shared.sieve.describe();
  stored::Request request;
  request.mutable_get_scripts();
  auto scripts = co_await x.shared.store.read(*x.login, std::move(request));
  bool known = sieve && scripts;
  auto body = session_object(x.shared, *x.login, x.base_url(), known ? &*sieve : nullptr,
                             known ? scripts->scripts() : stored::Scripts::default_instance());
  co_await x.send(200, "application/json", std::move(body));
}

}  // namespace postern::jmapd
