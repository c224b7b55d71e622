// ImportService: starting imports and looking at them, for the command line and other programs.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "control/change_signal.h"
#include "control/import_starter.h"
#include "control/preview_store.h"
#include "control/previewer.h"
#include "sluice/control/v1/import_service.grpc.pb.h"
#include "sluice/ingest/v1/ingest_service.pb.h"

namespace sluice::control {

struct ImportServerOptions {
  // What does not come with a call: partitions, limits, where the user's datasets are.
  StartRequest defaults;
  // The first is for imports that name none.
  std::vector<SinkRecord> sinks;
  // Instead of the list: the sink that is meant, empty = the usual one. `local` says that the
  // caller came through the socket in the file system.
  std::function<absl::StatusOr<SinkRecord>(const std::string& given, bool local)> find_sink;
  // False: there is no Kafka whose topics could be read.
  bool topics = true;
  // Something waits in the outbox: an import was created, or its state has changed.
  std::function<void()> on_changed;
  // Both or none; without them there are no previews.
  Previewer* previewer = nullptr;
  const PreviewStore* previews = nullptr;
};

namespace ingestpb = ::sluice::ingest::v1;

// Thread-safe. What is passed by reference outlives it.
class ImportServer : public controlpb::ImportService::Service {
 public:
  ImportServer(ImportServerOptions options, ControlStore& store, uploads::UploadStore& uploads,
               ChangeSignal& changes, base::UlidGenerator& ids, const base::Clock& clock);

  // A new import for what is pushed to one ingest. The codes are those of import_service.proto.
  absl::StatusOr<ImportRecord> OpenPush(const ingestpb::PushTarget& target);
  // Ends the calls that watch.
  void Stop() { stopped_ = true; }

  grpc::Status StartImport(grpc::ServerContext* context,
                           grpc::ServerReader<controlpb::StartImportRequest>* reader,
                           controlpb::StartImportResponse* response) override;
  grpc::Status PreviewImport(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<controlpb::PreviewImportResponse, controlpb::PreviewImportRequest>*
          stream) override;
  grpc::Status GetImport(grpc::ServerContext* context, const controlpb::GetImportRequest* request,
                         controlpb::GetImportResponse* response) override;
  grpc::Status ListImports(grpc::ServerContext* context,
                           const controlpb::ListImportsRequest* request,
                           controlpb::ListImportsResponse* response) override;
  grpc::Status WatchImport(grpc::ServerContext* context,
                           const controlpb::WatchImportRequest* request,
                           grpc::ServerWriter<controlpb::WatchImportResponse>* writer) override;
  grpc::Status PauseImport(grpc::ServerContext* context,
                           const controlpb::PauseImportRequest* request,
                           controlpb::PauseImportResponse* response) override;
  grpc::Status ResumeImport(grpc::ServerContext* context,
                            const controlpb::ResumeImportRequest* request,
                            controlpb::ResumeImportResponse* response) override;
  grpc::Status CancelImport(grpc::ServerContext* context,
                            const controlpb::CancelImportRequest* request,
                            controlpb::CancelImportResponse* response) override;
  grpc::Status RollbackImport(grpc::ServerContext* context,
                              const controlpb::RollbackImportRequest* request,
                              controlpb::RollbackImportResponse* response) override;
  grpc::Status PreviewRollback(grpc::ServerContext* context,
                               const controlpb::PreviewRollbackRequest* request,
                               controlpb::PreviewRollbackResponse* response) override;
  grpc::Status RedoImport(grpc::ServerContext* context, const controlpb::RedoImportRequest* request,
                          controlpb::RedoImportResponse* response) override;
  grpc::Status ResubmitRows(grpc::ServerContext* context,
                            grpc::ServerReader<controlpb::ResubmitRowsRequest>* reader,
                            controlpb::ResubmitRowsResponse* response) override;
  grpc::Status ListResults(grpc::ServerContext* context,
                           const controlpb::ListResultsRequest* request,
                           grpc::ServerWriter<controlpb::ListResultsResponse>* writer) override;
  grpc::Status ReadUpload(grpc::ServerContext* context, const controlpb::ReadUploadRequest* request,
                          grpc::ServerWriter<controlpb::ReadUploadResponse>* writer) override;

 private:
  using UploadReader = grpc::ServerReader<controlpb::StartImportRequest>;
  using PreviewStream =
      grpc::ServerReaderWriter<controlpb::PreviewImportResponse, controlpb::PreviewImportRequest>;
  // The next bytes of a file; null at its end.
  using NextChunk = std::function<const std::string*()>;

  absl::Status Start(const grpc::ServerContext& context, UploadReader& reader,
                     controlpb::StartImportResponse& response);
  absl::Status Preview(const grpc::ServerContext& context, PreviewStream& stream);
  absl::Status StartTopic(const controlpb::ImportOptions& options, const StartRequest& request,
                          controlpb::StartImportResponse& response);
  absl::StatusOr<StartRequest> RequestOf(const controlpb::ImportOptions& options, bool local) const;
  // Makes the request one for a replay.
  absl::Status AddReplay(const controlpb::ImportOptions& options, StartRequest& request) const;
  absl::StatusOr<SinkRecord> SinkByName(const std::string& name) const;
  absl::StatusOr<SinkRecord> SinkOf(const std::string& given, bool local) const;
  // Asks for the confirmed preview before an import is created.
  void AddConfirmation(const std::string& hash, const uploads::StoredUpload& upload,
                       const PreviewEvents& events, Refusal& refusal, StartRequest& request) const;
  // A file by its hash, and how its owner calls it. NotFound when control does not have it and no
  // bytes came.
  absl::StatusOr<uploads::StoredUpload> Receive(const std::string& path, const std::string& sha256,
                                                const NextChunk& next);
  absl::Status Resubmit(grpc::ServerReader<controlpb::ResubmitRowsRequest>& reader,
                        controlpb::ResubmitRowsResponse& response);
  absl::StatusOr<controlpb::Import> Find(const std::string& given);
  grpc::Status Change(const std::string& given, Wish wish, controlpb::Import& changed);
  controlpb::Import MessageOf(const ImportRecord& import) const;
  absl::Status Watch(const std::string& given, const grpc::ServerContext& context,
                     grpc::ServerWriter<controlpb::WatchImportResponse>& writer);

  const ImportServerOptions options_;
  ControlStore& store_;
  uploads::UploadStore& uploads_;
  ChangeSignal& changes_;
  const base::Clock& clock_;
  ImportStarter starter_;
  std::atomic<bool> stopped_{false};
};

}  // namespace sluice::control
