//===- RenderPartition.cpp - A report as JSON and as a page ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Report/PartitionReport.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace weft;
using llvm::StringRef;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

json::Value PartitionReport::getJson() const {
  json::Array mesh, tensorList, collectiveList, rankList;
  for (const auto &[axis, size] : axes)
    mesh.push_back(json::Object{{"axis", axis}, {"devices", size}});
  for (const ReportedTensor &tensor : tensors)
    tensorList.push_back(json::Object{{"name", tensor.name},
                                      {"kind", tensor.kind},
                                      {"type", tensor.type},
                                      {"sharding", tensor.sharding},
                                      {"reason", tensor.reason}});
  for (const ReportedCollective &collective : collectives)
    collectiveList.push_back(
        json::Object{{"kind", collective.kind},
                     {"axes", collective.axes},
                     {"type", collective.type},
                     {"node", collective.node},
                     {"bytes", collective.bytes},
                     {"typical_bytes", collective.typicalBytes},
                     {"predicted_seconds", collective.seconds}});
  for (const ReportedRank &rank : ranks)
    rankList.push_back(
        json::Object{{"coordinates", json::Array(rank.coordinates)},
                     {"weight_bytes", rank.weightBytes},
                     {"temporary_bytes", rank.temporaryBytes}});
  return json::Object{{"mesh", std::move(mesh)},
                      {"typical_sizes", typicalSizes},
                      {"tensors", std::move(tensorList)},
                      {"collectives", std::move(collectiveList)},
                      {"ranks", std::move(rankList)}};
}

//===----------------------------------------------------------------------===//
// HTML
//===----------------------------------------------------------------------===//

namespace {

constexpr StringRef style = R"(
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; background: #fff; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25em .8em .25em 0; border-bottom: 1px solid #ddd; vertical-align: top; }
td.n, th.n { text-align: right; } code { font-size: .92em; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; } tr.split { background: #eef5ff; } p.note { color: #555; }
)";

/// Writes rows of tables, everything escaped.
class Page {
public:
  explicit Page(llvm::raw_ostream &out) : out(out) {}

  void text(StringRef text) { llvm::printHTMLEscaped(text, out); }
  void heading(StringRef title, size_t count) {
    out << "<h2>";
    text(title);
    out << " (" << count << ")</h2>\n";
  }
  /// A title that starts with '#' is of a column of numbers.
  void beginTable(StringRef id, llvm::ArrayRef<StringRef> titles) {
    isNumber.clear();
    out << "<table id=\"" << id << "\"><thead><tr>";
    for (StringRef title : titles) {
      isNumber.push_back(title.consume_front("#"));
      out << (isNumber.back() ? "<th class=\"n\">" : "<th>");
      text(title);
      out << "</th>";
    }
    out << "</tr></thead><tbody>\n";
  }
  void row(llvm::ArrayRef<std::string> cells, bool isMarked = false) {
    out << (isMarked ? "<tr class=\"split\">" : "<tr>");
    for (auto [cell, number] : llvm::zip_equal(cells, isNumber)) {
      out << (number ? "<td class=\"n\">" : "<td><code>");
      text(cell);
      out << (number ? "</td>" : "</code></td>");
    }
    out << "</tr>\n";
  }
  void endTable() { out << "</tbody></table>\n"; }

private:
  llvm::raw_ostream &out;
  llvm::SmallVector<bool> isNumber;
};

std::string showBytes(double bytes) {
  std::string text;
  llvm::raw_string_ostream out(text);
  if (bytes >= 1 << 20)
    out << llvm::format("%.2f MiB", bytes / (1 << 20));
  else
    out << llvm::format("%.1f KiB", bytes / 1024);
  return text;
}

std::string showSeconds(double seconds) {
  std::string text;
  llvm::raw_string_ostream out(text);
  if (seconds >= 1e-3)
    out << llvm::format("%.2f ms", seconds * 1e3);
  else
    out << llvm::format("%.1f us", seconds * 1e6);
  return text;
}

} // namespace

void PartitionReport::printHtml(llvm::raw_ostream &out, StringRef model) const {
  Page page(out);
  out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width\">"
         "<title>Partition of ";
  page.text(model);
  out << "</title><style>" << style
      << "</style></head><body>\n<h1>Partition of ";
  page.text(model);
  out << "</h1>\n<p class=\"note\">Times and memory are for typical sizes: ";
  page.text(typicalSizes.empty() ? "all sizes are constants" : typicalSizes);
  out << ". Predicted times are those of ranks on one machine.</p>\n";

  page.heading("Mesh, axes", axes.size());
  page.beginTable("mesh", {"axis", "#devices"});
  for (const auto &[axis, size] : axes)
    page.row({axis, std::to_string(size)});
  page.endTable();

  page.heading("Memory of each rank", ranks.size());
  page.beginTable("ranks",
                  {"rank", "coordinates", "#weights", "#temporaries at most"});
  for (auto [index, rank] : llvm::enumerate(ranks)) {
    std::string coordinates;
    for (auto [axis, coordinate] : llvm::zip_equal(axes, rank.coordinates))
      coordinates += (coordinates.empty() ? "" : ", ") + axis.first + " = " +
                     std::to_string(coordinate);
    page.row({std::to_string(index), coordinates, showBytes(rank.weightBytes),
              showBytes(rank.temporaryBytes)});
  }
  page.endTable();

  double seconds = 0;
  for (const ReportedCollective &collective : collectives)
    seconds += collective.seconds;
  page.heading("Collectives of a run, " + showSeconds(seconds),
               collectives.size());
  page.beginTable("collectives", {"what", "over", "tensor", "caused by",
                                  "#bytes", "#typical", "#predicted"});
  for (const ReportedCollective &collective : collectives)
    page.row({collective.kind, collective.axes, collective.type,
              collective.node, collective.bytes,
              showBytes(collective.typicalBytes),
              showSeconds(collective.seconds)});
  page.endTable();

  page.heading("Tensors", tensors.size());
  page.beginTable("tensors",
                  {"name or node", "op", "type", "sharding", "because of"});
  for (const ReportedTensor &tensor : tensors)
    page.row(
        {tensor.name, tensor.kind, tensor.type, tensor.sharding, tensor.reason},
        tensor.sharding != "whole");
  page.endTable();
  out << "</body></html>\n";
}
