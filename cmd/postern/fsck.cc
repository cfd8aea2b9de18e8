// fsck: every derived row against the primary ones and the bodies; with --repair made right.  stored compares and mends;
// what needs a message parsed again, or put back into a mailbox, is done here: stored parses no mail.
#include <map>

#include "base/codec.h"
#include "base/system.h"
#include "base/text.h"
#include "blob/blob_store.h"
#include "client/incoming.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

using base::Result;
namespace json = boost::json;

constexpr const char* kRecovered = "Recovered";
constexpr std::uint64_t kDeadlineMs = 600'000;   // of one item: a segment is walked, a large account judged

class Fsck {
 public:
  explicit Fsck(Context& c) : c_(c), bodies_(c.config()->var_path("store/blobs")) {}
  int run();

 private:
  Result<> choose_accounts();
  Result<std::vector<stored::Finding>> check(std::uint64_t account, const std::string& name, bool salvage);
  Result<> account(std::uint64_t account, const std::string& name);
  void tell(const std::string& name, const stored::Finding& f);
  Result<client::Incoming> parse(const blob::Location& location, std::uint32_t prefix);
  Result<> parse_again(std::uint64_t account, const std::string& name, const std::vector<std::uint64_t>& emails);
  Result<> parse_one(Mailboxes& boxes, const stored::EmailData& e);
  Result<> recover(const std::string& name, const std::vector<std::string>& bodies);
  Result<bool> recover_one(Mailboxes& boxes, std::uint32_t into, const std::string& sha);

  Context& c_;
  blob::Reader bodies_;
  std::map<std::uint64_t, std::string> accounts_;
  std::uint64_t rows_ = 0, emails_ = 0, bytes_ = 0, found_ = 0, left_ = 0, recovered_ = 0;
  json::array out_;
};

Result<> Fsck::choose_accounts() {
  if (auto name = c_.value("--account")) {
    authd::Request r;
    r.mutable_show()->set_kind("account");
    r.mutable_show()->set_name(*name);
    auto reply = c_.authd(r);
    if (!reply) return pass(reply);
    accounts_[reply->entries().entries(0).id()] = reply->entries().entries(0).name();
    return {};
  }
  stored::Request list;
  list.mutable_list_accounts();
  auto known = c_.stored_items(list, [&](stored::Reply& reply) {
    for (const auto& a : reply.accounts().accounts()) accounts_[a.account()] = "account " + std::to_string(a.account());
    return true;
  });
  if (!known) return known;
  authd::Request r;
  r.mutable_list()->set_kind("account");
  return c_.authd_items(r, [&](const authd::Reply& reply) {
    for (const auto& e : reply.entries().entries())
      if (auto it = accounts_.find(e.id()); it != accounts_.end()) it->second = e.name();
  });
}

void Fsck::tell(const std::string& name, const stored::Finding& f) {
  ++found_;
  left_ += !f.repaired();
  if (c_.json()) {
    json::object o{{"account", name}, {"kind", f.kind()}, {"key", f.key()}, {"what", f.what()}, {"repaired", f.repaired()}};
    if (!f.aside().empty()) o["aside"] = f.aside();
    out_.push_back(std::move(o));
    return;
  }
  c_.progress_end();
  c_.out(name + ": " + f.key() + ": " + f.what() + (f.repaired() ? " [repaired]" : "") +
         (f.aside().empty() ? "" : " [kept as " + f.aside() + "]") + "\n");
}

Result<std::vector<stored::Finding>> Fsck::check(std::uint64_t account, const std::string& name, bool salvage) {
  stored::Request r;
  r.set_account(account);
  auto& check = *r.mutable_check_account();
  check.set_repair(c_.has("--repair"));
  check.set_bodies(c_.has("--bodies"));
  check.set_salvage(salvage);
  std::vector<stored::Finding> found;
  stored::Checked last;
  auto ok = c_.stored_items(
      r,
      [&](stored::Reply& reply) {
        for (auto& f : *reply.mutable_checked()->mutable_findings()) found.push_back(std::move(f));
        reply.mutable_checked()->clear_findings();
        last = reply.checked();
        c_.progress(name + ": rows", rows_ + last.rows(), 0);
        return true;
      },
      kDeadlineMs);
  if (!ok) return pass(ok);
  rows_ += last.rows();
  emails_ += last.emails();
  bytes_ += last.bytes();
  return found;
}

// Parsed as delivery parsed it: what was put before the message is not part of it.
Result<client::Incoming> Fsck::parse(const blob::Location& location, std::uint32_t prefix) {
  return client::gather(c_.config()->var_path("spool"),
                        [&](auto&& take) { return bodies_.read_frames(location, prefix, take); });
}

Result<> Fsck::parse_one(Mailboxes& boxes, const stored::EmailData& e) {
  auto location = blob::Location::parse(e.location());
  if (!location) return pass(location);
  std::uint32_t prefix = e.email().prefix_size();
  auto in = parse(*location, prefix);
  if (!in) return pass(in);
  stored::Request r;
  r.set_account(boxes.account());
  auto& one = *r.mutable_check_account()->add_parsed();
  one.set_email(e.id());
  one.set_wire(in->record().wire);
  one.set_content(in->record().content);
  if (prefix) {   // it belongs to the header all the same
    auto put_before = bodies_.read(*location, 0, prefix);
    if (!put_before) return pass(put_before);
    records::Content content;
    if (content.ParseFromString(one.content())) {
      content.mutable_header()->insert(0, *put_before);
      one.set_content(content.SerializeAsString());
    }
  }
  auto done = c_.stored(std::move(r));
  return done ? Result<>() : pass(done);
}

Result<> Fsck::parse_again(std::uint64_t account, const std::string& name, const std::vector<std::uint64_t>& emails) {
  auto boxes = Mailboxes::open(c_, name);
  if (!boxes) return pass(boxes);
  for (std::uint64_t id : emails) {
    stored::Request r;
    r.set_account(account);
    r.set_ticket(boxes->ticket());
    auto& get = *r.mutable_get_emails();
    get.add_ids(id);
    get.set_email(true);
    get.set_location(true);
    std::vector<stored::EmailData> got;
    auto ok = c_.stored_items(std::move(r), [&](stored::Reply& reply) {
      for (auto& e : *reply.mutable_emails()->mutable_emails()) got.push_back(std::move(e));
      return true;
    });
    if (!ok) return ok;
    stored::Finding f;
    f.set_kind("content");
    f.set_key("email " + std::to_string(id));
    f.set_what("parsed again");
    f.set_repaired(true);
    auto done = got.empty() ? base::fail(base::Fault::permanent, "it is not there") : parse_one(*boxes, got[0]);
    if (!done) {
      f.set_what("can't be parsed again: " + done.error().what);
      f.set_repaired(false);
    }
    tell(name, f);
    if (base::unix_now() - boxes->ticket_time() > 120)
      if (auto fresh = boxes->renew(); !fresh) return fresh;
  }
  return {};
}

// False: it is no message of ours any more, or nobody's at all.
Result<bool> Fsck::recover_one(Mailboxes& boxes, std::uint32_t into, const std::string& sha) {
  stored::Request find;
  find.mutable_get_blobs()->add_hashes(sha);
  auto reply = boxes.call(std::move(find), false);
  if (!reply) return pass(reply);
  if (reply->blobs().blobs_size() != 1 || reply->blobs().blobs(0).location().empty()) return false;
  auto location = blob::Location::parse(reply->blobs().blobs(0).location());
  if (!location) return pass(location);
  auto in = parse(*location, 0);
  if (!in && in.error().fault == base::Fault::corrupt) return false;
  if (!in) return pass(in);
  stored::Request r;
  auto& add = *r.mutable_add_emails();
  add.set_blob(sha);
  add.set_wire(in->record().wire);
  add.set_content(in->record().content);
  add.set_sent(in->record().sent);
  auto& t = *add.add_targets();
  t.set_account(boxes.account());
  t.add_mailboxes(into);
  std::int64_t received = in->received_date() ? in->received_date() : in->record().sent;
  t.set_received(received > 0 ? received : base::unix_now());
  t.set_identity("recovered" + sha);
  auto added = boxes.call(std::move(r), true);
  if (!added) return pass(added);
  const auto& one = added->added().results(0);
  if (one.has_error()) return base::fail(base::Fault::permanent, one.error().what(), one.error().code());
  return !one.existed();
}

Result<> Fsck::recover(const std::string& name, const std::vector<std::string>& bodies) {
  auto boxes = Mailboxes::open(c_, name);
  if (!boxes) return pass(boxes);
  auto into = boxes->find_or_create(kRecovered);
  if (!into) return pass(into);
  for (const auto& sha : bodies) {
    auto done = recover_one(*boxes, *into, sha);
    if (!done) return pass(done);
    recovered_ += *done;
    c_.progress(name + ": recovered", recovered_, bodies.size());
    if (base::unix_now() - boxes->ticket_time() > 120)
      if (auto fresh = boxes->renew(); !fresh) return fresh;
  }
  c_.progress_end();
  if (!c_.json() && recovered_)
    c_.out(name + ": " + std::to_string(recovered_) + " messages put into " + kRecovered + "\n");
  return {};
}

Result<> Fsck::account(std::uint64_t id, const std::string& name) {
  auto found = check(id, name, false);
  if (!found) return pass(found);
  std::vector<std::uint64_t> unparsed;
  std::vector<std::string> bodies;
  for (const auto& f : *found) {
    auto words = base::split(f.key(), ' ');
    if (f.kind() == "salvaged") {
      if (auto sha = base::unhex(f.key())) bodies.push_back(*sha);
    } else if (auto n = base::parse_u64(words.back()); f.kind() == "content" && n && c_.has("--repair")) {
      unparsed.push_back(*n);
    } else {
      tell(name, f);
    }
  }
  if (!unparsed.empty())
    if (auto done = parse_again(id, name, unparsed); !done) return done;
  if (c_.has("--salvage")) {
    auto more = check(id, name, true);
    if (!more) return pass(more);
    for (const auto& f : *more)
      if (auto sha = base::unhex(f.key()); sha && f.kind() == "salvaged") bodies.push_back(*sha);
  }
  return bodies.empty() ? Result<>() : recover(name, bodies);
}

int Fsck::run() {
  auto chosen = choose_accounts();
  if (!chosen) return c_.fail(chosen.error());
  int status = kOk;
  auto failed = [&](const std::string& what, const base::Error& e) {
    c_.error(what + ": " + e.what);
    status = kCouldNotLook;
  };
  // First where the bodies are: the accounts are compared with that.
  if (!c_.has("--account")) {
    auto found = check(0, "store", false);
    if (!found) {
      failed("store", found.error());
    } else {
      for (const auto& f : *found) tell("store", f);
    }
  }
  for (const auto& [id, name] : accounts_)
    if (auto done = account(id, name); !done) failed(name, done.error());
  c_.progress_end();
  if (c_.json())
    print_json(c_, json::object{{"accounts", accounts_.size()},
                                {"rows", rows_},
                                {"emails", emails_},
                                {"bytes", bytes_},
                                {"findings", out_},
                                {"recovered", recovered_}});
  if (status == kOk && found_ && !c_.json())
    c_.error(std::to_string(found_) + " findings" +
             (c_.has("--repair") ? ", " + std::to_string(left_) + " not repaired" : "; --repair makes them right"));
  return status != kOk ? status : found_ ? kFound : kOk;
}

}  // namespace

int fsck(Context& c) {
  if (!c.args().empty()) return c.usage("what is this: " + c.args()[0]);
  if (c.has("--salvage") && !c.has("--account")) return c.usage("--salvage needs --account: whose the messages shall be");
  if (!c.config()) return kBadConfig;
  return Fsck(c).run();
}

}  // namespace postern::cli
