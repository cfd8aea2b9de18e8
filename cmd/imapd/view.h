// The rows of a mailbox as this process knows them: a sheet and what has changed since it was made, so that a
// flag change costs a row and not a new sheet.  Shared by all sessions that have the mailbox selected.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "client/store_client.h"
#include "imap/set.h"
#include "model/sheet.h"

namespace postern::imapd {

class Session;

struct FlagRow {
  std::uint32_t uid;
  model::Flags flags;
  std::uint64_t modseq;
};

// Each row of an answer to StoreFlags, which has 10,000 at most.
template <class Use>
void each_flag_row(const stored::FlagsStored& done, Use&& use) {
  std::size_t room = 10'000;
  for (const stored::FlagRun& run : done.runs())
    for (std::uint64_t uid = run.first(); uid <= run.last() && room > 0; ++uid, --room)
      use(FlagRow{static_cast<std::uint32_t>(uid), {run.flags_lo(), run.flags_hi()}, run.modseq()});
}

class View {
 public:
  explicit View(client::SheetView base) : base_(std::move(base.sheet)), modseq_(base.modseq) {}
  std::uint64_t modseq() const { return modseq_; }
  // `rows` is everything that changed after `since`, up to `modseq`.  Of no use, and ignored, when this is
  // older.
  void apply(std::uint64_t since, std::uint64_t modseq,
             const google::protobuf::RepeatedPtrField<stored::Row>& rows);
  // Likewise of flags alone.
  void apply(const stored::FlagsStored& done);
  // Too much has changed: take a new sheet.
  bool worn() const { return changed_.size() > kMaxChanged; }
  std::size_t size() const { return base_->size(); }
  // Emails whose rows changed after this, ascending; and the UIDs of rows whose email and modseq `may` lets through.  The modseq
  // is the one that an index is asked about with (query/hints.h).
  std::vector<std::uint64_t> newer_than(std::uint64_t modseq) const;
  imap::UidSet uids_where(const std::function<bool(std::uint64_t email, std::uint64_t modseq)>& may) const;

  // Rows in ascending order of UID: each find() goes on from where the last one was.
  class Cursor {
   public:
    explicit Cursor(const View& view) : view_(view) {}
    bool find(std::uint32_t uid, model::SheetRow& row);

   private:
    const View& view_;
    std::size_t at_ = 0;
  };

 private:
  model::SheetRow& changed(std::uint32_t uid);
  static constexpr std::size_t kMaxChanged = 2000;
  std::shared_ptr<const model::Sheet> base_;
  std::uint64_t modseq_;
  std::unordered_map<std::uint32_t, model::SheetRow> changed_;
};

// The views of one process, the latest used kept.
class Views {
 public:
  struct Key {
    std::uint64_t account = 0;
    std::uint32_t mailbox = 0;
    std::uint64_t viewer = 0;  // who has flags of his own there; 0: everybody else
    auto operator<=>(const Key&) const = default;
  };
  // nullptr when it is not here.
  std::shared_ptr<View> find(const Key& key);
  void keep(const Key& key, std::shared_ptr<View> view);
  // What View::apply() takes, to the view of this mailbox if there is one.
  template <class... What>
  void apply(const Key& key, const What&... what) {
    auto it = index_.find(key);
    if (it == index_.end()) return;
    it->second->view->apply(what...);
    if (it->second->view->worn()) drop(Key(key));
  }
  void drop(const Key& key);

 private:
  static constexpr std::size_t kMaxViews = 64;
  static constexpr std::size_t kMaxRows = 1'000'000;  // of all views together
  struct Entry {
    Key key;
    std::shared_ptr<View> view;
  };
  std::list<Entry> order_;  // latest used first
  std::map<Key, std::list<Entry>::iterator> index_;
  std::size_t rows_ = 0;
};

// A view of the selected mailbox that is not older than what the session has told its client.
io::Task<base::Result<std::shared_ptr<View>>> current_view(Session& s);

}  // namespace postern::imapd
