// load: a dump into a directory and a store that do not have its entries and accounts; ids, UIDs and modseqs stay.
// What is there already and the same is passed over, so that a load that was cut off can be run again.  With --fork, of
// accounts as they were, but such that no client takes them for those of the store that goes on.
#include <unistd.h>

#include <map>

#include "archive/reader.h"
#include "base/codec.h"
#include "base/text.h"
#include "cmd/postern/account_load.h"
#include "cmd/postern/archive_records.h"
#include "cmd/postern/archive_root.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

using base::fail;
using base::Result;

class Load {
 public:
  explicit Load(Context& c) : c_(c) {}

  // Fails where nothing can go on: without the directory there are no accounts.
  Result<> directory(const archive::Reader& from) {
    auto lines = from.lines();
    if (!lines) return pass(lines);
    if (!from.sound()) return damaged(from.path() + ": the lines are damaged; postern verify says where");
    for (;;) {
      auto line = lines->next();
      if (!line) return pass(line);
      if (!*line) return {};
      if (auto* m = std::get_if<archive::Metadata>(&**line)) {
        if (auto ok = annotation(*m); !ok) return ok;
        continue;
      }
      auto* e = std::get_if<archive::Entry>(&**line);
      if (!e) return damaged(from.path() + ": a line that is no entry");
      if (!c_.dry_run()) {
        authd::Request r;
        *r.mutable_load_entry()->mutable_entry() = entry_of(*e);
        auto reply = c_.authd(r);
        if (!reply) return fail(reply.error().fault, e->kind + " " + e->name + ": " + reply.error().what, reply.error().code);
        if (reply->done().what().empty()) ++existed_;
      }
      if (e->kind == "account") ids_[e->id] = e->deleted != 0;
      ++entries_;
      c_.progress("entries", entries_, from.manifest().lines);
    }
  }

  // All on one shelf.
  Result<> accounts(Result<archive::Folder> shelf, bool deleted) {
    if (!shelf && shelf.error().code == "NOT_FOUND") return {};
    auto names = shelf ? shelf->list(archive::kMaxFolders) : pass(shelf);
    if (!names) return pass(names);
    for (const auto& n : *names) {
      auto sub = shelf->sub(n);
      auto reader = sub ? archive::Reader::open(std::move(*sub)) : pass(sub);
      if (reader)
        account(*reader, deleted);
      else
        failure(reader.error().what);
    }
    return {};
  }

  void account(const archive::Reader& from, bool deleted) {
    const auto& m = from.manifest();
    if ((m.account_deleted != 0) != deleted) return failure(from.path() + ": it does not say whether the account was deleted");
    // An earlier dump into this folder had it there, and what became of it since stands in the directory.
    auto known = ids_.find(m.id);
    if (known == ids_.end() || known->second != deleted) {
      ++left_;
      return;
    }
    if (c_.dry_run()) {
      ++accounts_;
      emails_ += from.manifest().emails;
      return;
    }
    auto emails = load_account(c_, from);
    if (!emails && emails.error().code == "EXISTS") {
      ++existed_;
      return;
    }
    if (!emails) return failure(from.manifest().name + ": " + emails.error().what);
    ++accounts_;
    emails_ += *emails;
  }

  void failure(const std::string& what) {
    ++failed_;
    c_.progress_end();
    c_.error(what);
  }

  // One of the server's own.
  Result<> annotation(const archive::Metadata& m) {
    auto value = base::unbase64(m.value);
    if (!value || m.mailbox || m.principal) return damaged("annotation " + base::printable(m.entry) + ": not the server's");
    if (c_.dry_run()) return {};
    stored::Request r;
    auto& entry = *r.mutable_set_metadata()->add_entries();
    entry.set_entry(m.entry);
    entry.set_value(std::move(*value));
    auto reply = c_.stored(std::move(r));
    return reply ? Result<>() : pass(reply);
  }

  int report() {
    c_.progress_end();
    if (c_.json())
      print_json(c_, boost::json::object{{"entries", entries_},
                                         {"accounts", accounts_},
                                         {"emails", emails_},
                                         {"existed", existed_},
                                         {"left", left_},
                                         {"failed", failed_},
                                         {"dry_run", c_.dry_run()}});
    else if (c_.dry_run() || ::isatty(STDOUT_FILENO))
      c_.out((c_.dry_run() ? "would load " : "loaded ") + std::to_string(entries_) + " entries, " +
             std::to_string(accounts_) + " accounts with mail, " + std::to_string(emails_) + " emails" +
             (existed_ ? "; " + std::to_string(existed_) + " were there" : "") +
             (left_ ? "; " + std::to_string(left_) + " folders of an earlier dump left out" : "") + "\n");
    return failed_ ? kFound : kOk;
  }

 private:
  Context& c_;
  std::map<std::uint64_t, bool> ids_;   // of the directory's accounts, and whether each is a deleted one
  std::uint64_t entries_ = 0, accounts_ = 0, emails_ = 0, existed_ = 0, left_ = 0, failed_ = 0;
};

}  // namespace

int load(Context& c) {
  if (c.args().size() != 1) return c.usage("expected the archive's folder");
  if (!c.config()) return kBadConfig;
  auto root = ArchiveRoot::open(c.args()[0]);
  if (!root) return c.fail(root.error());
  auto folder = root->folder.sub("directory");
  if (!folder && folder.error().code == "NOT_FOUND") {
    c.error(c.args()[0] + " has no directory: it is a backup, not a dump; add the accounts and use postern restore");
    return kDataError;
  }
  auto directory = folder ? archive::Reader::open(std::move(*folder)) : pass(folder);
  if (!directory) return c.fail(directory.error());
  Load load(c);
  if (auto ok = load.directory(*directory); !ok) {
    c.progress_end();
    return c.fail(ok.error());
  }
  if (auto ok = load.accounts(root->accounts(), false); !ok) return c.fail(ok.error());
  if (auto ok = load.accounts(root->deleted(), true); !ok) return c.fail(ok.error());
  return load.report();
}

}  // namespace postern::cli
