// GET /jmap/download/{accountId}/{blobId}/{name}?type=...  RFC 8620 6.2.
// Mail is never shown by us: always an attachment, never sniffed, in a sandbox (RELIABILITY J09).
// Memory: one frame of the blob and what the connection's output holds.
#include <algorithm>

#include "base/log.h"
#include "cmd/jmapd/blobs.h"
#include "cmd/jmapd/http_session.h"
#include "jmap/sieve_view.h"

namespace postern::jmapd {
namespace {

constexpr std::size_t kHighWater = 256 * 1024;  // of output that the client has not taken

// A media type, with parameters or without, as clients may ask for; else octets.
std::string media_type(std::string_view type) {
  auto plain = [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  auto name = type.substr(0, type.find(';'));
  bool legal = type.size() <= 127 && name.find('/') != std::string_view::npos && std::ranges::all_of(name, plain) &&
               std::ranges::all_of(type, [&](char c) { return c == ' ' || plain(c); });
  return legal ? std::string(type) : "application/octet-stream";
}

// One read for a worker, which must own what it uses.
struct ReadJob {
  std::shared_ptr<blob::Reader> reader;
  std::shared_ptr<void> held;   // keeps the segment: a client may take its time
  blob::Location at;
  std::uint64_t pos = 0, length = 0;
  base::Result<std::string> bytes;
};

io::Task<base::Result<>> stream_bytes(Exchange& x, const blob::Location& at, std::uint64_t begin,
                                      std::uint64_t end, mime::Encoding encoding) {
  mime::TransferDecoder decoder(encoding);
  auto& out = x.connection.stream;
  std::string decoded, chunk;
  auto put = [&](std::string_view bytes) {
    if (!x.chunked()) return out.write(bytes);
    chunk.clear();
    http::append_chunk(chunk, bytes);
    out.write(chunk);
  };
  auto job = std::make_shared<ReadJob>();
  job->reader = x.shared.blobs;
  job->at = at;
  job->held = job->reader->hold(at.segment);
  for (auto pos = begin; pos < end;) {
    job->pos = pos;
    job->length = std::min(end, (pos / blob::kFrameSize + 1) * blob::kFrameSize) - pos;
    co_await x.shared.loop().blocking(
        [job] { job->bytes = job->reader->read(job->at, job->pos, job->length); });
    if (!job->bytes) co_return base::pass(job->bytes);
    pos += job->length;
    if (encoding == mime::Encoding::identity) {
      put(*job->bytes);
    } else {
      decoded.clear();
      decoder.decode(*job->bytes, decoded);
      put(decoded);
    }
    auto sent = co_await out.drain(kHighWater);
    if (!sent) co_return base::pass(sent);
  }
  decoded.clear();
  decoder.finish(decoded);
  if (!decoded.empty()) put(decoded);
  if (x.chunked()) out.write(http::kLastChunk);
  co_return base::Result<>{};
}

http::ResponseHead download_head(const Exchange& x, int status, const std::string& etag) {
  auto head = x.begin(status);
  head.field("Content-Type", media_type(x.target.query_value("type")))
      .field("Content-Disposition", http::content_disposition(x.target.path[4]))
      .field("Content-Security-Policy", "sandbox; default-src 'none'")
      .field("Cross-Origin-Resource-Policy", "cross-origin")
      .field("Cache-Control", "private, immutable, max-age=31536000")
      .field("ETag", etag);
  return head;
}

// The answer for a blob that is there.
io::Task<void> send_blob(Exchange& x, const jmap::BlobRef& ref, const blob::Location& at) {
  std::uint64_t begin = ref.is_part ? ref.begin : 0, size = ref.is_part ? ref.size : at.size;
  auto encoding = ref.is_part ? ref.encoding : mime::Encoding::identity;
  bool exact = encoding == mime::Encoding::identity;  // else the size shows only by decoding
  auto etag = "\"" + x.target.path[3] + "\"";
  if (x.head().field("if-none-match") == etag) {
    x.write_head(download_head(x, 304, etag), 0);
    co_return;
  }
  http::ByteRange range{0, size ? size - 1 : 0};
  auto wanted = exact ? http::parse_range(x.head().field("range"), size, range) : http::RangeAnswer::whole;
  if (wanted == http::RangeAnswer::unsatisfiable) {
    auto head = x.begin(416);
    head.field("Content-Range", "bytes */" + std::to_string(size));
    x.write_head(std::move(head), 0);
    co_return;
  }
  bool part = wanted == http::RangeAnswer::part;
  auto head = download_head(x, part ? 206 : 200, etag);
  if (exact) head.field("Accept-Ranges", "bytes");
  if (part)
    head.field("Content-Range", "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) +
                                    "/" + std::to_string(size));
  std::uint64_t first = part ? range.first : 0, length = part ? range.last - range.first + 1 : size;
  x.write_head(std::move(head), exact ? std::optional(length) : std::nullopt);
  if (x.is_head()) {
    if (x.chunked()) x.keep_alive = false;
    co_return;
  }
  auto sent = co_await stream_bytes(x, at, begin + first, begin + first + length, encoding);
  if (sent) co_return;
  // The head has left: the only way to say that something is wrong is to end early.
  base::log(base::Level::warning, "download_failed",
            {{"session", x.connection.session.id()}, {"error", sent.error().what}});
  x.connection.stream.close();
}

// A Sieve script is kept as a row, not as a blob; it is small.
io::Task<void> send_script(Exchange& x, jmap::ScriptBlob ref) {
  stored::Request r;
  r.mutable_get_scripts()->set_id(ref.script);
  r.mutable_get_scripts()->set_text(true);
  auto reply = co_await x.shared.store.read(*x.login, std::move(r));
  const auto& got = reply ? reply->scripts() : stored::Scripts::default_instance();
  bool there = ref.account == x.login->account() && got.scripts_size() == 1 && got.scripts(0).sha256().starts_with(ref.checksum);
  if (!there) {
    co_await x.send_problem(reply ? jmap::plain_error(404, "There is no such blob.")
                                  : jmap::plain_error(503, "The store is not available at the moment."));
    co_return;
  }
  auto etag = "\"" + x.target.path[3] + "\"";
  x.write_head(download_head(x, 200, etag), got.text().size());
  if (!x.is_head()) x.connection.stream.write(got.text());
}

}  // namespace

io::Task<void> download_endpoint(Exchange& x) {
  if (x.target.path.size() != 5 || !own_account(x, x.target.path[2])) {
    co_await x.send_problem(jmap::plain_error(404, "There is no such blob."));
    co_return;
  }
  if (auto script = jmap::parse_script_blob(x.target.path[3])) {
    co_await send_script(x, std::move(*script));
    co_return;
  }
  auto ref = jmap::parse_blob_ref(x.target.path[3]);
  if (!ref) {
    co_await x.send_problem(jmap::plain_error(404, "There is no such blob."));
    co_return;
  }
  auto found = co_await locate(x.shared, *x.login, {ref->hash});
  if (!found) {
    co_await x.send_problem(jmap::plain_error(503, "The store is not available at the moment."));
    co_return;
  }
  const auto& at = (*found)[0];
  if (!at || !fits(*ref, *at)) {
    co_await x.send_problem(jmap::plain_error(404, "There is no such blob."));
    co_return;
  }
  co_await send_blob(x, *ref, *at);
}

}  // namespace postern::jmapd
