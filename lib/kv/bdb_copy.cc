// Copies of a running database: pages one by one, then the logs that make them one state.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/file.h"
#include "base/system.h"
#include "base/text.h"
#include "kv/bdb_env.h"
#include "kv/disk.h"

namespace postern::kv {

using base::fail;
using base::Fault;
using base::Fd;
using base::Result;

namespace {

std::vector<std::string> list_folder(const std::string& dir) {
  std::vector<std::string> names;
  DIR* d = ::opendir(dir.c_str());
  if (!d) return names;
  while (const dirent* e = ::readdir(d)) names.emplace_back(e->d_name);
  ::closedir(d);
  return names;
}

// PREFIX NNNNNNNNNN SUFFIX -> NNNNNNNNNN
std::optional<std::uint32_t> numbered(std::string_view name, std::string_view prefix,
                                      std::string_view suffix) {
  if (name.size() != prefix.size() + 10 + suffix.size() || !name.starts_with(prefix) ||
      !name.ends_with(suffix))
    return std::nullopt;
  return base::parse_u32(name.substr(prefix.size(), 10));
}

std::string ten_digits(std::uint32_t n) {
  char text[16];
  std::snprintf(text, sizeof text, "%010u", n);
  return text;
}

Result<Fd> open_file(const std::string& path, int flags) {
  Fd fd(disk().open(path.c_str(), flags, 0600));
  if (!fd) return std::unexpected(base::sys_error(path));
  return fd;
}

Result<> flush_named(const Fd& fd, const std::string& path) {
  std::string dir = path.substr(0, path.rfind('/'));
  if (disk().fsync(fd.get()) != 0 || disk().fsync_dir(dir.c_str()) != 0)
    return std::unexpected(base::sys_error(path));
  return {};
}

// Hands every page, intact, to `fn(page, bytes)`.
template <class Fn>
Result<> each_page(PageGuard& guard, Fn fn) {
  auto fd = open_file(guard.database(), O_RDONLY);
  if (!fd) return base::pass(fd);
  auto pages = static_cast<std::uint32_t>(guard.size(fd->get()) / static_cast<off_t>(kPageSize));
  std::string page(kPageSize, '\0');
  for (std::uint32_t i = 0; i < pages; ++i) {
    auto intact = guard.read_intact(fd->get(), i, page.data());
    if (!intact) return base::pass(intact);
    if (!*intact)
      return fail(Fault::corrupt, guard.database() + ": page " + std::to_string(i) + " is damaged",
                  "CORRUPT_PAGE");
    Result<> r = fn(i, page);
    if (!r) return r;
  }
  return {};
}

Result<> copy_pages(PageGuard& guard, const std::string& to) {
  auto out = open_file(to, O_WRONLY | O_CREAT | O_TRUNC);
  if (!out) return base::pass(out);
  constexpr std::size_t kChunk = 256 * kPageSize;
  std::string chunk;
  std::uint64_t at = 0;
  auto write_chunk = [&]() -> Result<> {
    if (pwrite_full(out->get(), chunk.data(), chunk.size(), static_cast<off_t>(at)) < 0)
      return std::unexpected(base::sys_error(to));
    at += chunk.size();
    chunk.clear();
    return {};
  };
  auto copied = each_page(guard, [&](std::uint32_t, const std::string& page) -> Result<> {
    chunk += page;
    return chunk.size() < kChunk ? Result<>{} : write_chunk();
  });
  if (copied) copied = write_chunk();
  if (copied) copied = flush_named(*out, to);
  return copied;
}

// The oldest log that recovery from the last checkpoint needs.
Result<std::uint32_t> first_needed_log(const std::string& home, Environment& env) {
  char** names = nullptr;
  if (int r = env.env()->log_archive(env.env(), &names, 0); r != 0)
    return std::unexpected(env.error("log list", r));
  std::uint32_t last_spare = 0;
  for (char** n = names; n && *n; ++n)
    if (auto number = numbered(*n, "log.", "")) last_spare = std::max(last_spare, *number);
  std::free(names);
  auto logs = list_logs(home);
  for (std::uint32_t n : logs)
    if (n > last_spare) return n;
  return fail(Fault::temporary, home + ": no log file");
}

Result<> checkpoint_and_flush(Environment& env) {
  int r = env.env()->txn_checkpoint(env.env(), 0, 0, 0);
  if (r == 0) r = env.env()->log_flush(env.env(), nullptr);
  if (r != 0) return std::unexpected(env.error("checkpoint", r));
  return {};
}

}  // namespace

std::string log_name(std::uint32_t number) {
  return "log." + ten_digits(number);
}

std::vector<std::uint32_t> list_logs(const std::string& dir) {
  std::vector<std::uint32_t> logs;
  for (const std::string& name : list_folder(dir))
    if (auto n = numbered(name, "log.", "")) logs.push_back(*n);
  std::sort(logs.begin(), logs.end());
  return logs;
}

Result<> copy_file(const std::string& from, const std::string& to) {
  auto in = open_file(from, O_RDONLY);
  if (!in) return base::pass(in);
  auto out = open_file(to, O_WRONLY | O_CREAT | O_TRUNC);
  if (!out) return base::pass(out);
  std::string chunk(1u << 20, '\0');
  for (off_t at = 0;;) {
    ssize_t n = pread_full(in->get(), chunk.data(), chunk.size(), at);
    if (n < 0) return std::unexpected(base::sys_error(from));
    if (n == 0) break;
    if (pwrite_full(out->get(), chunk.data(), static_cast<std::size_t>(n), at) < 0)
      return std::unexpected(base::sys_error(to));
    at += n;
  }
  return flush_named(*out, to);
}

Result<> check_pages(PageGuard& guard) {
  return each_page(guard, [](std::uint32_t, const std::string&) -> Result<> { return {}; });
}

// base/NNNNNNNNNN.db: whole once it has that name; N is the first log that it needs.
BaseCopy find_base_copy(const std::string& home) {
  BaseCopy best;
  std::string dir = home + "/" + kBaseFolder;
  for (const std::string& name : list_folder(dir)) {
    auto n = numbered(name, "", ".db");
    if (n && (best.path.empty() || *n > best.first_log)) best = {dir + "/" + name, *n};
  }
  return best;
}

Result<> make_base_copy(const std::string& home, Environment& env, PageGuard& guard) {
  std::string dir = home + "/" + kBaseFolder, fresh = dir + "/copy.new";
  auto r = base::make_dirs(dir, 0700);
  if (r) r = checkpoint_and_flush(env);
  if (!r) return r;
  // Before the first page is read: what changes from now on is in this log or later ones.
  auto first = first_needed_log(home, env);
  if (!first) return base::pass(first);
  r = copy_pages(guard, fresh);
  if (!r) return r;
  base::kill_point("kv.base_copy");
  std::string path = dir + "/" + ten_digits(*first) + ".db";
  if (disk().rename(fresh.c_str(), path.c_str()) != 0 || disk().fsync_dir(dir.c_str()) != 0)
    return std::unexpected(base::sys_error(path));
  for (const std::string& name : list_folder(dir)) {
    auto n = numbered(name, "", ".db");
    if (n && *n < *first) disk().unlink((dir + "/" + name).c_str());
  }
  return {};
}

Result<> make_full_copy(const std::string& home, Environment& env, PageGuard& guard, const std::string& dir) {
  if (::mkdir(dir.c_str(), 0700) != 0) return std::unexpected(base::sys_error(dir));
  auto r = checkpoint_and_flush(env);
  if (!r) return r;
  auto first = first_needed_log(home, env);
  if (!first) return base::pass(first);
  r = base::write_file(dir + "/" + kReplayFile, "a copy of a running database\n", 0600);
  if (r) r = copy_pages(guard, dir + "/" + kDatabaseFile);
  // The pages may hold anything logged until now; what the logs get later is welcome and cut off cleanly.
  if (int code = r ? env.env()->log_flush(env.env(), nullptr) : 0; code != 0)
    r = std::unexpected(env.error("log flush", code));
  if (!r) return r;
  for (std::uint32_t n : list_logs(home)) {
    if (n < *first) continue;
    r = copy_file(home + "/" + log_name(n), dir + "/" + log_name(n));
    if (!r) return r;
  }
  return {};
}

Result<std::size_t> remove_logs(const std::string& home, Environment& env) {
  BaseCopy base = find_base_copy(home);
  if (base.path.empty()) return 0;
  auto needed = first_needed_log(home, env);
  if (!needed) return base::pass(needed);
  std::size_t removed = 0;
  for (std::uint32_t n : list_logs(home)) {
    if (n >= std::min(base.first_log, *needed)) break;
    base::kill_point("kv.log_removal");
    std::string path = home + "/" + log_name(n);
    if (disk().unlink(path.c_str()) != 0) return std::unexpected(base::sys_error(path));
    ++removed;
  }
  return removed;
}

}  // namespace postern::kv
