//===- SignalCleanup.h - Remove half an artifact on a signal ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PACKAGE_SIGNALCLEANUP_H
#define LIB_PACKAGE_SIGNALCLEANUP_H

#include <string>

namespace weft {

/// While a folder is watched, SIGINT and SIGTERM remove it before they end the
/// process. One folder at a time.
class SignalCleanup {
public:
  static void watch(const std::string &folder);
  static void unwatch();
};

} // namespace weft

#endif // LIB_PACKAGE_SIGNALCLEANUP_H
