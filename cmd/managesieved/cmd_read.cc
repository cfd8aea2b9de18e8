// LISTSCRIPTS, GETSCRIPT, HAVESPACE.  RFC 5804 2.5, 2.7, 2.9.
#include "cmd/managesieved/command_table.h"
#include "cmd/managesieved/scripts.h"
#include "model/script.h"

namespace postern::managesieved {

Answer run_listscripts(Session& s, managesieve::Words) {
  auto all = co_await list(s);
  if (!all) co_return s.refused(all.error());
  std::string out;
  for (const auto& script : all->scripts()) {
    out += managesieve::to_string(script.name());
    out += script.id() == all->active() ? " ACTIVE\r\n" : "\r\n";
  }
  s.write(std::move(out));
  s.ok();
}

Answer run_getscript(Session& s, managesieve::Words w) {
  auto script = co_await fetch(s, std::move(w[0].text));
  if (!script) co_return s.refused(script.error());
  s.write(managesieve::to_literal(script->text()) + "\r\n");
  s.ok();
}

Answer run_havespace(Session& s, managesieve::Words w) {
  if (!model::valid_script_name(w[0].text)) co_return s.no(kBadName);
  auto all = co_await list(s);
  if (!all) co_return s.refused(all.error());
  if (auto full = no_room(*all, w[0].text, w[1].number)) co_return s.no(full->text, full->code);
  s.ok();
}

}  // namespace postern::managesieved
