// A message on its way in: normalised at the door, parsed as it passes, kept in memory while small and in an unlinked
// file when not, so that 50 MB cost a front end no more than kInlineBody and the parser's budgets.
// Runs in: lmtpd, imapd (APPEND), jmapd (import, set), postern (import).  Input: hostile.
// At the door each LF without CR becomes CRLF; a bare CR stays; NUL stays.  Tests: t/unit/client_incoming.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "mime/summary.h"
#include "model/record.h"

namespace postern::stored {
class AddEmails;
class PutBlob;
}

namespace postern::client {

inline constexpr std::size_t kInlineBody = 256u << 10;

class Incoming {
 public:
  // `spool_dir` is where a large message's file is made (O_TMPFILE); empty: a memfd.  `raw`: nothing is normalised.
  explicit Incoming(std::string spool_dir, bool raw = false);
  // Consumes all of `bytes`.  Fault::temporary when the spool cannot be written: the message must be refused then.
  base::Result<> append(std::string_view bytes);
  // Bytes so far, after normalising.
  std::uint64_t size() const { return size_; }
  // Ends the message.  Only after this: record(), body(), descriptor().
  base::Result<> finish();
  const model::EmailRecord& record() const { return record_; }
  std::int64_t received_date() const { return received_date_; }   // of the topmost Received; 0 when none
  // Puts body, wire, content and sent into the request; the descriptor to pass with it, when the body is not inline.
  // May be called again for another request.
  base::Result<std::vector<base::Fd>> fill(stored::AddEmails& add) const;
  // The body alone, for PutBlob.
  base::Result<std::vector<base::Fd>> fill(stored::PutBlob& put) const;
  // The body as a file, which may be shared: read it with pread.
  base::Result<base::Fd> descriptor() const;
  bool is_inline() const { return !file_; }
  // The inline body; empty when it is in the file.
  std::string_view inline_body() const { return memory_; }

 private:
  base::Result<> keep(std::string_view bytes);
  base::Result<> spill();
  std::string dir_;
  bool raw_;
  bool last_cr_ = false;
  std::string memory_;     // all of it, or what has not reached the file yet
  base::Fd file_;
  std::uint64_t size_ = 0;
  mime::Summarizer summarizer_;
  model::EmailRecord record_;
  std::int64_t received_date_ = 0;
};

// A stored message, which is not normalised again.  `read` gives its pieces, one after the other, to the function that it
// gets, until that says false; its errors are errors here.
template <class Read>
base::Result<Incoming> gather(std::string spool_dir, Read&& read) {
  Incoming out(std::move(spool_dir), true);
  base::Result<> kept;
  auto done = read([&](std::string_view piece) {
    kept = out.append(piece);
    return kept.has_value();
  });
  if (!done) return base::pass(done);
  if (kept) kept = out.finish();
  if (!kept) return base::pass(kept);
  return out;
}

}  // namespace postern::client
