// Asks the index of one account.  Runs in: searchd (and, for its status, indexer).  Not thread-safe; one revision of the
// database from open() or refresh() on.  What is on disk is not trusted: whatever is wrong with it is an error.
// Tests: t/unit/index_reader.cc
//
// What a reader may rely on.  An email that at covered() was in some mailbox without \Deleted, and still is, is in the index:
// it is among the results, or it does not match, or it is in incomplete().  Others may be in it or not, and missing() says
// which: those that came or came back later, and those whose rows all have \Deleted, which the change log calls destroyed (they
// stay until they are expunged, but an index that is made anew does not have them).
// Emails that are gone may still be found; ids are never used again, so a look at the sheet drops them.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "index/query.h"

namespace postern::index {

using Ids = std::vector<std::uint64_t>;  // email ids, ascending

// Which commits of which life of the account are in an index.
struct Coverage {
  std::uint64_t epoch = 0;   // the account's; another one: the index says nothing about it
  std::uint64_t modseq = 0;  // 0: nothing is promised yet, all emails must be asked for with missing()
};

struct Hit {
  std::uint64_t email = 0;
  double weight = 0;  // BM25, comparable within one answer
};

struct IndexInfo {
  Coverage covered;
  std::uint64_t emails = 0;       // in the index, incomplete ones too
  std::uint64_t incomplete = 0;
  std::uint64_t text_bytes = 0;   // of the texts that were indexed
  std::uint64_t file_bytes = 0;   // of the database's files
  std::uint64_t terms = 0;        // different words of the dictionary
  std::vector<Language> languages;  // most frequent first
};

// An index that was written since the machine started is trusted only by who can read this.
inline constexpr std::string_view kBootId = "/proc/sys/kernel/random/boot_id";

struct OpenIndex;

// Codes of errors: NOT_FOUND (there is no index), REBUILD (corrupt, of another format, or not known to be on disk after a
// power loss: indexer makes it anew, scan until then), MODIFIED (the writer has gone on by more than one revision: call
// refresh() and ask again, once), LIMIT (the question is too large: scan).
class Reader {
 public:
  // `folder`: the account's, folder_of(var/fts, account).
  static base::Result<std::unique_ptr<Reader>> open(const std::string& folder);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Takes the newest revision; false when this was it already.  REBUILD when the folder was exchanged or removed: open()
  // again.
  base::Result<bool> refresh();
  const Coverage& covered() const;
  base::Result<IndexInfo> info() const;

  // All that match.
  base::Result<Ids> search(const Query& q);
  // The best `limit` of them, best first.
  base::Result<std::vector<Hit>> rank(const Query& q, std::size_t limit);
  // Of `among` (ascending), with its weight; those that do not match are left out.  Same order.
  base::Result<std::vector<Hit>> weigh(const Query& q, std::span<const std::uint64_t> among);

  // For IMAP's substring rule: a superset of the emails in which one of `fields`, as mime::match_key sees it, contains
  // `needle`, except those of incomplete() and missing().  `everything`: the needle has no word in it, or too many terms
  // contain it; then `ids` is empty and the text must be asked of all.
  // `decided`: where the needle is what i;unicode-casemap makes of a part of one word, all of `ids` contain it, but for those
  // of `open`, whose text must be asked.  Of Field::header it says only that some field contains it, not which.
  struct Candidates {
    bool everything = false;
    bool decided = false;
    Ids ids, open;
  };
  base::Result<Candidates> candidates(std::string_view needle, Fields fields);

  // Emails that were indexed in part (limits, a text that could not be read, a message that crashed its reader): whatever is
  // asked, they may match.
  base::Result<Ids> incomplete();
  // Those of `emails` (ascending) that are not in the index.
  base::Result<Ids> missing(std::span<const std::uint64_t> emails);
  // Bytes that this keeps in memory, for a cache's budget.
  std::size_t memory() const;
  // A hash of all that a search can see: two indexes of the same emails have the same one, however they came to be.
  base::Result<std::string> digest();

 private:
  explicit Reader(std::unique_ptr<OpenIndex> open);
  std::unique_ptr<OpenIndex> open_;
};

// `root`/ACCOUNT.
std::string folder_of(const std::string& root, std::uint64_t account);

}  // namespace postern::index
