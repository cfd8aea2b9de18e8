#include "client/sieve_client.h"

#include <unistd.h>

#include <algorithm>

#include "base/codec.h"
#include "base/file.h"
#include "base/log.h"
#include "base/system.h"
#include "ipc/large.h"
#include "ipc/typed.h"
#include "model/script.h"

namespace postern::client {

namespace {

using base::fail;
using base::Fault;
using base::pass;

constexpr const char* kProtocol = "sieve/1";
constexpr std::uint64_t kDescribedMs = 60'000;
constexpr std::uint64_t kSilentMs = 5'000;     // after it did not answer
constexpr std::uint64_t kCallMs = 10'000;
constexpr std::uint64_t kRunMs = 30'000;       // until a run begins, and between two of its items
constexpr int kAttempts = 3;
constexpr std::size_t kWorthLeavingOut = 1'024;    // bytes of a body
constexpr std::size_t kMaxBodyReaders = 1'000;     // remembered; then that begins anew
constexpr std::size_t kMaxBorrowed = 128u << 20;   // bytes of a reply in a descriptor

base::Error error_of(const sieved::Error& e) {
  return {e.temporary() ? Fault::temporary : Fault::permanent, e.what(), e.code()};
}

// A reply, wherever it stands.
base::Result<sieved::Reply> open_reply(ipc::Answer answer) {
  auto reply = ipc::parse<sieved::Reply>(answer.payload);
  if (!reply || !reply->in_descriptor()) return reply;
  if (answer.fds.size() != 1) return fail(Fault::corrupt, "sieve: a reply without its descriptor", "MALFORMED");
  auto text = ipc::from_descriptor(answer.fds[0], kMaxBorrowed);
  if (!text) return pass(text);
  return ipc::parse<sieved::Reply>(*text);
}

// A request as a frame holds it: past 1 MB in a descriptor behind those it has.
base::Result<std::string> pack(const sieved::Request& request, std::vector<base::Fd>& fds) {
  std::string out = request.SerializeAsString();
  if (out.size() <= ipc::kMaxPayload) return out;
  auto large = ipc::to_descriptor(out);
  if (!large) return pass(large);
  fds.push_back(std::move(*large));
  sieved::Request outer;
  outer.set_in_descriptor(true);
  return outer.SerializeAsString();
}

// Did sieved go down while the run was with it?  A run that had begun broke off; one that had not was sent again by the
// channel, and sieved has seen that it is older than itself.
bool lost(const base::Error& e, bool began) { return e.code == "LOST" || (began && (e.code == "UNAVAILABLE" || e.code == "GONE")); }

}  // namespace

SieveScript make_script(std::string name, std::string text, bool global) {
  base::Sha256 hash;
  hash.update(text);
  return {std::move(name), std::string(base::view(hash.finish())), std::make_shared<const std::string>(std::move(text)), global};
}

base::Result<SieveScript> read_script(const std::string& path) {
  auto text = base::read_file(path, model::kMaxScriptBytes);
  if (!text) return pass(text);
  return make_script(path, std::move(*text), true);
}

SieveClient::SieveClient(io::Loop& loop, std::string path) : channel_(loop, std::move(path), kProtocol), alone_(1) {}

io::Task<base::Result<sieved::Reply>> SieveClient::call(sieved::Request request) {
  std::vector<base::Fd> fds;
  auto payload = pack(request, fds);
  if (!payload) co_return pass(payload);
  auto answer = co_await channel_.call(std::move(*payload), std::move(fds), kCallMs);
  if (!answer) co_return pass(answer);
  auto reply = open_reply(std::move(*answer));
  if (reply && reply->has_error()) co_return std::unexpected(error_of(reply->error()));
  co_return reply;
}

io::Task<base::Result<sieved::Described>> SieveClient::describe() {
  if (described_until_ > base::monotonic_ms()) co_return described_;
  if (silent_until_ > base::monotonic_ms()) co_return fail(Fault::temporary, "sieved does not answer", "UNAVAILABLE");
  sieved::Request request;
  request.mutable_describe();
  auto reply = co_await call(std::move(request));
  if (!reply) {
    silent_until_ = base::monotonic_ms() + kSilentMs;
    co_return pass(reply);
  }
  described_ = std::move(*reply->mutable_described());
  described_until_ = base::monotonic_ms() + kDescribedMs;
  co_return described_;
}

io::Task<base::Result<sieved::Checked>> SieveClient::check(std::string text) {
  sieved::Request request;
  request.mutable_check()->set_text(std::move(text));
  auto reply = co_await call(std::move(request));
  if (!reply) co_return pass(reply);
  co_return std::move(*reply->mutable_checked());
}

io::Task<base::Result<>> SieveClient::reply_to(std::uint64_t run, const sieved::Question& q, SieveHost& host) {
  sieved::Request request;
  auto answer = co_await host.answer(q);
  answer.set_run(run);
  *request.mutable_answer() = std::move(answer);
  auto done = co_await call(std::move(request));
  if (!done) co_return pass(done);
  co_return base::Result<>();
}

// One try.  Once it has begun, a broken connection ends it.
io::Task<base::Result<sieved::Outcome>> SieveClient::attempt(sieved::Request& request, SieveMessage message,
                                                             SieveHost& host, bool& began) {
  std::vector<base::Fd> fds;
  if (message.file) {
    base::Fd copy(::dup(message.file->get()));
    if (!copy) co_return std::unexpected(base::sys_error("dup"));
    fds.push_back(std::move(copy));
  }
  auto payload = pack(request, fds);
  if (!payload) co_return pass(payload);
  auto items = channel_.call_streamed(std::move(*payload), std::move(fds), kRunMs);
  std::uint64_t run = 0;
  for (;;) {
    auto item = co_await items.next();
    if (!item) co_return pass(item);
    bool last = !*item;
    auto reply = open_reply(last ? std::move(items.reply()) : std::move(**item));
    if (!reply) co_return pass(reply);
    if (reply->has_error()) {
      // What it asks for is added here, and the caller tries again.
      for (const std::string& sha : reply->error().need())
        for (auto& s : *request.mutable_run()->mutable_scripts())
          if (s.sha256() == sha) s.set_has_text(true);
      co_return std::unexpected(error_of(reply->error()));
    }
    if (reply->has_began()) {
      run = reply->began().run();
      began = true;
    }
    if (reply->has_question()) {
      auto told = co_await reply_to(run, reply->question(), host);
      if (!told) co_return pass(told);
    }
    if (reply->has_outcome()) co_return std::move(*reply->mutable_outcome());
    if (last) co_return fail(Fault::corrupt, "sieve: a run without an outcome", "MALFORMED");
  }
}

// Most scripts look at the header only: what comes after it is left out, unless one of them is known to want it.
void SieveClient::put_message(sieved::Run& run, const SieveMessage& message) const {
  run.set_body_in_descriptor(message.file != nullptr);
  run.clear_size();
  auto reads_body = [this](const sieved::Script& s) { return body_readers_.contains(s.sha256()); };
  std::size_t end = message.body.find("\r\n\r\n");
  if (end == message.body.npos || message.body.size() - end < kWorthLeavingOut || std::ranges::any_of(run.scripts(), reads_body)) {
    run.set_body(message.body.data(), message.body.size());
  } else {
    run.set_body(message.body.data(), end + 4);
    run.set_size(message.body.size());
  }
}

void SieveClient::send_all_of(const std::vector<SieveScript>& scripts) {
  if (body_readers_.size() + scripts.size() > kMaxBodyReaders) body_readers_.clear();
  for (const SieveScript& s : scripts) body_readers_.insert(s.sha256);
}

io::Task<base::Result<sieved::Outcome>> SieveClient::run(sieved::Run run, std::vector<SieveScript> scripts,
                                                         SieveMessage message, SieveHost& host) {
  sieved::Request request;
  *request.mutable_run() = std::move(run);
  for (const SieveScript& s : scripts) {
    auto& out = *request.mutable_run()->add_scripts();
    out.set_name(s.name);
    out.set_sha256(s.sha256);
    out.set_global(s.global);
  }
  put_message(*request.mutable_run(), message);
  io::Semaphore::Permit alone;
  for (int tried = 0, asked = 0;;) {
    bool began = false;
    auto outcome = co_await attempt(request, message, host, began);
    if (outcome) co_return outcome;
    const base::Error& e = outcome.error();
    if (e.code == "NEED_TEXT" && asked++ < kAttempts) {
      for (std::size_t i = 0; i < scripts.size(); ++i)
        if (auto& s = *request.mutable_run()->mutable_scripts(static_cast<int>(i)); s.has_text()) s.set_text(*scripts[i].text);
      continue;
    }
    if (e.code == "NEED_BODY" && asked++ < kAttempts) {
      send_all_of(scripts);
      put_message(*request.mutable_run(), message);
      continue;
    }
    if (!lost(e, began)) co_return outcome;
    request.mutable_run()->set_now(base::unix_now());
    if (++tried == kAttempts) co_return fail(Fault::permanent, "sieved went down over this run: " + e.what, "CRASHED");
    base::log(base::Level::warning, "sieve_again", {{"attempt", tried + 1}, {"why", e.what}});
    if (tried == 1) alone = co_await alone_.acquire();
  }
}

}  // namespace postern::client
