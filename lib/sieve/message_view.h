// The message as a script sees it at one moment: header fields that it edits, MIME parts, decoded text.
// Everything is read when it is first asked for: a script that tests two fields reads one header block.
// Input: hostile.  What grows is spent from the budget.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "mime/structure.h"
#include "sieve/budget.h"
#include "sieve/message.h"

namespace postern::sieve {

// A mailbox of an address list; `all` is local@domain, quoted where it must be.
struct Mailbox {
  std::string local, domain, all;
  bool valid = true;  // else it has no parts (RFC 5228 2.7.4); dots where RFC 5322 has none are no fault
};
std::vector<Mailbox> mailboxes_in(std::string_view raw);

class MessageView {
 public:
  MessageView(std::shared_ptr<const MessageSource> source, Budget& budget);
  MessageView(const MessageView&) = delete;

  // --- the header.  REQUIRES for all: open() succeeded.
  base::Result<> open();
  // Which lines are fields of that name, in order; without case.
  std::vector<std::size_t> find(std::string_view name) const;
  // The same, handed to `fn` one by one until it answers false.
  template <class Fn>
  void each(std::string_view name, Fn&& fn) const {
    for (std::size_t i = 0; i < lines_.size(); ++i)
      if (lines_[i].name.size() == name.size() && !name.empty() && base::iequals(lines_[i].name, name))
        if (!fn(i)) return;
  }
  // All after the colon, folds kept; unfolded and decoded to UTF-8.  Views live until the message changes.
  std::string_view raw(std::size_t line) const;
  std::string_view decoded(std::size_t line) const;
  // The mailboxes in a field, members of groups too: read once, and kept as long as the line.
  base::Result<const std::vector<Mailbox>*> mailboxes(std::size_t line);
  std::size_t lines() const { return lines_.size(); }
  std::string_view text(std::size_t line) const { return lines_[line].text; }  // whole, with its line end
  std::string_view name(std::size_t line) const { return lines_[line].name; }

  // `field` is a whole field with its line end; first, or last of all fields.
  base::Result<> insert(std::string field, bool last);
  void erase(std::size_t line);
  // The header block as it is now, with its empty line.
  std::string header() const;

  // --- the whole
  base::Result<std::uint64_t> size();
  base::Result<std::string> read(std::uint64_t begin, std::uint64_t end);
  base::Result<MessageVersion> version();
  // Another message takes its place (filter, enclose, the testsuite).
  void replace_all(std::shared_ptr<const MessageSource> source);
  // The same, as if it had come so.
  void reset(std::shared_ptr<const MessageSource> source) {
    replace_all(std::move(source));
    original_ = true;
  }
  bool is_original() const { return original_ && !edited_; }

  // --- parts
  base::Result<const mime::Structure*> structure();
  base::Result<std::string> part_header(std::size_t part);
  // Transfer encoding undone; text also in UTF-8.  At most kMaxExtractedText.  Kept until the message
  // changes.
  struct PartText {
    std::string text;
    bool problem = false;  // encoding or charset unknown, or not kept to
  };
  base::Result<const PartText*> part_text(std::size_t part);
  base::Result<std::string> part_bytes(std::size_t part, bool* problem = nullptr);
  // The body as it stands, at most kMaxRawBody of it.  Kept as above.
  base::Result<std::string_view> raw_body();
  // False when the message ends with its header, without an empty line.
  base::Result<bool> has_body();
  // Puts a MIME entity (fields, empty line, body; CRLF) where a part is.  Gives how many parts the message
  // has more than before.  Where a message begins, its other fields stay.
  base::Result<std::int64_t> replace_part(std::size_t part, std::string entity);
  // Is it the whole message, or what a message/rfc822 part holds?
  base::Result<bool> begins_message(std::size_t part);
  // One past the last part within `part`.
  base::Result<std::size_t> subtree_end(std::size_t part);

 private:
  struct Line {
    std::string_view text;  // the field with its line end; what is no field has no name
    std::string_view name;
    std::string_view value;  // raw
    mutable std::optional<std::string> decoded;
    std::optional<std::vector<Mailbox>> mailboxes;
  };

  base::Result<> read_header();
  void split_header();
  base::Result<std::string> other_fields(std::size_t part);
  void forget();

  std::shared_ptr<const MessageSource> source_;
  Budget& budget_;
  bool opened_ = false, edited_ = false, original_ = true;
  std::string header_;             // the block as read, without its empty line
  std::list<std::string> added_;   // fields that a script added
  std::uint64_t body_begin_ = 0;   // in source_
  bool has_body_ = false;
  std::vector<Line> lines_;
  std::optional<mime::Structure> structure_;
  std::vector<std::unique_ptr<PartText>> texts_;
  std::optional<std::string> raw_body_;
};

// `text` with every line end as CRLF.
std::string with_crlf(std::string_view text);

}  // namespace postern::sieve
