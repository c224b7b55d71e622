#include "common/pipeline/result_parts.h"

#include <utility>

namespace sluice::pipeline {
namespace {

// Tag and length of a row or issue, at most.
constexpr size_t kFrameBytes = 6;

class Parts {
 public:
  Parts(const recordpb::StageResult& result, size_t bytes_max) : bytes_max_(bytes_max) {
    part_.set_import_id(result.import_id());
    part_.set_round(result.round());
    part_.set_stage(result.stage());
    part_.set_partition(result.partition());
    part_.set_position(result.position());
    // A reader tells by it whose result this is.
    if (result.has_undo()) part_.mutable_undo();
    part_.set_more(true);
  }

  void Add(recordpb::RowResult& row) {
    MakeRoom(row.ByteSizeLong());
    *part_.add_rows() = std::move(row);
  }
  void Add(recordpb::Issue& issue) {
    MakeRoom(issue.ByteSizeLong());
    *part_.add_issues() = std::move(issue);
  }
  // What is left of the result goes with the last rows and issues.
  std::vector<std::string> Finish(recordpb::StageResult& result) {
    result.mutable_rows()->Swap(part_.mutable_rows());
    result.mutable_issues()->Swap(part_.mutable_issues());
    result.set_part(part_.part());
    done_.push_back(result.SerializeAsString());
    return std::move(done_);
  }

 private:
  void MakeRoom(size_t bytes) {
    if (bytes_ > 0 && bytes_ + bytes + kFrameBytes > bytes_max_) {
      done_.push_back(part_.SerializeAsString());
      part_.clear_rows();
      part_.clear_issues();
      part_.set_part(part_.part() + 1);
      bytes_ = 0;
    }
    bytes_ += bytes + kFrameBytes;
  }

  const size_t bytes_max_;
  recordpb::StageResult part_;
  // Of its rows and issues.
  size_t bytes_ = 0;
  std::vector<std::string> done_;
};

}  // namespace

std::vector<std::string> SerializeInParts(recordpb::StageResult result, size_t bytes_max) {
  if (result.ByteSizeLong() <= bytes_max) return {result.SerializeAsString()};
  Parts parts(result, bytes_max);
  for (recordpb::RowResult& row : *result.mutable_rows()) parts.Add(row);
  for (recordpb::Issue& issue : *result.mutable_issues()) parts.Add(issue);
  result.clear_rows();
  result.clear_issues();
  return parts.Finish(result);
}

}  // namespace sluice::pipeline
