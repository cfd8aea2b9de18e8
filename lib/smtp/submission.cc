#include "smtp/submission.h"

#include <algorithm>

#include "base/text.h"

namespace postern::smtp {

using base::fail;
using base::Fault;
using base::Result;

namespace {

constexpr std::size_t kMaxAddress = 320;
constexpr std::size_t kMaxByDigits = 9;   // RFC 2852 4

bool ascii(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Nothing in it ends the path or the line.
Result<> check_address(const std::string& a, const Host& host) {
  bool plain = a.size() <= kMaxAddress && std::ranges::none_of(a, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '<' || c == '>';
  });
  if (!plain || !base::is_valid_utf8(a)) return fail(Fault::permanent, "no address: " + base::printable(a, 80));
  if (!ascii(a) && !host.utf8) return fail(Fault::permanent, "the host takes no UTF-8 in addresses (SMTPUTF8): " + base::printable(a, 80));
  return {};
}

std::string by_value(const DeliverBy& by) {
  return std::to_string(by.seconds) + (by.back ? ";R" : ";N") + (by.trace ? "T" : "");
}

// RFC 2852 4.1.4.1.
Result<> check_time_limit(const Submission& s, const Host& host) {
  if (!s.by || !s.by->back) return {};
  if (!host.deliver_by) return fail(Fault::permanent, "the host keeps no time limit (DELIVERBY), and the message is not to be late");
  if (s.by->seconds <= 0 || static_cast<std::uint64_t>(s.by->seconds) < host.min_by)
    return fail(Fault::permanent, "the host wants at least " + std::to_string(host.min_by) + " seconds of time limit");
  return {};
}

// RFC 2852 4.1.4.2: who asked to be told when it is late is told of any delay by a host that keeps no time limit.
std::string notify_value(const Submission& s, const Host& host) {
  bool told = s.by && !s.by->back && !host.deliver_by;
  if (!told || s.notify == "NEVER") return s.notify;
  if (s.notify.empty()) return "FAILURE,DELAY";
  return s.notify.find("DELAY") == std::string::npos ? s.notify + ",DELAY" : s.notify;
}

}  // namespace

std::optional<ReplyLine> parse_reply_line(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !base::is_digit(line[1]) || !base::is_digit(line[2])) return std::nullopt;
  ReplyLine r{(line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'), true, {}};
  if (line.size() == 3) return r;
  if (line[3] != ' ' && line[3] != '-') return std::nullopt;
  r.last = line[3] == ' ';
  r.text = line.substr(4);
  return r;
}

void take_extension(Host& host, std::string_view text) {
  auto words = base::split_blank(text);
  if (words.empty()) return;
  std::string name = base::to_upper(words[0]);
  std::uint64_t number = words.size() > 1 ? base::parse_u64(words[1]).value_or(0) : 0;
  if (name == "8BITMIME") host.eight_bit = true;
  if (name == "SMTPUTF8") host.utf8 = true;
  if (name == "DSN") host.dsn = true;
  if (name == "STARTTLS") host.starttls = true;
  if (name == "SIZE") host.size = true, host.max_size = number;
  if (name == "DELIVERBY") host.deliver_by = true, host.min_by = number;
}

std::optional<DeliverBy> parse_deliver_by(std::string_view text) {
  std::size_t semicolon = text.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  std::string_view digits = text.substr(0, semicolon), mode = text.substr(semicolon + 1);
  bool minus = digits.starts_with('-');
  if (minus || digits.starts_with('+')) digits.remove_prefix(1);
  auto n = digits.size() <= kMaxByDigits ? base::parse_u64(digits) : std::nullopt;
  bool known = mode == "R" || mode == "N" || mode == "RT" || mode == "NT";
  if (!n || !known) return std::nullopt;
  auto seconds = static_cast<std::int64_t>(*n);
  return DeliverBy{minus ? -seconds : seconds, mode[0] == 'R', mode.size() == 2};
}

Result<std::string> mail_line(const Submission& s, const Host& host) {
  if (auto ok = check_address(s.sender, host); !ok) return pass(ok);
  if (auto ok = check_time_limit(s, host); !ok) return pass(ok);
  if (host.max_size && s.size > host.max_size)
    return fail(Fault::permanent, "the host takes messages of " + std::to_string(host.max_size) + " bytes at most");
  bool utf8 = s.utf8_header || !ascii(s.sender) || !std::ranges::all_of(s.recipients, ascii);
  std::string out = "MAIL FROM:<" + s.sender + ">";
  if (host.size) out += " SIZE=" + std::to_string(s.size);
  if (host.eight_bit && (s.eight_bit || utf8)) out += " BODY=8BITMIME";
  if (host.utf8 && utf8) out += " SMTPUTF8";
  if (host.dsn && !s.ret.empty()) out += " RET=" + s.ret;
  if (host.deliver_by && s.by) out += " BY=" + by_value(*s.by);
  return out;
}

Result<std::string> rcpt_line(const Submission& s, const std::string& to, const Host& host) {
  if (to.empty()) return fail(Fault::permanent, "no address: it is empty");
  if (auto ok = check_address(to, host); !ok) return pass(ok);
  std::string out = "RCPT TO:<" + to + ">";
  std::string notify = notify_value(s, host);
  if (host.dsn && !notify.empty()) out += " NOTIFY=" + notify;
  return out;
}

}  // namespace postern::smtp
