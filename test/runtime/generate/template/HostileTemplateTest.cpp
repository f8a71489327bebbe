//===- HostileTemplateTest.cpp - Templates that mean harm -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/template/Template.h"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

using namespace weft;
using namespace weft::jinja;
using testing::HasSubstr;

namespace {

Dict conversation() {
  Dict message, variables;
  message.set("role", "user");
  message.set("content", "Hello there");
  variables.set("messages", std::vector<Value>{message, message});
  variables.set("bos_token", "<s>");
  variables.set("eos_token", "</s>");
  variables.set("add_generation_prompt", true);
  return variables;
}

StatusOr<std::string> render(const std::string &text) {
  StatusOr<Template> parsed = Template::parse(text);
  if (!parsed)
    return parsed.status();
  auto begin = std::chrono::steady_clock::now();
  StatusOr<std::string> result = parsed->render(conversation(), std::tm());
  // Far more than any needs: tests share the machine.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30))
      << text.substr(0, 200);
  return result;
}

std::string error(const std::string &text) {
  StatusOr<std::string> result = render(text);
  EXPECT_FALSE(result.isOk()) << text.substr(0, 200);
  return result ? "" : result.message();
}

std::string repeated(const std::string &text, size_t count) {
  std::string whole;
  for (size_t i = 0; i != count; ++i)
    whole += text;
  return whole;
}

TEST(HostileTemplate, LoopsEnd) {
  for (const char *text : {
           "{% for a in range(100000) %}{% for b in range(100000) %}{% "
           "endfor %}{% endfor %}",
           "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set "
           "ns.s = ns.s + ns.s %}{% endfor %}",
           "{{ 'x' * 9223372036854775807 }}",
           "{{ [1] * 9223372036854775807 }}",
           "{{ ('x' * 10000000) * 100 }}",
           "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set "
           "ns.l = ns.l + ns.l %}{% endfor %}",
           "{% set x = 'y' * 30000000 %}{% for i in range(99) %}{{ x }}{% "
           "endfor %}",
           "{% set x = 'y' * 1000000 %}{% for i in range(99999) %}{% if 'z' "
           "in x %}{% endif %}{% endfor %}",
           "{% set x = 'a' * 1000000 %}{{ x.replace('a', x) }}",
           "{% set x = 'a' * 1000000 %}{{ x | replace('', x) }}",
           "{% set x = 'a' * 1000000 %}{{ x | list | join(x) }}",
           "{% set x = 'a' * 10000000 %}{{ x.split('a') }}",
           "{% set x = '\n' * 1000000 %}{{ x | indent(256, blank=true) }}",
           "{% set x = range(100000) | list %}{% for i in x %}{% set y = x | "
           "sort %}{% endfor %}",
           "{{ range(100000) | map('string') | unique | list }}",
           "{% set x = ' ' * 3000000 + 'a' %}{% for i in range(9999) %}{{ "
           "x.strip(x) }}{% endfor %}",
           // Shared parts: 2^60 elements.
           "{% set ns = namespace(l=[]) %}{% for i in range(60) %}{% set "
           "ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
           "{% set ns = namespace(l=[]) %}{% for i in range(60) %}{% set "
           "ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l == ns.l }}",
           "{% set ns = namespace(l={}) %}{% for i in range(60) %}{% set "
           "ns.l = {'a': ns.l, 'b': ns.l} %}{% endfor %}{{ ns.l | tojson }}",
           "{% set ns = namespace(l=[]) %}{% for i in range(50) %}{% set "
           "ns.l = [ns.l, ns.l] %}{% endfor %}{{ [ns.l] | tojson(indent=64) "
           "}}",
       })
    EXPECT_THAT(error(text), HasSubstr("does not come to an end")) << text;
}

TEST(HostileTemplate, NestingEnds) {
  for (const std::string &text : {
           "{{ " + repeated("(", 5000) + "1" + repeated(")", 5000) + " }}",
           "{{ " + repeated("[", 5000) + repeated("]", 5000) + " }}",
           "{{ " + repeated("-", 5000) + "1 }}",
           "{{ " + repeated("not ", 5000) + "1 }}",
           "{{ 1" + repeated(" + 1", 5000) + " }}",
           "{{ 1" + repeated(" | abs", 5000) + " }}",
           "{{ x" + repeated(".a", 5000) + " }}",
           "{{ x" + repeated("[0]", 5000) + " }}",
           "{{ x" + repeated("()", 5000) + " }}",
           "{{ " + repeated("1 if 1 else ", 5000) + "1 }}",
           "{{ " + repeated("{'a': ", 5000) + "1" + repeated("}", 5000) + " }}",
           "{{ 1" + repeated(" ** 1", 5000) + " }}",
           "{{ 1" + repeated(" and 1", 5000) + " }}",
           repeated("{% if 1 %}", 5000) + repeated("{% endif %}", 5000),
           repeated("{% for x in [1] %}", 5000) +
               repeated("{% endfor %}", 5000),
           repeated("{% filter trim %}", 5000) +
               repeated("{% endfilter %}", 5000),
           repeated("{% set x %}", 5000) + repeated("{% endset %}", 5000),
           repeated("{% with %}", 5000) + repeated("{% endwith %}", 5000),
           repeated("{% if 1 %}", 5000),
           "{{ " + repeated("x[", 5000) + "1" + repeated("]", 5000) + " }}",
       })
    EXPECT_THAT(error(text), HasSubstr("too deeply")) << text.substr(0, 80);
  EXPECT_THAT(error("{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}"),
              HasSubstr("too deeply"));
  EXPECT_THAT(error("{% macro g(x) %}" + repeated("{% if 1 %}", 90) + "{{ " +
                    repeated("-", 90) + "f(x) | int }}" +
                    repeated("{% endif %}", 90) +
                    "{% endmacro %}{% macro f(x) %}{{ g(x) }}{% endmacro "
                    "%}{{ f(1) }}"),
              HasSubstr("too deeply"));
  EXPECT_THAT(error("{% set ns = namespace(x=[]) %}{% for i in range(9999) "
                    "%}{% set ns.x = [ns.x] %}{% endfor %}"),
              HasSubstr("nested more than 64 levels deep"));
  EXPECT_THAT(error("{% set ns = namespace(x={}) %}{% for i in range(9999) "
                    "%}{% set ns.x = {'a': ns.x} %}{% endfor %}"),
              HasSubstr("nested more than 64 levels deep"));
}

TEST(HostileTemplate, KeepsNothingThatIsGone) {
  // A loop, a macro and a namespace that outlive where they were made.
  for (const char *text :
       {"{% set ns = namespace() %}{% for x in [1, 2] %}{% set ns.l = loop "
        "%}{% endfor %}{{ ns.l.index }}{{ ns.l.previtem }}{{ "
        "ns.l.cycle(1, 2) }}",
        "{% set ns = namespace() %}{% if 1 %}{% macro f() %}x{% endmacro %}{% "
        "endif %}{% set ns.f = f %}{{ ns.f() }}",
        "{% set ns = namespace() %}{% set ns.self = ns %}{% set ns.l = [ns] "
        "%}{{ ns.self.self.l[0].self }}{{ ns.l }}{{ ns == ns.self }}",
        "{% set f = 'abc'.upper %}{{ f() }}{% set g = {'a': 1}.items %}{{ g() "
        "}}"}) {
    StatusOr<std::string> result = render(text);
    EXPECT_TRUE(result.isOk()) << text << result.message();
  }
}

TEST(HostileTemplate, NumbersStayNumbers) {
  for (const char *text :
       {"{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}",
        "{{ 9223372036854775807 * 2 }}", "{{ 3 ** 9223372036854775807 }}",
        "{{ 99999999999999999999 }}",
        "{{ (0 - 9223372036854775807 - 1) // -1 }}",
        "{{ -(0 - 9223372036854775807 - 1) }}", "{{ 1e999 }}",
        "{{ 2.5 | round(400) }}", "{{ 5 % 0 }}"})
    error(text);
  for (const char *text :
       {"{{ 'abc'[9223372036854775807] }}", "{{ [1][-9223372036854775807] }}",
        "{{ [1][::9223372036854775807] }}",
        "{{ [1, 2][::-9223372036854775807] }}",
        "{{ 'x'[-9223372036854775807:9223372036854775807] }}",
        "{{ 1e308 * 10 }}{{ (1e308 * 10) | int }}{{ 1e308 * 10 - 1e308 * 10 "
        "}}",
        "{{ (-1) ** 9223372036854775807 }}", "{{ 0 ** 9223372036854775807 }}",
        "{{ range(9223372036854775800, 9223372036854775807, 5) | list }}"}) {
    StatusOr<std::string> result = render(text);
    EXPECT_TRUE(result.isOk()) << text << result.message();
  }
  EXPECT_THAT(error(std::string(2u << 20, ' ')), HasSubstr("more than"));
}

/// Each public template, cut and with bytes changed, at places that a seed
/// draws.
TEST(HostileTemplate, SurvivesDamage) {
  std::mt19937 random(5);
  constexpr std::string_view bytes = "{}%#-'\"\\|.([])~ \n\0\x80\xff"
                                     "01aeif";
  size_t cases = 0;
  for (const auto &file :
       std::filesystem::directory_iterator(WEFT_TEMPLATE_TESTS "/templates")) {
    std::ifstream stream(file.path());
    std::stringstream content;
    content << stream.rdbuf();
    std::string text = content.str();
    ASSERT_FALSE(text.empty()) << file.path();
    for (int i = 0; i != 40; ++i, ++cases) {
      std::string damaged = text;
      if (i % 2)
        damaged.resize(random() % damaged.size());
      else
        for (int change = 0; change <= i / 8; ++change)
          damaged[random() % damaged.size()] = bytes[random() % bytes.size()];
      StatusOr<std::string> result = render(damaged);
      if (!result)
        EXPECT_EQ(result.message().find('\n'), std::string::npos);
    }
  }
  EXPECT_GT(cases, 700u);
}

} // namespace
