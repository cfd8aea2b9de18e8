#include "archive/writer.h"

#include <unistd.h>

#include <algorithm>

#include "base/system.h"

namespace postern::archive {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kFlushMessages = 1'000;            // one flush of the file system covers so many,
constexpr std::uint64_t kFlushBytes = 128u << 20;        // or so much
constexpr std::size_t kBuffer = 256u << 10;
constexpr const char* kFresh = "new";

}  // namespace

Writer::Writer(Folder folder, std::optional<Folder> messages, Folder fresh, Manifest head, Folder::New lines)
    : folder_(std::move(folder)),
      messages_(std::move(messages)),
      fresh_(std::move(fresh)),
      manifest_(std::move(head)),
      lines_(std::move(lines)) {}

Result<Writer> Writer::open(Folder folder, Manifest head) {
  std::optional<Folder> messages;
  if (head.kind == "account") {
    auto made = folder.make(kMessages);
    if (!made) return pass(made);
    messages = std::move(*made);
  }
  auto fresh = folder.make(kFresh);
  if (!fresh) return pass(fresh);
  // What a run that was cut off has left.
  auto left = fresh->list(SIZE_MAX);
  if (!left) return pass(left);
  for (const auto& name : *left)
    if (name.starts_with(".new-"))
      if (auto ok = fresh->remove(name); !ok) return pass(ok);
  auto lines = fresh->create_new();
  if (!lines) return pass(lines);
  head.format = kFormat;
  head.version = kVersion;
  return Writer(std::move(folder), std::move(messages), std::move(*fresh), std::move(head), std::move(*lines));
}

Result<> Writer::line(const Line& line) {
  std::string text = to_json(line);
  if (text.size() > kMaxLine) return fail(Fault::limit, "a line would be too long");
  text += '\n';
  hash_.update(text);
  manifest_.bytes += text.size();
  ++manifest_.lines;
  if (const auto* m = std::get_if<Mailbox>(&line)) manifest_.mailboxes += !m->deleted;
  if (const auto* e = std::get_if<Email>(&line)) {
    ++(e->deleted ? manifest_.deleted : manifest_.emails);
    if (named_.insert(e->sha256).second) {
      ++manifest_.messages;
      manifest_.message_bytes += e->size;
    }
  }
  buffer_ += text;
  if (buffer_.size() < kBuffer) return {};
  return base::write_all(lines_.fd.get(), std::exchange(buffer_, {}));
}

Result<Folder*> Writer::shard(const std::string& sha256) {
  auto& s = shards_[static_cast<unsigned char>((*base::unhex(sha256.substr(0, 2)))[0])];
  if (!s) {
    if (!messages_) return fail(Fault::permanent, "a folder without messages");
    auto made = messages_->make(shard_name(sha256));
    if (!made) return pass(made);
    s = std::move(*made);
  }
  return &*s;
}

bool Writer::has_message(const std::string& sha256, std::uint64_t size) {
  if (waiting_.contains(sha256)) return true;
  auto s = shard(sha256);
  return s && (*s)->has(message_name(sha256), size);
}

Result<> Writer::message(const std::string& sha256, std::uint64_t size,
                         const std::function<Result<>(const Sink&)>& body) {
  auto file = fresh_.create_new();
  if (!file) return pass(file);
  base::Sha256 hash;
  std::uint64_t written = 0;
  auto done = body([&](std::string_view piece) {
    hash.update(piece);
    written += piece.size();
    return base::write_all(file->fd.get(), piece);
  });
  if (done && (written != size || base::hex(base::view(hash.finish())) != sha256))
    done = fail(Fault::corrupt, "the message is not what its checksum says", "CORRUPT");
  if (!done) {
    (void)fresh_.remove(file->name);
    return done;
  }
  pending_.push_back({file->name, sha256});
  waiting_.insert(sha256);
  pending_bytes_ += size;
  ++new_messages_;
  new_bytes_ += size;
  return pending_.size() < kFlushMessages && pending_bytes_ < kFlushBytes ? Result<>() : flush_messages();
}

// A name stands only on what is on the disk: the size alone may be trusted later.
Result<> Writer::flush_messages() {
  if (pending_.empty()) return {};
  if (auto ok = fresh_.sync_filesystem(); !ok) return ok;
  base::kill_point("archive.messages");
  for (const Pending& p : pending_) {
    auto to = shard(p.sha256);
    if (!to) return pass(to);
    if (auto ok = fresh_.rename(p.temporary, **to, message_name(p.sha256)); !ok) return ok;
  }
  pending_.clear();
  waiting_.clear();
  pending_bytes_ = 0;
  return {};
}

Result<Manifest> Writer::finish(std::uint64_t created, bool prune) {
  if (auto ok = flush_messages(); !ok) return pass(ok);
  if (auto ok = base::write_all(lines_.fd.get(), std::exchange(buffer_, {})); !ok) return pass(ok);
  manifest_.created = created;
  manifest_.sha256 = base::hex(base::view(hash_.finish()));
  manifest_.file = lines_name(manifest_.sha256);
  if (folder_.has(manifest_.file, manifest_.bytes)) {   // nothing has changed
    if (auto ok = fresh_.remove(lines_.name); !ok) return pass(ok);
  } else {
    if (auto ok = fresh_.sync_filesystem(); !ok) return pass(ok);
    if (auto ok = fresh_.rename(lines_.name, folder_, manifest_.file); !ok) return pass(ok);
  }
  base::kill_point("archive.manifest");
  // The names of messages and lines, in whatever folder they are.
  if (auto ok = folder_.sync_filesystem(); !ok) return pass(ok);
  if (auto ok = folder_.put(kManifestName, to_json(manifest_)); !ok) return pass(ok);
  if (auto ok = remove_old(prune); !ok) return pass(ok);
  return manifest_;
}

Result<> Writer::remove_old(bool prune) {
  auto files = folder_.list(SIZE_MAX);
  if (!files) return pass(files);
  for (const auto& f : *files) {
    bool ours = f.starts_with(".new-") || (f.starts_with("lines-") && f.ends_with(".jsonl") && f != manifest_.file);
    if (!ours) continue;
    if (auto ok = folder_.remove(f); !ok) return ok;
  }
  if (!prune || !messages_) return {};
  auto shards = messages_->list(SIZE_MAX);
  if (!shards) return pass(shards);
  for (const auto& name : *shards) {
    auto s = messages_->sub(name);
    if (!s) continue;   // something foreign
    auto messages = s->list(SIZE_MAX);
    if (!messages) return pass(messages);
    for (const auto& m : *messages) {
      bool message = m.size() == 68 && m.ends_with(".eml") && is_sha256(m.substr(0, 64));
      if (!message || named_.contains(m.substr(0, 64))) continue;
      if (auto ok = s->remove(m); !ok) return ok;
    }
  }
  return {};
}

}  // namespace postern::archive
