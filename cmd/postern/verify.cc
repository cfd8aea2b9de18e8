// verify: everything in an archive against its checksums and against itself; no server is asked.
#include <unistd.h>

#include "archive/check.h"
#include "base/text.h"
#include "cmd/postern/archive_root.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

using base::Result;

struct Sum {
  std::uint64_t accounts = 0, emails = 0, messages = 0, bytes = 0, unnamed = 0;
  std::vector<std::string> findings;
  bool blind = false;   // something could not be looked at
};

class Verifier {
 public:
  explicit Verifier(Context& c) : c_(c) {}

  void folder(const archive::Folder& parent, const std::string& name, const std::string& kind, bool deleted = false) {
    auto sub = parent.sub(name);
    auto reader = sub ? archive::Reader::open(std::move(*sub)) : pass(sub);
    if (!reader) return wrong(reader.error());
    const auto& m = reader->manifest();
    if (m.kind != kind || (m.account_deleted != 0) != deleted)
      return found(base::printable(reader->path()) + ": a folder of " + (m.account_deleted ? "a deleted " : "kind ") + m.kind);
    one(*reader);
  }

  // All accounts on one shelf; false when it could not be looked at.
  bool shelf(const Result<archive::Folder>& shelf, bool deleted) {
    if (!shelf && shelf.error().code == "NOT_FOUND") return true;
    if (!shelf) {
      wrong(shelf.error());
      return true;
    }
    auto names = shelf->list(archive::kMaxFolders);
    if (!names) {
      c_.error(names.error().what);
      return false;
    }
    for (const auto& n : *names) folder(*shelf, n, "account", deleted);
    return true;
  }

  void one(const archive::Reader& reader) {
    const auto& m = reader.manifest();
    auto done = archive::check(reader, [&](std::uint64_t n) {
      c_.progress(m.kind == "account" ? m.name : m.kind, n, m.messages);
    });
    if (!done) return wrong(done.error());
    if (m.kind == "account") ++sum_.accounts;
    sum_.emails += done->emails;
    sum_.messages += done->messages;
    sum_.bytes += done->message_bytes;
    sum_.unnamed += done->unnamed;
    for (auto& f : done->findings) found(std::move(f));
  }

  void wrong(const base::Error& e) {
    bool not_looked_at = e.fault == base::Fault::temporary || e.code == "DENIED";
    sum_.blind = sum_.blind || not_looked_at;
    if (not_looked_at)
      c_.error(e.what);
    else
      found(e.what);
  }

  int finish() {
    c_.progress_end();
    if (c_.json()) {
      boost::json::array list;
      for (const auto& f : sum_.findings) list.emplace_back(f);
      print_json(c_, boost::json::object{{"accounts", sum_.accounts},
                                         {"emails", sum_.emails},
                                         {"messages", sum_.messages},
                                         {"bytes", sum_.bytes},
                                         {"unnamed", sum_.unnamed},
                                         {"findings", list}});
    } else {
      for (const auto& f : sum_.findings) c_.out(f + "\n");
      if (::isatty(STDOUT_FILENO))
        c_.out(std::to_string(sum_.accounts) + " accounts, " + std::to_string(sum_.emails) + " emails, " +
               std::to_string(sum_.messages) + " messages, " + human_size(sum_.bytes) + ": " +
               (sum_.findings.empty() ? "clean" : std::to_string(sum_.findings.size()) + " findings") + "\n");
    }
    return sum_.blind ? kCouldNotLook : sum_.findings.empty() ? kOk : kFound;
  }

 private:
  void found(std::string what) { sum_.findings.push_back(std::move(what)); }
  Context& c_;
  Sum sum_;
};

}  // namespace

int verify(Context& c) {
  int status = kOk;
  auto dir = archive_folder(c, status);
  if (!dir) return status;
  auto root = ArchiveRoot::open(*dir);
  if (!root) {
    c.error(root.error().what);
    return kCouldNotLook;
  }
  Verifier v(c);
  if (auto only = c.value("--account")) {
    auto reader = root->account(*only);
    if (!reader && reader.error().code == "NOT_FOUND") {
      c.error(reader.error().what);
      return kCouldNotLook;
    }
    if (reader)
      v.one(*reader);
    else
      v.wrong(reader.error());
    return v.finish();
  }
  if (!v.shelf(root->accounts(), false) || !v.shelf(root->deleted(), true)) return kCouldNotLook;
  auto directory = root->folder.sub("directory");
  if (directory || directory.error().code != "NOT_FOUND") v.folder(root->folder, "directory", "directory");
  return v.finish();
}

}  // namespace postern::cli
