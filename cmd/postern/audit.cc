// audit, audit verify: the logs that authd and stored keep of admins' actions, deletions and delegated access.
#include <algorithm>
#include <optional>
#include <tuple>

#include "audit/chain.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/postern/archive_root.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"
#include "cmd/postern/when.h"

namespace postern::cli {
namespace {

using base::Result;

struct Source {
  const char* program;
  const char* folder;   // below var_dir
};
constexpr Source kSources[] = {{"authd", "directory/audit"}, {"stored", "store/audit"}};

struct Told {
  const char* program;
  audit::Event event;
};

bool late_enough(const std::string& time, std::optional<std::int64_t> since) {
  if (!since) return true;
  auto at = parse_when(time, 0);
  return !at || *at >= *since;
}

void print(Context& c, const Told& t) {
  std::string line = one_line(t.event.time, 40) + " " + t.program + " " + one_line(t.event.action, 200);
  for (const auto& [name, value] : t.event.fields) {
    std::string v = one_line(value, 1'000);
    bool bare = !v.empty() && v.find(' ') == std::string::npos && v.find('"') == std::string::npos;
    line += " " + one_line(name, 60) + "=" + (bare ? v : boost::json::serialize(boost::json::string(v)));
  }
  c.out(line + "\n");
}

boost::json::object to_json(const Told& t) {
  boost::json::object o{
      {"program", t.program}, {"n", t.event.number}, {"time", t.event.time}, {"action", t.event.action}};
  for (const auto& [name, value] : t.event.fields)
    if (!o.contains(name)) o[name] = value;
  return o;
}

// Where the daemon says that its log ends: number and the beginning of the checksum.
struct End {
  std::uint64_t number = 0, hash = 0;
};

template <class Counters>
End end_of(const Counters& counters) {
  End e;
  if (auto it = counters.find("audit_number"); it != counters.end()) e.number = it->second;
  if (auto it = counters.find("audit_hash"); it != counters.end()) e.hash = it->second;
  return e;
}

Result<End> ask_end(Context& c, const Source& s) {
  if (std::string_view(s.program) == "authd") {
    authd::Request r;
    r.mutable_get_stats();
    auto reply = c.authd(r);
    if (!reply) return pass(reply);
    return end_of(reply->stats().counters());
  }
  stored::Request r;
  r.mutable_get_stats();
  auto reply = c.stored(std::move(r));
  if (!reply) return pass(reply);
  return end_of(reply->stats().counters());
}

struct Verified {
  std::uint64_t lines = 0;
  std::string broken;   // the first thing that does not fit
};

Result<Verified> verify_one(Context& c, const Source& s) {
  // First the end, then the file: it may have grown since, but not shrunk.
  auto end = ask_end(c, s);
  if (!end) return pass(end);
  std::string folder = c.config()->var_path(s.folder);
  audit::Chain chain;
  Verified v;
  bool has_end = end->number == 0;
  auto read = audit::each_line(folder, [&](std::string_view line, const std::string& file, std::uint64_t at) {
    auto e = chain.next(line);
    ++v.lines;
    if (!e) {
      v.broken = file + ":" + std::to_string(at) + ": " + e.error().what;
      return false;
    }
    has_end = has_end || (e->number == end->number && chain.head().short_hash() == end->hash);
    return true;
  });
  if (!read) return pass(read);
  if (v.broken.empty() && !has_end)
    v.broken = folder + ": ends at line number " + std::to_string(chain.head().number) + ", but " + s.program +
               " wrote number " + std::to_string(end->number) + ", which is missing or was changed";
  return v;
}

}  // namespace

int audit_log(Context& c) {
  if (!c.args().empty()) return c.usage("expected no arguments");
  std::optional<std::int64_t> since;
  if (auto text = c.value("--since")) {
    since = parse_when(*text, base::unix_now());
    if (!since) return c.usage("--since: expected a date as 2026-11-30, or an age as 14d");
  }
  if (!c.config()) return kBadConfig;
  std::vector<Told> all;
  int status = kOk;
  for (const Source& s : kSources) {
    auto read = audit::each_line(c.config()->var_path(s.folder), [&](std::string_view line, const std::string& file,
                                                                     std::uint64_t at) {
      auto e = audit::parse_line(line);
      if (!e) {
        c.error(file + ":" + std::to_string(at) + ": " + e.error().what);
        status = kFound;
      } else if (late_enough(e->time, since)) {
        all.push_back({s.program, std::move(*e)});
      }
      return true;
    });
    if (!read) {
      c.error(read.error().what);
      return kCouldNotLook;
    }
  }
  std::ranges::sort(all, {}, [](const Told& t) {
    return std::tuple(std::string_view(t.event.time), std::string_view(t.program), t.event.number);
  });
  if (c.json()) {
    boost::json::array out;
    for (const Told& t : all) out.push_back(to_json(t));
    print_json(c, out);
  } else {
    for (const Told& t : all) print(c, t);
  }
  return status;
}

int audit_verify(Context& c) {
  if (!c.args().empty()) return c.usage("expected no arguments");
  if (!c.config()) return kBadConfig;
  boost::json::array out;
  int status = kOk;
  for (const Source& s : kSources) {
    auto v = verify_one(c, s);
    if (!v) {
      c.error(std::string(s.program) + ": " + v.error().what);
      return kCouldNotLook;
    }
    if (!v->broken.empty()) status = kFound;
    if (c.json())
      out.push_back({{"program", s.program}, {"lines", v->lines}, {"broken", v->broken}});
    else if (!v->broken.empty())
      c.out(v->broken + "\n");
  }
  if (c.json()) print_json(c, out);
  return status;
}

}  // namespace postern::cli
