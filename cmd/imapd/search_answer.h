// Answers of searches: SEARCH, SORT and ESEARCH lines.  RFC 9051 7.3.4, RFC 4731, RFC 5267, RFC 7377, RFC 9394.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cmd/imapd/session.h"
#include "cmd/imapd/view.h"
#include "imap/search_return.h"

namespace postern::imapd {

// The numbers that were found, in the order asked for.
class FoundList {
 public:
  explicit FoundList(imap::UidSet in_order);
  explicit FoundList(std::vector<std::uint32_t> sorted) : sorted_(std::move(sorted)), is_sorted_(true) {}
  std::uint64_t count() const { return is_sorted_ ? sorted_.size() : set_.count(); }
  std::uint32_t first() const { return is_sorted_ ? sorted_.front() : set_.min(); }
  std::uint32_t last() const { return is_sorted_ ? sorted_.back() : set_.max(); }
  // " 5 3 4": for the answers without RETURN.
  void append_words(std::string& out) const;
  // A sequence-set of places lo to hi, counted from 1.  REQUIRES: 1 <= lo <= hi <= count().
  std::string set_text(std::uint64_t lo, std::uint64_t hi) const;
  // The numbers there.  REQUIRES: the same.
  imap::UidSet set(std::uint64_t lo, std::uint64_t hi) const;
  // Relevancy scores, one a number, in the order of the numbers (RFC 6203).
  std::vector<std::uint32_t> scores;

 private:
  imap::UidSet set_;
  std::vector<std::uint32_t> sorted_;
  bool is_sorted_ = false;
};
// "7,3:5": ranges only where they ascend (RFC 5267 3.2).
void append_in_order(std::string& out, const std::vector<std::uint32_t>& numbers, std::size_t from, std::size_t to);

// What an ESEARCH line says first.
struct EsearchHead {
  std::string mailbox;  // canonical name and
  std::uint32_t uidvalidity = 0;  // its UIDVALIDITY, for a search over several; 0: not told
  bool uid = false;     // numbers are UIDs
};
// Without the line's end.  `modseq`: told when not 0.
std::string esearch_line(const Session& s, const EsearchHead& head, const imap::SearchReturn& ret,
                         const FoundList& found, std::uint64_t modseq);
// " (MODSEQ 12)", which ends a SEARCH or SORT line (RFC 7162 3.1.5, 3.1.6).
void append_search_modseq(std::string& out, std::uint64_t modseq);
// "* ESEARCH (TAG "a1") UID", for those that go on by themselves.
std::string esearch_begin(const Session& s, std::string_view tag, const EsearchHead& head);

// The message numbers of UIDs that the client knows.
imap::UidSet seqs_of(const imap::UidRuns& map, const imap::UidSet& uids);
// What RETURN (SAVE) keeps of the UIDs that were found: those that MIN, MAX and PARTIAL name, or all where nothing is named or ALL
// or COUNT are (RFC 5182 2.4, RFC 9394 3.2).
imap::UidSet to_save(const imap::SearchReturn& ret, const FoundList& found);
// A search with SAVE that ends with NO leaves nothing saved; one with BAD what was (likewise).
void forget_saved(Session& s, const Reply& reply);
// The MODSEQ that is told (RFC 4731 3.2): of the messages that MIN and MAX alone name, else `highest`, that of all.
// `first` and `last`: what MIN and MAX are; 0 when nothing was found.
std::uint64_t told_modseq(const imap::SearchReturn& ret, const View& view, std::uint32_t first, std::uint32_t last,
                          std::uint64_t highest);

}  // namespace postern::imapd
