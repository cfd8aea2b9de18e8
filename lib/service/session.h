// The sessions of one process, for `postern who` and `postern kick`.
// Runs in: every daemon with clients; loop thread only.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace postern::service {

class Sessions;

// Why a session is asked to end; the text is for the client.
enum class EndReason { kicked, shutdown, revoked };

// One client connection.  Lives in its coroutine's frame; registers itself.
class Session {
 public:
  Session(Sessions& all, std::string service, std::string address);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  void set_user(std::string_view user) { user_ = user; }
  // A few words such as "IDLE INBOX".
  void set_state(std::string_view state) { state_ = state; }
  // What ends the session in the protocol's words; it must not destroy the session itself.
  void on_end(std::function<void(EndReason)> f) { end_ = std::move(f); }
  void end(EndReason why);

  std::string id() const;              // made on demand: process and number
  const std::string& service() const { return service_; }
  const std::string& user() const { return user_; }
  const std::string& address() const { return address_; }
  const std::string& state() const { return state_; }
  std::int64_t since() const { return since_; }

 private:
  Sessions& all_;
  std::uint64_t number_;
  std::string service_, address_, user_, state_;
  std::int64_t since_;
  std::function<void(EndReason)> end_;
};

class Sessions {
 public:
  std::size_t size() const { return all_.size(); }
  std::vector<const Session*> list() const;
  // Ends the sessions with this user or id, or all for "*"; returns how many.
  std::size_t end(std::string_view what, EndReason why);
  void on_change(std::function<void()> f) { changed_ = std::move(f); }

 private:
  friend class Session;
  std::set<Session*> all_;
  std::uint64_t last_ = 0;
  std::function<void()> changed_;
};

}  // namespace postern::service
