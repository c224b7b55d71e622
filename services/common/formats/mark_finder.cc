#include "common/formats/mark_finder.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sluice::formats {
namespace {

// What lies past the end is not the file's.
void ClearPastEnd(size_t size, uint64_t* marks) {
  if (size % 64 != 0) marks[size / 64] &= (uint64_t{1} << (size % 64)) - 1;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void FindMarksAvx2(const char* text, size_t size, char delimiter,
                                                   char quote, uint64_t* marks) {
  const __m256i delimiters = _mm256_set1_epi8(delimiter);
  const __m256i quotes = _mm256_set1_epi8(quote);
  const __m256i feeds = _mm256_set1_epi8('\n');
  const __m256i returns = _mm256_set1_epi8('\r');
  for (size_t at = 0; at < size; at += 64) {
    uint64_t bits = 0;
    for (size_t half = 0; half < 2; ++half) {
      const __m256i bytes =
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at + 32 * half));
      const __m256i hit = _mm256_or_si256(
          _mm256_or_si256(_mm256_cmpeq_epi8(bytes, delimiters), _mm256_cmpeq_epi8(bytes, quotes)),
          _mm256_or_si256(_mm256_cmpeq_epi8(bytes, feeds), _mm256_cmpeq_epi8(bytes, returns)));
      bits |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(hit)))
              << (32 * half);
    }
    marks[at / 64] = bits;
  }
}

void FindMarksSse2(const char* text, size_t size, char delimiter, char quote, uint64_t* marks) {
  const __m128i delimiters = _mm_set1_epi8(delimiter);
  const __m128i quotes = _mm_set1_epi8(quote);
  const __m128i feeds = _mm_set1_epi8('\n');
  const __m128i returns = _mm_set1_epi8('\r');
  for (size_t at = 0; at < size; at += 64) {
    uint64_t bits = 0;
    for (size_t part = 0; part < 4; ++part) {
      const __m128i bytes =
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at + 16 * part));
      const __m128i hit = _mm_or_si128(
          _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiters), _mm_cmpeq_epi8(bytes, quotes)),
          _mm_or_si128(_mm_cmpeq_epi8(bytes, feeds), _mm_cmpeq_epi8(bytes, returns)));
      bits |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(hit))) << (16 * part);
    }
    marks[at / 64] = bits;
  }
}
#endif

}  // namespace

void FindMarksScalar(const char* text, size_t size, char delimiter, char quote, uint64_t* marks) {
  for (size_t word = 0; word < (size + 63) / 64; ++word) marks[word] = 0;
  for (size_t i = 0; i < size; ++i) {
    const char c = text[i];
    const bool mark = c == delimiter || c == quote || c == '\n' || c == '\r';
    marks[i / 64] |= static_cast<uint64_t>(mark) << (i % 64);
  }
}

void FindMarks(const char* text, size_t size, char delimiter, char quote, uint64_t* marks) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    FindMarksAvx2(text, size, delimiter, quote, marks);
  } else {
    FindMarksSse2(text, size, delimiter, quote, marks);
  }
  ClearPastEnd(size, marks);
#else
  FindMarksScalar(text, size, delimiter, quote, marks);
#endif
}

}  // namespace sluice::formats
