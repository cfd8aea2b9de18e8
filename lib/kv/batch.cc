#include "kv/batch.h"

#include "base/result.h"
#include "kv/row.h"

namespace postern::kv {

void Batch::put(std::string_view key, std::string_view value) {
  base::check(!sealed_, "put into a sealed batch");
  ops_.push_back({arena_.size(), static_cast<std::uint32_t>(key.size()),
                  static_cast<std::uint32_t>(value.size()), false});
  arena_.append(kAccountSize, '\0').append(key).append(value).append(kSumSize, '\0');
}

void Batch::del(std::string_view key) {
  base::check(!sealed_, "delete in a sealed batch");
  ops_.push_back({arena_.size(), static_cast<std::uint32_t>(key.size()), 0, true});
  arena_.append(kAccountSize, '\0').append(key);
}

void Batch::clear() {
  arena_.clear();
  ops_.clear();
  sealed_ = false;
}

void Batch::reserve(std::size_t rows, std::size_t bytes) {
  ops_.reserve(rows);
  arena_.reserve(bytes + rows * (kAccountSize + kSumSize));
}

void Batch::seal(Account account) {
  if (sealed_) return;
  sealed_ = true;
  for (const Op& op : ops_) {
    char* at = arena_.data() + op.at;
    put_be64(at, account);
    if (op.is_delete) continue;
    std::size_t n = kAccountSize + op.key_size + op.value_size;
    put_be32(at + n, row_sum({at, n}, {}));
  }
}

Batch::Row Batch::row(std::size_t i) const {
  const Op& op = ops_[i];
  std::string_view all(arena_);
  std::string_view key = all.substr(op.at, kAccountSize + op.key_size);
  if (op.is_delete) return {key, {}, true};
  return {key, all.substr(op.at + key.size(), op.value_size + kSumSize), false};
}

}  // namespace postern::kv
