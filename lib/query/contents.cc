#include "query/contents.h"

#include <algorithm>
#include <span>

#include "base/codec.h"
#include "query/body_matcher.h"
#include "query/header_match.h"
#include "query/key_cache.h"
#include "query/limits.h"

namespace postern::query {

namespace {

using base::Result;

// A message that a worker has to look into.
struct Candidate {
  std::size_t index = 0;
  Row row;
  std::string location;
  std::uint64_t header = 0;  // bytes of the header block, with what delivery put before it
  bool has_attachment = false;
  bool matches = false;
};

void look_into(const Bodies& bodies, const Filter& filter, Candidate& c) {
  auto header = bodies.read(c.location, 0, c.header);
  if (!header) return;
  Content content{Content::Header::whole, *header, c.has_attachment, nullptr};
  Truth t = evaluate(filter, c.row, &content);
  c.matches = t == Truth::yes;
  if (t != Truth::unknown) return;
  BodyMatcher matcher(filter);
  auto read = bodies.stream(c.location, [&](std::string_view chunk) { return matcher.feed(chunk); });
  if (!read) return;
  for (const BodyMatcher::Range& r : matcher.finish()) {
    auto block = bodies.read(c.location, r.begin, std::min(r.end - r.begin, kMaxHeaderRead));
    if (block) matcher.header(*block);
  }
  std::vector<bool> hits = matcher.hits();
  content.hits = &hits;
  c.matches = evaluate(filter, c.row, &content) == Truth::yes;
}

// Rows [from, to) of a list, asked for in one call, found again as their contents come.
class Batch {
 public:
  Batch(const Access& access, const std::vector<Row>& rows, std::span<const std::size_t> wanted)
      : by_uid_(access.mailbox != 0), rows_(rows), wanted_(wanted) {
    stored::GetEmails& get = *request_.mutable_get_emails();
    get.set_mailbox(access.mailbox);
    get.set_content(true);
    for (std::size_t i : wanted) {
      if (by_uid_) {
        get.add_uids(rows[i].uid);
      } else {
        get.add_ids(rows[i].email);
      }
    }
  }
  stored::Request& request() { return request_; }
  // The index of the row that `d` is of; rows.size() for none.
  std::size_t find(const stored::EmailData& d) const { return find(by_uid_ ? d.uid() : d.id()); }
  // Likewise by UID, or by email id where the rows are of no mailbox.
  std::size_t find(std::uint64_t wanted) const {
    auto key = [this](std::size_t i) { return by_uid_ ? rows_[i].uid : rows_[i].email; };
    auto it = std::ranges::lower_bound(wanted_, wanted, {}, key);
    return it != wanted_.end() && key(*it) == wanted ? *it : rows_.size();
  }

 private:
  bool by_uid_;
  const std::vector<Row>& rows_;
  std::span<const std::size_t> wanted_;
  stored::Request request_;
};

// Hands the header caches of a batch to `use`, by index; what is left out has none that can be read.
io::Task<Result<>> read_headers(Access& access, Batch& batch, std::size_t none, std::function<void(std::size_t, const StoredContent&)> use) {
  batch.request().mutable_get_emails()->clear_content();
  batch.request().mutable_get_emails()->set_header(true);
  auto take = [&](stored::Emails& piece) {
    base::Reader in(piece.headers());
    while (!in.at_end()) {
      std::size_t i = batch.find(in.varint());
      StoredContent header = read_stored_content(in.bytes());
      if (!in.ok()) return false;
      if (i < none) use(i, header);
    }
    return true;
  };
  auto got = co_await access.store.emails(*access.login, std::move(batch.request()), take);
  co_return got;
}

class Decision {
 public:
  Decision(Access access, std::shared_ptr<const Filter> filter, std::vector<Row> rows)
      : access_(std::move(access)), filter_(std::move(filter)), rows_(std::move(rows)) {}

  io::Task<Result<std::vector<std::size_t>>> run() {
    std::vector<std::size_t> open(rows_.size());
    for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
    auto fields = kept_fields(*filter_);
    if (access_.keys && access_.epoch && !fields.empty()) {
      auto done = co_await by_fields(fields, open);
      if (!done) co_return base::pass(done);
    }
    for (std::size_t at = 0; at < open.size(); at += kContentsAtOnce) {
      auto some = std::span(open).subspan(at, std::min(kContentsAtOnce, open.size() - at));
      std::vector<std::size_t> rest(some.begin(), some.end());
      // The header cache alone decides nearly all, but conditions on the body want to know where that is.
      if (!filter_->uses_body()) {
        auto done = co_await by_header(rest);
        if (!done) co_return base::pass(done);
      }
      auto done = co_await by_body(std::move(rest));
      if (!done) co_return base::pass(done);
      bool go_on = co_await access_.pause();
      if (!go_on) break;
    }
    std::ranges::sort(matches_);
    co_return std::move(matches_);
  }

 private:
  // Takes out of `open` what the fields that the filter names decide.
  io::Task<Result<>> by_fields(const std::vector<FieldForm>& fields, std::vector<std::size_t>& open) {
    auto columns = co_await field_columns(access_, filter_->collation(), fields, rows_);
    if (!columns) co_return base::pass(columns);
    std::vector<std::size_t> rest;
    std::vector<KeptField> made;
    for (const FieldForm& f : fields) made.push_back({&f, {}});
    for (std::size_t n = 0; std::size_t i : open) {
      if (++n % kHeadersAtOnce == 0) {
        bool go_on = co_await access_.pause();
        if (!go_on) break;
      }
      bool all = find_all(*columns, rows_[i].email, made);
      Content content{.header_kind = Content::Header::kept, .fields = made};
      Truth t = all ? evaluate(*filter_, rows_[i], &content) : Truth::unknown;
      if (t == Truth::yes) matches_.push_back(i);
      if (t == Truth::unknown) rest.push_back(i);
    }
    open = std::move(rest);
    co_return Result<>{};
  }

  static bool find_all(const std::vector<std::shared_ptr<KeyColumn>>& columns, std::uint64_t email,
                       std::vector<KeptField>& made) {
    for (std::size_t k = 0; k < columns.size(); ++k) {
      auto found = columns[k]->find(email);
      if (!found) return false;
      made[k].made = *found;
    }
    return true;
  }

  // Takes out of `open` what the header caches decide.
  io::Task<Result<>> by_header(std::vector<std::size_t>& open) {
    Batch batch(access_, rows_, open);
    std::vector<bool> decided(rows_.size());
    auto use = [&](std::size_t i, const StoredContent& header) { decided[i] = test(i, header) != Truth::unknown; };
    auto got = co_await read_headers(access_, batch, rows_.size(), use);
    std::erase_if(open, [&](std::size_t i) { return decided[i]; });
    co_return got;
  }

  io::Task<Result<>> by_body(std::vector<std::size_t> open) {
    if (open.empty()) co_return Result<>{};
    Batch batch(access_, rows_, open);
    batch.request().mutable_get_emails()->set_email(true);
    batch.request().mutable_get_emails()->set_location(true);
    std::vector<Candidate> candidates;
    auto use = [&](stored::Emails& piece) {
      for (stored::EmailData& d : *piece.mutable_emails()) {
        std::size_t i = batch.find(d);
        if (i != rows_.size()) consider(i, d, candidates);
      }
      return true;
    };
    auto got = co_await access_.store.emails(*access_.login, std::move(batch.request()), use);
    if (!got) co_return got;
    for (std::size_t at = 0; at < candidates.size(); at += kBodiesAtOnce) {
      std::vector<Candidate> some;
      for (std::size_t i = at; i < std::min(candidates.size(), at + kBodiesAtOnce); ++i)
        some.push_back(std::move(candidates[i]));
      // The job may outlive this: it owns what it looks at.
      auto job = [bodies = access_.bodies, filter = filter_, keep = access_.keep, some = std::move(some)]() mutable {
        for (Candidate& c : some) look_into(*bodies, *filter, c);
        return std::move(some);
      };
      auto looked = co_await access_.loop.blocking(std::move(job));
      for (const Candidate& c : looked)
        if (c.matches) matches_.push_back(c.index);
    }
    co_return Result<>{};
  }

  Truth test(std::size_t i, const StoredContent& stored) {
    Content content = stored.content();
    Truth t = evaluate(*filter_, rows_[i], &content);
    if (t == Truth::yes) matches_.push_back(i);
    return t;
  }

  void consider(std::size_t i, stored::EmailData& d, std::vector<Candidate>& candidates) {
    StoredContent stored = read_stored_content(d.content());
    if (test(i, stored) != Truth::unknown || d.location().empty()) return;
    std::uint64_t header = stored.good ? d.email().prefix_size() + stored.header_size : kMaxHeaderRead;
    candidates.push_back({i, rows_[i], std::move(*d.mutable_location()), std::min(header, kMaxHeaderRead),
                          stored.has_attachment, false});
  }

  Access access_;
  std::shared_ptr<const Filter> filter_;
  std::vector<Row> rows_;
  std::vector<std::size_t> matches_;
};

}  // namespace

std::vector<FieldForm> kept_fields(const Filter& filter) {
  if (filter.uses_body() || filter.uses(Condition::Op::attachment)) return {};
  auto fields = filter.fields();
  bool decide = fields.size() <= kMaxFieldsKept && std::ranges::all_of(fields, cache_decides, &FieldForm::name);
  return decide ? std::move(fields) : std::vector<FieldForm>();
}

io::Task<Result<std::vector<std::size_t>>> decide(Access access, std::shared_ptr<const Filter> filter,
                                                  std::vector<Row> open) {
  Decision d(std::move(access), std::move(filter), std::move(open));
  auto out = co_await d.run();
  co_return out;
}

io::Task<Result<>> for_each_content(Access access, const std::vector<Row>& rows,
                                    std::function<void(std::size_t, const StoredContent&)> use, bool with_ids) {
  for (std::size_t at = 0; at < rows.size(); at += kContentsAtOnce) {
    std::vector<std::size_t> some;
    for (std::size_t i = at; i < std::min(rows.size(), at + kContentsAtOnce); ++i) some.push_back(i);
    Batch batch(access, rows, some);
    auto take = [&](stored::Emails& piece) {
      for (const stored::EmailData& d : piece.emails()) {
        std::size_t i = batch.find(d);
        if (i != rows.size()) use(i, read_stored_content(d.content(), with_ids));
      }
      return true;
    };
    auto got = co_await access.store.emails(*access.login, std::move(batch.request()), take);
    if (!got) co_return got;
    bool go_on = co_await access.pause();
    if (!go_on) break;
  }
  co_return Result<>{};
}

io::Task<Result<>> for_each_header(Access access, const std::vector<Row>& rows,
                                   std::function<void(std::size_t, const StoredContent&)> use) {
  for (std::size_t at = 0; at < rows.size(); at += kHeadersAtOnce) {
    std::vector<std::size_t> some;
    for (std::size_t i = at; i < std::min(rows.size(), at + kHeadersAtOnce); ++i) some.push_back(i);
    Batch batch(access, rows, some);
    auto got = co_await read_headers(access, batch, rows.size(), use);
    if (!got) co_return got;
    bool go_on = co_await access.pause();
    if (!go_on) break;
  }
  co_return Result<>{};
}

}  // namespace postern::query
