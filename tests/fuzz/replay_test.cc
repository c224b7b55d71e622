// Gives a fuzz target the files it is kept for; a target stops the process when a claim fails.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace sluice {
namespace {

constexpr std::string_view kSuffix = "_replay";

TEST(ReplayTest, EveryKeptInputHolds) {
  // The program is called after the target.
  std::string target = std::filesystem::read_symlink("/proc/self/exe").filename();
  ASSERT_TRUE(target.ends_with(kSuffix)) << target;
  target.resize(target.size() - kSuffix.size());
  const std::filesystem::path corpus =
      std::filesystem::path(SLUICE_SOURCE_DIR) / "tests/data/fuzz" / target;
  size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    SCOPED_TRACE(entry.path().filename());
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++inputs;
  }
  EXPECT_GT(inputs, 0u);
}

}  // namespace
}  // namespace sluice
