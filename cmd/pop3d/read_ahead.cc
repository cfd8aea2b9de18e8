#include "cmd/pop3d/read_ahead.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "cmd/pop3d/maildrop.h"
#include "cmd/pop3d/shared.h"

namespace postern::pop3d {

namespace {

using Bodies = std::vector<std::shared_ptr<Body>>;

// What can't be had now is read by a worker, piece by piece.
void read_here(blob::Reader& reader, Body& body) {
  if (body.location.size > kReadHere) return;
  auto bytes = reader.read_now(body.location, 0, body.location.size);
  if (!bytes || !*bytes) return;
  body.bytes = std::move(**bytes);
  body.read = true;
}

// On a worker.  What can't be read is tried again, and reported, when it is wanted.
void read_all(blob::Reader& reader, Bodies& bodies) {
  for (auto& b : bodies) {
    auto bytes = reader.read(b->location);
    if (!bytes) continue;
    b->bytes = std::move(*bytes);
    b->read = true;
  }
}

}  // namespace

io::Task<base::Result<>> ReadAhead::locate(Shared& shared, client::Login& login, Maildrop& drop, std::uint32_t number,
                                           std::size_t ahead) {
  bodies_.clear();
  stored::Request request;
  auto& get = *request.mutable_get_emails();
  get.set_location(true);
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;
  for (std::uint32_t n = number; n <= drop.messages().size() && numbers.size() < ahead; ++n) {
    const Message* m = drop.find(n);
    if (!m) continue;
    get.add_ids(m->email);
    numbers[m->email] = n;
  }
  co_return co_await shared.store.emails(login, std::move(request), [&](stored::Emails& piece) {
    for (const auto& e : piece.emails()) {
      auto location = blob::Location::parse(e.location());
      auto n = numbers.find(e.id());
      if (location && n != numbers.end()) bodies_[n->second] = std::make_shared<Body>(Body{std::move(*location), {}, false});
    }
    return true;
  });
}

// This one and the small ones behind it.
io::Task<void> ReadAhead::read_from(Shared& shared, std::uint32_t number) {
  Bodies some;
  std::size_t room = kAheadBytes;
  for (auto it = bodies_.find(number); it != bodies_.end() && it->second->location.size <= std::min<std::uint64_t>(kSmallBody, room); ++it) {
    room -= it->second->location.size;
    some.push_back(it->second);
  }
  if (some.size() < 2) {
    read_here(*shared.bodies, *bodies_.at(number));
    co_return;
  }
  // The job owns what it touches: when the session ends meanwhile it goes on without it.
  co_await shared.daemon.loop().blocking([reader = shared.bodies, bodies = std::move(some)]() mutable {
    read_all(*reader, bodies);
    return true;
  });
}

io::Task<base::Result<std::shared_ptr<Body>>> ReadAhead::take(Shared& shared, client::Login& login, Maildrop& drop,
                                                              std::uint32_t number) {
  std::size_t ahead = number == last_ + 1 ? kAheadMessages : 1;
  last_ = number;
  // Clients go upwards; this one stays, as RETR may follow TOP.
  std::erase_if(bodies_, [number](const auto& b) { return b.first < number; });
  if (!bodies_.contains(number)) {
    auto located = co_await locate(shared, login, drop, number, ahead);
    if (!located) co_return base::pass(located);
  }
  auto it = bodies_.find(number);
  if (it == bodies_.end()) co_return base::fail(base::Fault::permanent, "the message is gone", "NOT_FOUND");
  auto body = it->second;
  if (!body->read) co_await read_from(shared, number);
  co_return body;
}

}  // namespace postern::pop3d
