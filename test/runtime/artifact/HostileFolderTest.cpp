//===- HostileFolderTest.cpp - Damaged and hostile artifact folders -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forgery.h"
#include "runtime/base/Sha256.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

using namespace weft;
using namespace weft::test;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

class HostileFolder : public testing::Test {
protected:
  TemporaryFolder folder, outside;
  artifact::Manifest manifest = writeEncoder(folder.path());

  void expectError(const char *message) {
    Status status = loadAndRun(folder.path());
    expectOneSentence(status);
    if (!status)
      EXPECT_THAT(status.message(), HasSubstr(message));
  }

  /// manifest.pb of any bytes, with the right hash.
  void writeManifestBytes(const std::string &bytes) {
    writeText(folder.file("manifest.pb"), bytes);
    Sha256 hash =
        sha256({reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()});
    writeText(folder.file("manifest.sha256"), hexadecimal(hash) + "\n");
  }

  /// Another content of one of the files, with the right size and hash.
  void replaceFile(int index, const std::string &content) {
    artifact::Manifest changed = manifest;
    artifact::File &file = *changed.mutable_files(index);
    file.set_bytes(content.size());
    Sha256 hash = sha256(
        {reinterpret_cast<const uint8_t *>(content.data()), content.size()});
    file.set_sha256(hash.data(), hash.size());
    writeText(folder.file(file.path()), content);
    writeManifest(folder.path(), changed);
  }
};

TEST_F(HostileFolder, StartsSound) {
  Status status = loadAndRun(folder.path());
  EXPECT_TRUE(status.isOk()) << status.message();
}

TEST_F(HostileFolder, MissesFiles) {
  for (const char *name : {"manifest.pb", "manifest.sha256", "stage0.so",
                           "weights/common.safetensors"}) {
    fs::rename(folder.file(name), folder.file("away"));
    expectError(fs::path(name).filename().c_str());
    fs::rename(folder.file("away"), folder.file(name));
  }
  Status status = loadAndRun(folder.file("no.weft"));
  expectOneSentence(status);
  status = loadAndRun(folder.file("stage0.so"));
  expectOneSentence(status);
  status = loadAndRun("");
  expectOneSentence(status);
}

TEST_F(HostileFolder, HasTruncatedFiles) {
  for (const char *name : {"manifest.pb", "manifest.sha256", "stage0.so",
                           "weights/common.safetensors"}) {
    std::string content = readText(folder.file(name));
    for (size_t kept : {size_t(0), size_t(1), content.size() / 2,
                        content.size() - (name[9] == 's' ? 20 : 1)}) {
      writeText(folder.file(name), content.substr(0, kept));
      expectError("artifact '");
    }
    writeText(folder.file(name), content);
  }
}

TEST_F(HostileFolder, HasFlippedBitsInTheCode) {
  std::string content = readText(folder.file("stage0.so"));
  std::mt19937_64 random(1);
  for (int i = 0; i != 20; ++i) {
    std::string flipped = content;
    flipped[random() % content.size()] ^= char(1 << random() % 8);
    writeText(folder.file("stage0.so"), flipped);
    expectError("does not match its hash");
  }
}

TEST_F(HostileFolder, LeavesThroughLinks) {
  for (const char *name :
       {"manifest.pb", "stage0.so", "weights/common.safetensors"}) {
    fs::rename(folder.file(name), outside.file("stolen"));
    fs::create_symlink(outside.file("stolen"), folder.file(name));
    expectError("is a link that leaves its folder");
    fs::remove(folder.file(name));
    fs::rename(outside.file("stolen"), folder.file(name));
  }
  fs::rename(folder.file("weights"), outside.file("weights"));
  fs::create_directory_symlink(outside.file("weights"), folder.file("weights"));
  expectError("is a link that leaves its folder");
  fs::remove(folder.file("weights"));
  fs::create_directory_symlink(".", folder.file("weights"));
  expectError("cannot open");
  fs::remove(folder.file("weights"));
  fs::rename(outside.file("weights"), folder.file("weights"));
  // A link that stays inside is fine, and so is one to the whole artifact.
  fs::rename(folder.file("stage0.so"), folder.file("code.so"));
  fs::create_symlink("code.so", folder.file("stage0.so"));
  fs::create_directory_symlink(folder.path(), outside.file("model.weft"));
  Status status = loadAndRun(outside.file("model.weft"));
  EXPECT_TRUE(status.isOk()) << status.message();
  // A sibling whose name starts like the folder's is outside.
  fs::remove(folder.file("stage0.so"));
  std::string sibling = folder.path() + "2";
  fs::create_directory(sibling);
  fs::copy_file(folder.file("code.so"), sibling + "/stage0.so");
  fs::create_symlink(sibling + "/stage0.so", folder.file("stage0.so"));
  expectError("is a link that leaves its folder");
  fs::remove_all(sibling);
  fs::remove(folder.file("stage0.so"));
  fs::create_symlink("stage0.so", folder.file("stage0.so"));
  expectError("cannot open");
}

TEST_F(HostileFolder, HoldsPipesAndDevices) {
  for (const char *name : {"manifest.pb", "manifest.sha256", "stage0.so"}) {
    fs::rename(folder.file(name), outside.file("kept"));
    ASSERT_EQ(mkfifo(folder.file(name).c_str(), 0600), 0);
    expectError("is not a regular file");
    fs::remove(folder.file(name));
    fs::create_directory(folder.file(name));
    expectError("is not a regular file");
    fs::remove(folder.file(name));
    fs::rename(outside.file("kept"), folder.file(name));
  }
}

TEST_F(HostileFolder, HasAManifestCutAnywhere) {
  std::string bytes = manifest.SerializeAsString();
  for (size_t kept = 0; kept < bytes.size(); kept += 7) {
    writeManifestBytes(bytes.substr(0, kept));
    expectError("manifest");
  }
}

TEST_F(HostileFolder, HasAManifestWithFlippedBits) {
  std::string bytes = manifest.SerializeAsString();
  std::mt19937_64 random(2);
  int refused = 0;
  for (int i = 0; i != 600; ++i) {
    std::string flipped = bytes;
    for (uint64_t flips = 1 + random() % 3; flips != 0; --flips)
      flipped[random() % bytes.size()] ^= char(1 << random() % 8);
    writeManifestBytes(flipped);
    Status status = loadAndRun(folder.path());
    if (status)
      continue; // a name of a node, for example
    expectOneSentence(status);
    ++refused;
  }
  EXPECT_GT(refused, 400);
}

TEST_F(HostileFolder, HasAManifestOfNoise) {
  std::mt19937_64 random(3);
  for (int i = 0; i != 100; ++i) {
    std::string noise(random() % 300, 0);
    for (char &c : noise)
      c = static_cast<char>(random());
    writeManifestBytes(noise);
    expectError("manifest");
  }
  // Repeated messages of no bytes: objects are much larger than their text.
  std::string many;
  for (int i = 0; i != 100000; ++i)
    many += std::string("\x2a\x00", 2);
  writeManifestBytes(many);
  expectError("manifest");
  std::string deep;
  for (int i = 0; i != 3000; ++i)
    deep = "\x0a" + std::string(1, char(deep.size() & 0x7f)) + deep;
  writeManifestBytes(deep);
  expectError("manifest");
  writeManifestBytes(std::string((32 << 20) + 1, '\0'));
  expectError("expected at most 32 MiB");
}

TEST_F(HostileFolder, HasAHashThatIsNone) {
  for (const char *text : {"", "\n", "zz", "0", "manifest.pb"}) {
    writeText(folder.file("manifest.sha256"), text);
    expectError("does not match manifest.sha256");
  }
}

TEST_F(HostileFolder, HasCodeThatIsNone) {
  replaceFile(0, "");
  expectError("cannot be loaded");
  replaceFile(0, "#!/bin/sh\necho hello\n");
  expectError("cannot be loaded");
  replaceFile(0, kernelObject().substr(0, 64));
  expectError("cannot be loaded");
  replaceFile(0, std::string(100000, '\x7f'));
  expectError("cannot be loaded");
  // The same object without the names, or with another table.
  std::string code = kernelObject();
  auto renamed = [&](std::string from, std::string to) {
    std::string changed = code;
    for (size_t at = changed.find(from); at != changed.npos;
         at = changed.find(from, at))
      changed.replace(at, from.size(), to);
    return changed;
  };
  replaceFile(0, renamed("weft_kernel_table", "left_kernel_table"));
  expectError("holds no kernel table");
  replaceFile(0, renamed("4*s0*s2", "4*s0*s1"));
  expectError("differs from the manifest's");
}

TEST_F(HostileFolder, HasHostileWeights) {
  std::string weights = encoderWeights();
  std::mt19937_64 random(4);
  uint64_t headerBytes = 0;
  std::memcpy(&headerBytes, weights.data(), 8);
  for (int i = 0; i != 150; ++i) {
    std::string flipped = weights;
    // The part of the header that is no padding.
    flipped[random() % 300] ^= char(1 << random() % 8);
    replaceFile(1, flipped);
    Status status = loadAndRun(folder.path());
    if (!status)
      expectOneSentence(status);
  }
  for (size_t kept = 0; kept < weights.size(); kept += 97) {
    replaceFile(1, weights.substr(0, kept));
    expectError("safetensors");
  }
}

} // namespace
