#include "cmd/pop3d/read_ahead.h"

#include <algorithm>
#include <vector>

#include "cmd/pop3d/maildrop.h"
#include "cmd/pop3d/shared.h"

namespace postern::pop3d {

namespace {

// What can't be had now is read by a worker, piece by piece.
void read_here(blob::Reader& reader, Body& body) {
  if (body.location.size > kReadHere) return;
  auto bytes = reader.read_now(body.location, 0, body.location.size);
  if (!bytes || !*bytes) return;
  body.bytes = std::move(**bytes);
  body.read = true;
}

// On a worker.  What can't be read is tried again, and reported, when it is wanted.
void read_all(blob::Reader& reader, ReadAhead::Bodies& bodies) {
  for (auto& [number, body] : bodies) {
    auto bytes = reader.read(body->location);
    if (!bytes) continue;
    body->bytes = std::move(*bytes);
    body->read = true;
  }
}

}  // namespace

io::Task<base::Result<>> ReadAhead::locate(Shared& shared, client::Login& login, Maildrop& drop, std::uint32_t number,
                                           std::size_t most) {
  if (places_.size() + most > kMaxPlaces) {
    places_.clear();
    held_.clear();
    taken_ = 0;   // who jumps about begins with few again
  }
  stored::Request request;
  auto& get = *request.mutable_get_emails();
  get.set_location(true);
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;
  for (std::uint32_t n = number; n <= drop.messages().size() && numbers.size() < most; ++n) {
    const Message* m = drop.find(n);
    if (!m || places_.contains(n)) continue;
    get.add_ids(m->email);
    numbers[m->email] = n;
  }
  co_return co_await shared.store.emails(login, std::move(request), [&](stored::Emails& piece) {
    for (auto& e : *piece.mutable_emails()) {
      auto location = blob::Location::parse(e.location());
      auto n = numbers.find(e.id());
      if (!location || n == numbers.end()) continue;
      auto& held = held_[location->segment];
      if (!held) held = shared.bodies->hold(location->segment);
      if (held) places_[n->second] = std::move(*e.mutable_location());
    }
    return true;
  });
}

std::shared_ptr<Body> ReadAhead::body_at(std::uint32_t number) const {
  auto it = places_.find(number);
  if (it == places_.end()) return nullptr;
  auto location = blob::Location::parse(it->second);
  return location ? std::make_shared<Body>(Body{std::move(*location), {}, false}) : nullptr;
}

// Small ones in a row, from `first` on, whose places are known.
ReadAhead::Bodies ReadAhead::small_ones(Maildrop& drop, std::uint32_t first, std::size_t most) const {
  Bodies out;
  std::size_t room = kAheadBytes;
  for (std::uint32_t n = first; n <= drop.messages().size() && out.size() < most; ++n) {
    if (!drop.find(n)) continue;
    auto body = body_at(n);
    if (!body || body->location.size > std::min<std::uint64_t>(kSmallBody, room)) break;
    room -= static_cast<std::size_t>(body->location.size);
    out.emplace_back(n, std::move(body));
  }
  return out;
}

io::Task<void> ReadAhead::read_from(Shared& shared, client::Login& login, Maildrop& drop, std::uint32_t first) {
  co_await shared.daemon.loop().yield();   // the answer that is being made leaves first
  if (!places_.contains(first)) {
    auto located = co_await locate(shared, login, drop, first, kPlacesAsked);
    (void)located;   // who asks for the message is told
  }
  Bodies some = small_ones(drop, first, 1);
  if (!some.empty()) read_here(*shared.bodies, *some.front().second);
  if (!some.empty() && !some.front().second->read) {
    some = small_ones(drop, first, kAheadMessages);
    if (first_ == first) until_ = some.back().first;
    // The job owns what it touches: when the session ends meanwhile it goes on without it.
    auto job = [reader = shared.bodies, bodies = std::move(some)]() mutable {
      read_all(*reader, bodies);
      return std::move(bodies);
    };
    some = co_await shared.daemon.loop().blocking(std::move(job));
  }
  // After a jump nobody wants them.
  for (auto& [n, body] : some)
    if (first_ == first && n >= last_ && body->read) bodies_.emplace(n, std::move(body));
  reading_ = false;
  read_.notify();
}

// The next ones, when half of what was read ahead is taken.
void ReadAhead::go_on(Shared& shared, client::Login& login, Maildrop& drop) {
  std::size_t ready = 0;
  std::uint32_t next = last_ + 1;
  for (const auto& [n, body] : bodies_) {
    if (n <= last_) continue;
    ready += body->bytes.size();
    next = n + 1;
  }
  while (next <= drop.messages().size() && !drop.find(next)) ++next;
  if (reading_ || ready > kAheadBytes / 2 || next > drop.messages().size()) return;
  auto known = body_at(next);
  if (known && known->location.size > kSmallBody) return;   // it is read when it is asked for
  reading_ = true;
  first_ = until_ = next;
  tasks_.spawn(read_from(shared, login, drop, next));
}

// One that was not read ahead.
io::Task<base::Result<std::shared_ptr<Body>>> ReadAhead::find(Shared& shared, client::Login& login, Maildrop& drop,
                                                              std::uint32_t number, std::size_t most) {
  auto body = body_at(number);
  if (!body) {
    auto located = co_await locate(shared, login, drop, number, most);
    if (!located) co_return base::pass(located);
    body = body_at(number);
  }
  if (!body) co_return base::fail(base::Fault::permanent, "the message is gone", "NOT_FOUND");
  read_here(*shared.bodies, *body);
  co_return body;
}

io::Task<base::Result<std::shared_ptr<Body>>> ReadAhead::take(Shared& shared, client::Login& login, Maildrop& drop,
                                                              std::uint32_t number) {
  bool again = number == last_, onward = number == last_ + 1;
  last_ = number;
  ++taken_;
  // Clients go upwards; this one stays, as RETR may follow TOP.
  if (again || onward) {
    bodies_.erase(bodies_.begin(), bodies_.lower_bound(number));
  } else {
    bodies_.clear();
    first_ = until_ = 0;
  }
  while (reading_ && number >= first_ && number <= until_) co_await read_.wait();
  std::shared_ptr<Body> body;
  if (auto it = bodies_.find(number); it != bodies_.end()) {
    body = it->second;
    if (!body->read) read_here(*shared.bodies, *body);
  } else {
    std::size_t most = onward ? kPlacesAsked : std::min(kPlacesAsked, 1 + taken_ / kJumpsAPlace);
    auto found = co_await find(shared, login, drop, number, most);
    if (!found) co_return found;
    body = std::move(*found);
    bodies_.emplace(number, body);
  }
  if (onward) go_on(shared, login, drop);
  co_return body;
}

}  // namespace postern::pop3d
