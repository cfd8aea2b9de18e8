// GET /jmap/eventsource/: state changes as server-sent events.  RFC 8620 7.3.
// One watch a process and account at stored, whatever the number of streams; bounded by kMaxEventSources and
// kMaxEventBacklog (RELIABILITY J10).
#include <optional>

#include "base/log.h"
#include "base/system.h"
#include "client/store_client.h"
#include "cmd/jmapd/context.h"
#include "cmd/jmapd/http_session.h"
#include "io/sync.h"
#include "jmap/push.h"

namespace postern::jmapd {
namespace {

constexpr std::uint64_t kHousekeepingMs =
    60'000;  // without a ping: how often it is looked whether all is well

class EventStream {
 public:
  EventStream(Exchange& x, jmap::EventSourceQuery query) : x_(x), query_(query) {}

  io::Task<void> run() {
    auto info = co_await account();
    if (!info) {
      co_await x_.send_problem(jmap::plain_error(503, "The store is not available at the moment."));
      co_return;
    }
    last_ = std::move(*info);
    auto head = x_.begin(200);
    head.field("Content-Type", "text/event-stream")
        .field("Cache-Control", "no-cache, no-store")
        .field("X-Accel-Buffering", "no");
    x_.keep_alive = false;  // the stream ends with the connection
    x_.write_head(std::move(head), std::nullopt);
    put(": begin\n\n");
    x_.connection.session.set_state("EVENTSOURCE");
    // From here on every change is hinted, so nothing falls between the states above and the first event.
    auto* self = this;
    client::Watch watch(x_.shared.store, x_.login, x_.login->account(), last_.modseq(),
                        [self](std::uint64_t) { self->changed_.notify(); });
    io::TaskGroup reading;
    reading.spawn(until_closed());
    co_await loop();
  }

 private:
  // Ends the stream when the client does; what it sends besides is of no meaning.
  io::Task<void> until_closed() {
    auto& stream = x_.connection.stream;
    stream.set_timeout(io::Loop::kForever);
    while (true) {
      auto piece = co_await stream.read_some(1024);
      if (!piece) break;
    }
    gone_ = true;
    changed_.notify();
  }

  io::Task<void> loop() {
    auto flushed = co_await x_.connection.stream.flush();
    bool open = flushed.has_value();
    std::uint64_t pause = query_.ping ? query_.ping * 1000 : kHousekeepingMs;
    auto next_ping = base::monotonic_ms() + pause;
    while (open && !gone_) {
      auto now = base::monotonic_ms();
      bool hinted = now < next_ping && co_await changed_.wait_for(next_ping - now);
      if (gone_) break;
      if (!hinted) {
        next_ping = base::monotonic_ms() + pause;
        if (query_.ping) put(jmap::ping_event(query_.ping));
      }
      bool told = false;
      auto more = co_await look(told);  // also without a hint: hints may be lost
      open = more && x_.connection.stream.queued() <= jmap::kMaxEventBacklog;
      x_.connection.stream.send_now();
      if (told && query_.close_after_state) break;
    }
    if (x_.chunked() && !gone_) x_.connection.stream.write(http::kLastChunk);
  }

  // Compares the states; false when the stream must end.
  io::Task<bool> look(bool& told) {
    auto info = co_await account();
    if (!info) co_return info.error().fault == base::Fault::temporary;  // a void ticket ends it
    jmap::PushStates states;
    auto state = [&](std::uint64_t now, std::uint64_t before) {
      return now == before && info->epoch() == last_.epoch() ? std::string() : state_text(info->epoch(), now);
    };
    if (query_.types.mailbox) states.mailbox = state(info->mailbox_modseq(), last_.mailbox_modseq());
    if (query_.types.email) states.email = state(info->email_modseq(), last_.email_modseq());
    if (query_.types.thread) states.thread = state(info->thread_modseq(), last_.thread_modseq());
    if (query_.types.script) states.script = state(info->script_modseq(), last_.script_modseq());
    if (query_.types.vacation) states.vacation = state(info->vacation_modseq(), last_.vacation_modseq());
    if (query_.types.delivery && info->email_modseq() != last_.email_modseq() && co_await new_mail())
      states.delivery = state_text(info->epoch(), info->email_modseq());
    last_ = std::move(*info);
    if (states.any()) {
      put(jmap::state_event(model::format_account(x_.login->account()), states));
      told = true;
    }
    co_return true;
  }

  // Was an email added since the last look?
  io::Task<bool> new_mail() {
    stored::Request request;
    auto* get = request.mutable_get_changes();
    get->set_type(stored::GetChanges::EMAIL);
    get->set_epoch(last_.epoch());
    get->set_since(last_.email_modseq());
    auto reply = co_await x_.shared.store.read(*x_.login, std::move(request));
    co_return !reply || reply->changes().created_size() > 0;  // in doubt: yes
  }

  io::Task<base::Result<stored::AccountInfo>> account() {
    stored::Request request;
    request.mutable_get_account();
    auto reply = co_await x_.shared.store.read(*x_.login, std::move(request));
    if (!reply) co_return base::pass(reply);
    co_return std::move(*reply->mutable_account());
  }

  void put(std::string_view text) {
    if (!x_.chunked()) return x_.connection.stream.write(text);
    std::string chunk;
    http::append_chunk(chunk, text);
    x_.connection.stream.write(std::move(chunk));
  }

  Exchange& x_;
  jmap::EventSourceQuery query_;
  stored::AccountInfo last_;
  io::Notifier changed_;
  bool gone_ = false;
};

}  // namespace

io::Task<void> event_source_endpoint(Exchange& x) {
  auto query = jmap::parse_event_source(x.target);
  if (!query) {
    co_await x.send_problem(std::move(query.error()));
    co_return;
  }
  Slot slot(x.shared, x.login->account(), &InUse::event_sources, jmap::kMaxEventSources);
  if (slot.full()) {
    co_await x.send_problem(jmap::plain_error(429, "Too many event sources of this account."));
    co_return;
  }
  EventStream stream(x, *query);
  co_await stream.run();
}

}  // namespace postern::jmapd
