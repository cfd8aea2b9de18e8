#include "store/verbs.h"

#include <array>

namespace postern::store {
namespace {

using V = stored::Request;
constexpr std::uint8_t kUser = Kind::user | Kind::user;
constexpr std::uint8_t kDeliver = Kind::user | Kind::deliver;
constexpr std::uint8_t kRead = Kind::user | Kind::index;
constexpr std::uint8_t kReadAdmin = kRead | Kind::admin;
constexpr std::uint8_t kUserAdmin = Kind::user | Kind::admin;
constexpr std::uint8_t kAdmin = Kind::admin | Kind::admin;

//                                                                  kinds, write, account
constexpr std::array kVerbs = std::to_array<Verb>({
    {V::kGetAccount, "get_account", kReadAdmin, false, true, get_account},
    {V::kListMailboxes, "list_mailboxes", kReadAdmin | Kind::deliver, false, true, list_mailboxes},
    {V::kCreateMailbox, "create_mailbox", kDeliver, true, true, create_mailbox},
    {V::kUpdateMailbox, "update_mailbox", kUser, true, true, update_mailbox},
    {V::kDeleteMailbox, "delete_mailbox", kUser, true, true, delete_mailbox},
    {V::kSelectMailbox, "select_mailbox", kUser, false, true, select_mailbox},
    {V::kGetSheet, "get_sheet", kRead, false, true, get_sheet},
    {V::kGetDelta, "get_delta", kRead, false, true, get_delta},
    {V::kGetEmails, "get_emails", kRead, false, true, get_emails},
    {V::kAddEmails, "add_emails", kDeliver, true, false, add_emails},  // each target names its account
    {V::kAddBatch, "add_batch", kUser, true, true, add_batch},
    {V::kStoreFlags, "store_flags", kUser, true, true, store_flags},
    {V::kCopyEmails, "copy_emails", kUser, true, true, copy_emails},
    {V::kExpunge, "expunge", kUser, true, true, expunge},
    {V::kUpdateEmails, "update_emails", kUser, true, true, update_emails},
    {V::kGetThreads, "get_threads", kRead, false, true, get_threads},
    {V::kGetChanges, "get_changes", kRead, false, true, get_changes},
    {V::kPutBlob, "put_blob", kUser, true, true, put_blob},
    {V::kGetBlobs, "get_blobs", kRead, false, true, get_blobs},
    {V::kWatch, "watch", kRead, false, false, watch},  // each entry names its account
    {V::kListDeleted, "list_deleted", kUserAdmin, false, false, list_deleted},  // account 0: the accounts
    {V::kUndelete, "undelete", kUserAdmin, true, true, undelete},
    {V::kListAccounts, "list_accounts", Kind::admin | Kind::index, false, false, list_accounts},
    {V::kDeleteAccount, "delete_account", kAdmin, true, false, delete_account},
    {V::kRevoke, "revoke", kAdmin, true, false, revoke},
    {V::kCheckpoint, "checkpoint", kAdmin, false, false, checkpoint},
    {V::kGetStats, "get_stats", kAdmin, false, false, get_stats},
    {V::kCollectBlobs, "collect_blobs", kAdmin, true, false, collect_blobs},
    {V::kCheckAccount, "check_account", kAdmin, true, false, check_account},  // account 0: the store's own rows
    {V::kUpgradeStore, "upgrade_store", kAdmin, true, false, upgrade_store},
    {V::kBaseCopy, "base_copy", kAdmin, false, false, base_copy},
});

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

const Verb* find_verb(stored::Request::VerbCase number) {
  for (const Verb& v : kVerbs)
    if (v.number == number) return &v;
  return nullptr;
}

}  // namespace postern::store
