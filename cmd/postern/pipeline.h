// Many writes to stored under way at once, so that one flush covers many.  A write that finds stored gone waits for
// its restart and is repeated; answers come in any order.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "client/store_client.h"
#include "cmd/postern/context.h"
#include "io/loop.h"
#include "io/sync.h"

namespace postern::cli {

class Pipeline {
 public:
  explicit Pipeline(std::string socket) : store_(loop_, std::move(socket), nullptr) {}
  using Done = std::function<void(base::Result<stored::Reply>)>;
  // `bytes` are what the request keeps in memory.  Waits while too much is under way; `done` runs in here or in a later
  // call of send() or finish().
  void send(std::string ticket, std::uint64_t account, stored::Request request, std::vector<base::Fd> fds,
            std::size_t bytes, Done done);
  // Until all have been answered.
  void finish();

 private:
  io::Task<void> one(std::string ticket, std::uint64_t account, stored::Request request, std::vector<base::Fd> fds,
                     std::size_t bytes, Done done);
  io::Loop loop_;
  client::StoreClient store_;
  std::size_t in_flight_bytes_ = 0;
  io::TaskGroup tasks_;
};

}  // namespace postern::cli
