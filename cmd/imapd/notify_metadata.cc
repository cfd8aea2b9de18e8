#include "cmd/imapd/notify_metadata.h"

#include <algorithm>
#include <string_view>

#include "imap/writer.h"

namespace postern::imapd {

// Hashes of all that the user may read in an account, or of the server.
io::Task<base::Result<MetadataWatch::Values>> MetadataWatch::read(Session& s, std::shared_ptr<client::Login> login,
                                                                  bool server) {
  stored::Request request;
  request.mutable_get_metadata()->set_all_mailboxes(!server);
  Values out;
  std::size_t n = 0;
  std::function<bool(stored::Reply&)> take = [&out, &n](stored::Reply& reply) {
    for (const auto& e : reply.metadata().entries())
      if (++n <= kMaxNotifiedEntries) out[e.mailbox()][e.entry()] = std::hash<std::string_view>()(e.value());
    return n <= kMaxNotifiedEntries;
  };
  auto done = co_await s.shared.store.items(*login, std::move(request), take);
  if (n > kMaxNotifiedEntries) co_return base::fail(base::Fault::limit, "too many annotations to watch", "LIMIT");
  if (!done && done.error().code != "DENIED") co_return base::pass(done);
  co_return std::move(out);
}

// "* METADATA name /entry /entry": what is new, has another value or is gone.
void MetadataWatch::compare(Session& s, Place place, const std::string& name, Entries now) {
  Entries& before = told_[place];
  std::string changed;
  auto tell = [&](const std::string& entry) {
    if (mine_.contains({place, entry})) return;
    changed += ' ';
    imap::append_astring(changed, entry);
  };
  for (const auto& [entry, hash] : now)
    if (auto old = before.find(entry); old == before.end() || old->second != hash) tell(entry);
  for (const auto& [entry, _] : before)
    if (!now.contains(entry)) tell(entry);
  before = std::move(now);
  if (before.empty()) told_.erase(place);
  if (first_ || changed.empty()) return;
  std::string out = "* METADATA ";
  if (name.empty()) {
    out += "\"\"";
  } else {
    imap::append_mailbox(out, name, s.utf8_names());
  }
  s.write(out + changed + "\r\n");
}

io::Task<base::Result<>> MetadataWatch::look_at(Session& s, const MailboxList& list, MailboxList::Source source) {
  std::uint64_t account = source.login->account();
  auto known = modseqs_.find(account);
  if (known != modseqs_.end() && known->second == source.metadata_modseq) co_return base::Result<>{};
  auto values = co_await read(s, source.login, false);
  if (!values) co_return base::pass(values);
  for (const Mailbox& m : list.all())
    if (m.login->account() == account && m.record.id() != 0 && wanted_(m))
      compare(s, {account, m.record.id()}, m.name, std::move((*values)[m.record.id()]));
  modseqs_[account] = source.metadata_modseq;
  // /private of the server is the user's own.
  server_dirty_ = server_dirty_ || account == s.self->account();
  co_return base::Result<>{};
}

io::Task<base::Result<>> MetadataWatch::look_at_server(Session& s) {
  server_dirty_ = false;
  auto values = co_await read(s, s.self, true);
  if (!values) co_return base::pass(values);
  compare(s, {0, 0}, {}, std::move((*values)[0]));
  co_return base::Result<>{};
}

std::size_t MetadataWatch::size() const {
  std::size_t n = 0;
  for (const auto& [_, entries] : told_) n += entries.size();
  return n;
}

io::Task<base::Result<>> MetadataWatch::look(Session& s, const MailboxList& list) {
  for (const MailboxList::Source& source : list.sources()) {
    auto done = co_await look_at(s, list, source);
    if (!done) co_return done;
  }
  std::erase_if(told_, [&list](const auto& t) {
    return t.first.first != 0 && !list.find(t.first.first, t.first.second);
  });
  if (server_ && server_dirty_) {
    auto done = co_await look_at_server(s);
    if (!done) co_return done;
  }
  mine_.clear();
  first_ = false;
  if (size() > kMaxNotifiedEntries) co_return base::fail(base::Fault::limit, "too many annotations to watch", "LIMIT");
  co_return base::Result<>{};
}

}  // namespace postern::imapd
