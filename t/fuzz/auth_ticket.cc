// Any bytes as a ticket's body, and as a row of the directory: refused, or a value that survives a round
// trip.
#include <cstdint>
#include <cstdlib>

#include "auth/rows.h"
#include "auth/ticket.h"

using namespace postern;

namespace {
template <class Row>
void round_trip(std::string_view bytes) {
  Row row, again;
  if (!auth::decode(bytes, row)) return;
  std::string text = auth::encode(row);
  if (!auth::decode(text, again) || auth::encode(again) != text) abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto t = auth::decode_ticket(bytes)) {
    auto again = auth::decode_ticket(auth::encode_ticket(*t));
    if (!again || *again != *t) abort();
  }
  round_trip<auth::Counters>(bytes);
  round_trip<auth::Domain>(bytes);
  round_trip<auth::NameRow>(bytes);
  round_trip<auth::Account>(bytes);
  round_trip<auth::Alias>(bytes);
  round_trip<auth::Group>(bytes);
  round_trip<auth::Credential>(bytes);
  round_trip<auth::OutboxItem>(bytes);
  return 0;
}
