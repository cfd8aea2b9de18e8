#include "archive/check.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/text.h"

namespace postern::archive {
namespace {

// An error that says nothing about the archive.
bool blind(const base::Error& e) { return e.fault == base::Fault::temporary || e.code == "DENIED"; }

bool system_flag(std::string_view f) {
  return f == "\\Seen" || f == "\\Answered" || f == "\\Flagged" || f == "\\Draft";
}

class Checker {
 public:
  Checker(const Reader& reader, const std::function<void(std::uint64_t)>& progress)
      : reader_(reader), progress_(progress) {}

  Result<Checked> run() {
    if (auto ok = lines(); !ok) return pass(ok);
    across();
    if (auto ok = messages(); !ok) return pass(ok);
    return std::move(out_);
  }

 private:
  void found(std::string what) {
    if (out_.findings.size() < kMaxFindings) out_.findings.push_back(std::move(what));
  }
  void in_line(std::string what) {
    found(base::printable(reader_.path()) + "/" + reader_.manifest().file + ":" + std::to_string(out_.lines) + ": " +
          std::move(what));
  }

  Result<> lines() {
    auto stream = reader_.lines();
    if (!stream) {
      if (blind(stream.error())) return pass(stream);
      found(stream.error().what);
      return {};
    }
    for (;;) {
      auto line = stream->next();
      out_.lines = stream->number();
      if (!line) {
        if (blind(line.error())) return pass(line);
        found(line.error().what);
        continue;
      }
      if (!*line) return {};
      std::visit([this](const auto& l) { one(l); }, **line);
    }
  }

  void order(int now) {
    if (now < order_ || (now == 0 && out_.lines != 1)) in_line("this kind of line does not belong here");
    order_ = std::max(order_, now);
  }
  bool of_account() {
    if (reader_.manifest().kind != "account") in_line("a line of an account");
    return reader_.manifest().kind == "account";
  }

  void one(const Account& a) {
    if (!of_account()) return;
    order(0);
    account_ = a;
    const Manifest& m = reader_.manifest();
    if (a.name != m.name || a.id != m.id || a.deleted != m.account_deleted) in_line("another account than the manifest's");
    for (const auto& k : a.keywords) keywords_.insert(base::to_lower(k));
  }

  void one(const Mailbox& m) {
    if (!of_account()) return;
    order(1);
    out_.mailboxes += !m.deleted;
    if (m.id <= last_mailbox_) in_line("mailboxes are not in ascending order");
    last_mailbox_ = std::max(last_mailbox_, m.id);
    if (m.id >= account_.next_mailbox) in_line("a mailbox that the account has not given out");
    if (m.modseq > account_.modseq) in_line("a modseq above the account's");
    if (!m.deleted && !names_.emplace(m.parent, m.name).second) in_line("two mailboxes have one name");
    mailboxes_[m.id] = m;
  }

  void one(const Metadata& m) {
    bool server = reader_.manifest().kind == "directory";
    order(server ? 7 : 2);
    if (server && (m.mailbox || m.principal)) in_line("metadata of an account");
    if (m.mailbox && !server && !mailboxes_.contains(m.mailbox)) in_line("metadata of no mailbox");
    if (!base::unbase64(m.value)) in_line("a value that is no base64");
  }

  void one(const Seen& s) {
    if (!of_account()) return;
    order(3);
    auto m = living(s.mailbox);
    if (!m)
      in_line("what somebody has seen in no mailbox");
    else if (s.uids.back() >= m->uidnext)
      in_line("a UID that its mailbox has not given out");
  }

  void one(const Script& s) {
    if (!of_account()) return;
    order(4);
    if (s.id <= last_script_) in_line("scripts are not in ascending order");
    last_script_ = std::max(last_script_, s.id);
    if (s.id >= account_.next_script) in_line("a script that the account has not given out");
    if (s.modseq > account_.modseq) in_line("a modseq above the account's");
    if (!scripts_.insert(s.name).second) in_line("two scripts have one name");
    active_ = active_ || s.id == account_.active_script;
    if (!base::unbase64(s.text)) in_line("a text that is no base64");
  }

  void one(const Vacation&) {
    if (!of_account()) return;
    order(5);
  }

  void one(const Mark& m) {
    if (!of_account()) return;
    order(6);
    if (!marks_.insert(m.id).second) in_line("a mark that is given twice");
  }

  void one(const Email& e) {
    if (!of_account()) return;
    order(7);
    ++(e.deleted ? out_.deleted : out_.emails);
    if (e.id <= last_email_) in_line("emails are not in ascending order");
    last_email_ = std::max(last_email_, e.id);
    if (e.id >= account_.next_email) in_line("an email that the account has not given out");
    for (const Place& p : e.places) place(p, living(p.mailbox));
    for (const Place& p : e.lost)
      if (p.modseq) place(p, deleted(p.mailbox));   // else its row is gone, and its mailbox may be
    for (const auto& f : e.flags)
      if (!system_flag(f) && !keywords_.contains(base::to_lower(f)))
        in_line("a flag that the account does not have: " + base::printable(f, 60));
    auto [it, fresh] = sizes_.emplace(e.sha256, e.size);
    if (!fresh && it->second != e.size) in_line("two sizes of one message");
  }

  const Mailbox* living(std::uint32_t id) const {
    auto it = mailboxes_.find(id);
    return it == mailboxes_.end() || it->second.deleted ? nullptr : &it->second;
  }
  const Mailbox* deleted(std::uint32_t id) const {
    auto it = mailboxes_.find(id);
    return it == mailboxes_.end() || !it->second.deleted ? nullptr : &it->second;
  }
  void place(const Place& p, const Mailbox* m) {
    if (!m)
      in_line("an email in mailbox " + std::to_string(p.mailbox) + ", which is not there");
    else if (p.uid >= m->uidnext)
      in_line("a UID that its mailbox has not given out");
    if (p.modseq > account_.modseq) in_line("a modseq above the account's");
    uids_.emplace_back(p.mailbox, p.uid);
  }

  void one(const Entry& e) {
    static const std::map<std::string_view, int> kOrder{
        {"domain", 1}, {"account", 2}, {"alias", 3}, {"group", 4}, {"list", 5}};
    if (reader_.manifest().kind != "directory") in_line("a line of a directory");
    order(e.deleted ? 6 : kOrder.at(e.kind));
    if (e.kind != "domain" && (e.id == 0 || !ids_.insert(e.id).second)) in_line("an id that is missing or given twice");
    if (!e.deleted && !entries_.insert((e.kind == "domain" ? "@" : "") + e.name).second) in_line("a name that is given twice");
  }

  void across() {
    std::ranges::sort(uids_);
    if (std::ranges::adjacent_find(uids_) != uids_.end())
      found(base::printable(reader_.path()) + ": two emails have one UID");
    for (const auto& [id, m] : mailboxes_)
      if (!m.deleted && m.parent && !living(m.parent))
        found(base::printable(reader_.path()) + ": mailbox " + std::to_string(id) + " is below one that is not there");
    if (account_.active_script && !active_) found(base::printable(reader_.path()) + ": the active script is not there");
    const Manifest& m = reader_.manifest();
    if (out_.mailboxes != m.mailboxes || out_.emails != m.emails || out_.deleted != m.deleted ||
        sizes_.size() != m.messages)
      found(base::printable(reader_.path()) + ": mailboxes, emails or messages are not as many as the manifest says");
  }

  Result<> messages() {
    for (const auto& [sha256, size] : sizes_) {
      auto ok = reader_.message(sha256, size, [](std::string_view) { return Result<>(); });
      if (!ok) {
        if (blind(ok.error())) return ok;
        found(ok.error().what);
      } else {
        ++out_.messages;
        out_.message_bytes += size;
      }
      if (progress_) progress_(out_.messages);
    }
    auto unnamed = reader_.count_unnamed([this](const std::string& sha256) { return sizes_.contains(sha256); });
    if (unnamed) {
      out_.unnamed = *unnamed;
      return {};
    }
    if (blind(unnamed.error())) return pass(unnamed);
    found(unnamed.error().what);
    return {};
  }

  const Reader& reader_;
  const std::function<void(std::uint64_t)>& progress_;
  Checked out_;
  int order_ = -1;
  Account account_;
  std::set<std::string> keywords_;
  std::uint32_t last_mailbox_ = 0;
  std::uint64_t last_email_ = 0;
  std::uint32_t last_script_ = 0;
  std::set<std::string> scripts_, marks_;
  bool active_ = false;
  std::map<std::uint32_t, Mailbox> mailboxes_;
  std::set<std::pair<std::uint32_t, std::string>> names_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> uids_;
  std::unordered_map<std::string, std::uint64_t> sizes_;
  std::set<std::uint64_t> ids_;
  std::set<std::string> entries_;
};

}  // namespace

Result<Checked> check(const Reader& reader, const std::function<void(std::uint64_t)>& progress) {
  return Checker(reader, progress).run();
}

}  // namespace postern::archive
