// The way to searchd: which emails of an account, or of a mailbox that is shared with the user, can match the text conditions
// of a search.
// Runs in: imapd, jmapd.  One a process.  An answer is a hint that saves work; without one the caller looks at the mail.
// Never waits long for a searchd that is away: after a failure it is not asked for kSulkMs.
// Tests: t/system/test_search.py
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/auth_client.h"
#include "io/loop.h"
#include "io/task.h"
#include "ipc/channel.h"
#include "proto/search.pb.h"

namespace postern::client {

inline constexpr std::size_t kMaxQuestions = 64;        // of one Ask
inline constexpr std::uint64_t kIndexDeadlineMs = 5'000;
inline constexpr std::uint64_t kIndexConnectMs = 500;   // for the first question of a process
inline constexpr std::uint64_t kSulkMs = 5'000;

// Ids as search.proto packs them.  REQUIRES: ascending.
std::string pack_ids(const std::vector<std::uint64_t>& ids);
// Fault::corrupt when that is not what `bytes` are.
base::Result<std::vector<std::uint64_t>> unpack_ids(std::string_view bytes);

class SearchClient {
 public:
  SearchClient(io::Loop& loop, std::string socket_path);
  // Everything but ticket and account is set.  Any error: do without.
  io::Task<base::Result<search::Answer>> ask(Login& login, search::Ask ask);

 private:
  ipc::Channel channel_;
  bool begun_ = false;
  std::uint64_t not_before_ = 0;  // monotonic ms
};

}  // namespace postern::client
