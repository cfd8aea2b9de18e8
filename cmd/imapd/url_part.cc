#include "cmd/imapd/url_part.h"

#include <algorithm>

#include "base/codec.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/imapd/mailboxes.h"
#include "imap/lexer.h"
#include "imap/mailbox_name.h"

namespace postern::imapd {

namespace {

constexpr std::uint64_t kPiece = 256 * 1024;
// The number of no account.
constexpr std::uint64_t kNobody = INT64_MAX;

std::unexpected<base::Error> bad_url(const char* what) {
  return base::fail(base::Fault::permanent, what, "BADURL");
}

// RFC 3986 5.2.3: a relative name stands where the last component of the selected mailbox's stands.
base::Result<std::string> name_of(const Session& s, const imap::ImapUrl& url) {
  std::string name = url.mailbox;
  if (!url.from_root) {
    if (!s.box) return bad_url("A relative URL needs a selected mailbox");
    if (name.empty()) return s.box->name;
    name.insert(0, s.box->name, 0, s.box->name.rfind('/') + 1);
  }
  return imap::parse_mailbox_name(name, true);
}

// This server and this user, or neither is named.
bool is_here(const Session& s, const imap::ImapUrl& url) {
  return !url.absolute || (names_this_server(s, url) && (url.user.empty() || base::iequals(url.user, s.self->name())));
}

// RFC 4467 3: may this session use the URL?  Nobody is logged in anonymously.
io::Task<bool> may_use(Session& s, imap::ImapUrl url) {
  using Access = imap::ImapUrl::Access;
  const auto& submitters = s.shared.settings.submit_users;
  switch (url.access) {
    case Access::none:
      break;
    case Access::anonymous:
    case Access::authuser:
      co_return true;
    case Access::submit:
      co_return std::ranges::any_of(submitters, [&s](const auto& name) { return base::iequals(name, s.self->name()); });
    case Access::user: {
      auto account = co_await account_named(s, std::move(url.access_user));
      co_return account == s.self->account();
    }
  }
  co_return false;
}

io::Task<base::Result<stored::EmailData>> load(Session& s, std::shared_ptr<client::Login> login,
                                                std::uint32_t mailbox, std::uint32_t uid) {
  stored::Request request;
  stored::GetEmails& get = *request.mutable_get_emails();
  get.set_mailbox(mailbox);
  get.add_uids(uid);
  get.set_email(true);
  get.set_wire(true);
  get.set_content(true);
  get.set_location(true);
  stored::EmailData found;
  auto use = [&found](stored::Emails& piece) {
    for (stored::EmailData& d : *piece.mutable_emails()) found = std::move(d);
    return true;
  };
  auto got = co_await s.shared.store.emails(*login, std::move(request), use);
  if (!got) co_return base::pass(got);
  if (found.uid() != uid) co_return bad_url("No such message");
  co_return std::move(found);
}

bool parse_item(const imap::ImapUrl& url, imap::FetchItem::Kind kind, imap::FetchItem& item) {
  std::string bracketed = "[" + url.section + "]";
  imap::Lexer in(bracketed);
  item.section = imap::parse_section(in, false);
  // Only a part has a transfer encoding; a header and a text are what they are.
  item.kind = item.section.kind == imap::Section::Kind::whole ? kind : imap::FetchItem::Kind::body;
  in.end();
  item.partial = url.partial;
  item.offset = url.offset;
  item.length = url.length;
  return in.ok();
}

}  // namespace

bool names_this_server(const Session& s, const imap::ImapUrl& url) {
  return url.absolute && base::iequals(url.host, s.shared.settings.hostname);
}

io::Task<std::uint64_t> account_named(Session& s, std::string name) {
  if (base::iequals(name, s.self->name())) co_return s.self->account();
  std::vector<std::string> names{std::move(name)};
  auto found = co_await s.shared.auth.look_up(*s.self, std::move(names), {});
  co_return found ? found->front().id() : 0;
}

base::Result<UrlPart> part_of(stored::EmailData& data, const imap::ImapUrl& url, imap::FetchItem::Kind kind) {
  UrlPart part;
  if (!parse_item(url, kind, part.item)) return bad_url("No such section");
  part.message = make_source(data, !part.item.section.part.empty());
  part.slice = locate(part.message, part.item);
  Slice& slice = part.slice;
  if (slice.how == Slice::How::nil || (!part.message.readable && !slice.read)) return bad_url("No such section");
  // What of a header is wanted shows only when it has been read.
  if (slice.how != Slice::How::range || !url.partial) return part;
  slice.begin = std::min(slice.begin + std::min(url.offset, slice.size()), slice.end);
  slice.end = slice.begin + std::min(url.length, slice.size());
  slice.clipped = true;
  return part;
}

io::Task<base::Result<UrlPart>> find_url_part(Session& s, std::string text) {
  auto url = imap::parse_url(text);
  if (!url) co_return bad_url("That is no URL of a message");
  if (url->access != imap::ImapUrl::Access::none)
    co_return co_await find_signed_part(s, std::move(text), imap::FetchItem::Kind::body);
  if (!is_here(s, *url)) co_return bad_url("The URL is not of this server and user");
  auto name = name_of(s, *url);
  if (!name) co_return bad_url("No such mailbox");
  auto mailbox = co_await find_mailbox(s, imap::mailbox_name_to_wire(*name, s.utf8_names()));
  if (!mailbox) co_return bad_url("No such mailbox");
  if (url->uidvalidity && url->uidvalidity != mailbox->record.uidvalidity())
    co_return bad_url("The mailbox is another one now");
  auto data = co_await load(s, mailbox->login, mailbox->record.id(), url->uid);
  if (!data) co_return base::pass(data);
  co_return part_of(*data, *url);
}

io::Task<base::Result<UrlPart>> find_signed_part(Session& s, std::string text, imap::FetchItem::Kind kind) {
  auto url = imap::parse_url(text);
  if (!url || url->token.empty() || url->mechanism != kInternalMechanism) co_return bad_url("That is no signed URL");
  if (!names_this_server(s, *url) || url->user.empty()) co_return bad_url("The URL is not of this server");
  if (url->expire && url->expire < base::unix_now()) co_return bad_url("The URL has expired");
  bool usable = co_await may_use(s, *url);
  auto name = imap::parse_mailbox_name(url->mailbox, true);
  if (!usable || !name) co_return bad_url("The URL is not for this session");
  std::uint64_t owner = co_await account_named(s, url->user);
  // An account that is not there is asked for, too: the answer takes as long.
  auto login = std::make_shared<client::Login>(s.self, owner ? owner : kNobody);
  stored::Request request;
  stored::FetchUrl& fetch = *request.mutable_fetch_url();
  for (std::string& c : components(*name)) fetch.add_path(std::move(c));
  fetch.set_uidvalidity(url->uidvalidity);
  fetch.set_uid(url->uid);
  fetch.set_rump(text.substr(0, url->rump_size));
  fetch.set_token(url->token);
  auto reply = co_await s.shared.store.read(*login, std::move(request));
  if (!reply) co_return base::pass(reply);
  if (reply->emails().emails_size() != 1) co_return bad_url("No such message");
  co_return part_of(*reply->mutable_emails()->mutable_emails(0), *url, kind);
}

io::Task<base::Result<>> read_url_part(Session& s, UrlPart& part,
                                       std::function<base::Result<>(std::string_view)> take) {
  Slice& slice = part.slice;
  if (slice.how == Slice::How::filter) {
    std::vector<SliceRead> reads{{&part.message, &part.item, &slice}};
    co_await read_small(s, reads);
    if (slice.failed) co_return base::fail(base::Fault::corrupt, "the message can't be read", "CORRUPT");
  }
  if (slice.read) {
    std::string_view bytes = slice.bytes;
    if (part.item.partial && !slice.clipped) {
      bytes.remove_prefix(static_cast<std::size_t>(std::min<std::uint64_t>(part.item.offset, bytes.size())));
      bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(part.item.length, bytes.size())));
    }
    co_return take(bytes);
  }
  for (std::uint64_t at = slice.begin; at < slice.end;) {
    auto job = [bodies = s.shared.bodies, location = part.message.location, at, n = std::min(kPiece, slice.end - at)] {
      return bodies->read(location, at, n);
    };
    auto piece = co_await s.shared.daemon.loop().blocking(std::move(job));
    if (!piece) co_return base::pass(piece);
    if (piece->empty()) co_return base::fail(base::Fault::corrupt, "the message is shorter than it should be", "CORRUPT");
    at += piece->size();
    auto taken = take(*piece);
    if (!taken) co_return taken;
  }
  co_return base::Result<>{};
}

std::string bad_url_code(std::string_view text) {
  std::string out = "BADURL ";
  for (char c : text.substr(0, 1000)) {
    auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u >= 0x7f || c == ']' || c == '[')
      out += base::percent_encode(std::string_view(&c, 1));
    else
      out += c;
  }
  return out;
}

}  // namespace postern::imapd
