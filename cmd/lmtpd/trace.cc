#include "cmd/lmtpd/trace.h"

#include <ctime>

#include <algorithm>

#include "base/system.h"
#include "base/text.h"

namespace postern::lmtpd {

inline constexpr std::size_t kLineKept = 1024;
inline constexpr std::size_t kMaxDelivered = 100;
inline constexpr std::size_t kMaxMessageId = 250;

void TraceScan::feed(std::string_view bytes) {
  while (!end_ && !bytes.empty()) {
    auto lf = bytes.find('\n');
    auto piece = bytes.substr(0, lf);
    if (line_.size() < kLineKept) line_ += piece.substr(0, kLineKept - line_.size());
    if (lf == std::string_view::npos) return;
    line_done();
    bytes.remove_prefix(lf + 1);
  }
}

void TraceScan::line_done() {
  auto line = base::trim(line_);
  if (line.empty()) end_ = true;
  if (base::istarts_with(line, "Received:")) ++received_;
  if (base::istarts_with(line, "Delivered-To:") && delivered_.size() < kMaxDelivered)
    delivered_.emplace_back(base::trim(line.substr(13)));
  if (message_id_.empty()) take_message_id(line);
  line_.clear();
}

void TraceScan::take_message_id(std::string_view line) {
  constexpr std::string_view kName = "Message-ID:";
  bool begins = base::istarts_with(line, kName), goes_on = id_follows_ && (line_[0] == ' ' || line_[0] == '\t');
  if (begins || goes_on) message_id_ = base::trim(begins ? line.substr(kName.size()) : line).substr(0, kMaxMessageId);
  id_follows_ = begins && message_id_.empty();
}

bool TraceScan::delivered_to(std::string_view address) const {
  return std::ranges::any_of(delivered_, [&](const auto& d) { return base::iequals(d, address); });
}

static std::string date_now() {
  time_t now = base::unix_now();
  tm parts{};
  ::gmtime_r(&now, &parts);
  char out[64];
  strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S +0000", &parts);
  return out;
}

static std::string received(const Trace& t, std::string_view recipient) {
  return "Received: from " + t.helo + " (" + t.address + ")\r\n\tby " + t.host + " with " + (t.tls ? "LMTPS" : "LMTP") +
         " id " + t.id + "\r\n\tfor <" + std::string(recipient) + ">; " + date_now() + "\r\n";
}

std::string trace_fields(const Trace& t, std::string_view recipient, bool delivered_to) {
  std::string out = "Return-Path: <" + t.from + ">\r\n";
  if (delivered_to) out += "Delivered-To: " + std::string(recipient) + "\r\n";
  return out + received(t, recipient);
}

std::string redirect_trace(const Trace& t, std::string_view recipient) {
  return "Delivered-To: " + std::string(recipient) + "\r\n" + received(t, recipient);
}

}  // namespace postern::lmtpd
