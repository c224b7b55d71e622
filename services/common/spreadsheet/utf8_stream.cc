#include "common/spreadsheet/utf8_stream.h"

#include <unicode/ucnv.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "common/base/status.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

constexpr size_t kBlock = 64 * 1024;
// An XML declaration is shorter.
constexpr size_t kDeclaration = 256;

bool EqualsIgnoringCase(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

// The encoding an XML declaration names, or empty.
std::string_view DeclaredEncoding(std::string_view head) {
  if (!head.starts_with("<?xml")) return {};
  const size_t end = head.find("?>");
  if (end == std::string_view::npos) return {};
  head = head.substr(0, end);
  size_t at = head.find("encoding");
  if (at == std::string_view::npos) return {};
  at = head.find_first_of("\"'", at);
  if (at == std::string_view::npos) return {};
  const size_t close = head.find(head[at], at + 1);
  return close == std::string_view::npos ? std::string_view() : head.substr(at + 1, close - at - 1);
}

}  // namespace

Utf8Stream::Utf8Stream(std::unique_ptr<ByteStream> bytes) : bytes_(std::move(bytes)) {}

Utf8Stream::~Utf8Stream() {
  if (converter_ != nullptr) ucnv_close(converter_);
}

absl::Status Utf8Stream::OpenConverter(const char* encoding) {
  UErrorCode error = U_ZERO_ERROR;
  converter_ = ucnv_open(encoding, &error);
  if (U_FAILURE(error)) {
    converter_ = nullptr;
    return Refuse(Refusal::kCorrupt, "an XML part names an encoding that nobody knows");
  }
  ucnv_setToUCallBack(converter_, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  // No encoding gives more units than it takes bytes: the block is never cut inside a character.
  units_.resize(kBlock + 64);
  return absl::OkStatus();
}

absl::Status Utf8Stream::Start() {
  started_ = true;
  head_.resize(kDeclaration);
  size_t filled = 0;
  while (filled < head_.size()) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got,
                            bytes_->Read(head_.data() + filled, head_.size() - filled));
    if (got == 0) break;
    filled += got;
  }
  head_.resize(filled);
  const std::string_view head(head_.data(), head_.size());
  if (head.starts_with("\xEF\xBB\xBF")) {
    head_at_ = 3;
    return absl::OkStatus();
  }
  if (head.starts_with("\xFF\xFE") || head.starts_with(std::string_view("<\0", 2))) {
    head_at_ = head[0] == '<' ? 0 : 2;
    return OpenConverter("UTF-16LE");
  }
  if (head.starts_with("\xFE\xFF") || head.starts_with(std::string_view("\0<", 2))) {
    head_at_ = head[0] == '\0' ? 0 : 2;
    return OpenConverter("UTF-16BE");
  }
  const std::string name(DeclaredEncoding(head));
  // UTF-16 without its zero bytes is a declaration that was not kept when the text was converted.
  if (name.empty() || EqualsIgnoringCase(name, "utf-8") || EqualsIgnoringCase(name, "us-ascii") ||
      EqualsIgnoringCase(name, "utf8") || EqualsIgnoringCase(name, "utf-16")) {
    return absl::OkStatus();
  }
  return OpenConverter(name.c_str());
}

absl::StatusOr<size_t> Utf8Stream::Read(char* buffer, size_t count) {
  if (!started_) SLUICE_RETURN_IF_ERROR(Start());
  if (converter_ != nullptr) return Convert(buffer, count);
  if (head_at_ < head_.size()) {
    const size_t given = std::min(count, head_.size() - head_at_);
    std::memcpy(buffer, head_.data() + head_at_, given);
    head_at_ += given;
    return given;
  }
  return bytes_->Read(buffer, count);
}

absl::StatusOr<size_t> Utf8Stream::Convert(char* buffer, size_t count) {
  while (text_at_ == text_.size()) {
    if (ended_) return 0;
    if (head_at_ == head_.size()) {
      head_.resize(kBlock);
      head_at_ = 0;
      SLUICE_ASSIGN_OR_RETURN(const size_t got, bytes_->Read(head_.data(), head_.size()));
      head_.resize(got);
      ended_ = got == 0;
    }
    UErrorCode error = U_ZERO_ERROR;
    const char* source = head_.data() + head_at_;
    UChar* target = units_.data();
    ucnv_toUnicode(converter_, &target, units_.data() + units_.size(), &source,
                   head_.data() + head_.size(), nullptr, ended_ ? 1 : 0, &error);
    if (U_FAILURE(error)) {
      return Refuse(Refusal::kCorrupt, "an XML part holds bytes that are not of its encoding");
    }
    head_at_ = static_cast<size_t>(source - head_.data());
    const auto length = static_cast<int32_t>(target - units_.data());
    text_.resize(static_cast<size_t>(length) * 3);
    int32_t written = 0;
    error = U_ZERO_ERROR;
    u_strToUTF8WithSub(text_.data(), static_cast<int32_t>(text_.size()), &written, units_.data(),
                       length, 0xFFFD, nullptr, &error);
    text_.resize(static_cast<size_t>(written));
    text_at_ = 0;
  }
  const size_t given = std::min(count, text_.size() - text_at_);
  std::memcpy(buffer, text_.data() + text_at_, given);
  text_at_ += given;
  return given;
}

}  // namespace sluice::spreadsheet
