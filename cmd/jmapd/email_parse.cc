// Email/parse.  RFC 8621 4.9.
#include <unordered_set>

#include "cmd/jmapd/blobs.h"
#include "cmd/jmapd/methods.h"
#include "jmap/email_view.h"
#include "mime/summary.h"
#include "model/record.h"
#include "proto/records.pb.h"

namespace postern::jmapd {
namespace {

// Attached messages that are encoded are kept decoded as blobs of their own, so that their parts can be
// named.
constexpr std::uint64_t kMaxDecodedMessage = 4u << 20;

// What a worker is given.
struct Job {
  jmap::EmailFields fields;
  std::shared_ptr<blob::Reader> reader;
  blob::Location at;
  jmap::BlobRef ref;
  records::Content content;
  std::uint64_t size = 0;
  std::string decoded;  // of an encoded part
  std::size_t budget = 0;
  bool failed = false, is_mail = false;
  std::unique_ptr<jmap::EmailView> view;
  base::Result<> loaded;
};

bool encoded(const jmap::BlobRef& ref) {
  return ref.is_part && ref.encoding != mime::Encoding::identity;
}

void summarize(Job& job) {
  mime::Summarizer summarizer;
  auto r = read_decoded(*job.reader, job.at, job.ref, [&](std::string_view piece) -> base::Result<> {
    summarizer.feed(piece);
    job.size += piece.size();
    if (!encoded(job.ref)) return {};
    if (job.decoded.size() + piece.size() > kMaxDecodedMessage)
      return base::fail(base::Fault::limit, "too large");
    job.decoded.append(piece);
    return {};
  });
  auto summary = summarizer.finish();
  // Anything is a message to RFC 5322's most lenient reader; one without any header field is not taken for
  // one.
  job.is_mail = summary.header_size > 0 && !summary.cached_header.empty();
  job.failed = !r || !job.content.ParseFromString(model::make_record(std::move(summary)).content);
}

void load(Job& job) {
  job.loaded = job.view->load(reader_of(job.reader, job.at), job.budget);
}

// Where the bytes of the message are to be found: in the blob it came in, or one with its decoded form.
io::Task<base::Result<jmap::MessageBytes>> place(Context& c, Job& job) {
  jmap::MessageBytes bytes{job.ref.hash, job.ref.is_part ? job.ref.begin : 0, 0, job.ref};
  if (!encoded(job.ref)) co_return bytes;
  stored::Request request;
  request.mutable_put_blob()->set_body(job.decoded);
  request.mutable_put_blob()->set_type("message/rfc822");
  auto reply = co_await c.shared.store.write(*c.login, std::move(request));
  if (!reply) co_return base::pass(reply);
  if (reply->blobs().blobs_size() != 1)
    co_return base::fail(base::Fault::permanent, "unexpected answer to put_blob");
  auto at = blob::Location::parse(reply->blobs().blobs(0).location());
  if (!at) co_return base::pass(at);
  job.at = std::move(*at);
  bytes.hash = reply->blobs().blobs(0).hash();
  bytes.begin = 0;
  co_return bytes;
}

// The parsed email, or nothing when it is none.
io::Task<Method<std::optional<json::object>>> parse_one(Context& c, const jmap::EmailFields& fields,
                                                        blob::Location at, jmap::BlobRef ref) {
  auto job = std::make_shared<Job>();
  job->fields = fields;
  job->reader = c.shared.blobs;
  job->at = std::move(at);
  job->ref = std::move(ref);
  co_await c.shared.loop().blocking([job] { summarize(*job); });
  if (job->failed || !job->is_mail) co_return std::optional<json::object>();
  auto bytes = co_await place(c, *job);
  if (!bytes) co_return std::unexpected(jmap::from_store(bytes.error()));
  job->view = std::make_unique<jmap::EmailView>(job->fields, std::move(*bytes), job->content, job->size);
  if (job->view->needs_bytes()) {
    job->budget = c.budget;
    co_await c.shared.loop().blocking([job] { load(*job); });
    c.budget = job->budget;
    if (!job->loaded && job->loaded.error().fault == base::Fault::limit)
      co_return jmap::method_error("requestTooLarge", job->loaded.error().what);
    if (!job->loaded) co_return std::optional<json::object>();
  }
  co_return std::optional<json::object>(job->view->render(c.sp));
}

}  // namespace

io::Task<Method<json::object>> email_parse(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto blob_ids = args.strings("blobIds");
  auto fields = jmap::read_email_fields(args, jmap::EmailDefaults::parse);
  if (!fields) co_return jmap::pass(fields);
  if (!blob_ids) args.fail("'blobIds' must be an array of ids");
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  if (blob_ids->size() > jmap::kMaxObjectsInGet)
    co_return jmap::method_error("requestTooLarge", "more than maxObjectsInGet blobs");

  std::vector<std::string_view> ids;
  std::vector<jmap::BlobRef> refs;
  std::vector<std::string> hashes;
  json::array not_found(c.sp), not_parsable(c.sp);
  std::unordered_set<std::string_view> seen;
  for (auto id : *blob_ids) {
    if (!seen.insert(id).second) continue;
    auto real = c.request.created_ids.resolve(id);
    auto ref = real ? jmap::parse_blob_ref(*real) : std::nullopt;
    if (!ref) {
      not_found.emplace_back(id);
      continue;
    }
    ids.push_back(id);
    hashes.push_back(ref->hash);
    refs.push_back(std::move(*ref));
  }
  auto found = co_await locate(c.shared, *c.login, std::move(hashes));
  if (!found) co_return std::unexpected(jmap::from_store(found.error()));
  auto parsed = c.object();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!(*found)[i] || !fits(refs[i], *(*found)[i])) {
      not_found.emplace_back(ids[i]);
      continue;
    }
    auto one = co_await parse_one(c, *fields, *(*found)[i], refs[i]);
    if (!one) co_return jmap::pass(one);
    if (*one)
      parsed[ids[i]] = std::move(**one);
    else
      not_parsable.emplace_back(ids[i]);
  }
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["parsed"] = parsed.empty() ? json::value(nullptr, c.sp) : json::value(std::move(parsed));
  out["notParsable"] =
      not_parsable.empty() ? json::value(nullptr, c.sp) : json::value(std::move(not_parsable));
  out["notFound"] = not_found.empty() ? json::value(nullptr, c.sp) : json::value(std::move(not_found));
  co_return out;
}

}  // namespace postern::jmapd
