// Writing one folder of an archive.
//
// Order, so that a run that is cut off at any point leaves the state before it whole: messages are written under names
// of their own, flushed together, and only then get their names; the lines get theirs, which is their checksum; the
// manifest replaces the old one last; what only the old one named goes after that.  A message's name is its checksum: one
// that is there with the right size is not written again.
// Runs in: postern.  One writer an archive (Folder::lock).  Tests: t/unit/archive_reader.cc, t/system/test_backup.py
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "archive/reader.h"

namespace postern::archive {

class Writer {
 public:
  // `head` has kind, name and id.
  static Result<Writer> open(Folder folder, Manifest head);

  Result<> line(const Line& line);
  // Whether the message need not be written.
  bool has_message(const std::string& sha256, std::uint64_t size);
  // `body` hands the bytes over; Fault::corrupt when they are not those of the name.
  Result<> message(const std::string& sha256, std::uint64_t size,
                   const std::function<Result<>(const Sink&)>& body);
  // Everything is durable when this returns.  `prune`: messages that no line names are removed.
  Result<Manifest> finish(std::uint64_t created, bool prune);

  std::uint64_t new_messages() const { return new_messages_; }
  std::uint64_t new_bytes() const { return new_bytes_; }

 private:
  struct Pending {
    std::string temporary, sha256;
  };
  Writer(Folder folder, std::optional<Folder> messages, Folder fresh, Manifest head, Folder::New lines);
  Result<Folder*> shard(const std::string& sha256);
  Result<> flush_messages();
  Result<> remove_old(bool prune);

  Folder folder_;
  std::optional<Folder> messages_;   // of an account
  Folder fresh_;
  std::array<std::optional<Folder>, 256> shards_;
  Manifest manifest_;
  Folder::New lines_;
  std::string buffer_;
  base::Sha256 hash_;
  std::unordered_set<std::string> named_;     // by lines
  std::unordered_set<std::string> waiting_;   // of pending_
  std::vector<Pending> pending_;
  std::uint64_t pending_bytes_ = 0, new_messages_ = 0, new_bytes_ = 0;
};

}  // namespace postern::archive
