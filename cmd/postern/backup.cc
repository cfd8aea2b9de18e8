// backup: accounts into an archive, hot and incremental, one after the other.
#include "cmd/postern/backup.h"

#include <unistd.h>

#include <map>

#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {

using archive::Folder;
using base::Result;

namespace {

// Once.  In a dry run nothing is made, and nothing is there where the archive has no such folder yet.
Result<> open_shelf(Context& c, const Folder* root, const char* name, std::optional<Folder>& shelf) {
  if (!root || shelf) return {};
  auto opened = c.dry_run() ? root->sub(name) : root->make(name);
  if (opened)
    shelf = std::move(*opened);
  else if (!c.dry_run())
    return pass(opened);
  return {};
}

}  // namespace

std::vector<BackedUp> back_up(Context& c, const Folder* root, const std::vector<KnownAccount>& accounts,
                              std::uint64_t& failures) {
  std::vector<BackedUp> out;
  std::map<std::string_view, std::optional<Folder>> shelves;
  for (const KnownAccount& a : accounts) {
    auto& done = out.emplace_back();
    done.name = a.name;
    auto& shelf = shelves[a.shelf()];
    auto ok = open_shelf(c, root, a.shelf(), shelf);
    if (ok) ok = back_up_account(c, shelf ? &*shelf : nullptr, a, done);
    failures += done.failed;
    if (ok) continue;
    ++failures;
    c.progress_end();
    c.error(a.name + ": " + ok.error().what);
  }
  c.progress_end();
  return out;
}

Result<> open_for_writing(Context& c, const std::string& dir, std::optional<ArchiveRoot>& root) {
  if (c.dry_run()) {
    auto there = ArchiveRoot::look(dir);
    if (!there) return pass(there);
    root = std::move(*there);
    return {};
  }
  auto made = ArchiveRoot::create(dir);
  if (!made) return pass(made);
  root = std::move(*made);
  return {};
}

int report(Context& c, const std::vector<BackedUp>& done, std::uint64_t failures) {
  boost::json::array list;
  std::uint64_t emails = 0, messages = 0, bytes = 0;
  for (const auto& d : done) {
    list.push_back({{"account", d.name},
                    {"mailboxes", d.mailboxes},
                    {"emails", d.emails},
                    {"deleted", d.deleted},
                    {"new_messages", d.new_messages},
                    {"new_bytes", d.new_bytes},
                    {"failed", d.failed}});
    if (d.account_deleted) list.back().get_object()["account_deleted"] = d.account_deleted;
    emails += d.emails;
    messages += d.new_messages;
    bytes += d.new_bytes;
  }
  if (c.json())
    print_json(c, boost::json::object{{"accounts", list}, {"failed", failures}, {"dry_run", c.dry_run()}});
  else if (c.dry_run() || ::isatty(STDOUT_FILENO))
    c.out(std::to_string(done.size()) + " accounts, " + std::to_string(emails) + " emails; " +
          (c.dry_run() ? "would copy " : "copied ") + std::to_string(messages) + " messages, " + human_size(bytes) +
          "\n");
  return failures ? kFound : kOk;
}

int backup(Context& c) {
  int status = kOk;
  auto dir = archive_folder(c, status);
  if (!dir) return status;
  if (!c.config()) return kBadConfig;
  auto accounts = known_accounts(c);
  if (!accounts) return c.fail(accounts.error());
  std::optional<ArchiveRoot> root;
  if (auto opened = open_for_writing(c, *dir, root); !opened) return c.fail(opened.error());
  std::uint64_t failures = 0;
  auto done = back_up(c, root ? &root->folder : nullptr, *accounts, failures);
  return report(c, done, failures);
}

}  // namespace postern::cli
