// Actions that change the message or look into its parts: editheader (RFC 5293), replace, enclose,
// extracttext (RFC 5703), convert (RFC 6558), filter and execute (vnd.dovecot).
#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"
#include "mime/transfer.h"
#include "mime/words.h"
#include "sieve/compose_parts.h"
#include "sieve/names.h"
#include "sieve/run.h"

namespace postern::sieve {

using Run = Interpreter::Run;

bool Run::is_protected(std::string_view name, const std::vector<std::string>& besides) const {
  std::string lower = base::to_lower(name);
  // RFC 5293 7 and RFC 5703 5: these never change, whatever the configuration says.
  constexpr std::string_view kAlways[] = {"received", "auto-submitted", "original-subject", "original-from"};
  return std::ranges::find(kAlways, lower) != std::end(kAlways) ||
         std::ranges::find(in_.protected_headers, lower) != in_.protected_headers.end() ||
         std::ranges::find(besides, lower) != besides.end();
}

namespace {

// A folded value on one line (RFC 5322 2.2.3).  A line end without a blank behind it stays.
std::string unfolded(std::string_view value) {
  std::string out;
  std::string_view rest = base::trim(value);
  for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
    std::string_view next = rest.substr(end + 1);
    if (!next.starts_with(' ') && !next.starts_with('\t')) break;
    out.append(base::trim(rest.substr(0, end))) += ' ';
    rest = base::trim(next);
  }
  return out.append(rest);
}

}  // namespace

Run::Flow Run::do_addheader(const Instruction& i) {
  auto name = text(i, Slot::headers);
  auto value = prose(i, Slot::value);
  if (!name || !value) return fail(name ? value.error() : name.error());
  if (!mime::valid_field_name(*name))
    return fail("\"" + base::printable(*name, 64) + "\" is no header field's name");
  if (is_protected(*name, in_.never_added)) {
    log("addheader at line " + std::to_string(i.line) + ": " + *name + " is protected");
    return Flow::next;
  }
  std::string v = unfolded(*value);
  if (v.find_first_of("\r\n") != v.npos)
    return fail("a header field's value with a line end in it");
  std::string field = *name + ":";
  std::string encoded = mime::encode_words(v);
  field += " " + mime::fold(encoded, field.size() + 1) + "\r\n";
  if (in_.max_field && field.size() > in_.max_field)
    return fail("a header field of more than " + std::to_string(in_.max_field) + " bytes",
                RunError::Kind::limit);
  if (auto r = message_.insert(std::move(field), has(i, Slot::last)); !r) return fail(r.error());
  return Flow::next;
}

// RFC 5293 5.
Run::Flow Run::do_deleteheader(const Instruction& i) {
  auto name = text(i, Slot::headers);
  auto keys = texts(i, Slot::keys);
  if (!name || !keys) return fail(name ? keys.error() : name.error());
  if (!mime::valid_field_name(*name))
    return fail("\"" + base::printable(*name, 64) + "\" is no header field's name");
  if (is_protected(*name, in_.never_deleted)) {
    log("deleteheader at line " + std::to_string(i.line) + ": " + *name + " is protected");
    return Flow::next;
  }
  std::vector<std::size_t> lines = message_.find(*name);
  if (std::uint64_t index = number(i, Slot::index)) {
    if (index > lines.size()) return Flow::next;
    lines.assign(1, has(i, Slot::last) ? lines[lines.size() - index] : lines[index - 1]);
  }
  auto match = static_cast<Match>(number(i, Slot::match));
  auto comparator = static_cast<Comparator>(number(i, Slot::comparator));
  std::vector<std::size_t> doomed;
  if (is_count(match)) {
    std::string count = std::to_string(lines.size());
    if (std::ranges::any_of(*keys,
                            [&](const auto& k) { return Matcher::related(match, comparator, count, k); }))
      doomed = lines;
  } else {
    for (std::size_t line : lines) {
      bool hit = !has(i, Slot::keys);
      for (std::size_t k = 0; k < keys->size() && !hit; ++k) {
        auto r = matcher_.match(match, comparator, message_.decoded(line), (*keys)[k], nullptr);
        if (!r) return fail(r.error());
        hit = *r;
      }
      if (hit) doomed.push_back(line);
    }
  }
  for (std::size_t n = doomed.size(); n-- > 0;) message_.erase(doomed[n]);
  return Flow::next;
}

Run::Flow Run::do_extracttext(const Instruction& i) {
  const Template& name = frame().script.program->strings[find(i, Slot::variable)->strings[0]];
  std::string value;
  if (!frame().loops.empty()) {
    auto s = message_.structure();
    if (!s) return fail(s.error());
    std::size_t part = frame().loops.back().at;
    if ((*s)->parts[part].is_text()) {
      auto t = message_.part_text(part);
      if (!t) return fail(t.error());
      if (!(*t)->problem) value = (*t)->text;
    }
  }
  if (has(i, Slot::first)) {
    std::uint64_t left = number(i, Slot::first);
    std::size_t at = 0;
    for (; at < value.size(); ++at)
      if ((static_cast<unsigned char>(value[at]) & 0xc0) != 0x80 && left-- == 0) break;
    value.resize(at);
  }
  auto r = assign(name, modified(i, std::move(value)));
  return r ? Flow::next : fail(r.error());
}

// Loops that run keep their place: parts before the replaced one have the numbers they had.
base::Result<> Run::replace_part(std::size_t part, std::string entity) {
  auto more = message_.replace_part(part, std::move(entity));
  if (!more) return base::pass(more);
  auto s = message_.structure();
  if (!s) return base::pass(s);
  auto end = message_.subtree_end(part);
  if (!end) return base::pass(end);
  std::size_t parts = (*s)->parts.size();
  for (Frame& f : frames_)
    for (Loop& l : f.loops) {
      l.end = std::min(parts, static_cast<std::size_t>(
                                  std::max<std::int64_t>(static_cast<std::int64_t>(l.end) + *more, 0)));
      if (l.at == part) l.skip_to = *end;
      if (l.at >= parts) l.at = parts - 1;
    }
  return {};
}

void Run::end_loops() {
  for (Frame& f : frames_)
    for (Loop& l : f.loops) {
      l.at = 0;
      l.end = l.skip_to = 0;
    }
}

// RFC 5703 5.
Run::Flow Run::do_replace(const Instruction& i) {
  bool mime_given = has(i, Slot::mime_reason);
  auto replacement = mime_given ? entity(i, Slot::reason) : prose(i, Slot::reason),
       subject = prose(i, Slot::subject), from = plain(i, Slot::from);
  for (auto* t : {&replacement, &subject, &from})
    if (!*t) return fail(t->error());
  std::size_t part = frame().loops.empty() ? 0 : frame().loops.back().at;
  if (auto r = replace_part(part, mime_given ? with_crlf(*replacement) : text_part(*replacement)); !r)
    return fail(r.error());
  if (part != 0 || mime_given) return Flow::next;
  if (auto r = message_.open(); !r) return fail(r.error());
  auto swap = [&](std::string_view name, const std::string& old_name, std::string field) -> base::Result<> {
    std::vector<std::string> kept;
    auto lines = message_.find(name);
    for (std::size_t n = lines.size(); n-- > 0;) {
      kept.push_back(old_name + ":" + std::string(message_.raw(lines[n])) + "\r\n");
      message_.erase(lines[n]);
    }
    for (auto& old : kept)
      if (auto r = message_.insert(std::move(old), false); !r) return r;
    return message_.insert(std::move(field), false);
  };
  if (has(i, Slot::subject)) {
    std::string field = "Subject: " + mime::fold(mime::encode_words(base::trim(*subject)), 9) + "\r\n";
    if (auto r = swap("subject", "Original-Subject", std::move(field)); !r) return fail(r.error());
  }
  if (has(i, Slot::from)) {
    auto list = mime::parse_addresses(*from);
    mime::HeaderBuilder h;
    std::vector<mime::OutAddress> out;
    for (const mime::Address& a : mime::flat_addresses(list)) {
      if (a.domain.empty()) return fail("replace: \"" + base::printable(*from, 64) + "\" is no From value");
      out.push_back({a.name(), a.email()});
    }
    if (out.empty() || !h.add_addresses("From", out))
      return fail("replace: \"" + base::printable(*from, 64) + "\" is no From value");
    if (auto r = swap("from", "Original-From", h.block()); !r) return fail(r.error());
  }
  return Flow::next;
}

Run::Flow Run::do_enclose(const Instruction& i) {
  EnclosureText e;
  auto reason = prose(i, Slot::reason), subject = prose(i, Slot::subject);
  auto names = texts(i, Slot::headers);
  if (!reason || !subject || !names)
    return fail(!reason ? reason.error() : !subject ? subject.error() : names.error());
  e.text = std::move(*reason);
  e.subject = has(i, Slot::subject) ? *subject : header_text("subject");
  e.from = own_address();
  e.to = own_address();
  for (const std::string& n : *names)
    for (std::size_t line : message_.find(n)) e.headers.emplace_back(message_.text(line));
  auto bare = current_version();
  auto version = message_.version();
  if (!bare || !version) return fail(bare ? version.error() : bare.error());
  if (!bare_version_) bare_version_ = *bare;
  // The message is copied into the new one.
  if (auto r = budget_.memory(version->size() * 2); !r) return fail(r.error());
  auto enclosed = enclose(e, *version, letterhead());
  if (!enclosed) return fail(enclosed.error());
  message_.replace_all(std::make_shared<StringMessage>(std::move(*enclosed)));
  end_loops();
  if (auto r = message_.open(); !r) return fail(r.error());
  return Flow::next;
}

// RFC 6558: all or nothing.
Run::Flow Run::do_convert(const Instruction& i) {
  auto from = plain(i, Slot::from_type), to = plain(i, Slot::to_type);
  auto parameters = plains(i, Slot::parameters);
  if (!from || !to || !parameters) return fail(!from ? from.error() : !to ? to.error() : parameters.error());
  auto s = message_.structure();
  if (!s) return fail(s.error());
  std::vector<std::size_t> parts;
  std::size_t first = frame().loops.empty() ? 0 : frame().loops.back().at;
  std::size_t last = frame().loops.empty() ? (*s)->parts.size() : first + 1;
  for (std::size_t p = first; p < last; ++p)
    if (base::iequals((*s)->parts[p].type + "/" + (*s)->parts[p].subtype, *from) &&
        !(*s)->parts[p].is_multipart())
      parts.push_back(p);
  if (parts.size() > kMaxActions)
    return fail("more than " + std::to_string(kMaxActions) + " parts to convert", RunError::Kind::limit);
  std::vector<std::string> converted;
  for (std::size_t p : parts) {
    Question q;
    q.kind = Question::Kind::convert;
    q.name = *to;
    q.values.push_back(*from);
    q.values.insert(q.values.end(), parameters->begin(), parameters->end());
    auto bytes = message_.part_bytes(p);
    if (!bytes) return fail(bytes.error());
    q.text = std::move(*bytes);
    const Answer* a = ask(std::move(q));
    if (!a) return Flow::ask;
    if (!a->yes) return yields(false);
    converted.push_back(a->text);
  }
  for (std::size_t n = parts.size(); n-- > 0;) {
    auto header = message_.part_header(parts[n]);
    if (!header) return fail(header.error());
    auto whole = message_.begins_message(parts[n]);
    if (!whole) return fail(whole.error());
    std::string entity;
    if (!*whole)
      mime::for_each_field(*header, [&](const mime::Field& f) {
        if (!base::iequals(f.name, "content-type") && !base::iequals(f.name, "content-transfer-encoding") &&
            !base::iequals(f.name, "content-md5"))
          entity += header->substr(f.begin, f.end - f.begin);
      });
    if (!entity.empty() && !entity.ends_with('\n')) entity += "\r\n";
    if (to->find_first_of("\r\n") != std::string::npos) return yields(false);
    entity += "Content-Type: " + *to + (base::istarts_with(*to, "text/") ? "; charset=utf-8" : "") +
              "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + mime::encode_base64_lines(converted[n]);
    if (auto r = replace_part(parts[n], std::move(entity)); !r) return fail(r.error());
    if (auto r = message_.open(); !r) return fail(r.error());
  }
  return yields(true);
}

// vnd.dovecot.filter.
Run::Flow Run::do_filter(const Instruction& i) {
  Question q;
  q.kind = Question::Kind::filter;
  auto program = plain(i, Slot::program);
  auto arguments = plains(i, Slot::arguments);
  if (!program || !arguments) return fail(program ? arguments.error() : program.error());
  auto version = message_.version();
  if (!version) return fail(version.error());
  q.name = std::move(*program);
  q.values = std::move(*arguments);
  q.with_message = q.want_output = true;
  q.message = std::move(*version);
  const Answer* a = ask(std::move(q));
  if (!a) return Flow::ask;
  if (!a->yes || a->text.empty()) return yields(false);
  message_.replace_all(std::make_shared<StringMessage>(a->text));
  end_loops();
  if (auto r = message_.open(); !r) return fail(r.error());
  return yields(true);
}

// vnd.dovecot.execute.
Run::Flow Run::do_execute(const Instruction& i) {
  Question q;
  q.kind = Question::Kind::execute;
  auto program = plain(i, Slot::program), input = text(i, Slot::input);
  auto arguments = plains(i, Slot::arguments);
  if (!program || !input || !arguments)
    return fail(!program ? program.error() : !input ? input.error() : arguments.error());
  q.name = std::move(*program);
  q.values = std::move(*arguments);
  q.text = std::move(*input);
  q.want_output = has(i, Slot::variable);
  if (has(i, Slot::pipe)) {
    auto version = message_.version();
    if (!version) return fail(version.error());
    q.with_message = true;
    q.message = std::move(*version);
  }
  const Argument* variable_argument = find(i, Slot::variable);
  const Answer* a = ask(std::move(q));
  if (!a) return Flow::ask;
  if (a->yes && variable_argument) {
    auto r = assign(frame().script.program->strings[variable_argument->strings[0]], a->text);
    if (!r) return fail(r.error());
  }
  return yields(a->yes);
}

}  // namespace postern::sieve
