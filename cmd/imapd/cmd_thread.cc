// THREAD and UID THREAD.  RFC 5256.
#include "cmd/imapd/commands.h"
#include "cmd/imapd/search.h"
#include "imap/writer.h"
#include "query/key_cache.h"
#include "query/thread_key.h"

namespace postern::imapd {

namespace {

// thread-list: "(3 6 (4 23)(44 7 96))".  Trees may be as deep as the mailbox is long: no recursion.
class ThreadWriter {
 public:
  ThreadWriter(const query::Forest& forest, const std::vector<std::uint32_t>& numbers)
      : forest_(forest), numbers_(numbers) {}

  std::string text() {
    std::string out = "* THREAD";
    if (!forest_.roots.empty()) out += ' ';
    for (std::int32_t root : forest_.roots) put(out, root);
    out += "\r\n";
    return out;
  }

 private:
  struct Level {
    const std::vector<std::int32_t>* siblings;  // each in parentheses of its own
    std::size_t next = 0;
  };

  void put(std::string& out, std::int32_t root) {
    out += '(';
    std::vector<Level> open;
    walk_down(out, root, open);
    while (!open.empty()) {
      Level& l = open.back();
      if (l.next == l.siblings->size()) {
        open.pop_back();
        out += ')';
        continue;
      }
      std::int32_t child = (*l.siblings)[l.next++];
      out += '(';
      walk_down(out, child, open);
    }
  }

  // Writes the chain from `i` down to where it splits, whose branches are opened, or ends, where it is closed.
  void walk_down(std::string& out, std::int32_t i, std::vector<Level>& open) {
    for (;;) {
      const query::Forest::Node& n = forest_.nodes[static_cast<std::size_t>(i)];
      if (n.message >= 0) imap::append_number(out, numbers_[static_cast<std::size_t>(n.message)]);
      if (n.children.empty()) {
        out += ')';
        return;
      }
      if (n.message >= 0) out += ' ';
      if (n.children.size() > 1) {
        open.push_back({&n.children});
        return;
      }
      i = n.children.front();
    }
  }

  const query::Forest& forest_;
  const std::vector<std::uint32_t>& numbers_;
};

io::Task<Reply> thread(Session& s, imap::ThreadArgs args, bool uid) {
  auto refused = co_await prepare(s, args.search);
  if (refused) co_return std::move(*refused);
  auto scope = co_await selected_scope(s);
  if (!scope) co_return from_error(scope.error());
  auto bound = co_await bind(s, args.search.program, *scope);
  if (!bound) co_return from_error(bound.error());
  auto filter = std::move(*bound);
  // RFC 9738 3.3: threads of a part of the mailbox would be wrong.
  std::string limited = limit_search(s, *filter, *scope);
  if (!limited.empty()) co_return no("Too much in one command", std::move(limited));
  filter = co_await ask_index(s, *scope, filter);
  auto rows = co_await matching_rows(s, *scope, filter);
  if (!rows) co_return from_error(rows.error());
  std::vector<query::ThreadMessage> messages(rows->size());
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const query::Row& r = (*rows)[i];
    messages[i].sent = query::sent_date(r);
    messages[i].received = r.received;
    numbers.push_back(uid ? r.uid : s.box->map.seq_of(r.uid));
  }
  std::vector<query::KeyKind> kinds{{.thread = true, .collation = s.collation}};
  auto columns = co_await query::fill_columns(access(s, *scope), std::move(kinds), *rows);
  if (!columns) co_return from_error(columns.error());
  query::ThreadIds ids;
  for (std::size_t i = 0; i < rows->size(); ++i)
    if (auto key = columns->front()->find((*rows)[i].email)) query::read_thread_key(*key, ids, messages[i]);
  query::Forest forest = query::thread_messages(args.algorithm, messages);
  s.write(ThreadWriter(forest, numbers).text());
  co_return ok("Threaded");
}

}  // namespace

Answer run_thread(Session& s, imap::ThreadArgs args) {
  return thread(s, std::move(args), false);
}
Answer run_uid_thread(Session& s, imap::ThreadArgs args) {
  return thread(s, std::move(args), true);
}

}  // namespace postern::imapd
