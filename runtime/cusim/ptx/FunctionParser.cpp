//===- FunctionParser.cpp - Headers of functions --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/FunctionParser.h"

#include "runtime/cusim/ptx/ConstantExpression.h"

using namespace weft;
using namespace weft::cusim::ptx;

Status FunctionParser::parse(bool isEntry) {
  names.enterFunction(function);
  WEFT_RETURN_IF_ERROR(parseHeader(isEntry));
  hasBody = lexer.peek().is("{");
  function.isDeclaration = !hasBody;
  StatusOr<uint32_t> index = addToModule(function.location);
  if (!index)
    return index.status();
  WEFT_RETURN_IF_ERROR(hasBody ? parseBody()
                               : lexer.expect(";", "or '{' after the header of "
                                                   "a function"));
  names.leaveFunction();
  if (hasBody)
    module.functions[*index] = std::move(function);
  return Status::ok();
}

Status FunctionParser::parseHeader(bool isEntry) {
  function.isEntry = isEntry;
  if (!isEntry && lexer.peek().is("(")) {
    StatusOr<std::vector<Parameter>> results =
        declarations.parseParameters(VariableRef::Of::Results, /*isBody=*/true);
    if (!results)
      return results.status();
    function.results = std::move(*results);
  }
  if (!lexer.peek().isIdentifier())
    return lexer.unexpected("the name of the function");
  Token token = lexer.take();
  name = token.text;
  function.name = std::string(name);
  function.location = token.location;
  if (lexer.peek().is("(")) {
    StatusOr<std::vector<Parameter>> parameters = declarations.parseParameters(
        VariableRef::Of::Parameters, /*isBody=*/true);
    if (!parameters)
      return parameters.status();
    function.parameters = std::move(*parameters);
  }
  return parseLimits();
}

Status FunctionParser::parseExtents(uint32_t (&extents)[3]) {
  for (uint32_t &extent : extents)
    extent = 1;
  size_t count = 0;
  do {
    if (count == 3)
      return lexer.unexpected("at most 3 extents");
    StatusOr<uint64_t> extent = parseCount(lexer, 1 << 30, "an extent");
    if (!extent)
      return extent.status();
    extents[count++] = uint32_t(*extent);
  } while (lexer.accept(","));
  return Status::ok();
}

Status FunctionParser::parseLimits() {
  struct Count {
    const char *word;
    uint32_t *value;
  };
  uint32_t ignored = 0;
  const Count counts[] = {
      {"minnctapersm", &function.minBlocksPerMultiprocessor},
      {"maxnreg", &function.maxRegisters},
      {"maxclusterrank", &function.maxBlocksPerCluster},
      // Of registers that only ptxas allots.
      {"abi_preserve", &ignored},
      {"abi_preserve_control", &ignored},
      {"maxnctapersm", &ignored},
  };
  struct Extents {
    const char *word;
    uint32_t (&value)[3];
  };
  const Extents extents[] = {{"maxntid", function.maxThreads},
                             {"reqntid", function.requiredThreads},
                             {"reqnctapercluster", function.requiredCluster}};
  while (lexer.peek().kind == Token::Kind::DotWord) {
    bool isKnown = lexer.acceptDotWord("noreturn") ||
                   lexer.acceptDotWord("explicitcluster") ||
                   lexer.acceptDotWord("blocksareclusters");
    for (const Count &one : counts) {
      if (isKnown || !lexer.acceptDotWord(one.word))
        continue;
      isKnown = true;
      StatusOr<uint64_t> value = parseCount(lexer, UINT32_MAX, one.word);
      if (!value)
        return value.status();
      *one.value = uint32_t(*value);
    }
    for (const Extents &one : extents) {
      if (isKnown || !lexer.acceptDotWord(one.word))
        continue;
      isKnown = true;
      WEFT_RETURN_IF_ERROR(parseExtents(one.value));
    }
    if (isKnown)
      continue;
    StatusOr<bool> isNote = skipNote(lexer);
    if (!isNote)
      return isNote.status();
    if (!*isNote)
      return lexer.unexpected("'{', ';' or a limit like .maxntid");
  }
  return Status::ok();
}

static bool isSame(const std::vector<Parameter> &a,
                   const std::vector<Parameter> &b) {
  if (a.size() != b.size())
    return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].bytes != b[i].bytes ||
        a[i].registerIndex.has_value() != b[i].registerIndex.has_value())
      return false;
  return true;
}

/// The function's place among those of the module: that of its declaration, if
/// there was one. The body may call the function itself.
StatusOr<uint32_t> FunctionParser::addToModule(Location location) {
  if (std::optional<uint32_t> index = names.findFunction(name)) {
    const Function &first = module.functions[*index];
    if (first.isEntry != function.isEntry ||
        !isSame(first.parameters, function.parameters) ||
        !isSame(first.results, function.results))
      return errorAt(location, "'" + function.name +
                                   "' is declared with other parameters in "
                                   "line " +
                                   std::to_string(first.location.line) +
                                   ", expected the same");
    if (!first.isDeclaration && hasBody)
      return errorAt(
          location, "'" + function.name + "' has a body already in line " +
                        std::to_string(first.location.line) + ", expected one");
    return *index;
  }
  if (names.isOfModule(name))
    return errorAt(location, "'" + function.name +
                                 "' is a variable already, expected another "
                                 "name");
  uint32_t index = uint32_t(module.functions.size());
  // What a call of the function within its own body needs to know.
  Function &declared = module.functions.emplace_back();
  declared.name = function.name;
  declared.location = function.location;
  declared.isEntry = function.isEntry;
  declared.isDeclaration = true;
  declared.parameters = function.parameters;
  declared.results = function.results;
  names.declareFunction(name, index);
  return index;
}
