#include "cmd/jmapd/sieve_scripts.h"

#include "cmd/jmapd/blobs.h"
#include "jmap/sieve_view.h"
#include "model/script.h"

namespace postern::jmapd {

using jmap::SetError;

namespace {

SetError not_found(std::string blob_id) {
  SetError e = jmap::set_error("blobNotFound");
  e.not_found.push_back(std::move(blob_id));
  return e;
}

// The text of a script that stored has, if it is still this one.
io::Task<std::expected<std::string, SetError>> stored_text(Context& c, std::string blob_id, jmap::ScriptBlob ref) {
  stored::Request r;
  r.mutable_get_scripts()->set_id(ref.script);
  r.mutable_get_scripts()->set_text(true);
  auto reply = co_await c.read(std::move(r));
  if (!reply) co_return std::unexpected(jmap::set_error("serverFail", reply.error().description));
  auto& got = *reply->mutable_scripts();
  bool same = ref.account == c.account() && got.scripts_size() == 1 && got.scripts(0).sha256().starts_with(ref.checksum);
  if (!same) co_return std::unexpected(not_found(std::move(blob_id)));
  co_return std::move(*got.mutable_text());
}

struct ReadText {
  std::shared_ptr<blob::Reader> reader;
  blob::Location at;
  jmap::BlobRef ref;
  std::string text;
  base::Result<> done;
};

}  // namespace

io::Task<Method<stored::Scripts>> list_scripts(Context& c) {
  stored::Request r;
  r.mutable_get_scripts();
  auto reply = co_await c.read(std::move(r));
  if (!reply) co_return jmap::pass(reply);
  co_return std::move(*reply->mutable_scripts());
}

io::Task<std::expected<std::string, SetError>> script_text(Context& c, std::string blob_id) {
  if (auto ref = jmap::parse_script_blob(blob_id)) co_return co_await stored_text(c, std::move(blob_id), std::move(*ref));
  auto ref = jmap::parse_blob_ref(blob_id);
  if (!ref) co_return std::unexpected(not_found(std::move(blob_id)));
  std::vector<std::string> hashes{ref->hash};
  auto found = co_await locate(c.shared, *c.login, std::move(hashes));
  if (!found) co_return std::unexpected(jmap::set_error_from_store(found.error()));
  const auto& at = (*found)[0];
  if (!at || !fits(*ref, *at)) co_return std::unexpected(not_found(std::move(blob_id)));
  if ((ref->is_part ? ref->size : at->size) > 2 * model::kMaxScriptBytes) co_return std::unexpected(jmap::set_error("tooLarge"));
  auto job = std::make_shared<ReadText>();
  job->reader = c.shared.blobs;
  job->at = *at;
  job->ref = std::move(*ref);
  co_await c.shared.loop().blocking([job] {
    job->done = read_decoded(*job->reader, job->at, job->ref, [&job](std::string_view piece) -> base::Result<> {
      job->text.append(piece);
      return {};
    });
  });
  if (!job->done) co_return std::unexpected(jmap::set_error_from_store(job->done.error()));
  if (job->text.size() > model::kMaxScriptBytes) co_return std::unexpected(jmap::set_error("tooLarge"));
  co_return std::move(job->text);
}

io::Task<std::optional<SetError>> check_script(Context& c, std::string text) {
  auto checked = co_await c.shared.sieve.check(std::move(text));
  if (!checked) co_return jmap::set_error("serverFail", "scripts can't be checked now, try again later");
  if (checked->errors().empty()) co_return std::nullopt;
  std::string all;
  for (const auto& e : checked->errors()) all += (all.empty() ? "" : "\n") + e;
  co_return jmap::set_error("invalidSieve", all);
}

}  // namespace postern::jmapd
