// The whole store, engine, segments and all, on a disk that loses what was not flushed: whatever made the database write
// its log (a flush that others asked for, a full log buffer, a checkpoint, a base copy), each row that is there after a
// power cut has its body, what was acknowledged is there, and fsck finds nothing (RELIABILITY F03).
#include <random>
#include <set>

#include "base/system.h"
#include "kv_fault_disk.h"
#include "store_test.h"

// The machine goes off in the middle of everything: the library cannot free all of its memory.
extern "C" const char* __lsan_default_suppressions() { return "leak:libdb-5.3.so"; }

namespace postern::store {
namespace {

// Bodies that can be told from each other and compress badly, from a few bytes to several pieces.
std::string body_of(unsigned n) {
  std::mt19937 rng(n);
  std::string out = "message " + std::to_string(n) + "\r\n";
  std::size_t size = rng() % 8 ? rng() % 6'000 : rng() % 200'000;
  while (out.size() < size) out += std::to_string(rng());
  return out;
}

class Machine {
 public:
  explicit Machine(unsigned seed) : rng_(seed) {}

  bool start() {
    auto e = kv::open_berkeley({.home = dir_.path() + "/db",
                                .cache_bytes = 2u << 20,
                                .log_file_bytes = 256u << 10,
                                .log_buffer_bytes = 64u << 10,
                                .keep_free_bytes = 0});
    if (!e) return false;
    engine_ = std::move(*e);
    auto b = blob::Writer::open({.folder = dir_.path() + "/blobs", .master_key = dir_.path() + "/master.key",
                                 .segment_target = 256u << 10});
    if (!b) return false;
    blobs_ = std::move(*b);
    Options o;
    o.clock = [] { return std::int64_t{1'800'000'000}; };
    o.aside_folder = dir_.path() + "/aside";
    auto s = Store::open(*engine_, *blobs_, o);
    if (!s) return false;
    store_ = std::move(*s);
    return true;
  }
  void end() { store_.reset(), blobs_.reset(), engine_.reset(); }

  stored::Reply run(Call& call) {
    if (Store::has_body(call)) store_->prepare(call);
    items.clear();
    for (;;) {
      store_->step(call);
      if (call.offload) std::exchange(call.offload, {})();
      if (call.state == Call::State::done) return call.reply;
      if (call.state == Call::State::item) items.push_back(call.reply);
    }
  }
  stored::Reply run(stored::Request r, Principal who) {
    Call call;
    call.who = who;
    r.set_account(1);
    for (int i = 0; i < r.add_emails().targets_size(); ++i) call.targets.emplace_back(who);
    call.request = std::move(r);
    return run(call);
  }

  // One message, and what else goes on in stored at that time.
  void step() {
    unsigned n = next_++;
    stored::Request r;
    *r.mutable_add_emails() = World::message(body_of(n), std::to_string(n));
    r.mutable_add_emails()->add_targets()->set_account(1);
    if (!run(r, World::user(1)).added().results(0).has_error()) waiting_.push_back(n);
    switch (rng_() % 6) {
      case 0: static_cast<void>(engine_->checkpoint()); break;
      case 1: if (rng_() % 8 == 0 && engine_->base_copy()) static_cast<void>(engine_->remove_old_logs()); break;
      case 2: case 3:   // what a client waits for
        if (engine_->flush(engine_->last()) && !disk.frozen()) {
          promised_.insert(waiting_.begin(), waiting_.end());
          waiting_.clear();
        }
        break;
      default: break;   // the log's buffer fills
    }
  }
  // Works until its n-th call from now that changes the disk.  From then on nothing reaches it.
  void work_until(long n) {
    disk.freeze_at(n);
    for (int i = 0; i < 200 && !disk.frozen(); ++i) step();
  }
  // The process is gone, with what it had not written; the disk goes on.
  void kill() {
    if (!disk.frozen()) disk.freeze_at(1);
    end();
    disk.heal();
    waiting_.clear();
  }
  void cut() {
    kill();
    disk.power_cut(rng_);
  }
  void check() {
    ASSERT_TRUE(start());
    stored::Request list;
    list.mutable_get_sheet()->set_mailbox(0);
    Call call;
    call.who = World::user(1);
    call.request = list;
    call.request.set_account(1);
    auto reply = run(call);
    auto sheet = call.fds.empty() ? model::Sheet::from_bytes(reply.sheet().data()) : model::Sheet::from_fd(call.fds[0]);
    ASSERT_TRUE(sheet.has_value());
    stored::Request get;
    for (std::size_t i = 0; i < (*sheet)->size(); ++i) get.mutable_get_emails()->add_ids((*sheet)->row(i).email);
    get.mutable_get_emails()->set_wire(true);
    get.mutable_get_emails()->set_location(true);
    auto last = run(get, World::user(1));
    items.push_back(last);
    blob::Reader reader(dir_.path() + "/blobs");
    std::set<unsigned> there;
    for (auto& item : items)
      for (auto& e : item.emails().emails()) {
        unsigned n = static_cast<unsigned>(std::stoul(e.wire().substr(std::string("wire of ").size())));
        auto place = blob::Location::parse(e.location());
        ASSERT_TRUE(place.has_value());
        auto body = reader.read(*place);
        ASSERT_TRUE(body.has_value()) << "message " << n << " without its body: " << body.error().what;
        ASSERT_EQ(*body, body_of(n));
        ASSERT_TRUE(there.insert(n).second) << "twice: " << n;
      }
    for (unsigned n : promised_) ASSERT_TRUE(there.contains(n)) << "lost: " << n;
    stored::Request fsck;
    fsck.mutable_check_account()->set_bodies(true);
    auto checked = run(fsck, World::admin());
    items.push_back(checked);
    for (auto& item : items)
      for (auto& f : item.checked().findings()) FAIL() << f.kind() << ", " << f.key() << ": " << f.what();
    end();
  }
  std::mt19937& rng() { return rng_; }

 private:
  test::TempDir dir_;

 public:
  test::FaultDisk disk{dir_.path()};

 private:
  std::mt19937 rng_;
  std::unique_ptr<kv::Engine> engine_;
  std::unique_ptr<blob::Writer> blobs_;
  std::unique_ptr<Store> store_;
  std::vector<stored::Reply> items;
  unsigned next_ = 1;
  std::vector<unsigned> waiting_;   // for a flush
  std::set<unsigned> promised_;
};

TEST(StorePower, NoRowWithoutItsBody) {
  for (unsigned seed = 1; seed <= 60 && !::testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Machine m(seed);
    ASSERT_TRUE(m.start());
    for (unsigned i = m.rng()() % 10; i > 0; --i) m.step();
    m.work_until(1 + m.rng()() % 120);
    for (int i = 0; i < 5; ++i) m.step();   // which the disk never sees
    m.cut();
    m.check();
  }
}

// A process is killed, the next one goes on in its files, and only then the power goes: what the first had written without
// flushing it, names of new files too, is durable before the second promises anything that rests on it.
TEST(StorePower, AKillBeforeThePowerCut) {
  for (unsigned seed = 1; seed <= 40 && !::testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Machine m(seed);
    ASSERT_TRUE(m.start());
    for (unsigned i = m.rng()() % 20; i > 0; --i) m.step();
    for (int kills = 0; kills < 2; ++kills) {
      m.work_until(1 + m.rng()() % 80);
      m.kill();
      ASSERT_TRUE(m.start());
    }
    for (unsigned i = m.rng()() % 10; i > 0; --i) m.step();
    m.cut();
    m.check();
  }
}

}  // namespace
}  // namespace postern::store
