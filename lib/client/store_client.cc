#include "client/store_client.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "ipc/typed.h"

namespace postern::client {

using base::Fault;
using base::Result;

inline constexpr const char* kProtocol = "stored/1";

namespace {

base::Error to_error(const stored::Error& e) {
  Fault f = e.temporary() ? Fault::temporary : e.code() == "LIMIT" ? Fault::limit : e.code() == "CORRUPT" ? Fault::corrupt : Fault::permanent;
  return {f, e.what(), e.code()};
}

// A write is under way until its answer has come: what is below the oldest one may be forgotten by stored.
struct InFlight {
  std::set<std::uint64_t>& all;
  std::uint64_t sequence;
  InFlight(std::set<std::uint64_t>& a, std::uint64_t s) : all(a), sequence(s) { all.insert(s); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() { all.erase(sequence); }
};

}  // namespace

// Of those who watch, the next by name: each is tried once.
std::shared_ptr<Login> StoreClient::next_login(const std::vector<Watch*>& watches, const std::string& after) {
  std::shared_ptr<Login> best;
  for (Watch* w : watches)
    if (w->login_->name() > after && (!best || w->login_->name() < best->name())) best = w->login_;
  return best;
}

Watch::Watch(StoreClient& store, std::shared_ptr<Login> login, std::uint64_t account, std::uint64_t modseq, Changed changed)
    : store_(store), login_(std::move(login)), account_(account), changed_(std::move(changed)) {
  auto [at, inserted] = store_.watched_.try_emplace(account_);
  StoreClient::Watched& w = at->second;
  bool known = !inserted && !w.refused;   // watched by others, or lingering
  w.watches.push_back(this);
  if (known && w.modseq > modseq) changed_(w.modseq);
  if (known) return;
  w.modseq = modseq;
  w.refused = false;
  store_.tasks_.spawn(store_.send_watch(login_, account_));
}

Watch::~Watch() {
  auto it = store_.watched_.find(account_);
  if (it == store_.watched_.end()) return;
  std::erase(it->second.watches, this);
  if (it->second.watches.empty()) store_.tasks_.spawn(store_.linger(login_, account_));
}

StoreClient::StoreClient(io::Loop& loop, std::string path, AuthClient* auth)
    : auth_(auth), loop_(loop), channel_(loop, std::move(path), kProtocol), client_(base::random_u64()) {
  channel_.on_hint([this](std::string payload, std::vector<base::Fd>) { hint(payload); });
  channel_.on_reconnect([this] { send_watches(); });
}

io::Task<Result<StoreReply>> StoreClient::call(stored::Request request, std::vector<base::Fd> fds) {
  auto answer = co_await ipc::call_typed<stored::Reply>(channel_, request, std::move(fds));
  if (!answer) co_return base::pass(answer);
  if (answer->message.has_error()) co_return std::unexpected(to_error(answer->message.error()));
  co_return StoreReply{std::move(answer->message), std::move(answer->fds)};
}

io::Task<Result<stored::Reply>> StoreClient::read(Login& login, stored::Request request) {
  auto ticket = co_await login.ticket();
  if (!ticket) co_return base::pass(ticket);
  request.set_ticket(std::move(*ticket));
  if (request.account() == 0) request.set_account(login.account());
  auto answer = co_await call(std::move(request), {});
  if (!answer) co_return base::pass(answer);
  co_return std::move(answer->reply);
}

io::Task<Result<stored::Reply>> StoreClient::read(std::string ticket, std::uint64_t account, stored::Request request) {
  request.set_ticket(std::move(ticket));
  request.set_account(account);
  auto answer = co_await call(std::move(request), {});
  if (!answer) co_return base::pass(answer);
  co_return std::move(answer->reply);
}

io::Task<Result<stored::Reply>> StoreClient::write(Login& login, stored::Request request, std::vector<base::Fd> fds) {
  auto ticket = co_await login.ticket();
  if (!ticket) co_return base::pass(ticket);
  std::uint64_t account = request.account() ? request.account() : login.account();
  co_return co_await write(std::move(*ticket), account, std::move(request), std::move(fds));
}

io::Task<Result<stored::Reply>> StoreClient::write(std::string ticket, std::uint64_t account, stored::Request request,
                                                   std::vector<base::Fd> fds) {
  InFlight mine(in_flight_, ++sequence_);
  request.set_ticket(std::move(ticket));
  request.set_account(account);
  request.set_client(client_);
  request.set_sequence(mine.sequence);
  request.set_acknowledged(*in_flight_.begin() - 1);
  auto answer = co_await call(std::move(request), std::move(fds));
  if (!answer) co_return base::pass(answer);
  co_return std::move(answer->reply);
}

io::Task<Result<>> StoreClient::emails(Login& login, stored::Request request, std::function<bool(stored::Emails&)> use) {
  auto each = [&use](stored::Reply& reply) { return !reply.has_emails() || use(*reply.mutable_emails()); };
  co_return co_await items(login, std::move(request), each);
}

io::Task<Result<>> StoreClient::items(Login& login, stored::Request request, std::function<bool(stored::Reply&)> use) {
  auto ticket = co_await login.ticket();
  if (!ticket) co_return base::pass(ticket);
  request.set_ticket(std::move(*ticket));
  if (request.account() == 0) request.set_account(login.account());
  auto items = channel_.call_streamed(request.SerializeAsString());
  auto take = [&](const std::string& payload) -> Result<bool> {
    auto reply = ipc::parse<stored::Reply>(payload);
    if (!reply) return base::pass(reply);
    if (reply->has_error()) return std::unexpected(to_error(reply->error()));
    return use(*reply);
  };
  for (;;) {
    auto item = co_await items.next();
    if (!item) co_return base::pass(item);
    auto more = take(*item ? (*item)->payload : items.reply().payload);
    if (!more) co_return base::pass(more);
    if (!*more || !*item) co_return Result<>{};
  }
}

io::Task<Result<SheetView>> StoreClient::sheet(Login& login, std::uint32_t mailbox, bool own) {
  auto ticket = co_await login.ticket();
  if (!ticket) co_return base::pass(ticket);
  stored::Request request;
  request.set_ticket(std::move(*ticket));
  request.set_account(login.account());
  auto* get = request.mutable_get_sheet();
  get->set_mailbox(mailbox);
  auto have = own ? std::nullopt : cached_sheet(login.account(), mailbox);
  if (have) get->set_have_modseq(have->modseq);
  auto answer = co_await call(std::move(request), {});
  if (!answer) co_return base::pass(answer);
  if (!answer->reply.has_sheet()) co_return base::fail(Fault::corrupt, "stored: unexpected answer to get_sheet");
  auto view = take_sheet(*answer->reply.mutable_sheet(), answer->fds, have);
  if (view && !own) keep(login.account(), mailbox, *view);
  co_return view;
}

Result<SheetView> StoreClient::take_sheet(stored::Sheet& s, const std::vector<base::Fd>& fds,
                                          const std::optional<SheetView>& have) {
  SheetView view;
  view.modseq = s.modseq();
  view.account_modseq = s.account_modseq();
  view.keywords.assign(s.keywords().begin(), s.keywords().end());
  if (s.unchanged() && have) {
    view.sheet = have->sheet;
    if (view.keywords.empty()) view.keywords = have->keywords;
    return view;
  }
  auto sheet = fds.empty() ? model::Sheet::from_bytes(std::move(*s.mutable_data())) : model::Sheet::from_fd(fds[0]);
  if (!sheet) return base::pass(sheet);
  view.sheet = std::move(*sheet);
  return view;
}

// The sheet of what was last opened by this path: it may have another mailbox by now.
std::optional<SheetView> StoreClient::opened_before(std::uint64_t account, std::string_view path, stored::GetSheet& ask) {
  for (auto it = sheets_.lower_bound({account, 1}); it != sheets_.end() && it->first.first == account; ++it) {
    if (it->second.path != path) continue;
    ask.set_mailbox(it->first.second);
    ask.set_have_modseq(it->second.view.modseq);
    return it->second.view;
  }
  return std::nullopt;
}

io::Task<Result<OpenedMailbox>> StoreClient::open(Login& login, std::string path, bool read_only) {
  auto ticket = co_await login.ticket();
  if (!ticket) co_return base::pass(ticket);
  stored::Request request;
  request.set_ticket(std::move(*ticket));
  request.set_account(login.account());
  auto* select = request.mutable_select_mailbox();
  select->set_path(path);
  select->set_read_only(read_only);
  std::optional<SheetView> have = opened_before(login.account(), path, *select->mutable_sheet());
  std::uint32_t before = select->sheet().mailbox();
  auto answer = co_await call(std::move(request), {});
  if (!answer) co_return base::pass(answer);
  if (!answer->reply.selected().has_sheet())
    co_return base::fail(Fault::corrupt, "stored: unexpected answer to select_mailbox");
  OpenedMailbox opened;
  opened.selected = std::move(*answer->reply.mutable_selected());
  auto view = take_sheet(*opened.selected.mutable_sheet(), answer->fds, have);
  if (!view) co_return base::pass(view);
  opened.selected.clear_sheet();
  opened.view = std::move(*view);
  if (auto other = sheets_.find({login.account(), before});
      other != sheets_.end() && before != opened.selected.mailbox().id())
    other->second.path.clear();
  keep(login.account(), opened.selected.mailbox().id(), opened.view, std::move(path));
  co_return opened;
}

bool StoreClient::in_use(std::uint64_t account) const {
  auto it = watched_.find(account);
  return it != watched_.end() && it->second.in_use;
}

std::optional<SheetView> StoreClient::cached_sheet(std::uint64_t account, std::uint32_t mailbox) const {
  auto it = sheets_.find({account, mailbox});
  if (it == sheets_.end()) return std::nullopt;
  return it->second.view;
}

void StoreClient::keep(std::uint64_t account, std::uint32_t mailbox, const SheetView& view, std::string path) {
  constexpr std::size_t kRowBytes = 84;
  std::pair key{account, mailbox};
  if (auto it = sheets_.find(key); it != sheets_.end()) {
    if (it->second.view.modseq > view.modseq) return;
    if (path.empty()) path = std::move(it->second.path);
    sheet_bytes_ -= it->second.bytes;
    recent_.erase(it->second.place);
    sheets_.erase(it);
  }
  recent_.push_front(key);
  std::size_t bytes = 200 + path.size() + view.sheet->size() * kRowBytes;
  sheets_[key] = Cached{view, std::move(path), bytes, recent_.begin()};
  sheet_bytes_ += bytes;
  while (sheet_bytes_ > kSheetCacheBytes && recent_.size() > 1) {
    auto it = sheets_.find(recent_.back());
    sheet_bytes_ -= it->second.bytes;
    sheets_.erase(it);
    recent_.pop_back();
  }
}

void StoreClient::hint(const std::string& payload) {
  auto h = ipc::parse<stored::Hint>(payload);
  if (!h) return base::log(base::Level::warning, "bad_hint");
  for (const auto& c : h->changed()) {
    auto it = watched_.find(c.account());
    if (it == watched_.end()) {
      if (unknown_account_) unknown_account_(c.account());
      continue;
    }
    it->second.modseq = std::max(it->second.modseq, c.modseq());
    it->second.in_use = c.in_use();
    // A callback may end watches: go through a copy and look each one up again.
    auto copy = it->second.watches;
    for (Watch* w : copy) {
      auto now = watched_.find(c.account());
      if (now == watched_.end()) break;
      if (std::ranges::find(now->second.watches, w) != now->second.watches.end()) w->changed_(c.modseq());
    }
  }
  for (const auto& r : h->revoked())
    if (auth_) auth_->revoke(r.account(), r.modseq());
}

// After a reconnect nothing lingers.
void StoreClient::send_watches() {
  std::erase_if(watched_, [](const auto& w) { return w.second.watches.empty(); });
  for (auto& [account, w] : watched_) tasks_.spawn(send_watch(next_login(w.watches, {}), account));
}

// Ends the watch of an account that nobody has taken up in the meantime.
io::Task<void> StoreClient::linger(std::shared_ptr<Login> login, std::uint64_t account) {
  if (lingering_ < kMaxLingering) {
    ++lingering_;
    co_await loop_.sleep(kLinger);
    --lingering_;
  }
  auto it = watched_.find(account);
  if (it == watched_.end() || !it->second.watches.empty()) co_return;
  watched_.erase(it);
  co_await send_watch(std::move(login), account);
}

io::Task<void> StoreClient::send_watch(std::shared_ptr<Login> login, std::uint64_t account) {
  auto ticket = co_await login->ticket();
  if (!ticket) co_return;
  stored::Request request;
  request.set_ticket(*ticket);
  request.set_account(account);
  auto* one = request.mutable_watch()->add_accounts();
  one->set_account(account);
  auto it = watched_.find(account);
  one->set_stop(it == watched_.end());
  if (it != watched_.end()) one->set_modseq(it->second.modseq);
  auto answer = co_await call(std::move(request), {});
  if (answer) co_return;
  base::log(base::Level::warning, "watch", {{"account", account}, {"error", answer.error().what}});
  if (answer.error().code != "DENIED") co_return;
  // This person's access was taken away: somebody who watches with him asks instead.
  auto now = watched_.find(account);
  auto next = now == watched_.end() ? nullptr : next_login(now->second.watches, login->name());
  if (next) tasks_.spawn(send_watch(std::move(next), account));
  if (!next && now != watched_.end()) now->second.refused = true;
}

}  // namespace postern::client
