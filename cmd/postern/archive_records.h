// The lines of an archive and the records of stored and authd that they stand for, in both directions side by side: what
// one writes the other reads.  Runs in: postern.  Tests: t/system/test_dump.py, test_backup.py
#pragma once
#include "archive/line.h"
#include "cmd/postern/context.h"

namespace postern::cli {

// Of an archive whose lines are not as they must be.
inline std::unexpected<base::Error> damaged(std::string what) {
  return base::fail(base::Fault::corrupt, std::move(what), "CORRUPT");
}

archive::Entry entry_line(const authd::Entry& e);
authd::Entry entry_of(const archive::Entry& e);

// `name` is the directory's; `info` with its record, as admins get it.
archive::Account account_line(const std::string& name, const stored::AccountInfo& info);
records::Account account_of(const archive::Account& a);

archive::Mailbox mailbox_line(const records::Mailbox& r);
records::Mailbox mailbox_of(const archive::Mailbox& m);

archive::Vacation vacation_line(const records::Vacation& v);
records::Vacation vacation_of(const archive::Vacation& v);

archive::Script script_line(const stored::LoadAccount::Script& s);
archive::Seen seen_line(const stored::SeenBy& s);

}  // namespace postern::cli
