// A password in memory: never copied by accident, overwritten when it goes.
// Runs in: authd, postern.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace postern::auth {

// Overwrites all of the string's storage, also what lies past its length, and empties it.
void wipe(std::string& s);

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view value);
  // Copies `value`, then wipes it.
  static Secret take(std::string&& value);
  Secret(Secret&& o) noexcept;
  Secret& operator=(Secret&& o) noexcept;
  ~Secret();

  // Valid while this object is; the byte after its end is NUL.
  std::string_view view() const { return {data_ ? data_.get() : "", size_}; }
  const char* c_str() const { return data_ ? data_.get() : ""; }
  bool empty() const { return size_ == 0; }

 private:
  void clear();
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
};

}  // namespace postern::auth
