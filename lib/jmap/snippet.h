// SearchSnippet: where the words of a filter are in a subject and in a body, as HTML with nothing in it but <mark>.
// RFC 8621 5.  Runs in: jmapd, on a worker.  Input: hostile; every character that HTML gives a meaning is escaped.
// Limits: kMaxSnippet, kMaxSnippetText.  Tests: t/unit/jmap_snippet.cc, t/fuzz/jmap_snippet.cc
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/filter.h"

namespace postern::jmap {

// What is looked for, as folded words: one list a text condition.
struct SnippetTerms {
  using Phrase = std::vector<std::string>;
  std::vector<Phrase> subject, body;
};
// Of all text conditions that are not below a NOT.  `filter` is not bound.
SnippetTerms snippet_terms(const query::Filter& filter);

// The whole text; nothing when none of the phrases is in it.  UTF-8.
std::optional<std::string> mark_all(const std::vector<SnippetTerms::Phrase>& phrases, std::string_view text);
// The part of a longer text where the first of them is, in at most kMaxSnippet bytes, blanks collapsed.
std::optional<std::string> mark_part(const std::vector<SnippetTerms::Phrase>& phrases, std::string_view text);

}  // namespace postern::jmap
