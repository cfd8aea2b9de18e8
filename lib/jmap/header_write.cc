#include "jmap/header_write.h"

#include "jmap/limits.h"
#include "mime/date.h"
#include "mime/limits.h"

namespace postern::jmap {
namespace {

base::Result<> wrong(std::string what) {
  return base::fail(base::Fault::permanent, std::move(what));
}

bool read_address(const json::value& v, mime::OutAddress& out) {
  const auto* o = v.if_object();
  if (!o) return false;
  for (const auto& m : *o) {
    if (m.key() == "name" && m.value().is_null()) continue;
    if (!m.value().is_string() || m.value().get_string().size() > kMaxHeaderValue) return false;
    if (m.key() == "name")
      out.name = text_of(m.value());
    else if (m.key() == "email")
      out.email = text_of(m.value());
    else
      return false;
  }
  return find(*o, "email") != nullptr;
}

bool read_addresses(const json::value& v, std::vector<mime::OutAddress>& out) {
  const auto* a = v.if_array();
  if (!a || a->size() > mime::kMaxAddresses) return false;
  for (const auto& x : *a)
    if (!read_address(x, out.emplace_back())) return false;
  return true;
}

bool read_groups(const json::value& v, std::vector<mime::OutGroup>& out) {
  const auto* a = v.if_array();
  if (!a || a->size() > mime::kMaxAddresses) return false;
  for (const auto& x : *a) {
    const auto* o = x.if_object();
    const auto* list = o ? find(*o, "addresses") : nullptr;
    const auto* name = o ? find(*o, "name") : nullptr;
    auto& g = out.emplace_back();
    if (!list || !read_addresses(*list, g.addresses)) return false;
    if (name && !name->is_null()) {
      if (!name->is_string()) return false;
      g.is_group = true;
      g.name = text_of(*name);
    }
  }
  return true;
}

bool read_strings(const json::value& v, std::vector<std::string>& out) {
  const auto* a = v.if_array();
  if (!a || a->size() > mime::kMaxAddresses) return false;
  for (const auto& x : *a) {
    if (!x.is_string() || x.get_string().size() > kMaxHeaderValue) return false;
    out.emplace_back(text_of(x));
  }
  return true;
}

base::Result<> write_one(mime::HeaderBuilder& to, const std::string& name, HeaderForm form,
                         const json::value& v) {
  if (v.is_string() && v.get_string().size() > kMaxHeaderValue) return wrong("too long");
  switch (form) {
    case HeaderForm::raw:
      return v.is_string() ? to.add_raw(name, text_of(v)) : wrong("must be a string");
    case HeaderForm::text:
      return v.is_string() ? to.add_text(name, text_of(v)) : wrong("must be a string");
    case HeaderForm::addresses: {
      std::vector<mime::OutAddress> list;
      return read_addresses(v, list) ? to.add_addresses(name, list) : wrong("must be a list of addresses");
    }
    case HeaderForm::grouped: {
      std::vector<mime::OutGroup> list;
      return read_groups(v, list) ? to.add_groups(name, list) : wrong("must be a list of address groups");
    }
    case HeaderForm::message_ids: {
      std::vector<std::string> list;
      return read_strings(v, list) ? to.add_message_ids(name, list) : wrong("must be a list of message ids");
    }
    case HeaderForm::date: {
      auto d = v.is_string() ? mime::parse_rfc3339(text_of(v)) : std::nullopt;
      return d ? to.add_date(name, *d) : wrong("must be a date");
    }
    case HeaderForm::urls: {
      std::vector<std::string> list;
      return read_strings(v, list) ? to.add_urls(name, list) : wrong("must be a list of URLs");
    }
  }
  return wrong("unknown form");
}

}  // namespace

base::Result<> write_header(mime::HeaderBuilder& to, const HeaderProperty& p, const json::value& value) {
  if (!p.all) return write_one(to, p.name, p.form, value);
  const auto* a = value.if_array();
  if (!a || a->size() > 100) return wrong("must be a list of at most 100 values");
  for (const auto& v : *a)
    if (auto r = write_one(to, p.name, p.form, v); !r) return r;
  return {};
}

}  // namespace postern::jmap
