// One HTTP/1.1 connection: requests one after the other, each authenticated, routed and answered.
// RFC 9112.  Input: hostile, before login.  Memory: one request head and 64 KB of body, but for API requests,
// whose body is bounded by http.max_request_size.  Tests: t/protocol/test_jmap.py
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/auth_client.h"
#include "cmd/jmapd/shared.h"
#include "http/request.h"
#include "http/response.h"
#include "http/target.h"
#include "io/task.h"
#include "jmap/errors.h"
#include "service/daemon.h"

namespace postern::jmapd {

io::Task<void> serve(Shared& shared, service::Connection& connection);

// One request and its answer.  Lives in the connection's frame.
class Exchange {
 public:
  Exchange(Shared& shared, service::Connection& connection, std::string head_text);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Shared& shared;
  service::Connection& connection;
  http::Target target;
  std::shared_ptr<client::Login> login;  // set once authenticated
  bool keep_alive = true;

  const http::RequestHead& head() const { return parser_.head(); }
  bool is_head() const { return head().method == "HEAD"; }
  // The session's URLs begin with this: scheme and authority, without a slash at the end.
  std::string base_url() const;

  // --- the body, in pieces
  // The next piece, empty at the end.  It lives until the next call.  Fails with EOF and the like; when the
  // body itself is refused, refusal() tells the answer.  `max` is that of the first call.
  io::Task<base::Result<std::string_view>> next_piece(std::uint64_t max);
  const http::Refusal& refusal() const { return refusal_; }

  // --- the answer: one of these, once
  io::Task<void> send(int status, std::string_view type, std::string body, bool cacheable = false);
  io::Task<void> send_problem(jmap::RequestError error);
  // The head alone: the caller writes the body to connection.stream.
  http::ResponseHead begin(int status) const;
  void write_head(http::ResponseHead head, std::optional<std::uint64_t> length);
  bool chunked() const { return chunked_; }
  bool answered() const { return answered_; }
  bool body_done() const { return !body_ || body_ended_; }

 private:
  std::string head_text_;
  http::HeadParser parser_;
  std::optional<http::BodyReader> body_;
  http::Refusal refusal_;
  std::size_t unconsumed_ = 0;  // of the buffered bytes, those that data() shows
  bool continued_ = false, body_ended_ = false, answered_ = false, chunked_ = false;
};

// The endpoints; each answers the exchange.
io::Task<void> session_endpoint(Exchange& x);
io::Task<void> api_endpoint(Exchange& x);
io::Task<void> upload_endpoint(Exchange& x);
io::Task<void> download_endpoint(Exchange& x);
io::Task<void> event_source_endpoint(Exchange& x);

// Another account than the login's, or none: answers 404 and gives false.
bool own_account(const Exchange& x, std::string_view account_id);

}  // namespace postern::jmapd
