#include "archive/reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace postern::archive {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kPiece = 64u << 10;

// Reads on from where the descriptor stands; 0 at the end.
Result<std::size_t> read_some(int fd, char* to, std::size_t n, const std::string& path) {
  for (;;) {
    ssize_t got = ::read(fd, to, n);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return std::unexpected(base::sys_error(path));
  }
}

}  // namespace

LineStream::LineStream(Folder::File file, const Manifest& m, std::string path)
    : fd_(std::move(file.fd)), size_(m.bytes), lines_(m.lines), sha256_(m.sha256), path_(std::move(path)) {}

base::Error LineStream::in_line(base::Error e) const {
  e.what = path_ + ":" + std::to_string(number_) + ": " + e.what;
  return e;
}

// False at the end of the file.
Result<bool> LineStream::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  std::size_t before = buffer_.size();
  buffer_.resize(before + kPiece);
  auto got = read_some(fd_.get(), buffer_.data() + before, kPiece, path_);
  buffer_.resize(before + (got ? *got : 0));
  if (!got) return pass(got);
  hash_.update(std::string_view(buffer_).substr(before));
  read_ += *got;
  return *got != 0;
}

Result<std::optional<Line>> LineStream::next() {
  if (ended_) return std::nullopt;
  std::size_t searched = 0, end;
  bool skipping = false;   // a line that is too long: its rest is read and dropped
  while ((end = buffer_.find('\n', at_ + searched)) == std::string::npos) {
    searched = buffer_.size() - at_;
    if (searched > kMaxLine) {
      skipping = true;
      at_ = buffer_.size();
      searched = 0;
    }
    auto more = fill();
    if (!more) {
      ended_ = true;
      return pass(more);
    }
    if (*more) continue;
    ended_ = true;
    if (buffer_.empty() && !skipping) return at_end();
    ++number_;
    return std::unexpected(in_line({Fault::corrupt, "the last line has no end", "CORRUPT"}));
  }
  ++number_;
  std::string_view text = std::string_view(buffer_).substr(at_, end - at_);
  at_ = end + 1;
  if (skipping) return std::unexpected(in_line({Fault::limit, "a line is too long", "LIMIT"}));
  auto line = parse_line(text);
  if (!line) return std::unexpected(in_line(std::move(line.error())));
  return std::optional<Line>(std::move(*line));
}

Result<std::optional<Line>> LineStream::at_end() {
  auto wrong = [this](const char* what) { return fail(Fault::corrupt, path_ + ": " + what, "CORRUPT"); };
  if (read_ != size_) return wrong("its size is not what the manifest says");
  if (base::hex(base::view(hash_.finish())) != sha256_) return wrong("its checksum is not what the manifest says");
  if (number_ != lines_) return wrong("its number of lines is not what the manifest says");
  return std::nullopt;
}

Result<Reader> Reader::open(Folder folder) {
  auto text = folder.read(kManifestName, kMaxManifest);
  if (!text) return pass(text);
  auto m = parse_manifest(*text);
  if (!m)
    return fail(m.error().fault, base::printable(folder.path()) + "/" + kManifestName + ": " + m.error().what,
                m.error().code);
  return Reader(std::move(folder), std::move(*m));
}

Result<LineStream> Reader::lines() const {
  auto f = folder_.file(manifest_.file);
  if (!f) return pass(f);
  return LineStream(std::move(*f), manifest_, base::printable(folder_.path()) + "/" + manifest_.file);
}

bool Reader::sound() const {
  auto f = folder_.file(manifest_.file);
  if (!f || f->size != manifest_.bytes) return false;
  base::Sha256 hash;
  std::string piece(kPiece, '\0');
  for (;;) {
    auto got = read_some(f->fd.get(), piece.data(), piece.size(), manifest_.file);
    if (!got) return false;
    if (*got == 0) return base::hex(base::view(hash.finish())) == manifest_.sha256;
    hash.update(std::string_view(piece).substr(0, *got));
  }
}

Result<> Reader::message(const std::string& sha256, std::uint64_t size, const Sink& sink) const {
  auto messages = folder_.sub(kMessages);
  if (!messages) return pass(messages);
  auto shard = messages->sub(shard_name(sha256));
  if (!shard) return pass(shard);
  auto f = shard->file(message_name(sha256));
  if (!f) return pass(f);
  std::string path = base::printable(shard->path()) + "/" + message_name(sha256);
  if (f->size != size) return fail(Fault::corrupt, path + ": its size is not what its line says", "CORRUPT");
  base::Sha256 hash;
  std::string piece(kPiece, '\0');
  for (std::uint64_t done = 0; done < size;) {
    auto got = read_some(f->fd.get(), piece.data(), std::min<std::uint64_t>(kPiece, size - done), path);
    if (!got) return pass(got);
    if (*got == 0) return fail(Fault::corrupt, path + ": shorter than it was", "CORRUPT");
    std::string_view bytes = std::string_view(piece).substr(0, *got);
    hash.update(bytes);
    if (auto ok = sink(bytes); !ok) return ok;
    done += *got;
  }
  if (base::hex(base::view(hash.finish())) != sha256)
    return fail(Fault::corrupt, path + ": its checksum is not its name", "CORRUPT");
  return {};
}

Result<std::uint64_t> Reader::count_unnamed(const std::function<bool(const std::string&)>& named) const {
  std::uint64_t n = 0;
  auto messages = folder_.sub(kMessages);
  if (!messages) return messages.error().code == "NOT_FOUND" ? Result<std::uint64_t>(0) : pass(messages);
  auto shards = messages->list(kMaxFolders);
  if (!shards) return pass(shards);
  for (const auto& s : *shards) {
    auto shard = messages->sub(s);
    if (!shard) continue;   // something foreign
    auto files = shard->list(SIZE_MAX);
    if (!files) return pass(files);
    for (const auto& f : *files)
      if (f.size() == 68 && f.ends_with(".eml") && is_sha256(f.substr(0, 64)) && !named(f.substr(0, 64))) ++n;
  }
  return n;
}

}  // namespace postern::archive
