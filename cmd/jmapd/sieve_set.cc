// SieveScript/set.  RFC 9661 2.4.  Each script stands alone and is one commit; activation comes last, when all went well.
#include <algorithm>
#include <map>

#include "base/system.h"
#include "cmd/jmapd/methods.h"
#include "cmd/jmapd/set_result.h"
#include "cmd/jmapd/sieve_scripts.h"
#include "jmap/sieve_view.h"
#include "model/script.h"

namespace postern::jmapd {
namespace {

using jmap::SetError;

struct Activation {
  std::optional<std::string> activate;   // an id or "#creation-id"
  bool deactivate = false;
};

// What a create or update says of a script.
struct Change {
  std::optional<std::string> name, blob_id;
};

// `id`: of the script as it is; empty for a new one.
std::expected<Change, SetError> read_change(const json::object& o, std::string_view id, bool active) {
  Change out;
  for (const auto& [key, value] : o) {
    bool good = false;
    if (key == "name" && value.is_string()) {
      out.name = std::string(jmap::text_of(value));
      good = model::valid_script_name(*out.name);
    } else if (key == "name") {
      good = value.is_null();
    } else if (key == "blobId" && value.is_string()) {
      out.blob_id = std::string(jmap::text_of(value));
      good = true;
    } else if (key == "isActive") {   // the server's: it may only be said again
      good = value.is_bool() && value.get_bool() == active;
    } else if (key == "id") {
      good = !id.empty() && value.is_string() && jmap::text_of(value) == id;
    }
    if (!good) return std::unexpected(jmap::invalid_properties({std::string(key)}));
  }
  if (id.empty() && !out.blob_id) return std::unexpected(jmap::invalid_properties({"blobId"}));
  return out;
}

class Setter {
 public:
  Setter(Context& c, SetArguments args, Activation activation)
      : c_(c), args_(std::move(args)), activation_(std::move(activation)), result_(c) {}

  io::Task<Method<json::object>> run() {
    auto before = co_await list_scripts(c_);
    if (!before) co_return jmap::pass(before);
    scripts_ = std::move(*before);
    auto old_state = state_text(scripts_.epoch(), scripts_.script_modseq());
    if (args_.if_in_state && *args_.if_in_state != old_state) co_return jmap::method_error("stateMismatch");
    if (args_.create)
      for (const auto& m : *args_.create) co_await create(std::string(m.key()), m.value().get_object());
    if (args_.update)
      for (const auto& m : *args_.update) co_await update(std::string(m.key()), m.value().get_object());
    for (auto id : args_.destroy) co_await destroy(std::string(id));
    if (!result_.failed()) co_await activate();
    auto after = co_await c_.info();
    if (!after) co_return jmap::pass(after);
    co_return result_.finish(old_state, state_text(after->epoch(), after->script_modseq()));
  }

 private:
  const records::Script* find(std::optional<std::uint64_t> number) const {
    auto it = std::ranges::find_if(scripts_.scripts(), [&](const auto& s) { return number && s.id() == *number; });
    return it == scripts_.scripts().end() ? nullptr : &*it;
  }
  std::string id_of(std::uint32_t script) const {
    return model::format_id(model::IdKind::script, c_.account(), script);
  }

  SetError error_of(const base::Error& e, const std::string& name) const {
    if (e.code == "EXISTS") {
      SetError out = jmap::set_error("alreadyExists");
      for (const auto& s : scripts_.scripts())
        if (s.name() == name) out.existing_id = id_of(s.id());
      return out;
    }
    if (e.code == "OVER_QUOTA") return jmap::set_error("overQuota", e.what);
    if (e.code == "LIMIT") return jmap::set_error("tooLarge");
    if (e.code == "ACTIVE") return jmap::set_error("sieveIsActive");
    return jmap::set_error_from_store(e);
  }

  io::Task<base::Result<stored::Reply>> write(stored::Request r) {
    c_.wrote();
    return c_.shared.store.write(*c_.login, std::move(r));
  }

  // The text of a blob that compiles.
  io::Task<std::expected<std::string, SetError>> good_text(std::string blob_id) {
    auto text = co_await script_text(c_, std::move(blob_id));
    if (!text) co_return text;
    std::string copy = *text;
    auto bad = co_await check_script(c_, std::move(copy));
    if (bad) co_return std::unexpected(std::move(*bad));
    co_return text;
  }

  io::Task<std::optional<SetError>> put(const Change& change, stored::Request& r, std::string name, std::uint32_t& id) {
    if (change.blob_id) {
      auto text = co_await good_text(*change.blob_id);
      if (!text) co_return text.error();
      r.mutable_put_script()->set_text(std::move(*text));
    }
    auto reply = co_await write(std::move(r));
    if (!reply) co_return error_of(reply.error(), name);
    id = reply->script_put().id();
    // Names and checksums for what follows in this call.
    if (auto now = co_await list_scripts(c_)) scripts_ = std::move(*now);
    co_return std::nullopt;
  }

  io::Task<void> create(std::string key, const json::object& o) {
    auto change = read_change(o, {}, false);
    if (!change) co_return result_.not_created(key, change.error());
    std::string name = change->name.value_or("script-" + base::random_token(6));
    stored::Request r;
    r.mutable_put_script()->set_name(name);
    r.mutable_put_script()->set_must_be_new(true);
    std::uint32_t id = 0;
    auto error = co_await put(*change, r, name, id);
    if (error) co_return result_.not_created(key, *error);
    c_.request.created_ids.add(key, id_of(id));
    created_[id] = key;
    json::object out = c_.object();
    out["id"] = id_of(id);
    if (!change->name) out["name"] = name;
    if (const auto* s = find(id)) out["blobId"] = jmap::format_script_blob(c_.account(), *s);
    out["isActive"] = false;
    result_.created(key, std::move(out));
  }

  io::Task<void> update(std::string key, const json::object& o) {
    const auto* old = find(c_.number(model::IdKind::script, key));
    if (!old) co_return result_.not_updated(key, jmap::set_error("notFound"));
    auto change = read_change(o, id_of(old->id()), old->id() == scripts_.active());
    if (!change) co_return result_.not_updated(key, change.error());
    stored::Request r;
    std::uint32_t id = old->id();
    r.mutable_put_script()->set_id(id);
    std::string name = change->name.value_or(old->name());
    r.mutable_put_script()->set_name(name);
    auto error = co_await put(*change, r, name, id);
    if (error) co_return result_.not_updated(key, *error);
    result_.updated(key);
    if (const auto* s = find(id); s && change->blob_id)
      result_.changed(key, "", "blobId", json::value(jmap::format_script_blob(c_.account(), *s)));
  }

  io::Task<void> destroy(std::string key) {
    const auto* old = find(c_.number(model::IdKind::script, key));
    if (!old) co_return result_.not_destroyed(key, jmap::set_error("notFound"));
    stored::Request r;
    r.mutable_delete_script()->set_id(old->id());
    auto reply = co_await write(std::move(r));
    if (!reply) co_return result_.not_destroyed(key, error_of(reply.error(), {}));
    result_.destroyed(key);
  }

  void tell_active(std::uint32_t id, bool active) {
    auto made = created_.find(id);
    result_.changed(id_of(id), made == created_.end() ? "" : made->second, "isActive", json::value(active));
  }

  // An id that is none is ignored (RFC 9661 2.4), and so is one that this call destroyed.
  io::Task<void> activate() {
    std::uint32_t before = scripts_.active(), wanted = activation_.deactivate ? 0 : before;
    if (activation_.activate) {
      auto now = co_await list_scripts(c_);
      if (now) scripts_ = std::move(*now);
      if (const auto* s = find(c_.number(model::IdKind::script, *activation_.activate))) wanted = s->id();
    }
    if (wanted == before) co_return;
    stored::Request r;
    r.mutable_activate_script()->set_id(wanted);
    auto reply = co_await write(std::move(r));
    if (!reply) co_return;
    if (before) tell_active(before, false);
    if (wanted) tell_active(wanted, true);
  }

  Context& c_;
  SetArguments args_;
  Activation activation_;
  SetResult result_;
  stored::Scripts scripts_;
  std::map<std::uint32_t, std::string> created_;   // ids to creation ids
};

}  // namespace

io::Task<Method<json::object>> sieve_set(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto set = read_set_arguments(args);
  if (!set) co_return jmap::pass(set);
  Activation activation;
  if (auto id = args.string("onSuccessActivateScript")) activation.activate = std::string(*id);
  activation.deactivate = args.boolean("onSuccessDeactivateScript", false);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  Setter setter(c, std::move(*set), std::move(activation));
  co_return co_await setter.run();
}

}  // namespace postern::jmapd
