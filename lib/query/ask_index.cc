#include "query/ask_index.h"

#include <algorithm>
#include <map>

#include "index/fields.h"
#include "index/limits.h"
#include "query/limits.h"

namespace postern::query {
namespace {

using Op = Condition::Op;
using search::Question;

// What the index takes for seen is seen.
static_assert(index::kMaxHeader == kMaxHeaderRead && index::kMaxShownHtml == kMaxReadableHtml);

index::Fields fields_of(const Condition& c) {
  using index::Field;
  bool source = c.view == Condition::View::source;
  // Words are looked for in documents, too; a part of the text only where a message has text of its own, or who reads it sees some.
  index::Fields more = c.match == Condition::Match::substring ? index::Fields{0} : index::bit(Field::document);
  if (c.op == Op::body) return source ? static_cast<index::Fields>(index::kBodySource | more) : index::kBodyText;
  if (c.op == Op::text) return source ? static_cast<index::Fields>(index::kTextSource | more) : index::kReaderText;
  static constexpr std::pair<std::string_view, Field> kApart[] = {{"from", Field::from}, {"to", Field::to}, {"cc", Field::cc},
                                                                  {"bcc", Field::bcc},   {"subject", Field::subject}};
  for (const auto& [name, field] : kApart)
    if (c.name == name) return index::bit(field);
  return index::bit(Field::header);
}

// Of a field that the index does not keep apart it can't say which one it is in.
bool is_provable(const Filter& f, const Condition& c) {
  bool apart = c.op != Op::field || fields_of(c) != index::bit(index::Field::header);
  return f.collation() == mime::Collation::unicode_casemap && apart;
}

bool is_text(const Condition& c) { return (c.op == Op::field || c.op == Op::body || c.op == Op::text) && !c.text.empty(); }

// Conditions that every match must fulfil: those that stand at the top, through lists of which all must hold.
void find_required(const Filter& f, std::int32_t at, std::vector<bool>& out) {
  const Condition& c = f.at(at);
  if (c.negated) return;
  out[static_cast<std::size_t>(at)] = true;
  if (c.op != Op::all_of) return;
  for (std::int32_t child = c.first_child; child >= 0; child = f.at(child).next) find_required(f, child, out);
}

Question question_of(const Condition& c) {
  Question q;
  q.set_fields(fields_of(c));
  q.set_how(c.match == Condition::Match::fuzzy   ? Question::FUZZY
            : c.match == Condition::Match::words ? Question::WORDS
                                                 : Question::SUBSTRING);
  q.set_text(c.match == Condition::Match::substring ? c.text : c.written);
  return q;
}

// What no look at the message would find.
bool finds_documents(const LeafQuestion& q) { return q.question.fields() & index::bit(index::Field::document); }

io::Task<base::Result<std::uint64_t>> epoch_of(Access& access) {
  if (access.epoch) co_return access.epoch;
  stored::Request request;
  request.mutable_get_account();
  auto info = co_await access.store.read(*access.login, std::move(request));
  if (!info) co_return base::pass(info);
  co_return info->account().epoch();
}

io::Task<base::Result<search::Answer>> ask(Access& access, std::uint64_t epoch, const std::vector<LeafQuestion>& questions,
                                           const std::vector<std::uint64_t>& emails) {
  search::Ask a;
  a.set_epoch(epoch);
  for (const LeafQuestion& q : questions) *a.add_questions() = q.question;
  a.set_emails(client::pack_ids(emails));
  a.set_mailbox(access.mailbox);
  auto answer = co_await access.index->ask(*access.login, std::move(a));
  co_return answer;
}

}  // namespace

std::vector<LeafQuestion> questions_of(const Filter& filter) {
  std::vector<LeafQuestion> out;
  if (filter.empty()) return out;
  std::vector<bool> required(filter.size());
  find_required(filter, filter.root(), required);
  for (std::size_t i = 0; i < filter.size() && out.size() < client::kMaxQuestions; ++i) {
    const Condition& c = filter.at(static_cast<std::int32_t>(i));
    if (is_text(c)) out.push_back({static_cast<std::int32_t>(i), question_of(c), required[i], is_provable(filter, c)});
  }
  return out;
}

std::shared_ptr<const Hints> hints_of(const std::vector<LeafQuestion>& asked, const search::Answer& answer,
                                      std::vector<std::uint64_t> known) {
  if (!answer.covered() || static_cast<std::size_t>(answer.found_size()) != asked.size()) return nullptr;
  auto incomplete = client::unpack_ids(answer.incomplete());
  if (!incomplete) return nullptr;
  std::vector<Hints::Leaf> leaves;
  std::map<std::uint64_t, float> weights;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const search::Found& found = answer.found(static_cast<int>(i));
    if (found.everything()) continue;
    auto ids = client::unpack_ids(found.ids());
    if (!ids || (found.weights_size() != 0 && static_cast<std::size_t>(found.weights_size()) != ids->size())) return nullptr;
    for (int k = 0; k < found.weights_size(); ++k) weights[(*ids)[static_cast<std::size_t>(k)]] += found.weights(k);
    bool exact = asked[i].question.how() != Question::SUBSTRING || (asked[i].provable && found.decided());
    auto open = client::unpack_ids(found.open());
    if (!open) return nullptr;
    leaves.push_back({asked[i].condition, exact, asked[i].required, IdSet(std::move(*ids)), IdSet(std::move(*open))});
  }
  std::vector<Hints::Weight> list;
  for (auto [email, weight] : weights) list.push_back({email, weight});
  return std::make_shared<Hints>(answer.modseq(), IdSet(std::move(known)), IdSet(std::move(*incomplete)), std::move(leaves),
                                 std::move(list));
}

io::Task<std::shared_ptr<const Filter>> with_hints(Access access, std::shared_ptr<const Filter> filter, Newer newer) {
  if (!access.index) co_return filter;
  // What is kept of header fields answers without leaving the process.
  if (access.keys && access.epoch && access.rows <= kMaxRowsKept && filter->is_substring() && !kept_fields(*filter).empty())
    co_return filter;
  auto questions = questions_of(*filter);
  if (questions.empty()) co_return filter;
  auto epoch = co_await epoch_of(access);
  if (!epoch) co_return filter;
  auto answer = co_await ask(access, *epoch, questions, {});
  if (!answer || !answer->covered()) co_return filter;
  // A few that may be new are looked at, where a look sees all that the index does; others are asked for by name, since flags
  // change, too.  All is asked anew then: what an index holds and what it finds must be of one revision, or a message that came
  // in between would be missed.
  std::vector<std::uint64_t> known, later = newer(answer->modseq());
  std::size_t looked_at = std::ranges::any_of(questions, finds_documents) ? 0 : kNewerLookedAt;
  if (later.size() > looked_at && later.size() <= kMaxAskedByName) {
    answer = co_await ask(access, *epoch, questions, later);
    if (!answer || !answer->covered()) co_return filter;
    auto missing = client::unpack_ids(answer->missing());
    if (missing) std::ranges::set_difference(later, *missing, std::back_inserter(known));
  }
  auto hints = hints_of(questions, *answer, std::move(known));
  if (!hints) co_return filter;
  auto out = std::make_shared<Filter>(*filter);
  out->set_hints(std::move(hints));
  co_return out;
}

}  // namespace postern::query
