#include "store/picture.h"

#include <algorithm>

#include "base/text.h"
#include "model/metadata.h"
#include "model/rows.h"
#include "model/sharing.h"
#include "store/annotations.h"
#include "store/keys.h"
#include "store/limits.h"
#include "store/threading.h"

namespace postern::store {

using base::Result;

namespace {

template <class Message>
bool parse(Message& m, std::string_view value) {
  return m.ParseFromArray(value.data(), static_cast<int>(value.size()));
}

// The number that ends a key of `size` bytes and must be the record's own.
std::uint64_t number_of(std::string_view key, std::size_t size) {
  if (key.size() != size) return 0;
  return size == 5 ? keys::u32_at(key, 1) : keys::u64_at(key, 1);
}

}  // namespace

const model::SheetRow* Picture::row(std::uint32_t mailbox, std::uint32_t uid) const {
  auto box = rows.find(mailbox);
  if (box == rows.end()) return nullptr;
  auto it = std::ranges::lower_bound(box->second, uid, {}, &model::SheetRow::uid);
  return it == box->second.end() || it->uid != uid ? nullptr : &*it;
}

const model::RowFlags* Picture::slot(std::uint32_t mailbox, std::uint32_t uid) const {
  auto it = blocks.find({mailbox, model::FlagBlock::number(uid)});
  return it == blocks.end() ? nullptr : it->second.find(uid);
}

void PictureReader::used(std::uint32_t mailbox, std::uint32_t uid) {
  auto& highest = out_.highest_uid[mailbox];
  highest = std::max(highest, uid);
}

bool PictureReader::take_email(std::string_view key, std::string_view value) {
  records::Email e;
  if (!parse(e, value) || e.id() == 0 || number_of(key, 9) != e.id() || e.blob().size() != 32) return false;
  out_.highest_modseq = std::max(out_.highest_modseq, e.modseq());
  for (const auto& p : e.places()) used(p.mailbox(), p.uid());
  for (const auto& p : e.lost_places()) used(p.mailbox(), p.uid());
  std::uint64_t id = e.id();
  out_.emails[id].rec = std::move(e);
  return true;
}

// Emails and hashes come before contents.
bool PictureReader::take_content(std::string_view key, std::string_view value) {
  records::Content c;
  if (!parse(c, value)) return false;
  auto e = out_.emails.find(number_of(key, 9));
  if (e == out_.emails.end()) return true;
  e->second.content = true;
  if (e->second.rec.destroyed()) return true;
  for (auto& hash : thread_hashes(c))
    if (!out_.hashes.contains(hash)) out_.untied.emplace_back(std::move(hash), e->second.rec.thread());
  return true;
}

bool PictureReader::take_row(std::string_view key, std::string_view value) {
  if (key.size() != 9) return false;
  auto row = model::decode_uid_row(keys::u32_at(key, 5), value);
  if (!row || row->email == 0) return false;
  out_.highest_modseq = std::max(out_.highest_modseq, row->modseq);
  used(keys::u32_at(key, 1), row->uid);
  out_.rows[keys::u32_at(key, 1)].push_back(*row);
  return true;
}

bool PictureReader::take_block(std::string_view key, std::string_view value) {
  auto block = key.size() == 9 ? model::FlagBlock::decode(value) : std::nullopt;
  if (!block) return false;
  std::uint32_t number = keys::u32_at(key, 5), first = model::FlagBlock::first_uid(number);
  for (std::uint32_t i = 0; i < model::kBlockSlots; ++i)
    if (const auto* slot = block->find(first + i)) out_.highest_modseq = std::max(out_.highest_modseq, slot->modseq);
  out_.blocks.emplace(Picture::BlockAt{keys::u32_at(key, 1), number}, *block);
  return true;
}

// Scripts, the vacation response, marks.
bool PictureReader::take_sieve(std::string_view key, std::string_view value) {
  switch (key[0]) {
    case 'S': {
      records::Script s;
      if (!parse(s, value) || s.id() == 0 || number_of(key, 5) != s.id()) return false;
      out_.highest_modseq = std::max(out_.highest_modseq, s.modseq());
      out_.scripts[s.id()] = std::move(s);
      return true;
    }
    case 'C':
      if (number_of(key, 5) == 0) return false;
      out_.script_texts[static_cast<std::uint32_t>(number_of(key, 5))] = value;
      return true;
    case 'V': {
      records::Vacation v;
      return key.size() == 1 && parse(v, value);
    }
    case 'K':
      if (key.size() != 1 + kMarkBytes || value.size() != 8) return false;
      out_.marks[std::string(key.substr(1))] = keys::u64_at(value, 0);
      return true;
    default:
      if (key.size() != 9 + kMarkBytes) return false;
      out_.mark_ends.emplace(keys::u64_at(key, 1), key.substr(9));
      return true;
  }
}

// Mailboxes come before.  Of the server stand here what users keep for themselves, and their subscriptions of what others
// share.
bool PictureReader::take_metadata(std::string_view key) {
  if (key.size() <= keys::kMetadataEntryAt) return false;
  std::uint32_t mailbox = keys::u32_at(key, 1);
  std::string entry(key.substr(keys::kMetadataEntryAt));
  auto canonical = model::canonical_entry(entry, model::EntryUse::value);
  bool shared = model::scope_of(entry) == model::EntryScope::shared;
  if (!canonical || *canonical != entry || shared != (keys::u64_at(key, 5) == 0)) return false;
  if (entry.starts_with(model::kSubscriptions) && (mailbox || !model::parse_subscription(entry))) return false;
  if (mailbox && !out_.mailboxes.contains(mailbox)) out_.unowned.emplace_back(key);
  return true;
}

// Emails come before.
bool PictureReader::take_annotation(std::string_view key, std::string_view value) {
  auto row = decode_annotation(key, value);
  if (!row) return false;
  out_.annotations = true;
  out_.highest_modseq = std::max(out_.highest_modseq, row->modseq);
  if (!out_.emails.contains(keys::u64_at(key, 1))) out_.unowned.emplace_back(key);
  return true;
}

// False: the row is not what it must be.  Kinds that are not known here are left alone.
bool PictureReader::take(std::string_view key, std::string_view value) {
  switch (key[0]) {
    case 'A': {
      records::Account a;
      if (key.size() != 1 || !parse(a, value)) return false;
      out_.account = std::move(a);
      return true;
    }
    case 'M': {
      records::Mailbox m;
      if (!parse(m, value) || m.id() == 0 || number_of(key, 5) != m.id()) return false;
      out_.highest_modseq = std::max({out_.highest_modseq, m.modseq(), m.updated_modseq()});
      out_.mailboxes[m.id()] = std::move(m);
      return true;
    }
    case 'E': return take_email(key, value);
    case 'U': return take_row(key, value);
    case 'F': return take_block(key, value);
    case 'S':
    case 'C':
    case 'V':
    case 'K':
    case 'O': return take_sieve(key, value);
    case 'I': return take_content(key, value);
    case 'J': {
      records::Content header;
      return key.size() == 9 && parse(header, value);
    }
    case 'W':
      if (auto e = out_.emails.find(number_of(key, 9)); e != out_.emails.end()) e->second.wire = true;
      return key.size() == 9;
    case 'Y':
      // Whose it is, the judge looks up.
      if (key.size() == 5) out_.unowned.emplace_back(key);
      return key.size() == 5 && value.size() == 32;
    case 'G':
      if (key.size() == 17 && !out_.mailboxes.contains(keys::u32_at(key, 1))) out_.unowned.emplace_back(key);
      return key.size() == 17 && value.size() == 8;
    case 'N': return take_metadata(key);
    case 'o': return take_annotation(key, value);
    case 'T': {
      records::Thread t;
      if (key.size() != 9 || !parse(t, value)) return false;
      out_.threads[number_of(key, 9)] = std::move(t);
      return true;
    }
    case 'B': {
      records::AccountBlob b;
      if (key.size() != 33 || !parse(b, value)) return false;
      out_.blobs[std::string(key.substr(1))] = std::move(b);
      return true;
    }
    case 'D':
    case 'H': {
      if (key.size() != 17 || value.size() != 8) return false;
      auto& map = key[0] == 'D' ? out_.identities : out_.hashes;
      map[std::string(key.substr(1))] = keys::u64_at(value, 0);
      return true;
    }
    case 'Q':
      if (key.size() != 17) return false;
      out_.queue.emplace(keys::u64_at(key, 1), keys::u64_at(key, 9));
      return true;
    case 'P':
      if (key.size() != 41) return false;
      out_.uploads.emplace(key.substr(9));
      return true;
    case 'L': {
      records::Change c;
      if (key.size() != 9 || !parse(c, value)) return false;
      out_.log.push_back(number_of(key, 9));
      return true;
    }
    case 'X': {
      records::Expunged x;
      if (key.size() != 13 || !parse(x, value)) return false;
      for (std::uint32_t uid : x.uids()) used(keys::u32_at(key, 1), uid);
      return true;
    }
    case 'R': {
      records::StoredResult r;
      return key.size() == 5 && parse(r, value);
    }
    default: return true;
  }
}

Result<bool> PictureReader::step(kv::Engine& engine) {
  auto snapshot = engine.snapshot(account_);
  if (!snapshot) return pass(snapshot);
  std::vector<std::string> unreadable;
  auto end = (*snapshot)->scan(resume_, {}, kMaxRowsPerRead, [&](std::string_view key, std::string_view value) {
    if (!take(key, value)) unreadable.emplace_back(key);
    return true;
  });
  if (!end) return pass(end);
  auto set_aside = [&](const std::string& key, bool checksum) -> Result<> {
    auto raw = (*snapshot)->get_raw(key);
    if (!raw) return pass(raw);
    out_.damaged.push_back({key, raw->value_or(""), checksum});
    // Without its header cache a content is not whole.
    if (auto e = out_.emails.find(key[0] == 'J' ? number_of(key, 9) : 0); e != out_.emails.end())
      e->second.content = false;
    return {};
  };
  for (const auto& key : end->corrupt)
    if (auto done = set_aside(key, true); !done) return pass(done);
  for (const auto& key : unreadable)
    if (auto done = set_aside(key, false); !done) return pass(done);
  out_.damaged_more += end->corrupt_rows - end->corrupt.size();
  out_.rows_read += end->rows + end->corrupt_rows;
  resume_ = end->resume;
  return !end->more;
}

std::string key_words(std::string_view key) {
  auto u64 = [&](std::size_t at) { return key.size() >= at + 8 ? std::to_string(keys::u64_at(key, at)) : "?"; };
  auto u32 = [&](std::size_t at) { return key.size() >= at + 4 ? std::to_string(keys::u32_at(key, at)) : "?"; };
  switch (key.empty() ? 0 : key[0]) {
    case 'A': return "account";
    case 'M': return "mailbox " + u32(1);
    case 'U': return "mailbox " + u32(1) + " uid " + u32(5);
    case 'F': return "flags of mailbox " + u32(1) + " block " + u32(5);
    case 'X': return "expunges of mailbox " + u32(1) + " at " + u64(5);
    case 'E': return "email " + u64(1);
    case 'W': return "wire form of email " + u64(1);
    case 'I': return "content of email " + u64(1);
    case 'J': return "header cache of email " + u64(1);
    case 'T': return "thread " + u64(1);
    case 'Y': return "URL key of mailbox " + u32(1);
    case 'G': return "what account " + u64(5) + " has seen in mailbox " + u32(1);
    case 'N': return "annotation of mailbox " + u32(1) + ": " + base::printable(key.substr(std::min<std::size_t>(key.size(), 13)), 100);
    case 'o': return "annotation of email " + u64(1) + ": " + base::printable(key.substr(std::min<std::size_t>(key.size(), 17)), 100);
    case 'L': return "change " + u64(1);
    case 'R': return "result " + u32(1);
    case 'S': return "script " + u32(1);
    case 'C': return "text of script " + u32(1);
    case 'V': return "vacation response";
    case 'K': return "mark " + base::hex(key.substr(1));
    case 'a': return "registry of account " + u64(1);
    case 'g': return "revocation of account " + u64(1);
    case 'B':
    case 'b': return "body " + base::hex(key.substr(1));
    default: return "row " + base::hex(key);
  }
}

}  // namespace postern::store
