// Reading one folder of an archive: its manifest, its lines one after the other, its messages.
// Runs in: postern.  Input: hostile; memory: one line.  Damage is an error of the line or message that it is in, and
// reading goes on behind it.  Tests: t/unit/archive_reader.cc
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "archive/folder.h"
#include "archive/line.h"
#include "base/codec.h"

namespace postern::archive {

using Sink = std::function<Result<>(std::string_view)>;

// The lines of a manifest's file.  The last answers before the end tell what only the whole can: size, number of
// lines, checksum.
class LineStream {
 public:
  // The next line; nothing at the end.  After an error of Fault::corrupt or limit the stream stands behind it.
  Result<std::optional<Line>> next();
  std::uint64_t number() const { return number_; }   // of the line that next() gave, from 1

 private:
  friend class Reader;
  LineStream(Folder::File file, const Manifest& m, std::string path);
  Result<bool> fill();
  Result<std::optional<Line>> at_end();
  base::Error in_line(base::Error e) const;
  base::Fd fd_;
  std::uint64_t size_, lines_;
  std::string sha256_, path_;
  base::Sha256 hash_;
  std::string buffer_;
  std::size_t at_ = 0;         // in buffer_
  std::uint64_t read_ = 0, number_ = 0;
  bool ended_ = false;
};

class Reader {
 public:
  static Result<Reader> open(Folder folder);
  const Manifest& manifest() const { return manifest_; }
  const std::string& path() const { return folder_.path(); }
  Result<LineStream> lines() const;
  // The lines are, byte for byte, what the manifest was written for.
  bool sound() const;
  // Hands over the bytes of a message in pieces.  Its checksum is compared when all have been handed over: nothing may
  // be promised before this returns.
  Result<> message(const std::string& sha256, std::uint64_t size, const Sink& sink) const;
  // Message files that `named` does not know.
  Result<std::uint64_t> count_unnamed(const std::function<bool(const std::string& sha256)>& named) const;

 private:
  Reader(Folder folder, Manifest m) : folder_(std::move(folder)), manifest_(std::move(m)) {}
  Folder folder_;
  Manifest manifest_;
};

inline constexpr const char* kManifestName = "manifest.json";
inline constexpr const char* kMessages = "messages";
// "messages/AB/" of a checksum, and the file in it.
inline std::string shard_name(std::string_view sha256) { return std::string(sha256.substr(0, 2)); }
inline std::string message_name(std::string_view sha256) { return std::string(sha256) + ".eml"; }

}  // namespace postern::archive
