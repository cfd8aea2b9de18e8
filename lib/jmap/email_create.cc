#include "jmap/email_create.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/codec.h"
#include "base/system.h"
#include "base/text.h"
#include "jmap/header_property.h"
#include "jmap/header_write.h"
#include "jmap/limits.h"
#include "mime/date.h"

namespace postern::jmap {
namespace {

using Refused = std::unexpected<SetError>;

SetError invalid(std::string property, std::string why = {}) {
  return invalid_properties({std::move(property)}, std::move(why));
}

bool known_media_type(std::string_view t) {
  auto slash = t.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < t.size() && t.size() <= 127 &&
         std::ranges::all_of(t, [](char c) {
           return base::is_alpha(c) || base::is_digit(c) ||
                  std::string_view("!#$&-^_.+/").find(c) != std::string_view::npos;
         });
}

// Marks for blobs: all bytes over 0x7f, so that a base64 body is chosen; or a plain word where that is
// forbidden.
std::string make_mark(bool verbatim) {
  std::string random(30, '\0');
  base::random_fill({reinterpret_cast<unsigned char*>(random.data()), random.size()});
  if (verbatim) return "postern-blob-" + base::base64url(random);
  for (char& c : random) c = static_cast<char>(c | 0x80);
  return random;
}

class Creator {
 public:
  Creator(const json::object& email, const MailboxNumber& mailbox) : email_(email), mailbox_(mailbox) {}

  std::optional<SetError> run() {
    if (auto e = properties()) return e;
    if (out.mailboxes.empty()) return invalid("mailboxIds", "an email must be in a mailbox");
    if (out.mailboxes.size() > kMaxMailboxesPerEmail) return set_error("tooManyMailboxes");
    return body();
  }

  EmailDraft out;

 private:
  // All that are invalid are named together, with what is wrong with the first.
  std::optional<SetError> properties() {
    std::optional<SetError> all;
    for (const auto& m : email_) {
      auto e = property(m.key(), m.value());
      if (!e) continue;
      if (e->type != "invalidProperties") return e;
      if (all)
        all->properties.push_back(std::move(e->properties[0]));
      else
        all = std::move(e);
    }
    return all;
  }

  std::optional<SetError> property(std::string_view name, const json::value& v) {
    if (name == "mailboxIds")
      return read_mailboxes(v, mailbox_, out.mailboxes) ? std::nullopt : std::optional(invalid("mailboxIds"));
    if (name == "keywords")
      return read_keywords(v, out.keywords);
    if (name == "receivedAt") {
      if (v.is_null()) return std::nullopt;
      out.received = v.is_string() ? mime::parse_utc_date(text_of(v)) : std::nullopt;
      return out.received ? std::nullopt : std::optional(invalid("receivedAt"));
    }
    if (name == "bodyStructure" || name == "bodyValues" || name == "textBody" || name == "htmlBody" ||
        name == "attachments")
      return std::nullopt;  // read by body()
    return header(name, v, out.header, names_, "");
  }

  // A header field of the email or of a part.
  std::optional<SetError> header(std::string_view property, const json::value& v, mime::HeaderBuilder& to,
                                 std::set<std::string>& names, const std::string& where) {
    auto p = where.empty() ? convenience_property(property) : std::nullopt;
    if (!p) p = parse_header_property(property);
    auto full = where + std::string(property.substr(0, kMaxIdLength));
    if (!p) return invalid(full);
    auto lower = base::to_lower(p->name);
    bool content = lower.starts_with("content-");
    if (where.empty() && content) return invalid(full, "Content- fields belong to body parts");
    if (!where.empty()) {
      static constexpr std::array<std::string_view, 6> kOwn = {
          "content-type",     "content-disposition", "content-id",
          "content-language", "content-location",    "content-transfer-encoding"};
      if (std::ranges::find(kOwn, lower) != kOwn.end())
        return invalid(full, "use the properties of the body part for this field");
      if (names_.contains(lower)) return invalid(full, "the email has this field already");
    }
    if (!names.insert(lower).second) return invalid(full, "two properties for one field");
    if (v.is_null()) return std::nullopt;
    if (auto r = write_header(to, *p, v); !r) return invalid(full, r.error().what);
    return std::nullopt;
  }

  std::optional<SetError> body() {
    if (const auto* v = find(email_, "bodyValues"); v && !v->is_null()) {
      values_ = v->if_object();
      if (!values_) return invalid("bodyValues");
    }
    const auto* structure = find(email_, "bodyStructure");
    bool lists = find(email_, "textBody") || find(email_, "htmlBody") || find(email_, "attachments");
    if (structure && !structure->is_null()) {
      if (lists) return invalid("bodyStructure", "bodyStructure excludes textBody, htmlBody and attachments");
      return part(*structure, "bodyStructure", 1, {}, out.body);
    }
    return from_lists();
  }

  std::optional<SetError> only_part(std::string_view name, std::string_view type,
                                    std::vector<mime::OutPart>& to) {
    const auto* v = find(email_, name);
    if (!v || v->is_null()) return std::nullopt;
    const auto* a = v->if_array();
    if (!a) return invalid(std::string(name));
    if (a->empty()) return std::nullopt;
    if (a->size() != 1) return invalid(std::string(name), "exactly one part is allowed");
    mime::OutPart p;
    if (auto e = part((*a)[0], std::string(name), 1, type, p)) return e;
    if (!base::iequals(p.type, type)) return invalid(std::string(name) + "/0/type");
    to.push_back(std::move(p));
    return std::nullopt;
  }

  // alternative(text, related(html, inline...)) inside of mixed(..., attachments...), each level only where
  // needed.
  std::optional<SetError> from_lists() {
    std::vector<mime::OutPart> texts, related, attached;
    if (auto e = only_part("textBody", "text/plain", texts)) return e;
    if (auto e = only_part("htmlBody", "text/html", related)) return e;
    bool has_html = !related.empty();
    if (const auto* v = find(email_, "attachments"); v && !v->is_null()) {
      const auto* a = v->if_array();
      if (!a) return invalid("attachments");
      for (std::size_t i = 0; i < a->size(); ++i) {
        mime::OutPart p;
        if (auto e = part((*a)[i], "attachments/" + std::to_string(i), 1, {}, p)) return e;
        if (p.disposition.empty()) p.disposition = "attachment";
        bool inlined = has_html && !p.cid.empty() && base::iequals(p.disposition, "inline");
        (inlined ? related : attached).push_back(std::move(p));
      }
    }
    if (has_html) texts.push_back(join(std::move(related), "multipart/related"));
    std::vector<mime::OutPart> all;
    if (!texts.empty() || attached.empty()) all.push_back(join(std::move(texts), "multipart/alternative"));
    for (auto& p : attached) all.push_back(std::move(p));
    // A lone attachment still is one: it stands in a multipart/mixed.
    bool lone = all.size() == 1 && !attached.empty();
    out.body = lone ? wrap(std::move(all), "multipart/mixed") : join(std::move(all), "multipart/mixed");
    return std::nullopt;
  }

  static mime::OutPart wrap(std::vector<mime::OutPart> parts, std::string type) {
    mime::OutPart p;
    p.type = std::move(type);
    p.children = std::move(parts);
    return p;
  }
  static mime::OutPart join(std::vector<mime::OutPart> parts, std::string type) {
    if (parts.size() == 1) return std::move(parts[0]);
    if (parts.empty()) return {};
    return wrap(std::move(parts), std::move(type));
  }

  // Recursion is bounded by kMaxCreateDepth.
  std::optional<SetError> part(const json::value& v, const std::string& where, std::size_t depth,
                               std::string_view default_type, mime::OutPart& p) {
    const auto* o = v.if_object();
    if (!o) return invalid(where);
    if (depth > kMaxCreateDepth || ++parts_ > kMaxCreateParts)
      return invalid(where, "too many or too deep body parts");
    std::set<std::string> names;
    for (const auto& m : *o)
      if (auto e = part_property(m.key(), m.value(), where, p, names)) return e;
    return part_content(*o, where, depth, default_type, p);
  }

  std::optional<SetError> part_property(std::string_view name, const json::value& v, const std::string& where,
                                        mime::OutPart& p, std::set<std::string>& names) {
    auto full = where + "/" + std::string(name.substr(0, kMaxIdLength));
    struct Text {
      std::string_view name;
      std::string* to;
    };
    const std::array texts = {Text{"name", &p.filename},           Text{"type", &p.type},
                              Text{"charset", &p.charset},         Text{"cid", &p.cid},
                              Text{"disposition", &p.disposition}, Text{"location", &p.location}};
    for (const auto& t : texts)
      if (t.name == name) {
        if (v.is_null()) return std::nullopt;
        if (!v.is_string() || v.get_string().size() > kMaxHeaderValue) return invalid(full);
        *t.to = text_of(v);
        return std::nullopt;
      }
    if (name == "language") return languages(v, full, p);
    if (name == "partId" || name == "blobId" || name == "subParts" || name == "size") return std::nullopt;
    return header(name, v, p.extra, names, where + "/");
  }

  static std::optional<SetError> languages(const json::value& v, const std::string& full, mime::OutPart& p) {
    if (v.is_null()) return std::nullopt;
    const auto* a = v.if_array();
    if (!a || a->size() > 32) return invalid(full);
    for (const auto& x : *a) {
      if (!x.is_string()) return invalid(full);
      p.language.emplace_back(text_of(x));
    }
    return std::nullopt;
  }

  std::optional<SetError> part_content(const json::object& o, const std::string& where, std::size_t depth,
                                       std::string_view default_type, mime::OutPart& p) {
    auto given = [&](std::string_view name) {
      const auto* v = find(o, name);
      return v && !v->is_null() ? v : nullptr;
    };
    const auto *part_id = given("partId"), *blob_id = given("blobId"), *sub_parts = given("subParts");
    if (p.type.empty())
      p.type = !default_type.empty() ? std::string(default_type)
               : sub_parts           ? "multipart/mixed"
               : blob_id             ? "application/octet-stream"
                                     : "text/plain";
    if (!known_media_type(p.type)) return invalid(where + "/type");
    bool multipart = base::istarts_with(p.type, "multipart/");
    if (multipart) {
      if (part_id || blob_id) return invalid(where + (part_id ? "/partId" : "/blobId"));
      return children(sub_parts, where, depth, p);
    }
    if (sub_parts) return invalid(where + "/subParts");
    if (part_id && blob_id) return invalid(where + "/blobId", "a part has a partId or a blobId");
    if (part_id) {
      if (find(o, "charset") || find(o, "size"))
        return invalid(where + "/charset", "charset and size go with a blobId only");
      return value_content(*part_id, where, p);
    }
    if (blob_id) return blob_content(*blob_id, where, p);
    return std::nullopt;  // an empty part
  }

  std::optional<SetError> children(const json::value* list, const std::string& where, std::size_t depth,
                                   mime::OutPart& p) {
    const auto* a = list ? list->if_array() : nullptr;
    if (!a || a->empty()) return invalid(where + "/subParts");
    for (std::size_t i = 0; i < a->size(); ++i) {
      p.children.emplace_back();
      if (auto e = part((*a)[i], where + "/subParts/" + std::to_string(i), depth + 1, {}, p.children.back()))
        return e;
    }
    return std::nullopt;
  }

  std::optional<SetError> value_content(const json::value& part_id, const std::string& where,
                                        mime::OutPart& p) {
    const auto* v = part_id.is_string() && values_ ? find(*values_, text_of(part_id)) : nullptr;
    const auto* o = v ? v->if_object() : nullptr;
    if (!o) return invalid(where + "/partId", "there is no such body value");
    if (!base::istarts_with(p.type, "text/")) return invalid(where + "/type", "a body value is text");
    const auto* value = find(*o, "value");
    if (!value || !value->is_string())
      return invalid("bodyValues/" + std::string(text_of(part_id).substr(0, 100)));
    for (auto flag : {"isEncodingProblem", "isTruncated"})
      if (const auto* f = find(*o, flag); f && !(f->is_bool() && !f->get_bool()))
        return invalid("bodyValues/" + std::string(text_of(part_id).substr(0, 100)) + "/" + flag);
    p.content = text_of(*value);
    return std::nullopt;
  }

  std::optional<SetError> blob_content(const json::value& blob_id, const std::string& where,
                                       mime::OutPart& p) {
    if (!blob_id.is_string()) return invalid(where + "/blobId");
    BlobSlot slot;
    slot.blob_id = text_of(blob_id);
    slot.verbatim = base::istarts_with(p.type, "message/");
    slot.mark = make_mark(slot.verbatim);
    if (auto ref = parse_blob_ref(slot.blob_id))
      slot.ref = std::move(*ref);
    else
      missing_.push_back(slot.blob_id.substr(0, kMaxIdLength));
    p.content = slot.mark;
    out.blobs.push_back(std::move(slot));
    return std::nullopt;
  }

  const json::object& email_;
  const MailboxNumber& mailbox_;
  const json::object* values_ = nullptr;
  std::set<std::string> names_;
  std::vector<std::string> missing_;
  std::size_t parts_ = 0;

 public:
  const std::vector<std::string>& missing() const { return missing_; }
};

}  // namespace

Set<EmailDraft> parse_email_create(const json::object& email, const MailboxNumber& mailbox) {
  Creator c(email, mailbox);
  if (auto e = c.run()) return Refused(std::move(*e));
  if (!c.missing().empty()) {
    auto e = set_error("blobNotFound");
    e.not_found = c.missing();
    return Refused(std::move(e));
  }
  return std::move(c.out);
}

base::Result<DraftPieces> build_pieces(const EmailDraft& draft, const mime::BuildOptions& options) {
  auto built = mime::build_message(draft.header, draft.body, options);
  if (!built) return base::pass(built);
  struct Place {
    std::size_t at, length;
    const BlobSlot* slot;
  };
  std::vector<Place> places;
  for (const auto& slot : draft.blobs) {
    auto needle = slot.verbatim ? slot.mark : base::base64(slot.mark);
    auto at = built->find(needle);
    if (at == std::string::npos)
      return base::fail(base::Fault::permanent, "a blob has no place in the message");
    places.push_back({at, needle.size(), &slot});
  }
  std::ranges::sort(places, {}, &Place::at);
  DraftPieces out;
  std::size_t from = 0;
  for (const auto& p : places) {
    out.texts.push_back(built->substr(from, p.at - from));
    out.blobs.push_back(p.slot);
    from = p.at + p.length;
  }
  out.texts.push_back(built->substr(from));
  return out;
}

}  // namespace postern::jmap
