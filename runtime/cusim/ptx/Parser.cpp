//===- Parser.cpp - Directives of a module --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Parser.h"

#include "runtime/cusim/ptx/FunctionParser.h"

using namespace weft;
using namespace weft::cusim::ptx;

namespace {

class ModuleParser {
public:
  explicit ModuleParser(std::string_view text)
      : lexer(text), names(module), declarations(lexer, names) {}

  StatusOr<Module> parse();

private:
  Status parseVersion();
  Status parseTarget();
  Status parseDirective();
  Status parseLinkage();
  Status skipFile();
  Status skipSection();

  Module module;
  Lexer lexer;
  Names names;
  DeclarationParser declarations;
};

} // namespace

StatusOr<Module> ModuleParser::parse() {
  WEFT_RETURN_IF_ERROR(parseVersion());
  WEFT_RETURN_IF_ERROR(parseTarget());
  while (lexer.peek().kind != Token::Kind::End)
    WEFT_RETURN_IF_ERROR(parseDirective());
  return std::move(module);
}

/// `.version 8.5`
Status ModuleParser::parseVersion() {
  if (!lexer.acceptDotWord("version"))
    return lexer.unexpected("'.version' at the beginning of a PTX text");
  std::string_view text = lexer.peek().text;
  size_t point = text.find('.');
  bool isVersion = lexer.peek().kind == Token::Kind::Float64 &&
                   point != text.npos && point < 4 && text.size() - point < 4 &&
                   point + 1 < text.size() &&
                   text.find_first_not_of("0123456789.") == text.npos;
  if (!isVersion)
    return lexer.unexpected("a version like 8.5");
  lexer.take();
  auto number = [](std::string_view digits) {
    unsigned value = 0;
    for (char digit : digits)
      value = value * 10 + unsigned(digit - '0');
    return value;
  };
  module.versionMajor = number(text.substr(0, point));
  module.versionMinor = number(text.substr(point + 1));
  return Status::ok();
}

/// `.target sm_80, debug` and `.address_size 64`
Status ModuleParser::parseTarget() {
  if (!lexer.acceptDotWord("target"))
    return lexer.unexpected("'.target' after .version");
  if (!lexer.peek().isIdentifier() || !lexer.peek().text.starts_with("sm_"))
    return lexer.unexpected("a target like sm_80");
  module.target = std::string(lexer.take().text);
  while (lexer.accept(",")) {
    if (!lexer.peek().isIdentifier())
      return lexer.unexpected("an option of the target");
    lexer.take();
  }
  if (!lexer.acceptDotWord("address_size"))
    return Status::ok();
  if (lexer.peek().kind != Token::Kind::Integer || lexer.peek().bits != 64)
    return lexer.unexpected("64: the simulator has addresses of 64 bits");
  lexer.take();
  return Status::ok();
}

Status ModuleParser::parseDirective() {
  if (lexer.acceptDotWord("file"))
    return skipFile();
  if (lexer.acceptDotWord("section"))
    return skipSection();
  StatusOr<bool> isNote = skipNote(lexer);
  if (!isNote)
    return isNote.status();
  return *isNote ? Status::ok() : parseLinkage();
}

/// `.visible .entry`, `.extern .shared`, `.global`, ...
Status ModuleParser::parseLinkage() {
  bool isExternal = lexer.acceptDotWord("extern");
  if (!isExternal && !lexer.acceptDotWord("visible") &&
      !lexer.acceptDotWord("weak"))
    lexer.acceptDotWord("common");
  bool isEntry = lexer.acceptDotWord("entry");
  if (isEntry || lexer.acceptDotWord("func"))
    return FunctionParser(lexer, names, declarations, module).parse(isEntry);
  std::optional<Space> space = spaceOfDeclaration(lexer.peek());
  if (!space || *space == Space::Param || *space == Space::Local)
    return lexer.unexpected("a function, a variable or another directive of "
                            "a module");
  lexer.take();
  return declarations.parseVariables(*space, isExternal);
}

/// `.file 1 "kernel.cu", 1234, 5678`
Status ModuleParser::skipFile() {
  if (lexer.peek().kind != Token::Kind::Integer)
    return lexer.unexpected("the number of the file");
  lexer.take();
  if (lexer.peek().kind != Token::Kind::String)
    return lexer.unexpected("the name of the file");
  lexer.take();
  while (lexer.accept(",")) {
    if (lexer.peek().kind != Token::Kind::Integer)
      return lexer.unexpected("a number");
    lexer.take();
  }
  return Status::ok();
}

/// `.section .debug_info { ... }`: for debuggers.
Status ModuleParser::skipSection() {
  if (lexer.peek().kind != Token::Kind::DotWord)
    return lexer.unexpected("the name of the section");
  lexer.take();
  WEFT_RETURN_IF_ERROR(lexer.expect("{", "after the name of the section"));
  for (size_t depth = 1; depth > 0;) {
    const Token &next = lexer.peek();
    if (next.kind == Token::Kind::End || next.kind == Token::Kind::Invalid)
      return lexer.unexpected("'}' at the end of the section");
    depth += next.is("{") ? 1 : next.is("}") ? -1 : 0;
    lexer.take();
  }
  return Status::ok();
}

StatusOr<Module> cusim::ptx::parse(std::string_view text) {
  // The driver takes texts that end with a zero.
  return ModuleParser(text.substr(0, text.find('\0'))).parse();
}
