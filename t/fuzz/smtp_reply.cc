// What an SMTP host may say, and a message on its way to it: no crash, one line at a time, and a DATA that ends where it does.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "smtp/data.h"
#include "smtp/submission.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view in(reinterpret_cast<const char*>(data), size);
  smtp::Host host;
  for (auto line : base::split(in, '\n'))
    if (auto r = smtp::parse_reply_line(line)) smtp::take_extension(host, r->text);
  smtp::Submission s{std::string(in.substr(0, 100)), {std::string(in)}, {}, {}, smtp::parse_deliver_by(in)};
  for (const auto& line : {smtp::mail_line(s, host), smtp::rcpt_line(s, s.recipients[0], host)})
    if (line && line->find_first_of("\r\n") != std::string::npos) std::abort();
  std::string whole, cut;
  smtp::DataWriter a, b;
  a.feed(in, whole);
  a.finish(whole);
  for (std::size_t i = 0; i < in.size(); ++i) b.feed(in.substr(i, 1), cut);
  b.finish(cut);
  smtp::DataReader reader;
  std::size_t used = reader.feed(whole, [](std::string_view) {});
  if (whole != cut || !reader.done() || used != whole.size()) std::abort();
  return 0;
}
