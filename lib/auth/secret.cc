#include "auth/secret.h"

#include <string.h>

#include <algorithm>
#include <utility>

namespace postern::auth {

void wipe(std::string& s) {
  // Growing to the capacity makes every byte of the storage ours to overwrite, without an allocation.
  s.resize(s.capacity());
  explicit_bzero(s.data(), s.size());
  s.clear();
}

Secret::Secret(std::string_view value)
    : data_(std::make_unique<char[]>(value.size() + 1)), size_(value.size()) {
  std::copy(value.begin(), value.end(), data_.get());
  data_[size_] = '\0';
}

Secret Secret::take(std::string&& value) {
  Secret s(value);
  wipe(value);
  return s;
}

Secret::Secret(Secret&& o) noexcept : data_(std::move(o.data_)), size_(std::exchange(o.size_, 0)) {}

Secret& Secret::operator=(Secret&& o) noexcept {
  if (this != &o) {
    clear();
    data_ = std::move(o.data_);
    size_ = std::exchange(o.size_, 0);
  }
  return *this;
}

Secret::~Secret() {
  clear();
}

void Secret::clear() {
  if (data_) explicit_bzero(data_.get(), size_);
  data_.reset();
  size_ = 0;
}

}  // namespace postern::auth
