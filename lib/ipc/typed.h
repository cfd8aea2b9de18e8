// Messages with a type over the opaque payloads of ipc/channel.h and ipc/server.h: any M with
// SerializeToString() and ParseFromString(), such as protobuf-lite messages, which this header does not
// include.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "ipc/channel.h"
#include "ipc/server.h"

namespace postern::ipc {

template <class M>
struct Typed {
  M message;
  std::vector<base::Fd> fds;
};

// Into a message that is there already, in an arena perhaps.
template <class M>
base::Result<> parse_into(const std::string& payload, M& m) {
  if (!m.ParseFromString(payload)) return base::fail(base::Fault::corrupt, "malformed message", "MALFORMED");
  return {};
}

template <class M>
base::Result<M> parse(const std::string& payload) {
  M m;
  if (auto ok = parse_into(payload, m); !ok) return base::pass(ok);
  return m;
}

template <class M>
base::Result<std::string> serialize(const M& m) {
  std::string out;
  if (!m.SerializeToString(&out)) return base::fail(base::Fault::permanent, "message cannot be serialized");
  if (out.size() > kMaxPayload) return base::fail(base::Fault::limit, "message over 1 MB", "TOO_LARGE");
  return out;
}

// auto r = co_await ipc::call_typed<Reply>(channel, request);
template <class Reply, class Request>
io::Task<base::Result<Typed<Reply>>> call_typed(Channel& channel, const Request& request,
                                                std::vector<base::Fd> fds = {},
                                                std::uint64_t deadline_ms = kDefaultDeadlineMs) {
  auto payload = serialize(request);
  if (!payload) co_return base::pass(payload);
  auto answer = co_await channel.call(std::move(*payload), std::move(fds), deadline_ms);
  if (!answer) co_return base::pass(answer);
  auto message = parse<Reply>(answer->payload);
  if (!message) co_return base::pass(message);
  co_return Typed<Reply>{std::move(*message), std::move(answer->fds)};
}

// For BlockingChannel.
template <class Reply, class Request>
base::Result<Typed<Reply>> call_typed(BlockingChannel& channel, const Request& request,
                                      const std::vector<base::Fd>& fds = {},
                                      std::uint64_t deadline_ms = kDefaultDeadlineMs) {
  auto payload = serialize(request);
  if (!payload) return base::pass(payload);
  auto answer = channel.call(*payload, fds, deadline_ms);
  if (!answer) return base::pass(answer);
  auto message = parse<Reply>(answer->payload);
  if (!message) return base::pass(message);
  return Typed<Reply>{std::move(*message), std::move(answer->fds)};
}

}  // namespace postern::ipc
