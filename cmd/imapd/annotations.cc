#include "cmd/imapd/annotations.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "cmd/imapd/uid_batches.h"
#include "imap/writer.h"
#include "model/annotation.h"
#include "mime/collation.h"

namespace postern::imapd {

using Query = imap::AnnotationQuery;

namespace {

constexpr std::uint64_t kAtOnce = 200;  // messages whose annotations are asked for together

const stored::Annotation* find(const std::vector<stored::Annotation>& found, std::string_view entry, bool shared) {
  auto it = std::ranges::find_if(
      found, [&](const auto& a) { return !a.remove() && a.shared() == shared && a.entry() == entry; });
  return it == found.end() ? nullptr : &*it;
}

void put_entry(std::string& out, std::string_view entry, unsigned attributes,
               const std::vector<stored::Annotation>& found, bool utf8) {
  out += out.empty() ? "(" : " ";
  imap::append_astring(out, entry);
  out += " (";
  auto attribute = [&](unsigned bit, std::string_view name, bool shared, bool size) {
    if (!(attributes & bit)) return;
    if (out.back() != '(') out += ' ';
    out += name;
    const stored::Annotation* a = find(found, entry, shared);
    if (size) {
      imap::append_string(out, std::to_string(a ? a->value().size() : 0));
    } else if (a) {
      imap::append_value(out, a->value(), utf8);
    } else {
      out += "NIL";
    }
  };
  attribute(Query::value_priv, "value.priv ", false, false);
  attribute(Query::value_shared, "value.shared ", true, false);
  attribute(Query::size_priv, "size.priv ", false, true);
  attribute(Query::size_shared, "size.shared ", true, true);
  out += ')';
}

// Calls `use` with the annotations of each message that is still there.
io::Task<base::Result<>> for_each(Session& s, std::shared_ptr<client::Login> login, std::uint32_t mailbox,
                                  imap::UidSet uids, std::function<void(const stored::EmailData&)> use) {
  while (!uids.empty()) {
    imap::UidSet now = take_front(uids, kAtOnce);
    stored::Request request;
    stored::GetEmails& get = *request.mutable_get_emails();
    get.set_mailbox(mailbox);
    get.set_annotations(true);
    for (const imap::Run& r : now.runs())
      for (std::uint64_t u = r.lo; u <= r.hi; ++u) get.add_uids(static_cast<std::uint32_t>(u));
    std::function<bool(stored::Emails&)> take = [&use](stored::Emails& piece) {
      for (const stored::EmailData& d : piece.emails()) use(d);
      return true;
    };
    auto got = co_await s.shared.store.emails(*login, std::move(request), take);
    if (!got) co_return got;
    bool alive = co_await s.breathe();
    if (!alive) break;
  }
  co_return base::Result<>{};
}

bool is_wanted(const stored::Annotation& a, unsigned attributes) {
  return !a.remove() && attributes & (a.shared() ? Query::value_shared : Query::value_priv);
}

}  // namespace

std::string annotation_text(const Query& query, const std::vector<stored::Annotation>& found, bool utf8) {
  std::string out;
  std::set<std::string_view> done;
  for (const std::string& pattern : query.patterns) {
    if (model::valid_annotation(pattern)) {
      if (done.insert(pattern).second) put_entry(out, pattern, query.attributes, found, utf8);
      continue;
    }
    for (const stored::Annotation& a : found)
      if (!a.remove() && model::annotation_matches(pattern, a.entry()) && done.insert(a.entry()).second)
        put_entry(out, a.entry(), query.attributes, found, utf8);
  }
  if (!out.empty()) out += ')';
  return out;
}

void fill_annotations(google::protobuf::RepeatedPtrField<stored::Annotation>& out,
                      const std::vector<imap::AnnotationValue>& values) {
  for (const imap::AnnotationValue& v : values) {
    auto& one = *out.Add();
    one.set_entry(v.entry);
    one.set_value(v.value);
    one.set_shared(v.shared);
    one.set_remove(v.nil);
  }
}

std::optional<Reply> refuse_annotations(const std::vector<imap::AnnotationValue>& values) {
  bool big = std::ranges::any_of(values, [](const auto& v) { return v.value.size() > model::kMaxAnnotationValue; });
  if (big) return no("The value is too long", "ANNOTATE TOOBIG");
  return std::nullopt;
}

io::Task<void> tell_annotations(Session& s, imap::UidSet uids, std::uint64_t since) {
  auto tell = [&s, since](const stored::EmailData& d) {
    if (!s.box || !s.box->map.contains(d.uid())) return;
    std::set<std::string_view> names;
    for (const stored::Annotation& a : d.annotations())
      if (a.modseq() > since) names.insert(a.entry());
    if (names.empty()) return;
    std::string out;
    s.begin_fetch(out, d.uid());
    if (!s.uidonly) {
      out += "UID ";
      imap::append_number(out, d.uid());
      out += ' ';
    }
    out += "ANNOTATION";
    char before = '(';
    for (std::string_view name : names) {
      if (before == '(') out += ' ';
      out += before;
      before = ' ';
      imap::append_astring(out, name);
    }
    s.write(out + "))\r\n");
  };
  auto told = co_await for_each(s, s.login, s.box->id, std::move(uids), tell);
  (void)told;  // what is missed shows in MODSEQ
}

io::Task<base::Result<>> find_annotated(Session& s, const imap::SearchProgram& program, const Scope& scope,
                                        query::Filter& filter) {
  if (program.annotations.empty()) co_return base::Result<>{};
  std::vector<std::vector<imap::Run>> hits(program.annotations.size());
  std::vector<std::string> needles;
  for (const auto& use : program.annotations) needles.push_back(mime::match_key(s.collation, use.text));
  auto look = [&](const stored::EmailData& d) {
    for (std::size_t i = 0; i < hits.size(); ++i) {
      const imap::SearchProgram::AnnotationUse& use = program.annotations[i];
      bool hit = std::ranges::any_of(d.annotations(), [&](const stored::Annotation& a) {
        return is_wanted(a, use.attributes) && model::annotation_matches(use.pattern, a.entry()) &&
               mime::match_key(s.collation, a.value()).find(needles[i]) != std::string::npos;
      });
      if (hit) hits[i].push_back({d.uid(), d.uid()});
    }
  };
  auto done = co_await for_each(s, scope.login, scope.mailbox, scope.uids, look);
  if (!done) co_return done;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    imap::UidSet uids(std::move(hits[i]));
    for (const imap::Run& r : uids.runs()) filter.at(program.annotations[i].condition).spans.push_back({r.lo, r.hi});
  }
  co_return base::Result<>{};
}

io::Task<base::Result<query::GivenKeys>> annotation_keys(Session& s, const Scope& scope, const query::Order& order,
                                                         const std::vector<query::Row>& rows) {
  query::GivenKeys out;
  std::vector<imap::Run> runs;
  std::unordered_map<std::uint32_t, std::size_t> at;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    runs.push_back({rows[i].uid, rows[i].uid});
    at[rows[i].uid] = i;
  }
  auto take = [&](const stored::EmailData& d) {
    auto row = at.find(d.uid());
    if (row == at.end()) return;
    for (std::size_t c = 0; c < order.by.size(); ++c)
      for (const stored::Annotation& a : d.annotations())
        if (order.by[c].key == query::Comparator::Key::given && !a.remove() && a.entry() == order.by[c].name &&
            a.shared() == order.by[c].shared)
          out[{c, row->second}] = mime::sort_key(order.by[c].collation, a.value());
  };
  imap::UidSet uids(std::move(runs));
  auto done = co_await for_each(s, scope.login, scope.mailbox, std::move(uids), take);
  if (!done) co_return base::pass(done);
  co_return std::move(out);
}

}  // namespace postern::imapd
