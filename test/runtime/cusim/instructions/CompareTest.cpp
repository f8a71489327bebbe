//===- CompareTest.cpp - Comparisons and selections against their model ---===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatModel.h"

#include <gtest/gtest.h>

using namespace weft::cusim::test;

namespace {

/// How two values stand to each other.
enum class Relation { Less, Equal, Greater, Unordered };

/// What a comparison says for each relation, in that order.
struct Comparison {
  std::string name;
  bool holds[4];

  bool of(Relation relation) const { return holds[int(relation)]; }
};

const Comparison orders[] = {
    {"eq", {false, true, false, false}}, {"ne", {true, false, true, false}},
    {"lt", {true, false, false, false}}, {"le", {true, true, false, false}},
    {"gt", {false, false, true, false}}, {"ge", {false, true, true, false}}};
const Comparison unsignedOrders[] = {{"lo", {true, false, false, false}},
                                     {"ls", {true, true, false, false}},
                                     {"hi", {false, false, true, false}},
                                     {"hs", {false, true, true, false}}};
const Comparison unorderedOrders[] = {
    {"equ", {false, true, false, true}}, {"neu", {true, false, true, true}},
    {"ltu", {true, false, false, true}}, {"leu", {true, true, false, true}},
    {"gtu", {false, false, true, true}}, {"geu", {false, true, true, true}},
    {"num", {true, true, true, false}},  {"nan", {false, false, false, true}}};

/// A type that can be compared, and how.
struct Comparable {
  std::string name;
  unsigned bits;
  std::vector<Comparison> comparisons;
  std::function<Relation(uint64_t, uint64_t, bool flushes)> relation;
  bool canFlush = false;
  unsigned count = 1;
};

template <typename T> Relation relate(T a, T b) {
  return a < b ? Relation::Less : a == b ? Relation::Equal : Relation::Greater;
}

std::vector<Comparable> comparables() {
  std::vector<Comparable> types;
  for (unsigned bits : {16, 32, 64})
    for (char kind : {'b', 'u', 's'}) {
      Comparable type;
      type.name = kind + std::to_string(bits);
      type.bits = bits;
      if (kind == 'b')
        type.comparisons = {orders[0], orders[1]};
      else
        type.comparisons.assign(std::begin(orders), std::end(orders));
      if (kind == 'u')
        type.comparisons.insert(type.comparisons.end(),
                                std::begin(unsignedOrders),
                                std::end(unsignedOrders));
      type.relation = [=](uint64_t a, uint64_t b, bool) {
        uint64_t flip = kind == 's' ? uint64_t(1) << (bits - 1) : 0;
        return relate(a ^ flip, b ^ flip);
      };
      types.push_back(type);
    }
  for (const FloatType &floatType : floatTypes) {
    if (floatType.name == "f32x2")
      continue;
    Comparable type;
    type.name = floatType.name;
    type.bits = floatType.format->bits;
    type.count = floatType.count;
    type.canFlush =
        floatType.format == &formatF16 || floatType.format == &formatF32;
    type.comparisons.assign(std::begin(orders), std::end(orders));
    type.comparisons.insert(type.comparisons.end(), std::begin(unorderedOrders),
                            std::end(unorderedOrders));
    type.relation = [format = *floatType.format](uint64_t a, uint64_t b,
                                                 bool flushes) {
      if (isNaN(a, format) || isNaN(b, format))
        return Relation::Unordered;
      if (flushes) {
        a = flush(a, format);
        b = flush(b, format);
      }
      return relate(compare(decode(a, format), decode(b, format)), 0);
    };
    types.push_back(type);
  }
  return types;
}

const std::string booleans[] = {"", "and", "or", "xor"};

/// With the third operand, if there is an operation.
bool combine(const std::string &boolean, bool result, const uint64_t *in) {
  if (boolean.empty())
    return result;
  bool predicate = in[2];
  if (boolean == "and")
    return result && predicate;
  if (boolean == "or")
    return result || predicate;
  return result != predicate;
}

/// The result of the comparison for value `index` of the registers.
bool compareAt(const Comparable &type, const Comparison &comparison,
               bool flushes, const uint64_t *in, unsigned index) {
  unsigned shift = index * type.bits % 64;
  uint64_t top = uint64_t(1) << (type.bits - 1);
  uint64_t mask = top | (top - 1);
  return comparison.of(
      type.relation(in[0] >> shift & mask, in[1] >> shift & mask, flushes));
}

TEST(Compare, SetpInEveryForm) {
  std::vector<Case> cases;
  unsigned turn = 0;
  for (const Comparable &type : comparables())
    for (const Comparison &comparison : type.comparisons)
      for (bool flushes : {false, true}) {
        if (flushes && !type.canFlush)
          continue;
        // Without a boolean operation, and with one: these take turns.
        for (unsigned choice : {0u, 1 + turn++ % 3}) {
          const std::string &boolean = booleans[choice];
          Case test;
          test.subject.text = "setp." + comparison.name +
                              (boolean.empty() ? "" : "." + boolean) +
                              (flushes ? ".ftz." : ".") + type.name;
          test.subject.operands = boolean.empty() ? 2 : 3;
          test.subject.results = 2;
          test.model = [=](const uint64_t *in, uint64_t *out) {
            bool first = compareAt(type, comparison, flushes, in, 0);
            bool second = type.count == 2
                              ? compareAt(type, comparison, flushes, in, 1)
                              : !first;
            out[0] = combine(boolean, first, in);
            out[1] = combine(boolean, second, in);
          };
          // Without the second result too, for some.
          if (comparison.name == "lt") {
            Case one = test;
            one.subject.results = 1;
            one.model = [model = test.model](const uint64_t *in,
                                             uint64_t *out) {
              uint64_t both[2];
              model(in, both);
              out[0] = both[0];
            };
            cases.push_back(one);
          }
          cases.push_back(test);
        }
      }
  sweep(cases);
}

struct SetResult {
  std::string name;
  unsigned bits;
  uint64_t yes;
};

TEST(Compare, SetInEveryResultType) {
  const SetResult results[] = {{"u32", 32, 0xffffffff}, {"s32", 32, 0xffffffff},
                               {"f32", 32, 0x3f800000}, {"f16", 16, 0x3c00},
                               {"bf16", 16, 0x3f80},    {"u16", 16, 0xffff},
                               {"s16", 16, 0xffff}};
  std::vector<Case> cases;
  unsigned turn = 0;
  for (const Comparable &type : comparables()) {
    if (type.count > 1)
      continue;
    for (const SetResult &result : results)
      for (bool flushes : {false, true}) {
        if (flushes && !type.canFlush)
          continue;
        // setp has swept the comparisons: here they take turns.
        const Comparison &comparison =
            type.comparisons[turn % type.comparisons.size()];
        const std::string &boolean = booleans[turn++ % 4];
        cases.push_back(exactly(
            "set." + comparison.name + (boolean.empty() ? "" : "." + boolean) +
                (flushes ? ".ftz." : ".") + result.name + "." + type.name,
            boolean.empty() ? 2 : 3, [=](const uint64_t *in) {
              bool holds = compareAt(type, comparison, flushes, in, 0);
              return combine(boolean, holds, in) ? result.yes : 0;
            }));
      }
  }
  sweep(cases);
}

TEST(Compare, SetOfPairs) {
  std::vector<Case> cases;
  for (const Comparable &type : comparables()) {
    if (type.count == 1)
      continue;
    for (std::string result :
         {type.name, std::string("u32"), std::string("s32")})
      for (const Comparison &comparison : type.comparisons)
        for (const std::string &boolean : {booleans[0], booleans[1]}) {
          uint64_t yes = result == "f16x2"    ? 0x3c00
                         : result == "bf16x2" ? 0x3f80
                                              : 0xffff;
          cases.push_back(exactly(
              "set." + comparison.name +
                  (boolean.empty() ? "" : "." + boolean) + "." + result + "." +
                  type.name,
              boolean.empty() ? 2 : 3, [=](const uint64_t *in) {
                uint64_t word = 0;
                for (unsigned i = 0; i < 2; ++i) {
                  bool holds = compareAt(type, comparison, false, in, i);
                  if (combine(boolean, holds, in))
                    word |= yes << 16 * i;
                }
                return word;
              }));
        }
  }
  sweep(cases);
}

TEST(Compare, Selections) {
  std::vector<Case> cases;
  for (std::string type : {"b16", "b32", "b64", "u16", "u32", "u64", "s16",
                           "s32", "s64", "f32", "f64"}) {
    cases.push_back(exactly("selp." + type, 3, [](const uint64_t *in) {
      return in[2] ? in[0] : in[1];
    }));
    cases.push_back(exactly("slct." + type + ".s32", 3, [](const uint64_t *in) {
      return in[2] >> 31 & 1 ? in[1] : in[0];
    }));
    for (bool flushes : {false, true})
      cases.push_back(exactly(
          std::string("slct.") + (flushes ? "ftz." : "") + type + ".f32", 3,
          [=](const uint64_t *in) {
            uint64_t selector = flushes ? flush(in[2], formatF32) : in[2];
            bool isFirst = !isNaN(selector, formatF32) &&
                           (!(selector >> 31 & 1) || selector == 0x80000000);
            return isFirst ? in[0] : in[1];
          }));
  }
  sweep(cases);
}

} // namespace
