// FILTER and UID FILTER: a Sieve script over messages of the selected mailbox that match a search.
// draft-bosch-imap-filter-sieve-00 (FILTER=SIEVE).  DELIVERY is the user's active script: what the administrator has run
// before and after it at delivery is not run here.  Only in mailboxes of the user's own.
#include "cmd/imapd/cmd_filter.h"

#include <memory>

#include "base/text.h"
#include "cmd/imapd/search.h"
#include "cmd/imapd/stored_mail.h"
#include "imap/writer.h"
#include "model/script.h"

namespace postern::imapd {

namespace {

using base::Result;
using client::SieveScript;
using Which = imap::FilterArgs::Which;

std::unexpected<base::Error> no_script(const std::string& what) {
  return base::fail(base::Fault::permanent, what, "NOT_FOUND");
}

// The text that stands for WARNINGS or ERRORS: one line each, as the draft's examples have it.
std::string lines(const std::vector<std::string>& all) {
  if (all.size() == 1) return all[0];
  std::string out;
  for (const auto& one : all) out += one + "\r\n";
  return out;
}

class Filtering {
 public:
  Filtering(Session& s, imap::FilterArgs args, bool uid)
      : s_(s), args_(std::move(args)), uid_(uid), mail_(s, s.login, s.box->id, s.self->name()) {}

  io::Task<Reply> run() {
    auto refused = co_await prepare(s_, args_.search);
    if (refused) co_return std::move(*refused);
    auto script = co_await find_script();
    if (!script) co_return fail(script.error().what);
    auto checked = co_await s_.shared.sieve.check(*script->text);
    if (!checked) co_return from_error(checked.error());
    if (checked->errors_size()) co_return fail(checked->errors());
    std::string limited;
    auto found = co_await search(limited);
    if (!found) co_return from_error(found.error());
    std::uint64_t done = 0, goal = found->uids.count();
    for (const imap::Run& r : found->uids.runs())
      for (std::uint64_t uid = r.lo; uid <= r.hi; ++uid) {
        s_.progress(done++, goal);
        auto result = co_await one(static_cast<std::uint32_t>(uid), *script);
        if (!result.compiled) co_return fail(result.errors);
        tell(static_cast<std::uint32_t>(uid), result);
        bool alive = co_await s_.breathe();
        if (!alive || !s_.box) co_return no("The session ended", "UNAVAILABLE");
      }
    co_return ok("Filtered", std::move(limited));
  }

 private:
  io::Task<Result<SieveScript>> find_script() {
    if (args_.which == Which::script) co_return client::make_script("script", std::move(args_.text));
    if (args_.which != Which::delivery && !model::valid_script_name(args_.text)) co_return no_script("that is no name for a script");
    if (args_.which == Which::global) {
      sieved::Question q;
      q.set_kind(sieved::Question::SCRIPT);
      q.set_name(args_.text);
      q.set_global(true);
      auto answer = co_await mail_.host().answer(q);
      if (!answer.found()) co_return no_script("there is no global script \"" + base::printable(args_.text, 100) + "\"");
      co_return client::make_script(args_.text, std::move(*answer.mutable_text()), true);
    }
    stored::Request r;
    auto& get = *r.mutable_get_scripts();
    get.set_text(true);
    if (args_.which == Which::delivery)
      get.set_active(true);
    else
      get.set_name(args_.text);
    auto reply = co_await mail_.store().read(std::move(r));
    if (!reply) co_return base::pass(reply);
    auto& got = *reply->mutable_scripts();
    if (got.scripts().empty() && args_.which == Which::delivery) co_return no_script("there is no active script");
    if (got.scripts().empty()) co_return no_script("there is no script \"" + base::printable(args_.text, 100) + "\"");
    co_return client::make_script(got.scripts(0).name(), std::move(*got.mutable_text()));
  }

  io::Task<Result<Found>> search(std::string& limited) {
    auto scope = co_await selected_scope(s_);
    if (!scope) co_return base::pass(scope);
    auto bound = co_await bind(s_, args_.search.program, *scope);
    if (!bound) co_return base::pass(bound);
    auto filter = std::move(*bound);
    limited = limit_search(s_, *filter, *scope);
    filter = co_await ask_index(s_, *scope, filter);
    co_return co_await find_uids(s_, *scope, filter);
  }

  io::Task<client::Filtered> one(std::uint32_t uid, const SieveScript& script) {
    std::vector<SieveScript> stack;
    stack.push_back(script);
    sieved::Run run = mail_.run();
    s_.box->dirty = true;
    co_return co_await mail_.filter(uid, std::move(run), std::move(stack));
  }

  void tell(std::uint32_t uid, const client::Filtered& result) {
    std::string out = "* ";
    imap::append_number(out, s_.box->map.seq_of(uid));
    out += " FILTERED " + correlator();
    if (uid_) {
      out += " UID ";
      imap::append_number(out, uid);
    }
    if (result.errors.empty() && result.warnings.empty())
      out += " OK";
    else
      append_problem(out, result.errors.empty() ? "WARNINGS" : "ERRORS", lines(result.errors.empty() ? result.warnings : result.errors));
    s_.write(out + "\r\n");
  }

  std::string correlator() const {
    std::string out = "(TAG ";
    imap::append_string(out, s_.tag);
    return out + ")";
  }
  void append_problem(std::string& out, const char* kind, const std::string& text) const {
    out += std::string(" ") + kind + " ";
    imap::append_string(out, text, s_.utf8_names());
  }

  template <class Texts>
  Reply fail(const Texts& errors) {
    std::vector<std::string> all(errors.begin(), errors.end());
    return fail(lines(all));
  }
  Reply fail(const std::string& what) {
    std::string out = "* FILTER " + correlator();
    append_problem(out, "ERRORS", what);
    s_.write(out + "\r\n");
    return no("The filter can't be run");
  }

  Session& s_;
  imap::FilterArgs args_;
  bool uid_;
  StoredMail mail_;
};

io::Task<Reply> filter(Session& s, imap::FilterArgs args, bool uid) {
  if (s.shared.settings.sieve_url.empty()) co_return no("No scripts run here", "CANNOT");
  if (s.box->read_only) co_return no("The mailbox is open read-only", "READ-ONLY");
  if (s.login->account() != s.self->account()) co_return no("Scripts run in mailboxes of your own", "NOPERM");
  Filtering filtering(s, std::move(args), uid);
  co_return co_await filtering.run();
}

}  // namespace

io::Task<Reply> run_filter(Session& s, imap::FilterArgs args) {
  return filter(s, std::move(args), false);
}
io::Task<Reply> run_uid_filter(Session& s, imap::FilterArgs args) {
  return filter(s, std::move(args), true);
}

}  // namespace postern::imapd
