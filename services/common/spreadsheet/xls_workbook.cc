#include "common/spreadsheet/xls_workbook.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/status.h"
#include "common/spreadsheet/little_endian.h"
#include "common/spreadsheet/refusal.h"
#include "common/spreadsheet/xls_sheet.h"

namespace sluice::spreadsheet {
namespace {

constexpr uint16_t kVersion8 = 0x0600;
constexpr uint16_t kWorksheetStream = 0x0010;

// Character sets of fonts that stand for a code page ([MS-XLS] 2.5.122, [MS-WMF] 2.1.1.5): what is
// known of the text of a workbook that names no code page.
constexpr std::pair<uint8_t, uint32_t> kCharsets[] = {
    {0x80, 932},  {0x81, 949},  {0x82, 1361}, {0x86, 936},  {0x88, 950},
    {0xA1, 1253}, {0xA2, 1254}, {0xA3, 1258}, {0xB1, 1255}, {0xB2, 1256},
    {0xBA, 1257}, {0xCC, 1251}, {0xDE, 874},  {0xEE, 1250}};

// INDEX, CALCCOUNT, CALCMODE, DIMENSIONS, DEFAULTROWHEIGHT: with which a worksheet begins.
bool BeginsSheet(uint16_t type) {
  return type == 0x020B || type == 0x000C || type == 0x000D || type == 0x0200 || type == 0x0225;
}

// A workbook without a container.
class BareStream : public SeekableStream {
 public:
  explicit BareStream(std::unique_ptr<base::ByteSource> source) : source_(std::move(source)) {}
  void Seek(uint64_t offset) override { at_ = offset; }
  absl::StatusOr<size_t> Read(char* buffer, size_t count) override {
    if (at_ >= source_->size()) return size_t{0};
    SLUICE_RETURN_IF_ERROR(source_->Seek(at_));
    SLUICE_ASSIGN_OR_RETURN(const size_t got, source_->Read(buffer, count));
    at_ += got;
    return got;
  }

 private:
  const std::unique_ptr<base::ByteSource> source_;
  uint64_t at_ = 0;
};

absl::Status NoWorkbook(const CompoundFile& file) {
  if (file.Has("EncryptedPackage") || file.Has("EncryptionInfo")) {
    return Refuse(Refusal::kEncrypted, "it is protected by a password: save it without one");
  }
  if (file.Has("WordDocument")) {
    return Refuse(Refusal::kUnsupported, "it is a text document (.doc), not a workbook");
  }
  if (file.Has("PowerPoint Document")) {
    return Refuse(Refusal::kUnsupported, "it is a presentation (.ppt), not a workbook");
  }
  if (file.Has("VisioDocument")) {
    return Refuse(Refusal::kUnsupported, "it is a drawing (.vsd), not a workbook");
  }
  return Refuse(Refusal::kUnsupported, "the compound file holds no workbook of Excel");
}

absl::Status TooOld() {
  return Refuse(Refusal::kUnsupported,
                "it is a workbook of Excel 2, 3 or 4: open it in a newer one and save it as .xlsx");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Workbook>> XlsWorkbook::Open(
    std::unique_ptr<base::ByteSource> source, const Limits& limits) {
  std::unique_ptr<XlsWorkbook> workbook(new XlsWorkbook(limits));
  SLUICE_RETURN_IF_ERROR(workbook->OpenStream(std::move(source)));
  SLUICE_RETURN_IF_ERROR(workbook->ReadGlobals());
  return std::unique_ptr<Workbook>(std::move(workbook));
}

absl::Status XlsWorkbook::OpenStream(std::unique_ptr<base::ByteSource> source) {
  size_ = source->size();
  char first = 0;
  SLUICE_RETURN_IF_ERROR(source->Seek(0));
  SLUICE_RETURN_IF_ERROR(source->Read(&first, 1).status());
  if (first == '\x09') {
    records_ = std::make_unique<BiffRecords>(std::make_unique<BareStream>(std::move(source)));
    return absl::OkStatus();
  }
  SLUICE_ASSIGN_OR_RETURN(file_, CompoundFile::Open(std::move(source)));
  const std::string_view name = file_->Has("Workbook") ? "Workbook" : "Book";
  if (!file_->Has(name)) return NoWorkbook(*file_);
  SLUICE_ASSIGN_OR_RETURN(auto stream, file_->OpenStream(name));
  records_ = std::make_unique<BiffRecords>(std::move(stream));
  return absl::OkStatus();
}

absl::Status XlsWorkbook::ReadGlobals() {
  SLUICE_ASSIGN_OR_RETURN(bool more, records_->Next());
  if (!more) return Refuse(Refusal::kCorrupt, "the workbook is empty");
  if (records_->type() == 0x0009 || records_->type() == 0x0209 || records_->type() == 0x0409) {
    return TooOld();
  }
  if (records_->type() != biff::kBegin) {
    return Refuse(Refusal::kCorrupt, "the workbook does not begin as one");
  }
  unicode_ = U16(records_->data(), 0) >= kVersion8;
  if (U16(records_->data(), 2) == kWorksheetStream) {
    // A worksheet without a workbook around it.
    sheets_.push_back({"Sheet1", Visibility::kVisible});
    sheet_places_.push_back(0);
    return absl::OkStatus();
  }
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(more, records_->Next());
    if (!more || records_->type() == biff::kEnd) break;
    SLUICE_RETURN_IF_ERROR(ReadGlobal());
    if (formats_.styles() > limits_.formats || formats_.defined() > limits_.formats) {
      return Refuse(Refusal::kBomb, "it has more formats than real ones do");
    }
  }
  if (sheets_.empty()) return Refuse(Refusal::kNoTable, "the workbook has no worksheet");
  return absl::OkStatus();
}

absl::Status XlsWorkbook::ReadGlobal() {
  const std::string_view data = records_->data();
  switch (records_->type()) {
    case biff::kFilePass:
      return Refuse(Refusal::kEncrypted, "it is protected by a password: save it without one");
    case biff::kCodePage:
      code_page_.Set(U16(data, 0));
      code_page_known_ = true;
      return absl::OkStatus();
    case biff::kFont:
      TakeCharset(U8(data, 12));
      return absl::OkStatus();
    case biff::kDateMode:
      epoch_ = U16(data, 0) == 1 ? Epoch::k1904 : Epoch::k1900;
      return absl::OkStatus();
    case biff::kFormat:
      AddFormat();
      return absl::OkStatus();
    case biff::kStyle:
      formats_.AddStyle(U16(data, 2));
      return absl::OkStatus();
    case biff::kSheet:
      return AddSheet();
    case biff::kStrings:
      return ReadStrings();
    default:
      return absl::OkStatus();
  }
}

void XlsWorkbook::TakeCharset(uint8_t charset) {
  const auto found = std::find_if(std::begin(kCharsets), std::end(kCharsets),
                                  [&](const auto& known) { return known.first == charset; });
  if (code_page_known_ || found == std::end(kCharsets)) return;
  code_page_.Set(found->second);
  code_page_known_ = true;
}

void XlsWorkbook::AddFormat() {
  const uint32_t id = U16(records_->data(), 0);
  std::string code;
  if (unicode_) {
    const uint32_t length = U16(records_->data(), 2);
    BiffText(*records_, 4).ReadUnicode(length, code);
  } else {
    code_page_.Append(records_->data().substr(std::min<size_t>(3, records_->data().size()),
                                              U8(records_->data(), 2)),
                      code);
  }
  if (!code.empty()) formats_.Define(id, code);
}

absl::Status XlsWorkbook::AddSheet() {
  const std::string_view data = records_->data();
  const uint64_t place = U32(data, 0);
  const uint8_t kind = U8(data, 5);
  if (kind != 0) return absl::OkStatus();
  if (sheets_.size() >= limits_.entries) {
    return Refuse(Refusal::kBomb, "it has more sheets than real ones do");
  }
  SheetInfo sheet;
  const uint8_t state = U8(data, 4) & 3;
  if (state != 0) sheet.visibility = state == 1 ? Visibility::kHidden : Visibility::kVeryHidden;
  const uint32_t length = U8(data, 6);
  if (unicode_) {
    BiffText(*records_, 7).ReadUnicode(length, sheet.name);
  } else {
    code_page_.Append(data.substr(std::min<size_t>(7, data.size()), length), sheet.name);
  }
  sheets_.push_back(std::move(sheet));
  sheet_places_.push_back(place);
  return absl::OkStatus();
}

absl::Status XlsWorkbook::ReadStrings() {
  const uint32_t count = U32(records_->data(), 4);
  BiffText text(*records_, 8);
  std::string string;
  // The count is often wrong: what is there counts.
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t length = 0;
    if (!text.ReadNumber(2, length)) break;
    string.clear();
    const bool whole = text.ReadUnicode(length, string);
    if (!whole && string.empty()) break;
    SLUICE_RETURN_IF_ERROR(strings_.Add(string));
    if (!whole) break;
  }
  return text.status();
}

absl::StatusOr<std::unique_ptr<SheetReader>> XlsWorkbook::OpenSheet(size_t index) {
  records_->Seek(sheet_places_[index]);
  SLUICE_ASSIGN_OR_RETURN(const bool more, records_->Next());
  if (!more || (records_->type() != biff::kBegin && !BeginsSheet(records_->type()))) {
    return Refuse(Refusal::kCorrupt, "a worksheet is not where the workbook says");
  }
  // Some writers name the place behind its beginning.
  if (records_->type() != biff::kBegin) records_->Seek(sheet_places_[index]);
  XlsContext context{*records_,
                     formats_,
                     strings_,
                     code_page_,
                     epoch_,
                     unicode_,
                     limits_.given_free_bytes + limits_.given_ratio * size_};
  return std::make_unique<XlsSheet>(context);
}

}  // namespace sluice::spreadsheet
