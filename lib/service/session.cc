#include "service/session.h"

#include <unistd.h>

#include "base/system.h"

namespace postern::service {

Session::Session(Sessions& all, std::string service, std::string address)
    : all_(all), number_(++all.last_), service_(std::move(service)), address_(std::move(address)),
      since_(base::unix_now()) {
  all_.all_.insert(this);
  if (all_.changed_) all_.changed_();
}

Session::~Session() {
  all_.all_.erase(this);
  if (all_.changed_) all_.changed_();
}

void Session::end(EndReason why) {
  if (end_) end_(why);
}

std::string Session::id() const { return std::to_string(::getpid()) + "-" + std::to_string(number_); }

std::vector<const Session*> Sessions::list() const { return {all_.begin(), all_.end()}; }

std::size_t Sessions::end(std::string_view what, EndReason why) {
  std::vector<Session*> chosen;
  for (Session* s : all_)
    if (what == "*" || s->user() == what || s->id() == what) chosen.push_back(s);
  for (Session* s : chosen) s->end(why);
  return chosen.size();
}

}  // namespace postern::service
