//===- ArtifactFolderTest.cpp - A folder that appears whole or not at all -===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/ArtifactFolder.h"
#include "weft/artifact.pb.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace weft;
namespace fs = std::filesystem;

namespace {

class ArtifactFolderTest : public testing::Test {
protected:
  void SetUp() override {
    root = fs::temp_directory_path() /
           ("weft-artifact-folder-" + std::to_string(getpid()));
    fs::create_directory(root);
    target = root / "model.weft";
  }
  void TearDown() override { fs::remove_all(root); }

  static void write(const fs::path &path, const std::string &text) {
    std::ofstream(path) << text;
  }

  /// What writeArtifact leaves, as far as a later run looks at it.
  static void writeManifest(const fs::path &folder, std::string version) {
    artifact::Manifest manifest;
    manifest.set_format_version(1);
    manifest.set_tool_version(std::move(version));
    write(folder / "manifest.pb", manifest.SerializeAsString());
    write(folder / "manifest.sha256", "");
  }

  size_t countEntries() const {
    return std::distance(fs::directory_iterator(root),
                         fs::directory_iterator());
  }

  fs::path root, target;
};

TEST_F(ArtifactFolderTest, AppearsAtCommit) {
  auto folder = ArtifactFolder::create(target.string() + "/");
  ASSERT_TRUE(folder.isOk()) << folder.message();
  write(fs::path(folder->path()) / "a", "1");
  EXPECT_FALSE(fs::exists(target));
  ASSERT_TRUE(folder->commit().isOk());
  EXPECT_TRUE(fs::exists(target / "a"));
  EXPECT_EQ(countEntries(), 1u);
}

TEST_F(ArtifactFolderTest, IsRemovedWithoutCommit) {
  {
    auto folder = ArtifactFolder::create(target);
  }
  EXPECT_EQ(countEntries(), 0u);
}

TEST_F(ArtifactFolderTest, ReplacesAnArtifact) {
  fs::create_directory(target);
  writeManifest(target, "1");
  write(target / "old", "");
  auto folder = ArtifactFolder::create(target);
  ASSERT_TRUE(folder.isOk()) << folder.message();
  writeManifest(folder->path(), "2");
  ASSERT_TRUE(folder->commit().isOk());
  EXPECT_FALSE(fs::exists(target / "old"));
  EXPECT_EQ(countEntries(), 1u);
}

TEST_F(ArtifactFolderTest, RefusesWhatIsNoArtifact) {
  auto refuses = [&] {
    auto folder = ArtifactFolder::create(target);
    return !folder.isOk() &&
           folder.message().find("is not an artifact") != std::string::npos;
  };
  fs::create_directory(target);
  EXPECT_TRUE(refuses()) << "an empty folder";
  write(target / "manifest.pb", "not a manifest");
  write(target / "manifest.sha256", "");
  EXPECT_TRUE(refuses()) << "a folder with a foreign manifest";
  fs::remove_all(target);
  write(target, "precious");
  EXPECT_TRUE(refuses()) << "a file";
  fs::remove(target);
  fs::path elsewhere = root / "elsewhere";
  fs::create_directory(elsewhere);
  writeManifest(elsewhere, "1");
  fs::create_directory_symlink(elsewhere, target);
  EXPECT_TRUE(refuses()) << "a link to an artifact";
  fs::remove(target);
  fs::create_symlink("nowhere", target);
  EXPECT_TRUE(refuses()) << "a link to nothing";
}

TEST_F(ArtifactFolderTest, RefusesAParentThatIsNotThere) {
  auto folder = ArtifactFolder::create(root / "missing" / "model.weft");
  ASSERT_FALSE(folder.isOk());
  EXPECT_THAT(folder.message(), testing::HasSubstr("cannot create folder"));
}

TEST_F(ArtifactFolderTest, RemovesWhatADeadProcessLeft) {
  fs::path leftover = root / ".model.weft.tmp.4194305";
  fs::create_directories(leftover / "weights");
  write(leftover / "weights" / "common.safetensors", "half");
  fs::path foreign = root / ".model.weft.tmp.notes";
  fs::create_directory(foreign);
  auto folder = ArtifactFolder::create(target);
  ASSERT_TRUE(folder.isOk());
  EXPECT_FALSE(fs::exists(leftover));
  EXPECT_TRUE(fs::exists(foreign));
  // Its own folder is locked: a second run leaves it alone.
  EXPECT_FALSE(ArtifactFolder::create(target).isOk());
  EXPECT_TRUE(fs::exists(folder->path()));
}

TEST_F(ArtifactFolderTest, IsRemovedBySignals) {
  for (int signal : {SIGINT, SIGTERM}) {
    pid_t child = fork();
    if (child == 0) {
      auto folder = ArtifactFolder::create(target);
      fs::create_directory(fs::path(folder->path()) / "weights");
      write(fs::path(folder->path()) / "weights" / "w", "half");
      std::raise(signal);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    EXPECT_EQ(countEntries(), 0u);
  }
}

} // namespace
