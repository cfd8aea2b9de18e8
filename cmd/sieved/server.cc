#include "cmd/sieved/server.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <utility>

#include "base/codec.h"
#include "base/log.h"
#include "base/system.h"
#include "cmd/sieved/convert.h"
#include "cmd/sieved/limits.h"
#include "ipc/large.h"
#include "ipc/typed.h"
#include "model/script.h"

namespace postern::sieved_daemon {

using base::fail;
using base::Fault;
using base::pass;
using base::Result;

namespace {

constexpr std::uint64_t kWatchMs = 1'000;
constexpr std::size_t kBlock = 4'096;   // what most requests and answers need

sieved::Reply error_reply(const base::Error& e) {
  sieved::Reply r;
  r.mutable_error()->set_code(e.code);
  r.mutable_error()->set_what(e.what);
  r.mutable_error()->set_temporary(e.fault == Fault::temporary);
  return r;
}

// As a frame holds it: past 1 MB in a descriptor.
struct Packed {
  std::string payload;
  std::vector<base::Fd> fds;
};
Packed pack(const sieved::Reply& reply) {
  Packed out{reply.SerializeAsString(), {}};
  if (out.payload.size() <= ipc::kMaxPayload) return out;
  auto large = ipc::to_descriptor(out.payload);
  sieved::Reply outer;
  if (large) {
    outer.set_in_descriptor(true);
    out.fds.push_back(std::move(*large));
  } else {
    outer = error_reply(large.error());
  }
  out.payload = outer.SerializeAsString();
  return out;
}

void reply(ipc::Call& call, const sieved::Reply& r) {
  Packed p = pack(r);
  call.reply(std::move(p.payload), std::move(p.fds));
}

Result<> open_request(ipc::Call& call, sieved::Request& out) {
  auto ok = ipc::parse_into(call.payload, out);
  if (!ok || !out.in_descriptor()) return ok;
  if (call.fds.empty()) return fail(Fault::permanent, "a request without its descriptor", "INVALID");
  base::Fd last = std::move(call.fds.back());
  call.fds.pop_back();
  auto text = ipc::from_descriptor(last, kMaxLargeRequest);
  if (!text) return pass(text);
  return ipc::parse_into(*text, out);
}

std::string checksum(std::string_view text) {
  base::Sha256 hash;
  hash.update(text);
  return std::string(base::view(hash.finish()));
}

using Message = std::shared_ptr<const sieve::MessageSource>;

Result<Message> message_of(ipc::Call& call, sieved::Run& run) {
  if (run.size() && (run.body_in_descriptor() || run.body().size() > run.size()))
    return fail(Fault::permanent, "a message that is longer than it is", "INVALID");
  if (run.size()) return std::make_shared<Beginning>(std::move(*run.mutable_body()), run.size());
  if (!run.body_in_descriptor()) return std::make_shared<sieve::StringMessage>(std::move(*run.mutable_body()));
  if (call.fds.size() != 1) return fail(Fault::permanent, "a run without its message", "INVALID");
  return message_in(std::move(call.fds[0]));
}

// A stack with a script that does not compile keeps the message, and says why.
sieved::Outcome kept(const std::string& script, const std::string& what) {
  sieved::Outcome out;
  auto& problem = *out.add_errors();
  problem.set_kind(sieved::Outcome::Problem::SCRIPT);
  problem.set_script(script);
  problem.set_what(what);
  out.add_versions()->set_original(true);
  auto& keep = *out.add_actions()->mutable_store();
  keep.set_is_keep(true);
  keep.set_is_implicit(true);
  return out;
}

Cached compile(const std::string& text, const sieve::CompileOptions& options) {
  Cached out;
  auto compiled = sieve::compile(text, options);
  if (compiled)
    // A copy: what was made one by one among much else lies side by side in it, and each run reads all of it.
    out.program = std::make_shared<const sieve::Program>(std::as_const(compiled->program));
  else
    out.error = compiled.error().errors.empty() ? "it does not compile" : sieve::to_string(compiled.error().errors[0]);
  return out;
}

}  // namespace

struct Server::Registered {
  std::map<std::uint64_t, Run>& all;
  std::uint64_t id;
  Registered(std::map<std::uint64_t, Run>& a, std::uint64_t i, std::uint32_t peer) : all(a), id(i) { all[id].peer = peer; }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;
  ~Registered() { all.erase(id); }
};

// Memory for the arena of a request, which the next one gets: there is mostly one at a time.
struct Server::Block {
  std::unique_ptr<char[]>& spare;
  std::unique_ptr<char[]> bytes;
  explicit Block(std::unique_ptr<char[]>& s) : spare(s), bytes(std::move(s)) {
    if (!bytes) bytes = std::make_unique_for_overwrite<char[]>(kBlock);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { spare = std::move(bytes); }
};

Server::Server(service::Daemon& daemon)
    : daemon_(daemon), loop_(daemon.loop()), settings_(daemon.config()), began_at_(base::unix_now()),
      new_until_(base::monotonic_ms() + kNewMs), ran_(daemon.counter("runs")),
      compiled_(daemon.counter("compiled")) {}

void Server::begin() {
  server_ = std::make_unique<ipc::Server>(loop_, "sieve/1", [this](ipc::Call c) { return serve(std::move(c)); });
  server_->on_peer([this](ipc::Peer) { daemon_.set_clients(server_->peer_count()); });
  server_->on_peer_gone([this](ipc::Peer gone) {
    daemon_.set_clients(server_->peer_count());
    for (auto& [id, run] : runs_)
      if (run.peer == gone.id()) {
        run.gone = true;
        run.answered.notify();
      }
  });
  for (auto& [name, fd] : daemon_.take_listeners()) server_->add_listener(std::move(fd), name);
  watchdog_ = loop_.every(kWatchMs, [this] { look_for_stuck(); });
  quick_.start(settings_.limits.run_ms + kStuckMs);
}

io::Task<void> Server::stop() {
  server_->drain();
  co_await server_->drained();
}

// The interpreter counts what it does; if that fails, only an end of the process frees the worker.
void Server::look_for_stuck() {
  std::uint64_t now = base::monotonic_ms();
  for (const auto& [id, run] : runs_) {
    if (!run.stepping_since || now < run.stepping_since + settings_.limits.run_ms + kStuckMs) continue;
    base::log(base::Level::error, "sieve_stuck", {{"run", id}, {"next", "restart"}});
    std::_Exit(75);
  }
}

io::Task<void> Server::serve(ipc::Call call) {
  // What a request consists of is taken and let go all at once.
  Block block(spare_);
  google::protobuf::Arena arena(block.bytes.get(), kBlock);
  auto& request = *google::protobuf::Arena::CreateMessage<sieved::Request>(&arena);
  if (auto opened = open_request(call, request); !opened) {
    reply(call, error_reply(opened.error()));
    co_return;
  }
  using V = sieved::Request;
  switch (request.verb_case()) {
    case V::kDescribe: reply(call, described()); break;
    case V::kAnswer: {
      auto taken = take_answer(call, std::move(*request.mutable_answer()));
      reply(call, taken);
      break;
    }
    case V::kCheck: co_await check(std::move(call), request.check().text()); break;
    case V::kRun: co_await run(std::move(call), *request.mutable_run()); break;
    default: reply(call, error_reply({Fault::permanent, "unknown verb", "INVALID"})); break;
  }
}

sieved::Reply Server::described() const {
  sieved::Reply r;
  auto& d = *r.mutable_described();
  auto options = settings_.for_check();
  d.set_extensions(sieve::announced(options.extensions));
  if (sieve::has(options.extensions, sieve::Ext::enotify)) d.set_notify(sieve::announced(settings_.notify));
  d.set_max_redirects(settings_.sendmail ? static_cast<std::uint32_t>(settings_.limits.redirects) : 0);
  d.set_max_script(model::kMaxScriptBytes);
  return r;
}

io::Task<void> Server::check(ipc::Call call, std::string script) {
  auto text = std::make_shared<std::string>(std::move(script));
  auto options = std::make_shared<sieve::CompileOptions>(settings_.for_check());
  auto result = co_await loop_.blocking([text, options] { return sieve::compile(*text, *options); });
  ++compiled_;
  sieved::Reply r;
  auto& out = *r.mutable_checked();
  if (!result)
    for (const auto& d : result.error().errors) out.add_errors(sieve::to_string(d));
  for (const auto& d : result ? result->warnings : result.error().warnings) out.add_warnings(sieve::to_string(d));
  reply(call, r);
}

// A program depends on its text, on where it runs, and on whose it is.
std::string Server::key_of(std::string_view sha256, bool imap_event, bool global) {
  return std::string(sha256) + (imap_event ? 'i' : 'd') + (global ? 'g' : 'u');
}

io::Task<Cached> Server::compiled(std::string sha256, std::string text, bool imap_event, bool global) {
  std::string key = key_of(sha256, imap_event, global);
  if (auto known = cache_.find(key)) co_return *known;
  auto shared = std::make_shared<std::string>(std::move(text));
  auto options = std::make_shared<sieve::CompileOptions>(settings_.for_run(imap_event, global));
  Cached made = co_await loop_.blocking([shared, options] { return compile(*shared, *options); });
  ++compiled_;
  cache_.put(std::move(key), made, shared->size());
  co_return made;
}

io::Task<Result<Server::Programs>> Server::programs(const sieved::Run& run, std::vector<std::string>& need) {
  Programs out;
  if (run.scripts_size() == 0 || static_cast<std::size_t>(run.scripts_size()) > kMaxStack)
    co_return fail(Fault::permanent, "a run has 1 to 8 scripts", "INVALID");
  for (const auto& s : run.scripts()) {
    if (s.has_text()) {
      if (s.text().size() > model::kMaxScriptBytes || checksum(s.text()) != s.sha256())
        co_return fail(Fault::permanent, "a script's text is not that of its checksum", "INVALID");
      std::string sha = s.sha256(), text = s.text();
      auto one = co_await compiled(std::move(sha), std::move(text), run.imap_event(), s.global());
      out.push_back(std::move(one));
    } else if (auto known = cache_.find(key_of(s.sha256(), run.imap_event(), s.global()))) {
      out.push_back(std::move(*known));
    } else {
      need.push_back(s.sha256());
    }
  }
  if (!need.empty()) co_return fail(Fault::permanent, "scripts that are not known here", "NEED_TEXT");
  co_return out;
}

bool Server::is_older(const sieved::Run& run) const {
  return run.now() < began_at_ && base::monotonic_ms() < new_until_;
}

io::Task<void> Server::run(ipc::Call call, sieved::Run& asked) {
  if (is_older(asked)) {
    reply(call, error_reply({Fault::temporary, "sieved went down while this run was with it", "LOST"}));
    co_return;
  }
  if (runs_.size() >= kMaxRuns) {
    reply(call, error_reply({Fault::temporary, "too many scripts run now", "LIMIT"}));
    co_return;
  }
  auto message = message_of(call, asked);
  std::vector<std::string> need;
  auto stack = co_await programs(asked, need);
  if (!message || !stack) {
    auto r = error_reply(message ? stack.error() : message.error());
    for (auto& sha : need) r.mutable_error()->add_need(std::move(sha));
    reply(call, r);
    co_return;
  }
  for (std::size_t i = 0; i < stack->size(); ++i)
    if (!(*stack)[i].program) {
      sieved::Reply r;
      *r.mutable_outcome() = kept(asked.scripts(static_cast<int>(i)).name(), (*stack)[i].error);
      reply(call, r);
      co_return;
    }
  auto make_input = [&] {
    auto input = input_of(asked, settings_);
    for (std::size_t i = 0; i < stack->size(); ++i) {
      const auto& s = asked.scripts(static_cast<int>(i));
      input.scripts.push_back({s.name(), (*stack)[i].program, s.global()});
    }
    input.message = *message;
    return input;
  };
  Started started;
  if (!asked.body_in_descriptor()) started = begin_quickly(make_input());
  // Nothing has happened yet: with all of the message it begins anew.
  if (asked.size() && (!started.outcome || static_cast<const Beginning&>(**message).fell_short())) {
    reply(call, error_reply({Fault::permanent, "the scripts look at more of the message", "NEED_BODY"}));
    co_return;
  }
  if (started.outcome) co_return end(call, std::move(*started.outcome), **message);
  if (!started.interpreter) started.interpreter = std::make_shared<sieve::Interpreter>(make_input());
  co_await run_on(std::move(call), std::move(started), asked, *message);
}

// A run is pure: one whose budget was too small for it may begin anew.
Server::Started Server::begin_quickly(sieve::RunInput input) {
  const sieve::Limits all = input.limits;
  input.limits.steps = std::min(all.steps, kQuickSteps);
  input.limits.match_work = std::min(all.match_work, kQuickWork);
  input.limits.memory = std::min(all.memory, kQuickMemory);
  Started out;
  out.interpreter = std::make_shared<sieve::Interpreter>(std::move(input));
  StuckWatch::Watched watched(quick_);
  out.question = out.interpreter->step();
  if (out.question) {
    out.interpreter->widen(all);
    return out;
  }
  out.outcome = out.interpreter->take();
  bool spent = std::ranges::any_of(out.outcome->errors, [](const auto& e) { return e.kind == sieve::RunError::Kind::limit; });
  return spent ? Started() : std::move(out);
}

void Server::end(ipc::Call& call, Result<sieve::Outcome> outcome, const sieve::MessageSource& message) {
  ++ran_;
  alignas(std::max_align_t) char block[kBlock];
  google::protobuf::Arena arena(block, sizeof block);
  auto& r = *google::protobuf::Arena::CreateMessage<sieved::Reply>(&arena);
  auto told = outcome ? put_outcome(*r.mutable_outcome(), *outcome, message) : Result<>(pass(outcome));
  if (!told) r = error_reply(told.error());
  base::kill_point("sieved.outcome");
  reply(call, r);
}

io::Task<void> Server::run_on(ipc::Call call, Started started, const sieved::Run& asked,
                              std::shared_ptr<const sieve::MessageSource> message) {
  Registered registered(runs_, ++last_run_, call.peer().id());
  sieved::Reply began;
  began.mutable_began()->set_run(registered.id);
  auto sent = co_await call.item(began.SerializeAsString());
  if (!sent) co_return;
  // It leaves at the end of this turn, before more of the script has run.
  co_await loop_.yield();
  base::kill_point("sieved.begun");
  auto outcome = co_await evaluate(call, std::move(started), registered.id, asked.imap_event());
  end(call, std::move(outcome), *message);
}

io::Task<Result<sieve::Outcome>> Server::evaluate(ipc::Call& call, Started started, std::uint64_t id, bool imap_event) {
  Run& run = runs_.at(id);
  for (;;) {
    if (!started.question) {
      run.stepping_since = base::monotonic_ms();
      started.question = co_await loop_.blocking([interpreter = started.interpreter] { return interpreter->step(); });
      run.stepping_since = 0;
    }
    if (!started.question) co_return started.interpreter->take();
    auto answer = co_await ask(call, run, *started.question, imap_event);
    if (!answer) co_return pass(answer);
    started.interpreter->resume(std::move(*answer));
    started.question = nullptr;
  }
}

io::Task<Result<sieve::Answer>> Server::ask(ipc::Call& call, Run& run, const sieve::Question& question, bool imap_event) {
  sieved::Reply r;
  auto told = question_of(question);
  if (!told) {
    sieve::Answer none;
    none.failed = told.error().what;
    co_return none;
  }
  *r.mutable_question() = std::move(*told);
  Packed packed = pack(r);
  run.answer.reset();
  run.asking = true;
  auto sent = co_await call.item(std::move(packed.payload), std::move(packed.fds));
  if (!sent) co_return pass(sent);
  // An answer may be here before we wait for it; its notification wakes a later wait, which has to look again.
  for (bool in_time = true; in_time && !run.answer && !run.gone;) in_time = co_await run.answered.wait_for(kAnswerMs);
  run.asking = false;
  if (!run.answer) co_return fail(Fault::temporary, "a question was not answered", "UNANSWERED");
  sieved::Answer given = std::move(*run.answer);
  sieve::Answer answer = answer_of(given);
  if (question.kind == sieve::Question::Kind::script && answer.found) {
    std::string sha = checksum(given.text());
    auto one = co_await compiled(std::move(sha), std::move(*given.mutable_text()), imap_event, question.global);
    answer.program = one.program;
    answer.text = one.error;
  }
  co_return answer;
}

sieved::Reply Server::take_answer(const ipc::Call& call, sieved::Answer answer) {
  sieved::Reply r;
  auto it = runs_.find(answer.run());
  if (it == runs_.end() || it->second.peer != call.info().id || !it->second.asking)
    return error_reply({Fault::permanent, "no run waits for this answer", "GONE"});
  it->second.answer = std::move(answer);
  it->second.answered.notify();
  r.mutable_done();
  return r;
}

}  // namespace postern::sieved_daemon
