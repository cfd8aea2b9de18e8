// The header fields that an ENVELOPE is made of, each read once; shared by imap_format.cc and summary.cc.
#pragma once
#include <string>
#include <string_view>

#include "mime/address.h"
#include "mime/header.h"

namespace postern::mime {

// The first of each field counts.  Views are into the header block.
struct EnvelopeFields {
  std::string_view date, subject, in_reply_to, message_id;  // raw; null views when absent
  AddressList from, sender, reply_to, to, cc, bcc;

  // Takes `f` when it is one of these.
  void take(const Field& f);

 private:
  unsigned seen_ = 0;
};

void put_envelope(std::string& out, const EnvelopeFields& e);

}  // namespace postern::mime
