#include "imap/url.h"

#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "imap/limits.h"
#include "mime/date.h"

namespace postern::imap {

using base::Fault;

namespace {

// RFC 5092 11: achar is what needs no escape in names, bchar what paths may have as well.
bool achar(char c) {
  return base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~!$'()*+,&=%").find(c) != std::string_view::npos;
}
bool bchar(char c) {
  return achar(c) || c == ':' || c == '@' || c == '/';
}

class UrlParser {
 public:
  explicit UrlParser(std::string_view text) : text_(text) {}

  base::Result<ImapUrl> run() {
    if (text_.size() > kMaxUrl) return fail("URL too long");
    if (word("imap://") && !server()) return fail("bad server");
    out_.from_root = eat('/');
    if (out_.absolute && !out_.from_root) return fail("no mailbox");
    if (!mailbox()) return fail("bad mailbox");
    if (!message()) return fail("it names no message");
    if (!authorization()) return fail("bad URLAUTH");
    if (at_ != text_.size()) return fail("unexpected text");
    return std::move(out_);
  }

 private:
  base::Result<ImapUrl> fail(const char* what) const {
    return base::fail(Fault::permanent, std::string("not a URL of a message: ") + what);
  }
  std::string_view rest() const { return text_.substr(at_); }
  bool eat(char c) {
    if (!rest().starts_with(c)) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view w) {
    if (!base::istarts_with(rest(), w)) return false;
    at_ += w.size();
    return true;
  }
  std::string_view run_of(bool (*allowed)(char)) {
    std::size_t from = at_;
    while (at_ < text_.size() && allowed(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }
  // The run, decoded; a NUL or a bad escape is refused.
  bool decoded(std::string_view raw, std::string& out) {
    auto d = base::percent_decode(raw);
    if (!d || d->empty() || d->find('\0') != std::string::npos) return false;
    out = std::move(*d);
    return true;
  }
  template <class Number>
  bool number(Number& out) {
    auto n = base::parse_u64(run_of(base::is_digit));
    if (!n || *n > static_cast<std::uint64_t>(std::min<std::uint64_t>(INT64_MAX, Number(-1)))) return false;
    out = static_cast<Number>(*n);
    return true;
  }

  // [enc-user [";AUTH=" type] "@"] host [":" port]
  bool server() {
    out_.absolute = true;
    std::string_view authority = rest().substr(0, rest().find('/'));
    std::size_t end = at_ + authority.size();
    if (std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
      std::string_view user = authority.substr(0, at);
      std::size_t semicolon = user.find(';');
      if (semicolon != std::string_view::npos) {
        std::string_view auth = user.substr(semicolon);
        if (!base::istarts_with(auth, ";AUTH=") || !decoded(auth.substr(6), out_.auth)) return false;
        user = user.substr(0, semicolon);
      }
      if (!std::ranges::all_of(user, achar) || (!user.empty() && !decoded(user, out_.user))) return false;
      authority.remove_prefix(at + 1);
    }
    std::size_t colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
    if (colon != std::string_view::npos) {
      auto port = base::parse_u64(authority.substr(colon + 1));
      if (!port || *port == 0 || *port > 65535) return false;
      out_.port = static_cast<std::uint16_t>(*port);
      authority = authority.substr(0, colon);
    }
    auto host = [](char c) { return base::is_alpha(c) || base::is_digit(c) || std::string_view("-._[:]").find(c) != std::string_view::npos; };
    if (authority.empty() || !std::ranges::all_of(authority, host)) return false;
    out_.host = authority;
    at_ = end;
    return true;
  }

  // RFC 3986 4.2: a colon in the first segment of a relative path would make it a scheme.
  static bool is_scheme(std::string_view name) {
    return name.substr(0, name.find('/')).find(':') != std::string_view::npos;
  }

  // enc-mailbox [";UIDVALIDITY=" nz-number]; the '/' at its end belongs to what follows.
  bool mailbox() {
    std::string_view name = run_of(bchar);
    if (name.ends_with('/')) {
      name.remove_suffix(1);
      --at_;
    }
    if (!name.empty() && (!decoded(name, out_.mailbox) || !base::is_valid_utf8(out_.mailbox))) return false;
    if (out_.from_root ? name.empty() || name.starts_with('/') : is_scheme(name)) return false;
    return !word(";UIDVALIDITY=") || (!name.empty() && number(out_.uidvalidity) && out_.uidvalidity != 0);
  }

  // ["/"] ";UID=" n ["/;SECTION=" section] ["/;PARTIAL=" range]
  bool message() {
    if (!out_.mailbox.empty() && !eat('/')) return false;
    if (!word(";UID=") || !number(out_.uid) || out_.uid == 0) return false;
    if (word("/;SECTION=")) {
      std::string_view section = run_of(bchar);
      if (section.ends_with('/')) {
        section.remove_suffix(1);
        --at_;
      }
      if (!decoded(section, out_.section)) return false;
    }
    if (!word("/;PARTIAL=")) return true;
    out_.partial = true;
    if (!number(out_.offset)) return false;
    return !eat('.') || (number(out_.length) && out_.length != 0);
  }

  // [[";EXPIRE=" date-time] ";URLAUTH=" access [":" mechanism ":" token]]
  bool authorization() {
    if (word(";EXPIRE=")) {
      auto when = mime::parse_rfc3339(base::to_upper(run_of(bchar)));
      if (!when || when->seconds <= 0 || !rest().starts_with(';')) return false;
      out_.expire = when->seconds;
    }
    if (!word(";URLAUTH=")) return out_.expire == 0;
    if (!access()) return false;
    out_.rump_size = at_;
    if (!eat(':')) return true;
    auto mechanism = [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.'; };
    out_.mechanism = base::to_lower(run_of(mechanism));
    if (out_.mechanism.empty() || !eat(':')) return false;
    std::string_view hex = run_of([](char c) { return base::is_alpha(c) || base::is_digit(c); });
    auto token = base::unhex(base::to_lower(hex));
    if (!token || token->size() < 16) return false;
    out_.token = std::move(*token);
    return true;
  }

  bool access() {
    using Access = ImapUrl::Access;
    std::string_view who = run_of(achar);
    auto is = [&](std::string_view name, Access a) {
      if (!base::iequals(who, name)) return false;
      out_.access = a;
      return true;
    };
    if (is("anonymous", Access::anonymous) || is("authuser", Access::authuser)) return true;
    std::size_t plus = who.find('+');
    if (plus == std::string_view::npos) return false;
    std::string_view name = who.substr(plus + 1);
    who = who.substr(0, plus);
    return (is("user", Access::user) || is("submit", Access::submit)) && decoded(name, out_.access_user);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  ImapUrl out_;
};

}  // namespace

base::Result<ImapUrl> parse_url(std::string_view text) {
  return UrlParser(text).run();
}

}  // namespace postern::imap
