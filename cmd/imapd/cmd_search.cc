// SEARCH and UID SEARCH.  RFC 9051 6.4.4, RFC 4731 (ESEARCH), RFC 5182 (SAVE), RFC 9394 (PARTIAL), RFC 7162
// (MODSEQ). Most messages are decided by their row in the shared view; of the others first the stored header
// cache is looked at, then, on a worker, the message itself.
#include <algorithm>

#include "base/codec.h"
#include "base/system.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/fetch_body.h"
#include "cmd/imapd/uid_batches.h"
#include "cmd/imapd/view.h"
#include "imap/body_matcher.h"
#include "imap/search.h"
#include "imap/writer.h"
#include "model/flags.h"
#include "model/ids.h"

namespace postern::imapd {

using imap::append_number;
using imap::Match;

namespace {

constexpr std::uint64_t kScanBatch = 2000;
constexpr std::size_t kContentBatch = 100;
constexpr std::size_t kBodyBatch = 16;

class Names : public imap::SearchNames {
 public:
  explicit Names(const Account& account) : account_(account) {}
  int flag_bit(std::string_view flag) const override {
    if (auto bit = model::system_flag(flag)) return *bit;
    int i = model::find_keyword(account_.keywords, flag);
    return i < 0 ? -1 : model::kFirstKeywordBit + i;
  }
  std::uint64_t email(std::string_view id) const override { return number(model::IdKind::email, id); }
  std::uint64_t thread(std::string_view id) const override { return number(model::IdKind::thread, id); }

 private:
  std::uint64_t number(model::IdKind kind, std::string_view text) const {
    auto id = model::parse_id(kind, text);
    return id && id->account == account_.id ? id->number : 0;
  }
  const Account& account_;
};

// What a worker needs to look into one message.
struct Candidate {
  imap::SearchRow row;
  blob::Location location;
  std::uint64_t header = 0;  // bytes of the header block, with what delivery put before it
  Match result = Match::no;
};

struct Plan {
  imap::SearchArgs args;
  std::unique_ptr<imap::BoundSearch> bound;
};

// The header cache of a serialised records.Content, when it is complete: a search looks at nothing else of
// it, and parsing all of it would cost more than the search.
std::optional<std::string_view> complete_header(std::string_view content) {
  constexpr std::uint64_t kHeader = records::Content::kHeaderFieldNumber << 3 | 2;
  constexpr std::uint64_t kComplete = records::Content::kHeaderCompleteFieldNumber << 3;
  base::Reader in(content);
  std::string_view header;
  while (!in.at_end()) {
    std::uint64_t tag = in.varint();
    if (tag == kHeader) {
      header = in.bytes();
    } else if (tag == kComplete) {
      return in.varint() && in.ok() ? std::optional(header) : std::nullopt;
    } else {
      return std::nullopt;  // fields stand in order of their numbers
    }
  }
  return std::nullopt;
}

// On a worker: reads header and, where it is asked for, body.
void look_into(blob::Reader& reader, const Plan& plan, Candidate& c) {
  auto header = reader.read(c.location, 0, c.header);
  if (!header) return;
  imap::MessageContent content{*header, true, nullptr};
  c.result = plan.bound->match(c.row, &content);
  if (c.result != Match::unknown) return;
  imap::BodyMatcher matcher(plan.args.program);
  auto read = reader.read_frames(c.location, 0, [&](std::string_view chunk) { return matcher.feed(chunk); });
  if (!read) {
    c.result = Match::no;
    return;
  }
  for (const auto& range : matcher.finish()) {
    auto block = reader.read(c.location, range.begin, range.end - range.begin);
    if (block) matcher.header(*block);
  }
  std::vector<bool> hits = matcher.hits();
  content.body_hits = &hits;
  c.result = plan.bound->match(c.row, &content);
}

class Search {
 public:
  Search(Session& s, imap::SearchArgs args, bool uid) : s_(s), uid_(uid), plan_(std::make_shared<Plan>()) {
    plan_->args = std::move(args);
  }

  io::Task<Reply> run() {
    const imap::SearchArgs& args = plan_->args;
    if (args.bad_charset) {
      s_.box->saved = args.save ? imap::UidSet() : s_.box->saved;
      co_return no("Charset not known", "BADCHARSET (UTF-8 US-ASCII)");
    }
    if (args.program.any_modseq) s_.enable_condstore();
    auto view = co_await current_view(s_);
    if (!view) co_return from_error(view.error());
    plan_->bound =
        std::make_unique<imap::BoundSearch>(args.program, Names(*s_.account), s_.box->map.size(),
                                            s_.box->map.last_uid(), s_.box->saved, base::unix_now());
    imap::UidSet uids = candidates();
    while (!uids.empty()) {
      imap::UidSet now = take_front(uids, kScanBatch);
      auto done = co_await scan(**view, std::move(now));
      if (!done) co_return from_error(done.error());
      bool alive = co_await s_.breathe();
      if (!alive) break;
    }
    found_ = imap::UidSet(std::move(hits_));
    answer();
    co_return ok("Searched");
  }

 private:
  imap::UidSet candidates() const {
    imap::UidSet uids = s_.box->map.all().minus(s_.box->expunged);
    plan_->bound->narrow_uids(uids);
    if (s_.box->map.empty()) return uids;
    imap::UidSet seqs({{1, s_.box->map.size()}});
    plan_->bound->narrow_seqs(seqs);
    return uids.intersect(s_.box->map.uids_of(seqs));
  }

  void hit(const imap::SearchRow& row) {
    hits_.push_back({row.uid, row.uid});
    highest_ = std::max(highest_, row.modseq);
  }

  imap::SearchRow make_row(const model::SheetRow& r) const {
    imap::SearchRow row;
    row.seq = s_.box->map.seq_of(r.uid);
    row.uid = r.uid;
    row.recent = s_.tells_recent() && s_.box->recent.contains(r.uid);
    row.flags_lo = r.flags.lo;
    row.flags_hi = r.flags.hi;
    row.modseq = r.modseq;
    row.size = r.size;
    row.email = r.email;
    row.thread = r.thread;
    row.received = r.received;
    row.saved = r.saved;
    row.sent = r.sent;
    return row;
  }

  io::Task<base::Result<>> scan(View& view, imap::UidSet uids) {
    std::vector<imap::SearchRow> open;
    View::Cursor cursor(view);
    model::SheetRow r;
    for (const imap::Run& run : uids.runs()) {
      for (std::uint64_t u = run.lo; u <= run.hi; ++u) {
        if (!cursor.find(static_cast<std::uint32_t>(u), r)) continue;
        imap::SearchRow row = make_row(r);
        Match m = plan_->bound->match(row, nullptr);
        if (m == Match::yes) hit(row);
        if (m == Match::unknown) open.push_back(row);
      }
    }
    for (std::size_t at = 0; at < open.size(); at += kContentBatch) {
      std::size_t end = std::min(open.size(), at + kContentBatch);
      std::vector<imap::SearchRow> some(open.begin() + static_cast<std::ptrdiff_t>(at),
                                        open.begin() + static_cast<std::ptrdiff_t>(end));
      auto done = co_await look_at_contents(std::move(some));
      if (!done) co_return done;
      bool alive = co_await s_.breathe();
      if (!alive) break;
    }
    co_return base::Result<>{};
  }

  // First by the header cache alone, which decides nearly all; then by the messages themselves.
  io::Task<base::Result<>> look_at_contents(std::vector<imap::SearchRow> rows) {
    if (!plan_->args.program.uses_body) {
      auto decided = co_await look_at_headers(rows);
      if (!decided) co_return decided;
    }
    if (rows.empty()) co_return base::Result<>{};
    stored::Request request = request_for(rows);
    request.mutable_get_emails()->set_location(true);
    request.mutable_get_emails()->set_email(true);
    std::vector<Candidate> open;
    auto use = [&](stored::Emails& piece) {
      for (stored::EmailData& d : *piece.mutable_emails()) decide(rows, make_source(d, false), open);
      return true;
    };
    auto got = co_await s_.shared.store.emails(*s_.login, std::move(request), use);
    if (!got) co_return got;
    for (std::size_t at = 0; at < open.size(); at += kBodyBatch) {
      std::vector<Candidate> some;
      for (std::size_t i = at; i < std::min(open.size(), at + kBodyBatch); ++i)
        some.push_back(std::move(open[i]));
      auto job = [plan = plan_, bodies = s_.shared.bodies, some = std::move(some)]() mutable {
        for (Candidate& c : some) look_into(*bodies, *plan, c);
        return std::move(some);
      };
      auto looked = co_await s_.shared.daemon.loop().blocking(std::move(job));
      for (const Candidate& c : looked)
        if (c.result == Match::yes) hit(c.row);
    }
    co_return base::Result<>{};
  }

  stored::Request request_for(const std::vector<imap::SearchRow>& rows) const {
    stored::Request request;
    stored::GetEmails& get = *request.mutable_get_emails();
    get.set_mailbox(s_.box->id);
    for (const imap::SearchRow& r : rows) get.add_uids(r.uid);
    get.set_content(true);
    return request;
  }

  // Takes out of `rows` what the header cache decides.
  io::Task<base::Result<>> look_at_headers(std::vector<imap::SearchRow>& rows) {
    std::vector<imap::SearchRow> rest;
    auto use = [&](stored::Emails& piece) {
      for (const stored::EmailData& d : piece.emails()) {
        auto it = std::ranges::lower_bound(rows, d.uid(), {}, &imap::SearchRow::uid);
        if (it == rows.end() || it->uid != d.uid()) continue;
        auto header = complete_header(d.content());
        Match result = Match::unknown;
        if (header) {
          imap::MessageContent content{*header, false, nullptr};
          result = plan_->bound->match(*it, &content);
        }
        if (result == Match::yes) hit(*it);
        if (result == Match::unknown) rest.push_back(*it);
      }
      return true;
    };
    auto got = co_await s_.shared.store.emails(*s_.login, request_for(rows), use);
    rows = std::move(rest);
    co_return got;
  }

  // By the header cache where that is enough; else the message is a candidate for reading.
  void decide(const std::vector<imap::SearchRow>& rows, MessageSource m, std::vector<Candidate>& open) {
    auto it = std::ranges::lower_bound(rows, m.uid, {}, &imap::SearchRow::uid);
    if (it == rows.end() || it->uid != m.uid) return;
    if (m.has_content && m.content.header_complete()) {
      imap::MessageContent content{m.content.header(), false, nullptr};
      Match result = plan_->bound->match(*it, &content);
      if (result == Match::yes) hit(*it);
      if (result != Match::unknown) return;
    }
    if (!m.readable) return;
    std::uint64_t header = m.has_content ? m.prefix + m.content.header_size() : m.size;
    open.push_back({*it, std::move(m.location), std::min<std::uint64_t>(header, 1 << 20), Match::no});
  }

  // The hits in the numbers that the client asked for.
  imap::UidSet numbers(const imap::UidSet& uids) const {
    if (uid_) return uids;
    std::vector<imap::Run> out;
    for (const imap::Run& r : uids.runs()) {
      // Consecutive UIDs that all exist have consecutive numbers.
      out.push_back({s_.box->map.seq_of(r.lo), s_.box->map.seq_of(r.hi)});
    }
    return imap::UidSet(std::move(out));
  }

  void answer() {
    const imap::SearchArgs& args = plan_->args;
    if (args.save) save();
    imap::UidSet all = numbers(found_);
    std::string out;
    if (!args.extended && !s_.rev2) {
      out = "* SEARCH";
      for (const imap::Run& r : all.runs())
        for (std::uint64_t n = r.lo; n <= r.hi; ++n) {
          out += ' ';
          append_number(out, n);
        }
      if (args.program.any_modseq && !all.empty()) {
        out += " (MODSEQ ";
        append_number(out, highest_);
        out += ')';
      }
    } else {
      out = extended(all);
    }
    if (out.empty()) return;
    out += "\r\n";
    s_.write(std::move(out));
  }

  void save() {
    const imap::SearchArgs& args = plan_->args;
    bool ends_only = (args.min || args.max) && !args.all && !args.count && !args.partial;
    imap::UidSet kept = found_;
    if (ends_only) {
      kept = {};
      if (args.min && !found_.empty()) kept.add(found_.min());
      if (args.max && !found_.empty()) kept.add(found_.max());
    }
    s_.box->saved = std::move(kept);
  }

  std::string extended(const imap::UidSet& all) const {
    const imap::SearchArgs& args = plan_->args;
    bool plain = !args.extended;
    // SAVE alone asks for no answer.
    if (args.save && !args.min && !args.max && !args.all && !args.count && !args.partial) return {};
    std::string out = "* ESEARCH (TAG ";
    imap::append_string(out, s_.tag);
    out += ')';
    if (uid_) out += " UID";
    auto number = [&out](std::string_view name, std::uint64_t n) {
      out += name;
      append_number(out, n);
    };
    if (args.min && !all.empty()) number(" MIN ", all.min());
    if (args.max && !all.empty()) number(" MAX ", all.max());
    if (args.count) number(" COUNT ", all.count());
    if ((args.all || plain) && !all.empty()) {
      out += " ALL ";
      all.append_text(out);
    }
    if (args.partial) put_partial(out, all);
    if (args.program.any_modseq && !all.empty()) number(" MODSEQ ", highest_);
    return out;
  }

  void put_partial(std::string& out, const imap::UidSet& all) const {
    const imap::SearchArgs& args = plan_->args;
    std::uint64_t n = all.count();
    std::uint64_t lo = args.partial_lo, hi = std::min<std::uint64_t>(args.partial_hi, n);
    if (args.partial_backwards && lo <= n) {
      std::uint64_t from_end = lo;
      lo = n - hi + 1;
      hi = n - from_end + 1;
    }
    out += " PARTIAL (";
    if (args.partial_backwards) out += '-';
    append_number(out, args.partial_lo);
    out += args.partial_backwards ? ":-" : ":";
    append_number(out, args.partial_hi);
    out += ' ';
    imap::UidSet rest = all;
    if (args.partial_lo <= n && lo <= hi) {
      take_front(rest, lo - 1);
      out += take_front(rest, hi - lo + 1).text();
    } else {
      out += "NIL";
    }
    out += ')';
  }

  Session& s_;
  bool uid_;
  std::shared_ptr<Plan> plan_;
  std::vector<imap::Run> hits_;
  imap::UidSet found_;
  std::uint64_t highest_ = 0;
};

io::Task<Reply> search(Session& s, imap::SearchArgs args, bool uid) {
  Search command(s, std::move(args), uid);
  co_return co_await command.run();
}

}  // namespace

Answer run_search(Session& s, imap::SearchArgs args) {
  return search(s, std::move(args), false);
}
Answer run_uid_search(Session& s, imap::SearchArgs args) {
  return search(s, std::move(args), true);
}

}  // namespace postern::imapd
