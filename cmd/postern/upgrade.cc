// upgrade: brings a store of an older version to this one, after a rehearsal on a copy.
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {
constexpr std::uint64_t kDeadlineMs = 6 * 3'600'000;   // the rehearsal is one answer
}

int upgrade(Context& c) {
  if (!c.args().empty()) return c.usage("what is this: " + c.args()[0]);
  bool check = c.has("--check") || c.dry_run();
  stored::Request r;
  r.mutable_upgrade_store()->set_check(check);
  stored::Upgraded last;
  auto ok = c.stored_items(
      std::move(r),
      [&](stored::Reply& reply) {
        last = std::move(*reply.mutable_upgraded());
        c.progress(last.step().empty() ? "accounts" : last.step(), last.accounts(), 0);
        return true;
      },
      kDeadlineMs);
  c.progress_end();
  if (!ok) {
    c.error(ok.error().what);
    return kCouldNotLook;
  }
  bool older = last.from() != last.to() && last.from() != 0;
  std::string way = "version " + std::to_string(last.from()) + " to " + std::to_string(last.to());
  if (c.json())
    print_json(c, boost::json::object{{"from", last.from()}, {"to", last.to()}, {"accounts", last.accounts()}, {"needed", older}});
  else if (check && older)
    c.out("would upgrade from " + way + ": rehearsed on a copy, " + std::to_string(last.accounts()) + " accounts, nothing wrong\n");
  else if (older)
    c.out("upgraded from " + way + ": " + std::to_string(last.accounts()) + " accounts\n");
  return check && older ? kFound : kOk;
}

}  // namespace postern::cli
