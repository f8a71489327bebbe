//===- Predict.cpp - Times by the roofline model --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-objdump/Print.h"

#include "runtime/base/MappedFile.h"
#include "runtime/base/SizeExpr.h"
#include "runtime/base/Text.h"
#include "weft/DataType.h"
#include "weft/GpuArch.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"

using namespace llvm;
namespace weft::objdump {

namespace {

/// What a command costs.
struct Work {
  double flops = 0, bytes = 0;
  bool usesMatrixUnits = false;
  double linkBytes = 0;
};

struct Row {
  std::string name;
  StringRef family;
  uint64_t count = 0;
  double seconds = 0, boundByMemory = 0;
  Work work;
};

class Prediction {
public:
  Prediction(const artifact::Manifest &manifest, const artifact::Stage &stage,
             const StringSet<> &matrixKernels, const GpuArch &gpu,
             const std::map<std::string, int64_t> &sizes)
      : manifest(manifest), stage(stage), matrixKernels(matrixKernels),
        gpu(gpu), sizes(sizes) {}

  /// Of the variant that these sizes take.
  Status predict(const artifact::Program &program, raw_ostream &out);

private:
  StatusOr<int64_t> evaluate(StringRef text) const;
  Status addLaunch(const artifact::Launch &launch);
  Status addCommands(
      const google::protobuf::RepeatedPtrField<artifact::Command> &commands);
  Status addGemm(const artifact::Gemm &gemm);
  Status addCollective(const artifact::Collective &collective);
  void add(const std::string &name, StringRef family, const Work &work);

  const artifact::Manifest &manifest;
  const artifact::Stage &stage;
  const StringSet<> &matrixKernels;
  const GpuArch &gpu;
  const std::map<std::string, int64_t> &sizes;
  std::vector<Row> rows;
  /// Of the kernel that is looked at.
  std::vector<int64_t> parameters;
  double total = 0;
};

} // namespace

/// The value of an expression over the artifact's sizes, on the first rank, or
/// over the parameters of the kernel that is looked at.
StatusOr<int64_t> Prediction::evaluate(StringRef text) const {
  StatusOr<SizeExpr> expression =
      SizeExpr::parse(std::string_view(text.data(), text.size()));
  if (!expression)
    return expression.status();
  return expression->evaluate(
      [&](std::string_view name) -> std::optional<int64_t> {
        StringRef symbol(name.data(), name.size());
        if (auto known = sizes.find(std::string(name)); known != sizes.end())
          return known->second;
        unsigned number;
        if (symbol.consume_front("s") && !symbol.getAsInteger(10, number) &&
            number < parameters.size())
          return parameters[number];
        if (symbol.starts_with("coord("))
          return 0;
        return std::nullopt;
      });
}

void Prediction::add(const std::string &name, StringRef family,
                     const Work &work) {
  double byMemory = work.bytes / gpu.memoryBytes;
  double byMath =
      work.flops / (work.usesMatrixUnits ? gpu.halfFlops : gpu.floatFlops);
  double seconds = std::max({byMemory, byMath, work.linkBytes / gpu.linkBytes});
  auto row = llvm::find_if(rows, [&](const Row &r) { return r.name == name; });
  if (row == rows.end())
    row = rows.insert(rows.end(), Row{name, family, 0, 0, 0, Work()});
  ++row->count;
  row->seconds += seconds;
  row->boundByMemory += byMemory >= byMath ? seconds : 0;
  row->work.flops += work.flops;
  row->work.bytes += work.bytes + work.linkBytes;
  total += seconds;
}

Status Prediction::addLaunch(const artifact::Launch &launch) {
  const artifact::Kernel &kernel =
      stage.kernels().kernels(static_cast<int>(launch.kernel()));
  parameters.clear();
  std::vector<int64_t> values;
  for (const std::string &text : launch.sizes()) {
    StatusOr<int64_t> value = evaluate(text);
    if (!value)
      return value.status();
    values.push_back(*value);
  }
  parameters = values;
  auto flops = evaluate(kernel.flops()), bytes = evaluate(kernel.bytes());
  parameters.clear();
  if (!flops || !bytes)
    return Status::error("kernel " + printable(kernel.name()) +
                         " does not say what it computes and moves");
  // A product's kernel for other numbers of rows.
  if (*flops == 0 && *bytes == 0)
    return Status::ok();
  add(kernel.name(), kernel.family(),
      {double(*flops), double(*bytes), matrixKernels.contains(kernel.name())});
  return Status::ok();
}

Status Prediction::addGemm(const artifact::Gemm &gemm) {
  std::string texts[] = {gemm.m(), gemm.n(), gemm.k(), gemm.batch()};
  double numbers[4];
  for (auto [number, text] : zip_equal(numbers, texts)) {
    StatusOr<int64_t> value = evaluate(text);
    if (!value)
      return value.status();
    number = double(*value);
  }
  auto [m, n, k, batch] = numbers;
  double width = double(byteWidth(static_cast<DataType>(gemm.type())));
  double written = double(byteWidth(static_cast<DataType>(gemm.output())));
  add("gemm " + gemm.n() + " x " + gemm.k(), "gemm",
      {2 * batch * m * n * k,
       batch * (width * (m * k + n * k) + written * m * n),
       /*usesMatrixUnits=*/width == 2});
  return Status::ok();
}

Status Prediction::addCollective(const artifact::Collective &collective) {
  double bytes = double(byteWidth(static_cast<DataType>(collective.type())));
  for (const std::string &text : collective.sizes()) {
    StatusOr<int64_t> value = evaluate(text);
    if (!value)
      return value.status();
    bytes *= double(*value);
  }
  double ranks = 1;
  for (const std::string &axis : collective.axes())
    for (const artifact::MeshAxis &each : manifest.mesh().axes())
      if (each.name() == axis)
        ranks *= double(each.size());
  // Around a ring.
  bool reducesAll = collective.kind() == artifact::Collective::ALL_REDUCE;
  Work work;
  work.linkBytes = bytes * (ranks - 1) / ranks * (reducesAll ? 2 : 1);
  add(StringRef(artifact::Collective::Kind_Name(collective.kind())).lower(),
      "collective", work);
  return Status::ok();
}

Status Prediction::addCommands(
    const google::protobuf::RepeatedPtrField<artifact::Command> &commands) {
  for (const artifact::Command &command : commands)
    switch (command.kind_case()) {
    case artifact::Command::kLaunch:
      WEFT_RETURN_IF_ERROR(addLaunch(command.launch()));
      break;
    case artifact::Command::kGemm:
      WEFT_RETURN_IF_ERROR(addGemm(command.gemm()));
      break;
    case artifact::Command::kCollective:
      WEFT_RETURN_IF_ERROR(addCollective(command.collective()));
      break;
    case artifact::Command::kCopy: {
      StatusOr<int64_t> bytes = evaluate(command.copy().bytes());
      if (!bytes)
        return bytes.status();
      add("copy", "copy", {0, 2 * double(*bytes)});
      break;
    }
    default:
      break;
    }
  return Status::ok();
}

Status Prediction::predict(const artifact::Program &program, raw_ostream &out) {
  for (const artifact::Variant &variant : program.variants()) {
    if (!variant.guard().empty()) {
      StatusOr<int64_t> guard = evaluate(variant.guard());
      if (!guard)
        return guard.status();
      if (*guard == 0)
        continue;
    }
    WEFT_RETURN_IF_ERROR(addCommands(variant.commands()));
    break;
  }
  out << "predicted for one " << StringRef(gpu.gpu).upper()
      << ", at its peak rates, nothing measured:\n";
  out << "   launches      us each  bound by     GFLOP        MB  kernel\n";
  for (const Row &row : rows) {
    StringRef bound = row.family == "collective"            ? "link"
                      : row.boundByMemory > row.seconds / 2 ? "memory"
                                                            : "compute";
    out << format("  %9llu %12.3f  ", (unsigned long long)row.count,
                  row.seconds / double(row.count) * 1e6)
        << left_justify(bound, 8)
        << format(" %9.3f %9.3f  ", row.work.flops * 1e-9,
                  row.work.bytes * 1e-6)
        << printable(row.name) << " (" << printable(row.family.str()) << ")\n";
  }
  out << format("  a step takes at least %.3f us\n", total * 1e6);
  return Status::ok();
}

/// The kernels of a PTX file that use matrix units for numbers of 16 bits or
/// less.
static StatusOr<StringSet<>> findMatrixKernels(const std::string &folder,
                                               const artifact::Stage &stage) {
  StringSet<> names;
  for (const std::string &path : stage.code_files()) {
    if (!StringRef(path).ends_with(".ptx"))
      continue;
    StatusOr<MappedFile> file = MappedFile::openInside(folder, path);
    if (!file)
      return file.status();
    StringRef text(reinterpret_cast<const char *>(file->bytes().data()),
                   file->bytes().size());
    while (true) {
      text = text.substr(text.find(".entry "));
      if (!text.consume_front(".entry "))
        break;
      StringRef body = text.substr(0, text.find(".entry "));
      if (body.contains("mma.sync") || body.contains("wgmma.mma_async"))
        names.insert(body.take_until([](char c) { return c == '('; }).trim());
    }
  }
  return names;
}

Status printPrediction(const std::string &folder,
                       const artifact::Manifest &manifest, StringRef gpuName,
                       std::map<std::string, int64_t> sizes, raw_ostream &out) {
  const GpuArch *gpu = find_if(gpuArchs, [&](const GpuArch &each) {
    return StringRef(each.gpu) == gpuName.lower();
  });
  if (gpu == std::end(gpuArchs)) {
    std::string names;
    for (const GpuArch &each : gpuArchs)
      names += (names.empty() ? "" : ", ") + std::string(each.gpu);
    return Status::error("--predict=" + gpuName.str() +
                         ": no figures for this GPU; expected one of " + names);
  }
  for (const artifact::SizeSymbol &symbol : manifest.sizes()) {
    auto [place, isDefault] =
        sizes.try_emplace(symbol.name(), symbol.minimum());
    out << "size " << printable(symbol.name()) << " = " << place->second
        << (isDefault ? ", its least: others with --sizes" : "") << "\n";
  }
  for (const artifact::Stage &stage : manifest.stages()) {
    if (stage.target() != artifact::CUDA)
      return Status::error("--predict is for artifacts for GPUs; this one is "
                           "for a CPU: compile with --target=cuda");
    StatusOr<StringSet<>> matrixKernels = findMatrixKernels(folder, stage);
    if (!matrixKernels)
      return matrixKernels.status();
    for (auto [entry, program] :
         zip_equal(manifest.entries(), stage.programs())) {
      out << "entry " << printable(entry.name()) << "\n";
      Prediction prediction(manifest, stage, *matrixKernels, *gpu, sizes);
      WEFT_RETURN_IF_ERROR(prediction.predict(program, out));
    }
  }
  return Status::ok();
}

} // namespace weft::objdump
