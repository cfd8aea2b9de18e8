// Email/set.  RFC 8621 4.6.
#include <algorithm>
#include <map>

#include "cmd/jmapd/email_draft.h"
#include "cmd/jmapd/email_fetch.h"
#include "cmd/jmapd/methods.h"
#include "cmd/jmapd/set_result.h"
#include "proto/stored.pb.h"

namespace postern::jmapd {
namespace {

class Setter {
 public:
  Setter(Context& c, SetArguments args) : c_(c), args_(std::move(args)), result_(c) {}

  io::Task<Method<json::object>> run() {
    auto info = co_await c_.info();
    if (!info) co_return jmap::pass(info);
    epoch_ = info->epoch();
    old_modseq_ = modseq_ = info->email_modseq();
    if (args_.if_in_state && *args_.if_in_state != state_text(epoch_, old_modseq_))
      co_return jmap::method_error("stateMismatch");
    co_await create_all();
    auto checked = co_await read_updates();
    if (!checked) co_return jmap::pass(checked);
    read_destroys();
    auto stored = co_await send_updates();
    if (!stored) co_return jmap::pass(stored);
    co_return result_.finish(state_text(epoch_, old_modseq_), state_text(epoch_, modseq_));
  }

 private:
  io::Task<void> create_all() {
    if (!args_.create) co_return;
    for (const auto& m : *args_.create) {
      auto create = create_email(c_, m.value().get_object());
      auto added = co_await std::move(create);
      if (!added) {
        result_.not_created(m.key(), added.error());
        continue;
      }
      modseq_ = std::max(modseq_, added->modseq);
      created_something_ = true;
      c_.request.created_ids.add(m.key(), added->id);
      result_.created(m.key(), std::move(added->properties));
    }
  }

  // Fills `request_` with the updates that are well-formed.
  io::Task<Method<void>> read_updates() {
    if (!args_.update) co_return Method<void>{};
    std::vector<std::pair<std::string, jmap::EmailPatch>> compare;
    for (const auto& m : *args_.update) {
      std::string key(m.key());
      auto number = c_.number(model::IdKind::email, key);
      if (!number) {
        result_.not_updated(key, jmap::set_error("notFound"));
      } else if (std::ranges::binary_search(args_.destroy, std::string_view(key))) {
        result_.not_updated(key, jmap::set_error("willDestroy"));
      } else if (auto patch = jmap::parse_email_patch(m.value().get_object(), c_.mailbox_number()); !patch) {
        result_.not_updated(key, patch.error());
      } else if (!patch->same.empty()) {
        compare.emplace_back(std::move(key), std::move(*patch));
      } else {
        add_update(std::move(key), *number, *patch);
      }
    }
    if (!compare.empty()) co_return co_await check_same(std::move(compare));
    co_return Method<void>{};
  }

  void add_update(std::string key, std::uint64_t number, jmap::EmailPatch& p) {
    auto* one = request_.mutable_update_emails()->add_updates();
    one->set_id(number);
    one->set_set_keywords(p.set_keywords);
    for (auto& k : p.keywords) one->add_keywords(std::move(k));
    for (auto& k : p.add_keywords) one->add_add_keywords(std::move(k));
    for (auto& k : p.remove_keywords) one->add_remove_keywords(std::move(k));
    one->set_set_mailboxes(p.set_mailboxes);
    for (auto m : p.mailboxes) one->add_mailboxes(m);
    for (auto m : p.add_mailboxes) one->add_add_mailboxes(m);
    for (auto m : p.remove_mailboxes) one->add_remove_mailboxes(m);
    keys_.push_back(std::move(key));
  }

  // Properties that can't be changed may be given where they are as they were (RFC 8620 5.3).
  io::Task<Method<void>> check_same(std::vector<std::pair<std::string, jmap::EmailPatch>> list) {
    for (auto& [key, patch] : list) {
      auto error = co_await differs(key, patch);
      if (!error) co_return jmap::pass(error);
      if (error->empty())
        add_update(key, *c_.number(model::IdKind::email, key), patch);
      else if ((*error)[0].empty())
        result_.not_updated(key, jmap::set_error("notFound"));
      else
        result_.not_updated(key, jmap::invalid_properties(std::move(*error)));
    }
    co_return Method<void>{};
  }

  // The names of those that differ; {""} when there is no such email.
  io::Task<Method<std::vector<std::string>>> differs(const std::string& key, const jmap::EmailPatch& patch) {
    json::object asked(c_.sp);
    std::vector<std::string> bad;
    json::array names(c_.sp);
    for (const auto& [name, value] : patch.same) names.emplace_back(name);
    asked["properties"] = std::move(names);
    Args args(asked);
    auto fields = jmap::read_email_fields(args, jmap::EmailDefaults::get);
    if (!fields) {  // some are no properties at all
      for (const auto& [name, value] : patch.same) bad.emplace_back(name);
      co_return bad;
    }
    std::vector<std::uint64_t> ids{*c_.number(model::IdKind::email, key)};
    auto batch = co_await fetch_emails(c_, ids, std::move(*fields));
    if (!batch) co_return jmap::pass(batch);
    auto loaded = co_await load_views(c_, *batch);
    if (!loaded) co_return jmap::pass(loaded);
    if ((*batch)->emails.empty()) co_return std::vector<std::string>{""};
    auto now = (*batch)->emails[0]->view->render(c_.sp);
    for (const auto& [name, value] : patch.same) {
      const auto* v = jmap::find(now, name);
      if (!v || *v != *value) bad.emplace_back(name);
    }
    co_return bad;
  }

  void read_destroys() {
    first_destroy_ = keys_.size();
    for (auto key : args_.destroy) {
      auto number = c_.number(model::IdKind::email, key);
      if (!number) {
        result_.not_destroyed(key, jmap::set_error("notFound"));
        continue;
      }
      auto* one = request_.mutable_update_emails()->add_updates();
      one->set_id(*number);
      one->set_destroy(true);
      keys_.emplace_back(key);
    }
  }

  io::Task<Method<void>> send_updates() {
    if (keys_.empty()) co_return Method<void>{};
    // What we created ourselves moved the state on.
    if (args_.if_in_state && !created_something_)
      request_.mutable_update_emails()->set_if_email_modseq(old_modseq_);
    auto reply = co_await c_.write(std::move(request_));
    if (!reply) {
      if (!created_something_) co_return jmap::pass(reply);
      for (std::size_t i = 0; i < keys_.size(); ++i)
        failed(i, jmap::set_error(reply.error().type, reply.error().description));
      co_return Method<void>{};
    }
    const auto& done = reply->updated();
    if (!created_something_) old_modseq_ = done.old_modseq();
    modseq_ = std::max(modseq_, done.modseq());
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const auto* e = static_cast<int>(i) < done.errors_size() ? &done.errors(static_cast<int>(i)) : nullptr;
      if (e && !e->code().empty())
        failed(i, error_of(*e, i));
      else if (i < first_destroy_)
        result_.updated(keys_[i]);
      else
        result_.destroyed(keys_[i]);
    }
    co_return Method<void>{};
  }

  jmap::SetError error_of(const stored::Error& e, std::size_t i) const {
    auto error = set_error_of(e);
    if (i < first_destroy_ && e.code() == "LIMIT") return jmap::set_error("tooManyKeywords", e.what());
    if (i < first_destroy_ && error.type == "invalidProperties") error.properties = {"mailboxIds"};
    return error;
  }

  void failed(std::size_t i, const jmap::SetError& e) {
    if (i < first_destroy_)
      result_.not_updated(keys_[i], e);
    else
      result_.not_destroyed(keys_[i], e);
  }

  Context& c_;
  SetArguments args_;
  SetResult result_;
  stored::Request request_;
  std::vector<std::string> keys_;  // by place in the request's updates
  std::size_t first_destroy_ = 0;
  std::uint64_t epoch_ = 0, old_modseq_ = 0, modseq_ = 0;
  bool created_something_ = false;
};

}  // namespace

io::Task<Method<json::object>> email_set(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto set = read_set_arguments(args);
  if (!set) co_return jmap::pass(set);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  Setter setter(c, std::move(*set));
  auto out = co_await setter.run();
  co_return out;
}

}  // namespace postern::jmapd
