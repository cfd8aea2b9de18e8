// SETACTIVE, DELETESCRIPT, RENAMESCRIPT.  RFC 5804 2.8, 2.10, 2.11.
#include "cmd/managesieved/command_table.h"
#include "cmd/managesieved/scripts.h"
#include "model/script.h"

namespace postern::managesieved {

namespace {

io::Task<void> change(Session& s, stored::Request request) {
  auto reply = co_await s.shared.store.write(*s.login, std::move(request));
  if (!reply) co_return s.refused(reply.error());
  s.ok();
}

}  // namespace

// A script that was good when it was put may not be any more, with another configuration: it is not activated then.
Answer run_setactive(Session& s, managesieve::Words w) {
  stored::Request r;
  r.mutable_activate_script();
  if (!w[0].text.empty()) {
    auto script = co_await fetch(s, std::move(w[0].text));
    if (!script) co_return s.refused(script.error());
    auto checked = co_await s.shared.sieve.check(std::move(*script->mutable_text()));
    if (!checked) co_return s.refused(checked.error());
    if (!checked->errors().empty()) co_return s.no(lines(checked->errors()));
    r.mutable_activate_script()->set_id(script->scripts(0).id());
  }
  co_await change(s, std::move(r));
}

Answer run_deletescript(Session& s, managesieve::Words w) {
  auto id = co_await find(s, std::move(w[0].text));
  if (!id) co_return s.refused(id.error());
  stored::Request r;
  r.mutable_delete_script()->set_id(*id);
  co_await change(s, std::move(r));
}

Answer run_renamescript(Session& s, managesieve::Words w) {
  if (!model::valid_script_name(w[1].text)) co_return s.no(kBadName);
  auto id = co_await find(s, std::move(w[0].text));
  if (!id) co_return s.refused(id.error());
  stored::Request r;
  r.mutable_put_script()->set_id(*id);
  r.mutable_put_script()->set_name(std::move(w[1].text));
  co_await change(s, std::move(r));
}

}  // namespace postern::managesieved
