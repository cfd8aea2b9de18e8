// Mailbox/set.  RFC 8621 2.5.
#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "cmd/jmapd/methods.h"
#include "cmd/jmapd/set_result.h"
#include "jmap/mailbox_view.h"

namespace postern::jmapd {
namespace {

using jmap::MailboxChange;
using jmap::SetError;

class Setter {
 public:
  Setter(Context& c, SetArguments args, bool remove_emails)
      : c_(c), args_(std::move(args)), remove_emails_(remove_emails), result_(c) {}

  io::Task<Method<json::object>> run() {
    auto before = co_await list();
    if (!before) co_return jmap::pass(before);
    const auto& boxes = before->mailboxes();
    auto old_state = state_text(boxes.epoch(), boxes.mailbox_modseq());
    if (args_.if_in_state && *args_.if_in_state != old_state) co_return jmap::method_error("stateMismatch");
    for (const auto& m : boxes.mailboxes())
      if (m.destroyed() == 0) current_[m.id()] = &m;
    co_await create_all();
    co_await update_all();
    co_await destroy_all();
    auto after = co_await c_.info();
    if (!after) co_return jmap::pass(after);
    co_return result_.finish(old_state, state_text(after->epoch(), after->mailbox_modseq()));
  }

 private:
  io::Task<Method<stored::Reply>> list() {
    stored::Request request;
    request.mutable_list_mailboxes();
    return c_.read(std::move(request));
  }

  // A write whose error belongs to one record.
  io::Task<base::Result<stored::Reply>> write(stored::Request request) {
    c_.wrote();
    return c_.shared.store.write(*c_.login, std::move(request));
  }

  // Siblings have different names; what else stored finds invalid is the role, where one is given.
  static SetError error_of(const base::Error& e, const MailboxChange& change) {
    auto error = jmap::set_error_from_store(e);
    if (error.type != "invalidProperties") return error;
    bool role = e.code != "EXISTS" && change.role;
    error.properties = {role ? "role" : change.name ? "name" : "parentId"};
    return error;
  }

  // Parents may be created in the same call, in any order: rounds until nothing moves.
  io::Task<void> create_all() {
    if (!args_.create) co_return;
    std::vector<const json::object::value_type*> open;
    for (const auto& m : *args_.create) open.push_back(&m);
    bool moved = true;
    while (moved && !open.empty()) {
      moved = false;
      std::vector<const json::object::value_type*> later;
      for (const auto* m : open) {
        auto change =
            jmap::parse_mailbox_change(m->value().get_object(), nullptr, c_.account(), c_.mailbox_number());
        if (change && !change->waits_for.empty()) {
          later.push_back(m);
          continue;
        }
        moved = true;
        if (!change)
          result_.not_created(m->key(), change.error());
        else
          co_await create(std::string(m->key()), m->value().get_object(), std::move(*change));
      }
      open = std::move(later);
    }
    for (const auto* m : open) result_.not_created(m->key(), jmap::invalid_properties({"parentId"}));
  }

  io::Task<void> create(std::string key, const json::object& given, MailboxChange change) {
    stored::Request request;
    auto* create = request.mutable_create_mailbox();
    create->set_parent(change.parent.value_or(0));
    create->add_path(*change.name);
    create->set_role(change.role.value_or(""));
    create->set_sort_order(change.sort_order.value_or(0));
    create->set_subscribed(change.subscribed.value_or(true));
    auto reply = co_await write(std::move(request));
    if (!reply) {
      auto error = error_of(reply.error(), change);
      if (error.type == "notFound") error = jmap::invalid_properties({"parentId"});
      result_.not_created(key, error);
      co_return;
    }
    auto number = reply->created().id();
    c_.request.created_ids.add(key, c_.mailbox_id(number));
    co_await created(std::move(key), given, number);
  }

  // Tells the client what the server chose: all that was not given, or is not as it was given (RFC 8620 5.3).
  io::Task<void> created(std::string key, const json::object& given, std::uint32_t number) {
    stored::Request request;
    request.mutable_list_mailboxes()->add_ids(number);
    auto reply = co_await c_.read(std::move(request));
    if (reply && reply->mailboxes().mailboxes_size() == 1) {
      auto box = jmap::mailbox_json(reply->mailboxes().mailboxes(0), c_.account(),
                                    jmap::kAllMailboxProperties, c_.sp);
      for (const auto& m : given)
        if (const auto* v = jmap::find(box, m.key()); v && *v == m.value()) box.erase(m.key());
      result_.created(key, std::move(box));
      current_[number] = &made_.emplace_back(std::move(*reply->mutable_mailboxes()->mutable_mailboxes(0)));
    } else {
      auto box = c_.object();
      box["id"] = c_.mailbox_id(number);
      result_.created(key, std::move(box));
    }
  }

  io::Task<void> update_all() {
    if (!args_.update) co_return;
    for (const auto& m : *args_.update) {
      std::string key(m.key());
      auto number = c_.mailbox_number()(key);
      if (std::ranges::binary_search(args_.destroy, std::string_view(key))) {
        result_.not_updated(key, jmap::set_error("willDestroy"));
        continue;
      }
      auto it = number ? current_.find(*number) : current_.end();
      if (it == current_.end()) {
        result_.not_updated(key, jmap::set_error("notFound"));
        continue;
      }
      auto change =
          jmap::parse_mailbox_change(m.value().get_object(), it->second, c_.account(), c_.mailbox_number());
      if (change && !change->waits_for.empty())
        change = std::unexpected(jmap::invalid_properties({"parentId"}));
      if (!change)
        result_.not_updated(key, change.error());
      else
        co_await update(std::move(key), *number, m.value().get_object(), std::move(*change));
    }
  }

  io::Task<void> update(std::string key, std::uint32_t number, const json::object& given, MailboxChange change) {
    stored::Request request;
    auto* update = request.mutable_update_mailbox();
    update->set_id(number);
    if (change.name) update->set_name(*change.name);
    if (change.parent) update->set_parent(*change.parent);
    if (change.role) update->set_role(*change.role);
    if (change.sort_order) update->set_sort_order(*change.sort_order);
    if (change.subscribed) update->set_subscribed(*change.subscribed);
    auto reply = co_await write(std::move(request));
    if (!reply) co_return result_.not_updated(key, error_of(reply.error(), change));
    result_.updated(key);
    if (change.name && *change.name != jmap::text_of(*jmap::find(given, "name")))
      result_.changed(key, {}, "name", json::value(*change.name, c_.sp));
  }

  // Children may be destroyed in the same call: one with children is tried again while others go.
  io::Task<void> destroy_all() {
    std::vector<std::string_view> open = args_.destroy;
    bool moved = true;
    while (moved && !open.empty()) {
      moved = false;
      std::vector<std::string_view> later;
      for (auto key : open) {
        auto error = co_await destroy(key);
        if (error && error->type == "mailboxHasChild" && open.size() > 1) {
          later.push_back(key);
          continue;
        }
        moved = true;
        if (error)
          result_.not_destroyed(key, *error);
        else
          result_.destroyed(key);
      }
      open = std::move(later);
    }
    for (auto key : open) result_.not_destroyed(key, jmap::set_error("mailboxHasChild"));
  }

  io::Task<std::optional<SetError>> destroy(std::string_view key) {
    auto number = c_.mailbox_number()(key);
    if (!number) co_return jmap::set_error("notFound");
    auto it = current_.find(*number);
    if (it != current_.end() && it->second->role() == "inbox")
      co_return jmap::set_error("forbidden", "the inbox stays");
    stored::Request request;
    auto* destroy = request.mutable_delete_mailbox();
    destroy->set_id(*number);
    destroy->set_keep_if_emails(!remove_emails_);
    auto reply = co_await write(std::move(request));
    if (reply) co_return std::nullopt;
    co_return jmap::set_error_from_store(reply.error());
  }

  Context& c_;
  SetArguments args_;
  bool remove_emails_;
  SetResult result_;
  std::unordered_map<std::uint64_t, const records::Mailbox*> current_;  // before the call, or as they were made
  std::deque<records::Mailbox> made_;
};

}  // namespace

io::Task<Method<json::object>> mailbox_set(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  bool remove_emails = args.boolean("onDestroyRemoveEmails", false);
  auto set = read_set_arguments(args);
  if (!set) co_return jmap::pass(set);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  Setter setter(c, std::move(*set), remove_emails);
  auto out = co_await setter.run();
  co_return out;
}

}  // namespace postern::jmapd
