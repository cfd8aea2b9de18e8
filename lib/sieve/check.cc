#include "sieve/check.h"

#include <algorithm>

#include "base/text.h"
#include "mime/date.h"
#include "sieve/compose.h"
#include "sieve/names.h"
#include "sieve/strings.h"

namespace postern::sieve {

const Argument* Bound::find(Slot slot) const {
  auto it = std::ranges::find(arguments, slot, &Argument::slot);
  return it == arguments.end() ? nullptr : &*it;
}

std::uint64_t Bound::number(Slot slot) const {
  const Argument* a = find(slot);
  return a ? a->number : 0;
}

void Checker::error(const Bound& b, std::string what, std::string expected) {
  diagnostics_.error(b.at, std::string(b.command->name) + ": " + std::move(what), std::move(expected));
}

void Checker::warning(const Bound& b, std::string what) {
  diagnostics_.warning(b.at, std::string(b.command->name) + ": " + std::move(what));
}

template <class Fn>
void Checker::each_constant(const Bound& b, Slot slot, Fn&& fn) {
  const Argument* a = b.find(slot);
  if (!a) return;
  for (std::uint32_t i : a->strings)
    if (auto text = constant(program_.strings[i])) fn(*text);
}

void Checker::exclude(const Bound& b, Slot one, Slot other, std::string_view what) {
  if (b.has(one) && b.has(other)) error(b, std::string(what) + " exclude each other");
}

void Checker::need(const Bound& b, Slot one, Slot other, std::string_view what) {
  if (b.has(one) && !b.has(other)) error(b, std::string(what));
}

void Checker::names(const Bound& b, bool (*valid)(std::string_view), std::string_view what) {
  each_constant(b, Slot::names, [&](std::string_view s) {
    if (!valid(s)) error(b, "\"" + base::printable(s, 64) + "\" is no " + std::string(what));
  });
}

void Checker::matching(const Bound& b) {
  auto match = static_cast<Match>(b.number(Slot::match));
  bool substring = match == Match::contains || match == Match::matches || match == Match::regex;
  if (substring && b.has(Slot::comparator) &&
      b.number(Slot::comparator) == static_cast<std::uint64_t>(Comparator::numeric))
    error(b, "the comparator i;ascii-numeric can't look into strings", ":is, :value or :count");
  if (match == Match::list && b.has(Slot::comparator)) error(b, ":list and :comparator exclude each other");
  if (match == Match::list) {
    each_constant(b, Slot::keys, [&](std::string_view s) {
      if (!list_uri(s)) error(b, "\"" + base::printable(s, 64) + "\" is no list", "a URI or \":name\"");
    });
  }
  if (match != Match::matches && match != Match::regex) return;
  each_constant(b, Slot::keys, [&](std::string_view s) {
    if (s.size() > options_.limits.pattern)
      return error(b, "a pattern of more than " + std::to_string(options_.limits.pattern) + " bytes");
    bool octets = b.number(Slot::comparator) == static_cast<std::uint64_t>(Comparator::octet);
    std::string wrong = match == Match::regex ? regex_error(s, octets) : "";
    if (!wrong.empty()) error(b, "\"" + base::printable(s, 64) + "\" is no regular expression: " + wrong);
  });
}

void Checker::headers(const Bound& b) {
  need(b, Slot::last, Slot::index, ":last needs :index");
  need(b, Slot::anychild, Slot::mime, ":anychild needs :mime");
  need(b, Slot::mime_field, Slot::mime, ":type, :subtype and :contenttype need :mime");
  need(b, Slot::mime_param, Slot::mime, ":param needs :mime");
  exclude(b, Slot::mime_param, Slot::mime_field, ":param and :type, :subtype, :contenttype");
  if (b.has(Slot::index) && b.number(Slot::index) == 0) error(b, ":index counts from 1");
  each_constant(b, Slot::headers, [&](std::string_view s) {
    if (!valid_header_name(s))
      return warning(b, "\"" + base::printable(s, 64) + "\" is no header field's name");
    if (b.command->op == Op::address && !b.has(Slot::mime) && !is_address_header(s))
      error(b, "the field \"" + base::printable(s, 64) + "\" holds no addresses", "a field such as \"from\"");
  });
}

void Checker::envelope(const Bound& b) {
  bool with_zone = b.has(Slot::zone);
  each_constant(b, Slot::names, [&](std::string_view s) {
    auto part = find_envelope_part(s);
    std::string name = "\"" + base::printable(s, 64) + "\"";
    if (!part) return error(b, name + " is no part of the envelope", "\"from\", \"to\" or \"auth\"");
    if (is_dsn(*part) && !has(program_.extensions, Ext::envelope_dsn))
      return error(b, name + " needs `require \"envelope-dsn\"`");
    if (is_deliver_by(*part) && !has(program_.extensions, Ext::envelope_deliverby))
      return error(b, name + " needs `require \"envelope-deliverby\"`");
    if (!has_address(*part) && b.has(Slot::part)) error(b, name + " is no address: it has no parts");
  });
  if (with_zone) dates(b);
}

void Checker::dates(const Bound& b) {
  exclude(b, Slot::zone, Slot::original_zone, ":zone and :originalzone");
  need(b, Slot::last, Slot::index, ":last needs :index");
  if (b.has(Slot::index) && b.number(Slot::index) == 0) error(b, ":index counts from 1");
  each_constant(b, Slot::zone, [&](std::string_view s) {
    if (!parse_zone(s))
      error(b, "\"" + base::printable(s, 32) + "\" is no time zone", "\"+hhmm\" or \"-hhmm\"");
  });
  each_constant(b, Slot::date_part, [&](std::string_view s) {
    if (!find_date_part(s))
      error(b, "\"" + base::printable(s, 32) + "\" is no part of a date", "\"year\", \"date\" ...");
  });
}

void Checker::special_uses(const Bound& b, Slot slot) {
  each_constant(b, slot, [&](std::string_view s) {
    if (!valid_special_use(s))
      error(b, "\"" + base::printable(s, 64) + "\" is no special-use attribute", "\"\\\\Junk\" ...");
  });
}

void Checker::destination(const Bound& b) {
  Slot where = b.command->op == Op::fileinto ? Slot::mailbox : Slot::fcc;
  each_constant(b, where, [&](std::string_view s) {
    if (!valid_mailbox(s)) error(b, "\"" + base::printable(s, 64) + "\" is no mailbox name");
  });
  special_uses(b, Slot::special_use);
  if (where == Slot::mailbox) return;
  for (Slot s : {Slot::create, Slot::flags, Slot::special_use, Slot::mailbox_id})
    need(b, s, Slot::fcc, ":create, :flags, :specialuse and :mailboxid need :fcc");
}

void Checker::redirect(const Bound& b) {
  exclude(b, Slot::by_relative, Slot::by_absolute, ":bytimerelative and :bytimeabsolute");
  bool timed = b.has(Slot::by_relative) || b.has(Slot::by_absolute);
  if (!timed && (b.has(Slot::by_mode) || b.has(Slot::by_trace)))
    error(b, ":bymode and :bytrace need :bytimerelative or :bytimeabsolute");
  each_constant(b, Slot::by_mode, [&](std::string_view s) {
    if (!base::iequals(s, "notify") && !base::iequals(s, "return"))
      error(b, "wrong :bymode", "\"notify\" or \"return\"");
  });
  each_constant(b, Slot::by_absolute, [&](std::string_view s) {
    if (!mime::parse_rfc3339(s)) error(b, "wrong :bytimeabsolute", "a time as 2026-11-30T11:00:00Z");
  });
  each_constant(b, Slot::dsn_notify, [&](std::string_view s) {
    if (!valid_dsn_notify(s))
      error(b, "wrong :notify", "\"NEVER\", or of \"SUCCESS,FAILURE,DELAY\"");
  });
  each_constant(b, Slot::dsn_ret, [&](std::string_view s) {
    if (!base::iequals(s, "FULL") && !base::iequals(s, "HDRS"))
      error(b, "wrong :ret", "\"FULL\" or \"HDRS\"");
  });
  each_constant(b, Slot::address, [&](std::string_view s) {
    if (b.has(Slot::list)) {
      if (!list_uri(s)) error(b, "\"" + base::printable(s, 64) + "\" is no list", "a URI or \":name\"");
    } else if (auto a = check_address(s, true); !a) {
      error(b, a.error().what);
    }
  });
}

void Checker::vacation(const Bound& b) {
  exclude(b, Slot::days, Slot::seconds, ":days and :seconds");
  each_constant(b, Slot::from, [&](std::string_view s) {
    if (auto a = check_address(s, true); !a) error(b, ":from: " + a.error().what);
  });
  destination(b);
}

void Checker::notify(const Bound& b) {
  if (options_.limits.notifications == 0) return error(b, "local policy prohibits the use of a notify action");
  each_constant(b, Slot::importance, [&](std::string_view s) {
    if (s != "1" && s != "2" && s != "3") error(b, "wrong :importance", "\"1\", \"2\" or \"3\"");
  });
  each_constant(b, Slot::method, [&](std::string_view s) {
    auto method = notify_method(s);
    bool known = method && (*method == NotifyMethod::mailto ? options_.notify.mailto
                            : *method == NotifyMethod::xmpp ? options_.notify.xmpp
                                                            : options_.notify.sip);
    if (!known)
      return error(b, "\"" + base::printable(s, 64) + "\" is no method of this server", "\"mailto:...\"");
    if (*method != NotifyMethod::mailto) return;
    if (auto r = mailto_recipients(s); !r) error(b, r.error().what);
  });
  each_constant(b, Slot::from, [&](std::string_view s) {
    if (auto a = check_address(s, true); !a) error(b, ":from: " + a.error().what);
  });
  each_constant(b, Slot::options, [&](std::string_view s) {
    if (!valid_notify_option(s))
      error(b, "\"" + base::printable(s, 64) + "\" is no option", "\"name=value\"");
  });
  destination(b);
}

void Checker::edit_header(const Bound& b) {
  if (b.command->op == Op::deleteheader) need(b, Slot::last, Slot::index, ":last needs :index");
  if (b.has(Slot::index) && b.number(Slot::index) == 0) error(b, ":index counts from 1");
  each_constant(b, Slot::headers, [&](std::string_view s) {
    if (!valid_header_name(s)) error(b, "\"" + base::printable(s, 64) + "\" is no header field's name");
  });
}

// A name that is none was complained about already: its template is a text.
void Checker::variable(const Bound& b, std::string_view what) {
  const Argument* a = b.find(b.has(Slot::variable) ? Slot::variable : Slot::variables);
  if (!a || has(program_.extensions, Ext::variables)) return;
  auto is_reference = [this](std::uint32_t s) { return program_.strings[s][0].kind != Piece::Kind::text; };
  if (std::ranges::all_of(a->strings, is_reference))
    error(b, std::string(what) + " needs `require \"variables\"`");
}

void Checker::check(const Bound& b, bool in_loop) {
  if (b.has(Slot::match)) matching(b);
  switch (b.command->op) {
    case Op::header:
    case Op::address:
    case Op::exists:
      return headers(b);
    case Op::envelope:
      return envelope(b);
    case Op::date:
    case Op::currentdate:
      return dates(b);
    case Op::size:
      if (!b.has(Slot::over)) error(b, "says not what size", ":over or :under");
      return;
    case Op::body:
      return exclude(b, Slot::transform, Slot::content, ":text, :raw and :content");
    case Op::specialuse_exists:
      return special_uses(b, Slot::names);
    case Op::fileinto:
      return destination(b);
    case Op::redirect:
      return redirect(b);
    case Op::vacation:
      return vacation(b);
    case Op::notify:
      return notify(b);
    case Op::addheader:
    case Op::deleteheader:
      return edit_header(b);
    case Op::duplicate:
      return exclude(b, Slot::unique_header, Slot::unique_id, ":header and :uniqueid");
    case Op::replace:
      if (b.has(Slot::mime_reason) && (b.has(Slot::subject) || b.has(Slot::from)))
        error(b, ":mime takes no :subject and no :from");
      return;
    case Op::extracttext:
      variable(b, "a variable");
      if (!in_loop) error(b, "stands outside of every foreverypart");
      return;
    case Op::execute:
      exclude(b, Slot::input, Slot::pipe, ":input and :pipe");
      variable(b, ":output");
      [[fallthrough]];
    case Op::filter:
    case Op::pipe:
      each_constant(b, Slot::program, [&](std::string_view s) {
        if (!valid_script_name(s)) error(b, "\"" + base::printable(s, 64) + "\" is no program's name");
      });
      return;
    case Op::setflag:
    case Op::addflag:
    case Op::removeflag:
    case Op::hasflag:
      return variable(b, "a variable");
    case Op::include:
      return names(b, valid_script_name, "script's name");
    case Op::valid_ext_list:
      return;
    default:
      return;
  }
}

}  // namespace postern::sieve
