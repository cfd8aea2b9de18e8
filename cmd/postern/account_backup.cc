// All that can change of an email (flags, places) stands in the sheets of the mailboxes, which are read anew each time;
// what cannot is taken from the lines of the last run, so that only new emails are asked for.  Of deleted emails the
// records are read each time: they are few.
#include "cmd/postern/account_backup.h"

#include <algorithm>
#include <map>

#include "archive/writer.h"
#include "base/codec.h"
#include "base/system.h"
#include "base/text.h"
#include "blob/blob_store.h"
#include "cmd/postern/account_state.h"
#include "cmd/postern/archive_records.h"

namespace postern::cli {
namespace {

using archive::Folder;
using archive::LineStream;
using archive::Reader;
using archive::Writer;
using base::Fault;
using base::Result;

constexpr std::size_t kWindow = 500;   // emails looked at together

// The emails of the last run, ascending by id.  Used only when the lines are exactly what was written: damage must not
// be copied under a new checksum.
class Previous {
 public:
  static Previous open(const Folder* folder, std::uint64_t account, std::uint64_t epoch) {
    Previous p;
    if (!folder) return p;
    auto again = folder->again();
    auto reader = again ? Reader::open(std::move(*again)) : pass(again);
    if (!reader || reader->manifest().id != account || !reader->sound()) return p;
    auto lines = reader->lines();
    if (!lines) return p;
    p.lines_.emplace(std::move(*lines));
    auto first = p.lines_->next();
    auto* a = first && *first ? std::get_if<archive::Account>(&**first) : nullptr;
    if (!a || a->epoch != epoch) p.lines_.reset();
    return p;
  }

  // REQUIRES: ids ascend from call to call.
  std::optional<archive::Email> find(std::uint64_t id) {
    while (lines_ && (!email_ || email_->id < id)) {
      auto line = lines_->next();
      if (!line || !*line) {
        lines_.reset();
        email_.reset();
      } else if (auto* e = std::get_if<archive::Email>(&**line)) {
        email_ = std::move(*e);
      }
    }
    return email_ && email_->id == id ? email_ : std::nullopt;
  }

 private:
  std::optional<LineStream> lines_;
  std::optional<archive::Email> email_;
};

// What never changes of an email.
archive::Email fixed_part(const stored::EmailData& e) {
  archive::Email out;
  out.created_modseq = e.email().created_modseq();
  out.prefix_size = e.email().prefix_size();
  out.sha256 = base::hex(e.email().blob());
  out.identity = base::hex(e.email().identity());
  out.pop3_uidl = e.email().pop3_uidl();
  records::Content content;
  if (content.ParseFromString(e.content())) {
    for (const auto& id : content.message_id())
      if (base::is_valid_utf8(id) && id.size() < 1'000 && id.find('\0') == std::string::npos &&
          out.message_id.size() < archive::kMaxMessageIds)
        out.message_id.push_back(id);
    out.subject = one_line(content.subject(), archive::kMaxSubject);
  }
  return out;
}

using Row = AccountState::Row;

// The rows of one email, which the span loses.  REQUIRES: by email.
std::span<const Row> take_rows(std::span<const Row>& rows, std::uint64_t email) {
  std::size_t n = 0;
  while (n < rows.size() && rows[n].row.email == email) ++n;
  auto out = rows.first(n);
  rows = rows.subspan(n);
  return out;
}

// One account.
class AccountBackup {
 public:
  AccountBackup(Context& c, const AccountState& state, Previous previous, Writer* writer, BackedUp& done)
      : c_(c),
        state_(state),
        previous_(std::move(previous)),
        writer_(writer),
        done_(done),
        reader_(c.config()->segment_dir()),
        keywords_(state.info.keywords().begin(), state.info.keywords().end()),
        rows_(state.rows),
        lost_(state.lost_rows),
        deleted_(state.deleted_emails) {}

  Result<> run() {
    if (auto ok = put(account_line(done_.name, state_.info)); !ok) return ok;
    auto boxes = state_.mailboxes;
    boxes.insert(state_.deleted_mailboxes.begin(), state_.deleted_mailboxes.end());
    for (const auto& [id, m] : boxes)
      if (auto ok = put(mailbox_line(m)); !ok) return ok;
    done_.mailboxes = state_.mailboxes.size();
    for (const auto& m : state_.metadata)
      if (auto ok = put(archive::Metadata{m.mailbox(), m.principal(), m.entry(), base::base64(m.value())}); !ok)
        return ok;
    for (const auto& s : state_.seen)
      if (auto ok = put(seen_line(s)); !ok) return ok;
    for (const auto& s : state_.scripts)
      if (auto ok = put(script_line(s)); !ok) return ok;
    if (state_.vacation)
      if (auto ok = put(vacation_line(*state_.vacation)); !ok) return ok;
    for (const auto& m : state_.marks)
      if (auto ok = put(archive::Mark{base::hex(m.id()), m.until()}); !ok) return ok;
    std::uint64_t total = state_.emails() + state_.deleted_emails.size();
    while (!rows_.empty() || !lost_.empty() || !deleted_.empty()) {
      if (auto ok = window(); !ok) return ok;
      c_.progress(done_.name, done_.emails + done_.deleted, total);
    }
    return {};
  }

 private:
  struct Item {
    std::uint64_t id = 0;
    std::span<const Row> rows, lost;       // no rows: it was deleted
    std::uint64_t size = 0;
    std::optional<records::Email> record;  // of a deleted one
    std::optional<archive::Email> fixed;
  };

  Result<> put(const archive::Line& line) { return writer_ ? writer_->line(line) : Result<>(); }

  // The next emails by id, living and deleted.
  Result<std::vector<Item>> next_items() {
    std::vector<Item> items;
    std::vector<std::uint64_t> gone;
    while (items.size() < kWindow && (!rows_.empty() || !lost_.empty() || !deleted_.empty())) {
      Item item;
      item.id = UINT64_MAX;
      if (!rows_.empty()) item.id = rows_[0].row.email;
      if (!lost_.empty()) item.id = std::min(item.id, lost_[0].row.email);
      if (!deleted_.empty()) item.id = std::min(item.id, deleted_[0]);
      item.rows = take_rows(rows_, item.id);
      item.lost = take_rows(lost_, item.id);
      if (!deleted_.empty() && deleted_[0] == item.id) deleted_ = deleted_.subspan(1);
      if (item.rows.empty())
        gone.push_back(item.id);
      else
        item.size = item.rows[0].row.size;
      items.push_back(std::move(item));
    }
    stored::GetEmails wanted;
    wanted.set_email(true);
    wanted.set_deleted(true);
    std::map<std::uint64_t, records::Email> records;
    auto ok = read_emails(c_, state_.info.account(), gone, wanted, [&](stored::EmailData& e) {
      if (!e.corrupt() && e.has_email())
        records[e.id()] = std::move(*e.mutable_email());
      else
        failed(e.id(), "its record is damaged");
      return Result<>();
    });
    if (!ok) return pass(ok);
    for (Item& item : items) {
      auto it = records.find(item.id);
      if (it == records.end()) continue;
      item.size = it->second.size();
      item.record = std::move(it->second);
    }
    // Of an email that is forgotten already its mailbox may still have a row.
    std::erase_if(items, [](const Item& item) { return item.rows.empty() && !item.record; });
    return items;
  }

  Result<> window() {
    auto next = next_items();
    if (!next) return pass(next);
    auto& items = *next;
    std::vector<std::uint64_t> unknown;
    for (Item& item : items) {
      item.fixed = previous_.find(item.id);
      bool copied = item.fixed && (!writer_ || writer_->has_message(item.fixed->sha256, item.size));
      if (!copied) unknown.push_back(item.id);
    }
    if (auto ok = writer_ ? fetch(unknown, items) : Result<>(); !ok) return ok;
    if (writer_ && state_.info.record().annotations())
      if (auto ok = fetch_annotations(items); !ok) return ok;
    for (Item& item : items) {
      if (!writer_ && !item.fixed) {
        ++done_.new_messages;
        done_.new_bytes += item.size;
      }
      if (writer_ && !item.fixed) continue;
      ++(item.rows.empty() ? done_.deleted : done_.emails);
      if (auto ok = writer_ ? put(email_line(item)) : Result<>(); !ok) return ok;
    }
    return {};
  }

  archive::Email email_line(Item& item) {
    archive::Email e = std::move(*item.fixed);
    e.id = item.id;
    e.size = item.size;
    e.places.clear();
    e.lost.clear();
    e.deleted = 0;
    for (const auto& r : item.lost)
      e.lost.push_back({r.mailbox, r.row.uid, r.row.flags.has(model::kDeleted), r.row.modseq, r.row.saved});
    if (item.record) {
      deleted_part(*item.record, e);
      return e;
    }
    const auto& newest = *std::ranges::max_element(item.rows, {}, [](const auto& r) { return r.row.modseq; });
    e.thread = newest.row.thread;
    e.received = newest.row.received;
    e.sent = newest.row.sent;
    e.flags = model::imap_names(newest.row.flags.without(model::kDeletedBit), keywords_);
    for (const auto& r : item.rows)
      e.places.push_back({r.mailbox, r.row.uid, r.row.flags.has(model::kDeleted), r.row.modseq, r.row.saved});
    return e;
  }

  // Its record tells all of a deleted email.  One whose mailbox was deleted a moment ago has its places in there yet.
  void deleted_part(const records::Email& r, archive::Email& e) {
    e.thread = r.thread();
    e.received = r.received();
    e.sent = r.sent();
    e.flags = model::imap_names(model::Flags{r.flags_lo(), r.flags_hi()}.without(model::kDeletedBit), keywords_);
    e.deleted = r.destroyed();
    for (const auto& p : r.destroyed() ? r.lost_places() : r.places()) {
      auto same = [&](const archive::Place& o) { return o.mailbox == p.mailbox() && o.uid == p.uid(); };
      if (std::ranges::none_of(e.lost, same)) e.lost.push_back({p.mailbox(), p.uid(), p.deleted()});
      auto m = state_.deleted_mailboxes.find(p.mailbox());
      if (!r.destroyed() && m != state_.deleted_mailboxes.end()) e.deleted = std::max(e.deleted, m->second.destroyed());
    }
    e.deleted = std::max<std::uint64_t>(e.deleted, 1);
    std::ranges::sort(e.lost, {}, [](const archive::Place& p) { return std::pair(p.mailbox, p.uid); });
  }

  void failed(std::uint64_t email, const std::string& what) {
    ++done_.failed;
    c_.progress_end();
    c_.error(done_.name + ": email " + std::to_string(email) + ": " + what);
  }

  // Asks for what is not known and copies the messages.  An item that stays without its fixed part is gone, or could
  // not be read.
  Result<> fetch(const std::vector<std::uint64_t>& ids, std::vector<Item>& items) {
    std::map<std::uint64_t, stored::EmailData> got;
    stored::GetEmails wanted;
    wanted.set_email(true);
    wanted.set_content(true);
    wanted.set_location(true);
    wanted.set_deleted(true);
    auto ok = read_emails(c_, state_.info.account(), ids, wanted, [&](stored::EmailData& e) {
      got[e.id()] = std::move(e);
      return Result<>();
    });
    if (!ok) return ok;
    for (Item& item : items) {
      auto it = got.find(item.id);
      if (it == got.end()) continue;
      const auto& e = it->second;
      std::optional<archive::Email> fixed;
      if (!e.corrupt() && e.has_email()) fixed = fixed_part(e);
      auto copied = fixed ? copy(*fixed, e) : base::fail(Fault::corrupt, "its record is damaged");
      if (copied) {
        item.fixed = std::move(fixed);
        continue;
      }
      if (copied.error().fault == Fault::temporary) return copied;
      item.fixed.reset();
      failed(item.id, copied.error().what);
    }
    return {};
  }

  // Annotations change with an email that is known otherwise: they are asked for each time.
  Result<> fetch_annotations(std::vector<Item>& items) {
    std::vector<std::uint64_t> ids;
    for (const Item& item : items) ids.push_back(item.id);
    stored::GetEmails wanted;
    wanted.set_annotations(true);
    wanted.set_deleted(true);
    std::map<std::uint64_t, std::vector<archive::Annotation>> got;
    auto ok = read_emails(c_, state_.info.account(), ids, wanted, [&](stored::EmailData& e) {
      for (const auto& a : e.annotations())
        if (!a.remove()) got[e.id()].push_back({a.principal(), a.entry(), base::base64(a.value()), a.modseq()});
      return Result<>();
    });
    if (!ok) return ok;
    for (Item& item : items)
      if (item.fixed) item.fixed->annotations = std::move(got[item.id]);
    return {};
  }

  Result<> copy(const archive::Email& e, const stored::EmailData& data) {
    if (writer_->has_message(e.sha256, data.size())) return {};
    auto location = blob::Location::parse(data.location());
    if (!location) return pass(location);
    auto before = writer_->new_bytes();
    auto done = writer_->message(e.sha256, data.size(), [&](const archive::Sink& sink) {
      Result<> written;
      auto read = reader_.read_frames(*location, 0, [&](std::string_view piece) {
        written = sink(piece);
        return written.has_value();
      });
      return written ? read : written;
    });
    if (!done) return done;
    ++done_.new_messages;
    done_.new_bytes += writer_->new_bytes() - before;
    return {};
  }

  Context& c_;
  const AccountState& state_;
  Previous previous_;
  Writer* writer_;
  BackedUp& done_;
  blob::Reader reader_;
  std::vector<std::string> keywords_;
  std::span<const Row> rows_, lost_;            // of state_: what is still to come
  std::span<const std::uint64_t> deleted_;
};

}  // namespace

Result<> back_up_account(Context& c, const Folder* shelf, const KnownAccount& account, BackedUp& done) {
  auto state = read_account(c, account.id);
  if (!state) return pass(state);
  if (!*state) return {};   // no mail has come yet, or it was deleted too long ago
  // The directory's list decides, whatever happened since; when it was is the store's word, where that has heard of it.
  auto& deleted = done.account_deleted = account.deleted;
  auto& record = *(*state)->info.mutable_record();
  if (deleted && record.deleted()) deleted = record.deleted();
  record.set_deleted(deleted);
  auto name = account.folder();
  if (!shelf) return AccountBackup(c, **state, {}, nullptr, done).run();
  auto folder = c.dry_run() ? shelf->sub(name) : shelf->make(name);
  if (!folder && !(c.dry_run() && folder.error().code == "NOT_FOUND")) return pass(folder);
  auto previous = Previous::open(folder ? &*folder : nullptr, account.id, (*state)->info.epoch());
  if (c.dry_run()) return AccountBackup(c, **state, std::move(previous), nullptr, done).run();
  archive::Manifest head;
  head.kind = "account";
  head.name = account.name;
  head.id = account.id;
  head.account_deleted = deleted;
  auto started = static_cast<std::uint64_t>(base::unix_now());
  auto writer = Writer::open(std::move(*folder), std::move(head));
  if (!writer) return pass(writer);
  if (auto ok = AccountBackup(c, **state, std::move(previous), &*writer, done).run(); !ok) return ok;
  auto finished = writer->finish(started, c.has("--prune"));
  if (!finished) return pass(finished);
  return {};
}

}  // namespace postern::cli
