// Watches one import of a running control over a stream, and finds control again when it was away
// for a while.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/call.h"
#include "control/import_record.h"
#include "sluice/control/v1/import_service.grpc.pb.h"

namespace sluice::cli {

// Its thread reads; the methods belong to one other thread.
class ImportWatch {
 public:
  // Control may be away for `patience` at a time.
  ImportWatch(const rpc::Peer& peer, std::string import_id, absl::Duration patience,
              const base::Clock& clock);
  ~ImportWatch();
  ImportWatch(const ImportWatch&) = delete;
  ImportWatch& operator=(const ImportWatch&) = delete;

  // The import as it was told last, if it was told since the last call; waits for it, at most as
  // long.
  std::optional<control::ImportRecord> Next(absl::Duration timeout);
  // OK, or why nothing more will be told before the import has ended.
  absl::Status failure() const;

 private:
  void Run();
  // One stream to its end; whether anything was told.
  bool Follow(absl::Status& ended);

  const rpc::Peer peer_;
  const std::string import_id_;
  const absl::Duration patience_;
  const base::Clock& clock_;
  const std::unique_ptr<control::controlpb::ImportService::Stub> stub_;
  mutable base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the stream that is open.
  grpc::ClientContext* call_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::optional<control::ImportRecord> news_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice::cli
