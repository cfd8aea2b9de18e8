// Who a recipient address means, asked of authd and remembered while the answer's tickets last or until the directory
// changes: a delivery must not pay for a signature.
// Runs in: lmtpd.  Limits: kMaxRemembered addresses.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "client/auth_client.h"
#include "io/task.h"
#include "proto/authd.pb.h"

namespace postern::lmtpd {

using Recipient = std::shared_ptr<const authd::Resolved::One>;

class Recipients {
 public:
  explicit Recipients(client::AuthClient& auth);
  // The answer may hold an error of its own (unknown user).  An error here means that authd could not be asked.
  io::Task<base::Result<Recipient>> resolve(std::string address);
  // After stored has refused a ticket.
  void forget(const std::string& address) { known_.erase(address); }

 private:
  struct Known {
    Recipient answer;
    std::int64_t until = 0;
  };
  client::AuthClient& auth_;
  std::unordered_map<std::string, Known> known_;
  std::uint64_t directory_ = 0;  // rises with each change: an answer asked for before one is not kept
};

}  // namespace postern::lmtpd
