// The trace fields of a message on its way in: how often it was received, and whether it was delivered to this address
// before.  Looks at the header only.  RFC 5321 6.3.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace postern::lmtpd {

class TraceScan {
 public:
  void feed(std::string_view bytes);
  unsigned received() const { return received_; }
  bool delivered_to(std::string_view address) const;
  // As it stands in the header, for the log; at most 250 bytes.
  const std::string& message_id() const { return message_id_; }

 private:
  void line_done();
  void take_message_id(std::string_view line);
  std::string line_;   // the beginning of the current line
  unsigned received_ = 0;
  std::vector<std::string> delivered_;
  std::string message_id_;
  bool id_follows_ = false;   // "Message-ID:" stands alone on its line
  bool end_ = false;
};

// "Return-Path", "Delivered-To" and "Received" for one recipient, each with CRLF.
struct Trace {
  std::string from;        // envelope sender
  std::string helo;        // name that the client gave
  std::string address;     // its IP, or "local"
  std::string host;        // our name
  bool tls = false;
  std::string id;
};
std::string trace_fields(const Trace& t, std::string_view recipient, bool delivered_to);
// What a redirected message gets on its way out: it tells us, should it come back, that it was here.
std::string redirect_trace(const Trace& t, std::string_view recipient);

}  // namespace postern::lmtpd
