#include "audit/chain.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace postern::audit {

namespace json = boost::json;
using base::fail;
using base::Fault;

namespace {

std::string time_text(std::int64_t at) {
  time_t seconds = at;
  tm t{};
  char out[64];
  if (!::gmtime_r(&seconds, &t) || ::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &t) == 0) return "?";
  return out;
}

// Valid UTF-8, whatever a client called things.
json::string value_text(std::string_view v) {
  v = v.substr(0, kMaxValue);
  return base::is_valid_utf8(v) ? json::string(v) : json::string(base::printable(v, kMaxValue));
}

std::unexpected<base::Error> broken(std::string what) { return fail(Fault::corrupt, std::move(what), "CORRUPT"); }

std::string text_of(const json::value& v) {
  if (v.is_string()) return {v.get_string().data(), v.get_string().size()};
  return json::serialize(v);
}

bool is_rotated(std::string_view name) {
  return name.size() == 22 && name.starts_with("audit-") && name.ends_with(".jsonl") &&
         std::ranges::all_of(name.substr(6, 10), base::is_digit);
}

}  // namespace

std::uint64_t Head::short_hash() const {
  std::uint64_t n = 0;
  for (int i = 0; i < 8; ++i) n = n << 8 | sha256[static_cast<std::size_t>(i)];
  return n;
}

std::string encode(const Head& head) {
  std::string out;
  base::put_u64(out, head.number);
  return out.append(base::view(head.sha256));
}

std::optional<Head> decode_head(std::string_view bytes) {
  if (bytes.size() != 40) return std::nullopt;
  base::Reader in(bytes);
  Head h;
  h.number = in.u64();
  std::ranges::copy(in.take(32), h.sha256.begin());
  return h;
}

std::string make_line(const Head& head, std::int64_t at, std::string_view action, const Fields& fields) {
  json::object o;
  o["n"] = head.number + 1;
  o["prev"] = base::hex(base::view(head.sha256));
  o["time"] = time_text(at);
  o["action"] = value_text(action);
  for (const auto& [name, value] : fields) {
    auto number = base::parse_u64(value);
    if (number && (value == "0" || value[0] != '0'))
      o[name] = *number;
    else
      o[name] = value_text(value);
  }
  return json::serialize(o);
}

Result<Event> parse_line(std::string_view line) {
  if (line.size() > kMaxLine) return broken("a line is too long");
  json::parse_options options;
  options.max_depth = 2;
  boost::system::error_code ec;
  auto v = json::parse(line, ec, {}, options);
  if (ec || !v.is_object()) return broken("no JSON object");
  Event e;
  bool has_number = false;
  for (const auto& [key, value] : v.get_object()) {
    if (key == "n") {
      auto n = base::parse_u64(text_of(value));
      has_number = n && !value.is_string();
      e.number = n.value_or(0);
    } else if (key == "prev") {
      e.previous = text_of(value);
    } else if (key == "time") {
      e.time = text_of(value);
    } else if (key == "action") {
      e.action = text_of(value);
    } else {
      e.fields.emplace_back(std::string(key), text_of(value));
    }
  }
  if (!has_number || e.previous.size() != 64 || e.action.empty()) return broken("no line of an audit log");
  return e;
}

Result<Event> Chain::next(std::string_view line) {
  auto e = parse_line(line);
  if (!e) return e;
  Head before = std::exchange(head_, Head{e->number, base::sha256(line)});
  if (e->number != before.number + 1)
    return broken("line number " + std::to_string(e->number) + " where " + std::to_string(before.number + 1) +
                  " was expected");
  if (e->previous != base::hex(base::view(before.sha256)))
    return broken("line number " + std::to_string(e->number) + " follows another line than the one before it");
  return e;
}

Result<std::vector<std::string>> files(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code ec;
  bool current = false;
  for (auto it = std::filesystem::directory_iterator(folder, ec); !ec && it != std::filesystem::directory_iterator();
       it.increment(ec)) {
    std::string name = it->path().filename().string();
    current = current || name == kCurrent;
    if (is_rotated(name)) out.push_back(folder + "/" + name);
    if (out.size() > kMaxFiles) return fail(Fault::limit, folder + ": too many files");
  }
  if (ec == std::errc::no_such_file_or_directory) return out;
  if (ec) return fail(Fault::permanent, folder + ": " + ec.message());
  std::ranges::sort(out);
  if (current) out.push_back(folder + "/" + kCurrent);
  return out;
}

Result<> each_line(const std::string& folder,
                   const std::function<bool(std::string_view, const std::string&, std::uint64_t)>& use) {
  auto list = files(folder);
  if (!list) return pass(list);
  for (const auto& file : *list) {
    base::Fd fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat st {};
    if (!fd || ::fstat(fd.get(), &st) != 0) return std::unexpected(base::sys_error(file));
    if (!S_ISREG(st.st_mode)) return fail(Fault::permanent, file + ": no regular file");
    std::string buffer;
    std::uint64_t at = 0;
    for (bool more = true; more;) {
      char piece[65536];
      ssize_t n = ::read(fd.get(), piece, sizeof piece);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return std::unexpected(base::sys_error(file));
      more = n > 0;
      buffer.append(piece, static_cast<std::size_t>(n));
      std::size_t begin = 0, end;
      while ((end = buffer.find('\n', begin)) != std::string::npos) {
        if (!use(std::string_view(buffer).substr(begin, end - begin), file, ++at)) return {};
        begin = end + 1;
      }
      buffer.erase(0, begin);
      // Longer than any line of ours: handed over in pieces, each of which is wrong.
      bool rest = !buffer.empty() && (!more || buffer.size() > kMaxLine);
      if (rest && !use(std::exchange(buffer, {}), file, ++at)) return {};
    }
  }
  return {};
}

}  // namespace postern::audit
