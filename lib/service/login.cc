#include "service/login.h"

#include "base/log.h"

namespace postern::service {

void logged_in(Connection& c, const std::string& user) {
  c.session.set_user(user);
  base::log(base::Level::info, "login",
            {{"session", c.session.id()},
             {"user", user},
             {"address", c.session.address()},
             {"tls", c.stream.tls() ? c.stream.tls()->version : "no"}});
}

void login_failed(const Connection& c, std::string_view code) {
  base::log(base::Level::info, "login failed",
            {{"session", c.session.id()}, {"address", c.session.address()}, {"why", std::string(code)}});
}

io::Task<bool> start_tls(Connection& c, Daemon& daemon, std::string answer) {
  auto context = daemon.tls();
  std::string why = "injected input";
  if (c.stream.buffered().empty()) {
    c.stream.write(std::move(answer));
    if (auto sent = co_await c.stream.flush(); !sent) co_return false;
    auto started = co_await c.stream.start_tls(std::move(context));
    if (started && !started->dropped_input) co_return true;
    if (!started) why = started.error().what;
  }
  base::log(base::Level::info, "starttls failed", {{"session", c.session.id()}, {"why", why}});
  c.stream.send_now();
  c.stream.close();
  co_return false;
}

}  // namespace postern::service
