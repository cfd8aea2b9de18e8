#include "cmd/postern/pipeline.h"

namespace postern::cli {

inline constexpr std::size_t kInFlight = 64;
inline constexpr std::size_t kInFlightBytes = 32u << 20;

void Pipeline::send(std::string ticket, std::uint64_t account, stored::Request request, std::vector<base::Fd> fds,
                    std::size_t bytes, Done done) {
  while (tasks_.size() >= kInFlight || in_flight_bytes_ > kInFlightBytes) loop_.run_once(true);
  tasks_.spawn(one(std::move(ticket), account, std::move(request), std::move(fds), bytes, std::move(done)));
  loop_.run_once(false);
}

void Pipeline::finish() {
  while (!tasks_.empty()) loop_.run_once(true);
}

io::Task<void> Pipeline::one(std::string ticket, std::uint64_t account, stored::Request request,
                             std::vector<base::Fd> fds, std::size_t bytes, Done done) {
  in_flight_bytes_ += bytes;
  auto reply = co_await store_.write(std::move(ticket), account, std::move(request), std::move(fds));
  in_flight_bytes_ -= bytes;
  done(std::move(reply));
}

}  // namespace postern::cli
