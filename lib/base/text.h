// Small ASCII text helpers.  Pure; locale is never consulted.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::base {

inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string to_lower(std::string_view s);
std::string to_upper(std::string_view s);
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view s, std::string_view prefix);
// Case-insensitive (ASCII) substring search; npos when absent.  Linear for practical needles.
std::size_t ifind(std::string_view haystack, std::string_view needle);
// Removes spaces, tabs, CR and LF at both ends; a view into `s`.
std::string_view trim(std::string_view s);
// Splits at every `sep`; empty fields are kept; views into `s`.
std::vector<std::string_view> split(std::string_view s, char sep);
// Splits at runs of blanks; no empty fields.
std::vector<std::string_view> split_blank(std::string_view s);
std::string join(const std::vector<std::string>& parts, std::string_view sep);
// The whole of `s` as an unsigned decimal number, or nothing (sign, blanks, overflow, empty).
std::optional<std::uint64_t> parse_u64(std::string_view s);
std::optional<std::uint32_t> parse_u32(std::string_view s);
// "500", "10K", "5M", "2G", "1T" in powers of 1024.
std::optional<std::uint64_t> parse_size(std::string_view s);
// "30s", "5m", "2h", "14d" or plain seconds; the result is in seconds.
std::optional<std::uint64_t> parse_duration(std::string_view s);
// `s` with control characters, quotes, backslashes and bytes over 0x7e written as \xNN; at most `max` bytes of `s`.
std::string printable(std::string_view s, std::size_t max = 256);
bool is_valid_utf8(std::string_view s);

}  // namespace postern::base
