// The answer of a /set method as it grows.  RFC 8620 5.3.
#pragma once
#include <string>
#include <string_view>

#include "cmd/jmapd/context.h"
#include "jmap/errors.h"

namespace postern::jmapd {

class SetResult {
 public:
  // `c` must outlive this.
  explicit SetResult(const Context& c)
      : c_(c),
        sp_(c.sp),
        created_(sp_),
        updated_(sp_),
        destroyed_(sp_),
        not_created_(sp_),
        not_updated_(sp_),
        not_destroyed_(sp_) {}

  void created(std::string_view id, json::object what) { created_[id] = std::move(what); }
  // Where the client wrote "#creation-id", the answer has the id itself.
  void updated(std::string_view id) { updated_[real(id)] = nullptr; }
  // What the server changed of it besides; of one that this call created it is told there.
  void changed(std::string_view id, std::string_view creation_id, std::string_view property, json::value value) {
    json::object& all = creation_id.empty() ? updated_ : created_;
    json::value& one = all[creation_id.empty() ? real(id) : creation_id];
    if (!one.is_object()) one.emplace_object();
    one.get_object()[property] = std::move(value);
  }
  bool failed() const { return !not_created_.empty() || !not_updated_.empty() || !not_destroyed_.empty(); }
  void destroyed(std::string_view id) { destroyed_.emplace_back(real(id)); }
  void not_created(std::string_view id, const jmap::SetError& e) { not_created_[id] = jmap::to_json(e, sp_); }
  void not_updated(std::string_view id, const jmap::SetError& e) {
    not_updated_[real(id)] = jmap::to_json(e, sp_);
  }
  void not_destroyed(std::string_view id, const jmap::SetError& e) {
    not_destroyed_[real(id)] = jmap::to_json(e, sp_);
  }

  json::object finish(std::string_view old_state, std::string_view new_state) {
    json::object out(sp_);
    out["accountId"] = c_.account_id();
    out["oldState"] = old_state;
    out["newState"] = new_state;
    put(out, "created", created_);
    put(out, "updated", updated_);
    out["destroyed"] = destroyed_.empty() ? json::value(nullptr, sp_) : json::value(std::move(destroyed_));
    put(out, "notCreated", not_created_);
    put(out, "notUpdated", not_updated_);
    put(out, "notDestroyed", not_destroyed_);
    return out;
  }

 private:
  std::string_view real(std::string_view id) const { return c_.request.created_ids.resolve(id).value_or(id); }
  void put(json::object& out, std::string_view name, json::object& o) {
    out[name] = o.empty() ? json::value(nullptr, sp_) : json::value(std::move(o));
  }
  const Context& c_;
  json::storage_ptr sp_;
  json::object created_, updated_;
  json::array destroyed_;
  json::object not_created_, not_updated_, not_destroyed_;
};

// create, update, destroy and ifInState of a /set call, with their limits checked.
struct SetArguments {
  const json::object* create = nullptr;
  const json::object* update = nullptr;
  std::vector<std::string_view> destroy;  // each once
  std::optional<std::string_view> if_in_state;
};
Method<SetArguments> read_set_arguments(Args& args);

}  // namespace postern::jmapd
