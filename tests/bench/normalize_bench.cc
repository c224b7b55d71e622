// What the normal forms cost: nanoseconds a row or a value, on one core.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>

#include "common/normalize/date.h"
#include "common/normalize/email.h"
#include "common/normalize/number.h"
#include "common/normalize/phone.h"
#include "common/normalize/text.h"

namespace sluice::normalize {
namespace {

// Name, contact, mobile, e-mail, address, note.
using Row = std::array<std::string_view, 6>;

constexpr std::array<Row, 4> kCleanRows = {
    Row{"上海云帆科技有限公司", "张伟", "13800138000", "zhangwei@example.com",
        "上海市浦东新区世纪大道100号", "老客户"},
    Row{"北京华夏贸易有限责任公司", "李娜", "13900139000", "lina@example.cn",
        "北京市朝阳区建国路88号", "需要发票"},
    Row{"Acme Trading Ltd", "Jane Doe", "13700137000", "jane.doe@example.com",
        "1600 Amphitheatre Parkway", "returning customer"},
    Row{"广州市天河区五金店", "王芳", "15800158000", "wf@example.com", "广州市天河区体育西路5号",
        ""},
};

// As people type: full-width brackets, blanks, placeholders.
constexpr std::array<Row, 4> kTypedRows = {
    Row{"云帆科技（上海）有限公司 ", "张 伟", "138 0013 8000", "ZhangWei@Example.com",
        "上海市　浦东新区世纪大道１００号", "无"},
    Row{" 北京华夏贸易有限责任公司", "李娜", "13900139000", "lina@example.cn",
        "北京市朝阳区建国路88号，3层", "需要发票"},
    Row{"Acme  Trading Ltd", "Jane Doe", "137-0013-7000", "jane.doe@example.com",
        "1600 Amphitheatre\tParkway", "N/A"},
    Row{"广州市天河区五金店", "王芳", "15800158000", "wf@example.com", "广州市天河区体育西路5号",
        "-"},
};

void NormalizeRows(benchmark::State& state, const std::array<Row, 4>& rows) {
  std::string buffer;
  size_t length = 0;
  for (auto _ : state) {
    for (const Row& row : rows) {
      for (const std::string_view cell : row) {
        length += NormalizeText(cell, TextKind::kLine, {}, buffer).value.size();
      }
    }
  }
  benchmark::DoNotOptimize(length);
  state.counters["per_row"] =
      benchmark::Counter(static_cast<double>(state.iterations() * rows.size()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_TextOfCleanRows(benchmark::State& state) {
  NormalizeRows(state, kCleanRows);
}
void BM_TextOfTypedRows(benchmark::State& state) {
  NormalizeRows(state, kTypedRows);
}

void BM_LongText(benchmark::State& state) {
  std::string note;
  for (int i = 0; i < 20; ++i) note += "客户来电，希望下周一（上午）送货。Call back.\n";
  note += "x";
  std::string buffer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(NormalizeText(note, TextKind::kLongText, {}, buffer));
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * note.size()));
}

void BM_EmailPlain(benchmark::State& state) {
  const EmailNormalizer emails;
  std::string buffer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(emails.Normalize("zhang.wei@mail.example.com", buffer));
  }
}

void BM_EmailFull(benchmark::State& state) {
  const EmailNormalizer emails;
  std::string buffer;
  for (auto _ : state) benchmark::DoNotOptimize(emails.Normalize("张伟@例子.中国", buffer));
}

void BM_PhoneMobile(benchmark::State& state) {
  PhoneNormalizer phones;
  std::string buffer;
  for (auto _ : state) benchmark::DoNotOptimize(phones.Normalize("138-0013-8000", buffer));
}

void BM_PhoneRemembered(benchmark::State& state) {
  PhoneNormalizer phones;
  std::string buffer;
  for (auto _ : state) benchmark::DoNotOptimize(phones.Normalize("010-62345678转801", buffer));
}

void BM_PhoneFull(benchmark::State& state) {
  PhoneNormalizer phones;
  std::string buffer;
  for (auto _ : state) benchmark::DoNotOptimize(phones.NormalizeFull("010-62345678", buffer));
}

void BM_Decimal(benchmark::State& state) {
  std::string buffer;
  for (auto _ : state) benchmark::DoNotOptimize(NormalizeDecimal("¥1,234.50", buffer));
}

void BM_Date(benchmark::State& state) {
  std::string buffer;
  for (auto _ : state) benchmark::DoNotOptimize(NormalizeDate("2024/1/5", buffer));
}

BENCHMARK(BM_TextOfCleanRows);
BENCHMARK(BM_TextOfTypedRows);
BENCHMARK(BM_LongText);
BENCHMARK(BM_EmailPlain);
BENCHMARK(BM_EmailFull);
BENCHMARK(BM_PhoneMobile);
BENCHMARK(BM_PhoneRemembered);
BENCHMARK(BM_PhoneFull);
BENCHMARK(BM_Decimal);
BENCHMARK(BM_Date);

}  // namespace
}  // namespace sluice::normalize
