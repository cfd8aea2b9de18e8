// expire, gc and base-copy: what cron does for the store.
#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kCopyDeadlineMs = 6 * 3'600'000;   // one answer, at the end

json::object to_json(const stored::Collected& c) {
  return {{"segments", c.segments()},         {"bytes", c.bytes()},
          {"dead_bytes", c.dead_bytes()},     {"freed_bytes", c.freed_bytes()},
          {"removed", c.segments_removed()},  {"moved", c.blobs_moved()}};
}

std::string plural(std::uint64_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

}  // namespace

int expire(Context& c) {
  if (!c.args().empty()) return c.usage("what is this: " + c.args()[0]);
  stored::Request r;
  r.mutable_collect_blobs()->set_expire_only(true);
  auto ok = c.stored_items(r, [](stored::Reply&) { return true; });
  return ok ? kOk : c.fail(ok.error());
}

int gc(Context& c) {
  if (!c.args().empty()) return c.usage("what is this: " + c.args()[0]);
  bool report = c.has("--report") || c.dry_run();
  stored::Request r;
  r.mutable_collect_blobs()->set_report(report);
  if (auto text = c.value("--percent")) {
    auto n = base::parse_u32(*text);
    if (!n || *n < 1 || *n > 100) return c.usage("--percent: expected 1 to 100");
    r.mutable_collect_blobs()->set_percent_dead(*n);
  }
  stored::Collected last;
  auto ok = c.stored_items(r, [&](stored::Reply& reply) {
    last = std::move(*reply.mutable_collected());
    c.progress("moving messages", last.blobs_moved(), 0);
    return true;
  });
  c.progress_end();
  if (!ok) return c.fail(ok.error());
  if (c.json())
    print_json(c, to_json(last));
  else if (report)
    c.out(plural(last.segments(), "segment") + ", " + human_size(last.bytes()) + ", dead " +
          human_size(last.dead_bytes()) + "; would free " + human_size(last.freed_bytes()) + "\n");
  else if (last.segments_removed())
    c.out("freed " + human_size(last.freed_bytes()) + ": " + plural(last.segments_removed(), "segment") + " removed, " +
          plural(last.blobs_moved(), "message") + " moved\n");
  return report && last.freed_bytes() ? kFound : kOk;
}

int base_copy(Context& c) {
  if (!c.args().empty()) return c.usage("what is this: " + c.args()[0]);
  stored::Request r;
  r.mutable_base_copy()->set_verify(c.has("--verify"));
  auto done = c.stored(std::move(r), {}, kCopyDeadlineMs);
  return done ? kOk : c.fail(done.error());
}

}  // namespace postern::cli
