// restore: mail of an archive into an account that is there, as new emails with new UIDs.  What still lives is left as
// it is; what an earlier restore brought back is known by its identity.
#include <unistd.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "archive/reader.h"
#include "base/system.h"
#include "base/text.h"
#include "client/incoming.h"
#include "cmd/postern/account_state.h"
#include "cmd/postern/archive_root.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/pipeline.h"
#include "cmd/postern/verbs.h"
#include "cmd/postern/when.h"
#include "model/ids.h"

namespace postern::cli {
namespace {

using base::Fault;
using base::Result;

constexpr std::size_t kMaxPrefix = 16'384;   // stored takes no more before a message

// What of the archive is wanted.
struct Wanted {
  std::optional<std::string> mailbox;    // with those below it
  std::optional<std::int64_t> since;     // by the date of arrival
  std::optional<std::string> message;    // a number, an id "e5-a3" or a Message-ID
  bool deleted = false;                  // also what had been deleted already when the copy was made

  bool box(std::string_view path) const {
    if (!mailbox) return true;
    std::size_t n = mailbox->size();
    return path == *mailbox || (path.size() > n && path[n] == '/' && path.starts_with(*mailbox));
  }
  bool email(const archive::Email& e, std::uint64_t account) const {
    if (since && e.received < *since) return false;
    if (!message) return true;
    if (auto id = model::parse_id(model::IdKind::email, *message)) return id->account == account && id->number == e.id;
    if (auto number = base::parse_u64(*message)) return *number == e.id;
    std::string_view bare = base::trim(*message);
    if (bare.starts_with('<') && bare.ends_with('>')) bare = bare.substr(1, bare.size() - 2);
    return std::ranges::any_of(e.message_id, [&](std::string_view id) {
      if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
      return id == bare;
    });
  }
};

// What the target has now.
class Present {
 public:
  // `same`: ids of the archive are ids of the target.
  static Result<Present> read(Context& c, std::uint64_t account, std::uint64_t old_account, std::uint64_t old_epoch) {
    Present p;
    auto state = read_account(c, account);
    if (!state) return pass(state);
    if (!*state) return p;
    bool same = account == old_account && (*state)->info.epoch() == old_epoch;
    std::vector<std::uint64_t> ids;
    for (const auto& r : (*state)->rows)
      if (ids.empty() || ids.back() != r.row.email) ids.push_back(r.row.email);
    if (same) p.ids_.insert(ids.begin(), ids.end());
    for (const auto& [id, m] : (*state)->mailboxes)
      if (!m.role().empty()) p.roles_.insert(m.role());
    for (const auto& [id, m] : (*state)->mailboxes) p.paths_.insert((*state)->path_of(id));
    stored::GetEmails wanted;
    wanted.set_email(true);
    for (std::size_t at = 0; at < ids.size(); at += 5'000) {
      auto ok = read_emails(c, account, std::span(ids).subspan(at, std::min<std::size_t>(5'000, ids.size() - at)),
                            wanted, [&](stored::EmailData& e) {
                              if (!e.email().identity().empty()) p.identities_.insert(e.email().identity());
                              return Result<>();
                            });
      if (!ok) return pass(ok);
    }
    return p;
  }
  bool lives(std::uint64_t id) const { return ids_.contains(id); }
  bool has_identity(const std::string& key) const { return identities_.contains(key); }
  bool has_path(const std::string& path) const { return paths_.contains(path); }
  // The role for a new mailbox: none where another has it already.
  std::string free_role(const std::string& role) { return roles_.insert(role).second ? role : std::string(); }

 private:
  std::unordered_set<std::uint64_t> ids_;
  std::unordered_set<std::string> identities_, paths_, roles_;
};

class Restore {
 public:
  Restore(Context& c, const archive::Reader& from, Wanted wanted, KnownAccount to)
      : c_(c), from_(from), wanted_(std::move(wanted)), to_(std::move(to)) {}

  Result<> run() {
    auto lines = from_.lines();
    if (!lines) return pass(lines);
    for (;;) {
      auto line = lines->next();
      if (!line) {   // what is damaged is told; the rest comes back
        if (line.error().fault == Fault::temporary) return pass(line);
        failure(line.error().what);
        continue;
      }
      if (!*line) break;
      Result<> ok;
      if (auto* a = std::get_if<archive::Account>(&**line)) ok = begin(*a);
      if (auto* m = std::get_if<archive::Mailbox>(&**line)) mailboxes_[m->id] = std::move(*m);
      if (auto* e = std::get_if<archive::Email>(&**line)) ok = email(*e);
      if (!ok) return ok;
      if (error_) break;
    }
    if (!error_ && !wanted_.message && !wanted_.since)
      if (auto ok = empty_mailboxes(); !ok) return ok;
    if (pipeline_) pipeline_->finish();
    c_.progress_end();
    return error_ ? std::unexpected(*error_) : Result<>();
  }

  int report() {
    if (c_.json()) {
      boost::json::array made;
      for (const auto& m : made_) made.emplace_back(m);
      print_json(c_, boost::json::object{{"account", to_.name},
                                         {"restored", restored_},
                                         {"existed", existed_},
                                         {"failed", failed_},
                                         {"bytes", bytes_},
                                         {"mailboxes", made},
                                         {"messages", list_},
                                         {"dry_run", c_.dry_run()}});
    } else if (c_.dry_run() || ::isatty(STDOUT_FILENO)) {
      for (const auto& m : made_) c_.out((c_.dry_run() ? "would make mailbox " : "made mailbox ") + m + "\n");
      c_.out((c_.dry_run() ? "would restore " : "restored ") + std::to_string(restored_) + " messages, " +
             human_size(bytes_) + (existed_ ? ", " + std::to_string(existed_) + " are there" : "") + "\n");
    }
    if (wanted_.message && restored_ + existed_ + failed_ == 0) {
      c_.error("the archive has no message " + base::printable(*wanted_.message) +
               (deleted_ ? " but a deleted one: add --deleted" : ""));
      return kFound;
    }
    return failed_ ? kFound : kOk;
  }

 private:
  void failure(const std::string& what) {
    ++failed_;
    c_.progress_end();
    c_.error(what);
  }

  Result<> begin(const archive::Account& a) {
    account_ = a;
    auto present = Present::read(c_, to_.id, a.id, a.epoch);
    if (!present) return pass(present);
    present_ = std::move(*present);
    if (c_.dry_run()) return {};
    auto boxes = Mailboxes::open(c_, to_.name);
    if (!boxes) return pass(boxes);
    boxes_.emplace(std::move(*boxes));
    auto socket = c_.socket_path("stored-admin");
    if (!socket) return pass(socket);
    pipeline_.emplace(*socket);
    return {};
  }

  std::string path_of(std::uint32_t id) const {
    return mailbox_path(
        mailboxes_, id, [](const auto& m) { return m.name; }, [](const auto& m) { return m.parent; });
  }

  // The target's mailbox of this path, made with those above it where missing; 0 in a dry run.
  Result<std::uint32_t> ensure(std::uint32_t id) {
    if (auto it = targets_.find(id); it != targets_.end()) return it->second;
    auto box = mailboxes_.find(id);
    std::string path = path_of(id);
    if (box == mailboxes_.end() || path.empty())
      return base::fail(Fault::corrupt, "a mailbox is not in the archive", "CORRUPT");
    if (box->second.parent)
      if (auto above = ensure(box->second.parent); !above) return above;
    std::uint32_t target = 0;
    if (c_.dry_run() ? !present_.has_path(path) : !boxes_->find(path)) made_.push_back(path);
    if (!c_.dry_run()) {
      auto found = boxes_->find(path);
      auto got = found ? std::move(found) : make(path, box->second);
      if (!got) return got;
      target = *got;
    }
    return targets_[id] = target;
  }

  Result<std::uint32_t> make(const std::string& path, const archive::Mailbox& m) {
    stored::Request r;
    auto& create = *r.mutable_create_mailbox();
    for (auto part : base::split(path, '/')) create.add_path(std::string(part));
    create.set_subscribed(m.subscribed);
    create.set_sort_order(m.sort_order);
    create.set_may_exist(true);
    if (!m.role.empty() && m.role != "all") create.set_role(present_.free_role(m.role));
    auto reply = boxes_->call(std::move(r), true);
    if (!reply) return pass(reply);
    if (auto ok = boxes_->load(); !ok) return pass(ok);
    return reply->created().id();
  }

  Result<> empty_mailboxes() {
    for (const auto& [id, m] : mailboxes_)
      if (!m.deleted && wanted_.box(path_of(id)))
        if (auto made = ensure(id); !made) {
          if (made.error().fault != Fault::corrupt) return pass(made);
          failure(path_of(id) + ": " + made.error().what);
        }
    return {};
  }

  Result<> email(const archive::Email& e) {
    if (account_.id == 0) return base::fail(Fault::corrupt, from_.path() + ": the line of the account is missing");
    if (!wanted_.email(e, account_.id)) return {};
    if (e.deleted && !wanted_.deleted) {
      ++deleted_;
      return {};
    }
    std::vector<archive::Place> places;
    for (const auto& p : e.deleted ? last_places(e) : e.places)
      if (wanted_.box(path_of(p.mailbox))) places.push_back(p);
    if (places.empty()) return {};
    std::string identity = "restore:" + std::to_string(account_.id) + ":" + std::to_string(e.id) + ":" + e.sha256;
    if (present_.lives(e.id) || present_.has_identity(model::identity_key(identity))) {
      ++existed_;
      return {};
    }
    std::vector<std::uint32_t> boxes;
    for (const auto& p : places) {
      auto box = ensure(p.mailbox);
      if (!box) return pass(box);
      boxes.push_back(*box);
    }
    if (c_.dry_run()) {
      announce(e, places);
      ++restored_;
      bytes_ += e.size;
      return {};
    }
    return add(e, places, boxes, identity);
  }

  // Where a deleted email was, each mailbox once, or INBOX: without \Deleted, which it had for that alone.
  std::vector<archive::Place> last_places(const archive::Email& e) const {
    std::vector<archive::Place> out;
    for (auto p : e.lost) {
      p.deleted = false;
      bool again = std::ranges::any_of(out, [&](const auto& o) { return o.mailbox == p.mailbox; });
      if (!again && !path_of(p.mailbox).empty()) out.push_back(p);
    }
    for (const auto& [id, m] : mailboxes_)
      if (out.empty() && !m.deleted && m.parent == 0 && m.name == "INBOX") out.push_back({.mailbox = id});
    return out;
  }

  // What would come back, one line a message.
  void announce(const archive::Email& e, const std::vector<archive::Place>& places) {
    std::string where = path_of(places[0].mailbox);
    if (c_.json())
      list_.push_back({{"id", e.id},
                       {"mailbox", where},
                       {"received", e.received},
                       {"size", e.size},
                       {"subject", e.subject},
                       {"sha256", e.sha256}});
    else
      c_.out(std::to_string(e.id) + "\t" + one_line(where, 200) + "\t" + format_when(e.received) + "\t" +
             human_size(e.size) + "\t" + one_line(e.subject, 200) + "\n");
  }

  Result<> add(const archive::Email& e, const std::vector<archive::Place>& places,
               const std::vector<std::uint32_t>& boxes, const std::string& identity) {
    std::string name = to_.name + ": email " + std::to_string(e.id);
    stored::Request r;
    auto& t = *r.mutable_add_emails()->add_targets();
    t.set_account(to_.id);
    t.mutable_mailboxes()->Assign(boxes.begin(), boxes.end());
    for (const auto& f : e.flags) t.add_keywords(f);
    t.set_deleted(std::ranges::all_of(places, &archive::Place::deleted));
    t.set_received(e.received);
    t.set_identity(identity);
    // Those for all and the owner's: what sharers had noted for themselves only a load brings back.
    for (const auto& a : e.annotations) {
      auto value = base::unbase64(a.value);
      if (!value || (a.principal && a.principal != account_.id)) continue;
      auto& out = *t.add_annotations();
      out.set_entry(a.entry);
      out.set_value(std::move(*value));
      out.set_shared(a.principal == 0);
    }
    // The message as it came, and what delivery put before it.
    std::size_t prefix = e.prefix_size <= kMaxPrefix ? e.prefix_size : 0;
    client::Incoming body(c_.config()->var_path("spool"), true);
    auto read = from_.message(e.sha256, e.size, [&](std::string_view piece) {
      auto head = piece.substr(0, prefix - std::min(prefix, t.prefix().size()));
      t.mutable_prefix()->append(head);
      return body.append(piece.substr(head.size()));
    });
    if (read) read = body.finish();
    if (!read) {
      failure(name + ": " + read.error().what);
      return read.error().fault == Fault::temporary ? read : Result<>();
    }
    auto fds = body.fill(*r.mutable_add_emails());
    if (!fds) return pass(fds);
    if (base::unix_now() - boxes_->ticket_time() > kTicketAge)
      if (auto ok = boxes_->renew(); !ok) return ok;
    std::vector<bool> deleted;
    for (const auto& p : places) deleted.push_back(p.deleted && !t.deleted());
    pipeline_->send(boxes_->ticket(), to_.id, std::move(r), std::move(*fds), std::min<std::uint64_t>(e.size, 1u << 20),
                    [this, name, size = e.size, deleted](Result<stored::Reply> reply) {
                      answered(reply, name, size, deleted);
                    });
    c_.progress("restored", restored_ + existed_, 0);
    return {};
  }

  void answered(Result<stored::Reply>& reply, const std::string& name, std::uint64_t size,
                const std::vector<bool>& deleted) {
    if (!reply) {
      if (!error_) error_ = base::Error{reply.error().fault, name + ": " + reply.error().what, reply.error().code};
      return;
    }
    const auto& one = reply->added().results(0);
    if (one.has_error()) return failure(name + ": " + one.error().what());
    if (one.existed()) {
      ++existed_;
      return;
    }
    ++restored_;
    bytes_ += size;
    // \Deleted belongs to a row: where only some of the rows had it, they get it now.
    for (int i = 0; i < one.places_size() && static_cast<std::size_t>(i) < deleted.size(); ++i)
      if (deleted[static_cast<std::size_t>(i)]) mark_deleted(one.places(i));
  }

  void mark_deleted(const records::Place& p) {
    stored::Request r;
    auto& s = *r.mutable_store_flags();
    s.set_mailbox(p.mailbox());
    s.add_uid_ranges(p.uid());
    s.add_uid_ranges(p.uid());
    s.add_flags("\\Deleted");
    s.set_unchanged_since(UINT64_MAX);
    if (auto ok = boxes_->call(std::move(r), true); !ok) failure(ok.error().what);
  }

  Context& c_;
  const archive::Reader& from_;
  Wanted wanted_;
  KnownAccount to_;
  archive::Account account_;
  std::map<std::uint32_t, archive::Mailbox> mailboxes_;
  std::map<std::uint32_t, std::uint32_t> targets_;   // mailboxes of the archive to those of the account
  Present present_;
  std::optional<Mailboxes> boxes_;
  std::vector<std::string> made_;
  boost::json::array list_;
  std::uint64_t restored_ = 0, existed_ = 0, failed_ = 0, bytes_ = 0;
  std::uint64_t deleted_ = 0;                        // that were asked for and left out
  std::optional<base::Error> error_;
  std::optional<Pipeline> pipeline_;   // last: its answers use everything above
};

Result<KnownAccount> find_account(Context& c, const std::string& name) {
  authd::Request r;
  r.mutable_show()->set_kind("account");
  r.mutable_show()->set_name(name);
  auto reply = c.authd(r);
  if (!reply) return pass(reply);
  return KnownAccount{reply->entries().entries(0).name(), reply->entries().entries(0).id()};
}

int restore_one(Context& c, const archive::Reader& from, const Wanted& wanted) {
  auto to = find_account(c, c.value("--to").value_or(from.manifest().name));
  if (!to) return c.fail(to.error());
  Restore restore(c, from, wanted, *to);
  if (auto ok = restore.run(); !ok) return c.fail(ok.error());
  return restore.report();
}

// Every account of the archive.
Result<std::vector<archive::Reader>> all_accounts(Context& c, const ArchiveRoot& root, bool& damaged) {
  std::vector<archive::Reader> out;
  auto folder = root.accounts();
  if (!folder) return pass(folder);
  auto names = folder->list(archive::kMaxFolders);
  if (!names) return pass(names);
  for (const auto& n : *names) {
    auto sub = folder->sub(n);
    auto reader = sub ? archive::Reader::open(std::move(*sub)) : pass(sub);
    if (reader) {
      out.push_back(std::move(*reader));
      continue;
    }
    damaged = true;
    c.error(reader.error().what);
  }
  return out;
}

}  // namespace

int restore(Context& c) {
  if (c.args().size() != 1) return c.usage("expected the archive's folder");
  if (c.value("--to") && !c.value("--account")) return c.usage("--to needs --account: whose mail is to go there?");
  Wanted wanted{c.value("--mailbox"), {}, c.value("--message"), c.has("--deleted")};
  if (wanted.mailbox && base::iequals(*wanted.mailbox, "INBOX")) wanted.mailbox = "INBOX";
  if (auto since = c.value("--since")) {
    wanted.since = parse_when(*since, base::unix_now());
    if (!wanted.since) return c.usage("--since: expected a date as 2026-11-30, or an age as 14d");
  }
  if (!c.config()) return kBadConfig;
  auto root = ArchiveRoot::open(c.args()[0]);
  if (!root) return c.fail(root.error());
  if (auto account = c.value("--account")) {
    auto reader = root->account(*account);
    return reader ? restore_one(c, *reader, wanted) : c.fail(reader.error());
  }
  bool damaged = false;
  auto readers = all_accounts(c, *root, damaged);
  if (!readers) return c.fail(readers.error());
  int status = damaged ? kFound : kOk;
  for (const auto& reader : *readers)
    if (int one = restore_one(c, reader, wanted); status == kOk || status == kFound) status = one ? one : status;
  return status;
}

}  // namespace postern::cli
