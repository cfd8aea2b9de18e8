// gc over real segments: what nobody names is freed, everything else is read as before; beside writers and readers,
// with the process killed at every point on the way, and never over damage.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "store/keys.h"
#include "store_test.h"

namespace postern::store {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDay = 86'400;

// A store with its bodies in small segments.
class Place {
 public:
  explicit Place(std::string dir, bool berkeley) : dir_(std::move(dir)) {
    if (berkeley) {
      kv::BerkeleyOptions o;
      o.home = dir_ + "/db";
      o.cache_bytes = 2u << 20;
      o.keep_free_bytes = 0;
      engine = kv::open_berkeley(o).value();
    } else {
      engine = kv::open_memory();
    }
    blob::WriterOptions segments;
    segments.folder = dir_ + "/blobs";
    segments.master_key = dir_ + "/master.key";
    segments.segment_target = 64u << 10;
    writer = blob::Writer::open(segments).value();
    Options options;
    options.clock = [this] { return now; };
    store = Store::open(*engine, *writer, options).value();
  }

  void start(Call& call) {
    if (Store::has_body(call)) store->prepare(call);
  }
  // One step, as stored does it; `on_pause` runs while a long verb waits.
  bool step(Call& call) {
    store->step(call);
    if (call.offload) std::exchange(call.offload, {})();
    now += static_cast<std::int64_t>(std::exchange(call.pause_ms, 0) + 999) / 1000;
    if (call.state != Call::State::again) {
      EXPECT_TRUE(writer->sync().has_value());
      EXPECT_TRUE(engine->flush(call.receipt).has_value());
    }
    return call.state != Call::State::done;
  }
  stored::Reply run(const stored::Request& request, const Principal& who) {
    Call call;
    call.who = who;
    if (request.has_add_emails()) call.targets.emplace_back(who);
    call.request = request;
    start(call);
    while (step(call)) {
    }
    return call.reply;
  }
  static stored::Request add_request(const std::string& body) {
    stored::Request r;
    r.set_account(1);
    *r.mutable_add_emails() = World::message(body, "s" + body.substr(0, 10));
    r.mutable_add_emails()->add_targets()->set_account(1);
    return r;
  }
  std::uint64_t add(const std::string& body) {
    auto reply = run(add_request(body), World::user(1));
    EXPECT_EQ(reply.added().results(0).error().code(), "");
    return reply.added().results(0).email();
  }
  void destroy(std::uint64_t id) {
    stored::Request r;
    r.set_account(1);
    auto& u = *r.mutable_update_emails()->add_updates();
    u.set_id(id);
    u.set_destroy(true);
    EXPECT_EQ(run(r, World::user(1)).updated().errors(0).code(), "");
  }
  stored::Request gc_request(bool report = false) const {
    stored::Request r;
    r.mutable_collect_blobs()->set_report(report);
    return r;
  }
  stored::Collected gc(bool report = false) {
    auto reply = run(gc_request(report), World::admin());
    EXPECT_EQ(code(reply), "") << reply.error().what();
    EXPECT_TRUE(reply.collected().end());
    return reply.collected();
  }
  std::string location_of(std::uint64_t id) {
    stored::Request r;
    r.set_account(1);
    r.mutable_get_emails()->add_ids(id);
    r.mutable_get_emails()->set_location(true);
    auto reply = run(r, World::user(1));
    return reply.emails().emails_size() ? reply.emails().emails(0).location() : "";
  }
  // Through a reader of its own, as a front end.
  std::string body_of(std::uint64_t id) {
    auto at = blob::Location::parse(location_of(id));
    if (!at) return "(no location)";
    auto read = blob::Reader(dir_ + "/blobs").read(*at);
    return read ? *read : "(" + read.error().what + ")";
  }
  std::uint64_t bytes() const {
    std::uint64_t n = 0;
    for (auto& f : fs::directory_iterator(dir_ + "/blobs")) n += f.file_size();
    return n;
  }

  std::int64_t now = 1'800'000'000;
  std::unique_ptr<kv::Engine> engine;
  std::unique_ptr<blob::Writer> writer;
  std::unique_ptr<Store> store;

 private:
  std::string dir_;
};

std::string body(int n) {
  std::string out = "message " + std::to_string(n) + "\n";
  std::uint32_t x = static_cast<std::uint32_t>(n) * 2'654'435'761u + 1;
  while (out.size() < 3'000) {
    x = x * 1'664'525u + 1'013'904'223u;
    out += static_cast<char>(x >> 24);
  }
  return out;
}

class StoreCollect : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/postern-gc-XXXXXX";
    dir = ::mkdtemp(name);
    open();
  }
  void TearDown() override {
    place.reset();
    fs::remove_all(dir);
  }
  void open() { place = std::make_unique<Place>(dir, GetParam()); }
  // `n` messages of which every other one has been deleted for good.
  void fill(int n) {
    for (int i = 0; i < n; ++i) ids[i] = place->add(body(i));
    for (int i = 0; i < n; i += 2) {
      place->destroy(ids[i]);
      ids.erase(i);
    }
    place->now += 15 * kDay;
  }
  void all_there() {
    for (auto& [i, id] : ids) ASSERT_EQ(place->body_of(id), body(i)) << i;
  }

  std::string dir;
  std::unique_ptr<Place> place;
  std::map<int, std::uint64_t> ids;
};

TEST_P(StoreCollect, FreesWhatNobodyNamesAndMovesTheRest) {
  fill(100);
  std::uint64_t before = place->bytes();
  auto report = place->gc(true);   // the dead are still named until they are expired: a report changes nothing
  EXPECT_EQ(report.dead_bytes(), 0u);
  EXPECT_EQ(place->bytes(), before);
  auto done = place->gc();
  EXPECT_GT(done.freed_bytes(), 140'000u);
  EXPECT_GT(done.segments_removed(), 3u);
  EXPECT_GE(done.blobs_moved(), 40u);
  EXPECT_LT(place->bytes(), before - 100'000);
  all_there();
  auto again = place->gc();
  EXPECT_EQ(again.blobs_moved(), 0u);
  EXPECT_EQ(again.freed_bytes(), 0u);
  // The same bytes come again: written anew, since the index has forgotten them.
  std::uint64_t id = place->add(body(0));
  EXPECT_EQ(place->body_of(id), body(0));
}

TEST_P(StoreCollect, AReportSaysWhatWouldBeFreed) {
  fill(60);
  std::vector<Changed> changed;
  while (place->store->work_behind(changed)) {
  }
  auto report = place->gc(true);
  EXPECT_GT(report.freed_bytes(), 80'000u);
  EXPECT_EQ(report.segments_removed(), 0u);
  all_there();
  EXPECT_NEAR(static_cast<double>(place->gc().freed_bytes()), static_cast<double>(report.freed_bytes()), 5'000);
}

TEST_P(StoreCollect, WhatCanStillBeRestoredStays) {
  fill(20);
  std::uint64_t id = place->add(body(1'000));
  place->destroy(id);
  place->gc();
  stored::Request r;
  r.set_account(1);
  r.mutable_undelete()->add_emails(id);
  ASSERT_EQ(code(place->run(r, World::user(1))), "");
  EXPECT_EQ(place->body_of(id), body(1'000));
  // So does a whole deleted account.
  r.Clear();
  r.mutable_delete_account()->set_account(1);
  ASSERT_EQ(code(place->run(r, World::admin())), "");
  place->gc();
  r.Clear();
  r.set_account(1);
  r.mutable_undelete();
  ASSERT_EQ(code(place->run(r, World::admin())), "");
  all_there();
}

TEST_P(StoreCollect, FreshBodiesAndUploadsStay) {
  stored::Request r;
  r.set_account(1);
  r.mutable_put_blob()->set_body(body(7));
  auto put = place->run(r, World::user(1));
  ASSERT_EQ(code(put), "");
  EXPECT_EQ(place->gc().dead_bytes(), 0u);
  std::string sha = put.blobs().blobs(0).hash();
  place->now += 3'500;
  place->gc();
  EXPECT_TRUE(place->store->find_blob(sha)->has_value());
  place->now += 200;   // its hour is over: the account forgets it, and so do we
  place->gc();
  EXPECT_FALSE(place->store->find_blob(sha)->has_value());
}

TEST_P(StoreCollect, AReaderMayUseItsLocationForTheLease) {
  fill(40);
  auto old = *blob::Location::parse(place->location_of(ids[1]));
  blob::Reader reader(dir + "/blobs"), holder(dir + "/blobs");
  auto held = holder.hold(old.segment);
  Call call;
  call.who = World::admin();
  call.request = place->gc_request();
  std::int64_t moved = 0;
  while (place->step(call)) {
    auto now = *blob::Location::parse(place->location_of(ids[1]));
    if (now.segment == old.segment) continue;
    if (!moved) moved = place->now;
    ASSERT_EQ(reader.read(old).value_or("gone"), body(1)) << place->now - moved;
    ASSERT_EQ(blob::Reader(dir + "/blobs").read(old).value_or("gone"), body(1));
  }
  EXPECT_GE(place->now - moved, 60);
  EXPECT_EQ(blob::Reader(dir + "/blobs").read(old).error().code, "NOT_FOUND");
  EXPECT_EQ(reader.read(old).value_or("gone"), body(1));   // it has the file open
  holder.forget(old.segment);
  EXPECT_EQ(holder.read(old).value_or("gone"), body(1));
  held.reset();
  holder.forget(old.segment);
  EXPECT_EQ(holder.read(old).error().code, "NOT_FOUND");
}

// Between the hash and the commit of a delivery the whole gc may run: the body must be there afterwards.
TEST_P(StoreCollect, ADeliveryOfADyingBodyUnderWay) {
  fill(40);
  Call delivery;
  delivery.who = World::user(1);
  delivery.targets.emplace_back(delivery.who);
  delivery.request = Place::add_request(body(0));   // its place row is still there, and unmarked
  place->start(delivery);
  ASSERT_TRUE(delivery.bodies[0].has_value());
  Call gc;
  gc.who = World::admin();
  gc.request = place->gc_request();
  for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(place->step(gc)) << "it must wait for the delivery";
  while (place->step(delivery)) {
  }
  std::uint64_t id = delivery.reply.added().results(0).email();
  ASSERT_NE(id, 0u);
  delivery = Call();
  while (place->step(gc)) {
  }
  EXPECT_GT(gc.reply.collected().segments_removed(), 0u);
  EXPECT_EQ(place->body_of(id), body(0));
  all_there();
}

TEST_P(StoreCollect, NewMailWithABodyOfACondemnedSegmentIsWrittenAgain) {
  fill(40);
  Call gc;
  gc.who = World::admin();
  gc.request = place->gc_request();
  int n = 0;
  std::map<std::uint64_t, int> added;
  while (place->step(gc))
    if (n < 40) {
      int which = n++ | 1;          // a living body, whose segment may be condemned just now
      added[place->add(body(which))] = which;
    }
  for (auto& [id, which] : added) ASSERT_EQ(place->body_of(id), body(which));
  all_there();
  EXPECT_EQ(n, 40);
}

// A name may wander from an account that is marked later to one that was marked already.
TEST_P(StoreCollect, ABodyNamedBetweenTheMarks) {
  fill(20);
  stored::Request r;
  r.set_account(2);
  r.mutable_put_blob()->set_body(body(500));
  auto put = place->run(r, World::user(2));
  ASSERT_EQ(code(put), "");
  place->now += 3'590;
  Call gc;
  gc.who = World::admin();
  gc.request = place->gc_request();
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(place->step(gc));
  Call copy;
  copy.who = World::user(1);
  copy.request.set_account(1);
  auto& add = *copy.request.mutable_add_emails();
  add = World::message("", "s");
  add.set_blob(put.blobs().blobs(0).hash());
  for (std::uint64_t account : {2, 1}) {
    add.add_targets()->set_account(account);
    copy.targets.emplace_back(World::user(account));
  }
  while (place->step(copy)) {
  }
  std::uint64_t id = copy.reply.added().results(1).email();
  ASSERT_NE(id, 0u);
  place->now += 60;
  while (place->step(gc)) {
  }
  EXPECT_EQ(place->body_of(id), body(500));
}

TEST_P(StoreCollect, OneAtATime) {
  fill(20);
  Call gc;
  gc.who = World::admin();
  gc.request = place->gc_request();
  ASSERT_TRUE(place->step(gc));
  auto second = place->run(place->gc_request(), World::admin());
  EXPECT_EQ(code(second), "IN_USE");
  auto expire = place->gc_request();   // touches no segment, and may
  expire.mutable_collect_blobs()->set_expire_only(true);
  EXPECT_EQ(code(place->run(expire, World::admin())), "");
  EXPECT_EQ(code(place->run(place->gc_request(), World::admin())), "IN_USE");
  gc = Call();                      // its caller has gone
  place->gc();
  all_there();
}

TEST_P(StoreCollect, DamageEndsIt) {
  fill(40);
  std::uint64_t before = place->bytes();
  std::string sha(base::view(base::sha256(body(1))));
  auto refused = [&] {
    auto reply = place->run(place->gc_request(), World::admin());
    EXPECT_NE(reply.error().what().find("fsck"), std::string::npos) << reply.error().what();
    return code(reply);
  };
  ASSERT_TRUE(place->engine->overwrite_raw(0, keys::blob_place(sha), "damaged"));
  EXPECT_EQ(refused(), "CORRUPT");
  EXPECT_EQ(place->bytes(), before);
  kv::Batch gone;
  gone.del(keys::blob_place(sha));
  ASSERT_TRUE(place->engine->commit(0, gone));
  ASSERT_TRUE(place->engine->overwrite_raw(1, keys::email(ids[3]), "damaged"));
  EXPECT_EQ(refused(), "CORRUPT");
  EXPECT_EQ(place->bytes(), before);
}

TEST_P(StoreCollect, ASegmentWithADamagedBodyIsKept) {
  fill(40);
  auto at = *blob::Location::parse(place->location_of(ids[1]));
  char name[32];
  std::snprintf(name, sizeof name, "/blobs/%08x.seg", at.segment);
  {
    std::fstream f(dir + name, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(static_cast<std::streamoff>(at.offset + at.header_length + 10));
    f.write("\0\0\0", 3);
  }
  place->gc();
  EXPECT_TRUE(fs::exists(dir + name));
  ids.erase(1);
  all_there();
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreCollect, testing::Bool(),
                         [](const auto& p) { return p.param ? "berkeley" : "memory"; });

#ifdef POSTERN_KILL_POINTS
// The victim: opens the store in GC_VICTIM and collects until it is killed.
TEST(StoreCollectKilled, Victim) {
  const char* dir = std::getenv("GC_VICTIM");
  if (!dir) GTEST_SKIP() << "only as a child of Everywhere";
  Place place(dir, true);
  place.now += 15 * kDay;
  place.gc();
  std::_Exit(0);
}

// Killed at the n-th visit of each point on the way, once more and again: no body is lost, and in the end the room is
// free.
TEST(StoreCollectKilled, Everywhere) {
  char name[] = "/tmp/postern-gc-XXXXXX";
  std::string dir = ::mkdtemp(name);
  std::map<int, std::uint64_t> ids;
  int next = 0;
  // One living body among three dead ones, so that each gc has something to sweep and to move.
  auto fill = [&] {
    Place place(dir, true);
    for (int i = 0; i < 24; ++i, ++next) {
      std::uint64_t id = place.add(body(next));
      if (next % 4 == 0)
        ids[next] = id;
      else
        place.destroy(id);
    }
  };
  std::map<std::string, int> killed;
  for (const char* point : {"gc.sweep", "commit.before", "blob.put", "blob.sync", "gc.moved", "blob.remove_segment"})
    for (int visit : {1, 2, 3}) {
      fill();
      pid_t pid = ::fork();
      if (pid == 0) {
        ::setenv("GC_VICTIM", dir.c_str(), 1);
        ::setenv("POSTERN_KILL", (std::string(point) + ":" + std::to_string(visit)).c_str(), 1);
        ::execl("/proc/self/exe", "unit_store_collect", "--gtest_filter=StoreCollectKilled.Victim", nullptr);
        ::_exit(127);
      }
      int status = 0;
      ::waitpid(pid, &status, 0);
      ASSERT_TRUE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
          << point << " " << status;
      killed[point] += WIFSIGNALED(status);
      Place place(dir, true);
      for (auto& [i, id] : ids) ASSERT_EQ(place.body_of(id), body(i)) << point << " " << visit << " " << i;
    }
  for (const char* point : {"gc.sweep", "commit.before", "blob.put", "blob.sync", "gc.moved", "blob.remove_segment"})
    EXPECT_GT(killed[point], 0) << point;
  {
    Place place(dir, true);
    place.now += 15 * kDay;
    place.gc();
    EXPECT_LT(place.bytes(), ids.size() * 3'400 * 5 / 4 + (64u << 10));
    for (auto& [i, id] : ids) ASSERT_EQ(place.body_of(id), body(i)) << i;
  }
  fs::remove_all(dir);
}
#endif

}  // namespace
}  // namespace postern::store
