// load: a dump into a directory and a store that do not have its entries and accounts; ids, UIDs and modseqs stay.
// What is there already and the same is passed over, so that a load that was cut off can be run again.
#include <unistd.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "archive/reader.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/postern/archive_root.h"
#include "cmd/postern/json.h"
#include "cmd/postern/pipeline.h"
#include "cmd/postern/verbs.h"
#include "mime/summary.h"
#include "model/flags.h"
#include "model/record.h"

namespace postern::cli {
namespace {

using base::fail;
using base::Fault;
using base::Result;

constexpr std::size_t kBatch = 200;                   // emails of one call,
constexpr std::size_t kBatchBytes = 600u << 10;       // or so many bytes of their records
constexpr std::uint64_t kInlineBody = 256u << 10;

authd::Entry entry_of(const archive::Entry& e) {
  authd::Entry out;
  out.set_kind(e.kind);
  out.set_name(e.name);
  out.set_id(e.id);
  out.set_quota_bytes(e.quota_bytes);
  out.set_quota_emails(e.quota_emails);
  out.set_quota_mailboxes(e.quota_mailboxes);
  out.set_description(e.description);
  out.set_timezone(e.timezone);
  out.set_disabled(e.disabled);
  out.set_admin(e.admin);
  for (const auto& m : e.members) out.add_members(m);
  out.set_catch_all(e.catch_all);
  out.set_generation(e.generation);
  out.set_created(e.created);
  for (const auto& s : e.secrets) out.add_secrets(s);
  return out;
}

records::Account account_of(const archive::Account& a) {
  records::Account r;
  r.set_epoch(a.epoch);
  r.set_modseq(a.modseq);
  r.set_email_modseq(a.email_modseq);
  r.set_mailbox_modseq(a.mailbox_modseq);
  r.set_thread_modseq(a.thread_modseq);
  r.set_mailbox_counts_modseq(a.counts_modseq);
  r.set_next_email(a.next_email);
  r.set_next_mailbox(a.next_mailbox);
  r.set_last_uidvalidity(a.last_uidvalidity);
  r.set_created(a.created);
  r.set_quota_bytes(a.quota_bytes);
  r.set_quota_emails(a.quota_emails);
  r.set_quota_mailboxes(a.quota_mailboxes);
  r.set_script_modseq(a.script_modseq);
  r.set_vacation_modseq(a.vacation_modseq);
  r.set_next_script(a.next_script);
  r.set_active_script(a.active_script);
  for (const auto& k : a.keywords) r.add_keywords(k);
  return r;
}

records::Mailbox mailbox_of(const archive::Mailbox& m) {
  records::Mailbox r;
  r.set_id(m.id);
  r.set_parent(m.parent);
  r.set_name(m.name);
  r.set_role(m.role);
  r.set_sort_order(m.sort_order);
  r.set_subscribed(m.subscribed);
  r.set_uidvalidity(m.uidvalidity);
  r.set_uidnext(m.uidnext);
  r.set_recent_from(m.recent_from);
  r.set_modseq(m.modseq);
  r.set_created_modseq(m.created_modseq);
  r.set_updated_modseq(m.updated_modseq);
  r.set_created(m.created);
  r.set_private_seen(m.private_seen);
  for (const auto& g : m.acl) {
    auto& out = *r.add_acl();
    out.set_principal(g.principal);
    out.set_rights(g.rights);
    out.set_negative(g.negative);
  }
  return r;
}

std::unexpected<base::Error> damaged(std::string what) { return fail(Fault::corrupt, std::move(what), "CORRUPT"); }

// One account.  Whatever is wrong ends it before `finish`: then the store does not have the account.
class AccountLoad {
 public:
  AccountLoad(Context& c, const archive::Reader& from, Pipeline& pipeline)
      : c_(c), from_(from), pipeline_(pipeline) {}

  // EXISTS: the store has it.
  Result<> run() {
    auto lines = from_.lines();
    if (!lines) return pass(lines);
    if (!from_.sound()) return damaged(from_.path() + ": the lines are damaged");
    for (;;) {
      auto line = lines->next();
      if (!line) return pass(line);
      if (!*line) break;
      Result<> ok;
      if (auto* a = std::get_if<archive::Account>(&**line)) ok = begin(*a);
      if (auto* m = std::get_if<archive::Mailbox>(&**line)) ok = mailbox(*m);
      if (auto* d = std::get_if<archive::Metadata>(&**line)) ok = metadata(*d);
      if (auto* s = std::get_if<archive::Script>(&**line)) ok = script(*s);
      if (auto* v = std::get_if<archive::Vacation>(&**line)) ok = vacation(*v);
      if (auto* e = std::get_if<archive::Email>(&**line)) ok = email(*e);
      if (!ok) return ok;
    }
    if (account_.id == 0) return damaged(from_.path() + ": the line of the account is missing");
    if (auto ok = send(); !ok) return ok;
    load().set_finish(true);
    return call();
  }
  std::uint64_t emails() const { return emails_; }

 private:
  stored::LoadAccount& load() { return *request_.mutable_load_account(); }

  Result<> call() {
    request_.set_account(account_.id);
    auto reply = c_.stored(std::exchange(request_, {}));
    bytes_ = 0;
    return reply ? Result<>() : pass(reply);
  }
  // What has been gathered; its messages first.
  Result<> send() {
    pipeline_.finish();
    if (error_) return std::unexpected(*error_);
    return request_.has_load_account() ? call() : Result<>();
  }
  Result<> grown(std::size_t bytes) {
    bytes_ += bytes;
    bool full = bytes_ > kBatchBytes || static_cast<std::size_t>(load().emails_size()) >= kBatch;
    return full ? send() : Result<>();
  }

  Result<> begin(const archive::Account& a) {
    if (a.id != from_.manifest().id || account_.id) return damaged(from_.path() + ": the line of another account");
    account_ = a;
    for (const auto& k : a.keywords) keywords_.push_back(k);
    load().set_begin(true);
    *load().mutable_account() = account_of(a);
    return call();
  }

  Result<> mailbox(const archive::Mailbox& m) {
    *load().add_mailboxes() = mailbox_of(m);
    return grown(load().mailboxes(load().mailboxes_size() - 1).ByteSizeLong());
  }

  Result<> metadata(const archive::Metadata& m) {
    auto value = base::unbase64(m.value);
    if (!value) return damaged("metadata " + base::printable(m.entry) + ": no base64");
    auto& out = *load().add_metadata();
    out.set_mailbox(m.mailbox);
    out.set_principal(m.principal);
    out.set_entry(m.entry);
    out.set_value(std::move(*value));
    return grown(out.ByteSizeLong());
  }

  // Up to 1 MB each: a call of its own.
  Result<> script(const archive::Script& s) {
    auto text = base::unbase64(s.text);
    if (!text) return damaged("script " + base::printable(s.name) + ": no base64");
    if (auto ok = send(); !ok) return ok;
    auto& out = *load().add_scripts();
    out.mutable_script()->set_id(s.id);
    out.mutable_script()->set_name(s.name);
    out.mutable_script()->set_modseq(s.modseq);
    out.mutable_script()->set_changed(s.changed);
    out.set_text(std::move(*text));
    return send();
  }

  Result<> vacation(const archive::Vacation& v) {
    auto& out = *load().mutable_vacation();
    out.set_enabled(v.enabled);
    if (v.has_from) out.set_from(v.from);
    if (v.has_to) out.set_to(v.to);
    if (v.has_subject) out.set_subject(v.subject);
    if (v.has_text) out.set_text(v.text);
    if (v.has_html) out.set_html(v.html);
    return send();
  }

  Result<model::Flags> flags_of(const archive::Email& e) {
    model::Flags out;
    for (const auto& f : e.flags) {
      int keyword = model::find_keyword(keywords_, f);
      auto bit = model::system_flag(f);
      if (!bit && keyword < 0) return damaged("email " + std::to_string(e.id) + ": unknown flag " + base::printable(f));
      out = out | model::Flags::bit(bit ? *bit : model::kFirstKeywordBit + keyword);
    }
    return out.without(model::kDeletedBit);
  }

  Result<> email(const archive::Email& e) {
    auto flags = flags_of(e);
    if (!flags) return pass(flags);
    auto& one = *load().add_emails();
    if (auto ok = message(e, one); !ok) return ok;
    auto& r = *one.mutable_email();
    r.set_id(e.id);
    r.set_thread(e.thread);
    r.set_created_modseq(e.created_modseq);
    r.set_flags_lo(flags->lo);
    r.set_flags_hi(flags->hi);
    r.set_received(e.received);
    r.set_sent(e.sent);
    r.set_size(e.size);
    r.set_prefix_size(e.prefix_size);
    r.set_blob(base::unhex(e.sha256).value_or(""));
    r.set_identity(base::unhex(e.identity).value_or(""));
    for (const auto& p : e.places) {
      auto f = p.deleted ? *flags | model::kDeletedBit : *flags;
      auto& place = *r.add_places();
      place.set_mailbox(p.mailbox);
      place.set_uid(p.uid);
      place.set_deleted(p.deleted);
      auto& row = *one.add_rows();
      row.set_uid(p.uid);
      row.set_flags_lo(f.lo);
      row.set_flags_hi(f.hi);
      row.set_modseq(p.modseq);
      row.set_saved(p.saved);
    }
    for (const auto& a : e.annotations) {
      auto value = base::unbase64(a.value);
      if (!value) return damaged("annotation " + base::printable(a.entry) + ": no base64");
      auto& out = *one.add_annotations();
      out.set_principal(a.principal);
      out.set_entry(a.entry);
      out.set_value(std::move(*value));
      out.set_modseq(a.modseq);
    }
    ++emails_;
    c_.progress(account_.name, emails_, from_.manifest().emails);
    return grown(one.ByteSizeLong());
  }

  // Puts the message, and works out what is stored of it: its structure is that of the message as it came, its header
  // begins with what delivery put before it.
  Result<> message(const archive::Email& e, stored::LoadAccount::One& one) {
    stored::Request r;
    auto& put = *r.mutable_put_blob();
    mime::Summarizer summarizer;
    std::string prefix;
    std::vector<base::Fd> fds;
    if (e.size > kInlineBody) {
      auto spool = base::open_spool(c_.config()->var_path("spool"));
      if (!spool) return pass(spool);
      fds.push_back(std::move(*spool));
      put.set_body_in_descriptor(true);
    }
    auto read = from_.message(e.sha256, e.size, [&](std::string_view piece) -> Result<> {
      if (!fds.empty()) {
        if (auto ok = base::write_all(fds[0].get(), piece); !ok) return ok;
      } else {
        put.mutable_body()->append(piece);
      }
      auto head = piece.substr(0, e.prefix_size - std::min<std::size_t>(e.prefix_size, prefix.size()));
      prefix += head;
      summarizer.feed(piece.substr(head.size()));
      return {};
    });
    if (!read) return read;
    auto record = model::make_record(summarizer.finish());
    one.set_wire(std::move(record.wire));
    records::Content content;
    if (!prefix.empty() && content.ParseFromString(record.content)) {
      content.mutable_header()->insert(0, prefix);
      record.content = content.SerializeAsString();
    }
    one.set_content(std::move(record.content));
    if (!put_.insert(e.sha256).second) return {};
    auto ticket = c_.admin_ticket();
    if (!ticket) return pass(ticket);
    std::size_t bytes = put.body().size();
    pipeline_.send(*ticket, account_.id, std::move(r), std::move(fds), bytes,
                   [this, sha256 = e.sha256](Result<stored::Reply> reply) {
                     if (!reply && !error_) error_ = reply.error();
                     if (reply && !error_ && base::hex(reply->blobs().blobs(0).hash()) != sha256)
                       error_ = base::Error{Fault::corrupt, sha256 + ": stored as something else", {}};
                   });
    return {};
  }

  Context& c_;
  const archive::Reader& from_;
  Pipeline& pipeline_;
  archive::Account account_;
  std::vector<std::string> keywords_;
  stored::Request request_;
  std::size_t bytes_ = 0;
  std::uint64_t emails_ = 0;
  std::unordered_set<std::string> put_;
  std::optional<base::Error> error_;
};

class Load {
 public:
  explicit Load(Context& c) : c_(c) {}

  // Fails where nothing can go on: without the directory there are no accounts.
  Result<> directory(const archive::Reader& from) {
    auto lines = from.lines();
    if (!lines) return pass(lines);
    if (!from.sound()) return damaged(from.path() + ": the lines are damaged; postern verify says where");
    for (;;) {
      auto line = lines->next();
      if (!line) return pass(line);
      if (!*line) return {};
      if (auto* m = std::get_if<archive::Metadata>(&**line)) {
        if (auto ok = annotation(*m); !ok) return ok;
        continue;
      }
      auto* e = std::get_if<archive::Entry>(&**line);
      if (!e) return damaged(from.path() + ": a line that is no entry");
      if (!c_.dry_run()) {
        authd::Request r;
        *r.mutable_load_entry()->mutable_entry() = entry_of(*e);
        auto reply = c_.authd(r);
        if (!reply) return fail(reply.error().fault, e->kind + " " + e->name + ": " + reply.error().what, reply.error().code);
        if (reply->done().what().empty()) ++existed_;
      }
      ++entries_;
      c_.progress("entries", entries_, from.manifest().lines);
    }
  }

  void account(const archive::Reader& from) {
    if (c_.dry_run()) {
      ++accounts_;
      emails_ += from.manifest().emails;
      return;
    }
    auto socket = c_.socket_path("stored-admin");
    if (!socket) return failure(socket.error().what);
    Pipeline pipeline(*socket);
    AccountLoad load(c_, from, pipeline);
    auto ok = load.run();
    pipeline.finish();
    if (!ok && ok.error().code == "EXISTS") {
      ++existed_;
      return;
    }
    if (!ok) return failure(from.manifest().name + ": " + ok.error().what);
    ++accounts_;
    emails_ += load.emails();
  }

  void failure(const std::string& what) {
    ++failed_;
    c_.progress_end();
    c_.error(what);
  }

  // One of the server's own.
  Result<> annotation(const archive::Metadata& m) {
    auto value = base::unbase64(m.value);
    if (!value || m.mailbox || m.principal) return damaged("annotation " + base::printable(m.entry) + ": not the server's");
    if (c_.dry_run()) return {};
    stored::Request r;
    auto& entry = *r.mutable_set_metadata()->add_entries();
    entry.set_entry(m.entry);
    entry.set_value(std::move(*value));
    auto reply = c_.stored(std::move(r));
    return reply ? Result<>() : pass(reply);
  }

  int report() {
    c_.progress_end();
    if (c_.json())
      print_json(c_, boost::json::object{{"entries", entries_},
                                         {"accounts", accounts_},
                                         {"emails", emails_},
                                         {"existed", existed_},
                                         {"failed", failed_},
                                         {"dry_run", c_.dry_run()}});
    else if (c_.dry_run() || ::isatty(STDOUT_FILENO))
      c_.out((c_.dry_run() ? "would load " : "loaded ") + std::to_string(entries_) + " entries, " +
             std::to_string(accounts_) + " accounts with mail, " + std::to_string(emails_) + " emails" +
             (existed_ ? "; " + std::to_string(existed_) + " were there" : "") + "\n");
    return failed_ ? kFound : kOk;
  }

 private:
  Context& c_;
  std::uint64_t entries_ = 0, accounts_ = 0, emails_ = 0, existed_ = 0, failed_ = 0;
};

}  // namespace

int load(Context& c) {
  if (c.args().size() != 1) return c.usage("expected the archive's folder");
  if (!c.config()) return kBadConfig;
  auto root = ArchiveRoot::open(c.args()[0]);
  if (!root) return c.fail(root.error());
  auto folder = root->folder.sub("directory");
  if (!folder && folder.error().code == "NOT_FOUND") {
    c.error(c.args()[0] + " has no directory: it is a backup, not a dump; add the accounts and use postern restore");
    return kDataError;
  }
  auto directory = folder ? archive::Reader::open(std::move(*folder)) : pass(folder);
  if (!directory) return c.fail(directory.error());
  Load load(c);
  if (auto ok = load.directory(*directory); !ok) {
    c.progress_end();
    return c.fail(ok.error());
  }
  auto accounts = root->accounts();
  if (!accounts && accounts.error().code != "NOT_FOUND") return c.fail(accounts.error());
  auto names = accounts ? accounts->list(archive::kMaxFolders) : Result<std::vector<std::string>>();
  if (!names) return c.fail(names.error());
  for (const auto& n : *names) {
    auto sub = accounts->sub(n);
    auto reader = sub ? archive::Reader::open(std::move(*sub)) : pass(sub);
    if (reader)
      load.account(*reader);
    else
      load.failure(reader.error().what);
  }
  return load.report();
}

}  // namespace postern::cli
