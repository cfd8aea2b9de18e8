// Carrying out what a script decided, but for storing the message: redirects, pipes, replies, notifications and copies of
// them (RFC 8580), marks of what was seen.
// Runs in: lmtpd at delivery, imapd and postern on mail that is stored already.  The actions come from sieved, which read
// hostile scripts: addresses are whole words there, and a program is named, never given.
// Limits: kMaxListMembers.  Tests: t/system/test_sieve.py, test_sieve_actions.py
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "client/account_store.h"
#include "client/runner_client.h"
#include "client/sieve_versions.h"
#include "client/store_host.h"
#include "io/task.h"
#include "proto/sieve.pb.h"

namespace postern::client {

inline constexpr std::size_t kMaxListMembers = 1'000;   // of a list that a message is redirected to

// Whose script it is, and what is said of it to programs and in the log.
struct SieveOwner {
  std::string account;                             // his name
  std::vector<std::string> addresses;              // his, that a redirect may not go to
  std::map<std::string, std::string> environment;  // runner.proto's
  std::string spool_dir;
  std::string id;                                  // of the message or session
};

// The flags that an action puts on a message, sorted: one that is no flag to the store must not cost the message.
std::vector<std::string> flags_of(const sieved::Destination& where);

class SieveActions {
 public:
  // The references outlive this.
  SieveActions(RunnerClient& runner, AccountStore& store, StoreHost& host, SieveOwner owner)
      : runner_(runner), store_(store), host_(host), owner_(std::move(owner)) {}

  // Sends the version to the address, or to each member of the list (RFC 6134 2.6) but the user.  `before`: trace fields
  // that show a message that comes back.  Permanent errors: SELF, INVALID, NO_MAILER, LATE; what can't be sent is to be kept.
  // Durability: one that takes several letters writes each down when it is sent, and a later try for the same message sends
  // the others only, for a week; so does one that is `remembered`, for callers who do more that may fail.  A crash in
  // between may send one letter twice, and never loses one.
  io::Task<base::Result<>> redirect(const sieved::Redirect& r, const SieveVersions& versions, std::uint32_t version,
                                    std::string before, bool remembered = false);
  io::Task<base::Result<>> pipe(const sieved::Pipe& p, const SieveVersions& versions, std::uint32_t version,
                                std::string before);
  io::Task<base::Result<>> send(const sieved::Outgoing& mail);
  // By mail, or by the command notify:SCHEME, which gets the text as its input and URI, importance, sender and options as
  // arguments.
  io::Task<base::Result<>> notify(const sieved::Notify& n);
  // False: this sender has had an answer lately.  The mark first: a crash may cost an answer, and never sends two.
  io::Task<base::Result<bool>> vacation(const sieved::Vacation& v);
  // What `duplicate` is to know from now on.
  io::Task<base::Result<>> set_marks(const google::protobuf::RepeatedPtrField<sieved::Outcome::Mark>& marks);
  bool own_address(std::string_view address) const;
  void note(const char* event, std::string_view what) const;

 private:
  io::Task<base::Result<std::vector<std::string>>> targets(const sieved::Redirect& r);
  io::Task<base::Result<std::vector<bool>>> sent_earlier(std::vector<std::string> marks);
  io::Task<base::Result<>> remember(std::string id);
  io::Task<base::Result<>> run_hook(const sieved::Notify& n);
  io::Task<base::Result<>> start(RunRequest request, std::string what);
  io::Task<void> keep_copy(const sieved::Destination& where, const std::string& text);

  RunnerClient& runner_;
  AccountStore& store_;
  StoreHost& host_;
  SieveOwner owner_;
};

}  // namespace postern::client
