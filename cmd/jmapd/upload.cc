// POST /jmap/upload/{accountId}/.  RFC 8620 6.1.  Memory: client::kInlineBody, then an unlinked file.
#include "base/file.h"
#include "base/text.h"
#include "client/incoming.h"
#include "cmd/jmapd/http_session.h"
#include "jmap/json.h"
#include "jmap/limits.h"
#include "model/ids.h"
#include "proto/stored.pb.h"

namespace postern::jmapd {
namespace {

namespace json = jmap::json;

// The bytes as they come: in memory while few, then in a file.
class Spool {
 public:
  explicit Spool(std::string folder) : folder_(std::move(folder)) {}
  base::Result<> append(std::string_view bytes) {
    size_ += bytes.size();
    if (!file_ && memory_.size() + bytes.size() <= client::kInlineBody) {
      memory_.append(bytes);
      return {};
    }
    if (!file_) {
      auto fd = base::open_spool(folder_);
      if (!fd) return base::pass(fd);
      file_ = std::move(*fd);
      if (auto r = base::write_all(file_.get(), memory_); !r) return r;
      std::string().swap(memory_);
    }
    return base::write_all(file_.get(), bytes);
  }
  std::uint64_t size() const { return size_; }
  std::string& memory() { return memory_; }
  base::Fd& file() { return file_; }

 private:
  std::string folder_, memory_;
  base::Fd file_;
  std::uint64_t size_ = 0;
};

// What a Content-Type may look like in our answers: one line, visible characters.
std::string clean_type(std::string_view type) {
  std::string out;
  for (char c : type.substr(0, 255))
    if (c >= 0x20 && c < 0x7f) out += c;
  return out.empty() ? "application/octet-stream" : out;
}

jmap::RequestError from_store(const base::Error& e) {
  if (e.code == "OVER_QUOTA") return jmap::plain_error(403, "The account's quota is used up.");
  if (e.fault == base::Fault::temporary)
    return jmap::plain_error(503, "The store is not available at the moment.");
  if (e.code == "DENIED" || e.code == "TICKET") return jmap::plain_error(403, "This is not allowed.");
  return jmap::plain_error(500, "The upload could not be stored.");
}

// False: answered, or the client has gone.
io::Task<bool> receive(Exchange& x, Spool& spool) {
  while (true) {
    auto piece = co_await x.next_piece(x.shared.max_upload);
    if (!piece) {
      if (piece.error().code == "REFUSED") {
        auto refusal = x.refusal();
        auto error = refusal.status == 413 ? jmap::over_limit("maxSizeUpload", 413)
                                           : jmap::plain_error(refusal.status, std::string(refusal.what));
        co_await x.send_problem(std::move(error));
      }
      co_return false;
    }
    if (piece->empty()) co_return true;
    auto kept = spool.append(*piece);
    if (!kept) {
      co_await x.send_problem(from_store(kept.error()));
      co_return false;
    }
  }
}

}  // namespace

io::Task<void> upload_endpoint(Exchange& x) {
  if (x.target.path.size() < 3 || x.target.path.size() > 4 || !own_account(x, x.target.path[2])) {
    co_await x.send_problem(jmap::plain_error(404, "There is no such account."));
    co_return;
  }
  Slot slot(x.shared, x.login->account(), &InUse::uploads, jmap::kMaxConcurrentUpload);
  if (slot.full()) {
    co_await x.send_problem(jmap::over_limit("maxConcurrentUpload", 429));
    co_return;
  }
  Spool spool(x.shared.spool);
  if (!co_await receive(x, spool)) co_return;
  auto type = clean_type(x.head().field("content-type"));
  stored::Request request;
  auto* put = request.mutable_put_blob();
  put->set_type(type);
  std::vector<base::Fd> fds;
  if (spool.file()) {
    put->set_body_in_descriptor(true);
    fds.push_back(std::move(spool.file()));
  } else {
    put->set_body(std::move(spool.memory()));
  }
  auto reply = co_await x.shared.store.write(*x.login, std::move(request), std::move(fds));
  if (!reply || reply->blobs().blobs_size() != 1) {
    co_await x.send_problem(reply ? jmap::plain_error(500, "The upload could not be stored.")
                                  : from_store(reply.error()));
    co_return;
  }
  json::object out;
  out["accountId"] = model::format_account(x.login->account());
  out["blobId"] = model::format_blob(reply->blobs().blobs(0).hash());
  out["type"] = type;
  out["size"] = spool.size();
  co_await x.send(201, "application/json", json::serialize(out));
}

}  // namespace postern::jmapd
