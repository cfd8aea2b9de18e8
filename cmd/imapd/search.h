// The search that SEARCH, SORT, THREAD, ESEARCH and contexts share: which messages of one mailbox match.  Most are
// decided by their row in the shared view, the others by lib/query.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "cmd/imapd/session.h"
#include "cmd/imapd/view.h"
#include "imap/search_program.h"
#include "query/contents.h"

namespace postern::imapd {

// A mailbox that is searched.
struct Scope {
  std::uint32_t mailbox = 0;
  std::shared_ptr<client::Login> login;  // whose it is: the user in that account
  std::shared_ptr<Account> account;
  std::shared_ptr<View> view;
  imap::UidRuns map;     // message numbers; as the client knows them where it is the selected mailbox
  imap::UidSet uids;     // what may be found
  imap::UidSet recent;
};
// The selected mailbox as the client knows it.
io::Task<base::Result<Scope>> selected_scope(Session& s);
// Another mailbox as it is now.
io::Task<base::Result<Scope>> other_scope(Session& s, std::uint32_t mailbox, std::shared_ptr<client::Login> login,
                                          std::shared_ptr<Account> account);

// Makes the program ready to run: puts in what its FILTER keys stand for.  A reply refuses the command.
io::Task<std::optional<Reply>> prepare(Session& s, imap::SearchArgs& args);
// The program's filter for this mailbox.  The session's collation and the time are those of this moment.
// `program` must live until this ends.
io::Task<base::Result<std::shared_ptr<const query::Filter>>> bind(Session& s, const imap::SearchProgram& program,
                                                                  const Scope& scope);
// The same with what the full-text index knows of it.
io::Task<std::shared_ptr<const query::Filter>> ask_index(Session& s, const Scope& scope,
                                                         std::shared_ptr<const query::Filter> filter);

// Leaves in scope.uids what one command may search of the messages that the filter's own sets let through; then the code
// that says so, else nothing (RFC 9738).
std::string limit_search(const Session& s, const query::Filter& filter, Scope& scope);

// How lib/query reaches the messages of a mailbox.
query::Access access(Session& s, const Scope& scope);
// Calls `hit` for each match; not in order.
io::Task<base::Result<>> find_rows(Session& s, const Scope& scope, std::shared_ptr<const query::Filter> filter,
                                   std::function<void(const query::Row&)> hit);
struct Found {
  imap::UidSet uids;
  std::uint64_t highest = 0;  // modseq among them
  std::vector<std::uint32_t> scores;  // where the filter is fuzzy: one a UID, in their order (RFC 6203)
};
// The scores of these rows, in their order; empty where the filter is not fuzzy.
std::vector<std::uint32_t> scores_of(const query::Filter& filter, const std::vector<query::Row>& rows);
io::Task<base::Result<Found>> find_uids(Session& s, const Scope& scope, std::shared_ptr<const query::Filter> filter);
// All matches in ascending order of UID.
io::Task<base::Result<std::vector<query::Row>>> matching_rows(Session& s, const Scope& scope,
                                                              std::shared_ptr<const query::Filter> filter);
// UIDs of the rows in the order asked for.
io::Task<base::Result<std::vector<std::uint32_t>>> sort_rows(Session& s, const Scope& scope, query::Order order,
                                                             const std::vector<query::Row>& rows,
                                                             std::shared_ptr<const query::Filter> filter);

}  // namespace postern::imapd
