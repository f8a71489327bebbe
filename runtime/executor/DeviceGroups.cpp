//===- DeviceGroups.cpp - How the ranks of a model exchange data ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/DeviceGroups.h"
#include "runtime/collectives/nccl/NcclGroups.h"
#include "runtime/device/cuda/CudaDevice.h"

#include <algorithm>

using namespace weft;

/// The platform of NCCL for these devices, or why there is none.
static StatusOr<NcclGroups::Platform> findNccl(const Devices &devices) {
  NcclGroups::Platform platform;
  for (const std::unique_ptr<Device> &device : devices.list) {
    auto *cuda = dynamic_cast<CudaDevice *>(device.get());
    if (!cuda)
      return Status::error(device->name() + " has no library of collectives");
    std::shared_ptr<cuda::Context> context = cuda->sharedContext();
    platform.places.push_back({context->device(), context->handle(), context});
    platform.driver = {context, &context->driver()};
  }
  StatusOr<std::shared_ptr<const cuda::NcclLibrary>> nccl =
      cuda::NcclLibrary::open(platform.driver->folder());
  if (!nccl)
    return nccl.status();
  platform.nccl = *nccl;
  platform.streamOf = [](Queue &queue) {
    return static_cast<CudaQueue &>(queue).stream();
  };
  return platform;
}

std::unique_ptr<Groups> weft::createGroups(const artifact::Manifest &manifest,
                                           const Devices &devices,
                                           Watchdog &watchdog) {
  std::vector<RankMesh::Axis> mesh;
  for (const artifact::MeshAxis &axis : manifest.mesh().axes())
    mesh.push_back({axis.name(), axis.size()});
  std::vector<std::vector<uint64_t>> coordinates;
  for (const artifact::Rank &rank : manifest.ranks())
    coordinates.emplace_back(rank.coordinates().begin(),
                             rank.coordinates().end());
  if (std::all_of(devices.list.begin(), devices.list.end(),
                  [](const std::unique_ptr<Device> &device) {
                    return device->sharesHostMemory();
                  }))
    return std::make_unique<LocalGroups>(std::move(mesh),
                                         std::move(coordinates), watchdog);
  StatusOr<NcclGroups::Platform> platform =
      devices.list.size() > 1
          ? findNccl(devices)
          : StatusOr<NcclGroups::Platform>(Status::error("there is one rank"));
  if (!platform)
    return std::make_unique<StagedGroups>(
        std::move(mesh), std::move(coordinates), watchdog, platform.message());
  return std::make_unique<NcclGroups>(std::move(mesh), std::move(coordinates),
                                      watchdog, std::move(*platform));
}
