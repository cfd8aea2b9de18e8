// Email/import.  RFC 8621 4.8.
#include "cmd/jmapd/blobs.h"
#include "cmd/jmapd/email_add.h"
#include "cmd/jmapd/methods.h"

namespace postern::jmapd {
namespace {

struct One {
  std::string key;
  jmap::EmailImport import;
  jmap::BlobRef ref;
  std::optional<jmap::SetError> error;
};

// What a worker is given: a blob to be read, parsed and, where it is not as mail must be, written anew.
struct Job {
  std::shared_ptr<blob::Reader> reader;
  blob::Location at;
  jmap::BlobRef ref;
  std::shared_ptr<client::Incoming> message;
  base::Result<> result;
};

void run(Job& job) {
  job.result = read_decoded(*job.reader, job.at, job.ref,
                            [&](std::string_view piece) { return job.message->append(piece); });
  if (job.result) job.result = job.message->finish();
}

std::vector<One> read_emails(Context& c, const json::object& emails) {
  std::vector<One> out;
  for (const auto& m : emails) {
    One one{.key = std::string(m.key())};
    auto import = jmap::parse_email_import(m.value(), c.mailbox_number());
    if (!import) {
      one.error = std::move(import.error());
    } else {
      one.import = std::move(*import);
      if (auto ref = jmap::parse_blob_ref(one.import.blob_id))
        one.ref = std::move(*ref);
      else
        one.error = jmap::invalid_properties({"blobId"}, "there is no such blob");
    }
    out.push_back(std::move(one));
  }
  return out;
}

io::Task<jmap::Set<AddedEmail>> import_one(Context& c, One& one, const std::optional<blob::Location>& at) {
  if (!at || !fits(one.ref, *at))
    co_return std::unexpected(jmap::invalid_properties({"blobId"}, "there is no such blob"));
  auto job = std::make_shared<Job>();
  job->reader = c.shared.blobs;
  job->at = *at;
  job->ref = one.ref;
  job->message = std::make_shared<client::Incoming>(c.shared.spool);
  co_await c.shared.loop().blocking([job] { run(*job); });
  if (!job->result) co_return std::unexpected(jmap::set_error_from_store(job->result.error()));
  NewEmail email{job->message, {}, std::move(one.import.mailboxes), std::move(one.import.keywords), 0};
  // Normalising only ever adds bytes: the same size means the same message, which is stored already.
  if (!one.ref.is_part && job->message->size() == at->size) email.blob = one.ref.hash;
  email.received = one.import.received.value_or(job->message->received_date());
  auto add = add_email(c, std::move(email));
  auto added = co_await std::move(add);
  co_return added;
}

}  // namespace

io::Task<Method<json::object>> email_import(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto if_in_state = args.string("ifInState");
  const auto* emails = args.object("emails");
  if (!emails) args.fail("'emails' must be an object");
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  if (emails->size() > jmap::kMaxObjectsInSet)
    co_return jmap::method_error("requestTooLarge", "more than maxObjectsInSet emails");
  for (const auto& m : *emails)
    if (!jmap::valid_id(m.key()))
      co_return jmap::invalid_arguments("'emails' must map creation ids to objects");
  auto info = co_await c.info();
  if (!info) co_return jmap::pass(info);
  auto old_state = state_text(info->epoch(), info->email_modseq());
  if (if_in_state && *if_in_state != old_state) co_return jmap::method_error("stateMismatch");

  auto list = read_emails(c, *emails);
  std::vector<std::string> hashes;
  for (const auto& one : list) hashes.push_back(one.ref.hash.empty() ? std::string(32, '\0') : one.ref.hash);
  auto found = co_await locate(c.shared, *c.login, std::move(hashes));
  if (!found) co_return std::unexpected(jmap::from_store(found.error()));
  auto created = c.object(), not_created = c.object();
  std::uint64_t modseq = info->email_modseq();
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto& one = list[i];
    if (!one.error) {
      auto added = co_await import_one(c, one, (*found)[i]);
      if (added) {
        modseq = std::max(modseq, added->modseq);
        c.request.created_ids.add(one.key, added->id);
        created[one.key] = std::move(added->properties);
        continue;
      }
      one.error = std::move(added.error());
    }
    not_created[one.key] = jmap::to_json(*one.error, c.sp);
  }
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["oldState"] = old_state;
  out["newState"] = state_text(info->epoch(), modseq);
  out["created"] = created.empty() ? json::value(nullptr, c.sp) : json::value(std::move(created));
  out["notCreated"] = not_created.empty() ? json::value(nullptr, c.sp) : json::value(std::move(not_created));
  co_return out;
}

}  // namespace postern::jmapd
