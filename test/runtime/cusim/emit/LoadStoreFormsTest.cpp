//===- LoadStoreFormsTest.cpp - Loads and stores of every type and space --===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Patterns go through memory and come back cut and extended as their type says,
// at both widths; what lies behind them is left alone.

#include "test/runtime/cusim/emit/Runner.h"

#include <gtest/gtest.h>
#include <random>

namespace weft::cusim {
namespace {

constexpr unsigned Threads = 40; // a full warp and one of eight lanes
constexpr uint64_t Behind = 0x1122334455667788;

struct Form {
  std::string space, type;
  unsigned count;
  unsigned bits() const { return unsigned(std::stoi(type.substr(1))); }
  bool isFloat() const { return type[0] == 'f'; }
};

std::vector<Form> allForms(const std::string &space) {
  std::vector<Form> forms;
  for (const char *type : {"b8", "b16", "b32", "b64", "u8", "u16", "u32", "u64",
                           "s8", "s16", "s32", "s64", "f32", "f64"})
    for (unsigned count : {1u, 2u, 4u})
      if (Form form{space, type, count}; form.bits() * count <= 128)
        forms.push_back(form);
  return forms;
}

/// How strong the accesses are; local memory knows no others than weak ones.
const std::pair<const char *, const char *> Orders[] = {
    {"", ""},
    {".weak", ".weak"},
    {".volatile", ".volatile"},
    {".relaxed.sys", ".relaxed.cta"},
    {".acquire.gpu", ".release.cluster"},
};

std::string kernelOf(const std::vector<Form> &forms) {
  std::string text =
      ".version 8.5\n.target sm_90\n.address_size 64\n.visible .entry k("
      ".param .u64 cells, .param .u64 in, .param .u64 out) {\n"
      ".reg .b64 %cell, %in, %out, %v<4>, %w<4>;\n.reg .b32 %thread, %f<8>;\n"
      ".reg .f64 %g<8>;\n.shared .align 32 .b8 shared[1280];\n"
      ".local .align 32 .b8 own[32];\nmov.u32 %thread, %tid.x;\n"
      "ld.param.u64 %cell, [cells];\nld.param.u64 %in, [in];\n"
      "ld.param.u64 %out, [out];\nmad.wide.u32 %in, %thread, 32, %in;\n"
      "mad.wide.u32 %out, %thread, 8, %out;\n";
  if (forms[0].space == ".shared")
    text += "mov.u64 %cell, shared;\n";
  if (forms[0].space == ".local")
    text += "mov.u64 %cell, own;\n";
  else
    text += "mad.wide.u32 %cell, %thread, 32, %cell;\n";
  for (size_t i = 0; i < forms.size(); ++i) {
    const Form &form = forms[i];
    auto [load, store] =
        Orders[form.space == ".local" ? i % 2 : i % std::size(Orders)];
    const char *bank = !form.isFloat() ? "%v" : form.bits() == 32 ? "%f" : "%g";
    std::string access = form.isFloat() ? form.type : "b64";
    std::string words = form.count > 1 ? ".v" + std::to_string(form.count) : "";
    auto list = [&](unsigned first) {
      std::string names;
      for (unsigned k = 0; k < form.count; ++k)
        names +=
            (k ? ", " : "") + std::string(bank) + std::to_string(first + k);
      return form.count > 1 ? "{" + names + "}" : names;
    };
    for (unsigned k = 0; k < form.count; ++k)
      text += "ld.global." + access + " " + bank + std::to_string(k) +
              ", [%in+" + std::to_string(8 * k) + "];\n";
    for (unsigned half : {0u, 8u, 16u, 24u})
      text += "st" + form.space + ".u64 [%cell+" + std::to_string(half) +
              "], " + std::to_string(Behind) + ";\n";
    text += "st" + std::string(store) + form.space + words + "." + form.type +
            " [%cell], " + list(0) + ";\nld" + load + form.space + words + "." +
            form.type + " " + list(0) + ", [%cell];\n";
    text += "ld" + form.space + ".u64 %w0, [%cell+16];\n";
    auto out = [&](unsigned number) {
      return "[%out+" + std::to_string((i * 5 + number) * Threads * 8) + "], ";
    };
    for (unsigned k = 0; k < form.count; ++k)
      text += "st.global." + access + " " + out(k) + bank + std::to_string(k) +
              ";\n";
    text += "st.global.u64 " + out(4) + "%w0;\n";
  }
  return text + "ret;\n}\n";
}

class LoadStoreForms : public ::testing::TestWithParam<unsigned> {};

TEST_P(LoadStoreForms, KeepExtendAndCut) {
  std::mt19937_64 random(1);
  std::vector<uint64_t> in(4 * Threads);
  for (uint64_t &value : in)
    value = random();
  for (const char *space : {".global", ".shared", ".local", ""}) {
    std::vector<Form> forms = allForms(space);
    CompileOptions options;
    options.width = GetParam();
    Runner runner(kernelOf(forms), options);
    ASSERT_EQ(runner.error, "");
    uint64_t cells = runner.upload(std::vector<uint64_t>(4 * Threads));
    uint64_t out =
        runner.upload(std::vector<uint64_t>(forms.size() * 5 * Threads));
    LaunchReport report =
        runner.launch("k", 1, Threads, 0, cells, runner.upload(in), out);
    ASSERT_FALSE(report.isFaulted) << findings(report);
    std::vector<uint64_t> results =
        runner.download<uint64_t>(out, forms.size() * 5 * Threads);
    for (size_t i = 0; i < forms.size(); ++i)
      for (unsigned thread = 0; thread < Threads; ++thread) {
        const Form &form = forms[i];
        std::string place = form.space + "." + form.type + ", of " +
                            std::to_string(form.count) + ", thread " +
                            std::to_string(thread);
        unsigned cut = 64 - form.bits();
        for (unsigned k = 0; k < form.count; ++k) {
          uint64_t value = in[4 * thread + k] << cut;
          value = form.type[0] == 's' ? uint64_t(int64_t(value) >> cut)
                                      : value >> cut;
          EXPECT_EQ(results[(i * 5 + k) * Threads + thread], value) << place;
        }
        EXPECT_EQ(results[(i * 5 + 4) * Threads + thread], Behind) << place;
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, LoadStoreForms, ::testing::Values(1u, 32u));

} // namespace
} // namespace weft::cusim
