// ImportService: starting imports and looking at them, for the command line and other programs.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "control/change_signal.h"
#include "control/import_starter.h"
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
  grpc::Status ListResults(grpc::ServerContext* context,
                           const controlpb::ListResultsRequest* request,
                           grpc::ServerWriter<controlpb::ListResultsResponse>* writer) override;
  grpc::Status ReadUpload(grpc::ServerContext* context, const controlpb::ReadUploadRequest* request,
                          grpc::ServerWriter<controlpb::ReadUploadResponse>* writer) override;

 private:
  using UploadReader = grpc::ServerReader<controlpb::StartImportRequest>;

  absl::Status Start(UploadReader& reader, bool local, controlpb::StartImportResponse& response);
  absl::Status StartTopic(const controlpb::ImportOptions& options, const StartRequest& request,
                          controlpb::StartImportResponse& response);
  absl::StatusOr<StartRequest> RequestOf(const controlpb::ImportOptions& options, bool local) const;
  absl::StatusOr<SinkRecord> SinkOf(const std::string& given, bool local) const;
  // Nothing when control does not have it and no bytes came.
  absl::StatusOr<std::optional<uploads::StoredUpload>> Receive(
      const controlpb::ImportOptions& options, UploadReader& reader);
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
