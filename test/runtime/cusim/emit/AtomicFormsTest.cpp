//===- AtomicFormsTest.cpp - Every form of atom and red, against the host -===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// All operations, types, vectors, orders, scopes and spaces that the parser
// takes. Each thread has a cell of 32 bytes. How sums round is the matter of
// machine/AtomicTest.cpp.

#include "test/runtime/cusim/emit/Runner.h"
#include "test/runtime/cusim/ptx/FormTexts.h"

#include <algorithm>
#include <bit>
#include <gtest/gtest.h>
#include <random>
#include <regex>

namespace weft::cusim {
namespace {

constexpr unsigned Threads = 40; // a full warp and one of eight lanes
constexpr unsigned CellBytes = 32;
constexpr unsigned MostOperands = 8;
constexpr size_t FormsOfKernel = 32;

/// "%r1, [%d2], %r3" as lists.
struct Form {
  explicit Form(const std::string &text) : text(text) {
    std::vector<std::string> *list = &results;
    static const std::regex Register("\\[?%[a-z][0-9]+");
    for (std::sregex_iterator i(text.begin(), text.end(), Register), end;
         i != end; ++i) {
      std::string name = i->str();
      if (name[0] == '[') {
        address = name.substr(1);
        list = &operands;
      } else {
        list->push_back(name);
      }
    }
    if (has("L2::cache_hint"))
      operands.pop_back();
    type = text.substr(0, text.find(' '));
    type = type.substr(type.rfind('.') + 1);
    for (const char *name :
         {"add", "min", "max", "and", "or", "xor", "inc", "dec", "exch", "cas"})
      if (has(name))
        operation = name;
  }
  bool has(const std::string &word) const {
    return (text.substr(0, text.find(' ')) + ".").find("." + word + ".") !=
           std::string::npos;
  }
  unsigned elements() const {
    return operation == "cas" ? 1 : unsigned(operands.size());
  }
  unsigned bits() const {
    return type.ends_with("x2")
               ? 32
               : unsigned(std::stoi(&type[type.find_first_of("0123456789")]));
  }

  std::string text, address, operation, type;
  std::vector<std::string> results, operands;
};

std::string accessOf(const std::string &name) {
  return name[1] == 'h'                     ? "b16"
         : name[1] == 'r' || name[1] == 'f' ? "b32"
                                            : "b64";
}

/// Reads operands, writes results: [form][operand][thread] of 64 bits.
std::string kernelOf(const std::vector<Form> &forms) {
  std::string text =
      ".version 8.5\n.target sm_90\n.address_size 64\n.visible .entry k("
      ".param .u64 cells, .param .u64 in, .param .u64 out) {\n"
      ".reg .b64 %cell, %in, %out, %own, %low, %high;\n.reg .b32 %thread;\n"
      ".shared .align 32 .b8 buffer[" +
      std::to_string(Threads * CellBytes) +
      "];\nmov.u32 %thread, %tid.x;\nld.param.u64 %cell, [cells];\n"
      "ld.param.u64 %in, [in];\nld.param.u64 %out, [out];\n"
      "mad.wide.u32 %cell, %thread, 32, %cell;\nmad.wide.u32 %in, %thread, 8, "
      "%in;\n"
      "mad.wide.u32 %out, %thread, 8, %out;\nmov.u64 %own, buffer;\n"
      "mad.wide.u32 %own, %thread, 32, %own;\n";
  auto at = [](size_t form, size_t operand) {
    return std::to_string((form * MostOperands + operand) * Threads * 8) + "]";
  };
  for (size_t i = 0; i < forms.size(); ++i) {
    const Form &form = forms[i];
    std::string cell = std::to_string(i * Threads * CellBytes);
    text += "{\n.reg .b16 %h<32>; .reg .b32 %r<32>; .reg .b64 %d<32>; "
            ".reg .f32 %f<32>; .reg .f64 %g<32>;\n";
    bool isShared = form.text.find(".shared") != std::string::npos;
    auto copy = [&](const char *from, const std::string &source, const char *to,
                    const std::string &target) {
      for (const char *half : {"0", "16"})
        text += std::string("ld.") + from + ".v2.b64 {%low, %high}, [" +
                source + "+" + half + "];\nst." + to + ".v2.b64 [" + target +
                "+" + half + "], {%low, %high};\n";
    };
    text += "add.u64 " + form.address + ", %cell, " + cell + ";\n";
    if (isShared) {
      copy("global", form.address, "shared", "%own");
      text += "mov.u64 " + form.address + ", %own;\n";
    }
    for (size_t k = 0; k < form.operands.size(); ++k)
      text += "ld.global." + accessOf(form.operands[k]) + " " +
              form.operands[k] + ", [%in+" + at(i, k) + ";\n";
    text += form.text + "\n";
    for (size_t k = 0; k < form.results.size(); ++k)
      text += "st.global." + accessOf(form.results[k]) + " [%out+" + at(i, k) +
              ", " + form.results[k] + ";\n";
    if (isShared) {
      text += "add.u64 " + form.address + ", %cell, " + cell + ";\n";
      copy("shared", "%own", "global", form.address);
    }
    text += "}\n";
  }
  return text + "ret;\n}\n";
}

template <typename Value>
Value apply(const std::string &operation, Value old, Value first,
            Value second) {
  using Wide = std::conditional_t<sizeof(Value) == 8, int64_t, int32_t>;
  if (operation == "add")
    return old + first;
  if (operation == "min")
    return std::min(old, first);
  if (operation == "max")
    return std::max(old, first);
  if (operation == "exch")
    return first;
  if (operation == "cas")
    return old == first ? second : old;
  if constexpr (std::is_integral_v<Value>) {
    if (operation == "inc")
      return old >= first ? 0 : old + 1;
    if (operation == "dec")
      return old == 0 || old > first ? first : old - 1;
    return static_cast<Value>(operation == "and"  ? Wide(old & first)
                              : operation == "or" ? Wide(old | first)
                                                  : Wide(old ^ first));
  }
  return old;
}

/// By pattern; floats are small integers here, so that sums are exact.
uint64_t model(const Form &form, uint64_t old, uint64_t first,
               uint64_t second) {
  const std::string &type = form.type, &operation = form.operation;
  if (type.ends_with("x2")) {
    Form half = form;
    half.type = type.substr(0, type.size() - 2);
    return model(half, old & 0xffff, first & 0xffff, 0) |
           model(half, old >> 16 & 0xffff, first >> 16 & 0xffff, 0) << 16;
  }
  if (type == "f64")
    return std::bit_cast<uint64_t>(apply(operation, std::bit_cast<double>(old),
                                         std::bit_cast<double>(first), 0.0));
  auto single = [](uint64_t bits) {
    return std::bit_cast<float>(static_cast<uint32_t>(bits));
  };
  if (type == "f32")
    return std::bit_cast<uint32_t>(
        apply(operation, single(old), single(first), 0.0f));
  if (type == "bf16")
    return std::bit_cast<uint32_t>(apply(operation, single(old << 16),
                                         single(first << 16), 0.0f)) >>
           16;
  if (type == "f16") {
    auto half = [](uint64_t bits) {
      return float(std::bit_cast<_Float16>(static_cast<uint16_t>(bits)));
    };
    return std::bit_cast<uint16_t>(
        _Float16(apply(operation, half(old), half(first), 0.0f)));
  }
  if (type == "s64")
    return uint64_t(
        apply(operation, int64_t(old), int64_t(first), int64_t(second)));
  if (type == "s32")
    return uint32_t(
        apply(operation, int32_t(old), int32_t(first), int32_t(second)));
  if (form.bits() == 64)
    return apply(operation, old, first, second);
  return apply(operation, uint32_t(old), uint32_t(first), uint32_t(second));
}

uint64_t randomPattern(const Form &form, std::mt19937_64 &random) {
  int small = int(random() % 17) - 8;
  small += small == 0; // A sum of 0 and -0 has a sign of its own.
  const std::string &type = form.type;
  if (type == "f64")
    return std::bit_cast<uint64_t>(double(small));
  if (type == "f32")
    return std::bit_cast<uint32_t>(float(small));
  if (type.starts_with("bf16"))
    return (std::bit_cast<uint32_t>(float(small)) >> 16) * 0x10001u;
  if (type.starts_with("f16"))
    return std::bit_cast<uint16_t>(_Float16(small)) * 0x10001u;
  const uint64_t edges[] = {
      0,          1,          2,        ~uint64_t(0), uint64_t(1) << 63,
      0x7fffffff, 0x80000000, random(), random()};
  return edges[random() % std::size(edges)];
}

uint64_t load(const uint8_t *place, unsigned bits) {
  uint64_t value = 0;
  std::memcpy(&value, place, bits / 8);
  return value;
}

void checkForms(const std::vector<Form> &forms, unsigned width) {
  CompileOptions options;
  options.width = width;
  Runner runner(kernelOf(forms), options);
  ASSERT_EQ(runner.error, "");
  std::mt19937_64 random(3);
  std::vector<uint8_t> cells(forms.size() * Threads * CellBytes);
  std::vector<uint64_t> in(forms.size() * MostOperands * Threads);
  for (size_t i = 0; i < forms.size(); ++i)
    for (unsigned thread = 0; thread < Threads; ++thread) {
      for (unsigned k = 0; k < forms[i].operands.size(); ++k)
        in[(i * MostOperands + k) * Threads + thread] =
            randomPattern(forms[i], random);
      unsigned bytes = forms[i].bits() / 8;
      uint8_t *cell = &cells[(i * Threads + thread) * CellBytes];
      for (unsigned k = 0; k < CellBytes / bytes; ++k) {
        uint64_t value = randomPattern(forms[i], random);
        // Of cas, every other one finds what it expects.
        if (forms[i].operation == "cas" && thread % 2)
          value = in[i * MostOperands * Threads + thread];
        std::memcpy(cell + k * bytes, &value, bytes);
      }
    }
  uint64_t memory = runner.upload(cells), inputs = runner.upload(in);
  uint64_t out = runner.upload(std::vector<uint64_t>(in.size()));
  LaunchReport report = runner.launch("k", 1, Threads, 0, memory, inputs, out);
  ASSERT_FALSE(report.isFaulted) << findings(report);
  std::vector<uint8_t> after = runner.download<uint8_t>(memory, cells.size());
  std::vector<uint64_t> results = runner.download<uint64_t>(out, in.size());
  for (size_t i = 0; i < forms.size(); ++i)
    for (unsigned thread = 0; thread < Threads; ++thread) {
      const Form &form = forms[i];
      unsigned bits = form.bits();
      uint64_t mask = ~uint64_t(0) >> (64 - bits);
      for (unsigned k = 0; k < CellBytes * 8 / bits; ++k) {
        size_t offset = (i * Threads + thread) * CellBytes + k * bits / 8;
        uint64_t old = load(&cells[offset], bits), expected = old;
        auto operand = [&](unsigned number) {
          return in[(i * MostOperands + number) * Threads + thread] & mask;
        };
        if (k < form.elements()) {
          expected = model(form, old, operand(k),
                           form.operation == "cas" ? operand(1) : 0);
          if (!form.results.empty())
            EXPECT_EQ(results[(i * MostOperands + k) * Threads + thread] & mask,
                      old)
                << form.text << ", old, thread " << thread;
        }
        ASSERT_EQ(load(&after[offset], bits), expected & mask)
            << form.text << ", width " << width << ", thread " << thread
            << ", element " << k << ", of " << old;
      }
    }
}

class AtomicForms : public ::testing::TestWithParam<unsigned> {};

TEST_P(AtomicForms, DoWhatTheManualSays) {
  for (ptx::Opcode opcode : {ptx::Opcode::Atom, ptx::Opcode::Red}) {
    std::vector<Form> forms;
    size_t count = 0, number = 0;
    auto check = [&] {
      checkForms(forms, GetParam());
      count += forms.size();
      forms.clear();
    };
    for (const std::string &text : ptx::formTexts(opcode)) {
      // Vectors take long to compile: every third form.
      bool isLeftOut = GetParam() > 1 && number++ % 3;
      if (isLeftOut || text.find("b128") != std::string::npos)
        continue;
      forms.emplace_back(text);
      if (forms.size() == FormsOfKernel)
        check();
    }
    check();
    EXPECT_GT(count, 100u);
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, AtomicForms, ::testing::Values(1u, 32u));

} // namespace
} // namespace weft::cusim
