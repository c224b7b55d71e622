#include "common/spreadsheet/open_workbook.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "common/base/status.h"
#include "common/spreadsheet/ods_workbook.h"
#include "common/spreadsheet/ordered_workbook.h"
#include "common/spreadsheet/refusal.h"
#include "common/spreadsheet/xls_workbook.h"
#include "common/spreadsheet/xlsx_workbook.h"
#include "common/spreadsheet/zip_container.h"

namespace sluice::spreadsheet {
namespace {

absl::StatusOr<std::string> ReadHead(base::ByteSource& source) {
  std::string head(512, '\0');
  SLUICE_RETURN_IF_ERROR(source.Seek(0));
  size_t filled = 0;
  while (filled < head.size()) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got,
                            source.Read(head.data() + filled, head.size() - filled));
    if (got == 0) break;
    filled += got;
  }
  head.resize(filled);
  return head;
}

absl::StatusOr<std::unique_ptr<Workbook>> OpenByKind(std::unique_ptr<base::ByteSource> source,
                                                     const Limits& limits) {
  SLUICE_ASSIGN_OR_RETURN(const std::string head, ReadHead(*source));
  switch (ContainerOf(head)) {
    case ContainerKind::kZip: {
      SLUICE_ASSIGN_OR_RETURN(auto zip, ZipContainer::Open(std::move(source), limits));
      if (IsOpenDocument(*zip) && !zip->Has("xl/workbook.xml")) {
        return OdsWorkbook::Open(std::move(zip), limits);
      }
      return XlsxWorkbook::Open(std::move(zip), limits);
    }
    case ContainerKind::kCompound:
    case ContainerKind::kEarlyBiff:
      return XlsWorkbook::Open(std::move(source), limits);
    case ContainerKind::kNone:
      break;
  }
  return Refuse(Refusal::kUnsupported, "it is no workbook that can be read");
}

}  // namespace

ContainerKind ContainerOf(std::string_view head) {
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06")) return ContainerKind::kZip;
  if (head.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) return ContainerKind::kCompound;
  // A BOF record without a container: BIFF 2, 3, 4, and 5 in the bare.
  if (head.size() >= 4 && head[0] == '\x09' &&
      (head[2] == 4 || head[2] == 6 || head[2] == 8 || head[2] == 16) && head[3] == 0 &&
      (head[1] == 0 || head[1] == 2 || head[1] == 4 || head[1] == 8)) {
    return ContainerKind::kEarlyBiff;
  }
  return ContainerKind::kNone;
}

absl::StatusOr<std::unique_ptr<Workbook>> OpenWorkbook(std::unique_ptr<base::ByteSource> source,
                                                       const Limits& limits) {
  const uint64_t size = source->size();
  SLUICE_ASSIGN_OR_RETURN(auto workbook, OpenByKind(std::move(source), limits));
  return std::make_unique<OrderedWorkbook>(std::move(workbook), size);
}

absl::StatusOr<std::optional<size_t>> FindSheet(const std::vector<SheetInfo>& sheets,
                                                std::string_view wanted) {
  if (wanted.empty()) return std::optional<size_t>();
  for (size_t i = 0; i < sheets.size(); ++i) {
    if (sheets[i].name == wanted) return std::optional<size_t>(i);
  }
  size_t number = 0;
  const auto parsed = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == wanted.data() + wanted.size() && number >= 1 &&
      number <= sheets.size()) {
    return std::optional<size_t>(number - 1);
  }
  constexpr size_t kNamed = 20;
  std::string names;
  for (size_t i = 0; i < sheets.size() && i < kNamed; ++i) {
    names += fmt::format("{}{} {}", i == 0 ? "" : ", ", i + 1, sheets[i].name);
  }
  if (sheets.size() > kNamed) names += ", ...";
  return absl::InvalidArgumentError(
      fmt::format("there is no sheet '{}'; its sheets are: {}", wanted, names));
}

}  // namespace sluice::spreadsheet
