//===- Regex.cpp - Regular expressions with limits ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Regex.h"

#include "runtime/base/Text.h"
#include "runtime/generate/tokenizer/RegexSyntax.h"
#include "runtime/generate/tokenizer/Utf8.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <new>

namespace weft {
namespace {

struct Free {
  void operator()(pcre2_code *code) const { pcre2_code_free(code); }
  void operator()(pcre2_match_context *c) const { pcre2_match_context_free(c); }
  void operator()(pcre2_match_data *data) const { pcre2_match_data_free(data); }
  void operator()(pcre2_compile_context *c) const {
    pcre2_compile_context_free(c);
  }
};
template <typename T> using Owned = std::unique_ptr<T, Free>;

constexpr size_t longestExpression = 16 * 1024;
// A run of a million spaces in front of a word takes about as many steps in the
// expressions of known tokenizers.
constexpr uint32_t matchLimit = 20'000'000;
constexpr uint32_t depthLimit = 100'000;
constexpr uint32_t heapLimitKiB = 64 * 1024;

std::string errorText(int code) {
  unsigned char text[256];
  if (pcre2_get_error_message(code, text, sizeof(text)) < 0)
    return "error " + std::to_string(code);
  return reinterpret_cast<char *>(text);
}

} // namespace

struct Regex::State {
  std::string expression;
  Owned<pcre2_code> code;
  Owned<pcre2_match_context> context;
};

Regex::Regex(std::unique_ptr<State> state) : state(std::move(state)) {}
Regex::Regex(Regex &&) = default;
Regex &Regex::operator=(Regex &&) = default;
Regex::~Regex() = default;

StatusOr<Regex> Regex::compile(std::string_view expression) {
  if (expression.size() > longestExpression)
    return Status::error("a regular expression has " +
                         std::to_string(expression.size()) +
                         " bytes; at most " +
                         std::to_string(longestExpression) + " are allowed");
  if (!isUtf8(expression))
    return Status::error("a regular expression is not valid UTF-8");
  StatusOr<std::string> translated = translateOniguruma(expression);
  if (!translated)
    return translated.status();

  Owned<pcre2_compile_context> compileContext(
      pcre2_compile_context_create(nullptr));
  auto state = std::make_unique<State>();
  state->expression = expression;
  state->context.reset(pcre2_match_context_create(nullptr));
  if (!compileContext || !state->context)
    throw std::bad_alloc();
  pcre2_set_newline(compileContext.get(), PCRE2_NEWLINE_LF);
  pcre2_set_match_limit(state->context.get(), matchLimit);
  pcre2_set_depth_limit(state->context.get(), depthLimit);
  pcre2_set_heap_limit(state->context.get(), heapLimitKiB);
  int error = 0;
  PCRE2_SIZE offset = 0;
  // MULTILINE: '^' and '$' stand at every line, as in Ruby.
  state->code.reset(pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(translated->data()), translated->size(),
      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error,
      &offset, compileContext.get()));
  if (!state->code)
    return Status::error("the regular expression '" + printable(expression) +
                         "' does not compile: " + errorText(error));
  // Where there is no just-in-time compiler, PCRE2 interprets.
  (void)pcre2_jit_compile(state->code.get(), PCRE2_JIT_COMPLETE);
  return Regex(std::move(state));
}

Status Regex::find(std::string_view text, std::vector<Span> &spans) const {
  Owned<pcre2_match_data> data(
      pcre2_match_data_create_from_pattern(state->code.get(), nullptr));
  if (!data)
    throw std::bad_alloc();
  const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(data.get());
  auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  size_t from = 0; // where to search
  size_t done = 0; // how much is in `spans`
  bool matched = false;
  while (from <= text.size()) {
    auto match = [&](uint32_t options) {
      return pcre2_match(state->code.get(), subject, text.size(), from,
                         PCRE2_NO_UTF_CHECK | options, data.get(),
                         state->context.get());
    };
    int result = match(0);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT)
      result = match(PCRE2_NO_JIT); // whose stack is on the heap
    if (result == PCRE2_ERROR_NOMATCH)
      break;
    if (result < 0)
      return Status::error(
          "the regular expression '" + printable(state->expression) +
          "' of the tokenizer fails on this text: " + errorText(result));
    auto [begin, end] = std::pair(bounds[0], bounds[1]);
    // As the find_iter of Oniguruma's binding: no empty match right after a
    // match.
    if (begin == end && matched && end == done) {
      from += from < text.size() ? utf8Length(text[from]) : 1;
      continue;
    }
    if (begin < done || end < begin)
      return Status::error("the regular expression '" +
                           printable(state->expression) +
                           "' matches out of order");
    if (begin != done)
      spans.push_back({done, begin, false});
    spans.push_back({begin, end, true});
    from = done = end;
    matched = true;
  }
  if (done != text.size())
    spans.push_back({done, text.size(), false});
  return Status::ok();
}

} // namespace weft
