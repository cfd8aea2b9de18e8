// The functions of the table in verbs.cc, one file each.
#pragma once
#include "cmd/postern/context.h"

namespace postern::cli {

int quickstart(Context& c);

int domain_add(Context& c);
int domain_list(Context& c);
int domain_set(Context& c);
int domain_delete(Context& c);

int account_add(Context& c);
int account_list(Context& c);
int account_show(Context& c);
int account_set(Context& c);
int account_passwd(Context& c);
int account_delete(Context& c);
int account_import(Context& c);

int alias_add(Context& c);
int group_add(Context& c);
int list_add(Context& c);
int members_set(Context& c);   // alias, group, list set
int entries_list(Context& c);  // alias, group, list list
int entry_show(Context& c);
int entry_delete(Context& c);

int mailbox_list(Context& c);
int mailbox_create(Context& c);
int mailbox_rename(Context& c);
int mailbox_delete(Context& c);
int mailbox_status(Context& c);

int deleted_list(Context& c);
int undelete(Context& c);

int expire(Context& c);
int gc(Context& c);
int base_copy(Context& c);
int index_status(Context& c);
int index_rebuild(Context& c);
int index_optimize(Context& c);
int fsck(Context& c);
int upgrade(Context& c);
int metadata_get(Context& c);
int sieve_list(Context& c);
int sieve_show(Context& c);
int sieve_put(Context& c);
int sieve_activate(Context& c);
int sieve_deactivate(Context& c);
int sieve_delete(Context& c);
int metadata_set(Context& c);
int metadata_list(Context& c);

int acl_list(Context& c);
int acl_set(Context& c);
int acl_delete(Context& c);
int acl_seen(Context& c);

int subscribe(Context& c);  // and unsubscribe
int subscriptions(Context& c);

int import_mail(Context& c);  // import mbox, maildir, eml
int export_mail(Context& c);

int backup(Context& c);
int verify(Context& c);
int restore(Context& c);
int dump(Context& c);
int load(Context& c);
int sieve_check(Context& c);
int sieve_compile(Context& c);
int sieve_test(Context& c);
int audit_log(Context& c);
int audit_verify(Context& c);

int status(Context& c);
int who(Context& c);
int kick(Context& c);
int reload(Context& c);
int stop(Context& c);
int config(Context& c);
int call(Context& c);
int log(Context& c);
int completion(Context& c);
int privileges(Context& c);

}  // namespace postern::cli
