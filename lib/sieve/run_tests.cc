// Tests on the header, the envelope, dates and scores.
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"
#include "mime/words.h"
#include "sieve/dates.h"
#include "sieve/names.h"
#include "sieve/run.h"

namespace postern::sieve {

using Run = Interpreter::Run;

// :index and :last choose one of all the named fields, counted in the order of the names (RFC 5260 6).
void Run::pick_index(const Instruction& i, std::vector<std::vector<std::string>>& raw) {
  std::uint64_t index = number(i, Slot::index), total = 0, at = 0;
  if (index == 0) return;
  for (const auto& values : raw) total += values.size();
  std::uint64_t wanted = index > total ? total : has(i, Slot::last) ? total - index : index - 1;
  for (auto& values : raw) {
    std::vector<std::string> kept;
    for (auto& v : values)
      if (at++ == wanted) kept.push_back(std::move(v));
    values = std::move(kept);
  }
}

// The parts whose headers a :mime test looks at (RFC 5703 4).
base::Result<std::vector<std::size_t>> Run::mime_parts(const Instruction& i) {
  auto s = message_.structure();
  if (!s) return base::pass(s);
  bool in_loop = !frame().loops.empty();
  std::size_t first = in_loop ? frame().loops.back().at : 0;
  std::vector<std::size_t> out{first};
  if (!has(i, Slot::anychild)) return out;
  auto end = message_.subtree_end(first);
  if (!end) return base::pass(end);
  for (std::size_t p = first + 1; p < *end; ++p) out.push_back(p);
  return out;
}

base::Result<Run::FieldSet> Run::fields(const Instruction& i, std::span<const std::string_view> names) {
  FieldSet out;
  out.raw.resize(names.size());
  if (!has(i, Slot::mime)) {
    if (auto r = budget_.work(names.size() * message_.lines()); !r) return base::pass(r);
    for (std::size_t n = 0; n < names.size(); ++n)
      for (std::size_t line : message_.find(names[n])) {
        if (auto r = budget_.work(message_.raw(line).size() / 4); !r) return base::pass(r);
        out.raw[n].emplace_back(message_.raw(line));
      }
  } else {
    auto parts = mime_parts(i);
    if (!parts) return base::pass(parts);
    for (std::size_t part : *parts) {
      auto header = message_.part_header(part);
      if (!header) return base::pass(header);
      if (auto r = budget_.work(header->size()); !r) return base::pass(r);
      mime::HeaderFields all(*header);
      if (auto r = budget_.work(names.size() * all.all().size()); !r) return base::pass(r);
      for (std::size_t n = 0; n < names.size(); ++n)
        for (const mime::Field* f : all.each(names[n])) out.raw[n].emplace_back(f->value);
    }
  }
  pick_index(i, out.raw);
  return out;
}

namespace {

// One aspect of a structured MIME field (RFC 5703 4.1).
void mime_values(std::string_view name, std::string_view raw, MimeField field,
                 const std::vector<std::string>& params, std::vector<std::string>& out) {
  bool type = base::iequals(name, "content-type"), disposition = base::iequals(name, "content-disposition");
  mime::ParamValue v = type || disposition ? mime::parse_params(raw) : mime::ParamValue{};
  if (field == MimeField::param) {
    for (const std::string& p : params)
      if (auto value = v.param(base::to_lower(p)); value.data()) out.push_back(mime::decode_words(value));
    return;
  }
  bool parsed = type ? !v.value.empty() && !v.subtype.empty() : !v.value.empty();
  if (field == MimeField::type) out.push_back(parsed ? v.value : "");
  if (field == MimeField::subtype) out.push_back(type && parsed ? v.subtype : "");
  if (field == MimeField::contenttype)
    out.push_back(!parsed ? "" : type ? v.value + "/" + v.subtype : v.value);
}

std::string decode(std::string_view raw) {
  return mime::decode_words(mime::unfold(raw));
}

}  // namespace

Run::Flow Run::test_header(const Instruction& i) {
  if (auto r = views(i, Slot::headers, names_); !r) return fail(r.error());
  auto names = names_.all;
  if (!has(i, Slot::mime) && !has(i, Slot::index)) {
    // The common case: no copies.
    if (auto r = budget_.work(names.size() * message_.lines()); !r) return fail(r.error());
    values_.clear();
    for (std::string_view name : names)
      message_.each(name, [this](std::size_t line) {
        values_.push_back(message_.decoded(line));
        return true;
      });
    return compare(i, values_);
  }
  auto set = fields(i, names);
  if (!set) return fail(set.error());
  auto params = texts(i, Slot::mime_param);
  if (!params) return fail(params.error());
  auto field =
      has(i, Slot::mime_param) ? MimeField::param : static_cast<MimeField>(number(i, Slot::mime_field));
  std::vector<std::string> values;
  for (std::size_t n = 0; n < names.size(); ++n)
    for (const std::string& raw : set->raw[n]) {
      if (field == MimeField::whole) {
        values.push_back(decode(raw));
      } else {
        mime_values(names[n], raw, field, *params, values);
      }
    }
  return compare(i, values);
}

Run::Flow Run::test_exists(const Instruction& i) {
  if (auto r = views(i, Slot::headers, names_); !r) return fail(r.error());
  auto set = fields(i, names_.all);
  if (!set) return fail(set.error());
  return yields(std::ranges::none_of(set->raw, [](const auto& values) { return values.empty(); }));
}

// Nothing when the address has no such part: a user without detail has none (RFC 5233 4).
std::optional<std::string_view> Run::address_part(AddressPart part, const Mailbox& m) const {
  std::string_view local = m.local;
  auto split = local.find_first_of(in_.recipient_delimiters);
  switch (part) {
    case AddressPart::all:
      return m.all;
    case AddressPart::localpart:
      return local;
    case AddressPart::domain:
      return m.domain;
    case AddressPart::user:
      return local.substr(0, split);
    case AddressPart::detail:
      if (split == local.npos) return std::nullopt;
      return local.substr(split + 1);
  }
  return std::nullopt;
}

Run::Flow Run::test_address(const Instruction& i) {
  if (auto r = views(i, Slot::headers, names_); !r) return fail(r.error());
  auto names = names_.all;
  auto part = static_cast<AddressPart>(number(i, Slot::part));
  values_.clear();
  auto take = [&](const std::vector<Mailbox>& list) {
    for (const Mailbox& m : list) {
      if (part != AddressPart::all && !m.valid) continue;
      if (auto v = address_part(part, m)) values_.push_back(*v);
    }
  };
  if (!has(i, Slot::mime) && !has(i, Slot::index)) {
    // The common case: each field is read once, however many tests look at it.
    if (auto r = budget_.work(names.size() * message_.lines()); !r) return fail(r.error());
    base::Result<> read;
    for (std::string_view name : names)
      message_.each(name, [&](std::size_t line) {
        auto list = message_.mailboxes(line);
        if (list)
          take(**list);
        else
          read = base::pass(list);
        return read.has_value();
      });
    return read ? compare(i, values_) : fail(read.error());
  }
  auto set = fields(i, names);
  if (!set) return fail(set.error());
  std::deque<std::vector<Mailbox>> lists;
  for (const auto& raws : set->raw)
    for (const std::string& raw : raws) {
      if (auto r = budget_.work(raw.size()); !r) return fail(r.error());
      take(lists.emplace_back(mailboxes_in(raw)));
    }
  return compare(i, values_);
}

namespace {

// Atoms and dots, in any order: there are addresses with dots where RFC 5321 has none.
bool valid_local(std::string_view s) {
  if (s.starts_with('"')) return s.size() > 2 && s.ends_with('"');
  return !s.empty() && std::ranges::all_of(s, [](unsigned char c) {
    return c > ' ' && c != 0x7f && !std::string_view("()<>[]:;@\\,\"").contains(static_cast<char>(c));
  });
}

bool valid_domain(std::string_view s) {
  if (s.starts_with('[')) return s.size() > 2 && s.ends_with(']');
  return std::ranges::all_of(base::split(s, '.'), [](std::string_view label) {
    return !label.empty() && std::ranges::all_of(label, [](unsigned char c) {
      return base::is_alpha(static_cast<char>(c)) || base::is_digit(static_cast<char>(c)) || c == '-' || c == '_' ||
             c >= 0x80;
    });
  });
}

// What a quoted local part means, as `address` has it.
std::string unquoted(std::string_view local) {
  if (!local.starts_with('"')) return std::string(local);
  std::string out;
  for (std::size_t i = 1; i + 1 < local.size(); ++i) {
    if (local[i] == '\\' && i + 2 < local.size()) ++i;
    out += local[i];
  }
  return out;
}

// An address without domain is one: "postmaster".
bool valid_path(std::string_view address) {
  auto at = address.rfind('@');
  return valid_local(address.substr(0, at)) && (at == address.npos || valid_domain(address.substr(at + 1)));
}

}  // namespace

// RFC 5228 5.4 (and 2.7.4: what is no valid address has no parts), RFC 6009 4 and 5.
Run::Flow Run::test_envelope(const Instruction& i) {
  if (in_.imap_event) return fail("an envelope test: a message that is stored already has no envelope");
  auto names = texts(i, Slot::names);
  if (!names) return fail(names.error());
  auto zone_text = text(i, Slot::zone);
  if (!zone_text) return fail(zone_text.error());
  std::int32_t zone = in_.zone_minutes;
  if (has(i, Slot::zone)) {
    auto z = parse_zone(*zone_text);
    if (!z) return fail("\"" + base::printable(*zone_text, 32) + "\" is no time zone");
    zone = *z;
  }
  const Envelope& e = in_.envelope;
  auto part = static_cast<AddressPart>(number(i, Slot::part));
  std::vector<std::string> values;
  auto put_address = [&](std::string_view address) {
    // The null reverse-path is the empty string, whatever part is asked for.
    if (address.empty()) return (void)values.emplace_back();
    if (part != AddressPart::all && !valid_path(address)) return;
    // The last "@" parts: a quoted local part may hold one.
    auto at = address.rfind('@');
    Mailbox m{unquoted(address.substr(0, at)), std::string(at == address.npos ? "" : address.substr(at + 1)),
              std::string(address)};
    if (address.starts_with('"') && valid_path(address))
      m.all = mime::quote_local(m.local) + (at == address.npos ? "" : "@" + m.domain);
    if (auto v = address_part(part, m)) values.emplace_back(*v);
  };
  auto put = [&](const std::string& s) {
    if (!s.empty()) values.push_back(s);
  };
  for (const std::string& name : *names) {
    auto p = find_envelope_part(name);
    if (!p) return fail("\"" + base::printable(name, 64) + "\" is no part of the envelope");
    if (is_deliver_by(*p) && !e.has_by) continue;
    switch (*p) {
      case EnvelopePart::from:
        put_address(e.from);
        break;
      case EnvelopePart::to:
        if (!e.to.empty()) put_address(e.to);
        break;
      case EnvelopePart::orig_to:
        put_address(e.orig_to.empty() ? e.to : e.orig_to);
        break;
      case EnvelopePart::auth:
        if (!e.auth.empty()) put_address(e.auth);
        break;
      case EnvelopePart::notify:
        for (std::string_view condition : base::split(e.notify, ',')) put(std::string(base::trim(condition)));
        break;
      case EnvelopePart::orcpt:
        put(e.orcpt);
        break;
      case EnvelopePart::ret:
        put(e.ret);
        break;
      case EnvelopePart::envid:
        put(e.envid);
        break;
      case EnvelopePart::by_absolute:
        values.push_back(date_part({in_.now + e.by_time, zone}, DatePart::iso8601));
        break;
      case EnvelopePart::by_relative:
        values.push_back(std::to_string(e.by_time));
        break;
      case EnvelopePart::by_mode:
        values.push_back(e.by_mode);
        break;
      case EnvelopePart::by_trace:
        values.push_back(e.by_trace ? "trace" : "");
        break;
    }
  }
  return compare(i, values);
}

Run::Flow Run::test_size(const Instruction& i) {
  auto size = message_.size();
  if (!size) return fail(size.error());
  std::uint64_t have = *size;
  if (!frame().loops.empty()) {
    // Within a foreverypart the part that it looks at (RFC 5703's example in 4.1).
    auto s = message_.structure();
    if (!s) return fail(s.error());
    have = (*s)->parts[frame().loops.back().at].body_size();
  }
  bool over = number(i, Slot::over) == 1;
  std::uint64_t limit = number(i, Slot::limit);
  return yields(over ? have > limit : have < limit);
}

Run::Flow Run::test_date(const Instruction& i) {
  auto name = text(i, Slot::headers);
  auto part_name = text(i, Slot::date_part);
  auto zone_text = text(i, Slot::zone);
  if (!name || !part_name || !zone_text)
    return fail(!name ? name.error() : !part_name ? part_name.error() : zone_text.error());
  auto part = find_date_part(*part_name);
  if (!part) return fail("\"" + base::printable(*part_name, 32) + "\" is no part of a date");
  std::string_view one = *name;
  auto set = fields(i, std::span(&one, 1));
  if (!set) return fail(set.error());
  std::optional<std::int32_t> zone = in_.zone_minutes;
  if (has(i, Slot::original_zone)) zone.reset();
  if (has(i, Slot::zone) && !(zone = parse_zone(*zone_text)))
    return fail("\"" + base::printable(*zone_text, 32) + "\" is no time zone");
  // Of several fields the first (RFC 5260 4); :index has left one.
  std::vector<std::string> values;
  if (!set->raw[0].empty()) {
    if (auto date = date_in(set->raw[0][0]))
      values.push_back(date_part({date->seconds, zone.value_or(date->zone_minutes)}, *part));
  }
  return compare(i, values);
}

Run::Flow Run::test_currentdate(const Instruction& i) {
  auto part_name = text(i, Slot::date_part);
  auto zone_text = text(i, Slot::zone);
  if (!part_name || !zone_text) return fail(!part_name ? part_name.error() : zone_text.error());
  auto part = find_date_part(*part_name);
  if (!part) return fail("\"" + base::printable(*part_name, 32) + "\" is no part of a date");
  std::optional<std::int32_t> zone = in_.zone_minutes;
  if (has(i, Slot::zone) && !(zone = parse_zone(*zone_text)))
    return fail("\"" + base::printable(*zone_text, 32) + "\" is no time zone");
  return compare(i, std::vector<std::string>{date_part({in_.now, *zone}, *part)});
}

namespace {

// The number that a field begins with, or that a pattern's first group takes of it.
std::optional<std::string> score_text(std::string_view value, const std::string& pattern) {
  std::string out;
  if (!pattern.empty()) {
    re2::RE2 re(pattern, re2::RE2::Quiet);
    if (!re.ok() || re.NumberOfCapturingGroups() < 1) return std::nullopt;
    if (!re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), re, &out)) return std::nullopt;
    return out;
  }
  value = base::trim(value);
  return std::string(value.substr(0, value.find_first_of(" \t;,/")));
}

std::optional<double> decimal(std::string_view s) {
  std::string copy(s.substr(0, 32));
  char* end = nullptr;
  double v = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() || !std::isfinite(v)) return std::nullopt;
  return v;
}

}  // namespace

// RFC 5235: "0" when nothing was tested; 1 is clean; `top` (10, 5 or 100 percent) is what reaches the limit.
std::string Run::score(const ScoreSource& source, bool percent, std::uint64_t top) {
  if (source.header.empty()) return "0";
  auto lines = message_.find(source.header);
  if (lines.empty()) return "0";
  if (auto it = source.values.find(base::to_lower(base::trim(message_.decoded(lines[0]))));
      it != source.values.end())
    return it->second;
  auto found = score_text(message_.decoded(lines[0]), source.pattern);
  if (!found) return "0";
  if (auto it = source.values.find(base::to_lower(*found)); it != source.values.end()) return it->second;
  auto value = source.by_length ? std::optional(static_cast<double>(found->size())) : decimal(*found);
  std::string max_text = source.max;
  if (!source.max_header.empty()) {
    auto at = message_.find(source.max_header);
    auto m = at.empty() ? std::nullopt : score_text(message_.decoded(at[0]), source.max_pattern);
    if (!m) return "0";
    max_text = *m;
  }
  auto max = decimal(max_text);
  if (!value || !max || *max <= 0) return "0";
  // A hair more, for decimals that have no exact form: 0.29 is 29 percent.
  double part = std::clamp(*value / *max + 1e-9, 0.0, 1.0);
  if (percent) return std::to_string(static_cast<int>(part * 100));
  return std::to_string(1 + static_cast<int>(part * static_cast<double>(top - 1)));
}

Run::Flow Run::test_score(const Instruction& i) {
  bool virus = i.op == Op::virustest;
  std::string value = virus ? score(in_.virus, false, 5) : score(in_.spam, has(i, Slot::percent), 10);
  auto match = static_cast<Match>(number(i, Slot::match));
  // :count says whether it was tested at all.
  if (is_count(match)) return compare(i, std::vector<std::string>(value == "0" ? 0 : 1, value));
  return compare(i, std::vector<std::string>{value});
}

}  // namespace postern::sieve
