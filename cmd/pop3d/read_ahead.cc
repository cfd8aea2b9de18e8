#include "cmd/pop3d/read_ahead.h"

#include <vector>

#include "cmd/pop3d/maildrop.h"
#include "cmd/pop3d/shared.h"

namespace postern::pop3d {

namespace {

using Bodies = std::vector<std::shared_ptr<Body>>;

// What can't be had now is read by a worker.
bool read_here(blob::Reader& reader, Body& body) {
  if (body.location.size > kReadHere) return false;
  auto bytes = reader.read_now(body.location, 0, body.location.size);
  if (!bytes || !*bytes) return false;
  body.bytes = std::move(**bytes);
  body.read = true;
  return true;
}

// On a worker.  What can't be read is tried again, and reported, when it is wanted.
void read_small(blob::Reader& reader, Bodies& bodies) {
  std::size_t room = kAheadBytes;
  for (auto& b : bodies) {
    if (b->location.size > kSmallBody || b->location.size > room) continue;
    auto bytes = reader.read(b->location);
    if (!bytes) continue;
    room -= bytes->size();
    b->bytes = std::move(*bytes);
    b->read = true;
  }
}

}  // namespace

io::Task<base::Result<std::shared_ptr<Body>>> ReadAhead::take(Shared& shared, client::Login& login, Maildrop& drop,
                                                              std::uint32_t number) {
  std::size_t ahead = number == last_ + 1 ? kAheadMessages : 1;
  last_ = number;
  // Clients go upwards; this one stays, as RETR may follow TOP.
  std::erase_if(bodies_, [number](const auto& b) { return b.first < number; });
  if (auto it = bodies_.find(number); it != bodies_.end()) co_return it->second;
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
  Bodies bodies;
  auto got = co_await shared.store.emails(login, std::move(request), [&](stored::Emails& piece) {
    for (const auto& e : piece.emails()) {
      auto location = blob::Location::parse(e.location());
      auto n = numbers.find(e.id());
      if (!location || n == numbers.end()) continue;
      bodies.push_back(std::make_shared<Body>(Body{std::move(*location), {}, false}));
      bodies_[n->second] = bodies.back();
    }
    return true;
  });
  if (!got) co_return base::pass(got);
  auto it = bodies_.find(number);
  if (it == bodies_.end()) co_return base::fail(base::Fault::permanent, "the message is gone", "NOT_FOUND");
  auto body = it->second;
  if (bodies.size() == 1 && read_here(*shared.bodies, *body)) co_return body;
  // The job owns what it touches: when the session ends meanwhile it goes on without it.
  co_await shared.daemon.loop().blocking([reader = shared.bodies, bodies = std::move(bodies)]() mutable {
    read_small(*reader, bodies);
    return true;
  });
  co_return body;
}

}  // namespace postern::pop3d
