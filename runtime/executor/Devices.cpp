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
#include "runtime/device/cuda/CudaDevice.h"
#include "runtime/device/null/NullDevice.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

using namespace weft;

namespace {
enum class Kind { Cpu, Cuda, Simulated, Null };

/// "cuda:1".
struct Name {
  Kind kind;
  unsigned number;
};
} // namespace

static std::string count(unsigned number, const char *noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

static StatusOr<Name> parseName(const std::string &text) {
  constexpr std::pair<const char *, Kind> kinds[] = {{"cpu", Kind::Cpu},
                                                     {"cuda", Kind::Cuda},
                                                     {"cusim", Kind::Simulated},
                                                     {"null", Kind::Null}};
  size_t colon = text.find(':');
  for (auto [word, kind] : kinds) {
    if (colon == text.npos || text.compare(0, colon, word) != 0)
      continue;
    unsigned number = 0;
    const char *end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data() + colon + 1, end, number);
    if (error == std::errc() && stop == end)
      return Name{kind, number};
  }
  return Status::error("device '" + printable(text) +
                       "' is unknown; expected cpu:0, cuda:0 or cusim:1");
}

/// cusim:2 stands for two devices; the others for themselves.
static StatusOr<std::vector<Name>>
parseNames(const std::vector<std::string> &texts, unsigned ranks) {
  std::vector<Name> names;
  for (size_t i = 0; i != texts.size(); ++i) {
    StatusOr<Name> name = parseName(texts[i]);
    if (!name)
      return name.status();
    if (i != 0 && name->kind != names[0].kind)
      return Status::error("devices '" + printable(texts[0]) + "' and '" +
                           printable(texts[i]) +
                           "' are of different kinds; one artifact runs on "
                           "one kind");
    if (std::find(texts.begin(), texts.begin() + i, texts[i]) !=
        texts.begin() + i)
      return Status::error("device '" + printable(texts[i]) +
                           "' is given to two ranks");
    names.push_back(*name);
  }
  if (names[0].kind == Kind::Simulated) {
    if (names.size() != 1)
      return Status::error("cusim:N stands for N simulated devices; expected "
                           "cusim:" +
                           std::to_string(ranks));
    // Of a number that no artifact has, the first tells all.
    unsigned devices = std::min(names[0].number, ranks + 1);
    names.clear();
    for (unsigned i = 0; i != devices; ++i)
      names.push_back({Kind::Simulated, i});
  }
  return names;
}

/// Those that an artifact runs on when none are named.
static StatusOr<std::vector<Name>> defaultNames(unsigned ranks,
                                                artifact::Target target) {
  std::vector<Name> names;
  for (unsigned rank = 0; rank != ranks; ++rank)
    names.push_back({target == artifact::CUDA ? Kind::Cuda : Kind::Cpu, rank});
  if (target != artifact::CUDA)
    return names;
  auto driver = cuda::DriverLibrary::openSystem();
  std::string why;
  if (!driver)
    why = driver.message();
  else if ((*driver)->deviceCount() < ranks)
    why = "it has " + count((*driver)->deviceCount(), "GPU");
  else
    return names;
  return Status::error(
      "it is for " + count(ranks, "GPU") +
      ", which this machine does not have (" + why +
      "); simulate them with --devices=cusim:" + std::to_string(ranks));
}

static Status checkTarget(Kind kind, artifact::Target target, unsigned ranks) {
  if (kind == Kind::Null)
    return Status::ok();
  bool isCuda = target == artifact::CUDA;
  if (isCuda != (kind == Kind::Cpu))
    return Status::ok();
  return isCuda ? Status::error("its code is for CUDA, which no CPU device "
                                "runs; use --devices=cuda:0,... or --devices="
                                "cusim:" +
                                std::to_string(ranks))
                : Status::error("its code is for a CPU, which no CUDA device "
                                "runs; use --devices=cpu:0,...");
}

/// Sets what the simulator reads from the environment when it starts.
static void configureSimulator(const LoadOptions &options) {
  if (options.simulation == "fast") {
    setenv("CUSIM_CHECK", "none", 1);
    setenv("CUSIM_WIDTH", "32", 1);
  } else if (options.simulation == "check") {
    setenv("CUSIM_CHECK", "all", 1);
    setenv("CUSIM_WIDTH", "1", 1);
  }
  if (options.threads != 0)
    setenv("CUSIM_THREADS", std::to_string(options.threads).c_str(), 0);
}

StatusOr<Devices> weft::openDevices(const LoadOptions &options, unsigned ranks,
                                    artifact::Target target) {
  StatusOr<std::vector<Name>> names = options.devices.empty()
                                          ? defaultNames(ranks, target)
                                          : parseNames(options.devices, ranks);
  if (!names)
    return names.status();
  if (names->size() != ranks)
    return Status::error("it has " + count(ranks, "rank") + ", but " +
                         std::to_string(names->size()) +
                         " devices are given; name one for each rank, or "
                         "none");
  Kind kind = names->front().kind;
  WEFT_RETURN_IF_ERROR(checkTarget(kind, target, ranks));
  bool isSimulated = kind == Kind::Simulated;
  if (!options.simulation.empty() && !isSimulated)
    return Status::error("how devices are simulated is said, but they are not; "
                         "give --devices=cusim:" +
                         std::to_string(ranks));
  unsigned cpus = availableCpus();
  unsigned threads = options.threads == 0 ? cpus : options.threads;
  if (threads > 4096)
    return Status::error(std::to_string(threads) +
                         " threads; expected at most 4096");
  std::shared_ptr<const cuda::DriverLibrary> driver;
  if (isSimulated || kind == Kind::Cuda) {
    if (isSimulated)
      configureSimulator(options);
    auto opened = isSimulated ? cuda::DriverLibrary::openSimulated(ranks)
                              : cuda::DriverLibrary::openSystem();
    if (!opened)
      return opened.status();
    driver = std::move(*opened);
    // Each rank has one, to give its device work.
    threads = ranks;
  }
  Devices devices;
  for (unsigned rank = 0; rank != ranks; ++rank) {
    // The first ranks get what does not divide.
    auto share = [&](unsigned total) {
      return std::max(1u, total / ranks + (rank < total % ranks));
    };
    unsigned number = (*names)[rank].number;
    if (driver) {
      auto device = CudaDevice::create(driver, number);
      if (!device)
        return device.status();
      devices.list.push_back(std::move(*device));
    } else if (kind == Kind::Null) {
      devices.list.push_back(std::make_unique<NullDevice>(number));
    } else {
      devices.list.push_back(
          createCpuDevice(number, share(threads), share(cpus)));
    }
    devices.threads += share(threads);
  }
  devices.isOversubscribed = devices.threads > cpus;
  return devices;
}
