#include "cmd/jmapd/http_session.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "http/auth.h"
#include "model/ids.h"

namespace postern::jmapd {
namespace {

using base::Level;

constexpr std::uint64_t kBodyTimeoutMs = 60'000;  // between two pieces of a body

struct Route {
  std::string_view first, second;  // path segments
  std::string_view methods;
  io::Task<void> (*run)(Exchange&);
};
constexpr std::array kRoutes = {
    Route{".well-known", "jmap", "GET HEAD", session_endpoint},
    Route{"jmap", "session", "GET HEAD", session_endpoint},
    Route{"jmap", "api", "POST", api_endpoint},
    Route{"jmap", "upload", "POST", upload_endpoint},
    Route{"jmap", "download", "GET HEAD", download_endpoint},
    Route{"jmap", "eventsource", "GET", event_source_endpoint},
};

const Route* find_route(const http::Target& t) {
  if (t.path.size() < 2) return nullptr;
  for (const auto& r : kRoutes)
    if (t.path[0] == r.first && t.path[1] == r.second) return &r;
  return nullptr;
}

bool allowed(std::string_view methods, std::string_view method) {
  auto list = base::split(methods, ' ');
  return std::ranges::find(list, method) != list.end();
}

// Waits for a whole head.  Nothing: the connection is over.  A refused head is answered here.
class HeadReader {
 public:
  HeadReader(Shared& shared, service::Connection& c) : shared_(shared), c_(c) {}

  io::Task<std::optional<std::string>> next() {
    auto patience = shared_.daemon.config().number("http.timeout") * 1000;
    auto end = base::monotonic_ms() + patience;
    http::HeadParser parser;
    while (true) {
      auto buffered = c_.stream.buffered();
      auto step = buffered.empty() ? http::HeadParser::Step::more : parser.parse(buffered);
      if (step == http::HeadParser::Step::done) {
        std::string head(buffered.substr(0, parser.consumed()));
        c_.stream.consume(parser.consumed());
        co_return head;
      }
      if (step == http::HeadParser::Step::refused) {
        refuse(parser.refusal());
        co_return std::nullopt;
      }
      // The time is that of the whole head: a byte now and then does not prolong it.
      auto now = base::monotonic_ms();
      if (now >= end) co_return std::nullopt;
      c_.stream.set_timeout(end - now);
      auto more = co_await c_.stream.fill();
      if (!more) co_return std::nullopt;
    }
  }

 private:
  void refuse(http::Refusal refusal) {
    auto body = jmap::problem_document(jmap::plain_error(refusal.status, std::string(refusal.what)));
    c_.stream.write(http::ResponseHead(refusal.status)
                        .field("Content-Type", "application/problem+json")
                        .finish(body.size(), false));
    c_.stream.write(std::move(body));
    base::log(Level::info, "http_refused",
              {{"session", c_.session.id()},
               {"ip", c_.stream.peer().ip},
               {"status", refusal.status},
               {"why", refusal.what}});
  }

  Shared& shared_;
  service::Connection& c_;
};

io::Task<void> unauthorized(Exchange& x, std::string detail) {
  auto body = jmap::problem_document(jmap::plain_error(401, std::move(detail)));
  auto head = x.begin(401);
  head.field("WWW-Authenticate", "Basic realm=\"Postern\", charset=\"UTF-8\"")
      .field("Content-Type", "application/problem+json")
      .field("Cache-Control", "no-store");
  x.write_head(std::move(head), body.size());
  if (!x.is_head()) x.connection.stream.write(std::move(body));
  co_return;
}

// True: x.login is set.
io::Task<bool> authenticate(Exchange& x) {
  auto credentials = http::parse_basic(x.head().field("authorization"));
  if (!credentials) {
    co_await unauthorized(x, "Authenticate with Basic.");
    co_return false;
  }
  const auto& peer = x.connection.stream.peer();
  LoginOrigin origin{peer.ip, x.connection.session.id(),
                     x.connection.stream.tls().has_value() || peer.is_unix, peer.is_loopback};
  std::string name = credentials->name;
  auto login = co_await x.shared.logins.login(std::move(*credentials), std::move(origin));
  if (login) {
    x.login = std::move(*login);
    x.connection.session.set_user(x.login->name());
    co_return true;
  }
  base::log(Level::info, "login_failed",
            {{"session", x.connection.session.id()},
             {"ip", x.connection.stream.peer().ip},
             {"name", base::printable(name)},
             {"code", login.error().code}});
  if (login.error().code == "PRIVACYREQUIRED")
    co_await x.send_problem(jmap::plain_error(403, "Passwords are accepted over TLS only."));
  else if (login.error().fault == base::Fault::temporary)
    co_await x.send_problem(jmap::plain_error(503, "Logins are not possible at the moment."));
  else
    co_await unauthorized(x, "The name or the password is wrong.");
  co_return false;
}

io::Task<void> preflight(Exchange& x) {
  auto head = http::ResponseHead(204);
  head.cors_preflight(x.shared.origin);
  x.write_head(std::move(head), 0);
  co_return;
}

io::Task<void> answer(Exchange& x) {
  auto target = http::parse_target(x.head().target);
  if (!target) {
    co_await x.send_problem(jmap::plain_error(400, target.error().what));
    co_return;
  }
  x.target = std::move(*target);
  if (x.head().method == "OPTIONS") {
    co_await preflight(x);
    co_return;
  }
  const auto* route = find_route(x.target);
  if (!route) {
    co_await x.send_problem(jmap::plain_error(404, "There is nothing here."));
    co_return;
  }
  if (!allowed(route->methods, x.head().method)) {
    auto body = jmap::problem_document(jmap::plain_error(405, "This method is not allowed here."));
    auto head = x.begin(405);
    std::string list(route->methods);
    std::ranges::replace(list, ' ', ',');
    head.field("Allow", list + ",OPTIONS").field("Content-Type", "application/problem+json");
    x.write_head(std::move(head), body.size());
    x.connection.stream.write(std::move(body));
    co_return;
  }
  if (co_await authenticate(x)) co_await route->run(x);
}

}  // namespace

Exchange::Exchange(Shared& s, service::Connection& c, std::string head_text)
    : shared(s), connection(c), head_text_(std::move(head_text)) {
  parser_.parse(head_text_);  // was parsed before: the views must be into our copy
  keep_alive = parser_.head().keep_alive;
}

std::string Exchange::base_url() const {
  if (!shared.url.empty()) return shared.url;
  std::string host(head().host);
  if (host.empty()) host = connection.stream.local().text();
  return (connection.stream.tls() ? "https://" : "http://") + host;
}

io::Task<base::Result<std::string_view>> Exchange::next_piece(std::uint64_t max) {
  auto& stream = connection.stream;
  if (!body_) body_.emplace(head(), max);
  if (unconsumed_) stream.consume(std::exchange(unconsumed_, 0));
  stream.set_timeout(kBodyTimeoutMs);
  while (true) {
    auto in = stream.buffered();
    auto before = in.size();
    auto step = body_->feed(in);
    auto used = before - in.size();
    switch (step) {
      case http::BodyReader::Step::data:
        unconsumed_ = used;
        co_return body_->data();
      case http::BodyReader::Step::end:
        if (used) stream.consume(used);
        body_ended_ = true;
        co_return std::string_view();
      case http::BodyReader::Step::refused:
        refusal_ = body_->refusal();
        keep_alive = false;
        co_return base::fail(base::Fault::permanent, std::string(refusal_.what), "REFUSED");
      case http::BodyReader::Step::more:
        break;
    }
    if (used) stream.consume(used);
    if (head().expect_continue && !std::exchange(continued_, true) && body_->received() == 0) {
      stream.write(http::kContinue);
      auto sent = co_await stream.flush();
      if (!sent) co_return base::pass(sent);
    }
    auto more = co_await stream.fill();
    if (!more) {
      keep_alive = false;
      co_return base::pass(more);
    }
  }
}

http::ResponseHead Exchange::begin(int status) const {
  http::ResponseHead head(status);
  head.cors(shared.origin);
  head.field("X-Content-Type-Options", "nosniff");
  return head;
}

void Exchange::write_head(http::ResponseHead head, std::optional<std::uint64_t> length) {
  answered_ = true;
  // A body that was not read to its end would be taken for the next request.
  if (shared.draining || (this->head().has_body() && !body_ended_)) keep_alive = false;
  chunked_ = !length && this->head().minor >= 1;
  if (!length && !chunked_) keep_alive = false;
  auto text = head.finish(length, keep_alive);
  if (!length && !chunked_) {  // HTTP/1.0: the end of the connection is the end of the body
    auto at = text.find("Transfer-Encoding: chunked\r\n");
    if (at != std::string::npos) text.erase(at, 28);
  }
  connection.stream.write(std::move(text));
}

io::Task<void> Exchange::send(int status, std::string_view type, std::string body, bool cacheable) {
  auto head = begin(status);
  head.field("Content-Type", type);
  head.field("Cache-Control",
             cacheable ? "private, immutable, max-age=31536000" : "no-cache, no-store, must-revalidate");
  write_head(std::move(head), body.size());
  if (!is_head()) connection.stream.write(std::move(body));
  co_return;
}

io::Task<void> Exchange::send_problem(jmap::RequestError error) {
  if (error.status >= 500 || error.status == 429)
    base::log(Level::warning, "http_problem",
              {{"session", connection.session.id()}, {"status", error.status}, {"detail", error.detail}});
  auto body = jmap::problem_document(error);
  auto head = begin(error.status);
  head.field("Content-Type", "application/problem+json").field("Cache-Control", "no-store");
  if (error.status == 429 || error.status == 503) head.field("Retry-After", "2");
  write_head(std::move(head), body.size());
  if (!is_head()) connection.stream.write(std::move(body));
  co_return;
}

bool own_account(const Exchange& x, std::string_view account_id) {
  return model::parse_account(account_id) == x.login->account();
}

io::Task<void> serve(Shared& shared, service::Connection& c) {
  HeadReader heads(shared, c);
  while (true) {
    auto head = co_await heads.next();
    if (!head) co_return;
    ++shared.requests;
    Exchange x(shared, c, std::move(*head));
    co_await answer(x);
    if (!x.answered() || !x.keep_alive) co_return;  // not answered: the client has gone
    auto sent = co_await c.stream.flush();
    if (!sent) co_return;
  }
}

}  // namespace postern::jmapd
