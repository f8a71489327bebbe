//===- TemplateTest.cpp - Templates against jinja2 ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cases.json holds templates, variables and what the jinja2 package makes of
// them; make_cases.py writes it.
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/template/Template.h"
#include "test/runtime/generate/template/JsonValue.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iomanip>
#include <sstream>

using namespace weft;
using namespace weft::jinja;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

std::string readFile(const std::string &name) {
  std::ifstream stream(WEFT_TEMPLATE_TESTS "/" + name);
  EXPECT_TRUE(stream.good()) << name;
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::tm now() {
  std::tm time = {};
  std::istringstream text("2024-07-04 15:02:09");
  text >> std::get_time(&time, "%Y-%m-%d %H:%M:%S");
  std::mktime(&time);
  return time;
}

StatusOr<std::string> render(const std::string &text, const Dict &variables) {
  StatusOr<Template> parsed = Template::parse(text);
  if (!parsed)
    return parsed.status();
  return parsed->render(variables, now());
}

std::string error(const std::string &text) {
  StatusOr<std::string> result = render(
      text,
      *test::toValue(nlohmann::ordered_json::parse(R"({"words": [1, 2]})"))
           .dict());
  EXPECT_FALSE(result.isOk()) << text;
  return result ? "" : result.message();
}

TEST(Template, GivesWhatJinjaGives) {
  auto data = nlohmann::ordered_json::parse(readFile("cases.json"));
  Value common = test::toValue(data["variables"]);
  size_t count = 0;
  for (const auto &entry : data["cases"]) {
    std::string text = entry["template"];
    if (text.ends_with(".jinja")) {
      text = readFile("templates/" + text);
      text.pop_back(); // the newline of the file
    }
    Value variables = entry.contains("variables")
                          ? test::toValue(entry["variables"])
                          : common;
    StatusOr<std::string> found = render(text, *variables.dict());
    std::string name =
        entry.contains("name") ? entry["name"].get<std::string>() : text;
    ++count;
    if (entry.contains("error")) {
      EXPECT_FALSE(found.isOk())
          << name << "\ngave " << *found << "\njinja2: " << entry["error"];
      continue;
    }
    EXPECT_TRUE(found.isOk()) << name << "\n" << found.message();
    if (found)
      EXPECT_EQ(*found, entry["expected"].get<std::string>()) << name;
  }
  EXPECT_GT(count, 700u);
}

TEST(Template, SaysWhereAndWhat) {
  EXPECT_EQ(error("a\n\n{{ x.y }}"),
            "line 3: cannot take 'y' of 'x', which is undefined");
  EXPECT_EQ(error("{% if words %}\n{{ words + 1 }}{% endif %}"),
            "line 2: '+' does not take list and int");
  EXPECT_EQ(error("\n{% include 'x' %}"),
            "line 2: the tag 'include' is not supported; known are if, for, "
            "set, macro, with, filter, generation, break, continue and raw");
  EXPECT_THAT(error("{{ 1 | nope }}"),
              StartsWith("line 1: the filter 'nope' is not supported; known "
                         "are abs, "));
  EXPECT_THAT(error("{{ 1 is nope }}"),
              StartsWith("line 1: the test 'is nope' is not supported; known "
                         "are boolean, "));
  EXPECT_EQ(error("{{ nope() }}"), "line 1: 'nope' cannot be called: there "
                                   "is no such function or method");
  EXPECT_EQ(error("x\n{{ 1 ^ 2 }}"),
            "line 2: unexpected character '^' in a tag");
  EXPECT_EQ(error("x\n{{ 1 2 }}"), "line 2: expected '}}', found '2'");
  EXPECT_EQ(error("{% if 1 %}"),
            "line 1: the block that begins here has no '{% endif %}'");
  EXPECT_EQ(error("{% for x in words recursive %}{% endfor %}"),
            "line 1: recursive loops are not supported");
  EXPECT_EQ(error("{{ f(*words) }}"),
            "line 1: arguments by '*' are not supported");
  EXPECT_EQ(error("{{ raise_exception('Only\nusers') }}"), "Only?users");
  EXPECT_THAT(error("{{ 'x%s' % 1 }}"), HasSubstr("formatting a text"));
  EXPECT_THAT(error("{{ '\\N{DASH}' }}"), HasSubstr("'\\N' is not supported"));
  EXPECT_THAT(error("{{ strftime_now('%Q') }}"), HasSubstr("'%Q'"));
  EXPECT_THAT(error("{{ words | tojson(separators=('', '')) }}"),
              HasSubstr("separators is not supported"));
}

TEST(Template, RendersManyTimes) {
  StatusOr<Template> parsed = Template::parse("{{ x }}{% set x = 2 %}{{ x }}");
  ASSERT_TRUE(parsed.isOk());
  Dict variables;
  variables.set("x", int64_t(1));
  for (int i = 0; i != 2; ++i)
    EXPECT_EQ(*parsed->render(variables, now()), "12");
}

} // namespace
