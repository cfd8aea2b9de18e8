// What the tests of lib/store share: a store over either engine with bodies in memory and a clock that is set
// by hand.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "blob/blob_store.h"
#include "kv/berkeley.h"
#include "kv/memory.h"
#include "model/flags.h"
#include "store/store.h"

namespace postern::store {

// Keeps bodies by number; what it hands out has the shape of a real place.
class MemoryBlobs : public blob::Writer {
 public:
  blob::Result<blob::Stored> put(std::string_view body, const base::Digest* known) override {
    if (full) return base::fail(base::Fault::temporary, "disk full");
    blob::Stored s;
    s.sha256 = known ? *known : base::sha256(body);
    auto& l = s.location;
    l.segment = 1;
    l.offset = next_;
    l.header_length = 128;
    l.size = body.size();
    for (std::size_t at = 0; at < body.size(); at += blob::kFrameSize) {
      auto n = static_cast<std::uint32_t>(std::min(blob::kFrameSize, body.size() - at) + blob::kTagSize);
      l.frames.push_back({n, blob::Codec::none});
      l.stored_length += n;
    }
    if (l.frames.size() > blob::kMaxInlineFrames) l.frames.clear();
    bodies[next_] = std::string(body);
    records.push_back({s.sha256, l});
    next_ += 4096 + l.stored_length;
    s.put = ++last_;
    return s;
  }
  blob::Result<blob::Stored> put(int fd, std::uint64_t size, const base::Digest* known) override {
    auto bytes = base::pread_exact(fd, size, 0);
    if (!bytes) return pass(bytes);
    return put(*bytes, known);
  }
  blob::Result<> sync() override {
    durable_ = last_;
    return {};
  }
  std::uint64_t last_put() const override { return last_; }
  bool durable(std::uint64_t put) const override { return put <= durable_; }
  std::vector<blob::SegmentStats> segment_stats() override { return {{1, next_, 0, true}}; }
  void mark_dead(const blob::Location&) override {}
  blob::Result<> remove_segment(std::uint32_t) override { return {}; }
  blob::Result<> roll() override { return {}; }
  blob::Result<blob::Stored> rewrite(const blob::Location& from, const base::Digest& sha256) override {
    if (!bodies.contains(from.offset)) return base::fail(base::Fault::corrupt, "no such blob");
    return put(std::string(bodies.at(from.offset)), &sha256);
  }
  blob::Result<> verify(const blob::Location& at, const base::Digest& sha256) override {
    if (!bodies.contains(at.offset) || base::sha256(bodies.at(at.offset)) != sha256)
      return base::fail(base::Fault::corrupt, "not the body with its hash");
    return {};
  }
  blob::Result<blob::WalkEnd> walk(std::uint32_t, const std::function<bool(const blob::WalkedRecord&)>& fn) override {
    for (auto& one : records) fn(one);
    return blob::WalkEnd{records.size(), next_, 0};
  }

  std::string read(const std::string& location) const {
    auto l = blob::Location::parse(location);
    return l && bodies.contains(l->offset) ? bodies.at(l->offset) : std::string("(no such blob)");
  }
  std::map<std::uint64_t, std::string> bodies;
  std::vector<blob::WalkedRecord> records;
  bool full = false;

 private:
  std::uint64_t next_ = 4096, last_ = 0, durable_ = 0;
};

// Rows that an answer to StoreFlags tells of.
inline int rows_of(const stored::FlagsStored& done) {
  int n = 0;
  for (const auto& run : done.runs()) n += static_cast<int>(run.last() - run.first() + 1);
  return n;
}

class World {
 public:
  // With berkeley in a folder of its own, or in `home`, which stays.
  explicit World(bool berkeley = false, std::string home = {}) : berkeley_(berkeley), home_(std::move(home)), stays_(!home_.empty()) {
    if (berkeley_ && !stays_) {
      char dir[] = "/tmp/postern-store-XXXXXX";
      home_ = ::mkdtemp(dir);
    }
    if (!berkeley_) engine = kv::open_memory();
    open();
  }
  ~World() {
    store.reset();
    engine.reset();
    if (berkeley_ && !stays_) std::filesystem::remove_all(home_);
    if (!aside_.empty()) std::filesystem::remove_all(aside_);
  }
  // A new process: with berkeley the environment is closed and opened again.
  void reopen() {
    store.reset();
    if (berkeley_) engine.reset();
    open();
  }

  static Principal user(std::uint64_t account, std::uint64_t quota = 0) {
    Principal p;
    p.kind = Kind::user;
    p.id = p.account = account;
    p.quota_bytes = quota;
    return p;
  }
  static Principal deliver(std::uint64_t account, std::uint64_t quota = 0) {
    Principal p = user(account, quota);
    p.kind = Kind::deliver;
    return p;
  }
  static Principal admin() {
    Principal p;
    p.kind = Kind::admin;
    return p;
  }

  // Runs a call to its end; items of a stream are kept.
  stored::Reply run(Call& call) {
    items.clear();
    if (Store::has_body(call)) store->prepare(call);
    for (;;) {
      store->step(call);
      changed.insert(changed.end(), call.changed.begin(), call.changed.end());
      if (call.offload) std::exchange(call.offload, {})();
      if (std::uint64_t pause = std::exchange(call.pause_ms, 0)) now += static_cast<std::int64_t>(pause + 999) / 1000;
      if (call.state == Call::State::done) break;
      if (call.state == Call::State::item) items.push_back(call.reply);
    }
    EXPECT_TRUE(engine->flush(call.receipt).has_value() || store->stopped());
    return call.reply;
  }
  stored::Reply run(const stored::Request& request) { return run(request, user(request.account())); }
  stored::Reply run(const stored::Request& request, const Principal& who) {
    Call call;
    call.who = who;
    if (request.has_add_emails())
      for (const auto& t : request.add_emails().targets()) {
        Principal p = who;
        p.id = p.account = t.account();
        call.targets.emplace_back(p);
      }
    call.request = request;
    return run(call);
  }
  stored::Request request(std::uint64_t account = 1) const {
    stored::Request r;
    r.set_account(account);
    return r;
  }

  // Shortcuts
  std::vector<records::Mailbox> mailboxes(std::uint64_t account = 1) {
    auto r = request(account);
    r.mutable_list_mailboxes();
    auto reply = run(r);
    return {reply.mailboxes().mailboxes().begin(), reply.mailboxes().mailboxes().end()};
  }
  records::Mailbox mailbox(std::uint32_t id, std::uint64_t account = 1) {
    for (auto& m : mailboxes(account))
      if (m.id() == id) return m;
    return {};
  }
  std::uint32_t mailbox_named(const std::string& name, std::uint64_t account = 1) {
    for (auto& m : mailboxes(account))
      if (m.name() == name) return m.id();
    return 0;
  }
  stored::AccountInfo info(std::uint64_t account = 1) {
    auto r = request(account);
    r.mutable_get_account();
    return run(r).account();
  }
  static stored::AddEmails message(const std::string& body, const std::string& subject = "s",
                                   const std::string& id = "", const std::string& reference = "") {
    stored::AddEmails add;
    add.set_body(body);
    records::Content c;
    c.set_subject(subject);
    c.set_header("Subject: " + subject + "\r\n");
    if (!id.empty()) c.add_message_id(id);
    if (!reference.empty()) c.add_references(reference);
    add.set_content(c.SerializeAsString());
    add.set_wire("wire of " + subject);
    return add;
  }
  stored::Added::One add(stored::AddEmails add, std::uint32_t mailbox, std::vector<std::string> keywords = {},
                         std::uint64_t account = 1, std::uint64_t quota = 0) {
    auto r = request(account);
    *r.mutable_add_emails() = std::move(add);
    auto& t = *r.mutable_add_emails()->add_targets();
    t.set_account(account);
    if (mailbox) t.add_mailboxes(mailbox);
    for (auto& k : keywords) t.add_keywords(k);
    auto reply = run(r, user(account, quota));
    return reply.added().results_size() ? reply.added().results(0) : stored::Added::One();
  }
  stored::Reply store_flags(std::uint32_t mailbox, std::vector<std::uint32_t> ranges,
                            stored::StoreFlags::Mode mode, std::vector<std::string> flags,
                            std::uint64_t unchanged_since = UINT64_MAX) {
    auto r = request();
    auto& s = *r.mutable_store_flags();
    s.set_mailbox(mailbox);
    s.mutable_uid_ranges()->Assign(ranges.begin(), ranges.end());
    s.set_mode(mode);
    for (auto& f : flags) s.add_flags(f);
    s.set_unchanged_since(unchanged_since);
    return run(r);
  }
  stored::Reply copy(std::uint32_t from, std::vector<std::uint32_t> ranges, std::uint32_t to, bool move) {
    auto r = request();
    auto& c = *r.mutable_copy_emails();
    c.set_from(from);
    c.mutable_uid_ranges()->Assign(ranges.begin(), ranges.end());
    c.set_to(to);
    c.set_move(move);
    return run(r);
  }
  stored::Reply expunge(std::uint32_t mailbox) {
    auto r = request();
    r.mutable_expunge()->set_mailbox(mailbox);
    r.mutable_expunge()->set_all_deleted(true);
    return run(r);
  }
  stored::Delta delta(std::uint32_t mailbox, std::uint64_t since) {
    auto r = request();
    r.mutable_get_delta()->set_mailbox(mailbox);
    r.mutable_get_delta()->set_since(since);
    return run(r).delta();
  }
  stored::Reply changes(stored::GetChanges::Type type, std::uint64_t since, std::uint32_t max = 0,
                        std::uint32_t offset = 0) {
    auto r = request();
    auto& g = *r.mutable_get_changes();
    g.set_type(type);
    g.set_epoch(1);
    g.set_since(since);
    g.set_max_changes(max);
    g.set_offset(offset);
    return run(r);
  }
  std::shared_ptr<const model::Sheet> sheet(std::uint32_t mailbox, std::uint64_t account = 1) {
    Call call;
    call.who = user(account);
    call.request = request(account);
    call.request.mutable_get_sheet()->set_mailbox(mailbox);
    auto reply = run(call);
    auto s = call.fds.empty() ? model::Sheet::from_bytes(reply.sheet().data())
                              : model::Sheet::from_fd(call.fds[0]);
    EXPECT_TRUE(s.has_value());
    return s ? *s : nullptr;
  }
  std::vector<stored::EmailData> emails(std::vector<std::uint64_t> ids, std::uint64_t account = 1) {
    auto r = request(account);
    auto& g = *r.mutable_get_emails();
    g.mutable_ids()->Assign(ids.begin(), ids.end());
    g.set_email(true);
    g.set_wire(true);
    g.set_content(true);
    g.set_location(true);
    auto last = run(r);
    std::vector<stored::EmailData> out;
    for (auto& i : items) out.insert(out.end(), i.emails().emails().begin(), i.emails().emails().end());
    out.insert(out.end(), last.emails().emails().begin(), last.emails().emails().end());
    return out;
  }
  void work_all() {
    std::vector<Changed> c;
    while (store->work_behind(c)) {
    }
  }

  // Where damaged rows are kept.
  std::string aside() {
    if (aside_.empty()) {
      char dir[] = "/tmp/postern-aside-XXXXXX";
      aside_ = ::mkdtemp(dir);
    }
    return aside_;
  }
  // What fsck finds in the account, one line each; its end is awaited.
  std::vector<stored::Finding> check(bool repair = false, std::uint64_t account = 1, bool bodies = false) {
    auto r = request(account);
    r.mutable_check_account()->set_repair(repair);
    r.mutable_check_account()->set_bodies(bodies);
    auto last = run(r, admin());
    EXPECT_FALSE(last.has_error()) << last.error().what();
    items.push_back(last);
    std::vector<stored::Finding> out;
    for (auto& i : items)
      out.insert(out.end(), i.checked().findings().begin(), i.checked().findings().end());
    return out;
  }

  std::unique_ptr<kv::Engine> engine;
  MemoryBlobs blobs;
  std::unique_ptr<Store> store;
  std::int64_t now = 1'800'000'000;
  std::vector<stored::Reply> items;
  std::vector<Changed> changed;
  Options options;

 private:
  void open() {
    if (!engine) {
      kv::BerkeleyOptions o;
      o.home = home_ + "/db";
      o.cache_bytes = 4u << 20;
      auto opened = kv::open_berkeley(o);
      ASSERT_TRUE(opened.has_value()) << opened.error().what;
      engine = std::move(*opened);
    }
    Options o = options;
    o.aside_folder = aside();
    o.clock = [this] { return now; };
    auto s = Store::open(*engine, blobs, o);
    ASSERT_TRUE(s.has_value()) << s.error().what;
    store = std::move(*s);
  }
  bool berkeley_;
  std::string home_, aside_;
  bool stays_;
};

inline std::string code(const stored::Reply& r) { return r.has_error() ? r.error().code() : ""; }

}  // namespace postern::store
