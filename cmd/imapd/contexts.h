// Searches whose results the client is kept informed of.  RFC 5267 (UPDATE), RFC 5465 7 (attributes of new members).
// Belongs to the selected mailbox and ends with it.  Memory: kMaxContexts of them, a filter and the UIDs found each.
// After each look at the mailbox what changed is evaluated anew; nothing that the sort criteria look at ever changes of
// a message, so that members only come and go.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cmd/imapd/search.h"
#include "imap/search_return.h"

namespace postern::imapd {

inline constexpr std::size_t kMaxContexts = 16;       // of one session
inline constexpr std::size_t kMaxSortContexts = 4;    // of these, sorted ones

class Contexts {
 public:
  // Of the selected mailbox.  REQUIRES: one is selected.
  static Contexts& of(Session& s);
  bool empty() const { return all_.empty(); }
  bool has(std::string_view tag) const;
  // After the answer to the command that runs.  Past the limits the client is told NO [NOUPDATE].
  void add_search(Session& s, imap::SearchReturn ret, bool uid, const Scope& scope,
                  std::shared_ptr<const query::Filter> filter, imap::UidSet found);
  void add_sort(Session& s, imap::SearchReturn ret, bool uid, const Scope& scope,
                std::shared_ptr<const query::Filter> filter, query::Order order, std::vector<std::uint32_t> sorted);
  // False when there is none of that tag.
  bool cancel(std::string_view tag);
  // Tells that `gone` left the results; before the EXPUNGE that makes their numbers void.
  void remove(Session& s, const imap::UidSet& gone);
  // Evaluates what changed in the mailbox up to what the client has been told of it.
  // `arrived`: new since the last time.
  io::Task<void> catch_up(Session& s, const imap::UidSet& arrived);

 private:
  struct Context {
    std::string tag;
    bool uid = false;
    bool sorted = false;
    std::shared_ptr<const query::Filter> filter;
    query::Order order;
    imap::UidSet members;
    std::vector<std::uint32_t> list;  // of a sorted one: the members in order
    imap::FetchArgs items;            // of messages that enter with their arrival
  };
  void add(Session& s, Context c, const imap::SearchReturn& ret, const Scope& scope);
  void remove_from(Session& s, Context& c, const imap::UidSet& gone);
  io::Task<base::Result<>> evaluate(Session& s, std::size_t index, const Scope& scope, const imap::UidSet& arrived);
  io::Task<base::Result<>> add_to(Session& s, std::size_t index, const Scope& scope, imap::UidSet added);

  std::vector<std::unique_ptr<Context>> all_;
  std::uint64_t modseq_ = 0;  // changes up to here have been evaluated
};

}  // namespace postern::imapd
