// A block: consecutive records of one partition under one RocksDB key.
//
//   version(1) = 1, count(varint), imports(varint), imports * {length(varint) bytes},
//   count * { kind and key flag(1): kind | 0x80 when a key follows; import(varint, index);
//             row(varint); [key(16)]; length(varint); value }
//
// The base offset is in the RocksDB key, so a block can be built before its offsets are known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/stream/record_batch.h"

namespace sluice::embedded {

// Collects records into blocks of bounded size. Thread-compatible.
class BlockBuilder {
 public:
  struct Block {
    std::string bytes;
    uint32_t count = 0;
  };

  void Add(const stream::RecordHeaders& headers, std::string_view key, std::string_view value);
  // The blocks so far; the builder is empty after.
  std::vector<Block> Finish();

 private:
  void Close();

  std::vector<Block> blocks_;
  std::string records_;
  uint32_t count_ = 0;
  std::vector<std::string> imports_;
};

// Appends the records of a block from offset `from` on to the batch, at most until its limits.
// False when the bytes are no block. The batch's records point into `bytes`.
bool ReadBlock(std::string_view bytes, uint64_t base_offset, uint64_t from, size_t records_max,
               stream::RecordBatch& batch);

// Number of records; 0 when the bytes are no block.
uint32_t BlockCount(std::string_view bytes);

}  // namespace sluice::embedded
