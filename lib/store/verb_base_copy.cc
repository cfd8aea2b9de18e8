// BaseCopy: a new base copy of the database, made while it runs, and the logs that it makes superfluous go.
#include "base/system.h"
#include "store/store.h"

namespace postern::store {

namespace {

struct Copying {
  Result<> done;
};

Result<> copy(kv::Engine& engine, bool verify) {
  if (verify)
    if (auto sound = engine.verify_pages(); !sound) return sound;
  if (auto done = engine.base_copy(); !done) return done;
  base::kill_point("log.removal");
  auto removed = engine.remove_old_logs();
  return removed ? Result<>() : pass(removed);
}

}  // namespace

Result<> base_copy(Store& store, Call& call) {
  if (!call.work) {
    auto work = std::make_shared<Copying>();
    call.work = work;
    call.offload = [work, engine = &store.engine(), verify = call.request.base_copy().verify()] {
      work->done = copy(*engine, verify);
    };
    call.state = Call::State::again;
    return {};
  }
  if (auto& done = std::static_pointer_cast<Copying>(call.work)->done; !done) return pass(done);
  call.reply.mutable_done();
  return {};
}

}  // namespace postern::store
