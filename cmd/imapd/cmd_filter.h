// FILTER and UID FILTER, for the table of commands.
#pragma once
#include "cmd/imapd/session.h"
#include "imap/filter_args.h"

namespace postern::imapd {

io::Task<Reply> run_filter(Session& s, imap::FilterArgs args);
io::Task<Reply> run_uid_filter(Session& s, imap::FilterArgs args);

}  // namespace postern::imapd
