#include "store/threading.h"

#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "store/keys.h"
#include "store/limits.h"

namespace postern::store {
namespace {

constexpr std::size_t kHash = 16;

std::string collapse(std::string_view s) {
  std::string out;
  bool blank = false;
  for (char c : s.substr(0, kMaxHashedId)) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      blank = !out.empty();
      continue;
    }
    if (blank) out += ' ';
    blank = false;
    out += base::ascii_lower(c);
  }
  return out;
}

// Length of "[...]" at the beginning with blanks behind it; 0 when there is none.
std::size_t blob_length(std::string_view s) {
  if (s.empty() || s[0] != '[') return 0;
  std::size_t end = s.find_first_of("[]", 1);
  if (end == std::string_view::npos || s[end] != ']') return 0;
  ++end;
  while (end < s.size() && s[end] == ' ') ++end;
  return end;
}

// Length of "re:", "fw [blob]:", "fwd:" at the beginning with blanks behind it.
std::size_t mark_length(std::string_view s) {
  std::size_t n = 0;
  if (s.starts_with("re"))
    n = 2;
  else if (s.starts_with("fwd"))
    n = 3;
  else if (s.starts_with("fw"))
    n = 2;
  else
    return 0;
  while (n < s.size() && s[n] == ' ') ++n;
  n += blob_length(s.substr(n));
  if (n >= s.size() || s[n] != ':') return 0;
  ++n;
  while (n < s.size() && s[n] == ' ') ++n;
  return n;
}

std::string_view strip_begin(std::string_view s) {
  for (;;) {
    if (std::size_t n = mark_length(s)) {
      s.remove_prefix(n);
      continue;
    }
    std::size_t n = blob_length(s);
    if (n == 0 || n == s.size()) return s;  // a blob is left when nothing else is
    s.remove_prefix(n);
  }
}

}  // namespace

std::string base_subject(std::string_view subject) {
  std::string text = collapse(subject);
  std::string_view s = text;
  for (;;) {
    while (s.ends_with("(fwd)")) {
      s.remove_suffix(5);
      s = base::trim(s);
    }
    s = strip_begin(s);
    if (!s.starts_with("[fwd:") || !s.ends_with("]")) return std::string(s);
    s = base::trim(s.substr(5, s.size() - 6));
  }
}

std::vector<std::string> thread_hashes(const records::Content& content) {
  std::string subject = base_subject(content.subject());
  std::vector<std::string> out;
  auto add = [&](const std::string& id) {
    if (id.empty() || out.size() >= kMaxThreadIds) return;
    base::Sha256 h;
    h.update(std::string_view(id).substr(0, kMaxHashedId));
    h.update(std::string_view("\0", 1));
    h.update(subject);
    auto digest = h.finish();
    std::string hash(base::view(digest).substr(0, kHash));
    if (std::ranges::find(out, hash) == out.end()) out.push_back(std::move(hash));
  };
  for (const auto& id : content.message_id()) add(id);
  for (const auto& id : content.in_reply_to()) add(id);
  // The latest references are the nearest relatives.
  for (int i = content.references_size(); i-- > 0;) add(content.references(i));
  return out;
}

base::Result<ThreadChoice> choose_thread(kv::Engine& engine, Txn& txn, const records::Content& content) {
  ThreadChoice choice;
  std::vector<std::string> hashes = thread_hashes(content);
  if (hashes.empty()) return choice;
  std::vector<std::string> wanted;
  for (const auto& h : hashes) wanted.push_back(keys::thread_hash(h));
  std::vector<std::optional<std::string>> rows;
  {
    auto snapshot = engine.snapshot(txn.account().id);
    if (!snapshot) return pass(snapshot);
    std::vector<std::string> corrupt;  // a damaged hash row costs the tie, not the mail
    auto got = (*snapshot)->get_many(wanted, &corrupt);
    if (!got) return pass(got);
    rows = std::move(*got);
  }
  std::vector<std::uint64_t> leads(hashes.size(), 0);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (auto it = txn.new_threads().find(hashes[i]); it != txn.new_threads().end())
      leads[i] = it->second;
    else if (rows[i])
      leads[i] = keys::u64_at(*rows[i], 0);
    if (choice.thread || !leads[i]) continue;
    auto takes = txn.thread_takes(leads[i]);
    if (!takes) return pass(takes);
    if (*takes) choice.thread = leads[i];
  }
  for (std::size_t i = 0; i < hashes.size(); ++i)
    if (!leads[i] || leads[i] != choice.thread) choice.to_write.push_back(hashes[i]);
  return choice;
}

void write_thread_hashes(Txn& txn, const ThreadChoice& choice, std::uint64_t thread) {
  for (const auto& h : choice.to_write) {
    std::string value;
    base::put_u64(value, thread);
    txn.batch().put(keys::thread_hash(h), value);
    txn.new_threads()[h] = thread;
  }
}

}  // namespace postern::store
