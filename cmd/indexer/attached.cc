#include "cmd/indexer/attached.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "cmd/indexer/limits.h"
#include "index/limits.h"
#include "mime/charset.h"
#include "mime/html.h"
#include "mime/transfer.h"

namespace postern::indexer {

namespace {

constexpr std::string_view kPrefix = "text:";
constexpr std::uint64_t kAskTypesMs = 60'000;

// The document's bytes as a file.  Nothing when it is too large.
base::Result<base::Fd> input_of(const index::Attached& a) {
  std::string bytes;
  mime::TransferDecoder decoder(mime::encoding_of(a.encoding));
  decoder.decode(a.raw, bytes);
  decoder.finish(bytes);
  if (bytes.size() > kMaxAttachedBytes) return base::fail(base::Fault::limit, "the document is too large");
  base::Fd fd(::memfd_create("document", MFD_CLOEXEC));
  if (!fd) return std::unexpected(base::sys_error("memfd_create"));
  if (auto ok = base::write_all(fd.get(), bytes); !ok) return base::pass(ok);
  return fd;
}

// XML is read as HTML is: its markup goes.
base::Result<std::string> text_of(const client::RunResult& r) {
  auto bytes = base::pread_exact(r.output.get(), std::min<std::uint64_t>(r.output_bytes, index::kMaxText), 0);
  if (!bytes) return bytes;
  std::string text = mime::utf8_or_1252(*bytes);
  bool markup = r.gives.ends_with("xml") || r.gives.ends_with("html");
  return markup ? mime::html_to_text(text, index::kMaxText) : text;
}

io::Task<base::Result<std::string>> text_of_document(Shared& s, const index::Attached& a, std::string id) {
  auto input = input_of(a);
  if (!input) co_return base::pass(input);
  client::RunRequest request;
  request.command = std::string(kPrefix) + a.type;
  request.input = std::move(*input);
  request.id = std::move(id);
  auto running = s.runner.run(std::move(request));
  auto ran = co_await std::move(running);
  if (!ran) co_return base::pass(ran);
  if (!ran->ok()) co_return base::fail(base::Fault::permanent, ran->why());
  co_return text_of(*ran);
}

}  // namespace

bool has_documents(const index::Document& d, const std::set<std::string>& types) {
  return std::ranges::any_of(d.attached, [&](const index::Attached& a) { return types.contains(a.type); });
}

// What a document's program wrote may bring the process down as the message itself may, and so may both together.
io::Task<base::Result<>> put_with_documents(Shared& s, Account& account, WriterPtr writer, Deferred deferred) {
  auto mail = std::make_shared<const Deferred>(std::move(deferred));
  auto d = co_await s.loop.blocking([mail] { return std::make_shared<index::Document>(index::extract(mail->message, mail->cut)); });
  auto types = s.documents;
  for (const index::Attached& a : d->attached) {
    if (!types->contains(a.type)) continue;
    auto reading = text_of_document(s, a, "index-" + std::to_string(account.id) + "-" + std::to_string(mail->email));
    auto text = co_await std::move(reading);
    if (text)
      d->add({.field = index::Field::document, .text = std::move(*text), .prose = true, .seen = index::kSeenByAll});
    else
      base::log(base::Level::info, "index_document",
                {{"account", account.id}, {"email", mail->email}, {"type", a.type}, {"error", text.error().what}});
  }
  auto put = co_await s.loop.blocking([writer, mail, d, id = account.id, language = account.language, suspects = s.suspects,
                                       watchdog = s.watchdog] {
    (void)suspects->begin(id, mail->email);  // true: put_one() asked before
    watchdog->begin();
    base::kill_point("index.document");
    auto done = writer->put(mail->email, *d, language);
    watchdog->end();
    suspects->end();
    return done;
  });
  co_return put;
}

io::Task<void> keep_document_types(Shared& s) {
  for (;;) {
    auto asking = s.runner.list();
    auto names = co_await std::move(asking);
    if (names) {
      auto types = std::make_shared<std::set<std::string>>();
      for (const std::string& n : *names)
        if (n.starts_with(kPrefix)) types->insert(n.substr(kPrefix.size()));
      s.documents = std::move(types);
    }
    co_await s.loop.sleep(kAskTypesMs);
  }
}

}  // namespace postern::indexer
