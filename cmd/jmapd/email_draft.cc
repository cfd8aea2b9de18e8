#include "cmd/jmapd/email_draft.h"

#include "base/system.h"
#include "cmd/jmapd/blobs.h"
#include "jmap/email_create.h"
#include "mime/date.h"
#include "mime/transfer.h"

namespace postern::jmapd {
namespace {

constexpr std::size_t kBase64Line = 57;  // bytes that make a line of 76

// What a worker writes: the message's own texts with blobs between them.
struct Job {
  std::shared_ptr<blob::Reader> reader;
  jmap::EmailDraft draft;
  jmap::DraftPieces pieces;        // its blobs point into `draft`
  std::vector<blob::Location> at;  // by place in pieces.blobs
  std::shared_ptr<client::Incoming> message;
  base::Result<> result;
};

// Base64 over pieces: what does not fill a line waits for the next one.
class LineEncoder {
 public:
  explicit LineEncoder(client::Incoming& to) : to_(to) {}
  base::Result<> add(std::string_view bytes) {
    rest_.append(bytes);
    auto whole = rest_.size() / kBase64Line * kBase64Line;
    if (whole == 0) return {};
    auto r = to_.append(mime::encode_base64_lines(std::string_view(rest_).substr(0, whole)));
    rest_.erase(0, whole);
    return r;
  }
  // The line end of the last line stands in the message's text already.
  base::Result<> finish() {
    auto text = mime::encode_base64_lines(rest_);
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return to_.append(text);
  }

 private:
  client::Incoming& to_;
  std::string rest_;
};

base::Result<> write_blob(Job& job, std::size_t i) {
  const auto& slot = *job.pieces.blobs[i];
  if (slot.verbatim)
    return read_decoded(*job.reader, job.at[i], slot.ref,
                        [&](std::string_view p) { return job.message->append(p); });
  LineEncoder encoder(*job.message);
  auto r = read_decoded(*job.reader, job.at[i], slot.ref, [&](std::string_view p) { return encoder.add(p); });
  return r ? encoder.finish() : r;
}

base::Result<> write_message(Job& job) {
  for (std::size_t i = 0; i < job.pieces.texts.size(); ++i) {
    if (auto r = job.message->append(job.pieces.texts[i]); !r) return r;
    if (i < job.pieces.blobs.size())
      if (auto r = write_blob(job, i); !r) return r;
  }
  return job.message->finish();
}

// Finds every blob; the sum of their sizes is what maxSizeAttachmentsPerEmail is about.
io::Task<std::optional<jmap::SetError>> find_blobs(Context& c, Job& job) {
  std::vector<std::string> hashes;
  for (const auto& b : job.draft.blobs) hashes.push_back(b.ref.hash);
  auto found = co_await locate(c.shared, *c.login, std::move(hashes));
  if (!found) co_return jmap::set_error_from_store(found.error());
  auto missing = jmap::set_error("blobNotFound");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < job.draft.blobs.size(); ++i) {
    const auto& b = job.draft.blobs[i];
    const auto& at = (*found)[i];
    if (!at || !fits(b.ref, *at))
      missing.not_found.push_back(b.blob_id);
    else
      total += b.ref.is_part ? b.ref.size : at->size;
  }
  if (!missing.not_found.empty()) co_return missing;
  if (total > jmap::kMaxAttachments)
    co_return jmap::set_error("tooLarge", "the attachments pass maxSizeAttachmentsPerEmail");
  for (const auto* slot : job.pieces.blobs)
    job.at.push_back(*(*found)[static_cast<std::size_t>(slot - job.draft.blobs.data())]);
  co_return std::nullopt;
}

}  // namespace

io::Task<jmap::Set<AddedEmail>> create_email(Context& c, const json::object& email) {
  auto draft = jmap::parse_email_create(email, c.mailbox_number());
  if (!draft) co_return std::unexpected(std::move(draft.error()));
  auto job = std::make_shared<Job>();
  job->draft = std::move(*draft);
  auto domain = c.shared.hostname.empty() ? std::string("localhost") : c.shared.hostname;
  auto pieces =
      jmap::build_pieces(job->draft, {base::random_token() + "@" + domain, {base::unix_now(), 0}, false});
  if (!pieces) co_return std::unexpected(jmap::invalid_properties({}, pieces.error().what));
  job->pieces = std::move(*pieces);
  if (!job->draft.blobs.empty()) {
    auto error = co_await find_blobs(c, *job);
    if (error) co_return std::unexpected(std::move(*error));
  }
  job->reader = c.shared.blobs;
  job->message = std::make_shared<client::Incoming>(c.shared.spool);
  if (job->draft.blobs.empty())
    job->result = write_message(*job);
  else
    co_await c.shared.loop().blocking([job] { job->result = write_message(*job); });
  if (!job->result) co_return std::unexpected(jmap::set_error_from_store(job->result.error()));
  NewEmail fresh{job->message,
                 {},
                 std::move(job->draft.mailboxes),
                 std::move(job->draft.keywords),
                 job->draft.received.value_or(0)};
  auto add = add_email(c, std::move(fresh));
  auto added = co_await std::move(add);
  co_return added;
}

}  // namespace postern::jmapd
