#include "auth/saslprep.h"

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/text.h"

namespace postern::auth {
namespace {

using base::Fault;

struct Close {
  void operator()(UStringPrepProfile* p) const noexcept { usprep_close(p); }
};
using Profile = std::unique_ptr<UStringPrepProfile, Close>;

// ICU keeps the tables mapped; opening once a process and reading from any thread is its documented use.
const Profile& profile() {
  static const Profile p = [] {
    UErrorCode e = U_ZERO_ERROR;
    return Profile(usprep_openByType(USPREP_RFC4013_SASLPREP, &e));
  }();
  return p;
}

}  // namespace

base::Result<std::string> saslprep(std::string_view s, Prep kind) {
  bool ascii = std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) {
    if (std::any_of(s.begin(), s.end(), [](char c) { return c < 0x20 || c == 0x7f; }))
      return base::fail(Fault::permanent, "control character in a name or password");
    return std::string(s);
  }
  if (!base::is_valid_utf8(s)) return base::fail(Fault::permanent, "a name or password is not valid UTF-8");
  if (!profile()) return base::fail(Fault::temporary, "ICU has no SASLprep tables");
  UErrorCode e = U_ZERO_ERROR;
  // A byte of UTF-8 gives at most one unit of UTF-16; NFKC grows by a factor of at most 18.
  std::vector<UChar> in(s.size()), out(s.size() * 18);
  int32_t n = 0;
  u_strFromUTF8(in.data(), static_cast<int32_t>(in.size()), &n, s.data(), static_cast<int32_t>(s.size()), &e);
  int32_t m = usprep_prepare(profile().get(), in.data(), n, out.data(), static_cast<int32_t>(out.size()),
                             kind == Prep::query ? USPREP_ALLOW_UNASSIGNED : USPREP_DEFAULT, nullptr, &e);
  std::string result;
  if (U_SUCCESS(e)) {
    result.resize(static_cast<std::size_t>(m) * 3);
    int32_t bytes = 0;
    u_strToUTF8(result.data(), static_cast<int32_t>(result.size()), &bytes, out.data(), m, &e);
    result.resize(U_SUCCESS(e) ? static_cast<std::size_t>(bytes) : 0);
  }
  u_memset(in.data(), 0, static_cast<int32_t>(in.size()));
  u_memset(out.data(), 0, static_cast<int32_t>(out.size()));
  if (U_FAILURE(e)) return base::fail(Fault::permanent, "prohibited characters in a name or password");
  return result;
}

}  // namespace postern::auth
