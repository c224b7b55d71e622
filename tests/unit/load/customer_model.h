// What an import does to customers, said once more with plain maps: the model that load is held to.
// Shares no code with services/load. Knows what the design says about matching, policies and rows
// that meet each other; keeps no journal, no index and no database.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sluice::load {

inline constexpr size_t kModelFields = 6;
// custom.level, counted as a field behind the others.
inline constexpr size_t kModelLevel = kModelFields;

enum class ModelOutcome { kAdded, kUpdated, kUnchanged, kSkipped, kReview };
enum class ModelPolicy { kUpdate, kFill, kSkip, kCreate };
enum class ModelWrite { kOverwrite, kFill, kNever };
enum class ModelInFile { kMerge, kFirst, kLast };

// Empty text = blank.
struct ModelRow {
  std::array<std::string, kModelFields> fields;
  // JSON tokens by key; `unreadable` holds the text instead when it is no JSON object.
  std::map<std::string, std::string> custom;
  std::string unreadable;

  std::string CustomText() const;
  friend bool operator==(const ModelRow&, const ModelRow&) = default;
};

struct ModelRecord {
  uint64_t ordinal = 0;
  uint64_t row = 0;
  std::array<std::string, kModelFields> fields;
  // custom.level, as text.
  std::string level;
  // Fields whose blank cells clear, ascending.
  std::set<size_t> cleared;
};

struct ModelPlan {
  uint64_t sequence = 0;
  std::vector<std::vector<size_t>> rules;
  ModelPolicy policy = ModelPolicy::kUpdate;
  ModelInFile in_file = ModelInFile::kMerge;
  std::optional<size_t> unique;
  std::array<ModelWrite, kModelFields + 1> write{};
};

using ModelRows = std::map<int64_t, ModelRow>;

// One import over the rows of a sink. Thread-compatible. Copyable, so that a batch can be undone.
class ModelImport {
 public:
  // `history`: the largest id any import has ever given, for ids that are taken.
  ModelImport(ModelPlan plan, ModelRows rows, int64_t history)
      : plan_(std::move(plan)), rows_(std::move(rows)), history_(history) {}

  void Load(const ModelRecord& record);

  const ModelRows& rows() const { return rows_; }
  int64_t history() const { return history_; }
  // Outcome and code by ordinal.
  const std::map<uint64_t, std::pair<ModelOutcome, std::string>>& outcomes() const {
    return outcomes_;
  }
  int64_t conflicts() const { return conflicts_; }

 private:
  // What the import knows of a row it has met.
  struct Acquaintance {
    uint64_t ordinal = 0;
    ModelOutcome outcome = ModelOutcome::kAdded;
    std::array<std::string, kModelFields> given;
    std::string given_level;
    ModelRow original;
  };

  // The stricter of the import's policy and the field's.
  ModelWrite PolicyOf(size_t field) const;
  bool MayWrite(size_t field, bool was_blank) const;
  bool Complete(const std::vector<size_t>& rule,
                const std::array<std::string, kModelFields>& fields) const;
  bool ToldApart(size_t rule, const std::array<std::string, kModelFields>& fields,
                 const ModelRow& row) const;
  std::vector<int64_t> Match(const ModelRecord& record) const;
  // A stronger rule has lost a field.
  bool ToldApartNoMore(size_t rule, const ModelRow& before, const ModelRow& after) const;
  bool TakesAKey(int64_t id, const ModelRow& before, const ModelRow& after) const;
  void Create(const ModelRecord& record);
  void MeetFirst(int64_t id, const ModelRecord& record);
  void MeetAgain(int64_t id, const ModelRecord& record);
  // False when the row would take a key; then the record is in review.
  bool Write(int64_t id, const ModelRow& after, const ModelRecord& record);

  const ModelPlan plan_;
  ModelRows rows_;
  int64_t history_ = 0;
  std::map<int64_t, Acquaintance> met_;
  std::set<int64_t> created_;
  std::map<uint64_t, std::pair<ModelOutcome, std::string>> outcomes_;
  int64_t conflicts_ = 0;
};

}  // namespace sluice::load
