#include "cmd/indexer/suspects.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "cmd/indexer/limits.h"

namespace postern::indexer {

namespace {

// "ACCOUNT EMAIL" or "ACCOUNT EMAIL CRASHES" in a line.
bool read_line(std::string_view line, std::uint64_t (&numbers)[3], std::size_t wanted) {
  auto words = base::split_blank(base::trim(line));
  if (words.size() != wanted) return false;
  for (std::size_t i = 0; i < wanted; ++i) {
    auto n = base::parse_u64(words[i]);
    if (!n) return false;
    numbers[i] = *n;
  }
  return true;
}

}  // namespace

base::Result<Suspects> Suspects::open(const std::string& dir) {
  Suspects s;
  s.path_ = dir + "/suspects";
  std::uint64_t n[3];
  if (auto text = base::read_file(s.path_))
    for (std::string_view line : base::split(*text, '\n'))
      if (read_line(line, n, 3) && s.crashes_.size() < kMaxSuspects) s.crashes_[{n[0], n[1]}] = static_cast<unsigned>(n[2]);
  std::string working = dir + "/working";
  auto last = base::read_file(working, 4096);
  s.working_.reset(::open(working.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!s.working_) return std::unexpected(base::sys_error(working));
  if (last && read_line(*last, n, 2) && s.crashes_.size() < kMaxSuspects) {
    unsigned crashes = ++s.crashes_[{n[0], n[1]}];
    base::log(base::Level::error, "index_crashed_on", {{"account", n[0]}, {"email", n[1]}, {"times", crashes},
                                                       {"next", crashes < kMaxCrashes ? "tried again" : "set aside"}});
    s.save();
  }
  s.leave();
  return s;
}

void Suspects::write(Key at) {
  at_ = at;
  std::string line = std::to_string(at.first) + " " + std::to_string(at.second) + "\n";
  (void)base::pwrite_all(working_.get(), line, 0);
  (void)!::ftruncate(working_.get(), static_cast<off_t>(line.size()));
}

void Suspects::went_well(Key at) {
  auto it = crashes_.find(at);
  if (it == crashes_.end() || it->second >= kMaxCrashes) return;
  crashes_.erase(it);
  save();
}

void Suspects::enter(std::uint64_t account) { write({account, 0}); }

void Suspects::leave() {
  went_well({at_.first, 0});
  at_ = {};
  (void)!::ftruncate(working_.get(), 0);
}

bool Suspects::index_is_suspect(std::uint64_t account) {
  auto it = crashes_.find({account, 0});
  if (it == crashes_.end() || it->second < kMaxCrashes) return false;
  crashes_.erase(it);
  save();
  return true;
}

bool Suspects::begin(std::uint64_t account, std::uint64_t email) {
  auto it = crashes_.find({account, email});
  if (it != crashes_.end() && it->second >= kMaxCrashes) return false;
  write({account, email});
  return true;
}

void Suspects::end() {
  Key was = at_;
  pause();
  went_well(was);
}

void Suspects::pause() { write({at_.first, 0}); }

void Suspects::pardon(std::uint64_t account) {
  if (std::erase_if(crashes_, [account](const auto& e) { return e.first.first == account && e.first.second != 0; }) > 0) save();
}

void Suspects::save() const {
  std::string text;
  for (const auto& [key, n] : crashes_)
    text += std::to_string(key.first) + " " + std::to_string(key.second) + " " + std::to_string(n) + "\n";
  if (auto ok = base::write_file(path_, text, 0640); !ok)
    base::log(base::Level::error, "suspects", {{"error", ok.error().what}});
}

}  // namespace postern::indexer
