// RETR and TOP.  RFC 1939 5, 7; RFC 6856 2.1.
#include "base/log.h"
#include "base/text.h"
#include "cmd/pop3d/command_table.h"
#include "pop3/command.h"
#include "pop3/message_writer.h"

namespace postern::pop3d {

namespace {

constexpr std::uint64_t kPiece = 256 * 1024;

// UTF-8 in the header block that begins `bytes`, in its first 256 KB: legal only in UTF-8 mode (RFC 6532).
bool utf8_header(std::string_view bytes) {
  std::string_view header = bytes.substr(0, std::min(bytes.find("\r\n\r\n"), bytes.size()));
  bool ascii = true;
  for (char c : header) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
  return !ascii && base::is_valid_utf8(header);
}

io::Task<base::Result<std::string>> read_piece(Session& s, std::shared_ptr<Body> body, std::uint64_t at) {
  auto job = [reader = s.shared.bodies, body, at] { return reader->read(body->location, at, kPiece); };
  co_return co_await s.shared.daemon.loop().blocking(std::move(job));
}

// The rest of the message from `at`.  False: the connection has to end, the message broke off.
io::Task<bool> send_rest(Session& s, std::shared_ptr<Body> body, pop3::MessageWriter& writer, std::uint64_t at) {
  while (at < body->location.size) {
    auto piece = co_await read_piece(s, body, at);
    if (!piece || piece->empty()) co_return false;
    at += piece->size();
    std::string out;
    bool more = writer.feed(*piece, out);
    s.write(std::move(out));
    bool alive = co_await s.breathe();
    if (!alive) co_return false;
    if (!more) co_return true;
  }
  co_return true;
}

Answer sent(Session& s, std::uint32_t number, bool all_of_it) {
  if (Message* m = s.drop->find(number); m && all_of_it) {
    m->retrieved = true;
    ++s.shared.retrieved;
  }
  // Who has said what he wants next lets others go first; who waits for this has it at once.
  if (s.has_command()) (void)co_await s.breathe();
}

Answer send(Session& s, std::uint32_t number, std::uint64_t lines) {
  if (!s.drop->find(number)) co_return s.error("no such message");
  auto body = co_await s.ahead.take(s.shared, *s.login, *s.drop, number);
  if (!body && body.error().code == "NOT_FOUND") co_return s.error("somebody else has deleted the message");
  std::uint64_t size = body ? (*body)->location.size : 0;
  base::Result<std::string> piece;
  if (!body)
    piece = base::pass(body);
  else if (!(*body)->read)
    piece = co_await read_piece(s, *body, 0);
  std::string_view first = piece && (*body)->read ? std::string_view((*body)->bytes) : piece ? std::string_view(*piece) : "";
  if (!piece || (first.empty() && size > 0)) {
    base::log(base::Level::error, "body unreadable",
              {{"session", s.connection.session.id()}, {"error", piece ? "it is too short" : piece.error().what}});
    co_return s.error("the message can't be read now", "SYS/TEMP");
  }
  if (s.shared.settings.refuse_utf8 && !s.utf8 && utf8_header(first))
    co_return s.error("the message needs a client that says UTF8", "UTF8");
  s.ok(std::to_string(size) + " octets");
  if (lines == pop3::kAllLines && (*body)->read && pop3::goes_as_it_is(first)) {
    (*body)->read = false;   // who asks again has it read again
    s.write(std::move((*body)->bytes));
    s.write(".\r\n");
    co_return co_await sent(s, number, true);
  }
  pop3::MessageWriter writer(lines);
  std::string out;
  bool more = writer.feed(first, out);
  s.write(std::move(out));
  bool whole = !more || co_await send_rest(s, *body, writer, first.size());
  if (!whole) {
    s.ending = true;
    s.stream().close();
    co_return;
  }
  std::string last;
  writer.finish(last);
  s.write(std::move(last));
  co_await sent(s, number, lines == pop3::kAllLines);
}

}  // namespace

Answer run_retr(Session& s, std::string argument) {
  co_await send(s, pop3::parse_number(argument).value_or(0), pop3::kAllLines);
}

Answer run_top(Session& s, std::string argument) {
  auto top = pop3::parse_top(argument);
  if (!top) co_return s.error("expected TOP message lines");
  co_await send(s, top->message, std::min(top->lines, pop3::kAllLines - 1));
}

}  // namespace postern::pop3d
