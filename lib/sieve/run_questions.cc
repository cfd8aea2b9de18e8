// Tests on variables, flags, and on what only the caller knows.
#include <algorithm>
#include <iterator>

#include "base/codec.h"
#include "base/text.h"
#include "sieve/names.h"
#include "sieve/run.h"

namespace postern::sieve {

using Run = Interpreter::Run;

Run::Flow Run::test_environment(const Instruction& i) {
  auto name = text(i, Slot::names);
  if (!name) return fail(name.error());
  bool known = false;
  std::string value = environment_item(*name, known);
  // An item that isn't known matches nothing, nor is it counted (RFC 5183 4).
  if (!known) return yields(false);
  return compare(i, std::vector<std::string>{value});
}

Run::Flow Run::test_string(const Instruction& i) {
  auto values = texts(i, Slot::names);
  if (!values) return fail(values.error());
  // :count counts what isn't empty (RFC 5229 5).
  if (is_count(static_cast<Match>(number(i, Slot::match)))) std::erase(*values, "");
  return compare(i, *values);
}

// RFC 5232 4: of :count the distinct flags of each variable, all together; else each flag against the keys.
Run::Flow Run::test_hasflag(const Instruction& i) {
  std::vector<std::string> flags = flags_;
  if (const Argument* a = find(i, Slot::variables)) {
    flags.clear();
    for (std::uint32_t v : a->strings) {
      auto value = expand(frame().script.program->strings[v]);
      if (!value) return fail(value.error());
      auto list = flag_list({*value});
      if (!list) return fail(list.error());
      std::ranges::move(*list, std::back_inserter(flags));
    }
  }
  auto match = static_cast<Match>(number(i, Slot::match));
  auto keys = texts(i, Slot::flags);
  if (!keys) return fail(keys.error());
  auto comparator = static_cast<Comparator>(number(i, Slot::comparator));
  if (is_count(match)) {
    std::string count = std::to_string(flags.size());
    return yields(std::ranges::any_of(
        *keys, [&](const auto& k) { return Matcher::related(match, comparator, count, k); }));
  }
  // A key may hold several flags.
  std::vector<std::string_view> wanted;
  for (const std::string& k : *keys) {
    for (std::string_view w : base::split_blank(k)) wanted.push_back(w);
    if (base::trim(k).empty()) wanted.emplace_back();
  }
  for (const std::string& f : flags) {
    auto r = any_match(i, f, wanted, true);
    if (!r) return fail(r.error());
    if (*r) return yields(true);
  }
  return yields(false);
}

Run::Flow Run::test_mailboxes(const Instruction& i, Question::Kind kind) {
  auto names = texts(i, Slot::names);
  if (!names) return fail(names.error());
  if (!std::ranges::all_of(*names, kind == Question::Kind::mailbox_exists ? valid_mailbox : is_plain))
    return yields(false);
  Question q;
  q.kind = kind;
  q.values = std::move(*names);
  const Answer* a = ask(std::move(q));
  return a ? yields(a->yes) : Flow::ask;
}

Run::Flow Run::test_special_use(const Instruction& i) {
  auto mailbox = text(i, Slot::mailbox);
  if (!mailbox) return fail(mailbox.error());
  auto flags = texts(i, Slot::names);
  if (!flags) return fail(flags.error());
  if (!std::ranges::all_of(*flags, valid_special_use)) return yields(false);
  if (has(i, Slot::mailbox) && !valid_mailbox(*mailbox)) return yields(false);
  Question q;
  q.kind = Question::Kind::special_use_exists;
  q.name = std::move(*mailbox);
  q.values = std::move(*flags);
  const Answer* a = ask(std::move(q));
  return a ? yields(a->yes) : Flow::ask;
}

Run::Flow Run::test_metadata(const Instruction& i, bool server) {
  auto mailbox = text(i, Slot::mailbox);
  auto entry = text(i, Slot::names);
  if (!mailbox || !entry) return fail(mailbox ? entry.error() : mailbox.error());
  if (!server && !valid_mailbox(*mailbox)) return yields(false);
  if (!is_plain(*entry)) return compare(i, std::vector<std::string>{});
  Question q;
  q.kind = Question::Kind::metadata;
  q.name = server ? "" : *mailbox;
  q.values.push_back(std::move(*entry));
  const Answer* a = ask(std::move(q));
  if (!a) return Flow::ask;
  return compare(i, a->found ? std::vector<std::string>{a->text} : std::vector<std::string>{});
}

Run::Flow Run::test_metadata_exists(const Instruction& i, bool server) {
  auto mailbox = text(i, Slot::mailbox);
  auto names = texts(i, Slot::names);
  if (!mailbox || !names) return fail(mailbox ? names.error() : mailbox.error());
  if (!server && !valid_mailbox(*mailbox)) return yields(false);
  if (!std::ranges::all_of(*names, is_plain)) return yields(false);
  for (const std::string& name : *names) {
    Question q;
    q.kind = Question::Kind::metadata;
    q.name = server ? "" : *mailbox;
    q.values.push_back(name);
    const Answer* a = ask(std::move(q));
    if (!a) return Flow::ask;
    if (!a->found) return yields(false);
  }
  return yields(true);
}

// RFC 7352 3.  The mark is set by the caller when all is done.
Run::Flow Run::test_duplicate(const Instruction& i) {
  auto handle = text(i, Slot::handle);
  auto header = text(i, Slot::unique_header);
  auto unique = text(i, Slot::unique_id);
  if (!handle || !header || !unique)
    return fail(!handle ? handle.error() : !header ? header.error() : unique.error());
  std::string id = std::move(*unique);
  if (!has(i, Slot::unique_id)) {
    auto lines = message_.find(has(i, Slot::unique_header) ? *header : "message-id");
    if (lines.empty()) return yields(false);
    id = std::string(base::trim(message_.decoded(lines[0])));
  }
  std::uint64_t seconds =
      std::min(number(i, Slot::seconds, in_.limits.duplicate_seconds), in_.limits.duplicate_max_seconds);
  if (seconds == 0) return yields(false);
  std::string key;
  base::put_bytes(key, *handle);
  base::put_bytes(key, id);
  Question q;
  q.kind = Question::Kind::seen;
  q.name = "d" + base::base64url(base::view(base::sha256(key)));
  std::string mark = q.name;
  const Answer* a = ask(std::move(q));
  if (!a) return Flow::ask;
  // With :last the time counts from the last that was seen, else from the first.
  if (!a->yes || has(i, Slot::last)) {
    if (std::ranges::none_of(out_.seen, [&](const SeenMark& m) { return m.handle == mark; }))
      out_.seen.push_back({std::move(mark), seconds});
  }
  return yields(a->yes);
}

Run::Flow Run::test_valid_ext_list(const Instruction& i) {
  auto names = texts(i, Slot::names);
  if (!names) return fail(names.error());
  Question q;
  q.kind = Question::Kind::list_valid;
  for (const std::string& n : *names) {
    auto uri = list_uri(n);
    if (!uri) return yields(false);
    q.values.push_back(std::move(*uri));
  }
  const Answer* a = ask(std::move(q));
  return a ? yields(a->yes) : Flow::ask;
}

namespace {

bool is_configured(NotifyMethod m, const NotifyMethods& methods) {
  return m == NotifyMethod::mailto ? methods.mailto : m == NotifyMethod::xmpp ? methods.xmpp : methods.sip;
}

bool valid_method(const std::string& uri, const NotifyMethods& methods) {
  auto m = notify_method(uri);
  if (!m || !is_plain(uri) || !is_configured(*m, methods)) return false;
  return *m != NotifyMethod::mailto || mailto_recipients(uri);
}

}  // namespace

Run::Flow Run::test_valid_notify(const Instruction& i) {
  auto uris = texts(i, Slot::method);
  if (!uris) return fail(uris.error());
  return yields(std::ranges::all_of(*uris, [this](const auto& u) { return valid_method(u, in_.notify); }));
}

// RFC 5435 5: "online" is the only capability there is.
Run::Flow Run::test_notify_capability(const Instruction& i) {
  auto uri = text(i, Slot::method);
  auto capability = text(i, Slot::capability);
  if (!uri || !capability) return fail(uri ? capability.error() : uri.error());
  if (!valid_method(*uri, in_.notify) || !base::iequals(*capability, "online")) return yields(false);
  if (*notify_method(*uri) == NotifyMethod::mailto) return compare(i, std::vector<std::string>{"maybe"});
  Question q;
  q.kind = Question::Kind::notify_online;
  q.name = std::move(*uri);
  const Answer* a = ask(std::move(q));
  if (!a) return Flow::ask;
  return compare(i, std::vector<std::string>{a->text.empty() ? "maybe" : a->text});
}

}  // namespace postern::sieve
