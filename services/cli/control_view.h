// Control as a verb sees it that only looks: its database in the data directory, read-only while
// another process may work, or a running control that is asked over gRPC. Verbs show the same in
// both cases.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command_line.h"
#include "common/base/byte_source.h"
#include "control/control_store.h"

namespace sluice::cli {

// Thread-compatible. Unavailable when a running control does not answer.
class ControlView {
 public:
  virtual ~ControlView() = default;
  // Newest first.
  virtual absl::Status VisitImports(const control::ImportVisitor& visit) = 0;
  // The import that is meant by an id, a unique prefix of one, or "last".
  virtual absl::StatusOr<control::ImportRecord> FindImport(const std::string& given) = 0;
  // Stored rows and issues of an import, by its id, in the order they came.
  virtual absl::Status VisitResults(const std::string& id,
                                    const control::ControlStore::ResultVisitor& visit) = 0;
  virtual absl::StatusOr<std::unique_ptr<base::ByteSource>> OpenUpload(
      const std::string& sha256) = 0;
};

// Control's database in the data directory, to be looked at while another process may work. Null
// when there is none yet.
absl::StatusOr<std::unique_ptr<control::ControlStore>> OpenLocalStore(
    CommandContext& context, const config::Settings& settings);

// Whom the verb was told to ask (--server, SLUICE_SERVER), else the data directory. Null when the
// data directory has no database yet.
absl::StatusOr<std::unique_ptr<ControlView>> OpenControlView(CommandContext& context,
                                                             const config::LoadedSettings& loaded);

// The exit code when there is no view.
ExitCode CodeOfOpening(const absl::Status& status);

// The exit code for a view's failure.
ExitCode CodeOfView(const absl::Status& status);

}  // namespace sluice::cli
