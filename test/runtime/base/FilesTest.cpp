//===- FilesTest.cpp - Files, hashes and traces ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/AtomicFile.h"
#include "runtime/base/MappedFile.h"
#include "runtime/base/Sha256.h"
#include "runtime/base/Trace.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace weft;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

std::span<const uint8_t> bytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

class Files : public testing::Test {
protected:
  std::string folder;
  void SetUp() override {
    std::string pattern =
        (fs::temp_directory_path() / "weft-test-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder); }

  void write(const std::string &name, std::string_view text) {
    std::ofstream(folder + "/" + name, std::ios::binary) << text;
  }
};

TEST(Sha256, KnowsTheStandardsExamples) {
  // FIPS 180-2, appendix B.
  EXPECT_EQ(hexadecimal(sha256(bytesOf("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hexadecimal(sha256(bytesOf(
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hexadecimal(sha256({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, TakesBytesInAnyParts) {
  // FIPS 180-2, appendix B.3.
  std::string text(1000000, 'a');
  for (size_t part : {1000000, 1, 63, 64, 65, 1000}) {
    Sha256Stream stream;
    for (size_t i = 0; i < text.size(); i += part)
      stream.update(bytesOf(std::string_view(text).substr(i, part)));
    EXPECT_EQ(
        hexadecimal(stream.finish()),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        << part;
  }
}

TEST_F(Files, MapsWholeFiles) {
  write("a", "hello");
  write("empty", "");
  StatusOr<MappedFile> file = MappedFile::open(folder + "/a");
  ASSERT_TRUE(file.isOk());
  EXPECT_EQ(file->bytes().size(), 5u);
  EXPECT_EQ(file->bytes()[4], 'o');
  MappedFile moved = std::move(*file);
  EXPECT_EQ(moved.bytes()[0], 'h');
  EXPECT_TRUE(MappedFile::open(folder + "/empty")->bytes().empty());
  EXPECT_THAT(MappedFile::open(folder).message(),
              HasSubstr("is not a regular file"));
  EXPECT_THAT(MappedFile::open(folder + "/none").message(),
              HasSubstr("cannot open"));
  EXPECT_THAT(MappedFile::open(folder + "/a\nb").message(), HasSubstr("a?b"));
}

TEST_F(Files, StaysInside) {
  fs::create_directory(folder + "/in");
  write("in/a", "hello");
  write("out", "secret");
  fs::create_symlink("../out", folder + "/in/link");
  fs::create_symlink("a", folder + "/in/good");
  EXPECT_TRUE(MappedFile::openInside(folder + "/in", "a").isOk());
  EXPECT_TRUE(MappedFile::openInside(folder + "/in", "good").isOk());
  EXPECT_THAT(MappedFile::openInside(folder + "/in", "link").message(),
              HasSubstr("leaves its folder"));
  for (const char *path : {"", "/", "/etc/passwd", "..", "../out", "a/..",
                           "./a", "a/", "//a", "a//b", "a\\b", "a\tb", "."})
    EXPECT_THAT(MappedFile::openInside(folder + "/in", path).message(),
                HasSubstr("is not a plain relative path"));
}

TEST_F(Files, AppearWholeOrNotAtAll) {
  std::string path = folder + "/file";
  ASSERT_TRUE(writeAtomically(path, {bytesOf("ab"), bytesOf("c")}).isOk());
  EXPECT_EQ(MappedFile::open(path)->bytes().size(), 3u);
  // What a killed run left is in nobody's way.
  write("file.partial", "half");
  ASSERT_TRUE(writeAtomically(path, {bytesOf("new!")}).isOk());
  EXPECT_EQ(MappedFile::open(path)->bytes().size(), 4u);
  EXPECT_FALSE(fs::exists(path + ".partial"));
  // Nor is a link there followed.
  write("victim", "safe");
  fs::create_symlink("victim", path + ".partial");
  ASSERT_TRUE(writeAtomically(path, {bytesOf("x")}).isOk());
  EXPECT_EQ(MappedFile::open(folder + "/victim")->bytes().size(), 4u);
  EXPECT_THAT(writeAtomically(folder + "/no/file", {}).message(),
              HasSubstr("cannot write"));
  fs::create_directory(folder + "/busy");
  write("busy/x", "");
  EXPECT_FALSE(writeAtomically(folder + "/busy", {bytesOf("x")}).isOk());
  EXPECT_FALSE(fs::exists(folder + "/busy.partial"));
}

TEST_F(Files, TraceIsJson) {
  Trace trace;
  auto start = Trace::Clock::now();
  using std::chrono::microseconds;
  trace.add({"gemm", "matmul", "layer/\"0\"\n\xff", "cpu:0",
             start + microseconds(5), start + microseconds(8), 24});
  trace.add({"add", "map", "n", "cpu:1", start, start + microseconds(1), 0});
  EXPECT_EQ(trace.size(), 2u);
  auto json = nlohmann::json::parse(trace.json());
  const auto &events = json["traceEvents"];
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0]["ph"], "M");
  EXPECT_EQ(events[1]["name"], "gemm");
  EXPECT_EQ(events[1]["cat"], "matmul");
  EXPECT_EQ(events[1]["ts"], 5.0);
  EXPECT_EQ(events[1]["dur"], 3.0);
  EXPECT_EQ(events[1]["args"]["flops"], 24.0);
  EXPECT_NE(events[1]["tid"], events[3]["tid"]);
  EXPECT_EQ(events[3]["ts"], 0.0);
  EXPECT_TRUE(trace.write(folder + "/trace.json").isOk());
  EXPECT_TRUE(nlohmann::json::parse(Trace().json())["traceEvents"].empty());
}

} // namespace
