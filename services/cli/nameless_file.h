// A file without a name: nobody else sees it, and it goes with the process, however that ends.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::cli {

// Thread-compatible.
class NamelessFile {
 public:
  static absl::StatusOr<std::unique_ptr<NamelessFile>> Make();
  ~NamelessFile();
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;

  // Appends; ResourceExhausted when the disk is full.
  absl::Status Write(std::string_view bytes);
  // By which this process opens it, as long as the object is there.
  const std::string& path() const { return path_; }

 private:
  explicit NamelessFile(int fd);

  const int fd_;
  const std::string path_;
};

}  // namespace sluice::cli
