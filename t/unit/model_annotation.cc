#include "model/annotation.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace postern::model;

TEST(Annotation, Names) {
  for (auto good : {"/comment", "/altsubject", "/vendor/foobar/a b", "/1/comment", "/1.2/flags/seen", "/flags"})
    EXPECT_TRUE(valid_annotation(good)) << good;
  for (auto bad : {"", "/", "comment", "/a/", "//a", "/a//b", "/a*", "/a%", "/\x7f", "/\xc3\xa9", "/1", "/1.2", "/0/comment",
                   "/1./comment", "/1..2/x", "/01/x", "/1a/x", "/1234567890/x"})
    EXPECT_FALSE(valid_annotation(bad)) << bad;
  std::string most = "/" + std::string(kMaxAnnotationName - 1, 'a');
  EXPECT_TRUE(valid_annotation(most));
  EXPECT_FALSE(valid_annotation(most + "a"));
  EXPECT_EQ(annotation_part("/1.2/comment"), "1.2");
  EXPECT_EQ(annotation_part("/comment"), "");
}

TEST(Annotation, FlagsOfPartsAreOneOrZero) {
  EXPECT_TRUE(valid_annotation_value("/1/flags/seen", "1"));
  EXPECT_TRUE(valid_annotation_value("/1/flags/seen", "0"));
  EXPECT_FALSE(valid_annotation_value("/1/flags/seen", "yes"));
  EXPECT_FALSE(valid_annotation_value("/1.2/flags/answered", ""));
  EXPECT_TRUE(valid_annotation_value("/1/comment", "yes"));
  EXPECT_TRUE(valid_annotation_value("/flags/x", "yes"));
}

TEST(Annotation, Patterns) {
  EXPECT_TRUE(annotation_matches("*", "/a/b"));
  EXPECT_TRUE(annotation_matches("/*", "/a/b"));
  EXPECT_FALSE(annotation_matches("/%", "/a/b"));
  EXPECT_TRUE(annotation_matches("/%/b", "/a/b"));
  EXPECT_TRUE(annotation_matches("/1.*/flags/%", "/1.2/flags/seen"));
  EXPECT_TRUE(annotation_matches("/comment", "/comment"));
  EXPECT_FALSE(annotation_matches("/comment", "/comments"));
  EXPECT_FALSE(annotation_matches("/Comment", "/comment")) << "case matters";
  EXPECT_FALSE(annotation_matches("", "/a"));
  std::string many(kMaxAnnotationName, '*'), entry = "/" + std::string(kMaxAnnotationName - 1, 'a');
  EXPECT_TRUE(annotation_matches(many, entry));
  EXPECT_FALSE(annotation_matches(many + "b", entry));
  for (auto bad : {"", "a", "/a//b", "/\x01"}) EXPECT_FALSE(valid_annotation_pattern(bad)) << bad;
  for (auto good : {"*", "/*", "%/x", "/comment"}) EXPECT_TRUE(valid_annotation_pattern(good)) << good;
}

}  // namespace
