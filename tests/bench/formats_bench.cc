// How fast files are read: bytes of the file and rows a second, on one core, from memory.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "common/formats/inspect.h"
#include "common/formats/open_rows.h"
#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

constexpr size_t kFileBytes = 32 << 20;

std::string Repeat(const std::string& header, const std::string& rows) {
  std::string text = header;
  while (text.size() < kFileBytes) text += rows;
  return text;
}

// Rows as customers send them, without quotes.
std::string ChineseCustomers() {
  return Repeat("客户编号,客户名称,联系人,联系电话,邮箱地址,地址,备注\n",
                "C000123,上海云帆科技有限公司,张伟,13800138000,zhangwei@example.com,"
                "上海市浦东新区世纪大道100号,老客户\n"
                "C000124,北京华夏贸易有限责任公司,李娜,13900139000,lina@example.cn,"
                "北京市朝阳区建国路88号,需要发票\n");
}

std::string EnglishCustomers() {
  return Repeat("id,name,contact,phone,email,address,note\n",
                "123,Acme Trading Ltd,Jane Doe,+16502530000,jane.doe@example.com,"
                "1600 Amphitheatre Parkway,returning customer\n"
                "124,Bolt and Sons,John Smith,+16502530001,john.smith@example.org,"
                "1 Infinite Loop,asks for an invoice\n");
}

std::string QuotedCustomers() {
  return Repeat("id,name,contact,phone,email,address,note\r\n",
                "\"123\",\"Acme Trading, Ltd\",\"Jane Doe\",\"+16502530000\","
                "\"jane.doe@example.com\",\"1600 Amphitheatre Parkway\",\"says \"\"hi\"\"\"\r\n"
                "\"124\",\"上海云帆科技有限公司\",\"张伟\",\"13800138000\",\"zw@example.org\","
                "\"上海市浦东新区\n世纪大道100号\",\"老客户\"\r\n");
}

std::string Narrow() {
  return Repeat("a,b,c,d\n", "1,2,3,4\n55,66,77,88\n");
}

void ReadFile(benchmark::State& state, const std::string& bytes, const SourceShape& shape) {
  uint64_t rows = 0;
  size_t cell_bytes = 0;
  for (auto _ : state) {
    auto reader = OpenRows(std::make_unique<base::MemoryByteSource>(bytes), shape);
    RowView row;
    while (*(*reader)->Next(row)) {
      ++rows;
      cell_bytes += row.cells.back().size();
    }
  }
  benchmark::DoNotOptimize(cell_bytes);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
  state.SetItemsProcessed(static_cast<int64_t>(rows));
}

void BM_CsvChinese(benchmark::State& state) {
  ReadFile(state, ChineseCustomers(), {});
}
void BM_CsvEnglish(benchmark::State& state) {
  ReadFile(state, EnglishCustomers(), {});
}
void BM_CsvQuoted(benchmark::State& state) {
  ReadFile(state, QuotedCustomers(), {});
}
void BM_CsvNarrow(benchmark::State& state) {
  ReadFile(state, Narrow(), {});
}

std::string Recoded(const std::string& text, const char* encoding) {
  std::string bytes;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', std::min(at + 100000, text.size() - 1)) + 1;
    bytes += Encode(std::string_view(text).substr(at, end - at), encoding);
    at = end;
  }
  return bytes;
}

void BM_CsvGb18030(benchmark::State& state) {
  ReadFile(state, Recoded(ChineseCustomers(), "gb18030"), {.encoding = Encoding::kGb18030});
}
void BM_CsvUtf16(benchmark::State& state) {
  ReadFile(state, Recoded(ChineseCustomers(), "utf-16le"), {.encoding = Encoding::kUtf16Le});
}

void BM_Ndjson(benchmark::State& state) {
  const std::string text =
      Repeat("",
             "{\"id\":\"C123\",\"name\":\"上海云帆科技有限公司\",\"phone\":\"13800138000\","
             "\"email\":\"zw@example.com\",\"level\":3,\"address\":{\"city\":\"上海\","
             "\"street\":\"世纪大道100号\"}}\n");
  ReadFile(
      state, text,
      {.format = Format::kNdjson,
       .columns = {"id", "name", "phone", "email", "level", "address.city", "address.street"}});
}

void BM_Inspect(benchmark::State& state) {
  const std::string text = ChineseCustomers();
  for (auto _ : state) {
    base::MemoryByteSource source(text);
    benchmark::DoNotOptimize(Inspect(source, "customers.csv"));
  }
}

BENCHMARK(BM_CsvChinese)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvEnglish)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvQuoted)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvNarrow)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvGb18030)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvUtf16)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Ndjson)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Inspect)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice::formats
