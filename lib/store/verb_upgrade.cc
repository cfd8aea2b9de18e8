// UpgradeStore: to this version, in slices; or rehearsed on a copy that is thrown away.
#include <unistd.h>

#include <filesystem>

#include "base/log.h"
#include "store/store.h"
#include "store/upgrade.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

struct Upgrading {
  std::unique_ptr<Upgrade> upgrade;   // of the store itself
  Result<> rehearsed;
  stored::Upgraded told;
};

// The whole way on a copy: upgrade, open again, compare everything with everything.
Result<> rehearse(kv::Engine& engine, const Options& options, std::int64_t now, stored::Upgraded& told) {
  std::string folder = options.rehearsal_folder;
  if (folder.empty() || !options.open_copy) return fail(Fault::permanent, "there is no folder for a rehearsal", "INVALID");
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  struct Away {
    const std::string& folder;
    ~Away() {
      std::error_code e;
      std::filesystem::remove_all(folder, e);
    }
  } away{folder};
  if (auto copied = engine.copy_to(folder); !copied) return copied;
  {
    auto copy = options.open_copy(folder);
    if (!copy) return pass(copy);
    Upgrade upgrade(**copy);
    for (bool done = false; !done;) {
      auto step = upgrade.step();
      if (!step) return pass(step);
      done = *step;
    }
    told.set_from(upgrade.from());
    told.set_accounts(upgrade.accounts());
    if (auto closed = (*copy)->close(); !closed) return closed;
  }
  auto again = options.open_copy(folder);
  if (!again) return pass(again);
  std::string first;
  auto found = count_findings(**again, now, first);
  if (!found) return pass(found);
  if (*found)
    return fail(Fault::permanent, std::to_string(*found) + " findings in the upgraded copy, the first: " + first, "INVALID");
  return {};
}

}  // namespace

Result<> upgrade_store(Store& store, Call& call) {
  auto& out = *call.reply.mutable_upgraded();
  if (!call.work) {
    auto work = std::make_shared<Upgrading>();
    call.work = work;
    work->told.set_to(kStoreVersion);
    if (call.request.upgrade_store().check())
      call.offload = [work, engine = &store.engine(), options = &store.options(), now = store.now()] {
        work->rehearsed = rehearse(*engine, *options, now, work->told);
      };
    else
      work->upgrade = std::make_unique<Upgrade>(store.engine());
    call.state = Call::State::again;
    return {};
  }
  auto& w = *std::static_pointer_cast<Upgrading>(call.work);
  bool done = true;
  if (w.upgrade) {
    w.told.set_step(w.upgrade->what());
    auto step = w.upgrade->step();
    if (!step) return pass(step);
    done = *step;
    w.told.set_from(w.upgrade->from());
    w.told.set_accounts(w.upgrade->accounts());
    call.receipt = std::max(call.receipt, store.engine().last());
    if (done) store.upgraded();
  } else if (!w.rehearsed) {
    return pass(w.rehearsed);
  }
  out = w.told;
  out.set_end(done);
  call.state = done ? Call::State::done : Call::State::item;
  return {};
}

}  // namespace postern::store
