// sieve list, show, put, activate, deactivate, delete: the scripts of one account, in the store that ManageSieve and JMAP
// change, too.  What does not compile is neither stored nor activated.
#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/script_store.h"
#include "cmd/postern/sieve_file.h"
#include "cmd/postern/verbs.h"
#include "model/script.h"

namespace postern::cli {
namespace {

namespace json = boost::json;
using base::fail;
using base::Fault;
using base::Result;

int complain(Context& c, const base::Error& e) { return e.code == "USAGE" ? c.usage(e.what) : c.fail(e); }

// What does not compile was said, one line each.
bool compiles(Context& c, const std::string& path, const std::string& text) {
  sieve::CompileOptions options = script_options(ScriptPlace::both);
  if (!c.config()) return false;
  for (const std::string& name : c.config()->list("sieve.extensions_off"))
    if (auto ext = sieve::find_extension(name)) options.extensions.reset(static_cast<std::size_t>(*ext));
  return compile_script(c, path, text, options).has_value();
}

int change(Context& c, ScriptStore& a, stored::Request r) {
  auto reply = a.call(std::move(r), true);
  return reply ? kOk : c.fail(reply.error());
}

}  // namespace

int sieve_list(Context& c) {
  auto a = ScriptStore::open(c);
  if (!a) return complain(c, a.error());
  auto all = a->list();
  if (!all) return c.fail(all.error());
  json::array out;
  for (const auto& s : all->scripts()) {
    bool active = s.id() == all->active();
    if (c.json())
      out.push_back({{"name", s.name()}, {"id", s.id()}, {"active", active}, {"size", s.size()}, {"changed", s.changed()}});
    else
      c.out(std::string(active ? "* " : "  ") + base::printable(s.name(), model::kMaxScriptName) + "\n");
  }
  if (c.json()) c.out(json::serialize(out) + "\n");
  return kOk;
}

int sieve_show(Context& c) {
  if (c.args().size() != 1) return c.usage("expected the name of one script");
  auto a = ScriptStore::open(c);
  if (!a) return complain(c, a.error());
  auto s = a->script(c.args()[0]);
  if (!s) return c.fail(s.error());
  c.out(s->text());
  return kOk;
}

int sieve_put(Context& c) {
  if (c.args().size() != 2) return c.usage("expected NAME and FILE, or - for standard input");
  const std::string &name = c.args()[0], &path = c.args()[1];
  if (!model::valid_script_name(name))
    return c.usage("a script's name has 1 to 512 bytes of UTF-8, without controls and \"/\"");
  auto text = read_script(c, path);
  if (!text) return kNoInput;
  if (!compiles(c, path, *text)) return kDataError;
  auto a = ScriptStore::open(c);
  if (!a) return complain(c, a.error());
  if (c.dry_run()) {
    c.out("would store " + std::to_string(text->size()) + " bytes as \"" + base::printable(name) + "\" of " + a->name() + "\n");
    return kOk;
  }
  stored::Request r;
  r.mutable_put_script()->set_name(name);
  r.mutable_put_script()->set_text(std::move(*text));
  r.mutable_put_script()->set_activate(c.has("--activate"));
  return change(c, *a, std::move(r));
}

int sieve_activate(Context& c) {
  if (c.args().size() != 1) return c.usage("expected the name of one script");
  auto a = ScriptStore::open(c);
  if (!a) return complain(c, a.error());
  auto s = a->script(c.args()[0]);
  if (!s) return c.fail(s.error());
  if (!compiles(c, c.args()[0], s->text())) return kDataError;
  stored::Request r;
  r.mutable_activate_script()->set_id(s->scripts(0).id());
  return change(c, *a, std::move(r));
}

int sieve_deactivate(Context& c) {
  if (!c.args().empty()) return c.usage("no arguments are expected");
  auto a = ScriptStore::open(c);
  if (!a) return complain(c, a.error());
  stored::Request r;
  r.mutable_activate_script();
  return change(c, *a, std::move(r));
}

int sieve_delete(Context& c) {
  if (c.args().size() != 1) return c.usage("expected the name of one script");
  auto a = ScriptStore::open(c);
  if (!a) return complain(c, a.error());
  auto s = a->script(c.args()[0]);
  if (!s) return c.fail(s.error());
  if (c.dry_run()) {
    c.out("would delete \"" + base::printable(c.args()[0]) + "\" of " + a->name() + "\n");
    return kOk;
  }
  stored::Request r;
  r.mutable_delete_script()->set_id(s->scripts(0).id());
  return change(c, *a, std::move(r));
}

}  // namespace postern::cli
