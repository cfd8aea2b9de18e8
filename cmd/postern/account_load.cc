// An account's lines in batches of LoadAccount; its messages go before them, many under way at once.
#include "cmd/postern/account_load.h"

#include <algorithm>
#include <unordered_set>

#include "base/codec.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/postern/archive_records.h"
#include "cmd/postern/pipeline.h"
#include "mime/summary.h"
#include "model/flags.h"
#include "model/record.h"

namespace postern::cli {
namespace {

using base::Result;

constexpr std::size_t kBatch = 200;                   // emails of one call,
constexpr std::size_t kBatchBytes = 600u << 10;       // or so many bytes of their records
constexpr std::uint64_t kInlineBody = 256u << 10;
constexpr std::uint32_t kSeenAtOnce = 64'000;         // UIDs of one range that was seen
constexpr std::uint32_t kForkIds = 1'000'000;         // left for what the other store gives out

class AccountLoad {
 public:
  AccountLoad(Context& c, const archive::Reader& from, Pipeline& pipeline)
      : c_(c), from_(from), pipeline_(pipeline) {}

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
      if (auto* s = std::get_if<archive::Seen>(&**line)) ok = seen(*s);
      if (auto* s = std::get_if<archive::Script>(&**line)) ok = script(*s);
      if (auto* v = std::get_if<archive::Vacation>(&**line)) ok = vacation(*v);
      if (auto* m = std::get_if<archive::Mark>(&**line)) ok = mark(*m);
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
    if (c_.has("--fork")) fork();
    for (const auto& k : a.keywords) keywords_.push_back(k);
    load().set_begin(true);
    *load().mutable_account() = account_of(account_);
    return call();
  }

  // The store that was dumped went on by itself: what clients know from there must never be taken for what is here.
  // States and UIDs are void by the epoch and UIDVALIDITY; ids are given out from far behind those of the archive on.
  void fork() {
    auto now = static_cast<std::uint64_t>(base::unix_now());
    account_.epoch = std::max(account_.epoch + 1, now);
    account_.last_uidvalidity = std::max(account_.last_uidvalidity, static_cast<std::uint32_t>(now));
    uidvalidity_ = account_.last_uidvalidity;
    // A mailbox each; those that were deleted keep theirs, for they come back under a new one.
    account_.last_uidvalidity += static_cast<std::uint32_t>(from_.manifest().mailboxes);
    account_.next_email += kForkIds;
    account_.next_mailbox += kForkIds;
    account_.next_script += kForkIds;
  }

  Result<> mailbox(const archive::Mailbox& m) {
    auto& out = *load().add_mailboxes();
    out = mailbox_of(m);
    if (uidvalidity_ && !m.deleted) out.set_uidvalidity(++uidvalidity_);
    return grown(out.ByteSizeLong());
  }

  // stored writes a row for 64 UIDs, and takes so many at once.
  Result<> seen(const archive::Seen& s) {
    for (std::size_t i = 0; i + 1 < s.uids.size(); i += 2)
      for (std::uint64_t first = s.uids[i]; first <= s.uids[i + 1]; first += kSeenAtOnce) {
        auto& out = *load().add_seen();
        out.set_mailbox(s.mailbox);
        out.set_principal(s.principal);
        out.add_uid_ranges(static_cast<std::uint32_t>(first));
        out.add_uid_ranges(static_cast<std::uint32_t>(std::min<std::uint64_t>(first + kSeenAtOnce - 1, s.uids[i + 1])));
        if (auto ok = grown(std::max<std::size_t>(200, (out.uid_ranges(1) - out.uid_ranges(0)) * 2)); !ok) return ok;
      }
    return {};
  }

  Result<> mark(const archive::Mark& m) {
    auto& out = *load().add_marks();
    out.set_id(base::unhex(m.id).value_or(""));
    out.set_until(m.until);
    return grown(out.ByteSizeLong());
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
    *load().mutable_vacation() = vacation_of(v);
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

  static void put_place(const archive::Place& p, model::Flags flags, records::Place& place, stored::Row& row) {
    if (p.deleted) flags = flags | model::kDeletedBit;
    place.set_mailbox(p.mailbox);
    place.set_uid(p.uid);
    place.set_deleted(p.deleted);
    row.set_uid(p.uid);
    row.set_flags_lo(flags.lo);
    row.set_flags_hi(flags.hi);
    row.set_modseq(p.modseq);
    row.set_saved(p.saved);
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
    r.set_pop3_uidl(e.pop3_uidl);
    r.set_destroyed(e.deleted);
    for (const auto& p : e.places) put_place(p, *flags, *r.add_places(), *one.add_rows());
    for (const auto& p : e.lost) put_place(p, *flags, *r.add_lost_places(), *one.add_lost_rows());
    for (const auto& a : e.annotations) {
      auto value = base::unbase64(a.value);
      if (!value) return damaged("annotation " + base::printable(a.entry) + ": no base64");
      auto& out = *one.add_annotations();
      out.set_principal(a.principal);
      out.set_entry(a.entry);
      out.set_value(std::move(*value));
      out.set_modseq(a.modseq);
    }
    emails_ += !e.deleted;
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
                       error_ = base::Error{base::Fault::corrupt, sha256 + ": stored as something else", {}};
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
  std::uint32_t uidvalidity_ = 0;   // of a fork: given out so far
  std::unordered_set<std::string> put_;
  std::optional<base::Error> error_;
};

}  // namespace

Result<std::uint64_t> load_account(Context& c, const archive::Reader& from) {
  auto socket = c.socket_path("stored-admin");
  if (!socket) return pass(socket);
  Pipeline pipeline(*socket);
  AccountLoad load(c, from, pipeline);
  auto ok = load.run();
  pipeline.finish();
  if (!ok) return pass(ok);
  return load.emails();
}

}  // namespace postern::cli
