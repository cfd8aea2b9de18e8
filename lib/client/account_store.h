// One account's store for those who act on it with whatever they hold: a login's tickets, or one ticket for a delivery.
// Runs in: lmtpd, imapd, jmapd.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/store_client.h"

namespace postern::client {

class AccountStore {
 public:
  virtual ~AccountStore() = default;
  virtual std::uint64_t account() const = 0;
  virtual io::Task<base::Result<stored::Reply>> read(stored::Request request) = 0;
  virtual io::Task<base::Result<stored::Reply>> write(stored::Request request, std::vector<base::Fd> fds = {}) = 0;
};

// By a ticket, which must last as long as this is used.
class TicketStore : public AccountStore {
 public:
  TicketStore(StoreClient& store, std::string ticket, std::uint64_t account)
      : store_(store), ticket_(std::move(ticket)), account_(account) {}
  std::uint64_t account() const override { return account_; }
  io::Task<base::Result<stored::Reply>> read(stored::Request request) override {
    return store_.read(ticket_, account_, std::move(request));
  }
  io::Task<base::Result<stored::Reply>> write(stored::Request request, std::vector<base::Fd> fds = {}) override {
    return store_.write(ticket_, account_, std::move(request), std::move(fds));
  }

 private:
  StoreClient& store_;
  std::string ticket_;
  std::uint64_t account_;
};

class LoginStore : public AccountStore {
 public:
  LoginStore(StoreClient& store, std::shared_ptr<Login> login) : store_(store), login_(std::move(login)) {}
  std::uint64_t account() const override { return login_->account(); }
  io::Task<base::Result<stored::Reply>> read(stored::Request request) override {
    return store_.read(*login_, std::move(request));
  }
  io::Task<base::Result<stored::Reply>> write(stored::Request request, std::vector<base::Fd> fds = {}) override {
    return store_.write(*login_, std::move(request), std::move(fds));
  }

 private:
  StoreClient& store_;
  std::shared_ptr<Login> login_;
};

}  // namespace postern::client
