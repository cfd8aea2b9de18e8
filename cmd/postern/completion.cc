// completion: the scripts that shells read, made from the table of verbs.
#include <set>

#include "base/text.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

std::set<std::string> first_words() {
  std::set<std::string> out;
  for (const auto& v : verbs()) out.emplace(base::split(v.name, ' ')[0]);
  return out;
}

std::string second_words(const std::string& first) {
  std::string out;
  for (const auto& v : verbs())
    if (v.name.starts_with(first + " "))
      out += (out.empty() ? "" : " ") + std::string(v.name.substr(first.size() + 1));
  return out;
}

std::string option_words(const Verb& v) {
  std::string out = "--help";
  for (const auto& o : v.options) out += " " + std::string(o.name);
  return out;
}

std::string joined(const std::set<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : " ") + w;
  return out;
}

std::string bash() {
  std::string out =
      "# bash completion of postern(1)\n_postern() {\n  local cur=${COMP_WORDS[COMP_CWORD]} i=1\n"
      "  [[ ${COMP_WORDS[1]} == -C ]] && i=3\n  local a=${COMP_WORDS[i]} b=${COMP_WORDS[i+1]} words=\n"
      "  if (( COMP_CWORD == i )); then words=\"" +
      joined(first_words()) + "\"; else\n  case \"$a\" in\n";
  for (const auto& f : first_words())
    if (auto second = second_words(f); !second.empty())
      out += "    " + f + ") (( COMP_CWORD == i + 1 )) && words=\"" + second + "\" ;;\n";
  out += "  esac\n  fi\n  if [[ $cur == -* ]]; then case \"$a $b\" in\n";
  for (const auto& v : verbs())
    out += "    \"" + std::string(v.name) + "\"" + (v.name.find(' ') == std::string_view::npos ? "*" : "") +
           ") words=\"" + option_words(v) + "\" ;;\n";
  return out +
         "  esac; fi\n  if [[ -n $words ]]; then COMPREPLY=( $(compgen -W \"$words\" -- \"$cur\") )\n"
         "  else COMPREPLY=( $(compgen -f -- \"$cur\") ); fi\n}\ncomplete -o filenames -F _postern postern\n";
}

std::string quoted(std::string_view s, char escape_also = 0) {
  std::string out;
  for (char c : s) {
    if (c == '\'')
      out += "'\\''";
    else if (c == escape_also)
      out += std::string("\\") + c;
    else
      out += c;
  }
  return out;
}

std::string zsh() {
  std::string out =
      "#compdef postern\n# zsh completion of postern(1)\n_postern() {\n  local i=2\n  [[ $words[2] == -C ]] "
      "&& i=4\n"
      "  if (( CURRENT == i )); then compadd -- " +
      joined(first_words()) +
      "; return; fi\n"
      "  if (( CURRENT == i + 1 )) && [[ $words[CURRENT] != -* ]]; then case $words[i] in\n";
  for (const auto& f : first_words())
    if (auto second = second_words(f); !second.empty())
      out += "    " + f + ") compadd -- " + second + "; return ;;\n";
  out += "  esac; fi\n  case \"$words[i] $words[i+1]\" in\n";
  for (const auto& v : verbs()) {
    out += "    '" + std::string(v.name) + "'" + (v.name.find(' ') == std::string_view::npos ? "*" : "") +
           ") _arguments '*:file:_files'";
    for (const auto& o : v.options)
      out += " '" +
             std::string(o.name.starts_with("--") && !o.value.empty() ? std::string(o.name) + "="
                                                                      : std::string(o.name)) +
             "[" + quoted(o.help) + "]" + (o.value.empty() ? "" : ":" + quoted(o.value, ':') + ":") + "'";
    out += " ;;\n";
  }
  return out + "  esac\n}\n_postern \"$@\"\n";
}

// What the words before the cursor are, without -C DIR: exactly these, or these and more.
constexpr std::string_view kFishHead = R"fish(# fish completion of postern(1)
function __postern_words
  set -l w (commandline -opc)[2..-1]
  test "$w[1]" = -C; and set w $w[3..-1]
  echo "$w"
end
function __postern_at
  test (__postern_words) = "$argv"
end
function __postern_in
  string match -q -- "$argv *" (__postern_words)" "
end
)fish";

// A verb that other verbs begin with, as audit of audit verify, does not offer its options there.
std::string fish_condition(const Verb& v) {
  std::string out = "__postern_in " + std::string(v.name);
  for (const auto& longer : verbs())
    if (longer.name.starts_with(std::string(v.name) + " ")) out += "; and not __postern_in " + std::string(longer.name);
  return out;
}

std::string fish() {
  std::string out(kFishHead);
  for (const auto& f : first_words()) out += "complete -c postern -n __postern_at -f -a '" + f + "'\n";
  for (const auto& v : verbs()) {
    auto words = base::split(v.name, ' ');
    if (words.size() > 1)
      out += "complete -c postern -n '__postern_at " + std::string(words[0]) + "' -f -a '" + std::string(words[1]) +
             "' -d '" + quoted(v.help) + "'\n";
    for (const auto& o : v.options) {
      bool longer = o.name.starts_with("--");
      out += "complete -c postern -n '" + fish_condition(v) + "' " +
             (longer ? "-l " + std::string(o.name.substr(2)) : "-s " + std::string(o.name.substr(1))) +
             (o.value.empty() ? "" : " -r") + " -d '" + quoted(o.help) + "'\n";
    }
  }
  return out;
}

}  // namespace

int completion(Context& c) {
  if (c.args().size() != 1) return c.usage("expected bash, zsh or fish");
  if (c.args()[0] == "bash")
    c.out(bash());
  else if (c.args()[0] == "zsh")
    c.out(zsh());
  else if (c.args()[0] == "fish")
    c.out(fish());
  else
    return c.usage("expected bash, zsh or fish");
  return kOk;
}

}  // namespace postern::cli
