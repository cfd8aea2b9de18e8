// Does a message match a filter?  Three-valued: a condition on what is not at hand is `unknown`, so that most messages
// are decided from the columns of a sheet alone.  Runs in: imapd, jmapd, any thread.  Pure.
// Tests: t/unit/query_random.cc
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/sheet.h"
#include "query/filter.h"

namespace postern::query {

enum class Truth : std::uint8_t { no, yes, unknown };

// Flags of all emails of a thread, joined.
struct ThreadFlags {
  model::Flags all{~0ull, ~0ull}, some;
};
using ThreadTable = std::unordered_map<std::uint64_t, ThreadFlags>;
ThreadTable thread_table(const model::Sheet& sheet);

// What the columns say of one message.
struct Row : model::SheetRow {
  std::uint32_t seq = 0;                 // message number, where Filter::uses(Op::seq)
  bool recent = false;                   // \Recent to this session
  std::span<const std::uint32_t> places; // mailboxes, in the account's sheet
  const ThreadFlags* flags_of_thread = nullptr;  // where Filter::uses_threads()
};
// Row `i` of a sheet.  `threads` may be null where no condition asks for it.
Row row_of(const model::Sheet& sheet, std::size_t i, const ThreadTable* threads);

// A field in one of its forms: `made` is what form_field() made of it.
struct KeptField {
  const FieldForm* of = nullptr;
  std::string_view made;
};

// What is in one message, as far as it is at hand.
struct Content {
  enum class Header : std::uint8_t {
    none,    // nothing is known of the header
    cached,  // `header` holds every field that mime::cacheable_field() names
    kept,    // `fields` holds all that the filter looks at, in the forms in which it does
    whole,   // every field
  };
  Header header_kind = Header::none;
  std::string_view header;
  std::optional<bool> has_attachment;
  const std::vector<bool>* hits = nullptr;  // of BodyMatcher, a bit a condition; null while the body has not been read
  std::span<const KeptField> fields;
};

// `content` may be null.  With a whole header, has_attachment and hits the answer is never unknown.
Truth evaluate(const Filter& filter, const Row& row, const Content* content);

}  // namespace postern::query
