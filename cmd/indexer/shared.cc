#include "cmd/indexer/shared.h"

#include "base/log.h"
#include "base/system.h"

namespace postern::indexer {

Shared::Shared(service::Daemon& d, Suspects s)
    : daemon(d),
      loop(d.loop()),
      auth(d.loop(), d.config().run_path("authd-index.sock")),
      store(d.loop(), d.config().run_path("stored.sock"), &auth),
      bodies(std::make_shared<blob::Reader>(d.config().segment_dir())),
      suspects(std::make_shared<Suspects>(std::move(s))),
      watchdog(std::make_shared<Watchdog>(d.loop())),
      documents(std::make_shared<std::set<std::string>>()),
      runner(d.loop(), d.config().run_path("runner.sock")),
      writers(d.loop(), d.config().var_path("fts"), d.counter("flushes")),
      last_progress(base::monotonic_ms()),
      indexed(d.counter("indexed")),
      removed(d.counter("removed")),
      set_aside(d.counter("set_aside")),
      rebuilt(d.counter("rebuilt")),
      commits(d.counter("commits")),
      failed(d.counter("failed")) {
  read_settings();
}

void Shared::read_settings() {
  const service::Config& c = daemon.config();
  pace.changes = c.number("index.batch");
  pace.interval_ms = c.number("index.interval") * 1000;
  sync_interval_ms = c.number("index.sync_interval") * 1000;
  alarm_ms = c.number("index.alarm") * 1000;
  watchdog->set_limit(c.number("index.message_time") * 1000);
  std::string tag = c.text("index.language");
  language = index::find_language(tag);
  if (!tag.empty() && language == index::kNoLanguage)
    base::log(base::Level::warning, "index_language", {{"language", tag}, {"error", "there are no rules for it; none is assumed"}});
  changed.notify();
}

}  // namespace postern::indexer
