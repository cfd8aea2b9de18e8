#include "sieve/action.h"

namespace postern::sieve {
namespace {

struct Name {
  std::string_view operator()(const Store& s) const { return s.is_keep ? "keep" : "fileinto"; }
  std::string_view operator()(const Discard&) const { return "discard"; }
  std::string_view operator()(const Redirect&) const { return "redirect"; }
  std::string_view operator()(const Reject& r) const { return r.extended ? "ereject" : "reject"; }
  std::string_view operator()(const Vacation&) const { return "vacation"; }
  std::string_view operator()(const Notify&) const { return "notify"; }
  std::string_view operator()(const Pipe&) const { return "pipe"; }
  std::string_view operator()(const Report&) const { return "report"; }
};

}  // namespace

std::string_view name_of(const Action& a) {
  return std::visit(Name{}, a.what);
}

}  // namespace postern::sieve
