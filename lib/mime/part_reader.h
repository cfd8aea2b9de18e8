// Reads the MIME fields of one header block into a Part.  Part of the structure parser; not for others.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mime/structure.h"

namespace postern::mime {

// Fills a part from its header block, within a budget of text that all parts share.
class PartReader {
 public:
  PartReader(Part& part, std::size_t& text_left) : part_(part), text_left_(text_left) {}
  // False when something was left out.
  bool read(std::string_view block);

 private:
  void field(const Field& f);
  void content_type(std::string_view raw);
  void disposition(std::string_view raw);
  void languages(std::string_view raw);
  std::string text(std::string_view raw);
  std::vector<Param> charge(std::vector<Param> params);
  bool charge(std::size_t n);

  Part& part_;
  std::size_t& text_left_;
  std::uint32_t seen_ = 0;  // bits of fields read: the first of each counts
  bool complete_ = true;
};

}  // namespace postern::mime
