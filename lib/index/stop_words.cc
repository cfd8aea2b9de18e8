#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "index/language.h"
#include "index/tokenizer.h"

namespace postern::index {

namespace {

struct List {
  std::string_view language, words;
};

constexpr List kLists[] = {
    {"ar",
#include "index/stop_words/ar.inc"
    },
    {"ca",
#include "index/stop_words/ca.inc"
    },
    {"da",
#include "index/stop_words/da.inc"
    },
    {"de",
#include "index/stop_words/de.inc"
    },
    {"el",
#include "index/stop_words/el.inc"
    },
    {"en",
#include "index/stop_words/en.inc"
    },
    {"es",
#include "index/stop_words/es.inc"
    },
    {"eu",
#include "index/stop_words/eu.inc"
    },
    {"fi",
#include "index/stop_words/fi.inc"
    },
    {"fr",
#include "index/stop_words/fr.inc"
    },
    {"ga",
#include "index/stop_words/ga.inc"
    },
    {"hu",
#include "index/stop_words/hu.inc"
    },
    {"hy",
#include "index/stop_words/hy.inc"
    },
    {"id",
#include "index/stop_words/id.inc"
    },
    {"it",
#include "index/stop_words/it.inc"
    },
    {"lt",
#include "index/stop_words/lt.inc"
    },
    {"ne",
#include "index/stop_words/ne.inc"
    },
    {"nl",
#include "index/stop_words/nl.inc"
    },
    {"no",
#include "index/stop_words/no.inc"
    },
    {"pt",
#include "index/stop_words/pt.inc"
    },
    {"ro",
#include "index/stop_words/ro.inc"
    },
    {"ru",
#include "index/stop_words/ru.inc"
    },
    {"sv",
#include "index/stop_words/sv.inc"
    },
    {"ta",
#include "index/stop_words/ta.inc"
    },
    {"tr",
#include "index/stop_words/tr.inc"
    },
};

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
};
using Words = std::unordered_set<std::string, Hash, std::equal_to<>>;

std::unordered_map<std::string_view, Words> read_lists() {
  std::unordered_map<std::string_view, Words> out;
  for (const List& l : kLists)
    for (std::string_view word : base::split_blank(l.words))
      if (auto folded = fold_word(base::trim(word)); !folded.empty()) out[l.language].insert(std::move(folded));
  return out;
}

}  // namespace

bool is_stop_word(const Language& l, std::string_view term) {
  static const auto lists = read_lists();
  auto it = lists.find(name_of(l));
  return it != lists.end() && it->second.contains(term);
}

}  // namespace postern::index
