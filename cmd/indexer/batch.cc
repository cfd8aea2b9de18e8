#include "cmd/indexer/batch.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "cmd/indexer/attached.h"
#include "index/limits.h"

namespace postern::indexer {

namespace {

struct Found {
  std::uint64_t email = 0;
  std::uint64_t size = 0;
  std::string location;
};

// What one job of a worker works with, and what it leaves to be done.
struct Job {
  WriterPtr writer;
  std::shared_ptr<blob::Reader> bodies;
  std::shared_ptr<Suspects> suspects;
  std::shared_ptr<Watchdog> watchdog;
  std::shared_ptr<const std::set<std::string>> documents;  // types that runner makes text of
  index::Language language;
  std::uint64_t account = 0;
  std::vector<Found> found;
  std::size_t next = 0;
  std::vector<Deferred> deferred;
  std::vector<std::uint64_t> moved;  // their bodies went elsewhere since they were asked for
  std::uint64_t unread = 0;
};

base::Result<> set_aside(Job& job, std::uint64_t email, const std::string& why) {
  base::log(base::Level::warning, "index_set_aside", {{"account", job.account}, {"email", email}, {"why", why}});
  ++job.unread;
  return job.writer->put_unread(email);
}

base::Result<> put_message(Job& job, const Found& f, std::string message) {
  base::kill_point("index.message");
  bool cut = f.size > message.size();
  index::Document d = index::extract(message, cut);
  if (has_documents(d, *job.documents)) {
    job.deferred.push_back({f.email, std::move(message), cut});
    return {};
  }
  return job.writer->put(f.email, d, job.language);
}

base::Result<> put_one(Job& job, const Found& f) {
  auto location = blob::Location::parse(f.location);
  if (!location) return set_aside(job, f.email, "its location is malformed");
  if (!job.suspects->begin(job.account, f.email)) return set_aside(job, f.email, "it brought the indexer down before");
  job.watchdog->begin();
  base::Result<> done;
  std::size_t deferred = job.deferred.size();
  auto body = job.bodies->read(*location, 0, index::kMaxMessage);
  if (body)
    done = put_message(job, f, std::move(*body));
  else if (body.error().fault == base::Fault::corrupt)
    done = set_aside(job, f.email, body.error().what);
  else if (body.error().code == "NOT_FOUND")
    job.moved.push_back(f.email);
  else
    done = base::pass(body);
  job.watchdog->end();
  if (job.deferred.size() > deferred)
    job.suspects->pause();
  else
    job.suspects->end();
  return done;
}

// Until all are done or enough wait for runner.
base::Result<> work(Job& job) {
  std::size_t waiting = 0;
  for (; job.next < job.found.size() && waiting < kMaxDeferredBytes; ++job.next) {
    std::size_t before = job.deferred.size();
    if (auto ok = put_one(job, job.found[job.next]); !ok) return ok;
    if (job.deferred.size() > before) waiting += job.deferred.back().message.size();
  }
  return {};
}

io::Task<base::Result<std::vector<Found>>> locate(Shared& s, Account& account, std::span<const std::uint64_t> emails) {
  std::vector<Found> out;
  stored::Request request;
  auto& get = *request.mutable_get_emails();
  for (std::uint64_t id : emails) get.add_ids(id);
  get.set_location(true);
  auto asking = s.store.emails(*account.login, std::move(request), [&](stored::Emails& part) {
    for (auto& e : *part.mutable_emails()) out.push_back({e.id(), e.size(), std::move(*e.mutable_location())});
    return true;
  });
  auto ok = co_await std::move(asking);
  if (!ok) co_return base::pass(ok);
  co_return out;
}

// In as many jobs as it takes.  The emails whose bodies were moved meanwhile are returned.
io::Task<base::Result<std::vector<std::uint64_t>>> put_found(Shared& s, Account& account, WriterPtr writer,
                                                             std::vector<Found> found) {
  auto job = std::make_shared<Job>();
  job->writer = writer;
  job->bodies = s.bodies;
  job->suspects = s.suspects;
  job->watchdog = s.watchdog;
  job->documents = s.documents;
  job->language = account.language;
  job->account = account.id;
  job->found = std::move(found);
  io::Timer watching = s.watchdog->watch();
  while (job->next < job->found.size()) {
    std::size_t before = job->next;
    auto done = co_await s.loop.blocking([job] { return work(*job); });
    if (!done) co_return base::pass(done);
    for (Deferred& d : std::exchange(job->deferred, {})) {
      auto putting = put_with_documents(s, account, writer, std::move(d));
      auto put = co_await std::move(putting);
      if (!put) co_return base::pass(put);
    }
    s.indexed += job->next - before;
  }
  s.set_aside += job->unread;
  co_return std::move(job->moved);
}

// One job's worth.  A body may have been moved between the question and the reading: those are asked for once more.
io::Task<base::Result<>> put_some(Shared& s, Account& account, WriterPtr writer, std::span<const std::uint64_t> emails) {
  std::vector<std::uint64_t> moved(emails.begin(), emails.end());
  for (int tries = 0; tries < 2 && !moved.empty(); ++tries) {
    auto locating = locate(s, account, moved);
    auto found = co_await std::move(locating);
    if (!found) co_return base::pass(found);
    auto putting = put_found(s, account, writer, std::move(*found));
    auto left = co_await std::move(putting);
    if (!left) co_return base::pass(left);
    moved = std::move(*left);
  }
  if (!moved.empty()) co_return base::fail(base::Fault::temporary, "a message's body is not where stored says");
  co_return base::Result<>{};
}

}  // namespace

io::Task<base::Result<std::size_t>> put_emails(Shared& s, Account& account, WriterPtr writer,
                                               std::span<const std::uint64_t> emails, std::uint64_t until) {
  std::size_t done = 0;
  while (done < emails.size() && !s.stopping && base::monotonic_ms() < until) {
    std::size_t n = std::min(kEmailsAtOnce, emails.size() - done);
    auto putting = put_some(s, account, writer, emails.subspan(done, n));
    auto ok = co_await std::move(putting);
    if (!ok) co_return base::pass(ok);
    done += n;
    account.done += n;
    s.last_progress = base::monotonic_ms();
  }
  co_return done;
}

}  // namespace postern::indexer
