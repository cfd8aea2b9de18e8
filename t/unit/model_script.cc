// Names of scripts.
#include "model/script.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::model {
namespace {

TEST(ScriptName, Bounds) {
  EXPECT_FALSE(valid_script_name(""));
  EXPECT_TRUE(valid_script_name(std::string(kMaxScriptName, 'x')));
  EXPECT_FALSE(valid_script_name(std::string(kMaxScriptName + 1, 'x')));
}

TEST(ScriptName, WhatItMayHold) {
  for (const char* good : {"main", "my script", "Gr\xc3\xbc\xc3\x9f", "a.b", "\xc2\xa0", "\"quoted\\\"", "..x", "x\xef\xbb\xbf"})
    EXPECT_TRUE(valid_script_name(good)) << good;
  // Controls, U+0080, U+009F, U+2028, U+2029, a byte order mark, no UTF-8, and what looks like a path.
  for (const char* bad : {"a\rb", "a\nb", "\x7f", "\xc2\x80", "x\xc2\x9f", "\xe2\x80\xa8", "a\xe2\x80\xa9", "\xef\xbb\xbfx", "\xff", "\xc3",
                          "a/b", "/", ".", ".."})
    EXPECT_FALSE(valid_script_name(bad)) << bad;
  EXPECT_FALSE(valid_script_name(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace postern::model
