// The user's scripts as commands ask for them.
#pragma once
#include <optional>
#include <string>

#include "cmd/managesieved/session.h"
#include "proto/stored.pb.h"

namespace postern::managesieved {

// All of the user's scripts.
io::Task<base::Result<stored::Scripts>> list(Session& s);
// One by its name, with its text.  NOT_FOUND.
io::Task<base::Result<stored::Scripts>> fetch(Session& s, std::string name);
// The id of a name; NOT_FOUND.
io::Task<base::Result<std::uint32_t>> find(Session& s, std::string name);

// Why a script of this name and size would not fit, as a response code and a text; nothing: it would.
struct NoRoom {
  std::string_view code;
  std::string text;
};
std::optional<NoRoom> no_room(const stored::Scripts& all, const std::string& name, std::uint64_t size);

// Errors, one a line, or warnings.
std::string lines(const google::protobuf::RepeatedPtrField<std::string>& all);

inline constexpr const char* kBadName = "a script's name has 1 to 512 bytes of UTF-8, without controls and \"/\"";

}  // namespace postern::managesieved
