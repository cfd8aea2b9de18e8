#include "cmd/postern/mail_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "imap/utf7.h"

namespace postern::cli {
namespace {

namespace fs = std::filesystem;
using base::Result;

inline constexpr std::size_t kBlock = 256u << 10;
inline constexpr std::size_t kHeaderLineKept = 4096;

// Calls `use(offset, line with its ending)`; a line longer than a block comes in pieces, of which only the
// first has `start` true.
Result<> each_line(const std::string& path,
                   const std::function<Result<>(std::uint64_t, std::string_view, bool start)>& use) {
  base::Fd file;
  int fd = 0;
  if (path != "-") {
    file = base::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return std::unexpected(base::sys_error(path));
    fd = file.get();
  }
  std::string buffer;
  std::uint64_t offset = 0;
  bool start = true;
  for (bool end = false; !end;) {
    std::size_t had = buffer.size();
    buffer.resize(had + kBlock);
    ssize_t n = ::read(fd, buffer.data() + had, kBlock);
    if (n < 0) return std::unexpected(base::sys_error(path));
    buffer.resize(had + static_cast<std::size_t>(n));
    end = n == 0;
    std::size_t at = 0;
    for (;;) {
      auto lf = buffer.find('\n', at);
      if (lf == std::string::npos && !end && buffer.size() - at < kBlock) break;
      auto stop = lf == std::string::npos ? buffer.size() : lf + 1;
      if (stop == at) break;
      if (auto ok = use(offset + at, std::string_view(buffer).substr(at, stop - at), start); !ok) return ok;
      start = lf != std::string::npos;
      at = stop;
    }
    buffer.erase(0, at);
    offset += at;
  }
  return {};
}

// "From a@b Sat Jan  3 01:05:34 1996" and its variants; 0 when there is no date that we know.
std::int64_t from_line_date(std::string_view line) {
  auto words = base::split_blank(base::trim(line));
  for (std::size_t i = 2; i + 4 < words.size(); ++i) {
    std::string rest;
    for (std::size_t k = i; k < words.size(); ++k) rest += std::string(words[k]) + " ";
    for (const char* form : {"%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M %Y", "%a %b %d %H:%M:%S %Z %Y"}) {
      tm t{};
      if (::strptime(rest.c_str(), form, &t)) return static_cast<std::int64_t>(::timegm(&t));
    }
  }
  return 0;
}

void add_flag(std::vector<std::string>& flags, const std::string& f) {
  if (std::ranges::find(flags, f) == flags.end()) flags.push_back(f);
}

// Status: RO, X-Status: AFTD, X-Keywords: words.
void status_flags(std::string_view line, std::vector<std::string>& flags) {
  auto letters = [&](std::string_view value, std::string_view map) {
    constexpr const char* kNames[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted"};
    constexpr std::string_view kLetters = "RAFTD";
    for (char c : value)
      if (auto i = kLetters.find(c); i != std::string_view::npos && map.find(c) != std::string_view::npos)
        add_flag(flags, kNames[i]);
  };
  if (base::istarts_with(line, "Status:"))
    letters(line.substr(7), "R");
  else if (base::istarts_with(line, "X-Status:"))
    letters(line.substr(9), "AFTD");
  else if (base::istarts_with(line, "X-Keywords:"))
    for (auto w : base::split_blank(base::trim(line.substr(11)))) add_flag(flags, std::string(w));
}

class MboxReader {
 public:
  MboxReader(std::string path, std::string mailbox, const MessageSink& sink)
      : path_(std::move(path)), mailbox_(std::move(mailbox)), sink_(sink) {}

  Result<> line(std::uint64_t offset, std::string_view text, bool start) {
    bool blank = start && (text == "\n" || text == "\r\n");
    if (start && after_blank_ && text.starts_with("From ")) {
      if (auto ok = finish(); !ok) return ok;
      held_.clear();
      current_ = {mailbox_, path_, path_, offset, from_line_date(text), {}};
      open_ = in_header_ = true;
      after_blank_ = skip_line_ = false;
      ours_ = text.substr(5).starts_with(kExportSender);
      header_line_ = 0;
      return sink_.begin(current_);
    }
    after_blank_ = blank;
    if (!open_) {
      if (blank) {
        after_blank_ = true;
        return {};
      }
      return base::fail(base::Fault::permanent,
                        path_ + ": this is no mbox file: it does not begin with a From line");
    }
    if (in_header_ && blank) in_header_ = false;
    if (start) {
      skip_line_ = ours_ && header_line_++ < kExportFields;
      if (in_header_ && (skip_line_ || !ours_)) status_flags(text.substr(0, kHeaderLineKept), current_.flags);
    }
    if (skip_line_) return {};
    // The empty line before the next From line belongs to the format: hold it back until we know.
    if (!held_.empty()) {
      if (auto ok = sink_.bytes(held_); !ok) return ok;
      held_.clear();
    }
    if (blank) {
      held_ = text;
      return {};
    }
    if (start && text[0] == '>') {
      auto rest = text.substr(
          text.find_first_not_of('>') == std::string_view::npos ? text.size() : text.find_first_not_of('>'));
      if (rest.starts_with("From ")) text.remove_prefix(1);
    }
    return sink_.bytes(text);
  }

  Result<> finish() {
    if (!open_) return {};
    open_ = false;
    return sink_.end(current_);
  }

 private:
  std::string path_, mailbox_;
  const MessageSink& sink_;
  SourceMessage current_;
  std::string held_;
  bool open_ = false, in_header_ = false, after_blank_ = true;
  bool ours_ = false;       // the message comes from our own export
  bool skip_line_ = false;  // the line under way is one that it put before the message
  int header_line_ = 0;
};

std::vector<std::string> maildir_keywords(const std::string& dir) {
  std::vector<std::string> out(26);
  auto text = base::read_file(dir + "/dovecot-keywords", 64u << 10);
  if (!text) return out;
  for (auto line : base::split(*text, '\n')) {
    auto words = base::split_blank(line);
    auto n = words.size() == 2 ? base::parse_u32(words[0]) : std::nullopt;
    if (n && *n < 26) out[*n] = words[1];
  }
  return out;
}

std::vector<std::string> maildir_flags(const std::string& name, const std::vector<std::string>& keywords) {
  std::vector<std::string> out;
  auto at = name.rfind(":2,");
  if (at == std::string::npos) return out;
  for (char c : std::string_view(name).substr(at + 3)) {
    if (c == 'S')
      out.push_back("\\Seen");
    else if (c == 'R')
      out.push_back("\\Answered");
    else if (c == 'F')
      out.push_back("\\Flagged");
    else if (c == 'D')
      out.push_back("\\Draft");
    else if (c == 'T')
      out.push_back("\\Deleted");
    else if (c == 'P')
      out.push_back("$Forwarded");
    else if (c >= 'a' && c <= 'z' && !keywords[static_cast<std::size_t>(c - 'a')].empty())
      out.push_back(keywords[static_cast<std::size_t>(c - 'a')]);
  }
  return out;
}

Result<> send_file(const SourceMessage& m, const MessageSink& sink) {
  base::Fd fd(::open(m.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(base::sys_error(m.path));
  if (auto ok = sink.begin(m); !ok) return ok;
  std::string block(kBlock, '\0');
  for (;;) {
    ssize_t n = ::read(fd.get(), block.data(), block.size());
    if (n < 0) return std::unexpected(base::sys_error(m.path));
    if (n == 0) return sink.end(m);
    if (auto ok = sink.bytes(std::string_view(block).substr(0, static_cast<std::size_t>(n))); !ok) return ok;
  }
}

std::vector<std::string> sorted_entries(const std::string& dir) {
  std::vector<std::string> out;
  std::error_code ec;
  for (fs::directory_iterator it(dir, ec), end; !ec && it != end; it.increment(ec))
    out.push_back(it->path().filename().string());
  std::ranges::sort(out);
  return out;
}

Result<> read_one_maildir(const std::string& dir, const std::string& mailbox, const MessageSink& sink) {
  auto keywords = maildir_keywords(dir);
  for (const char* sub : {"new", "cur"}) {
    for (const auto& name : sorted_entries(dir + "/" + sub)) {
      // Readers move messages from new to cur and change the flags behind ":2,": it stays the same message.
      SourceMessage m{mailbox, dir + "/" + sub + "/" + name, dir + "/" + name.substr(0, name.rfind(":2,")), 0,
                      0,       maildir_flags(name, keywords)};
      struct stat st{};
      if (name[0] == '.' || ::stat(m.path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) continue;
      m.received = st.st_mtime;
      if (auto ok = send_file(m, sink); !ok) return ok;
    }
  }
  return {};
}

bool is_maildir(const std::string& dir) {
  return fs::is_directory(dir + "/cur") || fs::is_directory(dir + "/new");
}

// ".A.B" of Maildir++ is A/B; the names are modified UTF-7, or what is not that is taken as it stands.
std::string child_name(const std::string& name) {
  if (name[0] != '.') return name;
  std::string child = name.substr(1);
  std::ranges::replace(child, '.', '/');
  return imap::utf7_to_utf8(child).value_or(child);
}

Result<> walk_maildir(const std::string& dir, const std::string& mailbox, const MessageSink& sink,
                      int depth) {
  if (depth > 100) return base::fail(base::Fault::limit, dir + ": folders are nested too deeply");
  if (is_maildir(dir))
    if (auto ok = read_one_maildir(dir, mailbox, sink); !ok) return ok;
  for (const auto& name : sorted_entries(dir)) {
    if (name == "cur" || name == "new" || name == "tmp" || name == "." || name == "..") continue;
    std::string path = dir + "/" + name;
    if (!fs::is_directory(path) || fs::is_symlink(path)) continue;
    std::string child = child_name(name);
    if (auto ok = walk_maildir(path, mailbox.empty() ? child : mailbox + "/" + child, sink, depth + 1); !ok)
      return ok;
  }
  return {};
}

}  // namespace

Result<> read_mbox(const std::string& path, const std::string& mailbox, const MessageSink& sink) {
  MboxReader reader(path, mailbox, sink);
  auto ok = each_line(path, [&](std::uint64_t offset, std::string_view line, bool start) {
    return reader.line(offset, line, start);
  });
  return ok ? reader.finish() : ok;
}

Result<> read_maildir(const std::string& dir, const MessageSink& sink) {
  if (!fs::is_directory(dir)) return base::fail(base::Fault::permanent, dir + ": no such folder");
  return walk_maildir(dir, "", sink, 0);
}

Result<> read_eml(const std::string& path, const std::string& mailbox, const MessageSink& sink) {
  SourceMessage m{mailbox, path, path, 0, 0, {}};
  if (path == "-") m.path = "/dev/stdin";
  return send_file(m, sink);
}

Result<std::vector<std::pair<std::string, std::string>>> list_files(const std::string& dir,
                                                                    bool mailbox_is_folder) {
  std::vector<std::pair<std::string, std::string>> out;
  std::error_code ec;
  for (fs::recursive_directory_iterator it(dir, ec), end; !ec && it != end; it.increment(ec)) {
    if (!it->is_regular_file(ec)) continue;
    auto relative = it->path().lexically_relative(dir);
    auto mailbox = (mailbox_is_folder ? relative.parent_path() : relative).string();
    if (mailbox.ends_with(".mbox")) mailbox.resize(mailbox.size() - 5);
    out.emplace_back(it->path().string(), mailbox);
  }
  if (ec) return base::fail(base::Fault::permanent, dir + ": " + ec.message());
  std::ranges::sort(out);
  return out;
}

}  // namespace postern::cli
