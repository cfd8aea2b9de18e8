#include "service/daemon.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "io/listener.h"
#include "proto/control.pb.h"
#include "service/breakout.h"
#include "service/command_line.h"
#include "service/control_link.h"

namespace postern::service {

using base::Level;
using base::log;

inline constexpr int kExitUsage = 64, kExitConfig = 78, kExitUnavailable = 69;   // sysexits
inline constexpr std::uint64_t kStatusInterval = 10'000;
inline constexpr std::uint64_t kStopGrace = 5'000;
inline constexpr std::size_t kSessionsPerStatus = 1000;
inline constexpr std::string_view kTlsSuffix = "+tls";
inline constexpr std::uint64_t kDeferMs = 1;   // how long a connection is left to a process with fewer
inline constexpr char kByAddress = 'a';        // in the tally

Connection::Connection(io::Stream s, std::string name, bool tls, Sessions& all)
    : stream(std::move(s)), listener(std::move(name)), implicit_tls(tls), session(all, listener, stream.peer().ip) {
  session.on_end([this](EndReason) { stream.close(); });
}

void Daemon::serve(SessionFn session) { session_ = std::move(session); }

std::vector<std::pair<std::string, base::Fd>> Daemon::take_listeners() { return std::exchange(listeners_, {}); }

void Daemon::set_clients(std::size_t n) {
  own_clients_ = n;
  if (clients_changed_) clients_changed_();
}

// What surrounds the daemon while it runs: listeners, master's orders, signals.
struct Daemon::Runner {
  Daemon& d;
  CommandLine line;
  std::unique_ptr<ControlLink> control;
  io::TaskGroup acceptors, clients;
  io::Timer status_timer, drain_timer;
  bool draining = false, stopping = false, finishing = false, full = false;
  std::vector<std::size_t> waiting_for_room;   // listeners that were let go when the process was full
  int exit_status = 0;

  explicit Runner(Daemon& daemon, CommandLine l) : d(daemon), line(std::move(l)) {}

  std::size_t client_count() const { return d.sessions_.size() + d.own_clients_; }

  base::Result<> configure() {
    auto c = Config::load(line.conf_dir);
    if (!c) return pass(c);
    for (const auto& [key, value] : line.settings)
      if (auto ok = c->set(key, value, "command line"); !ok) return ok;
    d.config_ = std::move(*c);
    return {};
  }

  Level level() const {
    auto l = d.config_.text("log_level");
    return l == "debug" ? Level::debug : l == "warning" ? Level::warning : l == "error" ? Level::error : Level::info;
  }

  base::Result<> load_tls() {
    if (!d.spec_.tls || d.config_.text("tls.certificate").empty()) return {};
    io::TlsServerOptions o;
    o.identities.push_back({d.config_.conf_path(d.config_.text("tls.certificate")),
                            d.config_.text("tls.key").empty() ? "" : d.config_.conf_path(d.config_.text("tls.key"))});
    for (const auto& pair : d.config_.list("tls.extra")) {
      auto colon = pair.find(':');
      io::TlsIdentity id{d.config_.conf_path(pair.substr(0, colon)), ""};
      if (colon != std::string::npos) id.key_file = d.config_.conf_path(pair.substr(colon + 1));
      o.identities.push_back(std::move(id));
    }
    o.priority = d.config_.text("tls.priorities");
    o.alpn = d.spec_.alpn;
    auto tls = io::TlsContext::server(std::move(o));
    if (!tls) return pass(tls);
    d.tls_ = std::move(*tls);
    return {};
  }

  void take_inherited() {
    const char* count = std::getenv("LISTEN_FDS");
    const char* names = std::getenv("LISTEN_FDNAMES");
    auto n = count ? base::parse_u32(count).value_or(0) : 0;
    auto list = base::split(names ? names : "", ':');
    for (std::uint32_t i = 0; i < n; ++i) {
      base::Fd fd(static_cast<int>(3 + i));
      base::set_cloexec(fd.get(), true);
      base::set_nonblock(fd.get());
      d.listeners_.emplace_back(i < list.size() ? std::string(list[i]) : "", std::move(fd));
    }
    for (const char* v : {"LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"}) ::unsetenv(v);
  }

  // The memory where master's processes of this service count their sessions, as "DESCRIPTOR:COLUMN".
  void join_tally() {
    const char* given = std::getenv("POSTERN_TALLY");
    std::string text = given ? given : "";
    ::unsetenv("POSTERN_TALLY");
    auto colon = std::min(text.find(':'), text.size());
    auto fd = base::parse_u32(text.substr(0, colon)), column = base::parse_u32(text.substr(std::min(colon + 1, text.size())));
    if (!fd || !column) return;
    auto joined = Tally::join(base::Fd(static_cast<int>(*fd)), *column);
    if (!joined) return log(Level::warning, "counts_alone", {{"error", joined.error().what}});
    d.tally_ = std::move(*joined);
  }

  void link_to_master() {
    const char* fd = std::getenv("POSTERN_CONTROL");
    auto n = fd ? base::parse_u32(fd) : std::nullopt;
    ::unsetenv("POSTERN_CONTROL");
    if (!n) return;
    control = std::make_unique<ControlLink>(*d.loop_, base::Fd(static_cast<int>(*n)), [this](std::string p) { on_order(p); });
  }

  void send_status(bool with_sessions = false) {
    if (!control) return;
    control::Status s;
    auto fill = [&] {
      s.Clear();
      s.set_ready(true);
      s.set_clients(static_cast<std::uint32_t>(client_count()));
      s.set_full(full);
      s.set_draining(draining);
    };
    fill();
    for (const auto& [name, value] : d.counters_) (*s.mutable_counters())[name] = value;
    if (!with_sessions) return control->send(s.SerializeAsString());
    fill();
    for (const Session* one : d.sessions_.list()) {
      auto* out = s.add_sessions();
      out->set_id(one->id());
      out->set_service(one->service());
      out->set_user(one->user());
      out->set_address(one->address());
      out->set_since(static_cast<std::uint64_t>(one->since()));
      out->set_state(one->state());
      out->set_pid(static_cast<std::uint32_t>(::getpid()));
      if (s.sessions_size() == static_cast<int>(kSessionsPerStatus)) {
        control->send(s.SerializeAsString());
        fill();
      }
    }
    s.set_sessions_end(true);
    control->send(s.SerializeAsString());
  }

  void on_order(const std::string& payload) {
    if (payload.empty()) {
      log(Level::warning, "master_gone");
      control.reset();
      return stop();
    }
    control::Order o;
    if (!o.ParseFromString(payload)) return log(Level::warning, "bad_order");
    if (o.reload()) reload();
    if (!o.kick().empty()) d.sessions_.end(o.kick(), EndReason::kicked);
    if (o.who()) send_status(true);
    if (o.status()) send_status();
    if (o.drain()) drain();
  }

  void reload() {
    if (privileges().isolated && d.config_.yes("sandbox")) {
      // It can read no file any more; master starts it anew with the new ones, and its callers repeat.
      log(Level::info, "reloads_by_restart");
      drain();
      send_status();   // master: this end is no failure
      return stop();
    }
    base::log_reopen();
    auto old = d.config_;
    if (auto ok = configure(); !ok) return log(Level::error, "reload_failed", {{"error", ok.error().what}});
    base::log_set_level(level());
    if (d.tls_)
      if (auto ok = d.tls_->reload(); !ok) log(Level::error, "tls_reload_failed", {{"error", ok.error().what}});
    if (d.reload_) d.reload_();
    log(Level::info, "reloaded");
  }

  // Accepts no more; ends when the last client has gone.
  void drain() {
    if (draining) return;
    draining = true;
    acceptors.cancel();
    if (d.drain_) d.drain_();
    drain_timer = d.loop_->after(d.config_.number("drain_timeout") * 1000, [this] { stop(); });
    changed();
  }

  // Ends within the grace time, whatever the clients do.
  void stop() {
    if (stopping) return;
    stopping = true;
    drain();
    d.sessions_.end("*", EndReason::shutdown);
    drain_timer = d.loop_->after(kStopGrace, [this] { finish(); });
    changed();
  }

  void finish() {
    if (std::exchange(finishing, true)) return;
    drain_timer.reset();
    clients.cancel();
    clients.spawn(last_words());
  }

  io::Task<void> last_words() {
    if (d.stop_) {
      auto f = std::move(d.stop_);
      d.stop_ = nullptr;
      co_await f();
    }
    d.loop_->stop();
  }

  // After each change of the number of clients.
  void changed() {
    bool now_full = client_count() >= line.clients;
    d.tally_.set_sessions(static_cast<std::uint32_t>(client_count()), !now_full && !draining);
    if (now_full != full) {
      full = now_full;
      send_status();
      if (!full && !draining)
        for (std::size_t index : std::exchange(waiting_for_room, {})) acceptors.spawn(accept_loop(index));
    }
    if (draining && d.session_ && d.sessions_.size() == 0) d.loop_->post([this] { finish(); });
    if (draining && !d.session_) d.loop_->post([this] { finish(); });   // its callers connect anew and repeat
  }

  void begin_accepting() {
    d.tally_.set_sessions(static_cast<std::uint32_t>(client_count()), true);
    for (std::size_t i = 0; i < d.listeners_.size(); ++i) acceptors.spawn(accept_loop(i));
  }

  // Listening descriptors stay in listeners_; a Listener gets a duplicate so that a full process can let go.
  io::Task<void> accept_loop(std::size_t index) {
    std::string name = d.listeners_[index].first;
    bool tls = name.ends_with(kTlsSuffix);
    if (tls) name.resize(name.size() - kTlsSuffix.size());
    io::Listener listener(*d.loop_, base::Fd(::dup(d.listeners_[index].second.get())));
    for (;;) {
      if (full) {
        waiting_for_room.push_back(index);
        co_return;
      }
      co_await listener.waiting();
      // A process with clearly fewer sessions takes it meanwhile, unless it is busy.
      if (!d.tally_.has_room()) co_await d.loop_->sleep(kDeferMs);
      if (full) continue;
      auto fd = co_await listener.take();
      if (!fd) {
        log(Level::error, "accept", {{"error", fd.error().what}});
        co_return;
      }
      if (!*fd) continue;
      clients.spawn(client(io::Stream(*d.loop_, std::move(*fd)), name, tls));
    }
  }

  bool admit(const io::Stream& s) {
    if (d.spec_.per_address_key.empty() || s.peer().is_unix || d.config_.yes("quickstart")) return true;
    return d.tally_.count(kByAddress, s.peer().ip) < d.config_.number(d.spec_.per_address_key);
  }

  io::Task<void> client(io::Stream stream, std::string name, bool tls) {
    if (!admit(stream)) {
      log(Level::warning, "too_many_connections", {{"ip", stream.peer().ip}});
      co_return;
    }
    auto counted = stream.peer().is_unix ? Tally::Mark() : d.tally_.mark(kByAddress, stream.peer().ip);
    Connection c(std::move(stream), std::move(name), tls, d.sessions_);
    ++d.counters_["connections"];
    if (tls) {
      auto context = d.tls_;
      if (!context) {
        log(Level::error, "no_certificate", {{"listener", c.listener}, {"hint", "set tls.certificate in postern.conf"}});
        co_return;
      }
      auto started = co_await c.stream.start_tls(context);
      if (!started || started->dropped_input) {
        ++d.counters_["tls_failures"];
        co_return;
      }
    }
    co_await d.session_(c);
    c.session.on_end([&c](EndReason) { c.stream.close(); });
    co_await c.stream.finish(!c.client_done);
  }

  // The connection on descriptors 0 and 1; the log must not go there.
  io::Task<void> inetd() {
    io::Stream s(*d.loop_, base::Fd(::dup(0)), base::Fd(::dup(1)));
    std::string name(d.spec_.inetd_listener);
    auto one = client(std::move(s), name, false);
    co_await std::move(one);
    stop();
  }

  base::Result<> prepare() {
    // A log file is made before privileges go; stderr is inherited.
    base::log_open(std::string(d.spec_.program), d.config_.text("log"), level());
    if (auto ok = load_tls(); !ok) return ok;
    if (!line.inetd) take_inherited();
    join_tally();
    if (auto ok = become(line.user); !ok) return ok;
    return {};
  }

  Privileges privileges() const { return d.spec_.privileges ? d.spec_.privileges(d.config_) : Privileges{}; }

  base::Result<> close_sandbox() {
    if (!d.config_.yes("sandbox")) return {};
    auto in_force = enter_sandbox(privileges());
    if (!in_force) return pass(in_force);
    log(Level::debug, "sandbox", {{"in_force", *in_force}});
    for (auto word : base::split_blank(*in_force)) d.counters_["sandbox." + std::string(word)] = 1;
    return {};
  }

  // Instead of serving: one line for each attempt to do more than the man page says.  0: all were refused.
  base::Result<int> prove() {
    if (auto ok = close_sandbox(); !ok) return pass(ok);
    int status = 0;
    for (const Attempt& a : try_to_break_out(privileges())) {
      std::printf("%s\t%s\t%s\n", a.refused ? "refused" : "allowed", a.what.c_str(), a.how.c_str());
      if (!a.refused) status = 1;
    }
    for (const auto& path : privileges().read) std::printf("may\tread\t%s\n", path.c_str());
    for (const auto& path : privileges().write) std::printf("may\tchange\t%s\n", path.c_str());
    return status;
  }

  base::Result<> go() {
    d.loop_ = std::make_unique<io::Loop>(io::LoopOptions{d.spec_.workers});
    // When the loop has gone they are ignored: the process is at its end, and master, who sees its link close, tells it
    // to go.
    for (int sig : {SIGTERM, SIGINT}) std::signal(sig, SIG_IGN);
    for (int sig : {SIGTERM, SIGINT}) d.loop_->on_signal(sig, [this] { stop(); });
    d.loop_->on_signal(SIGHUP, [this] { reload(); });
    std::signal(SIGPIPE, SIG_IGN);
    d.clients_changed_ = [this] { changed(); };
    d.sessions_.on_change([this] { changed(); });
    if (auto ok = d.spec_.start(d); !ok) return ok;
    if (auto ok = close_sandbox(); !ok) return ok;
    link_to_master();
    if (line.inetd) {
      clients.spawn(inetd());
    } else if (d.session_) {
      if (d.listeners_.empty()) return base::fail(base::Fault::permanent, "no listening socket: start me by master, systemd or with --inetd");
      begin_accepting();
    }
    send_status();
    status_timer = d.loop_->every(kStatusInterval, [this] { send_status(); });
    log(Level::debug, "ready");
    d.loop_->run();
    return {};
  }

  int end() {
    acceptors.cancel();
    clients.cancel();
    status_timer.reset();
    drain_timer.reset();
    control.reset();
    return exit_status;
  }
};

int Daemon::main(Spec spec, CommandLine line) {
  Daemon d;
  d.spec_ = std::move(spec);
  Runner r(d, std::move(line));
  auto refuse = [&](const base::Error& e, int status) {
    std::fprintf(stderr, "%s: %s\n", std::string(d.spec_.program).c_str(), e.what.c_str());
    return status;
  };
  if (auto ok = r.configure(); !ok) return refuse(ok.error(), kExitConfig);
  if (auto ok = r.prepare(); !ok) return refuse(ok.error(), kExitConfig);
  if (r.line.prove_sandbox) {
    auto status = r.prove();
    return status ? *status : refuse(status.error(), kExitUnavailable);
  }
  auto ran = r.go();
  int status = r.end();
  return ran ? status : refuse(ran.error(), ran.error().fault == base::Fault::temporary ? kExitUnavailable : kExitConfig);
}

int run(int argc, char** argv, Spec spec) {
  auto line = parse_command_line(argc, argv, spec.program);
  std::string program(spec.program);
  if (!line) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), line.error().what.c_str());
    return kExitUsage;
  }
  if (line->help) {
    std::fputs(help_text(spec.program, spec.summary, !spec.inetd_listener.empty()).c_str(), stdout);
    return 0;
  }
  if (line->version) {
    std::printf("%s (Postern) %s\n", program.c_str(), std::string(kVersion).c_str());
    return 0;
  }
  if (line->inetd && spec.inetd_listener.empty()) {
    std::fprintf(stderr, "%s: --inetd: this daemon serves many clients from one process\n", program.c_str());
    return kExitUsage;
  }
  return Daemon::main(std::move(spec), std::move(*line));
}

}  // namespace postern::service
