//===- InitializerParser.cpp ----------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/InitializerParser.h"

#include "runtime/cusim/ptx/ConstantExpression.h"
#include "runtime/cusim/ptx/DeclarationParser.h"

#include <bit>
#include <limits>

using namespace weft;
using namespace weft::cusim::ptx;

InitializerParser::InitializerParser(Lexer &lexer, Names &names,
                                     Variable &variable,
                                     const std::vector<uint64_t> &extents,
                                     uint64_t &moduleBytes)
    : lexer(lexer), names(names), variable(variable), extents(extents),
      moduleBytes(moduleBytes), elementBytes(bitsOf(variable.type) / 8) {}

Status InitializerParser::parse() {
  if (elementBytes > 8)
    return lexer.unexpected("no initial value: 128-bit types have none");
  bool isUnsized = !extents.empty() && extents.front() == 0;
  uint64_t end =
      isUnsized ? std::numeric_limits<uint64_t>::max() : variable.bytes;
  WEFT_RETURN_IF_ERROR(parseLevel(0, 0, end));
  if (isUnsized)
    variable.bytes = variable.initial.size();
  return Status::ok();
}

/// Values of the sub-array at [begin, end). Braces may be left out within the
/// outermost: `{1, 2, 3, 4}` fills an array of 2 by 2.
Status InitializerParser::parseLevel(size_t level, uint64_t begin,
                                     uint64_t end) {
  if (!lexer.peek().is("{"))
    return parseValue(begin);
  if (level == extents.size())
    return lexer.unexpected("a value: the array has no more dimensions");
  lexer.take();
  uint64_t inner = elementBytes;
  for (size_t i = level + 1; i < extents.size(); ++i)
    inner *= extents[i];
  uint64_t offset = begin;
  if (lexer.accept("}"))
    return Status::ok();
  do {
    bool isNested = lexer.peek().is("{");
    uint64_t step = isNested ? inner : elementBytes;
    if (isNested && (offset - begin) % inner != 0)
      return lexer.unexpected("a value: the row before is not complete");
    if (step == 0 || offset >= end || end - offset < step)
      return lexer.unexpected("'}': the array has no more elements");
    WEFT_RETURN_IF_ERROR(isNested ? parseLevel(level + 1, offset, offset + step)
                                  : parseValue(offset));
    offset += step;
  } while (lexer.accept(","));
  // A row of an unsized array counts whole.
  if (level == 0 && extents.front() == 0 && inner)
    WEFT_RETURN_IF_ERROR(
        reserve((offset + inner - 1) / inner * inner, lexer.peek().location));
  return lexer.expect("}", "after the initial values");
}

Status InitializerParser::reserve(uint64_t end, Location location) {
  if (end <= variable.initial.size())
    return Status::ok();
  uint64_t more = end - variable.initial.size();
  if (more > MaxInitialBytes - moduleBytes)
    return errorAt(location, "the initial values of the module take more than "
                             "2^28 bytes, expected fewer");
  moduleBytes += more;
  variable.initial.resize(end);
  return Status::ok();
}

Status InitializerParser::write(uint64_t offset, Location location,
                                uint64_t bits) {
  WEFT_RETURN_IF_ERROR(reserve(offset + elementBytes, location));
  // Little-endian, whatever the host.
  for (uint64_t i = 0; i < elementBytes; ++i)
    variable.initial[offset + i] = uint8_t(bits >> (8 * i));
  return Status::ok();
}

Status InitializerParser::parseValue(uint64_t offset) {
  Location location = lexer.peek().location;
  if (lexer.peek().isIdentifier() && lexer.peek().text != "WARP_SZ")
    return parseAddress(offset, location);
  StatusOr<Constant> value = parseConstantExpression(lexer);
  if (!value)
    return value.status();
  if (value->isInteger() && lexer.peek().is("("))
    return parseAddressByte(offset, location, value->bits);
  uint64_t bits = value->bits;
  Type type = variable.type;
  if (!value->isInteger() && elementBytes < 4)
    return errorAt(location, "found a floating-point value for ." +
                                 std::string(textOf(type)) +
                                 ", expected an integer");
  if (value->kind == Constant::Kind::Float64 && elementBytes == 4)
    bits = std::bit_cast<uint32_t>(float(std::bit_cast<double>(bits)));
  if (value->kind == Constant::Kind::Float32 && elementBytes == 8)
    bits =
        std::bit_cast<uint64_t>(double(std::bit_cast<float>(uint32_t(bits))));
  if (value->isInteger() && type == Type::F32)
    bits = std::bit_cast<uint32_t>(value->kind == Constant::Kind::Signed
                                       ? float(int64_t(bits))
                                       : float(bits));
  if (value->isInteger() && type == Type::F64)
    bits = std::bit_cast<uint64_t>(value->kind == Constant::Kind::Signed
                                       ? double(int64_t(bits))
                                       : double(bits));
  return write(offset, location, bits);
}

/// `x`, `x+8`, `generic(x)`, `generic(x)+8`: the last two are one.
static StatusOr<Variable::Relocation> parseSymbol(Lexer &lexer, Names &names) {
  Token name = lexer.take();
  bool isGeneric = name.text == "generic" && lexer.accept("(");
  if (isGeneric) {
    name = lexer.peek();
    if (!name.isIdentifier())
      return lexer.unexpected("a variable or function");
    lexer.take();
  }
  std::optional<Operand> target = names.find(name.text);
  if (!target ||
      (target->kind != Operand::Kind::Function &&
       target->kind != Operand::Kind::Variable) ||
      (target->kind == Operand::Kind::Variable && !target->variable.isOfModule))
    return errorAt(name.location,
                   "found '" + std::string(name.text.substr(0, 60)) +
                       "' in an initial value, expected a variable or "
                       "function of the module that is declared before");
  auto addOffset = [&]() -> Status {
    if (!lexer.peek().is("+") && !lexer.peek().is("-"))
      return Status::ok();
    StatusOr<uint64_t> offset = parseOffsetConstant(lexer);
    if (!offset)
      return offset.status();
    target->bits += *offset;
    return Status::ok();
  };
  WEFT_RETURN_IF_ERROR(addOffset());
  if (isGeneric) {
    WEFT_RETURN_IF_ERROR(lexer.expect(")", "after generic(...)"));
    WEFT_RETURN_IF_ERROR(addOffset());
  }
  return Variable::Relocation{0, std::move(*target), isGeneric};
}

Status InitializerParser::parseAddress(uint64_t offset, Location location) {
  if (elementBytes != 8)
    return errorAt(location, "found an address as the value of ." +
                                 std::string(textOf(variable.type)) +
                                 ", expected a type of 64 bits");
  StatusOr<Variable::Relocation> symbol = parseSymbol(lexer, names);
  if (!symbol)
    return symbol.status();
  symbol->offset = offset;
  variable.relocations.push_back(std::move(*symbol));
  return write(offset, location, 0);
}

static bool isSame(const Operand &a, const Operand &b) {
  return a.kind == b.kind && a.index == b.index && a.bits == b.bits &&
         a.variable.index == b.variable.index;
}

Status InitializerParser::parseAddressByte(uint64_t offset, Location location,
                                           uint64_t mask) {
  lexer.take();
  if (!lexer.peek().isIdentifier())
    return lexer.unexpected("a variable or function");
  StatusOr<Variable::Relocation> symbol = parseSymbol(lexer, names);
  if (!symbol)
    return symbol.status();
  WEFT_RETURN_IF_ERROR(lexer.expect(")", "after the masked address"));
  auto &relocations = variable.relocations;
  uint64_t byte = mask ? uint64_t(std::countr_zero(mask)) / 8 : 0;
  bool isByte = elementBytes == 1 && mask == uint64_t(0xff) << (8 * byte);
  bool continues =
      byte == 0 ||
      (!relocations.empty() && relocations.back().offset + byte == offset &&
       isSame(relocations.back().target, symbol->target));
  if (!isByte || !continues)
    return errorAt(location, "found a masked address that is not a byte of "
                             "one, expected 0xFF(x), 0xFF00(x), ... in order "
                             "in an array of bytes");
  if (byte == 0) {
    if (offset + 8 > variable.bytes)
      return errorAt(location, "found an address past the end of the array, "
                               "expected 8 bytes for it");
    symbol->offset = offset;
    relocations.push_back(std::move(*symbol));
    WEFT_RETURN_IF_ERROR(reserve(offset + 8, location));
  }
  return write(offset, location, 0);
}
