// The handlers, one a file cmd_*.cc; found through command_table.cc.
#pragma once
#include "cmd/imapd/session.h"
#include "imap/append_args.h"
#include "imap/args.h"
#include "imap/convert_args.h"
#include "imap/fetch.h"
#include "imap/list_args.h"
#include "imap/notify_args.h"
#include "imap/search_program.h"
#include "imap/sharing_args.h"
#include "imap/url_args.h"

namespace postern::imapd {

struct Mailbox;
using Answer = io::Task<Reply>;

Answer run_capability(Session& s, imap::NoArgs);
Answer run_noop(Session& s, imap::NoArgs);
Answer run_logout(Session& s, imap::NoArgs);
Answer run_id(Session& s, imap::IdArgs args);
Answer run_enable(Session& s, imap::EnableArgs args);
Answer run_namespace(Session& s, imap::NoArgs);
Answer run_language(Session& s, imap::WordsArgs args);
Answer run_convert(Session& s, imap::ConvertArgs args);
Answer run_uid_convert(Session& s, imap::ConvertArgs args);
Answer run_conversions(Session& s, imap::ConversionsArgs args);
Answer run_compress(Session& s, imap::WordsArgs args);
Answer run_getjmapaccess(Session& s, imap::NoArgs);
Answer run_unauthenticate(Session& s, imap::NoArgs);

Answer run_starttls(Session& s, imap::NoArgs);
Answer run_login(Session& s, imap::LoginArgs args);
Answer run_authenticate(Session& s, imap::AuthenticateArgs args);

Answer run_select(Session& s, imap::SelectArgs args);
Answer run_examine(Session& s, imap::SelectArgs args);
Answer run_close(Session& s, imap::NoArgs);
Answer run_unselect(Session& s, imap::NoArgs);

Answer run_create(Session& s, imap::CreateArgs args);
Answer run_delete(Session& s, imap::MailboxArgs args);
Answer run_rename(Session& s, imap::RenameArgs args);
Answer run_subscribe(Session& s, imap::MailboxArgs args);
Answer run_unsubscribe(Session& s, imap::MailboxArgs args);
Answer run_list(Session& s, imap::ListArgs args);
Answer run_lsub(Session& s, imap::ListArgs args);
Answer run_status(Session& s, imap::StatusArgs args);

Answer run_getmetadata(Session& s, imap::GetMetadataArgs args);
Answer run_setmetadata(Session& s, imap::SetMetadataArgs args);

Answer run_resetkey(Session& s, imap::ResetKeyArgs args);
Answer run_genurlauth(Session& s, imap::GenUrlAuthArgs args);
Answer run_urlfetch(Session& s, imap::UrlFetchArgs args);

Answer run_getquota(Session& s, imap::QuotaRootArgs args);
Answer run_getquotaroot(Session& s, imap::MailboxArgs args);
Answer run_setquota(Session& s, imap::SetQuotaArgs args);

Answer run_getacl(Session& s, imap::MailboxArgs args);
Answer run_setacl(Session& s, imap::SetAclArgs args);
Answer run_deleteacl(Session& s, imap::AclArgs args);
Answer run_listrights(Session& s, imap::AclArgs args);
Answer run_myrights(Session& s, imap::MailboxArgs args);

Answer run_append(Session& s, imap::AppendArgs args);
Answer run_replace(Session& s, imap::AppendArgs args);
Answer run_uid_replace(Session& s, imap::AppendArgs args);
Answer run_idle(Session& s, imap::NoArgs);

Answer run_fetch(Session& s, imap::FetchArgs args);
Answer run_uid_fetch(Session& s, imap::FetchArgs args);
Answer run_store(Session& s, imap::StoreArgs args);
Answer run_uid_store(Session& s, imap::StoreArgs args);
Answer run_search(Session& s, imap::SearchArgs args);
Answer run_uid_search(Session& s, imap::SearchArgs args);
Answer run_sort(Session& s, imap::SortArgs args);
Answer run_uid_sort(Session& s, imap::SortArgs args);
Answer run_thread(Session& s, imap::ThreadArgs args);
Answer run_uid_thread(Session& s, imap::ThreadArgs args);
Answer run_esearch(Session& s, imap::EsearchArgs args);
Answer run_cancelupdate(Session& s, imap::TagArgs args);
Answer run_notify(Session& s, imap::NotifyArgs args);
Answer run_comparator(Session& s, imap::ComparatorArgs args);
Answer run_copy(Session& s, imap::CopyArgs args);
Answer run_uid_copy(Session& s, imap::CopyArgs args);
Answer run_move(Session& s, imap::CopyArgs args);
Answer run_uid_move(Session& s, imap::CopyArgs args);
Answer run_expunge(Session& s, imap::NoArgs);
Answer run_uid_expunge(Session& s, imap::SetArgs args);

// FETCH lines of `uids`, as UID FETCH would give them: for messages that the client did not ask about by itself.
io::Task<void> fetch_for(Session& s, imap::FetchArgs args, imap::UidSet uids);

// " (MESSAGES 3 UNSEEN 1)" of STATUS, for STATUS and LIST RETURN (STATUS ...).
io::Task<base::Result<std::string>> status_text(Session& s, const Mailbox& m,
                                                std::vector<imap::StatusItem> items);

}  // namespace postern::imapd
