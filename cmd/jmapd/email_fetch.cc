#include "cmd/jmapd/email_fetch.h"

#include "base/log.h"
#include "cmd/jmapd/blobs.h"

namespace postern::jmapd {
namespace {

void take(FetchedBatch& batch, std::uint64_t account, stored::Emails& piece) {
  for (auto& data : *piece.mutable_emails()) {
    if (data.corrupt()) continue;
    auto f = std::make_unique<Fetched>();
    f->email.Swap(data.mutable_email());
    if (!data.content().empty() && !f->content.ParseFromString(data.content())) {
      base::log(base::Level::error, "bad_content_record", {{"account", account}, {"email", f->email.id()}});
      continue;
    }
    if (!data.location().empty())
      if (auto at = blob::Location::parse(data.location())) f->at = std::move(*at);
    f->view = std::make_unique<jmap::EmailView>(batch.fields, account, batch.keywords, f->email, f->content);
    if (f->view->visible()) batch.emails.push_back(std::move(f));
  }
}

void load_all(FetchedBatch& batch) {
  for (auto& f : batch.emails) {
    if (!f->view->needs_bytes()) continue;
    if (!f->at) {
      f->unreadable = true;
      continue;
    }
    auto r = f->view->load(reader_of(batch.reader, *f->at), batch.budget);
    if (r) continue;
    if (r.error().fault == base::Fault::limit) {
      batch.too_large = true;
      return;
    }
    f->unreadable = true;
    base::log(base::Level::error, "unreadable_message",
              {{"email", f->email.id()}, {"error", r.error().what}});
  }
}

}  // namespace

io::Task<Method<std::shared_ptr<FetchedBatch>>> fetch_emails(Context& c,
                                                             const std::vector<std::uint64_t>& ids,
                                                             jmap::EmailFields fields) {
  auto batch = std::make_shared<FetchedBatch>();
  batch->fields = std::move(fields);
  batch->reader = c.shared.blobs;
  batch->budget = c.budget;
  if (ids.empty()) co_return batch;
  auto info = co_await c.info();
  if (!info) co_return jmap::pass(info);
  batch->keywords.assign(info->keywords().begin(), info->keywords().end());
  stored::Request request;
  auto* get = request.mutable_get_emails();
  for (auto id : ids) get->add_ids(id);
  get->set_email(true);
  get->set_content(batch->fields.content);
  get->set_location(batch->fields.bytes());
  auto account = c.account();
  auto streamed =
      co_await c.shared.store.emails(*c.login, std::move(request), [batch, account](stored::Emails& piece) {
        take(*batch, account, piece);
        return true;
      });
  if (!streamed) co_return std::unexpected(jmap::from_store(streamed.error()));
  co_return batch;
}

io::Task<Method<void>> load_views(Context& c, std::shared_ptr<FetchedBatch> batch) {
  bool any = false;
  for (const auto& f : batch->emails) any = any || f->view->needs_bytes();
  if (!any) co_return Method<void>{};
  co_await c.shared.loop().blocking([batch] { load_all(*batch); });
  c.budget = batch->budget;
  if (batch->too_large)
    co_return jmap::method_error("requestTooLarge",
                                 "the bodies asked for pass what one request may be answered with");
  co_return Method<void>{};
}

}  // namespace postern::jmapd
