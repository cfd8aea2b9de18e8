// The changes of one commit to one account: an ordered list of puts and deletes in one arena.
// Runs in: stored, authd.  Input: our own code's; limits are checked at commit, not here.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::kv {

// The first part of every key.  Account 0 holds the store's own global rows.
using Account = std::uint64_t;

// Rows are kept in the arena as the engines store them, with room for the account before the key and for the
// checksum after the value, so that a commit copies nothing:
//   account (8, big-endian) | key | value | CRC-32C (4) of all before it
class Batch {
 public:
  // Both are copied.  Of several changes to one key the last one counts.
  void put(std::string_view key, std::string_view value);
  // Deleting what is not there is no error.
  void del(std::string_view key);

  std::size_t size() const { return ops_.size(); }  // number of changes
  bool empty() const { return ops_.empty(); }
  std::size_t bytes() const { return arena_.size(); }
  void clear();  // keeps the memory for the next use
  void reserve(std::size_t rows, std::size_t bytes);

  // Fills in account and checksums.  commit() does it when it was not done before; a caller may do it
  // earlier, on a thread that has the time.  A batch sealed for one account must not be committed to another.
  void seal(Account account);
  bool sealed() const { return sealed_; }

  // For engines.  `key` includes the account, `value` includes the checksum and is empty for a delete.
  struct Row {
    std::string_view key, value;
    bool is_delete;
  };
  Row row(std::size_t i) const;

 private:
  struct Op {
    std::uint64_t at;
    std::uint32_t key_size, value_size;  // without account and checksum
    bool is_delete;
  };
  std::string arena_;
  std::vector<Op> ops_;
  bool sealed_ = false;
};

}  // namespace postern::kv
