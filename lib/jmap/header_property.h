// Properties that are header fields: "header:NAME[:asFORM][:all]" and the convenience names.  RFC
// 8621 4.1.2, 4.1.3. Runs in: jmapd.  Input: hostile (property names from clients, header values from mail).
// Tests: t/unit/jmap_email.cc
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "jmap/json.h"
#include "mime/header.h"

namespace postern::jmap {

enum class HeaderForm { raw, text, addresses, grouped, message_ids, date, urls };

struct HeaderProperty {
  std::string name;  // as the client wrote it
  HeaderForm form = HeaderForm::raw;
  bool all = false;
};

// May this field be read or set in this form?
bool form_allowed(std::string_view field, HeaderForm form);
// Nothing when malformed, or when the form is forbidden for the field.
std::optional<HeaderProperty> parse_header_property(std::string_view property);
// "from" is From:asAddresses and so on; nothing for other names.
std::optional<HeaderProperty> convenience_property(std::string_view property);

// One raw field value in a form.
json::value header_value(std::string_view raw, HeaderForm form, json::storage_ptr sp);
// The property's value from a header: the last instance or null, or with `all` an array.
json::value header_property_value(const HeaderProperty& p, const mime::HeaderFields& fields,
                                  json::storage_ptr sp);
// "headers": every field with its raw value.
json::array all_headers(const mime::HeaderFields& fields, json::storage_ptr sp);

}  // namespace postern::jmap
