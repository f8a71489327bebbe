//===- BodyParser.cpp - Bodies of functions -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/ConstantExpression.h"
#include "runtime/cusim/ptx/FunctionParser.h"

using namespace weft;
using namespace weft::cusim::ptx;

/// Takes an integer, as line numbers are.
static Status skipInteger(Lexer &lexer) {
  if (lexer.peek().kind != Token::Kind::Integer)
    return lexer.unexpected("a number");
  lexer.take();
  return Status::ok();
}

/// `.loc 1 20 3, function_name $L__info0+4, inlined_at 1 30 5`
static Status skipLocation(Lexer &lexer) {
  for (int i = 0; i < 3; ++i)
    WEFT_RETURN_IF_ERROR(skipInteger(lexer));
  while (lexer.accept(",")) {
    bool isInlined =
        lexer.peek().isIdentifier() && lexer.peek().text == "inlined_at";
    if (!lexer.peek().isIdentifier())
      return lexer.unexpected("'function_name' or 'inlined_at'");
    lexer.take();
    if (isInlined) {
      for (int i = 0; i < 3; ++i)
        WEFT_RETURN_IF_ERROR(skipInteger(lexer));
      continue;
    }
    if (!lexer.peek().isIdentifier())
      return lexer.unexpected("a label of the debug information");
    lexer.take();
    if (lexer.accept("+"))
      WEFT_RETURN_IF_ERROR(skipInteger(lexer));
  }
  return Status::ok();
}

StatusOr<bool> cusim::ptx::skipNote(Lexer &lexer) {
  if (lexer.acceptDotWord("loc")) {
    WEFT_RETURN_IF_ERROR(skipLocation(lexer));
    return true;
  }
  if (!lexer.acceptDotWord("pragma"))
    return false;
  do {
    if (lexer.peek().kind != Token::Kind::String)
      return lexer.unexpected("a string after .pragma");
    lexer.take();
  } while (lexer.accept(","));
  WEFT_RETURN_IF_ERROR(lexer.expect(";", "after .pragma"));
  return true;
}

Status FunctionParser::parseBody() {
  lexer.take();
  scopes.emplace_back();
  // Each round takes a token at least; scopes are a list, not a recursion.
  while (!scopes.empty()) {
    if (lexer.peek().kind == Token::Kind::End)
      return lexer.unexpected("'}' at the end of '" + function.name + "'");
    if (lexer.accept("}")) {
      WEFT_RETURN_IF_ERROR(closeScope());
      if (!scopes.empty())
        names.closeScope();
      continue;
    }
    if (lexer.accept("{")) {
      constexpr size_t maxDepth = 256;
      if (scopes.size() == maxDepth)
        return lexer.unexpected("at most 256 nested scopes");
      scopes.emplace_back();
      names.openScope();
      continue;
    }
    WEFT_RETURN_IF_ERROR(parseStatement());
  }
  return Status::ok();
}

Status FunctionParser::parseStatement() {
  const Token &next = lexer.peek();
  if (next.is(";")) {
    lexer.take();
    return Status::ok();
  }
  if (next.kind == Token::Kind::DotWord) {
    if (lexer.acceptDotWord("reg"))
      return declarations.parseRegisters();
    if (std::optional<Space> space = spaceOfDeclaration(next)) {
      lexer.take();
      return declarations.parseVariables(*space, /*isExternal=*/false);
    }
    StatusOr<bool> isNote = skipNote(lexer);
    if (!isNote)
      return isNote.status();
    return *isNote ? Status::ok()
                   : lexer.unexpected("an instruction or a declaration");
  }
  return parseLabelled();
}

/// `label:` and what it stands before, or an instruction.
Status FunctionParser::parseLabelled() {
  InstructionParser parser(lexer, names, module, function, lists);
  std::optional<Token> opcode;
  if (lexer.peek().isIdentifier()) {
    opcode = lexer.take();
    if (lexer.accept(":")) {
      const Token &name = *opcode;
      if (lexer.acceptDotWord("branchtargets"))
        return parseBranchTargets(name);
      if (lexer.acceptDotWord("calltargets"))
        return parseCallTargets(name);
      if (lexer.acceptDotWord("callprototype"))
        return parseCallPrototype(name);
      if (!scopes.back()
               .labels.emplace(name.text, uint32_t(function.labels.size()))
               .second)
        return errorAt(name.location,
                       "the label '" + std::string(name.text) +
                           "' stands a second time, expected another name");
      function.labels.push_back(
          {std::string(name.text), uint32_t(function.instructions.size())});
      return Status::ok();
    }
  }
  StatusOr<Instruction> instruction = parser.parse(opcode);
  if (!instruction)
    return instruction.status();
  if (instruction->opcode == Opcode::Bra)
    scopes.back().references.push_back(
        {Reference::Where::Instruction, uint32_t(function.instructions.size()),
         0, parser.branchLabel().text, parser.branchLabel().location});
  function.instructions.push_back(std::move(*instruction));
  return Status::ok();
}

Status
FunctionParser::addList(const Token &name,
                        std::unordered_map<std::string_view, uint32_t> &list,
                        size_t index) {
  if (!list.emplace(name.text, uint32_t(index)).second)
    return errorAt(name.location, "the label '" + std::string(name.text) +
                                      "' stands a second time, expected "
                                      "another name");
  scopes.back().lists.push_back(name.text);
  return Status::ok();
}

/// `list: .branchtargets L0, L1;`
Status FunctionParser::parseBranchTargets(const Token &name) {
  uint32_t index = uint32_t(function.branchTargets.size());
  WEFT_RETURN_IF_ERROR(addList(name, lists.branchTargets, index));
  std::vector<uint32_t> &targets = function.branchTargets.emplace_back();
  do {
    if (!lexer.peek().isIdentifier())
      return lexer.unexpected("a label");
    Token label = lexer.take();
    scopes.back().references.push_back({Reference::Where::BranchTargets, index,
                                        uint32_t(targets.size()), label.text,
                                        label.location});
    targets.push_back(0);
  } while (lexer.accept(","));
  return lexer.expect(";", "after the labels");
}

/// `list: .calltargets f, g;`: functions of one type.
Status FunctionParser::parseCallTargets(const Token &name) {
  WEFT_RETURN_IF_ERROR(
      addList(name, lists.prototypes, function.prototypes.size()));
  Prototype prototype;
  do {
    if (!lexer.peek().isIdentifier())
      return lexer.unexpected("a function");
    Token target = lexer.take();
    std::optional<uint32_t> index = names.findFunction(target.text);
    if (!index)
      return errorAt(target.location, "found '" + std::string(target.text) +
                                          "', expected a function that is "
                                          "declared above");
    const Function &called = module.functions[*index];
    if (prototype.targets.empty()) {
      prototype.parameters = called.parameters;
      prototype.results = called.results;
    }
    prototype.targets.push_back(*index);
  } while (lexer.accept(","));
  function.prototypes.push_back(std::move(prototype));
  return lexer.expect(";", "after the functions");
}

/// `list: .callprototype (.param .b32 _) _ (.param .b64 _);`
Status FunctionParser::parseCallPrototype(const Token &name) {
  WEFT_RETURN_IF_ERROR(
      addList(name, lists.prototypes, function.prototypes.size()));
  Prototype prototype;
  if (lexer.peek().is("(")) {
    StatusOr<std::vector<Parameter>> results = declarations.parseParameters(
        VariableRef::Of::Results, /*isBody=*/false);
    if (!results)
      return results.status();
    prototype.results = std::move(*results);
  }
  if (!lexer.peek().isIdentifier())
    return lexer.unexpected("'_' in the place of the function's name");
  lexer.take();
  if (lexer.peek().is("(")) {
    StatusOr<std::vector<Parameter>> parameters = declarations.parseParameters(
        VariableRef::Of::Parameters, /*isBody=*/false);
    if (!parameters)
      return parameters.status();
    prototype.parameters = std::move(*parameters);
  }
  lexer.acceptDotWord("noreturn");
  function.prototypes.push_back(std::move(prototype));
  return lexer.expect(";", "after the prototype");
}

void FunctionParser::resolve(const Reference &reference, uint32_t label) {
  if (reference.where == Reference::Where::Instruction)
    function.instructions[reference.index].operands[0].index = label;
  else
    function.branchTargets[reference.index][reference.entry] = label;
}

/// Labels of the scope get their meaning; what it does not have may be one of
/// the scope around it.
Status FunctionParser::closeScope() {
  Scope scope = std::move(scopes.back());
  scopes.pop_back();
  for (std::string_view list : scope.lists) {
    lists.branchTargets.erase(list);
    lists.prototypes.erase(list);
  }
  for (const Reference &reference : scope.references) {
    auto found = scope.labels.find(reference.name);
    if (found != scope.labels.end())
      resolve(reference, found->second);
    else if (!scopes.empty())
      scopes.back().references.push_back(reference);
    else
      return errorAt(reference.location,
                     "found '" + std::string(reference.name.substr(0, 60)) +
                         "', expected a label of '" + function.name + "'");
  }
  return Status::ok();
}
