#include "cmd/jmapd/email_add.h"

#include "proto/stored.pb.h"

namespace postern::jmapd {

jmap::SetError set_error_of(const stored::Error& e) {
  return jmap::set_error_from_store(
      {e.temporary() ? base::Fault::temporary : base::Fault::permanent, e.what(), e.code()});
}

io::Task<jmap::Set<AddedEmail>> add_email(Context& c, NewEmail email) {
  stored::Request request;
  auto* add = request.mutable_add_emails();
  auto* target = add->add_targets();
  target->set_account(c.account());
  for (auto m : email.mailboxes) target->add_mailboxes(m);
  for (auto& k : email.keywords) target->add_keywords(std::move(k));
  target->set_received(email.received);
  std::vector<base::Fd> fds;
  if (email.blob.empty()) {
    auto filled = email.message->fill(*add);
    if (!filled) co_return std::unexpected(jmap::set_error_from_store(filled.error()));
    fds = std::move(*filled);
  } else {
    const auto& record = email.message->record();
    add->set_blob(email.blob);
    add->set_wire(record.wire);
    add->set_content(record.content);
    add->set_sent(record.sent);
  }
  c.wrote();
  auto reply = co_await c.shared.store.write(*c.login, std::move(request), std::move(fds));
  if (!reply) co_return std::unexpected(jmap::set_error_from_store(reply.error()));
  if (reply->added().results_size() != 1)
    co_return std::unexpected(jmap::set_error("serverFail", "unexpected answer"));
  const auto& one = reply->added().results(0);
  if (one.has_error() && !one.error().code().empty()) {
    auto error = set_error_of(one.error());
    // The blob was looked up before: what is not found is a mailbox, and what can't be is to be in one.
    if (error.type == "notFound" || error.type == "invalidProperties" || one.error().code() == "CANNOT")
      error = jmap::invalid_properties({"mailboxIds"}, error.description);
    co_return std::unexpected(std::move(error));
  }
  AddedEmail out{c.object(), c.email_id(one.email()), one.modseq()};
  out.properties["id"] = out.id;
  out.properties["blobId"] = model::format_blob(one.blob());
  out.properties["threadId"] = c.thread_id(one.thread());
  out.properties["size"] = one.size();
  co_return out;
}

}  // namespace postern::jmapd
