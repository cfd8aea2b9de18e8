// Annotations of messages (RFC 5257): names, values and limits, the same in every program.  Case matters in names.
// Runs in: stored and front ends.  Pure; input: hostile.  Tests: t/unit/model_annotation.cc
#pragma once
#include <cstddef>
#include <string_view>

namespace postern::model {

inline constexpr std::size_t kMaxAnnotationName = 400;
inline constexpr std::size_t kMaxAnnotationValue = 65'536;
// Of one email, and there of the shared ones or of one principal's.
inline constexpr std::size_t kMaxAnnotations = 100;
inline constexpr std::size_t kMaxAnnotationBytes = 256u << 10;  // names and values together

// "/comment", "/1.2/flags/seen": a name of printable ASCII that is parted by single slashes and holds no '*' or '%'; what
// begins with a digit begins with the number of a body part.
bool valid_annotation(std::string_view entry);
// "1.2" of "/1.2/comment"; empty of what is about the whole message.
std::string_view annotation_part(std::string_view entry);
// Flags of body parts are "0" or "1"; anything else may be anything.
bool valid_annotation_value(std::string_view entry, std::string_view value);
// `pattern` may hold '*' for anything and '%' for anything but a slash.  Linear in their product.
bool annotation_matches(std::string_view pattern, std::string_view entry);
bool valid_annotation_pattern(std::string_view pattern);

}  // namespace postern::model
