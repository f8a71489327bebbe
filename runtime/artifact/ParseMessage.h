//===- ParseMessage.h - Protobuf without its log ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_ARTIFACT_PARSEMESSAGE_H
#define RUNTIME_ARTIFACT_PARSEMESSAGE_H

#include <google/protobuf/message_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <span>

namespace weft {

/// Parses hostile bytes. Protobuf would log what it finds wrong to stderr, where
/// a tool prints one line of its own.
inline bool parseMessage(google::protobuf::MessageLite &message,
                         std::span<const uint8_t> bytes) {
  google::protobuf::LogSilencer silence;
  return bytes.size() <= INT32_MAX &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

} // namespace weft

#endif // RUNTIME_ARTIFACT_PARSEMESSAGE_H
