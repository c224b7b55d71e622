// The text of an XML part as UTF-8, whatever its encoding: by byte order mark, by the zero bytes of
// UTF-16, else by the encoding its XML declaration names (UTF-8 without one).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/spreadsheet/byte_stream.h"

struct UConverter;

namespace sluice::spreadsheet {

// Takes the byte order mark off. UTF-8 passes as it is, valid or not; what is not of another
// encoding is refused as corrupt, and so is an encoding nobody knows. Thread-compatible.
class Utf8Stream : public ByteStream {
 public:
  explicit Utf8Stream(std::unique_ptr<ByteStream> bytes);
  ~Utf8Stream() override;

  absl::StatusOr<size_t> Read(char* buffer, size_t count) override;

 private:
  // Reads the beginning and decides.
  absl::Status Start();
  absl::Status OpenConverter(const char* encoding);
  absl::StatusOr<size_t> Convert(char* buffer, size_t count);

  const std::unique_ptr<ByteStream> bytes_;
  bool started_ = false;
  UConverter* converter_ = nullptr;
  // Bytes that were read and not given.
  std::vector<char> head_;
  size_t head_at_ = 0;
  // Converted text that was not given.
  std::vector<char16_t> units_;
  std::string text_;
  size_t text_at_ = 0;
  bool ended_ = false;
};

}  // namespace sluice::spreadsheet
