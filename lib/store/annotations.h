// Annotations of emails (RFC 5257), rows "o" email principal entry: like flags they belong to the email, so that a copy
// shares them with its original.  Private to lib/store.  Limits: model/annotation.h.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace postern::store {

struct AnnotationRow {
  std::uint64_t principal = 0;  // 0: shared
  std::string entry;
  std::uint64_t modseq = 0;
  bool removed = false;  // who looks for changes sees that it has gone
  std::string value;
};

std::string encode_annotation(const AnnotationRow& row);
// Nothing for what is no such row: the key's names and numbers, the value's form.
std::optional<AnnotationRow> decode_annotation(std::string_view key, std::string_view value);

// All of an email, by principal and entry.
Result<std::vector<AnnotationRow>> annotations_of(kv::Engine& engine, std::uint64_t account, std::uint64_t email);
// What `who` may read of them; an admin reads all.  Removed ones are among them.
void fill_annotations(google::protobuf::RepeatedPtrField<stored::Annotation>& out, const std::vector<AnnotationRow>& rows,
                      const Principal& who);

using Annotations = google::protobuf::RepeatedPtrField<stored::Annotation>;
// INVALID for names and values that can't be, LIMIT for what is too long.
Result<> check_annotations(const Annotations& wanted);
// Puts them into the commit.  `shared`: shared ones too, else these are left out.  LIMIT: too many.
// REQUIRES: check_annotations().
Result<> annotate(kv::Engine& engine, Txn& txn, std::uint64_t email, const Principal& who, const Annotations& wanted,
                  bool shared);
// Their rows go with the email.
Result<> drop_annotations(kv::Engine& engine, std::uint64_t account, std::uint64_t email, kv::Batch& batch);

}  // namespace postern::store
