#include "cmd/postern/archive_root.h"

#include <algorithm>

#include "base/text.h"

namespace postern::cli {

using archive::Folder;
using archive::Reader;
using base::fail;
using base::Fault;
using base::Result;

namespace {

constexpr const char* kMark = "archive.json";

}  // namespace

Result<ArchiveRoot> ArchiveRoot::open(const std::string& dir) {
  auto folder = Folder::open(dir);
  if (!folder) return pass(folder);
  auto mark = folder->read(kMark, archive::kMaxManifest);
  if (!mark && mark.error().code == "NOT_FOUND")
    return fail(Fault::permanent, dir + " is no archive of postern backup or dump: it has no " + kMark);
  if (!mark) return pass(mark);
  if (mark->find(archive::kFormat) == std::string::npos)
    return fail(Fault::corrupt, dir + "/" + kMark + " does not name a Postern archive");
  return ArchiveRoot{std::move(*folder)};
}

Result<ArchiveRoot> ArchiveRoot::create(const std::string& dir) {
  auto folder = Folder::create(dir);
  if (!folder) return pass(folder);
  if (auto ok = folder->lock(); !ok) return pass(ok);
  auto there = folder->list(archive::kMaxFolders);
  if (!there) return pass(there);
  std::erase_if(*there, [](const std::string& n) { return n.starts_with(".new-") || n == "lost+found"; });
  if (!there->empty() && std::ranges::find(*there, kMark) == there->end())
    return fail(Fault::permanent, dir + " has other things in it and is no archive; name an empty folder", "EXISTS");
  std::string mark = "{\"format\":\"" + std::string(archive::kFormat) +
                     "\",\"version\":" + std::to_string(archive::kVersion) + "}\n";
  auto old = there->empty() ? Result<std::string>() : folder->read(kMark, archive::kMaxManifest);
  if (!old) return pass(old);
  if (*old != mark)   // new, or of an older version: each folder gets the new form with its next copy
    if (auto ok = folder->put(kMark, mark); !ok) return pass(ok);
  return ArchiveRoot{std::move(*folder)};
}

Result<std::optional<ArchiveRoot>> ArchiveRoot::look(const std::string& dir) {
  auto folder = Folder::open(dir);
  if (!folder && folder.error().code == "NOT_FOUND") return std::nullopt;
  if (!folder) return pass(folder);
  auto there = folder->list(archive::kMaxFolders);
  if (!there) return pass(there);
  if (there->empty()) return std::nullopt;
  auto root = open(dir);
  if (!root) return pass(root);
  return std::optional(std::move(*root));
}

Result<Reader> ArchiveRoot::account(const std::string& name) const {
  auto folders = accounts();
  if (!folders && folders.error().code != "NOT_FOUND") return pass(folders);
  if (folders) {
    auto usual = folders->sub(archive::folder_name(name, 0));
    if (usual) return Reader::open(std::move(*usual));
    auto names = folders->list(archive::kMaxFolders);
    if (!names) return pass(names);
    for (const auto& n : *names) {
      if (!n.starts_with("id-")) continue;
      auto sub = folders->sub(n);
      if (!sub) continue;
      auto reader = Reader::open(std::move(*sub));
      if (reader && reader->manifest().name == name) return reader;
    }
  }
  return fail(Fault::permanent, folder.path() + " has no account " + base::printable(name), "NOT_FOUND");
}

std::optional<std::string> archive_folder(Context& c, int& status) {
  bool configured = c.has("--configured");
  if (c.args().size() != (configured ? 0 : 1)) {
    status = c.usage("expected the archive's folder, or --configured");
    return std::nullopt;
  }
  if (!configured) return c.args()[0];
  status = c.config() ? kOk : kBadConfig;
  auto dir = c.config() ? c.config()->text("backup.dir") : std::string();
  return dir.empty() ? std::nullopt : std::optional(dir);
}

std::string one_line(std::string_view text, std::size_t max) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() < max; ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) ++i;
    out += c < 0x20 || c == 0x7f || c1 ? ' ' : text[i];
  }
  while (!base::is_valid_utf8(out)) out.pop_back();
  return out;
}

Result<std::vector<KnownAccount>> known_accounts(Context& c) {
  std::vector<KnownAccount> all, out;
  authd::Request r;
  r.mutable_list()->set_kind("account");
  auto ok = c.authd_items(r, [&](const authd::Reply& reply) {
    for (const auto& e : reply.entries().entries()) all.push_back({e.name(), e.id()});
  });
  if (!ok) return pass(ok);
  if (c.values("--account").empty()) return all;
  for (const auto& name : c.values("--account")) {
    auto it = std::ranges::find_if(all, [&](const KnownAccount& a) { return base::iequals(a.name, name); });
    if (it == all.end())
      return fail(Fault::permanent, "no such account " + base::printable(name), "NOT_FOUND");
    out.push_back(*it);
  }
  return out;
}

}  // namespace postern::cli
