#include "client/store_host.h"

#include <algorithm>

#include "base/codec.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/large.h"
#include "model/script.h"

namespace postern::client {

namespace {

using sieved::Answer;
using sieved::Question;

constexpr std::size_t kMaxListFile = 16u << 20;
constexpr std::size_t kMaxOutput = 64u << 20;    // of a filter: a message
constexpr std::size_t kMaxFileName = 255;

Answer yes(bool is) {
  Answer a;
  a.set_yes(is);
  return a;
}
Answer failed(std::string why) {
  Answer a;
  a.set_failed(std::move(why));
  return a;
}

// A name of a folder's file that leads nowhere else.
bool plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxFileName && name[0] != '.' && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

std::string mark_id(std::string_view kind, std::string_view handle) {
  base::Sha256 hash;
  hash.update(kind);
  hash.update(std::string_view("\0", 1));
  hash.update(handle);
  return std::string(base::view(hash.finish()).substr(0, 16));
}

StoreHost::StoreHost(io::Loop& loop, AccountStore& store, RunnerClient* runner, SieveFolders folders,
                     std::map<std::string, std::string> environment, std::string id)
    : loop_(loop), store_(store), runner_(runner), folders_(std::move(folders)), environment_(std::move(environment)),
      id_(std::move(id)) {}

io::Task<Answer> StoreHost::answer(const Question& q) {
  switch (q.kind()) {
    case Question::MAILBOX_EXISTS:
    case Question::MAILBOX_ID_EXISTS:
    case Question::SPECIAL_USE_EXISTS: co_return co_await mailboxes_there(q);
    case Question::METADATA: co_return co_await metadata(q);
    case Question::SEEN: co_return co_await seen(q);
    case Question::LIST_VALID:
    case Question::LIST_CONTAINS: co_return co_await list(q);
    case Question::SCRIPT: co_return co_await script(q);
    case Question::FILTER:
    case Question::EXECUTE: co_return co_await program(q);
    case Question::CONVERT: co_return co_await convert(q);
    case Question::NOTIFY_ONLINE: {
      Answer a;
      a.set_text("maybe");
      co_return a;
    }
    default: co_return failed("a question that is not known here");
  }
}

io::Task<const MailboxTree*> StoreHost::mailboxes() {
  if (tree_) co_return &*tree_;
  MailboxTree tree(store_.account());
  for (std::uint32_t from = 0;;) {
    stored::Request r;
    r.mutable_list_mailboxes()->set_from_id(from);
    auto reply = co_await store_.read(std::move(r));
    if (!reply) co_return nullptr;
    // To delivery and scripts one that nothing can be put into is not there (RFC 5490 3.1).
    for (auto& m : *reply->mutable_mailboxes()->mutable_mailboxes())
      if (!m.all()) tree.add(std::move(m));
    from = reply->mailboxes().next_id();
    if (!from) break;
  }
  tree_ = std::move(tree);
  co_return &*tree_;
}

io::Task<std::uint32_t> StoreHost::find(const sieved::Destination& where) {
  const MailboxTree* tree = co_await mailboxes();
  if (!tree) co_return 0;
  std::uint32_t id = where.mailbox_id().empty() ? 0 : tree->find_id(where.mailbox_id());
  if (!id && !where.special_use().empty()) id = tree->find_role(where.special_use());
  co_return id ? id : tree->find(where.mailbox());
}

io::Task<std::uint32_t> StoreHost::inbox() {
  const MailboxTree* tree = co_await mailboxes();
  co_return tree ? tree->find("INBOX") : 0;
}

io::Task<std::uint32_t> StoreHost::place(const sieved::Destination& where) {
  std::uint32_t id = co_await find(where);
  const MailboxTree* tree = co_await mailboxes();
  auto path = MailboxTree::components(where.mailbox());
  if (id || !tree || !where.create() || path.empty()) co_return id;
  stored::Request r;
  auto& make = *r.mutable_create_mailbox();
  for (auto& part : path) make.add_path(std::move(part));
  make.set_may_exist(true);
  make.set_subscribed(true);
  // RFC 8579 4.1: made with the use, unless another has it.
  if (where.special_use().starts_with("\\") && !tree->find_role(where.special_use()))
    make.set_role(base::to_lower(where.special_use().substr(1)));
  auto reply = co_await store_.write(std::move(r));
  tree_.reset();
  if (!reply) base::log(base::Level::info, "sieve_create_failed", {{"id", id_}, {"mailbox", where.mailbox()}, {"what", reply.error().what}});
  co_return reply ? reply->created().id() : 0;
}

io::Task<Answer> StoreHost::mailboxes_there(const Question& q) {
  const MailboxTree* tree = co_await mailboxes();
  if (!tree) co_return failed("the store is not available");
  if (q.kind() == Question::MAILBOX_EXISTS)
    co_return yes(std::ranges::all_of(q.values(), [&](const auto& v) { return tree->find(v) != 0; }));
  if (q.kind() == Question::MAILBOX_ID_EXISTS)
    co_return yes(std::ranges::all_of(q.values(), [&](const auto& v) { return tree->find_id(v) != 0; }));
  if (q.name().empty())
    co_return yes(std::ranges::all_of(q.values(), [&](const auto& v) { return tree->find_role(v) != 0; }));
  std::uint32_t id = tree->find(q.name());
  co_return yes(id && std::ranges::all_of(q.values(), [&](const auto& v) { return tree->has_role(id, v); }));
}

io::Task<Answer> StoreHost::metadata(const Question& q) {
  Answer a;
  std::uint32_t mailbox = 0;
  if (!q.name().empty()) {
    const MailboxTree* tree = co_await mailboxes();
    if (!tree) co_return failed("the store is not available");
    mailbox = tree->find(q.name());
    if (!mailbox) co_return a;
  }
  std::string entry = q.values().empty() ? std::string() : base::to_lower(q.values(0));
  // Postern's own are nobody's to read.
  if (!entry.starts_with("/private/") && !entry.starts_with("/shared/")) co_return a;
  stored::Request r;
  r.mutable_get_metadata()->set_mailbox(mailbox);
  r.mutable_get_metadata()->add_entries(entry);
  auto reply = co_await store_.read(std::move(r));
  if (!reply && reply.error().fault == base::Fault::temporary) co_return failed(reply.error().what);
  if (!reply) co_return a;
  for (const auto& e : reply->metadata().entries()) {
    if (e.entry() != entry) continue;
    a.set_found(true);
    a.set_text(e.value());
  }
  co_return a;
}

io::Task<Answer> StoreHost::seen(const Question& q) {
  stored::Request r;
  r.mutable_get_marks()->add_ids(mark_id("duplicate", q.name()));
  auto reply = co_await store_.read(std::move(r));
  if (!reply) co_return failed(reply.error().what);
  co_return yes(reply->marks().found_size() == 1 && reply->marks().found(0));
}

io::Task<std::optional<std::string>> StoreHost::file(std::string path) {
  auto text = co_await loop_.blocking([path = std::move(path)] { return base::read_file(path, kMaxListFile); });
  if (!text) co_return std::nullopt;
  co_return std::move(*text);
}

io::Task<std::optional<std::string>> StoreHost::list_file(std::string_view name) {
  std::string encoded = base::percent_encode(name);
  if (folders_.lists.empty() || !plain_name(encoded)) co_return std::nullopt;
  co_return co_await file(folders_.lists + "/" + encoded);
}

io::Task<base::Result<std::vector<std::string>>> StoreHost::members(std::string list) {
  auto text = co_await list_file(list);
  if (!text) co_return base::fail(base::Fault::permanent, "there is no list " + base::printable(list), "NOT_FOUND");
  std::vector<std::string> out;
  for (std::string_view line : base::split(*text, '\n'))
    if (auto entry = base::trim(line); !entry.empty()) out.emplace_back(entry);
  co_return out;
}

io::Task<Answer> StoreHost::list(const Question& q) {
  if (q.kind() == Question::LIST_VALID) {
    for (std::string name : q.values()) {
      auto entries = co_await members(std::move(name));
      if (!entries) co_return yes(false);
    }
    co_return yes(true);
  }
  auto entries = co_await members(q.name());
  Answer a;
  a.set_found(entries.has_value());
  if (!entries) co_return a;
  for (const std::string& entry : *entries)
    for (const auto& key : q.values())
      if (!a.yes() && base::iequals(entry, key)) {
        a.set_yes(true);
        a.set_text(entry);
      }
  co_return a;
}

io::Task<Answer> StoreHost::script(const Question& q) {
  Answer a;
  if (!model::valid_script_name(q.name())) co_return a;
  if (q.global()) {
    std::string name = q.name() + ".sieve";
    if (folders_.scripts.empty() || !plain_name(name)) co_return a;
    auto text = co_await file(folders_.scripts + "/" + name);
    a.set_found(text.has_value());
    if (text) a.set_text(std::move(*text));
    co_return a;
  }
  stored::Request r;
  r.mutable_get_scripts()->set_name(q.name());
  r.mutable_get_scripts()->set_text(true);
  auto reply = co_await store_.read(std::move(r));
  if (!reply) co_return failed(reply.error().what);
  a.set_found(!reply->scripts().scripts().empty());
  a.set_text(std::move(*reply->mutable_scripts()->mutable_text()));
  co_return a;
}

io::Task<Answer> StoreHost::run(std::string command, std::vector<std::string> arguments, std::string_view input,
                                bool want_output) {
  if (!runner_) co_return yes(false);
  RunRequest request{.command = std::move(command), .arguments = std::move(arguments), .environment = environment_, .id = id_};
  auto stdin_file = ipc::to_descriptor(input);
  if (!stdin_file) co_return failed(stdin_file.error().what);
  request.input = std::move(*stdin_file);
  auto ran = co_await runner_->run(std::move(request));
  if (!ran && ran.error().fault == base::Fault::temporary) co_return failed(ran.error().what);
  if (!ran || !ran->ok()) co_return yes(false);
  Answer a = yes(true);
  if (want_output && ran->output) {
    auto text = ipc::from_descriptor(ran->output, kMaxOutput);
    if (!text) co_return yes(false);
    a.set_text(std::move(*text));
  }
  co_return a;
}

io::Task<Answer> StoreHost::program(const Question& q) {
  bool filter = q.kind() == Question::FILTER;
  std::vector<std::string> arguments(q.values().begin(), q.values().end());
  std::string command = (filter ? "filter:" : "execute:") + q.name();
  co_return co_await run(std::move(command), std::move(arguments), q.with_message() ? q.message() : q.text(),
                         filter || q.want_output());
}

// Into plain text, by the commands that make text of attachments.
io::Task<Answer> StoreHost::convert(const Question& q) {
  if (!base::iequals(q.name(), "text/plain") || q.values().empty()) co_return yes(false);
  std::string command = "text:" + base::to_lower(q.values(0));
  co_return co_await run(std::move(command), {}, q.text(), true);
}

}  // namespace postern::client
