//===- Mesh.cpp - Devices as a grid ---------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/IR/Mesh.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;

namespace weft::dist {

//===----------------------------------------------------------------------===//
// dist.mesh
//===----------------------------------------------------------------------===//

static ParseResult parseMeshAxes(OpAsmParser &parser, ArrayAttr &axes,
                                 DenseI64ArrayAttr &sizes) {
  SmallVector<Attribute> names;
  SmallVector<int64_t> counts;
  auto parseAxis = [&]() -> ParseResult {
    std::string name;
    int64_t count;
    if (parser.parseString(&name) || parser.parseEqual() ||
        parser.parseInteger(count))
      return failure();
    names.push_back(parser.getBuilder().getStringAttr(name));
    counts.push_back(count);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater,
                                     parseAxis))
    return failure();
  axes = parser.getBuilder().getArrayAttr(names);
  sizes = parser.getBuilder().getDenseI64ArrayAttr(counts);
  return success();
}

static void printMeshAxes(OpAsmPrinter &printer, MeshOp, ArrayAttr axes,
                          DenseI64ArrayAttr sizes) {
  printer << '<';
  llvm::interleaveComma(
      llvm::zip_equal(axes, sizes.asArrayRef()), printer, [&](auto axis) {
        printer << std::get<0>(axis) << " = " << std::get<1>(axis);
      });
  printer << '>';
}

/// So that ranks fit the manifest and every plan fits memory.
static constexpr int64_t kMostRanks = 1 << 16;

LogicalResult MeshOp::verify() {
  if (getAxes().size() != getSizes().size())
    return emitOpError("has ")
           << getAxes().size() << " axes but " << getSizes().size() << " sizes";
  int64_t ranks = 1;
  llvm::SmallSet<StringRef, 4> names;
  for (auto [name, size] :
       llvm::zip_equal(getAxes().getAsValueRange<StringAttr>(), getSizes())) {
    if (!SizeExpr::isSymbolName(std::string_view(name)))
      return emitOpError("axis '") << name << "' is not a name";
    if (!names.insert(name).second)
      return emitOpError("has two axes called '") << name << "'";
    if (size < 1 || size > kMostRanks)
      return emitOpError("axis '") << name << "' has " << size
                                   << " devices; expected 1 to " << kMostRanks;
    ranks *= size;
    if (ranks > kMostRanks)
      return emitOpError("has more than ") << kMostRanks << " devices";
  }
  if (auto module = dyn_cast<ModuleOp>((*this)->getParentOp()))
    if (*module.getOps<MeshOp>().begin() != *this)
      return emitOpError("is the second mesh of the module; there can be one");
  return success();
}

//===----------------------------------------------------------------------===//
// Mesh
//===----------------------------------------------------------------------===//

Mesh::Mesh(MeshOp op)
    : axes(op.getAxes().getAsRange<StringAttr>()), sizes(op.getSizes()) {}

std::optional<Mesh> Mesh::find(Operation *operation) {
  auto module = dyn_cast<ModuleOp>(operation);
  if (!module)
    module = operation->getParentOfType<ModuleOp>();
  if (!module)
    return std::nullopt;
  auto meshes = module.getOps<MeshOp>();
  if (meshes.empty())
    return std::nullopt;
  return Mesh(*meshes.begin());
}

FailureOr<Mesh> Mesh::require(Operation *module) {
  if (std::optional<Mesh> mesh = find(module))
    return *mesh;
  return module->emitError("has no dist.mesh; run dist-annotate first");
}

int64_t Mesh::getSize(StringAttr axis) const {
  auto it = llvm::find(axes, axis);
  assert(it != axes.end() && "an axis of the mesh");
  return sizes[it - axes.begin()];
}

int64_t Mesh::getSize(ArrayRef<StringAttr> group) const {
  int64_t product = 1;
  for (StringAttr axis : group)
    product *= getSize(axis);
  return product;
}

int64_t Mesh::getNumRanks() const { return getSize(ArrayRef(axes)); }

SmallVector<int64_t> Mesh::getCoordinates(int64_t rank) const {
  SmallVector<int64_t> coordinates(axes.size());
  for (size_t i = axes.size(); i-- > 0;) {
    coordinates[i] = rank % sizes[i];
    rank /= sizes[i];
  }
  return coordinates;
}

int64_t Mesh::getRank(ArrayRef<int64_t> coordinates) const {
  int64_t rank = 0;
  for (auto [coordinate, size] : llvm::zip_equal(coordinates, sizes))
    rank = rank * size + coordinate;
  return rank;
}

SmallVector<int64_t> Mesh::getGroup(int64_t rank,
                                    ArrayRef<StringAttr> group) const {
  SmallVector<int64_t> members;
  SmallVector<int64_t> coordinates = getCoordinates(rank);
  for (int64_t position = 0, size = getSize(group); position != size;
       ++position) {
    int64_t rest = position;
    for (StringAttr axis : llvm::reverse(group)) {
      size_t index = llvm::find(axes, axis) - axes.begin();
      coordinates[index] = rest % sizes[index];
      rest /= sizes[index];
    }
    members.push_back(getRank(coordinates));
  }
  return members;
}

void collectCoordinates(const SizeExpr &size, std::set<std::string> &axes) {
  constexpr std::string_view prefix = "coord(\"", suffix = "\")";
  // Substitution asks for coordinates by their text, which no symbol has.
  size.substitute([&](std::string_view name) -> std::optional<SizeExpr> {
    if (name.starts_with(prefix)) {
      name.remove_prefix(prefix.size());
      name.remove_suffix(suffix.size());
      axes.emplace(name);
    }
    return std::nullopt;
  });
}

} // namespace weft::dist

//===----------------------------------------------------------------------===//
// The generated ops, which call the parser and printer above
//===----------------------------------------------------------------------===//

using namespace weft;
using namespace weft::dist;
#define GET_OP_CLASSES
#include "dialects/Dist/IR/DistOps.cpp.inc"

void DistDialect::registerOps() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Dist/IR/DistOps.cpp.inc"
      >();
}
