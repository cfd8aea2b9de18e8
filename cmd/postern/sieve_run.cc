// sieve run: a script over mail that is in a mailbox already, as FILTER=SIEVE of IMAP does it.
// sieve compare: which of that mail another script than the active one would do something else with.
#include "cmd/postern/sieve_run.h"

#include <expected>

#include "base/text.h"
#include "cmd/postern/archive_root.h"
#include "cmd/postern/json.h"
#include "cmd/postern/script_store.h"
#include "cmd/postern/sieve_file.h"
#include "cmd/postern/sieve_walk.h"
#include "mime/header.h"
#include "mime/words.h"

namespace postern::cli {
namespace {

using base::Result;

constexpr std::size_t kShownSubject = 60;

boost::json::array texts(const std::vector<std::string>& all) { return boost::json::array(all.begin(), all.end()); }
boost::json::object to_json(const client::Filtered& f) {
  return {{"done", texts(f.done)}, {"refused", texts(f.refused)}, {"warnings", texts(f.warnings)}, {"errors", texts(f.errors)},
          {"kept", f.kept}};
}

// "17: filed into Archive; \Deleted".  What the script left alone is worth no line.
void print(Context& c, std::uint32_t uid, const client::Filtered& f) {
  std::vector<std::string> words = f.done;
  if (!f.kept) words.emplace_back("\\Deleted");
  for (const auto& r : f.refused) words.push_back("refused " + r);
  std::string prefix = std::to_string(uid) + ": ";
  if (!words.empty()) c.out(prefix + (c.dry_run() ? "would be " : "") + base::join(words, "; ") + "\n");
  for (const auto& w : f.warnings) c.error("uid " + prefix + w);
  for (const auto& e : f.errors) c.error("uid " + prefix + e);
}

// All that a script makes of a message, where it would be delivered: answers to its sender are given there.
std::string in_words(const client::Filtered& f) {
  std::vector<std::string> words = f.done;
  for (const auto& r : f.refused) words.push_back(r.substr(0, r.find(':')));
  for (const auto& e : f.errors) words.push_back("error: " + e);
  return words.empty() ? "kept" : base::join(words, "; ");
}

// The script in a file; says what is wrong with it and gives the exit status.
std::expected<client::SieveScript, int> script_in(Context& c, const std::string& path) {
  auto text = read_script(c, path);
  if (!text) return std::unexpected(kNoInput);
  if (!compile_script(c, path, *text, sieve_options(c))) return std::unexpected(kDataError);
  return client::make_script(path.substr(path.rfind('/') + 1), std::move(*text));
}

// The one that delivery runs now; without one all is kept.
Result<client::SieveScript> active_script(Context& c) {
  auto store = ScriptStore::open(c);
  if (!store) return pass(store);
  auto active = store->active();
  if (!active) return pass(active);
  return client::make_script(active->first, std::move(active->second));
}

// What the command line asks for: one script over an account's mailbox.  Says what is wrong and gives the exit status.
std::expected<SieveJob, int> job_of(Context& c) {
  auto account = c.value("--account");
  if (c.args().size() != 1 || !account) return std::unexpected(c.usage("expected SCRIPT and --account"));
  SieveJob job;
  job.mailbox = c.value("--mailbox").value_or("INBOX");
  if (auto last = c.value("--last")) {
    auto n = base::parse_u64(*last);
    if (!n || !*n) return std::unexpected(c.usage("--last: expected a number of messages"));
    job.last = *n;
  }
  if (!c.config()) return std::unexpected(kBadConfig);
  auto script = script_in(c, c.args()[0]);
  if (!script) return std::unexpected(script.error());
  job.scripts.push_back(std::move(*script));
  auto ticket = c.account_ticket(*account);
  if (!ticket) return std::unexpected(c.fail(ticket.error()));
  job.account = ticket->name;
  return job;
}

}  // namespace

int sieve_run(Context& c) {
  auto job = job_of(c);
  if (!job) return job.error();
  job->dry_run = c.dry_run();
  boost::json::array rows;
  std::uint64_t failed = 0;
  auto done = over_mailbox(c, *job, [&](const SieveRow& row) {
    const client::Filtered& f = row.results[0];
    failed += !f.errors.empty();
    if (!c.json()) return print(c, row.uid, f);
    auto o = to_json(f);
    o["uid"] = row.uid;
    rows.push_back(std::move(o));
  });
  if (!done) return c.fail(done.error());
  if (c.json()) print_json(c, boost::json::object{{"dry_run", c.dry_run()}, {"messages", rows}, {"failed", failed}});
  return failed ? kFound : kOk;
}

int sieve_compare(Context& c) {
  auto job = job_of(c);
  if (!job) return job.error();
  auto active = active_script(c);
  if (!active) return c.fail(active.error());
  job->scripts.insert(job->scripts.begin(), std::move(*active));
  boost::json::array rows;
  std::uint64_t count = 0, differ = 0;
  auto done = over_mailbox(c, *job, [&](const SieveRow& row) {
    ++count;
    std::string before = in_words(row.results[0]), after = in_words(row.results[1]);
    if (before == after) return;
    ++differ;
    std::string subject = mime::decode_words(base::trim(mime::first_value(row.head, "Subject")));
    if (c.json())
      rows.push_back({{"uid", row.uid}, {"subject", subject}, {"active", to_json(row.results[0])}, {"other", to_json(row.results[1])}});
    else
      c.out(std::to_string(row.uid) + " \"" + one_line(subject, kShownSubject) + "\": " + before + " -> " + after + "\n");
  });
  if (!done) return c.fail(done.error());
  if (c.json())
    print_json(c, boost::json::object{{"compared", count}, {"messages", rows}});
  else
    c.out(std::to_string(differ) + " of " + std::to_string(count) + " messages would be treated otherwise\n");
  return differ ? kFound : kOk;
}

}  // namespace postern::cli
