// PUTSCRIPT, CHECKSCRIPT.  RFC 5804 2.6, 2.12.  A script is stored when it compiles, and never else; an OK leaves when it
// is durable.
#include "base/log.h"
#include "cmd/managesieved/command_table.h"
#include "cmd/managesieved/scripts.h"
#include "model/script.h"

namespace postern::managesieved {

namespace {

// Answers what is not good, or keeps the warnings.  Nothing: it was answered.
io::Task<std::optional<std::string>> check(Session& s, const std::string& text) {
  std::string copy = text;
  auto checked = co_await s.shared.sieve.check(std::move(copy));
  if (!checked) {
    s.refused(checked.error());
    co_return std::nullopt;
  }
  if (!checked->errors().empty()) {
    s.no(lines(checked->errors()));
    co_return std::nullopt;
  }
  co_return lines(checked->warnings());
}

void done(Session& s, const std::string& warnings) {
  if (warnings.empty())
    s.ok();
  else
    s.ok(warnings, "WARNINGS");
}

}  // namespace

Answer run_putscript(Session& s, managesieve::Words w) {
  std::string name = std::move(w[0].text), text = std::move(w[1].text);
  if (!model::valid_script_name(name)) co_return s.no(kBadName);
  if (text.empty()) co_return s.no("an empty script is not stored; to have none, say SETACTIVE \"\"");   // RFC 5804 2.6
  auto all = co_await list(s);
  if (!all) co_return s.refused(all.error());
  if (auto full = no_room(*all, name, text.size())) co_return s.no(full->text, full->code);
  auto warnings = co_await check(s, text);
  if (!warnings) co_return;
  base::log(base::Level::info, "script stored",
            {{"session", s.connection.session.id()}, {"user", s.login->name()}, {"script", name}, {"size", text.size()}});
  stored::Request r;
  r.mutable_put_script()->set_name(std::move(name));
  r.mutable_put_script()->set_text(std::move(text));
  auto reply = co_await s.shared.store.write(*s.login, std::move(r));
  if (!reply) co_return s.refused(reply.error());
  ++s.shared.stored;
  done(s, *warnings);
}

Answer run_checkscript(Session& s, managesieve::Words w) {
  if (w[0].text.size() > model::kMaxScriptBytes) co_return s.no("the script is too long", "QUOTA/MAXSIZE");
  auto warnings = co_await check(s, w[0].text);
  if (warnings) done(s, *warnings);
}

}  // namespace postern::managesieved
