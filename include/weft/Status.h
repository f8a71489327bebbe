//===- Status.h - Success or one helpful sentence ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef WEFT_STATUS_H
#define WEFT_STATUS_H

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace weft {

/// Success, or a message for a person: what was found, what was expected, and
/// what to do. Messages start in lower case and carry no trailing full stop.
class [[nodiscard]] Status {
public:
  static Status ok() { return Status(); }
  static Status error(std::string message) {
    Status status;
    status.text = std::move(message);
    return status;
  }

  bool isOk() const { return !text; }
  explicit operator bool() const { return isOk(); }
  const std::string &message() const {
    assert(!isOk() && "success has no message");
    return *text;
  }

private:
  std::optional<std::string> text;
};

/// A value, or the Status that says why there is none.
template <typename T> class [[nodiscard]] StatusOr {
public:
  StatusOr(T value) : result(std::move(value)), failure(Status::ok()) {}
  StatusOr(Status status) : failure(std::move(status)) {
    assert(!failure.isOk() && "success needs a value");
  }

  bool isOk() const { return failure.isOk(); }
  explicit operator bool() const { return isOk(); }
  const Status &status() const { return failure; }
  const std::string &message() const { return failure.message(); }

  T &operator*() & { return *result; }
  const T &operator*() const & { return *result; }
  T &&operator*() && { return std::move(*result); }
  T *operator->() { return &*result; }
  const T *operator->() const { return &*result; }

private:
  std::optional<T> result;
  Status failure;
};

} // namespace weft

/// Returns from the enclosing function when `expression` is an error.
#define WEFT_RETURN_IF_ERROR(expression)                                       \
  do {                                                                         \
    if (::weft::Status weftStatus = (expression); !weftStatus)                 \
      return weftStatus;                                                       \
  } while (false)

#endif // WEFT_STATUS_H
