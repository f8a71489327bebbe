//===- Template.h - Chat templates ------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TEMPLATE_TEMPLATE_H
#define RUNTIME_GENERATE_TEMPLATE_TEMPLATE_H

#include "runtime/generate/template/Value.h"
#include "weft/Status.h"

#include <ctime>

namespace weft::jinja {

struct Statement;

/// A Jinja template, as far as chat templates use the language
/// (docs/Generation.md has the list), set up as `apply_chat_template` of the
/// `transformers` library does it. Templates are hostile: neither reading nor
/// rendering one crashes, goes on for ever, or takes more memory than a small
/// multiple of its input and 64 MiB.
class Template {
public:
  /// Fails with "line N: " and what is wrong, or not supported.
  static StatusOr<Template> parse(std::string_view text);
  Template(Template &&) noexcept;
  Template &operator=(Template &&) noexcept;
  ~Template();

  /// The text for these variables. `now` is what strftime_now() shows. Fails
  /// with the template's own words where it calls raise_exception().
  StatusOr<std::string> render(const Dict &variables, const std::tm &now) const;

private:
  explicit Template(std::vector<std::unique_ptr<Statement>> body);
  std::vector<std::unique_ptr<Statement>> body;
};

} // namespace weft::jinja

#endif // RUNTIME_GENERATE_TEMPLATE_TEMPLATE_H
