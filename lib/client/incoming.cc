#include "client/incoming.h"

#include <unistd.h>

#include "proto/stored.pb.h"

namespace postern::client {

inline constexpr std::size_t kSpillPiece = 64u << 10;
inline constexpr std::size_t kMaxInlineRequest = 900u << 10;   // an IPC message holds 1 MB

Incoming::Incoming(std::string spool_dir, bool raw) : dir_(std::move(spool_dir)), raw_(raw) {}

base::Result<> Incoming::append(std::string_view bytes) {
  if (raw_) return keep(bytes);
  // Runs that need no change pass as they are: almost always everything.
  while (!bytes.empty()) {
    std::size_t at = 0;
    for (;;) {
      at = bytes.find('\n', at);
      if (at == std::string_view::npos) break;
      bool after_cr = at ? bytes[at - 1] == '\r' : last_cr_;
      if (!after_cr) break;
      ++at;
    }
    auto clean = bytes.substr(0, at);
    if (!clean.empty()) {
      if (auto ok = keep(clean); !ok) return ok;
      last_cr_ = clean.back() == '\r';
    }
    if (at == std::string_view::npos) return {};
    if (auto ok = keep("\r\n"); !ok) return ok;
    last_cr_ = false;
    bytes.remove_prefix(at + 1);
  }
  return {};
}

base::Result<> Incoming::keep(std::string_view bytes) {
  summarizer_.feed(bytes);
  size_ += bytes.size();
  memory_ += bytes;
  if (!file_ && memory_.size() > kInlineBody) {
    auto fd = base::open_spool(dir_);
    if (!fd) return pass(fd);
    file_ = std::move(*fd);
  }
  return file_ && memory_.size() >= kSpillPiece ? spill() : base::Result<>{};
}

base::Result<> Incoming::spill() {
  auto ok = base::write_all(file_.get(), memory_);
  memory_.clear();
  if (memory_.capacity() > 2 * kSpillPiece) memory_.shrink_to_fit();
  return ok;
}

base::Result<> Incoming::finish() {
  if (file_)
    if (auto ok = spill(); !ok) return ok;
  auto summary = summarizer_.finish();
  received_date_ = summary.received_date;
  record_ = model::make_record(std::move(summary));
  return {};
}

// The body as a file of its own: the spool's, or for an odd message whose record is as large as itself a new one.
base::Result<base::Fd> Incoming::descriptor() const {
  if (!file_) {
    auto fd = base::open_spool("");
    if (!fd) return fd;
    if (auto ok = base::write_all(fd->get(), memory_); !ok) return pass(ok);
    return fd;
  }
  base::Fd copy(::dup(file_.get()));
  if (!copy) return std::unexpected(base::sys_error("dup"));
  return copy;
}

base::Result<std::vector<base::Fd>> Incoming::fill(stored::AddEmails& add) const {
  add.set_wire(record_.wire);
  add.set_content(record_.content);
  add.set_sent(record_.sent);
  std::vector<base::Fd> fds;
  bool fits = record_.wire.size() + record_.content.size() + memory_.size() < kMaxInlineRequest;
  if (!file_ && fits) {
    add.set_body(memory_);
    return fds;
  }
  add.set_body_in_descriptor(true);
  auto fd = descriptor();
  if (!fd) return pass(fd);
  fds.push_back(std::move(*fd));
  return fds;
}

base::Result<std::vector<base::Fd>> Incoming::fill(stored::PutBlob& put) const {
  std::vector<base::Fd> fds;
  if (!file_) {
    put.set_body(memory_);
    return fds;
  }
  put.set_body_in_descriptor(true);
  auto fd = descriptor();
  if (!fd) return pass(fd);
  fds.push_back(std::move(*fd));
  return fds;
}

}  // namespace postern::client
