#include "archive/line.h"

#include <algorithm>

#include "archive/json_io.h"
#include "base/codec.h"
#include "base/text.h"

namespace postern::archive {

using base::fail;
using base::Fault;

// One function a struct: the members of its JSON form.  `T` is const on the way out.  (Not in a namespace without a
// name: json_io.h must find them by their arguments.)
template <class T, class Of>
concept Maybe = std::same_as<std::remove_const_t<T>, Of>;

template <class Io, Maybe<Grant> T>
void fields(Io& io, T& g) {
  io("principal", g.principal), io("rights", g.rights), io("negative", g.negative);
}

template <class Io, Maybe<Place> T>
void fields(Io& io, T& p) {
  io("mailbox", p.mailbox), io("uid", p.uid), io("deleted", p.deleted);
  io("modseq", p.modseq), io("saved", p.saved);
}

template <class Io, Maybe<Annotation> T>
void fields(Io& io, T& a) {
  io("principal", a.principal), io("entry", a.entry), io("value", a.value), io("modseq", a.modseq);
}

template <class Io, Maybe<Account> T>
void fields(Io& io, T& a) {
  io("name", a.name), io("id", a.id), io("epoch", a.epoch), io("modseq", a.modseq);
  io("email_modseq", a.email_modseq), io("mailbox_modseq", a.mailbox_modseq);
  io("thread_modseq", a.thread_modseq), io("counts_modseq", a.counts_modseq);
  io("next_email", a.next_email), io("next_mailbox", a.next_mailbox);
  io("last_uidvalidity", a.last_uidvalidity), io("created", a.created), io("deleted", a.deleted);
  io("quota_bytes", a.quota_bytes), io("quota_emails", a.quota_emails);
  io("quota_mailboxes", a.quota_mailboxes), io("keywords", a.keywords);
  io("script_modseq", a.script_modseq), io("vacation_modseq", a.vacation_modseq);
  io("next_script", a.next_script), io("active_script", a.active_script);
}

template <class Io, Maybe<Mailbox> T>
void fields(Io& io, T& m) {
  io("id", m.id), io("parent", m.parent), io("name", m.name), io("role", m.role);
  io("sort_order", m.sort_order), io("subscribed", m.subscribed);
  io("uidvalidity", m.uidvalidity), io("uidnext", m.uidnext), io("recent_from", m.recent_from);
  io("modseq", m.modseq), io("created_modseq", m.created_modseq), io("updated_modseq", m.updated_modseq);
  io("created", m.created), io("deleted", m.deleted), io("private_seen", m.private_seen), io("acl", m.acl);
}

template <class Io, Maybe<Metadata> T>
void fields(Io& io, T& m) {
  io("mailbox", m.mailbox), io("principal", m.principal), io("entry", m.entry), io("value", m.value);
}

template <class Io, Maybe<Seen> T>
void fields(Io& io, T& s) {
  io("mailbox", s.mailbox), io("principal", s.principal), io("uids", s.uids);
}

template <class Io, Maybe<Mark> T>
void fields(Io& io, T& m) {
  io("id", m.id), io("until", m.until);
}

template <class Io, Maybe<Script> T>
void fields(Io& io, T& s) {
  io("id", s.id), io("name", s.name), io("text", s.text), io("modseq", s.modseq), io("changed", s.changed);
}

template <class Io, Maybe<Vacation> T>
void fields(Io& io, T& v) {
  io("enabled", v.enabled), io("has_from", v.has_from), io("from", v.from), io("has_to", v.has_to), io("to", v.to);
  io("has_subject", v.has_subject), io("subject", v.subject), io("has_text", v.has_text), io("text", v.text);
  io("has_html", v.has_html), io("html", v.html);
}

template <class Io, Maybe<Email> T>
void fields(Io& io, T& e) {
  io("id", e.id), io("thread", e.thread), io("created_modseq", e.created_modseq);
  io("sha256", e.sha256), io("size", e.size), io("prefix_size", e.prefix_size);
  io("received", e.received), io("sent", e.sent), io("identity", e.identity), io("flags", e.flags);
  io("message_id", e.message_id), io("subject", e.subject), io("deleted", e.deleted), io("places", e.places);
  io("lost", e.lost), io("annotations", e.annotations), io("pop3_uidl", e.pop3_uidl);
}

template <class Io, Maybe<Entry> T>
void fields(Io& io, T& e) {
  io("name", e.name), io("id", e.id), io("quota_bytes", e.quota_bytes), io("quota_emails", e.quota_emails);
  io("quota_mailboxes", e.quota_mailboxes), io("description", e.description), io("timezone", e.timezone);
  io("disabled", e.disabled), io("admin", e.admin), io("members", e.members), io("catch_all", e.catch_all);
  io("generation", e.generation), io("created", e.created), io("deleted", e.deleted);
  io("secrets", e.secrets);
}

template <class Io, Maybe<Manifest> T>
void fields(Io& io, T& m) {
  io("format", m.format), io("version", m.version), io("kind", m.kind), io("name", m.name), io("id", m.id);
  io("created", m.created), io("file", m.file), io("sha256", m.sha256), io("bytes", m.bytes);
  io("lines", m.lines), io("mailboxes", m.mailboxes), io("emails", m.emails), io("deleted", m.deleted);
  io("account_deleted", m.account_deleted), io("messages", m.messages), io("message_bytes", m.message_bytes);
}

namespace {

template <class T>
std::string text_of(std::string_view kind, const T& v) {
  JsonOut out;
  fields(out, v);
  return json::serialize(json::object{{kind, std::move(out.object)}});
}

constexpr std::string_view kEntryKinds[] = {"domain", "alias", "group", "list"};

// The kind's name in a line.  An account of the directory is told from an account's mail by the word "login".
std::string_view kind_of(const Entry& e) {
  return e.kind != "account" ? std::string_view(e.kind) : e.deleted ? "deleted_login" : "login";
}

std::unexpected<base::Error> bad(std::string what) { return fail(Fault::corrupt, std::move(what), "CORRUPT"); }

Result<json::value> parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  boost::system::error_code ec;
  // Boost.JSON throws where memory is short; nothing else here does.
  auto value = json::parse(text, ec, {}, options);
  if (ec) return bad("no JSON: " + ec.message());
  if (!value.is_object()) return bad("no JSON object");
  return value;
}

// What the types alone do not say.
std::string wrong_with(const Account& a) { return a.name.empty() ? "name" : a.id == 0 ? "id" : ""; }
std::string wrong_with(const Mailbox& m) {
  return m.id == 0 ? "id" : m.name.empty() || m.name.find('/') != std::string::npos ? "name"
         : m.uidvalidity == 0                                                        ? "uidvalidity"
         : m.uidnext == 0                                                            ? "uidnext"
                                                                                     : "";
}
std::string wrong_with(const Metadata& m) { return m.entry.empty() ? "entry" : ""; }
std::string wrong_with(const Seen& s) {
  if (s.mailbox == 0) return "mailbox";
  if (s.principal == 0) return "principal";
  bool odd = s.uids.empty() || s.uids.size() % 2 || s.uids[0] == 0;
  return odd || !std::ranges::is_sorted(s.uids) ? "uids" : "";
}
std::string wrong_with(const Mark& m) {
  auto id = base::unhex(m.id);
  return !id || id->size() != 16 ? "id" : m.until <= 0 ? "until" : "";
}
std::string wrong_with(const Script& s) { return s.id == 0 ? "id" : s.name.empty() ? "name" : ""; }
std::string wrong_with(const Vacation&) { return ""; }
std::string wrong_with(const Entry& e) { return e.name.empty() ? "name" : e.deleted && e.kind != "account" ? "deleted" : ""; }
std::string wrong_with(const Email& e) {
  if (e.id == 0) return "id";
  if (e.thread == 0) return "thread";
  if (!is_sha256(e.sha256)) return "sha256";
  if (e.size > kMaxMessage) return "size";
  if (e.prefix_size > e.size) return "prefix_size";
  if (e.places.empty() == (e.deleted == 0)) return e.deleted ? "deleted" : "places";
  auto nowhere = [](const Place& p) { return p.mailbox == 0 || p.uid == 0; };
  return std::ranges::any_of(e.places, nowhere) ? "places" : std::ranges::any_of(e.lost, nowhere) ? "lost" : "";
}

template <class T>
Result<Line> read(const json::object& o, T value = {}) {
  JsonIn in(o);
  fields(in, value);
  std::string wrong = in.wrong.empty() ? wrong_with(value) : in.wrong;
  if (!wrong.empty()) return bad("member '" + wrong + "' is missing or not what it must be");
  return Line(std::move(value));
}

}  // namespace

std::string to_json(const Line& line) {
  struct Visit {
    std::string operator()(const Account& a) { return text_of("account", a); }
    std::string operator()(const Mailbox& m) { return text_of("mailbox", m); }
    std::string operator()(const Metadata& m) { return text_of("metadata", m); }
    std::string operator()(const Seen& s) { return text_of("seen", s); }
    std::string operator()(const Script& s) { return text_of("script", s); }
    std::string operator()(const Vacation& v) { return text_of("vacation", v); }
    std::string operator()(const Mark& m) { return text_of("mark", m); }
    std::string operator()(const Email& e) { return text_of("email", e); }
    std::string operator()(const Entry& e) { return text_of(kind_of(e), e); }
  };
  return std::visit(Visit{}, line);
}

Result<Line> parse_line(std::string_view text) {
  if (text.size() > kMaxLine) return fail(Fault::limit, "a line is too long", "LIMIT");
  auto value = parse(text);
  if (!value) return pass(value);
  const json::object& outer = value->get_object();
  if (outer.size() != 1 || !outer.begin()->value().is_object())
    return bad("expected one object in a line, named for its kind");
  std::string_view kind = outer.begin()->key();
  const json::object& inner = outer.begin()->value().get_object();
  if (kind == "account") return read<Account>(inner);
  if (kind == "mailbox") return read<Mailbox>(inner);
  if (kind == "metadata") return read<Metadata>(inner);
  if (kind == "seen") return read<Seen>(inner);
  if (kind == "script") return read<Script>(inner);
  if (kind == "vacation") return read<Vacation>(inner);
  if (kind == "mark") return read<Mark>(inner);
  if (kind == "email") return read<Email>(inner);
  Entry e;
  bool login = kind == "login" || kind == "deleted_login";
  e.kind = login ? "account" : kind;
  if (login || std::ranges::find(kEntryKinds, kind) != std::end(kEntryKinds)) {
    auto entry = read<Entry>(inner, std::move(e));
    if (entry && login && kind_of(std::get<Entry>(*entry)) != kind) return bad("member 'deleted' is not as its kind says");
    return entry;
  }
  return bad("unknown kind of line '" + base::printable(kind, 40) + "'");
}

std::string to_json(const Manifest& m) {
  JsonOut out;
  fields(out, m);
  return json::serialize(out.object) + "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
  if (text.size() > kMaxManifest) return fail(Fault::limit, "the manifest is too large", "LIMIT");
  auto value = parse(text);
  if (!value) return pass(value);
  Manifest m;
  JsonIn in(value->get_object());
  fields(in, m);
  if (!in.wrong.empty()) return bad("manifest: member '" + in.wrong + "' is not what it must be");
  if (m.format != kFormat) return bad("no manifest of a Postern archive");
  if (m.version < kOldestVersion || m.version > kVersion)
    return fail(Fault::permanent, "an archive of version " + std::to_string(m.version) + ", this program knows " +
                                      std::to_string(kOldestVersion) + " to " + std::to_string(kVersion));
  if (!is_sha256(m.sha256) || m.file != lines_name(m.sha256)) return bad("manifest: the file's name is wrong");
  if (m.kind != "directory" && (m.kind != "account" || m.name.empty() || m.id == 0))
    return bad("manifest: of no account and no directory");
  return m;
}

std::string lines_name(std::string_view sha256_hex) {
  return "lines-" + std::string(sha256_hex.substr(0, 16)) + ".jsonl";
}

bool is_sha256(std::string_view hex) {
  return hex.size() == 64 &&
         std::ranges::all_of(hex, [](char c) { return base::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

}  // namespace postern::archive
