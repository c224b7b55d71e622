#include "common/rpc/pem_file.h"

#include <fmt/format.h>

#include "common/base/byte_source.h"
#include "common/base/status.h"

namespace sluice::rpc {

absl::Status CheckPem(const std::string& path, std::string_view setting) {
  constexpr uint64_t kBytesMax = 1 << 20;
  const auto text = base::ReadSmallFile(path, kBytesMax);
  if (text.ok() && text->find("-----BEGIN ") != std::string::npos) return absl::OkStatus();
  return absl::InvalidArgumentError(
      text.ok() ? fmt::format("{}: {} is not PEM", setting, path)
                : fmt::format("{}: {}", setting, base::Message(text.status())));
}

}  // namespace sluice::rpc
