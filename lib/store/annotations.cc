#include "store/annotations.h"

#include <algorithm>
#include <map>

#include "model/annotation.h"
#include "store/keys.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {
constexpr std::size_t kEntryAt = 17;     // in a key
constexpr std::size_t kValueAt = 9;      // in a value, after modseq and kind
constexpr char kThere = 0, kRemoved = 1;

std::string key_of(std::uint64_t email, const AnnotationRow& row) { return keys::annotation(email, row.principal, row.entry); }
}  // namespace

std::string encode_annotation(const AnnotationRow& row) {
  std::string out;
  base::put_u64(out, row.modseq);
  out += row.removed ? kRemoved : kThere;
  if (!row.removed) out += row.value;
  return out;
}

std::optional<AnnotationRow> decode_annotation(std::string_view key, std::string_view value) {
  if (key.size() <= kEntryAt || value.size() < kValueAt) return std::nullopt;
  AnnotationRow row{keys::u64_at(key, 9), std::string(key.substr(kEntryAt)), keys::u64_at(value, 0), value[8] == kRemoved,
                    std::string(value.substr(kValueAt))};
  bool known = value[8] == kThere || (value[8] == kRemoved && row.value.empty());
  if (!known || !model::valid_annotation(row.entry)) return std::nullopt;
  return row;
}

Result<std::vector<AnnotationRow>> annotations_of(kv::Engine& engine, std::uint64_t account, std::uint64_t email) {
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  std::vector<AnnotationRow> out;
  std::string from = keys::annotations_of(email), to = keys::after(from);
  for (bool more = true; more;) {
    auto end = (*snapshot)->scan(from, to, kMaxRowsPerRead, [&](std::string_view key, std::string_view value) {
      if (auto row = decode_annotation(key, value)) out.push_back(std::move(*row));
      return true;
    });
    if (!end) return pass(end);
    log_corrupt(account, *end);
    more = end->more;
    from = end->resume;
  }
  return out;
}

void fill_annotations(Annotations& out, const std::vector<AnnotationRow>& rows, const Principal& who) {
  bool all = who.kind == Kind::admin;
  for (const AnnotationRow& row : rows) {
    if (!all && row.principal && row.principal != who.id) continue;
    auto& one = *out.Add();
    one.set_entry(row.entry);
    one.set_value(row.value);
    one.set_shared(row.principal == 0);
    one.set_remove(row.removed);
    one.set_modseq(row.modseq);
    if (all) one.set_principal(row.principal);
  }
}

Result<> check_annotations(const Annotations& wanted) {
  if (static_cast<std::size_t>(wanted.size()) > 2 * model::kMaxAnnotations)
    return fail(Fault::limit, "too many annotations", "LIMIT");
  for (const auto& one : wanted) {
    if (!model::valid_annotation(one.entry())) return fail(Fault::permanent, "no name of an annotation", "INVALID");
    if (one.value().size() > model::kMaxAnnotationValue) return fail(Fault::limit, "an annotation is over 64 KB", "LIMIT");
    if (!one.remove() && !model::valid_annotation_value(one.entry(), one.value()))
      return fail(Fault::permanent, "no value of this annotation", "INVALID");
  }
  return {};
}

Result<> annotate(kv::Engine& engine, Txn& txn, std::uint64_t email, const Principal& who, const Annotations& wanted,
                  bool shared) {
  AccountState& a = txn.account();
  std::vector<AnnotationRow> before;
  if (a.rec.annotations()) {
    auto read = annotations_of(engine, a.id, email);
    if (!read) return pass(read);
    before = std::move(*read);
  }
  for (std::uint64_t principal : {std::uint64_t{0}, who.id}) {
    if (principal == 0 && !shared) continue;
    std::map<std::string, AnnotationRow> rows, changed;
    for (const AnnotationRow& row : before)
      if (row.principal == principal) rows[row.entry] = row;
    for (const auto& one : wanted) {
      if (one.shared() != (principal == 0)) continue;
      auto old = rows.find(one.entry());
      if (one.remove() && (old == rows.end() || old->second.removed)) continue;
      AnnotationRow row{principal, one.entry(), txn.modseq(), one.remove(), one.remove() ? std::string() : one.value()};
      rows[one.entry()] = changed[one.entry()] = std::move(row);
    }
    if (changed.empty()) continue;
    std::size_t count = 0, bytes = 0;
    for (const auto& [entry, row] : rows) {
      count += !row.removed;
      bytes += row.removed ? 0 : entry.size() + row.value.size();
    }
    if (count > model::kMaxAnnotations || bytes > model::kMaxAnnotationBytes)
      return fail(Fault::limit, "too many annotations", "LIMIT");
    for (const auto& [entry, row] : changed) txn.batch().put(key_of(email, row), encode_annotation(row));
    // What tells that something has gone is kept as long as it is little.
    if (rows.size() > 2 * model::kMaxAnnotations)
      for (const auto& [entry, row] : rows)
        if (row.removed && !changed.contains(entry)) txn.batch().del(key_of(email, row));
    a.rec.set_annotations(true);
  }
  return {};
}

Result<> drop_annotations(kv::Engine& engine, std::uint64_t account, std::uint64_t email, kv::Batch& batch) {
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  std::string from = keys::annotations_of(email);
  auto end = (*snapshot)->scan(from, keys::after(from), kMaxRowsPerRead, [&](std::string_view key, std::string_view) {
    batch.del(key);
    return true;
  });
  if (!end) return pass(end);
  for (const auto& key : end->corrupt) batch.del(key);
  return {};
}

}  // namespace postern::store
