#include "index/tokenizer.h"

#include <unicode/utf8.h>

#include <array>

#include "index/folding.h"

namespace postern::index {

namespace {

void append_utf8(std::string& out, char32_t c) {
  char buffer[U8_MAX_LENGTH];
  std::int32_t n = 0;
  U8_APPEND_UNSAFE(buffer, n, static_cast<UChar32>(c));
  out.append(buffer, static_cast<std::size_t>(n));
}

// Folded ASCII; 0 separates words.
constexpr std::array<char, 128> kAscii = [] {
  std::array<char, 128> out{};
  for (char c = '0'; c <= '9'; ++c) out[static_cast<std::size_t>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) {
    out[static_cast<std::size_t>(c)] = c;
    out[static_cast<std::size_t>(c - 32)] = c;
  }
  return out;
}();

class Scanner {
 public:
  Scanner(std::string_view text, const std::function<bool(const Token&)>& use) : text_(text), use_(use) {}

  void run() {
    auto size = static_cast<std::int32_t>(text_.size());
    for (std::int32_t i = 0; i < size && !stopped_;) {
      auto byte = static_cast<unsigned char>(text_[static_cast<std::size_t>(i)]);
      auto begin = static_cast<std::size_t>(i);
      if (byte < 0x80) {
        ++i;
        if (char c = kAscii[byte])
          word_char(static_cast<char32_t>(c), begin, begin + 1);
        else
          flush();
        continue;
      }
      UChar32 c;
      U8_NEXT(text_.data(), i, size, c);
      if (c < 0)
        flush();
      else
        character(static_cast<char32_t>(c), begin, static_cast<std::size_t>(i));
    }
    if (!stopped_) flush();
  }

 private:
  void character(char32_t c, std::size_t begin, std::size_t end) {
    auto folded = fold_char(c, last_);
    if (folded.empty()) {  // goes with what is open
      if (open_) end_ = end;
      return;
    }
    for (const FoldedChar& f : folded) {
      if (stopped_) return;
      switch (f.kind) {
        case CharClass::separator: flush(); break;
        case CharClass::word: word_char(f.c, begin, end); break;
        case CharClass::gram: gram_char(f.c, begin, end); break;
      }
    }
  }

  void word_char(char32_t c, std::size_t begin, std::size_t end) {
    if (open_ && in_grams_) flush();
    if (!open_) {
      open_ = true;
      in_grams_ = false;
      begin_ = begin;
    }
    if (c < 0x80)
      term_ += static_cast<char>(c);
    else
      append_utf8(term_, c);
    end_ = end;
    last_ = c;
  }

  void gram_char(char32_t c, std::size_t begin, std::size_t end) {
    if (open_ && !in_grams_) flush();
    if (open_) {
      std::size_t first = term_.size();
      append_utf8(term_, c);
      emit(Token::Kind::pair, end);
      term_.erase(0, first);
    } else {
      open_ = in_grams_ = true;
      append_utf8(term_, c);
    }
    begin_ = begin;
    end_ = end;
    last_ = c;
  }

  void emit(Token::Kind kind, std::size_t end) {
    if (!stopped_) stopped_ = !use_(Token{kind, begin_, end, term_});
  }

  void flush() {
    if (open_) emit(in_grams_ ? Token::Kind::last : Token::Kind::word, end_);
    open_ = false;
    term_.clear();
    last_ = 0;
  }

  std::string_view text_;
  const std::function<bool(const Token&)>& use_;
  std::string term_;  // the open word, or the last character of the open run
  std::size_t begin_ = 0, end_ = 0;
  char32_t last_ = 0;
  bool open_ = false, in_grams_ = false, stopped_ = false;
};

}  // namespace

void tokenize(std::string_view utf8, const std::function<bool(const Token&)>& use) {
  // ICU counts in int32: the rest of what no message can be is left out.
  if (utf8.size() > INT32_MAX) utf8 = utf8.substr(0, INT32_MAX);
  Scanner(utf8, use).run();
}

std::vector<OwnedToken> tokens_of(std::string_view utf8, std::size_t max) {
  std::vector<OwnedToken> out;
  if (max == 0) return out;
  tokenize(utf8, [&](const Token& t) {
    out.push_back({t.kind, t.begin, t.end, std::string(t.term)});
    return out.size() < max;
  });
  return out;
}

std::string fold_word(std::string_view utf8) {
  std::string out;
  char32_t last = 0;
  auto size = static_cast<std::int32_t>(utf8.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c;
    U8_NEXT(utf8.data(), i, size, c);
    if (c < 0) continue;
    for (const FoldedChar& f : fold_char(static_cast<char32_t>(c), last)) {
      if (f.kind == CharClass::separator) continue;
      append_utf8(out, f.c);
      last = f.c;
    }
  }
  return out;
}

}  // namespace postern::index
