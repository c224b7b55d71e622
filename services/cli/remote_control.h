// A running control, asked over gRPC.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/control_view.h"
#include "common/rpc/peer.h"
#include "control/previewer.h"
#include "sluice/control/v1/import_service.grpc.pb.h"

namespace sluice::cli {

class RemoteControl : public ControlView {
 public:
  explicit RemoteControl(const rpc::Peer& peer);

  // Waits until control answers anything, for as long; `on_wait` is called once if that takes a
  // while.
  absl::Status Find(absl::Duration patience, const std::function<void()>& on_wait);

  struct Started {
    control::ImportRecord import;
    bool resumed = false;
  };
  // Starts an import of the file, whose bytes are sent only when control does not have them. Path,
  // name and hash of the options are filled in. A replay has no file. The codes are those of
  // import_service.proto; OutOfRange also when the file cannot be read.
  absl::StatusOr<Started> StartImport(const std::string& file,
                                      control::controlpb::ImportOptions options);

  // What StartImport would do; of a replay beside the old plan, if it is to be compared. OutOfRange
  // as there for the file.
  absl::StatusOr<control::controlpb::Preview> PreviewImport(
      const std::string& file, control::controlpb::ImportOptions options, bool compare,
      const control::PreviewEvents& events);
  // Starts or goes on with an import of a Kafka topic.
  absl::StatusOr<Started> StartTopic(control::controlpb::ImportOptions options);
  // Sends rows of an import again, with the file's name and hash filled in. The codes are those of
  // import_service.proto; OutOfRange when the file cannot be read.
  absl::StatusOr<Started> Resubmit(const std::string& file,
                                   control::controlpb::ResubmitOptions options);
  // Pauses, resumes or cancels; the codes are those of import_service.proto.
  absl::StatusOr<control::ImportRecord> Change(const std::string& given, control::Wish wish);

  // Begins a rollback, and an import that does again what was rolled back.
  absl::StatusOr<control::ImportRecord> Rollback(const std::string& given,
                                                 const control::UndoWish& wish);
  absl::StatusOr<control::ImportRecord> Redo(const std::string& given);
  // What a rollback would do.
  absl::StatusOr<control::controlpb::PreviewRollbackResponse> PreviewRollback(
      const std::string& given, const control::UndoWish& wish);

  absl::Status VisitImports(const control::ImportVisitor& visit) override;
  absl::StatusOr<control::ImportRecord> FindImport(const std::string& given) override;
  absl::Status VisitResults(const std::string& id,
                            const control::ControlStore::ResultVisitor& visit) override;
  // Into a file that nobody else sees.
  absl::StatusOr<std::unique_ptr<base::ByteSource>> OpenUpload(const std::string& sha256) override;

 private:
  absl::Status Send(const std::string& file, const control::controlpb::ImportOptions& options,
                    bool bytes, control::controlpb::StartImportResponse& response);

  const rpc::Peer peer_;
  const std::unique_ptr<control::controlpb::ImportService::Stub> stub_;
};

}  // namespace sluice::cli
