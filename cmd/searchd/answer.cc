#include "cmd/searchd/answer.h"

#include <algorithm>

#include "base/system.h"
#include "client/search_client.h"
#include "cmd/searchd/limits.h"
#include "index/question.h"

namespace postern::searchd {
namespace {

using base::fail;
using base::Fault;
using base::Result;
using index::Question;

Question question_of(const search::Question& q) {
  using How = search::Question;
  return {q.how() == How::WORDS ? Question::How::words : q.how() == How::FUZZY ? Question::How::fuzzy : Question::How::substring,
          static_cast<index::Fields>(q.fields()), q.text()};
}

// One revision: whatever fails fails all.
class Answering {
 public:
  Answering(index::Reader& reader, const search::Ask& ask, const index::Ids* only) : reader_(reader), ask_(ask), only_(only) {}

  Result<search::Answer> run() {
    search::Answer out;
    if (reader_.covered().epoch != ask_.epoch()) return out;
    out.set_covered(true);
    out.set_modseq(reader_.covered().modseq);
    for (const search::Question& q : ask_.questions())
      if (auto ok = add(q, *out.add_found()); !ok) return pass(ok);
    auto incomplete = reader_.incomplete();
    if (!incomplete) return pass(incomplete);
    // Without room for this list the rest says nothing.
    restrict(*incomplete);
    if (!put(*incomplete, *out.mutable_incomplete())) return search::Answer();
    auto emails = client::unpack_ids(ask_.emails());
    if (!emails) return pass(emails);
    if (emails->empty()) return out;
    auto missing = missing_of(*emails);
    if (!missing) return pass(missing);
    if (!put(*missing, *out.mutable_missing())) out.set_missing(ask_.emails());
    return out;
  }

 private:
  // What may not be told of is as if it were not there.
  void restrict(index::Ids& ids) const {
    if (!only_) return;
    index::Ids kept;
    std::ranges::set_intersection(ids, *only_, std::back_inserter(kept));
    ids = std::move(kept);
  }

  Result<index::Ids> missing_of(const index::Ids& emails) {
    index::Ids told = emails, out;
    restrict(told);
    auto missing = reader_.missing(told);
    if (!missing) return missing;
    std::ranges::set_difference(emails, told, std::back_inserter(out));
    out.insert(out.end(), missing->begin(), missing->end());
    std::ranges::sort(out);
    return out;
  }

  Result<> add(const search::Question& q, search::Found& out) {
    if (base::monotonic_ms() > end_) return out.set_everything(true), Result<>{};
    auto found = index::ask(reader_, question_of(q));
    if (!found) return pass(found);
    restrict(found->ids);
    restrict(found->open);
    if (only_) found->weights.clear();
    out.set_everything(found->everything || !put(found->ids, *out.mutable_ids()));
    if (!out.everything()) out.mutable_weights()->Add(found->weights.begin(), found->weights.end());
    out.set_decided(found->decided && !out.everything() && put(found->open, *out.mutable_open()));
    bytes_ += found->weights.size() * sizeof(float);
    return {};
  }

  // False: too much.
  bool put(const index::Ids& ids, std::string& out) {
    std::string packed = client::pack_ids(ids);
    if (bytes_ + packed.size() > kMaxAnswerBytes) return false;
    bytes_ += packed.size();
    out = std::move(packed);
    return true;
  }

  index::Reader& reader_;
  const search::Ask& ask_;
  const index::Ids* only_;
  std::uint64_t end_ = base::monotonic_ms() + kPatienceMs;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<> checked(const search::Ask& ask) {
  auto invalid = [](const char* what) { return fail(Fault::permanent, what, "INVALID"); };
  if (static_cast<std::size_t>(ask.questions_size()) > client::kMaxQuestions) return invalid("more than 64 questions");
  for (const search::Question& q : ask.questions()) {
    if (q.text().empty() || q.text().size() > kMaxQuestionText) return invalid("a question's text is empty or longer than 64 KB");
    if (q.fields() == 0 || q.fields() >= 1u << index::kFieldCount) return invalid("a question is about no field");
  }
  return {};
}

Answered ask_twice(const std::string& folder, std::unique_ptr<index::Reader> reader, const AskReader& ask) {
  Answered out;
  base::Error error;
  // The writer may have gone on meanwhile, or exchanged the folder: each is tried again once.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (reader) {
      auto fresh = reader->refresh();
      if (!fresh) reader.reset();
    }
    if (!reader) {
      auto opened = index::Reader::open(folder);
      if (!opened) {
        error = opened.error();
        break;
      }
      reader = std::move(*opened);
    }
    auto answered = ask(*reader);
    if (answered) {
      out.answer = std::move(*answered);
      out.reader = std::move(reader);
      return out;
    }
    error = answered.error();
    if (error.code != "MODIFIED") reader.reset();
  }
  if (error.code != "NOT_FOUND") out.trouble = error.what;
  out.damaged = error.code == "REBUILD";
  return out;
}

Answered answer(const std::string& folder, std::unique_ptr<index::Reader> reader, const search::Ask& ask, const index::Ids* only) {
  return ask_twice(folder, std::move(reader), [&](index::Reader& r) { return Answering(r, ask, only).run(); });
}

}  // namespace postern::searchd
