#include "cmd/imapd/view.h"

#include <algorithm>

#include "cmd/imapd/session.h"
#include "query/hints.h"

namespace postern::imapd {

model::SheetRow& View::changed(std::uint32_t uid) {
  auto [it, fresh] = changed_.try_emplace(uid);
  if (!fresh) return it->second;
  std::size_t i = base_->find_uid(uid);
  if (i < base_->size()) it->second = base_->row(i);
  it->second.uid = uid;
  return it->second;
}

void View::apply(const stored::FlagsStored& done) {
  if (done.previous_modseq() > modseq_ || done.modseq() <= modseq_) return;
  each_flag_row(done, [this](const FlagRow& r) {
    model::SheetRow& row = changed(r.uid);
    row.flags = r.flags;
    row.modseq = r.modseq;
  });
  modseq_ = done.modseq();
}

void View::apply(std::uint64_t since, std::uint64_t modseq,
                 const google::protobuf::RepeatedPtrField<stored::Row>& rows) {
  if (since > modseq_ || modseq <= modseq_) return;
  for (const stored::Row& r : rows) {
    model::SheetRow& row = changed(r.uid());
    row.flags = {r.flags_lo(), r.flags_hi()};
    row.modseq = r.modseq();
    row.email = r.email();
    row.thread = r.thread();
    row.size = r.size();
    row.received = r.received();
    row.saved = r.saved();
  }
  modseq_ = modseq;
}

std::vector<std::uint64_t> View::newer_than(std::uint64_t modseq) const {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < base_->size(); ++i)
    if (query::hinted_modseq(base_->flags(i), base_->modseq[i]) > modseq) out.push_back(base_->email[i]);
  for (const auto& [uid, row] : changed_)
    if (query::hinted_modseq(row.flags, row.modseq) > modseq) out.push_back(row.email);
  std::ranges::sort(out);
  auto twice = std::ranges::unique(out);
  out.erase(twice.begin(), twice.end());
  return out;
}

imap::UidSet View::uids_where(const std::function<bool(std::uint64_t email, std::uint64_t modseq)>& may) const {
  std::vector<imap::Run> out;
  for (std::size_t i = 0; i < base_->size(); ++i)
    if (may(base_->email[i], query::hinted_modseq(base_->flags(i), base_->modseq[i]))) out.push_back({base_->uid[i], base_->uid[i]});
  // What is known better by now, whatever the sheet said.
  for (const auto& [uid, row] : changed_) out.push_back({uid, uid});
  return imap::UidSet(std::move(out));
}

bool View::Cursor::find(std::uint32_t uid, model::SheetRow& row) {
  if (!view_.changed_.empty()) {
    auto it = view_.changed_.find(uid);
    if (it != view_.changed_.end()) {
      row = it->second;
      return true;
    }
  }
  const auto& uids = view_.base_->uid;
  // The next row as a rule; else a search.
  if (at_ >= uids.size() || uids[at_] != uid) at_ = view_.base_->find_uid(uid);
  if (at_ >= uids.size()) return false;
  row = view_.base_->row(at_);
  ++at_;
  return true;
}

std::shared_ptr<View> Views::find(const Key& key) {
  auto it = index_.find(key);
  if (it == index_.end()) return nullptr;
  order_.splice(order_.begin(), order_, it->second);
  return it->second->view;
}

void Views::drop(const Key& key) {
  auto it = index_.find(key);
  if (it == index_.end()) return;
  rows_ -= it->second->view->size();
  order_.erase(it->second);
  index_.erase(it);
}

void Views::keep(const Key& key, std::shared_ptr<View> view) {
  drop(key);
  rows_ += view->size();
  order_.push_front({key, std::move(view)});
  index_[key] = order_.begin();
  while (order_.size() > 1 && (order_.size() > kMaxViews || rows_ > kMaxRows)) {
    Key last = order_.back().key;
    drop(last);
  }
}

io::Task<base::Result<std::shared_ptr<View>>> current_view(Session& s) {
  std::uint32_t id = s.box->id;
  std::shared_ptr<View> view = s.shared.views.find(s.view_key());
  if (view && view->modseq() >= s.box->modseq && !s.box->changed()) co_return view;
  if (view) {
    stored::Request request;
    request.mutable_get_delta()->set_mailbox(id);
    request.mutable_get_delta()->set_since(view->modseq());
    std::size_t known = s.account->keywords.size();
    request.mutable_get_delta()->set_known_keywords(static_cast<std::uint32_t>(known));
    std::uint64_t since = view->modseq();
    auto reply = co_await s.shared.store.read(*s.login, std::move(request));
    if (!reply) co_return base::pass(reply);
    const stored::Delta& delta = reply->delta();
    if (!delta.too_old() && !delta.too_large() && !delta.gone()) {
      s.account->learn(known, delta.new_keywords());
      view->apply(since, delta.modseq(), delta.rows());
      if (view->worn()) s.shared.views.drop(s.view_key());
      co_return view;
    }
  }
  auto sheet = co_await s.shared.store.sheet(*s.login, id, s.box->viewer != 0);
  if (!sheet) co_return base::pass(sheet);
  s.account->learn(0, sheet->keywords);
  view = std::make_shared<View>(std::move(*sheet));
  s.shared.views.keep(s.view_key(), view);
  co_return view;
}

}  // namespace postern::imapd
