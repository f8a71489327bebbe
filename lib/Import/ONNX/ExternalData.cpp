//===- ExternalData.cpp - Tensors in files beside the model ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/ModelFile.h"
#include "lib/Import/ONNX/Quote.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <fcntl.h>
#include <unistd.h>

using namespace weft;
using namespace weft::onnx;

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// The real path of `location`, which must lie in the model's folder.
StatusOr<std::string> ModelFile::resolve(llvm::StringRef location) const {
  std::string quoted = quote(location);
  if (folder.empty())
    return Status::error("a model in memory cannot have external data, but a "
                         "tensor lies in " +
                         quoted);
  bool leaves = location.empty() || location.contains('\0') ||
                path::is_absolute(location);
  for (auto part = path::begin(location); part != path::end(location); ++part)
    leaves |= *part == "..";
  if (leaves)
    return Status::error("external data lie in " + quoted +
                         ", which is no path within the model's folder");
  llvm::SmallString<256> joined(folder), real;
  path::append(joined, location);
  if (std::error_code failure = fs::real_path(joined, real))
    return Status::error("external data lie in " + quoted +
                         ", which cannot be opened: " + failure.message() +
                         "; put the file beside the model");
  llvm::StringRef rest = real;
  bool isInside =
      folder == "/" || (rest.consume_front(folder) && rest.starts_with("/"));
  if (!isInside)
    return Status::error("external data lie in " + quoted +
                         ", which links to a place outside of the model's "
                         "folder; put the file itself there");
  return real.str().str();
}

StatusOr<ModelFile::Region>
ModelFile::findExternalData(const TensorProto &tensor,
                            uint64_t expectedLength) {
  Region region;
  region.length = expectedLength;
  llvm::StringRef location;
  for (const StringStringEntryProto &entry : tensor.external_data()) {
    uint64_t *number = nullptr;
    if (entry.key() == "location")
      location = entry.value();
    else if (entry.key() == "offset")
      number = &region.offset;
    else if (entry.key() == "length")
      number = &region.length;
    if (number &&
        !llvm::to_integer(llvm::StringRef(entry.value()), *number, 10))
      return Status::error("external data have the " + entry.key() + " " +
                           quote(entry.value()) + ", which is no number");
  }
  if (region.length != expectedLength)
    return Status::error("external data have " + std::to_string(region.length) +
                         " bytes but the shape needs " +
                         std::to_string(expectedLength));

  auto known = fileSizes.find(location);
  if (known == fileSizes.end()) {
    StatusOr<std::string> real = resolve(location);
    if (!real)
      return real.status();
    fs::file_status status;
    if (std::error_code failure = fs::status(*real, status))
      return Status::error("external data lie in " + quote(location) +
                           ", which cannot be opened: " + failure.message());
    if (status.type() != fs::file_type::regular_file)
      return Status::error("external data lie in " + quote(location) +
                           ", which is not a regular file");
    known = fileSizes.try_emplace(location, status.getSize()).first;
  }
  if (region.offset > known->second ||
      region.length > known->second - region.offset)
    return Status::error(
        "external data lie at " + std::to_string(region.offset) + " to " +
        std::to_string(region.offset) + " + " + std::to_string(region.length) +
        " of " + quote(location) + ", which has only " +
        std::to_string(known->second) + " bytes");
  llvm::SmallString<128> relative = location;
  path::remove_dots(relative);
  region.file = relative.str().str();
  return region;
}

StatusOr<std::string> ModelFile::read(const Region &region) const {
  if (region.file == name && region.offset <= mapped->getBufferSize() &&
      region.length <= mapped->getBufferSize() - region.offset)
    return mapped->getBuffer().substr(region.offset, region.length).str();
  StatusOr<std::string> real = resolve(region.file);
  if (!real)
    return real.status();
  // The path is resolved: a link that takes its place is not followed.
  int file = ::open(real->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  std::string bytes(region.length, '\0');
  size_t done = 0;
  while (file >= 0 && done < bytes.size()) {
    ssize_t count = ::pread(file, bytes.data() + done, bytes.size() - done,
                            off_t(region.offset + done));
    if (count <= 0)
      break;
    done += count;
  }
  if (file >= 0)
    ::close(file);
  if (done < bytes.size())
    return Status::error("external data in " + quote(region.file) +
                         " cannot be read");
  return bytes;
}
