//===- Trace.cpp - A timeline of what ran ---------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Trace.h"
#include "runtime/base/AtomicFile.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

using namespace weft;

void Trace::add(Span span) {
  std::lock_guard lock(mutex);
  spans.push_back(std::move(span));
}

size_t Trace::size() const {
  std::lock_guard lock(mutex);
  return spans.size();
}

std::string Trace::json() const {
  std::lock_guard lock(mutex);
  Clock::time_point first = Clock::time_point::max();
  for (const Span &span : spans)
    first = std::min(first, span.begin);
  auto microseconds = [](Clock::duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
  };
  std::map<std::string, int> tracks;
  nlohmann::json events = nlohmann::json::array();
  for (const Span &span : spans) {
    auto [track, isNew] =
        tracks.try_emplace(span.track, static_cast<int>(tracks.size()));
    if (isNew)
      events.push_back({{"name", "thread_name"},
                        {"ph", "M"},
                        {"pid", 0},
                        {"tid", track->second},
                        {"args", {{"name", span.track}}}});
    nlohmann::json arguments = {{"node", span.node}};
    if (span.flops > 0)
      arguments["flops"] = span.flops;
    events.push_back({{"name", span.name},
                      {"cat", span.category},
                      {"ph", "X"},
                      {"pid", 0},
                      {"tid", track->second},
                      {"ts", microseconds(span.begin - first)},
                      {"dur", microseconds(span.end - span.begin)},
                      {"args", std::move(arguments)}});
  }
  nlohmann::json file = {{"traceEvents", std::move(events)},
                         {"displayTimeUnit", "ns"}};
  // Node names come from a model file: they may be no valid UTF-8.
  return file.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status Trace::write(const std::string &path) const {
  std::string text = json();
  return writeAtomically(
      path,
      {std::span(reinterpret_cast<const uint8_t *>(text.data()), text.size())});
}
