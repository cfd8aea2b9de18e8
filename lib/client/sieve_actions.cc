#include "client/sieve_actions.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "client/mailer.h"
#include "ipc/large.h"
#include "model/flags.h"

namespace postern::client {

using base::fail;
using base::Fault;
using base::Result;

namespace {

constexpr std::size_t kRecipientsALetter = 20;
constexpr std::size_t kMaxAddress = 320;
constexpr std::int64_t kSentSeconds = 7 * 86'400;   // longer than a sender tries again (RFC 5321 4.5.4.1)
constexpr std::int64_t kMostSeconds = 999'999'999;  // RFC 2852 4: nine digits

// A line of a list that can be a recipient; sendmail's words begin with no hyphen.
bool is_address(std::string_view s) {
  auto at = s.rfind('@');
  return s.size() <= kMaxAddress && at != s.npos && at > 0 && at + 1 < s.size() && s[0] != '-' &&
         std::ranges::all_of(s, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != '<' && c != '>'; });
}

Result<Wishes> wishes_of(const sieved::Redirect& r) {
  Wishes w{r.notify(), r.ret(), {}};
  if (r.by_mode().empty()) return w;
  std::int64_t left = std::clamp(r.by_time() - base::unix_now(), -kMostSeconds, kMostSeconds);
  bool back = r.by_mode() == "return";
  // RFC 2852 4.1.4: only who wants to be told of it may be late.
  if (back && left <= 0) return fail(Fault::permanent, "the time limit of the redirect is over", "LATE");
  w.deliver_by = std::to_string(left) + (back ? ";R" : ";N") + (r.by_trace() ? "T" : "");
  return w;
}

using Recipients = std::vector<std::string>;

std::vector<Recipients> in_letters(Recipients all) {
  std::vector<Recipients> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % kRecipientsALetter == 0) out.emplace_back();
    out.back().push_back(std::move(all[i]));
  }
  return out;
}

// Tells a letter from others: what it says, as far as it does not change when the sender tries again, and to whom.
std::string letter_mark(std::string_view message, const Recipients& to) {
  return mark_id("redirect", std::string(message) + base::join(to, " "));
}

}  // namespace

void SieveActions::note(const char* event, std::string_view what) const {
  base::log(base::Level::info, event, {{"id", owner_.id}, {"account", owner_.account}, {"what", what}});
}

bool SieveActions::own_address(std::string_view address) const {
  return base::iequals(address, owner_.account) ||
         std::ranges::any_of(owner_.addresses, [&](const auto& own) { return base::iequals(own, address); });
}

io::Task<Result<std::vector<std::string>>> SieveActions::targets(const sieved::Redirect& r) {
  if (r.list().empty()) {
    if (own_address(r.address())) co_return fail(Fault::permanent, "a redirect to the own address", "SELF");
    co_return std::vector<std::string>{r.address()};
  }
  auto members = co_await host_.members(r.list());
  if (!members) co_return members;
  std::erase_if(*members, [this](const std::string& m) { return !is_address(m) || own_address(m); });
  if (members->empty()) co_return fail(Fault::permanent, "nobody else is in the list " + r.list(), "INVALID");
  if (members->size() > kMaxListMembers)
    co_return fail(Fault::permanent, "more than 1,000 members in the list " + r.list(), "LIMIT");
  co_return members;
}

std::vector<std::string> flags_of(const sieved::Destination& where) {
  std::vector<std::string> out;
  for (const auto& f : where.flags())
    if (model::system_flag(f) || model::valid_keyword(f)) out.push_back(f);
  std::ranges::sort(out);
  return out;
}

io::Task<Result<>> SieveActions::redirect(const sieved::Redirect& r, const SieveVersions& versions, std::uint32_t version,
                                          std::string before, bool remembered) {
  auto to = co_await targets(r);
  if (!to) co_return base::pass(to);
  auto wishes = wishes_of(r);
  if (!wishes) co_return base::pass(wishes);
  auto letters = in_letters(std::move(*to));
  bool once = remembered || letters.size() > 1;
  std::vector<std::string> marks;
  if (once) {
    auto digest = versions.digest(version);
    if (!digest) co_return base::pass(digest);
    for (const auto& recipients : letters) marks.push_back(letter_mark(*digest, recipients));
  }
  auto earlier = co_await sent_earlier(marks);
  if (!earlier) co_return base::pass(earlier);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (once && (*earlier)[i]) continue;
    auto text = versions.text(version, r.trace_field() + before);
    if (!text) co_return base::pass(text);
    Letter letter{r.sender(), std::move(letters[i]), std::move(*text), *wishes};
    auto sent = co_await send_letter(runner_, std::move(letter), owner_.id);
    if (sent && once) sent = co_await remember(marks[i]);
    if (!sent) co_return sent;
  }
  note("redirected", r.list().empty() ? r.address() : r.list());
  co_return Result<>();
}

// Of each mark: an earlier try has sent that letter.
io::Task<Result<std::vector<bool>>> SieveActions::sent_earlier(std::vector<std::string> marks) {
  if (marks.empty()) co_return std::vector<bool>();
  stored::Request r;
  for (const auto& m : marks) r.mutable_get_marks()->add_ids(m);
  auto reply = co_await store_.read(std::move(r));
  if (!reply) co_return base::pass(reply);
  const auto& found = reply->marks().found();
  if (static_cast<std::size_t>(found.size()) != marks.size()) co_return fail(Fault::temporary, "unexpected answer", "UNAVAILABLE");
  co_return std::vector<bool>(found.begin(), found.end());
}

io::Task<Result<>> SieveActions::remember(std::string id) {
  stored::Request r;
  auto& mark = *r.mutable_take_marks()->add_marks();
  mark.set_id(std::move(id));
  mark.set_until(base::unix_now() + kSentSeconds);
  auto reply = co_await store_.write(std::move(r));
  if (!reply) co_return base::pass(reply);
  co_return Result<>();
}

// `what`: for the error of a program that fails.
io::Task<Result<>> SieveActions::start(RunRequest request, std::string what) {
  request.environment = owner_.environment;
  request.id = owner_.id;
  auto ran = co_await runner_.run(std::move(request));
  if (!ran) co_return base::pass(ran);
  if (!ran->ok()) co_return fail(Fault::permanent, what + ": " + ran->why());
  co_return Result<>();
}

io::Task<Result<>> SieveActions::pipe(const sieved::Pipe& p, const SieveVersions& versions, std::uint32_t version,
                                      std::string before) {
  auto text = versions.text(version, before);
  if (!text) co_return base::pass(text);
  RunRequest request{.command = "pipe:" + p.program(), .arguments = {p.arguments().begin(), p.arguments().end()}};
  request.input = std::move(*text);
  co_return co_await start(std::move(request), "pipe " + p.program());
}

io::Task<Result<>> SieveActions::send(const sieved::Outgoing& mail) {
  auto text = ipc::to_descriptor(mail.text());
  if (!text) co_return base::pass(text);
  Letter letter{mail.sender(), {mail.recipients().begin(), mail.recipients().end()}, std::move(*text)};
  if (letter.sender.empty()) letter.wishes.notify = "NEVER";   // RFC 5230 5.1: nobody is there to be told
  co_return co_await send_letter(runner_, std::move(letter), owner_.id);
}

io::Task<Result<>> SieveActions::run_hook(const sieved::Notify& n) {
  std::string scheme = base::to_lower(n.method().substr(0, n.method().find(':')));
  auto text = ipc::to_descriptor(n.message());
  if (!text) co_return base::pass(text);
  RunRequest request{.command = "notify:" + scheme, .arguments = {n.method(), n.importance(), n.from()}};
  request.arguments.insert(request.arguments.end(), n.options().begin(), n.options().end());
  request.input = std::move(*text);
  co_return co_await start(std::move(request), "notify:" + scheme);
}

io::Task<Result<>> SieveActions::notify(const sieved::Notify& n) {
  Result<> sent;
  // One without recipients is what a copy shows of a notification that goes another way (RFC 8580 4).
  if (n.has_mail() && n.mail().recipients_size())
    sent = co_await send(n.mail());
  else
    sent = co_await run_hook(n);
  if (!sent) co_return sent;
  note("notified", n.method());
  if (n.has_mail() && n.has_fcc()) co_await keep_copy(n.fcc(), n.mail().text());
  co_return sent;
}

io::Task<Result<bool>> SieveActions::vacation(const sieved::Vacation& v) {
  if (v.seconds()) {
    stored::Request r;
    auto& mark = *r.mutable_take_marks()->add_marks();
    mark.set_id(mark_id("vacation", v.handle()));
    mark.set_until(base::unix_now() + static_cast<std::int64_t>(v.seconds()));
    mark.set_keep(true);
    auto reply = co_await store_.write(std::move(r));
    if (!reply) co_return base::pass(reply);
    if (reply->marks().found_size() == 1 && reply->marks().found(0)) co_return false;
  }
  auto sent = co_await send(v.reply());
  if (!sent) co_return base::pass(sent);
  note("vacation", v.reply().recipients_size() ? v.reply().recipients(0) : "");
  if (v.has_fcc()) co_await keep_copy(v.fcc(), v.reply().text());
  co_return true;
}

// A courtesy, whose failure is logged.
io::Task<void> SieveActions::keep_copy(const sieved::Destination& where, const std::string& text) {
  std::uint32_t id = 0;
  if (!where.mailbox().empty() || !where.special_use().empty() || !where.mailbox_id().empty()) id = co_await host_.place(where);
  Incoming copy(owner_.spool_dir);
  auto ok = copy.append(text);
  if (ok) ok = copy.finish();
  if (!ok) co_return note("fcc_failed", ok.error().what);
  stored::Request r;
  auto& add = *r.mutable_add_emails();
  auto& t = *add.add_targets();
  t.set_account(store_.account());
  if (!id) id = co_await host_.inbox();
  if (id) t.add_mailboxes(id);
  for (const auto& f : where.flags()) t.add_keywords(f);
  auto fds = copy.fill(add);
  if (!fds) co_return note("fcc_failed", fds.error().what);
  auto reply = co_await store_.write(std::move(r), std::move(*fds));
  if (!reply || reply->added().results_size() != 1 || reply->added().results(0).has_error())
    note("fcc_failed", reply ? reply->added().results(0).error().what() : reply.error().what);
}

io::Task<Result<>> SieveActions::set_marks(const google::protobuf::RepeatedPtrField<sieved::Outcome::Mark>& marks) {
  if (marks.empty()) co_return Result<>();
  stored::Request r;
  for (const auto& m : marks) {
    auto& mark = *r.mutable_take_marks()->add_marks();
    mark.set_id(mark_id("duplicate", m.handle()));
    mark.set_until(base::unix_now() + static_cast<std::int64_t>(m.seconds()));
  }
  auto reply = co_await store_.write(std::move(r));
  if (!reply) co_return base::pass(reply);
  co_return Result<>();
}

}  // namespace postern::client
