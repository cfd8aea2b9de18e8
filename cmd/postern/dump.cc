// dump: the directory and all mail, as the way to another engine or machine.  The same archive as backup's, and with it
// what passwords are checked against.
#include "archive/writer.h"
#include "base/codec.h"
#include "base/system.h"
#include "cmd/postern/archive_records.h"
#include "cmd/postern/backup.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

using base::Result;

// In the order that load needs; the accounts among them, deleted ones too, are those whose mail is dumped.
Result<std::vector<authd::Entry>> read_directory(Context& c) {
  std::vector<authd::Request> asked;
  if (c.dry_run())   // no secrets are asked for without need
    for (const char* kind : {"account", "deleted"}) asked.emplace_back().mutable_list()->set_kind(kind);
  else
    asked.emplace_back().mutable_dump_directory();
  std::vector<authd::Entry> out;
  for (const auto& r : asked) {
    auto ok = c.authd_items(r, [&](const authd::Reply& reply) {
      out.insert(out.end(), reply.entries().entries().begin(), reply.entries().entries().end());
    });
    if (!ok) return pass(ok);
  }
  return out;
}

// What the server says to everybody: annotations that belong to no account.
Result<> write_annotations(Context& c, archive::Writer& writer) {
  stored::Request r;
  r.mutable_get_metadata();
  auto reply = c.stored(std::move(r));
  if (!reply) return pass(reply);
  for (const auto& m : reply->metadata().entries())
    if (auto ok = writer.line(archive::Metadata{0, 0, m.entry(), base::base64(m.value())}); !ok) return ok;
  return {};
}

Result<> write_directory(Context& c, const archive::Folder& root, const std::vector<authd::Entry>& entries) {
  auto folder = root.make("directory");
  if (!folder) return pass(folder);
  archive::Manifest head;
  head.kind = "directory";
  auto started = static_cast<std::uint64_t>(base::unix_now());
  auto writer = archive::Writer::open(std::move(*folder), std::move(head));
  if (!writer) return pass(writer);
  for (const auto& e : entries)
    if (auto ok = writer->line(entry_line(e)); !ok) return ok;
  if (auto ok = write_annotations(c, *writer); !ok) return ok;
  auto done = writer->finish(started, false);
  return done ? Result<>() : pass(done);
}

}  // namespace

int dump(Context& c) {
  if (c.args().size() != 1) return c.usage("expected the archive's folder");
  if (!c.config()) return kBadConfig;
  std::optional<ArchiveRoot> root;
  if (auto ok = open_for_writing(c, c.args()[0], root); !ok) return c.fail(ok.error());
  auto entries = read_directory(c);
  if (!entries) return c.fail(entries.error());
  std::vector<KnownAccount> accounts;
  for (const auto& e : *entries)
    if (e.kind() == "account") accounts.push_back({e.name(), e.id(), e.deleted()});
  if (!c.dry_run())
    if (auto ok = write_directory(c, root->folder, *entries); !ok) return c.fail(ok.error());
  std::uint64_t failures = 0;
  auto done = back_up(c, root ? &root->folder : nullptr, accounts, failures);
  return report(c, done, failures);
}

}  // namespace postern::cli
