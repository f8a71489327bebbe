//===- Devices.cpp - The devices that an artifact runs on -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/Devices.h"
#include "runtime/base/Text.h"
#include "runtime/device/cpu/AvailableCpus.h"
#include "runtime/device/cpu/CpuDevice.h"
#include "runtime/device/null/NullDevice.h"

#include <algorithm>
#include <charconv>

using namespace weft;

static StatusOr<std::unique_ptr<Device>>
openDevice(const std::string &name, unsigned threads, unsigned cpus) {
  size_t colon = name.find(':');
  std::string kind = name.substr(0, colon);
  unsigned index = 0;
  bool isNumbered = colon != name.npos;
  if (isNumbered) {
    const char *begin = name.data() + colon + 1,
               *end = name.data() + name.size();
    auto [stop, error] = std::from_chars(begin, end, index);
    isNumbered = error == std::errc() && stop == end;
  }
  if (!isNumbered || (kind != "cpu" && kind != "null"))
    return Status::error("device '" + printable(name) +
                         "' is unknown; expected cpu:0");
  if (kind == "null")
    return std::unique_ptr<Device>(std::make_unique<NullDevice>(index));
  return createCpuDevice(index, threads, cpus);
}

StatusOr<Devices> weft::openDevices(const LoadOptions &options,
                                    unsigned ranks) {
  std::vector<std::string> names = options.devices;
  if (names.empty())
    for (unsigned rank = 0; rank != ranks; ++rank)
      names.push_back("cpu:" + std::to_string(rank));
  if (names.size() != ranks)
    return Status::error("it has " + std::to_string(ranks) +
                         (ranks == 1 ? " rank" : " ranks") + ", but " +
                         std::to_string(names.size()) +
                         " devices are given; name one for each rank, or none");
  unsigned cpus = availableCpus();
  unsigned threads = options.threads == 0 ? cpus : options.threads;
  if (threads > 4096)
    return Status::error(std::to_string(threads) +
                         " threads; expected at most 4096");
  Devices devices;
  for (unsigned rank = 0; rank != ranks; ++rank) {
    if (std::find(names.begin(), names.begin() + rank, names[rank]) !=
        names.begin() + rank)
      return Status::error("device '" + printable(names[rank]) +
                           "' is given to two ranks");
    // The first ranks get what does not divide.
    auto share = [&](unsigned total) {
      return std::max(1u, total / ranks + (rank < total % ranks));
    };
    StatusOr<std::unique_ptr<Device>> device =
        openDevice(names[rank], share(threads), share(cpus));
    if (!device)
      return device.status();
    devices.list.push_back(std::move(*device));
    devices.threads += share(threads);
  }
  devices.isOversubscribed = devices.threads > cpus;
  return devices;
}
