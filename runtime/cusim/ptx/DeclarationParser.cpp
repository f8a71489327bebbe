//===- DeclarationParser.cpp ----------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/DeclarationParser.h"

#include "runtime/cusim/ptx/ConstantExpression.h"
#include "runtime/cusim/ptx/InitializerParser.h"

#include <algorithm>

using namespace weft;
using namespace weft::cusim::ptx;

std::optional<Space> cusim::ptx::spaceOfDeclaration(const Token &token) {
  for (Space space :
       {Space::Global, Space::Shared, Space::Local, Space::Const, Space::Param})
    if (token.isDotWord(textOf(space)))
      return space;
  return std::nullopt;
}

Status DeclarationParser::parsePointerAttribute() {
  lexer.take();
  if (spaceOfDeclaration(lexer.peek()))
    lexer.take();
  return Status::ok();
}

/// `.align 8 .v2 .f32`, and of parameters `.u64 .ptr .global .align 16`.
StatusOr<DeclarationParser::Head>
DeclarationParser::parseHead(bool isParameter) {
  Head head;
  // A pointer's alignment is that of what it points to.
  bool isPointer = false;
  while (lexer.peek().kind == Token::Kind::DotWord) {
    const Token &word = lexer.peek();
    if (lexer.acceptDotWord("align")) {
      Location location = lexer.peek().location;
      StatusOr<uint64_t> alignment = parseCount(lexer, 4096, "an alignment");
      if (!alignment)
        return alignment.status();
      if ((*alignment & (*alignment - 1)) != 0 || *alignment == 0)
        return errorAt(location, "found an alignment of " +
                                     std::to_string(*alignment) +
                                     ", expected a power of two");
      if (!isPointer)
        head.alignment = *alignment;
    } else if (word.text == "v2" || word.text == "v4") {
      head.vectorLength = word.text == "v2" ? 2 : 4;
      lexer.take();
    } else if (isParameter && word.text == "ptr") {
      isPointer = true;
      WEFT_RETURN_IF_ERROR(parsePointerAttribute());
    } else if (lexer.acceptDotWord("attribute")) {
      WEFT_RETURN_IF_ERROR(lexer.expect("(", "after .attribute"));
      while (!lexer.peek().is(")")) {
        if (lexer.peek().kind == Token::Kind::End)
          return lexer.unexpected("')' after the attributes");
        head.isManaged |= lexer.take().isDotWord("managed");
      }
      lexer.take();
    } else if (std::optional<Type> type = typeOf(word.text);
               type && head.type == Type::None) {
      head.type = *type;
      lexer.take();
    } else {
      return lexer.unexpected("a type, .align, .v2 or .v4");
    }
  }
  if (head.type == Type::None)
    return lexer.unexpected("a type");
  return head;
}

Status DeclarationParser::parseRegisters() {
  StatusOr<Head> head = parseHead(/*isParameter=*/false);
  if (!head)
    return head.status();
  do {
    if (!lexer.peek().isIdentifier())
      return lexer.unexpected("the name of a register");
    Token name = lexer.take();
    if (!lexer.accept("<")) {
      WEFT_RETURN_IF_ERROR(
          names.declareRegister(name, head->type, uint8_t(head->vectorLength)));
      continue;
    }
    if (lexer.peek().kind != Token::Kind::Integer)
      return lexer.unexpected("the number of registers");
    uint64_t count = lexer.take().bits;
    WEFT_RETURN_IF_ERROR(lexer.expect(">", "after the number of registers"));
    WEFT_RETURN_IF_ERROR(names.declareRegisters(name, count, head->type,
                                                uint8_t(head->vectorLength)));
  } while (lexer.accept(","));
  return lexer.expect(";", "after the registers");
}

StatusOr<std::vector<uint64_t>> DeclarationParser::parseExtents() {
  std::vector<uint64_t> extents;
  constexpr size_t maxDimensions = 16;
  while (lexer.peek().is("[")) {
    if (extents.size() == maxDimensions)
      return lexer.unexpected("at most 16 dimensions");
    lexer.take();
    if (lexer.accept("]")) {
      if (!extents.empty())
        return lexer.unexpected("an extent: only the first may be left out");
      extents.push_back(0);
      continue;
    }
    StatusOr<uint64_t> extent =
        parseCount(lexer, MaxVariableBytes, "the extent of an array");
    if (!extent)
      return extent.status();
    extents.push_back(*extent);
    WEFT_RETURN_IF_ERROR(lexer.expect("]", "after the extent of an array"));
  }
  return extents;
}

StatusOr<uint64_t>
DeclarationParser::bytesOf(Location location, const Head &head,
                           const std::vector<uint64_t> &extents) {
  // A predicate has no bytes; types of 4 bits have no variables.
  uint64_t bytes = bitsOf(head.type) / 8 * head.vectorLength;
  if (bytes == 0)
    return errorAt(location, "found a variable of type ." +
                                 std::string(textOf(head.type)) +
                                 ", expected a type with bytes in memory");
  for (uint64_t extent : extents) {
    if (extent != 0 && bytes > MaxVariableBytes / extent)
      return errorAt(location, "found a variable of more than 2^40 bytes, "
                               "expected fewer");
    bytes *= extent;
  }
  return bytes;
}

Status DeclarationParser::parseVariables(Space space, bool isExternal) {
  StatusOr<Head> head = parseHead(/*isParameter=*/space == Space::Param);
  if (!head)
    return head.status();
  do {
    if (!lexer.peek().isIdentifier())
      return lexer.unexpected("the name of a variable");
    Token name = lexer.take();
    StatusOr<std::vector<uint64_t>> extents = parseExtents();
    if (!extents)
      return extents.status();
    StatusOr<uint64_t> bytes = bytesOf(name.location, *head, *extents);
    if (!bytes)
      return bytes.status();
    uint64_t elementBytes = bitsOf(head->type) / 8;
    Variable variable;
    variable.name = std::string(name.text);
    variable.location = name.location;
    variable.space = space;
    variable.type = head->type;
    variable.alignment =
        std::max(head->alignment, elementBytes * head->vectorLength);
    variable.bytes = *bytes;
    variable.isExternal = isExternal;
    variable.isManaged = head->isManaged;
    if (lexer.accept("=")) {
      if (space != Space::Global && space != Space::Const)
        return lexer.unexpected("no initial value: only .global and .const "
                                "variables have one");
      if (head->vectorLength > 1)
        extents->push_back(head->vectorLength);
      WEFT_RETURN_IF_ERROR(
          InitializerParser(lexer, names, variable, *extents, initialBytes)
              .parse());
    }
    bool isUnsized = !extents->empty() && extents->front() == 0;
    if (isUnsized && variable.bytes == 0 && !isExternal)
      return errorAt(name.location, "'" + variable.name +
                                        "' has no size, expected an extent or "
                                        "initial values");
    WEFT_RETURN_IF_ERROR(names.declareVariable(std::move(variable), name.text));
  } while (lexer.accept(","));
  return lexer.expect(";", "after the variable");
}

StatusOr<Parameter> DeclarationParser::parseParameter(Token &name) {
  Location location = lexer.peek().location;
  StatusOr<Head> head = parseHead(/*isParameter=*/true);
  if (!head)
    return head.status();
  Parameter parameter;
  if (!lexer.peek().isIdentifier())
    return lexer.unexpected("the name of a parameter");
  name = lexer.take();
  parameter.name = std::string(name.text);
  StatusOr<std::vector<uint64_t>> extents = parseExtents();
  if (!extents)
    return extents.status();
  parameter.type = head->type;
  if (head->type == Type::Pred) {
    parameter.bytes = 1;
    return parameter;
  }
  StatusOr<uint64_t> bytes = bytesOf(location, *head, *extents);
  if (!bytes)
    return bytes.status();
  // Far more than the 32764 bytes of a kernel's parameters.
  constexpr uint64_t maxBytes = 1 << 20;
  if (*bytes > maxBytes)
    return errorAt(location, "found a parameter of " + std::to_string(*bytes) +
                                 " bytes, expected at most " +
                                 std::to_string(maxBytes));
  parameter.bytes = *bytes;
  uint64_t elementBytes = bitsOf(head->type) / 8;
  parameter.alignment =
      std::max(head->alignment, elementBytes * head->vectorLength);
  return parameter;
}

StatusOr<std::vector<Parameter>>
DeclarationParser::parseParameters(VariableRef::Of of, bool isBody) {
  std::vector<Parameter> parameters;
  WEFT_RETURN_IF_ERROR(lexer.expect("(", "before the parameters"));
  if (lexer.accept(")"))
    return parameters;
  uint64_t offset = 0;
  do {
    bool isRegister = lexer.peek().isDotWord("reg");
    if (!isRegister && !lexer.peek().isDotWord("param"))
      return lexer.unexpected("'.param' or '.reg'");
    lexer.take();
    Token name;
    StatusOr<Parameter> parameter = parseParameter(name);
    if (!parameter)
      return parameter.status();
    offset = (offset + parameter->alignment - 1) & ~(parameter->alignment - 1);
    parameter->offset = offset;
    offset += parameter->bytes;
    if (isBody && isRegister) {
      WEFT_RETURN_IF_ERROR(names.declareRegister(name, parameter->type, 1));
      parameter->registerIndex = names.find(name.text)->index;
    } else if (isBody && name.text != "_") {
      WEFT_RETURN_IF_ERROR(
          names.declareParameter(name, of, uint32_t(parameters.size())));
    }
    parameters.push_back(std::move(*parameter));
  } while (lexer.accept(","));
  WEFT_RETURN_IF_ERROR(lexer.expect(")", "after the parameters"));
  return parameters;
}
