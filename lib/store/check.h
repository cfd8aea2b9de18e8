// The parts of CheckAccount: one account against itself, the store's own rows and the index of bodies against the
// segments, and bodies that nobody names.  Each is a series of slices on the store thread; what takes long is handed to
// a worker (Call::offload).  Private to lib/store.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "blob/blob_store.h"
#include "store/marks.h"
#include "store/judge.h"
#include "store/verb_util.h"

namespace postern::store {

// Sets damaged rows aside in a folder of files ACCOUNT-KEY.row, each durable before the row is touched.
class Aside {
 public:
  // `name` is one folder's name below Options::aside_folder; empty: one for now.  INVALID.
  static Result<Aside> open(const Store& store, const std::string& name);
  // The file's path.
  Result<std::string> keep(std::uint64_t account, const Picture::Damaged& row);

 private:
  explicit Aside(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

// A slice of a check; it may set call.offload.  True when the check is done.
class Check {
 public:
  virtual ~Check() = default;
  virtual Result<bool> step(Store& store, Call& call) = 0;
  // Found since it was last asked; rows, emails and bytes looked at so far.
  stored::Checked told;
  bool over = false;

 protected:
  stored::Finding& find(const std::string& kind, std::string key, std::string what);
};

// REQUIRES: the request names the account; it takes no other calls until its rows are right.
Result<std::unique_ptr<Check>> check_account_rows(Store& store, Call& call);
// Account 0: registry, revocations, the index; with `repair`, places of named bodies are looked for in the segments.
std::unique_ptr<Check> check_index(Call& call);
// Gives the request's account a right to every whole body in the segments that no account names.
std::unique_ptr<Check> salvage(Call& call);

// All records of all segments, one segment at a time on a worker; `wanted` is asked on the store thread for each
// record, and what it wants is read whole and compared with its hash before `found` gets it.
class SegmentSearch {
 public:
  using Wanted = std::function<Result<bool>(const blob::WalkedRecord&)>;
  using Found = std::function<Result<>(const blob::WalkedRecord&)>;
  // True at the end.
  Result<bool> step(Store& store, Call& call, stored::Checked& told, const Wanted& wanted, const Found& found);

 private:
  struct Shared {   // with the worker
    std::vector<blob::WalkedRecord> walked;
    std::vector<std::pair<blob::WalkedRecord, Result<>>> read;
    Result<> error;
  };
  std::vector<std::uint32_t> segments_;
  bool listed_ = false;
  std::size_t next_segment_ = 0, next_record_ = 0;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace postern::store
