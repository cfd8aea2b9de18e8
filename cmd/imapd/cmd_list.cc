// LIST and LSUB.  RFC 9051 6.3.9, RFC 3501 6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 3348, RFC 8440 (MYRIGHTS),
// RFC 9590 (METADATA).
#include <algorithm>
#include <set>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/lost_subscriptions.h"
#include "cmd/imapd/mailboxes.h"
#include "cmd/imapd/metadata.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

// The patterns of a command.  What only stands above others is shown level by level: to a pattern with `*` it is as
// if it were not there (RFC 4314 4).
struct Patterns {
  std::vector<imap::ListPattern> all, by_level;
  bool match(const Mailbox& m) const {
    const auto& which = m.listed() || m.is_lost() ? all : by_level;
    return std::ranges::any_of(which, [&m](const imap::ListPattern& p) { return p.match(m.name); });
  }
};

Patterns patterns_of(const Session& s, const imap::ListArgs& args) {
  Patterns out;
  for (const std::string& p : args.patterns) {
    std::string whole;
    if (!imap::combine_pattern(args.reference, p, s.utf8_names(), whole)) continue;
    if (whole.find('*') == std::string::npos) out.by_level.emplace_back(whole);
    out.all.emplace_back(std::move(whole));
  }
  return out;
}

// Is it one of those that the selection options ask for?
bool selected(const imap::ListArgs& args, const Mailbox& m) {
  bool options = (!args.select_subscribed || m.record.subscribed()) &&
                 (!args.select_special || !special_use(m.record).empty());
  bool asks = args.select_subscribed || args.select_special;
  return options && (m.listed() || m.is_lost() || !asks);
}

void add_attribute(std::string& out, std::string_view name) {
  if (out.back() != '(') out += ' ';
  out += name;
}

void list_line(Session& s, std::string& out, const imap::ListArgs& args, const Mailbox& m,
               bool child_matches) {
  out += "* LIST (";
  if (!m.listed()) add_attribute(out, args.extended || s.rev2 ? "\\NonExistent" : "\\Noselect");
  if (args.return_subscribed && m.record.subscribed()) add_attribute(out, "\\Subscribed");
  add_attribute(out, child_attributes(m));
  if (std::string_view use = special_use(m.record); !use.empty()) add_attribute(out, use);
  out += ") \"/\" ";
  imap::append_mailbox(out, m.name, s.utf8_names());
  if (child_matches)
    out +=
        args.select_subscribed ? " (\"CHILDINFO\" (\"SUBSCRIBED\"))" : " (\"CHILDINFO\" (\"SPECIAL-USE\"))";
  out += "\r\n";
}

// Names with a descendant that the selection options ask for.
std::set<std::string> ancestors_of_selected(const imap::ListArgs& args, const MailboxList& list) {
  std::set<std::string> out;
  for (const Mailbox& m : list.all()) {
    if (!selected(args, m)) continue;
    for (std::size_t at = m.name.rfind('/'); at != std::string::npos && at > 0;
         at = m.name.rfind('/', at - 1))
      if (!out.insert(m.name.substr(0, at)).second) break;
  }
  return out;
}

void rights_line(Session& s, std::string& out, const Mailbox& m) {
  out += "* MYRIGHTS ";
  imap::append_mailbox(out, m.name, s.utf8_names());
  out += ' ';
  out += model::format_rights(m.rights);
  out += "\r\n";
}

// All mailboxes, and what is subscribed without being one: that is told only where subscriptions are what is asked for.
io::Task<base::Result<MailboxList>> load_list(Session& s, bool subscriptions, bool missing) {
  auto list = co_await MailboxList::load_all(s);
  if (!list || !subscriptions) co_return list;
  auto names = co_await lost_subscriptions(s);
  if (!names) co_return base::pass(names);
  list->add_subscribed(s, *names, missing);
  co_return list;
}

// What RETURN asks for beyond the LIST line; only of mailboxes that the selection options name.
io::Task<void> put_returns(Session& s, const imap::ListArgs& args, const Mailbox& m, const AllMetadata& metadata) {
  std::string out;
  if (args.return_myrights) rights_line(s, out, m);
  if (!args.return_metadata.empty()) metadata_line(s, out, m, args.return_metadata, metadata);
  s.write(std::move(out));
  if (args.return_status.empty() || !(m.rights & model::kRead)) co_return;
  auto status = co_await status_text(s, m, args.return_status);
  if (status) s.write(std::move(*status));
}

}  // namespace

Answer run_list(Session& s, imap::ListArgs args) {
  if (!args.extended && args.patterns[0].empty()) {
    s.write(std::string_view("* LIST (\\Noselect) \"/\" \"\"\r\n"));
    co_return ok("Done");
  }
  auto patterns = patterns_of(s, args);
  auto list = co_await load_list(s, args.return_subscribed, args.select_subscribed);
  if (!list) co_return from_error(list.error());
  AllMetadata metadata;
  if (!args.return_metadata.empty()) {
    auto loaded = co_await load_metadata(s, *list, args.return_metadata);
    if (!loaded) co_return from_error(loaded.error());
    metadata = std::move(*loaded);
  }
  std::set<std::string> parents;
  if (args.select_recursive) parents = ancestors_of_selected(args, *list);
  std::size_t n = 0;
  for (const Mailbox& m : list->all()) {
    if (++n % 512 == 0) (void)co_await s.breathe();
    bool child_matches = parents.contains(m.name), itself = selected(args, m);
    if ((!child_matches && !itself) || !patterns.match(m)) continue;
    std::string out;
    list_line(s, out, args, m, child_matches);
    s.write(std::move(out));
    if (itself && m.listed()) co_await put_returns(s, args, m, metadata);
  }
  co_return ok("Done");
}

// RFC 3501 6.3.9: with % a parent that is not subscribed stands, as \Noselect, for what is subscribed below
// it.
Answer run_lsub(Session& s, imap::ListArgs args) {
  if (args.extended) co_return bad("LSUB takes a reference and a pattern");
  auto patterns = patterns_of(s, args);
  auto list = co_await load_list(s, true, true);
  if (!list) co_return from_error(list.error());
  args.select_subscribed = true;
  bool percent = args.patterns[0].ends_with('%');
  std::set<std::string> parents;
  if (percent) parents = ancestors_of_selected(args, *list);
  for (const Mailbox& m : list->all()) {
    bool subscribed = m.record.subscribed() && (m.listed() || m.is_lost());
    if ((!subscribed && !parents.contains(m.name)) || !patterns.match(m)) continue;
    std::string out = subscribed ? "* LSUB () \"/\" " : "* LSUB (\\Noselect) \"/\" ";
    imap::append_mailbox(out, m.name, s.utf8_names());
    out += "\r\n";
    s.write(std::move(out));
  }
  co_return ok("Done");
}

}  // namespace postern::imapd
