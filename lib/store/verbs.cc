#include "store/verbs.h"

#include <array>

namespace postern::store {
namespace {

using V = stored::Request;
namespace m = model;
constexpr std::uint8_t kUser = Kind::user | Kind::user;
constexpr std::uint8_t kDeliver = Kind::user | Kind::deliver;
constexpr std::uint8_t kRead = Kind::user | Kind::index;
constexpr std::uint8_t kReadAdmin = kRead | Kind::admin;
constexpr std::uint8_t kUserAdmin = Kind::user | Kind::admin;
constexpr std::uint8_t kAdmin = Kind::admin | Kind::admin;

//                                                          kinds, write, account, handler, a sharer's rights
constexpr std::array kVerbs = std::to_array<Verb>({
    {V::kGetAccount, "get_account", kReadAdmin, false, true, get_account, 0},
    {V::kListMailboxes, "list_mailboxes", kReadAdmin | Kind::deliver, false, true, list_mailboxes, 0},
    {V::kCreateMailbox, "create_mailbox", kDeliver, true, true, create_mailbox, m::kCreate},
    {V::kUpdateMailbox, "update_mailbox", kUser, true, true, update_mailbox, m::kDeleteMailbox},
    {V::kDeleteMailbox, "delete_mailbox", kUser, true, true, delete_mailbox, m::kDeleteMailbox},
    {V::kSelectMailbox, "select_mailbox", kUser, false, true, select_mailbox, m::kRead},
    {V::kGetSheet, "get_sheet", kReadAdmin, false, true, get_sheet, m::kRead},
    {V::kGetDelta, "get_delta", kRead, false, true, get_delta, m::kRead},
    {V::kGetEmails, "get_emails", kReadAdmin, false, true, get_emails, m::kRead},
    {V::kAddEmails, "add_emails", kDeliver, true, false, add_emails, m::kInsert},  // each target names its account
    {V::kAddBatch, "add_batch", kUser, true, true, add_batch, m::kInsert},
    {V::kStoreFlags, "store_flags", kUser, true, true, store_flags, m::kRead},  // and those of the flags
    {V::kStoreAnnotations, "store_annotations", kUser, true, true, store_annotations, m::kRead},  // and `n` for shared ones
    {V::kCopyEmails, "copy_emails", kUser, true, true, copy_emails, m::kRead},
    {V::kExpunge, "expunge", kUser, true, true, expunge, m::kExpunge},
    {V::kUpdateEmails, "update_emails", kUser, true, true, update_emails},
    {V::kGetThreads, "get_threads", kRead, false, true, get_threads},
    {V::kGetChanges, "get_changes", kRead, false, true, get_changes},
    {V::kPutBlob, "put_blob", kUserAdmin, true, true, put_blob},  // of admins: into a load
    {V::kGetBlobs, "get_blobs", kReadAdmin, false, true, get_blobs},
    {V::kWatch, "watch", kRead, false, false, watch, 0},  // each entry names its account
    {V::kSetAcl, "set_acl", kUser, true, true, set_acl, m::kAdminister},
    {V::kGetMetadata, "get_metadata", kReadAdmin | Kind::deliver, false, true, get_metadata, m::kLookup, true},
    {V::kSetMetadata, "set_metadata", kUser | Kind::admin, true, true, set_metadata, m::kLookup, true},
    {V::kListShared, "list_shared", kUser, false, true, list_shared},
    {V::kSignUrl, "sign_url", kUser, true, true, sign_url},
    {V::kResetUrlKeys, "reset_url_keys", kUser, true, true, reset_url_keys},
    {V::kFetchUrl, "fetch_url", kUser, false, true, fetch_url, 0},  // the token decides
    {V::kListDeleted, "list_deleted", kUserAdmin, false, false, list_deleted},  // account 0: the accounts
    {V::kUndelete, "undelete", kUserAdmin, true, true, undelete},
    {V::kGetScripts, "get_scripts", kReadAdmin | Kind::deliver, false, true, get_scripts, 0},  // of others what a mailbox names
    {V::kPutScript, "put_script", kUserAdmin, true, true, put_script},
    {V::kDeleteScript, "delete_script", kUserAdmin, true, true, delete_script},
    {V::kActivateScript, "activate_script", kUserAdmin, true, true, activate_script},
    {V::kSetVacation, "set_vacation", kUserAdmin, true, true, set_vacation},
    {V::kGetMarks, "get_marks", kDeliver, false, true, get_marks},
    {V::kTakeMarks, "take_marks", kDeliver, true, true, take_marks},
    {V::kListAccounts, "list_accounts", Kind::admin | Kind::index, false, false, list_accounts},
    {V::kDeleteAccount, "delete_account", kAdmin, true, false, delete_account},
    {V::kRevoke, "revoke", kAdmin, true, false, revoke},
    {V::kCheckpoint, "checkpoint", kAdmin, false, false, checkpoint},
    {V::kGetStats, "get_stats", kAdmin, false, false, get_stats},
    {V::kCollectBlobs, "collect_blobs", kAdmin, true, false, collect_blobs},
    {V::kCheckAccount, "check_account", kAdmin, true, false, check_account},  // account 0: the store's own rows
    {V::kUpgradeStore, "upgrade_store", kAdmin, true, false, upgrade_store},
    {V::kBaseCopy, "base_copy", kAdmin, false, false, base_copy},
    {V::kLoadAccount, "load_account", kAdmin, true, false, load_account},  // it comes into being at the end
    {V::kGetRest, "get_rest", kAdmin, false, true, get_rest},
});

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

const Verb* find_verb(stored::Request::VerbCase number) {
  for (const Verb& v : kVerbs)
    if (v.number == number) return &v;
  return nullptr;
}

}  // namespace postern::store
