// RESETKEY, GENURLAUTH and URLFETCH.  RFC 4467; RFC 5524 (URLFETCH with BINARY and BODYPARTSTRUCTURE).
// Tokens are stored's: here is judged what a URL's text says.  URLs are signed for the user's own mailboxes only.
#include <algorithm>

#include "base/codec.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/conversion.h"
#include "cmd/imapd/mailboxes.h"
#include "cmd/imapd/url_part.h"
#include "imap/body_text.h"
#include "imap/mailbox_name.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

using Wanted = imap::UrlFetchArgs::One;
using Kind = imap::FetchItem::Kind;

// Of RFC 4467 6.3.GENURLAUTH what the text alone tells; empty when nothing is wrong.
std::string_view wrong_rump(const Session& s, const base::Result<imap::ImapUrl>& url) {
  if (!url) return "That is no URL of a message";
  if (url->access == imap::ImapUrl::Access::none) return "The URL does not say who may use it";
  if (!url->token.empty()) return "The URL is signed already";
  if (!url->absolute || url->user.empty()) return "The URL does not say whose mailbox it is";
  if (!names_this_server(s, *url)) return "The URL is not of this server";
  return {};
}

// A signed URL of what the client wrote.
io::Task<base::Result<std::string>> sign(Session& s, std::string rump, std::uint32_t mailbox) {
  stored::Request request;
  request.mutable_sign_url()->set_mailbox(mailbox);
  request.mutable_sign_url()->set_rump(rump);
  auto reply = co_await s.shared.store.write(*s.self, std::move(request));
  if (!reply) co_return base::pass(reply);
  co_return rump + ":" + std::string(kInternalMechanism) + ":" + base::hex(reply->signed_url().token());
}

bool has_other_mechanism(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [](const std::string& m) { return m != kInternalMechanism; });
}

}  // namespace

Answer run_resetkey(Session& s, imap::ResetKeyArgs args) {
  if (has_other_mechanism(args.mechanisms)) co_return no("There is no such mechanism", "CANNOT");
  stored::Request request;
  request.mutable_reset_url_keys();
  if (args.mailbox_given) {
    auto found = co_await find_mailbox(s, std::move(args.mailbox));
    if (!found) co_return from_error(found.error());
    if (found->account != s.home) co_return no("Only the owner has a key of that mailbox", "NOPERM");
    request.mutable_reset_url_keys()->set_mailbox(found->record.id());
  }
  auto reply = co_await s.shared.store.write(*s.self, std::move(request));
  if (!reply) co_return from_error(reply.error());
  co_return args.mailbox_given ? ok("The URLs signed so far are void", "URLMECH INTERNAL") : ok("All keys removed");
}

Answer run_genurlauth(Session& s, imap::GenUrlAuthArgs args) {
  std::string out = "* GENURLAUTH";
  for (const imap::GenUrlAuthArgs::One& one : args.urls) {
    auto url = imap::parse_url(one.url);
    if (auto wrong = wrong_rump(s, url); !wrong.empty()) co_return bad(std::string(wrong));
    if (one.mechanism != kInternalMechanism) co_return no("There is no such mechanism", "CANNOT");
    std::uint64_t owner = co_await account_named(s, url->user);
    if (owner != s.self->account()) co_return bad("The URL is not of your own mailboxes");
    auto name = imap::parse_mailbox_name(url->mailbox, true);
    if (!name) co_return bad("There is no such mailbox");
    auto found = co_await find_mailbox(s, imap::mailbox_name_to_wire(*name, s.utf8_names()));
    bool own = found && found->account == s.home;
    if (!own && (found || found.error().code == "NOT_FOUND")) co_return bad("You have no such mailbox");
    if (!found) co_return from_error(found.error());
    auto whole = co_await sign(s, one.url, found->record.id());
    if (!whole) co_return from_error(whole.error());
    out += ' ';
    imap::append_string(out, *whole);
  }
  out += "\r\n";
  s.write(std::move(out));
  co_return ok("Signed");
}

namespace {

class UrlFetch {
 public:
  explicit UrlFetch(Session& s) : s_(s) {}

  // " url NIL" or " url" with what is wanted.  False: a literal broke off.
  io::Task<bool> put(Wanted wanted) {
    out_ += ' ';
    imap::append_string(out_, wanted.url);
    auto part = co_await find_signed_part(s_, wanted.url, wanted.binary ? Kind::binary : Kind::body);
    if (!part) {
      out_ += " NIL";
      co_return true;
    }
    if (!wanted.extended()) co_return co_await put_value(*part, "");
    if (wanted.structure) co_await put_structure(*part, wanted.binary);
    if (!wanted.body && !wanted.binary) co_return true;
    bool whole = co_await put_value(*part, wanted.binary ? " (BINARY" : " (BODY");
    out_ += ')';
    co_return whole;
  }
  std::string& out() { return out_; }

 private:
  io::Task<bool> put_value(UrlPart& part, std::string_view label) {
    part.item.label = label;
    // The window of the URL is cut already.
    if (part.slice.clipped) part.item.partial = false;
    co_return co_await put_item(s_, part.message, part.item, part.slice, out_);
  }

  io::Task<void> put_structure(UrlPart& part, bool decoded) {
    std::string text(structure_of(part));
    out_ += " (BODYPARTSTRUCTURE ";
    bool has_encoding = part.item.kind == Kind::binary && part.slice.how == Slice::How::decode;
    if (decoded && has_encoding && part.slice.encoding != mime::Encoding::identity) {
      Measure m = co_await measure(part);
      text = imap::without_encoding(text, m.size, m.lines);
    }
    out_ += text;
    out_ += ')';
  }

  // BODY of the part; of a header, which is none, what it would be as one.
  std::string structure_of(const UrlPart& part) {
    const imap::Section& section = part.item.section;
    std::string_view body = wire_field(part.message.wire, records::Wire::kBodyFieldNumber);
    std::string_view found = imap::body_of_part(body, section.part);
    bool text = section.kind == imap::Section::Kind::text;
    if (text && !section.part.empty()) found = imap::body_of_message(found);
    if ((text || section.kind == imap::Section::Kind::whole) && !found.empty()) return std::string(found);
    std::string out = R"(("TEXT" "RFC822-HEADERS" NIL NIL NIL "8BIT" )";
    imap::append_number(out, part.slice.size());
    return out + " 0)";
  }

  struct Measure {
    std::uint64_t size = 0, lines = 0;
  };
  // Of the decoded part.  Lines of a large one are not counted.
  io::Task<Measure> measure(UrlPart& part) {
    if (!part.slice.read && part.slice.size() <= kMaxConverted) {
      std::vector<SliceRead> reads{{&part.message, &part.item, &part.slice}};
      co_await read_small(s_, reads);
    }
    if (part.slice.read)
      co_return Measure{part.slice.bytes.size(), static_cast<std::uint64_t>(std::ranges::count(part.slice.bytes, '\n'))};
    imap::FetchItem size = part.item;
    size.kind = Kind::binary_size;
    size.label.clear();
    std::string number;
    (void)co_await put_item(s_, part.message, size, part.slice, number);
    std::uint64_t n = 0;
    for (char c : number)
      if (c >= '0' && c <= '9') n = n * 10 + static_cast<std::uint64_t>(c - '0');
    co_return Measure{n, 0};
  }

  Session& s_;
  std::string out_ = "* URLFETCH";
};

}  // namespace

Answer run_urlfetch(Session& s, imap::UrlFetchArgs args) {
  UrlFetch fetch(s);
  for (Wanted& one : args.urls) {
    bool whole = co_await fetch.put(std::move(one));
    if (!whole) {
      s.ending = true;
      s.stream().close();
      co_return Reply{Reply::Kind::none, {}, {}};
    }
  }
  fetch.out() += "\r\n";
  s.write(std::move(fetch.out()));
  co_return ok("Fetched");
}

}  // namespace postern::imapd
