// Committing: the one way from a Txn to the engine.
#include <algorithm>
#include <array>

#include "base/system.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

void add_result(Txn& txn, Call& call, const ResultSlots::Acknowledged& known) {
  const auto& r = call.request;
  if (!r.client() || !r.sequence()) return;
  txn.store_result({r.client(), r.sequence()}, known, kept_result(call.reply));
}

}  // namespace

Result<> Store::commit(Txn& txn, Call& call, kv::Batch* extra) {
  bool more = extra && !extra->empty();
  if (txn.empty() && !more) return {};
  bool visible = txn.account().rec.modseq() == txn.modseq();
  add_result(txn, call, acknowledged_);
  base::kill_point("commit.before");
  std::array<kv::AccountBatch, 2> both{{{0, extra}, {txn.account().id, &txn.batch()}}};
  auto receipt = more ? engine_.commit_many(both) : engine_.commit(txn.account().id, txn.batch());
  if (!receipt) return pass(receipt);
  for (auto& b : both)
    if (b.refused) return std::unexpected(*b.refused);
  txn.committed(*receipt);
  base::kill_point("commit.after");
  ++stats_.commits;
  call.receipt = std::max(call.receipt, *receipt);
  if (visible) call.changed.push_back({txn.account().id, txn.modseq()});
  // What is kept of deleted mail is capped at one quota now, not at the next round over all accounts.
  const auto& a = txn.account().rec;
  if (a.quota_bytes() && a.deleted_bytes() > a.quota_bytes()) queue_work(txn.account().id);
  return {};
}

Result<std::vector<std::optional<base::Error>>> Store::commit_many(std::vector<Txn*>& txns, Call& call,
                                                                   kv::Batch& extra) {
  std::vector<kv::AccountBatch> all;
  if (!extra.empty()) all.push_back({0, &extra});
  std::size_t first = all.size();
  for (Txn* t : txns) all.push_back({t->account().id, &t->batch()});
  std::vector<std::optional<base::Error>> refused(txns.size());
  if (all.empty()) return refused;
  base::kill_point("commit.before");
  auto receipt = engine_.commit_many(all);
  if (!receipt) return pass(receipt);
  base::kill_point("commit.after");
  if (first && all[0].refused) return std::unexpected(*all[0].refused);
  for (std::size_t i = 0; i < txns.size(); ++i) {
    refused[i] = all[first + i].refused;
    if (refused[i]) continue;
    txns[i]->committed(*receipt);
    call.changed.push_back({txns[i]->account().id, txns[i]->modseq()});
  }
  ++stats_.commits;
  call.receipt = std::max(call.receipt, *receipt);
  return refused;
}

Result<> Store::commit_quiet(AccountState& account, kv::Batch& batch, Call& call, kv::Batch* extra) {
  std::array<kv::AccountBatch, 2> both{{{0, extra}, {account.id, &batch}}};
  bool more = extra && !extra->empty();
  if (batch.empty() && !more) return {};
  base::kill_point("commit.before");
  auto receipt = more ? engine_.commit_many(both) : engine_.commit(account.id, batch);
  if (!receipt) return pass(receipt);
  for (auto& b : both)
    if (b.refused) return std::unexpected(*b.refused);
  base::kill_point("commit.after");
  ++stats_.commits;
  account.last = std::max(account.last, *receipt);
  call.receipt = std::max(call.receipt, *receipt);
  return {};
}

}  // namespace postern::store
