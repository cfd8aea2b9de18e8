// ESEARCH: a search in several mailboxes.  RFC 7377.
#include <algorithm>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/contexts.h"
#include "cmd/imapd/mailbox_choice.h"
#include "cmd/imapd/search.h"
#include "cmd/imapd/search_answer.h"

namespace postern::imapd {

namespace {

constexpr std::size_t kMaxSearched = 10'000;  // mailboxes of one command

struct Target {
  std::uint32_t id = 0, uidvalidity = 0;
  std::string name;
  std::shared_ptr<client::Login> login;
  std::shared_ptr<Account> account;
};

class Esearch {
 public:
  Esearch(Session& s, imap::EsearchArgs args) : s_(s), args_(std::move(args)), ret_(args_.search.ret) {
    if (!args_.sources_given) args_.sources.emplace_back();
    for (const imap::MailboxFilter& f : args_.sources) selected_ = selected_ || f.is_selected();
    only_selected_ = std::ranges::all_of(args_.sources, &imap::MailboxFilter::is_selected);
    // RFC 7377 2.1: the answer is always that of ESEARCH, ALL where nothing else was asked for.
    ret_.all = ret_.all || !ret_.given;
  }

  io::Task<Reply> run() {
    for (const imap::MailboxFilter& f : args_.sources)
      if (f.kind == imap::MailboxFilter::Kind::selected_delayed) co_return bad("SELECTED-DELAYED is for NOTIFY");
    if (selected_ && !s_.box) co_return bad("Select a mailbox first");
    if (ret_.save && !only_selected_) co_return bad("SAVE is for the selected mailbox alone");
    if (ret_.update && !s_.box) co_return bad("UPDATE needs a selected mailbox");
    if (args_.search.program.uses_saved_result && !s_.box) co_return bad("Nothing has been saved");
    if (ret_.update && Contexts::of(s_).has(s_.tag)) co_return bad("Tag reuse");
    auto refused = co_await prepare(s_, args_.search);
    if (refused) co_return std::move(*refused);
    ret_.update = args_.search.ret.update;
    auto targets = co_await find_targets();
    if (!targets) co_return from_error(targets.error());
    if (targets->size() > kMaxSearched) co_return no("Too many mailboxes to search", "LIMIT");
    for (Target& t : *targets) {
      auto done = co_await search(t);
      // One that was deleted meanwhile has no answer.
      if (!done && done.error().code != "NOT_FOUND" && done.error().code != "DENIED") co_return from_error(done.error());
      bool alive = co_await s_.breathe();
      if (!alive) break;
    }
    co_return ok("Searched");
  }

 private:
  io::Task<base::Result<std::vector<Target>>> find_targets() {
    std::vector<Target> out;
    if (selected_) out.push_back({s_.box->id, s_.box->uidvalidity, s_.box->name, s_.login, s_.account});
    if (only_selected_) co_return std::move(out);
    std::vector<MailboxChoice> choices;
    for (const imap::MailboxFilter& f : args_.sources) choices.push_back(choose(s_, f));
    auto list = co_await MailboxList::load_all(s_);
    if (!list) co_return base::pass(list);
    for (const Mailbox& m : list->all()) {
      if ((selected_ && m.is_selected(s_)) || !m.listed() || !(m.rights & model::kRead)) continue;
      if (std::ranges::any_of(choices, [&m](const MailboxChoice& c) { return c.has(m); }))
        out.push_back({m.record.id(), m.record.uidvalidity(), m.name, m.login, m.account});
    }
    co_return std::move(out);
  }

  io::Task<base::Result<>> search(const Target& t) {
    bool here = s_.box && t.account == s_.account && t.id == s_.box->id;
    auto scope = here ? co_await selected_scope(s_) : co_await other_scope(s_, t.id, t.login, t.account);
    if (!scope) co_return base::pass(scope);
    auto bound = co_await bind(s_, args_.search.program, *scope);
    if (!bound) co_return base::pass(bound);
    auto filter = std::move(*bound);
    filter = co_await ask_index(s_, *scope, filter);
    auto found = co_await find_uids(s_, *scope, filter);
    if (!found) co_return base::pass(found);
    if (ret_.save) s_.box->saved = to_save(ret_, FoundList(found->uids));
    if (!found->uids.empty() && ret_.asks_for_data()) {
      EsearchHead head{t.name, t.uidvalidity, true};
      std::uint64_t modseq = 0;
      if (args_.search.program.any_modseq)
        modseq = told_modseq(ret_, *scope->view, found->uids.min(), found->uids.max(), found->highest);
      FoundList list(found->uids);
      list.scores = found->scores;
      std::string out = esearch_line(s_, head, ret_, list, modseq);
      out += "\r\n";
      s_.write(std::move(out));
    }
    if (here && ret_.update) Contexts::of(s_).add_search(s_, ret_, true, *scope, filter, std::move(found->uids));
    co_return base::Result<>{};
  }

  Session& s_;
  imap::EsearchArgs args_;
  imap::SearchReturn ret_;
  bool selected_ = false, only_selected_ = false;
};

}  // namespace

Answer run_esearch(Session& s, imap::EsearchArgs args) {
  bool save = args.search.ret.save;
  Esearch command(s, std::move(args));
  Reply reply = co_await command.run();
  if (save) forget_saved(s, reply);
  co_return reply;
}

}  // namespace postern::imapd
