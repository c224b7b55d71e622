// Profile files: whatever the text, a request to save or a message that says where; and what is
// written of a profile is read as the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/base/status.h"
#include "control/profile_file.h"

namespace sluice::control {
namespace {

void Fuzz(std::string_view text) {
  const auto request = ParseProfile(text, "fuzz.yaml");
  if (!request.ok()) {
    SLUICE_CHECK(absl::IsInvalidArgument(request.status()), "not a fault of the file");
    SLUICE_CHECK(base::Message(request.status()).starts_with("fuzz.yaml"), "does not say where");
    return;
  }
  controlpb::Profile profile;
  profile.set_name(request->name());
  profile.set_mapping(request->mapping());
  *profile.mutable_columns() = request->columns();
  const auto again = ParseProfile(FormatProfile(profile), "fuzz.yaml");
  SLUICE_CHECK(again.ok(), "what was written is not read");
  SLUICE_CHECK(again->name() == profile.name(), "another name");
  SLUICE_CHECK(again->mapping() == profile.mapping(), "another mapping");
  SLUICE_CHECK(again->columns_size() == profile.columns_size(), "other columns");
  for (int i = 0; i < profile.columns_size(); ++i) {
    SLUICE_CHECK(again->columns(i) == profile.columns(i), "another column");
  }
}

}  // namespace
}  // namespace sluice::control

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::control::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
