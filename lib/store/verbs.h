// The table of verbs: what each one is called, who may call it, whether it writes, the function that does it, and
// what somebody else than the owner needs for it.
// A verb that is not in the table does not exist.  One file a verb, or a group of small ones: verb_*.cc.
// Runs in: stored, on the store thread.  Tests: t/unit/store_access.cc
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "store/call.h"

namespace postern::store {

class Store;

// Does one step of `call`: fills call.reply and sets call.state.  An error ends the call with that error.
using Handler = Result<> (*)(Store&, Call&);

struct Verb {
  stored::Request::VerbCase number;
  std::string_view name;       // the field of Request
  std::uint8_t kinds;          // bits of Kind
  bool is_write;               // repeatable by (client, sequence); refused once writing has stopped
  bool needs_account;          // Request.account names one, and it comes into being if the ticket may use it
  Handler handler;
  // Rights that a sharer needs in the mailbox that the request names; 0: he gets what his rights leave of the
  // answer.  Some verbs ask for more by themselves, as a destination's.
  Rights needs = kOwnerOnly;
  bool store_too = false;      // an admin may name account 0, the store itself
};

std::span<const Verb> verbs();
// Nothing for a number that no verb has.
const Verb* find_verb(stored::Request::VerbCase number);

Result<> get_account(Store&, Call&);
Result<> list_mailboxes(Store&, Call&);
Result<> create_mailbox(Store&, Call&);
Result<> update_mailbox(Store&, Call&);
Result<> delete_mailbox(Store&, Call&);
Result<> select_mailbox(Store&, Call&);
Result<> get_sheet(Store&, Call&);
Result<> get_delta(Store&, Call&);
Result<> get_emails(Store&, Call&);
Result<> add_emails(Store&, Call&);
Result<> add_batch(Store&, Call&);
Result<> store_flags(Store&, Call&);
Result<> copy_emails(Store&, Call&);
Result<> expunge(Store&, Call&);
Result<> update_emails(Store&, Call&);
Result<> get_threads(Store&, Call&);
Result<> get_changes(Store&, Call&);
Result<> put_blob(Store&, Call&);
Result<> get_blobs(Store&, Call&);
Result<> watch(Store&, Call&);
Result<> list_deleted(Store&, Call&);
Result<> undelete(Store&, Call&);
Result<> set_acl(Store&, Call&);
Result<> get_metadata(Store&, Call&);
Result<> set_metadata(Store&, Call&);
Result<> list_shared(Store&, Call&);
Result<> get_scripts(Store&, Call&);
Result<> put_script(Store&, Call&);
Result<> delete_script(Store&, Call&);
Result<> activate_script(Store&, Call&);
Result<> set_vacation(Store&, Call&);
Result<> get_marks(Store&, Call&);
Result<> take_marks(Store&, Call&);
Result<> store_annotations(Store&, Call&);
Result<> sign_url(Store&, Call&);
Result<> reset_url_keys(Store&, Call&);
Result<> fetch_url(Store&, Call&);
Result<> list_accounts(Store&, Call&);
Result<> delete_account(Store&, Call&);
Result<> revoke(Store&, Call&);
Result<> checkpoint(Store&, Call&);
Result<> get_stats(Store&, Call&);
Result<> collect_blobs(Store&, Call&);
Result<> base_copy(Store&, Call&);
Result<> check_account(Store&, Call&);
Result<> upgrade_store(Store&, Call&);
Result<> load_account(Store&, Call&);
Result<> get_rest(Store&, Call&);

}  // namespace postern::store
