// status, who, kick, reload, stop: what master answers.
#include "base/system.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

std::string age(std::uint64_t since) {
  auto s = static_cast<std::uint64_t>(base::unix_now()) - since;
  if (s < 120) return std::to_string(s) + "s";
  if (s < 7200) return std::to_string(s / 60) + "m";
  if (s < 172800) return std::to_string(s / 3600) + "h";
  return std::to_string(s / 86400) + "d";
}

json::object process_json(const control::Services::Process& p) {
  json::object counters;
  for (const auto& [name, value] : p.counters()) counters[name] = value;
  return {{"pid", p.pid()},           {"clients", p.clients()}, {"ready", p.ready()},
          {"draining", p.draining()}, {"started", p.started()}, {"memory_kb", p.memory_kb()},
          {"counters", counters}};
}

json::object service_json(const control::Services::Service& s) {
  json::array listeners, processes;
  for (const auto& l : s.listeners()) listeners.emplace_back(l);
  for (const auto& p : s.processes()) processes.push_back(process_json(p));
  return {{"name", s.name()},           {"program", s.program()},     {"listeners", listeners},
          {"processes", processes},     {"restarts", s.restarts()},   {"kills", s.kills()},
          {"throttled", s.throttled()}, {"last_exit", s.last_exit()}, {"connections", s.connections()}};
}

// indexer's, where work waits and none is done.
bool alarms(const control::Services::Service& s) {
  for (const auto& p : s.processes())
    if (auto it = p.counters().find("alarm"); it != p.counters().end() && it->second != 0) return true;
  return false;
}

// When nobody answers: exit status 1, "found: it does not run".
int not_running(Context& c, const base::Error& e) {
  if (e.code != "DOWN") return c.fail(e);
  c.error(e.what);
  return kFound;
}

}  // namespace

int status(Context& c) {
  control::Request r;
  r.mutable_status();
  auto reply = c.master(r);
  if (!reply) return not_running(c, reply.error());
  const auto& all = reply->services();
  if (c.json()) {
    json::array services, notes;
    for (const auto& s : all.services()) services.push_back(service_json(s));
    for (const auto& n : all.notes()) notes.emplace_back(n);
    print_json(c, json::object{{"pid", all.pid()},
                               {"started", all.started()},
                               {"version", all.version()},
                               {"services", services},
                               {"notes", notes}});
    return kOk;
  }
  c.out("Postern " + all.version() + ", pid " + std::to_string(all.pid()) + ", up " + age(all.started()) +
        "\n\n");
  TextTable t;
  t.row({"SERVICE", "PID", "STATE", "CLIENTS", "MEMORY", "UP", "RESTARTS"});
  bool trouble = false;
  for (const auto& s : all.services()) {
    trouble = trouble || s.throttled() || alarms(s);
    if (s.processes().empty())
      t.row({s.name(), "-", s.throttled() ? "throttled" : "waiting", "0", "-", "-",
             std::to_string(s.restarts())});
    for (const auto& p : s.processes())
      t.row({s.name(), std::to_string(p.pid()),
             p.draining() ? "draining"
             : p.ready()  ? "ready"
                          : "starting",
             std::to_string(p.clients()), human_size(p.memory_kb() * 1024), age(p.started()),
             std::to_string(s.restarts())});
  }
  t.print(c);
  for (const auto& n : all.notes()) c.out("note: " + n + "\n");
  for (const auto& s : all.services()) {
    if (s.throttled()) c.out("trouble: " + s.name() + " keeps dying (" + s.last_exit() + "); see the log\n");
    if (alarms(s)) c.out("trouble: " + s.name() + " makes no progress; see the log\n");
  }
  return trouble ? kFound : kOk;
}

int who(Context& c) {
  control::Request r;
  r.mutable_who();
  json::array out;
  TextTable t;
  t.row({"SESSION", "SERVICE", "USER", "ADDRESS", "SINCE", "STATE"});
  auto ok = c.master_items(r, [&](control::Reply& reply) {
    for (const auto& s : reply.sessions().sessions()) {
      if (c.json())
        out.push_back(json::object{{"id", s.id()},
                                   {"service", s.service()},
                                   {"user", s.user()},
                                   {"address", s.address()},
                                   {"since", s.since()},
                                   {"state", s.state()},
                                   {"pid", s.pid()}});
      else
        t.row({s.id(), s.service(), s.user().empty() ? "-" : s.user(),
               s.address().empty() ? "local" : s.address(), age(s.since()), s.state()});
    }
    return true;
  });
  if (!ok) return not_running(c, ok.error());
  if (c.json())
    print_json(c, out);
  else
    t.print(c);
  return kOk;
}

int kick(Context& c) {
  if (c.args().size() != 1) return c.usage("expected a user, a session id, or *");
  control::Request r;
  r.mutable_kick()->set_what(c.args()[0]);
  r.mutable_kick()->set_dry_run(c.dry_run());
  auto reply = c.master(r);
  if (!reply) return not_running(c, reply.error());
  auto n = reply->done().count();
  if (c.json())
    print_json(c, json::object{{"sessions", n}, {"dry_run", c.dry_run()}});
  else if (c.dry_run())
    c.out("would end " + std::to_string(n) + " sessions\n");
  return n ? kOk : kFound;
}

static int simple(Context& c, control::Request r) {
  auto reply = c.master(r);
  return reply ? kOk : not_running(c, reply.error());
}

int reload(Context& c) {
  control::Request r;
  r.mutable_reload();
  return simple(c, std::move(r));
}

int stop(Context& c) {
  control::Request r;
  r.mutable_stop();
  return simple(c, std::move(r));
}

}  // namespace postern::cli
