#include "control/import_server.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "common/base/status.h"
#include "common/rpc/status.h"
#include "control/import_messages.h"
#include "control/import_replay.h"
#include "control/wire_refusal.h"

namespace sluice::control {
namespace {

constexpr size_t kChunkBytes = 1u << 20;
// Of an answer that lists imports with their plans: well below what a message may have.
constexpr int64_t kListedMax = 1000;
constexpr size_t kListedBytesMax = 8u << 20;
// A lost connection is noticed, and a missed change made up for, after as long.
constexpr absl::Duration kWatchEvery = absl::Milliseconds(200);

}  // namespace

ImportServer::ImportServer(ImportServerOptions options, ControlStore& store,
                           uploads::UploadStore& uploads, ChangeSignal& changes,
                           base::UlidGenerator& ids, const base::Clock& clock)
    : options_(std::move(options)),
      store_(store),
      uploads_(uploads),
      changes_(changes),
      clock_(clock),
      starter_(store, uploads, ids) {}

absl::StatusOr<SinkRecord> ImportServer::SinkOf(const std::string& given, bool local) const {
  if (options_.find_sink) return options_.find_sink(given, local);
  if (options_.sinks.empty()) return absl::InvalidArgumentError("control has no sinks");
  if (given.empty()) return options_.sinks.front();
  std::string names;
  for (const SinkRecord& sink : options_.sinks) {
    if (sink.name == given || sink.url == given) return sink;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", sink.name);
  }
  // A URL may hold a password.
  const bool name = given.find(':') == std::string::npos;
  return absl::InvalidArgumentError(
      fmt::format("--sink: there is no {}; there are: {} (setting "
                  "sinks)",
                  name ? fmt::format("sink '{}'", given) : "sink of this URL", names));
}

absl::StatusOr<StartRequest> ImportServer::RequestOf(const controlpb::ImportOptions& options,
                                                     bool local) const {
  StartRequest request = options_.defaults;
  request.path = options.path();
  request.absolute_path = options.absolute_path();
  if (!options.mapping().empty()) {
    SLUICE_ASSIGN_OR_RETURN(request.mapping,
                            plan::ParseMapping(options.mapping(), options.mapping_name()));
  }
  if (!options.dataset().empty()) {
    request.dataset = options.dataset();
    request.dataset_given = true;
  }
  request.profile = options.profile();
  request.profile_version = options.profile_version();
  request.no_profile = options.no_profile();
  request.profiles = &store_;
  if (options.on_duplicate() != planpb::ON_DUPLICATE_UNSPECIFIED) {
    request.on_duplicate = options.on_duplicate();
  }
  if (options.in_file() != planpb::IN_FILE_UNSPECIFIED) request.in_file = options.in_file();
  request.sheet = options.sheet();
  request.member = options.member();
  request.reading = {options.encoding(), options.delimiter(), std::nullopt};
  if (options.has_header_row()) request.reading.header_row = options.header_row();
  request.start_new = options.start_new();
  if (!options.replay_of().empty()) SLUICE_RETURN_IF_ERROR(AddReplay(options, request));
  if (request.sink.name.empty()) {
    SLUICE_ASSIGN_OR_RETURN(request.sink, SinkOf(options.sink(), local));
  }
  return request;
}

absl::Status ImportServer::AddReplay(const controlpb::ImportOptions& options,
                                     StartRequest& request) const {
  if (!options.topic().empty()) {
    return absl::InvalidArgumentError("a topic and an import to be replayed: give one of them");
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string id, store_.ResolveId(options.replay_of()));
  SLUICE_ASSIGN_OR_RETURN(const ImportRecord replayed, store_.GetImport(id));
  Refusal refusal;
  const absl::Status filled = FillReplay(replayed, request, refusal);
  if (!filled.ok()) return ToWire(filled, refusal);
  if (!options.sink().empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(request.sink, SinkByName(replayed.plan.sink()));
  return absl::OkStatus();
}

absl::StatusOr<SinkRecord> ImportServer::SinkByName(const std::string& name) const {
  // One that nobody feeds any more is refused with those that are.
  if (!options_.find_sink) return SinkOf(name, false);
  SLUICE_ASSIGN_OR_RETURN(const auto sinks, store_.ListSinks());
  for (const SinkRecord& sink : sinks) {
    if (sink.name == name) return sink;
  }
  return absl::InternalError("the sink of an import is not among those that are stored");
}

absl::StatusOr<uploads::StoredUpload> ImportServer::Receive(const std::string& path,
                                                            const std::string& sha256,
                                                            const NextChunk& next) {
  const std::string* chunk = next();
  if (chunk == nullptr) return uploads_.Find(sha256);
  SLUICE_ASSIGN_OR_RETURN(const auto writer, uploads_.Begin(options_.defaults.upload_bytes_max));
  do {
    SLUICE_RETURN_IF_ERROR(base::Annotate(writer->Write(*chunk), path));
    chunk = next();
  } while (chunk != nullptr);
  SLUICE_ASSIGN_OR_RETURN(const uploads::StoredUpload upload, writer->Finish());
  if (upload.sha256 != sha256) {
    return absl::AbortedError(
        fmt::format("{} has changed while it was sent, or was cut off: try again", path));
  }
  return upload;
}

absl::Status ImportServer::Start(const grpc::ServerContext& context, UploadReader& reader,
                                 controlpb::StartImportResponse& response) {
  controlpb::StartImportRequest first;
  if (!reader.Read(&first) || !first.has_options()) {
    return absl::InvalidArgumentError("the first message of StartImport holds the options");
  }
  const controlpb::ImportOptions& options = first.options();
  SLUICE_ASSIGN_OR_RETURN(StartRequest request, RequestOf(options, IsLocal(context.peer())));
  if (!options.topic().empty()) return StartTopic(options, request, response);
  controlpb::StartImportRequest message;
  Refusal refusal;
  const auto upload =
      request.replayed != nullptr
          ? FindReplayed(*request.replayed, uploads_, refusal)
          : Receive(options.path(), options.upload_sha256(), [&]() -> const std::string* {
              return reader.Read(&message) ? &message.chunk() : nullptr;
            });
  if (absl::IsNotFound(upload.status())) {
    response.set_upload_missing(true);
    return absl::OkStatus();
  }
  if (!upload.ok()) return ToWire(upload.status(), refusal);
  PreviewEvents events;
  events.progress = [&](const ImportRecord&) { return !stopped_ && !context.IsCancelled(); };
  if (!options.confirm().empty()) {
    AddConfirmation(options.confirm(), *upload, events, refusal, request);
  }
  const auto started = starter_.StartStored(request, *upload, refusal);
  if (!started.ok()) return ToWire(started.status(), refusal);
  changes_.Changed();
  if (options_.on_changed) options_.on_changed();
  *response.mutable_import() = MessageOf(started->import);
  response.set_resumed(started->resumed);
  return absl::OkStatus();
}

absl::StatusOr<ImportRecord> ImportServer::OpenPush(const ingestpb::PushTarget& target) {
  controlpb::ImportOptions options;
  options.set_dataset(target.dataset());
  options.set_mapping(target.mapping());
  options.set_mapping_name(target.mapping_name());
  options.set_on_duplicate(target.on_duplicate());
  options.set_sink(target.sink());
  SLUICE_ASSIGN_OR_RETURN(const StartRequest request, RequestOf(options, false));
  plan::StreamSource source;
  source.format = "push";
  Refusal refusal;
  const auto started = starter_.StartStream(
      request, std::move(source), {target.columns().begin(), target.columns().end()}, refusal);
  if (!started.ok()) return ToWire(started.status(), refusal);
  changes_.Changed();
  if (options_.on_changed) options_.on_changed();
  return started->import;
}

absl::Status ImportServer::StartTopic(const controlpb::ImportOptions& options,
                                      const StartRequest& request,
                                      controlpb::StartImportResponse& response) {
  if (!options_.topics) {
    return absl::InvalidArgumentError(
        "a topic is read by services over Kafka: name their control (--server)");
  }
  plan::StreamSource source;
  source.format = "topic";
  source.topic = options.topic();
  source.value = options.topic_value();
  source.descriptor_set = options.descriptor_set();
  source.message_type = options.message_type();
  Refusal refusal;
  const auto started = starter_.StartStream(
      request, std::move(source), {options.columns().begin(), options.columns().end()}, refusal);
  if (!started.ok()) return ToWire(started.status(), refusal);
  changes_.Changed();
  if (options_.on_changed) options_.on_changed();
  *response.mutable_import() = MessageOf(started->import);
  response.set_resumed(started->resumed);
  return absl::OkStatus();
}

grpc::Status ImportServer::StartImport(grpc::ServerContext* context,
                                       grpc::ServerReader<controlpb::StartImportRequest>* reader,
                                       controlpb::StartImportResponse* response) {
  return rpc::ToGrpc(Start(*context, *reader, *response));
}

controlpb::Import ImportServer::MessageOf(const ImportRecord& import) const {
  controlpb::Import message = ToMessage(import);
  if (message.seconds() > 0) return message;
  // Several processes work on it, so it is the time that has passed.
  message.set_seconds(absl::ToDoubleSeconds(TimeWorkedOn(import, clock_.Now())));
  return message;
}

absl::StatusOr<controlpb::Import> ImportServer::Find(const std::string& given) {
  SLUICE_ASSIGN_OR_RETURN(const std::string id, store_.ResolveId(given));
  SLUICE_ASSIGN_OR_RETURN(const ImportRecord import, store_.GetImport(id));
  return MessageOf(import);
}

grpc::Status ImportServer::GetImport(grpc::ServerContext*,
                                     const controlpb::GetImportRequest* request,
                                     controlpb::GetImportResponse* response) {
  auto import = Find(request->id());
  if (!import.ok()) return rpc::ToGrpc(import.status());
  *response->mutable_import() = *std::move(import);
  return grpc::Status::OK;
}

grpc::Status ImportServer::ListImports(grpc::ServerContext*,
                                       const controlpb::ListImportsRequest* request,
                                       controlpb::ListImportsResponse* response) {
  ImportQuery query;
  if (request->limit() > 0) query.limit = std::min<int64_t>(request->limit(), kListedMax);
  if (!request->page_token().empty() &&
      (!absl::SimpleAtoi(request->page_token(), &query.before) || query.before == 0)) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "page_token is not from an answer of ListImports"};
  }
  const auto imports = store_.ReadImports(query);
  if (!imports.ok()) return rpc::ToGrpc(imports.status());
  size_t bytes = 0;
  for (const ImportRecord& import : *imports) {
    if (query.limit > 0 && bytes > kListedBytesMax) break;
    *response->add_imports() = MessageOf(import);
    bytes += response->imports().rbegin()->ByteSizeLong();
  }
  const int listed = response->imports_size();
  const bool all = static_cast<size_t>(listed) == imports->size();
  if (query.limit > 0 && listed > 0 && (!all || listed == query.limit)) {
    response->set_next_page_token(std::to_string(response->imports(listed - 1).sequence()));
  }
  return grpc::Status::OK;
}

absl::Status ImportServer::Watch(const std::string& given, const grpc::ServerContext& context,
                                 grpc::ServerWriter<controlpb::WatchImportResponse>& writer) {
  SLUICE_ASSIGN_OR_RETURN(const std::string id, store_.ResolveId(given));
  std::string shown;
  while (!stopped_ && !context.IsCancelled()) {
    const uint64_t seen = changes_.version();
    SLUICE_ASSIGN_OR_RETURN(const ImportRecord import, store_.GetImport(id));
    controlpb::WatchImportResponse response;
    *response.mutable_import() = MessageOf(import);
    std::string state = ToMessage(import).SerializeAsString();
    if (state != shown) {
      shown = std::move(state);
      if (!writer.Write(response)) return absl::CancelledError("nobody watches any more");
    }
    if (import.ended()) return absl::OkStatus();
    changes_.WaitForChange(seen, kWatchEvery);
  }
  return absl::UnavailableError("control is stopping");
}

grpc::Status ImportServer::WatchImport(grpc::ServerContext* context,
                                       const controlpb::WatchImportRequest* request,
                                       grpc::ServerWriter<controlpb::WatchImportResponse>* writer) {
  return rpc::ToGrpc(Watch(request->id(), *context, *writer));
}

grpc::Status ImportServer::Change(const std::string& given, Wish wish, controlpb::Import& changed) {
  const auto id = store_.ResolveId(given);
  if (!id.ok()) return rpc::ToGrpc(id.status());
  const auto import = store_.ChangeState(*id, wish);
  if (!import.ok()) return rpc::ToGrpc(import.status());
  changes_.Changed();
  if (options_.on_changed) options_.on_changed();
  changed = MessageOf(*import);
  return grpc::Status::OK;
}

grpc::Status ImportServer::PauseImport(grpc::ServerContext*,
                                       const controlpb::PauseImportRequest* request,
                                       controlpb::PauseImportResponse* response) {
  return Change(request->id(), Wish::kPause, *response->mutable_import());
}

grpc::Status ImportServer::ResumeImport(grpc::ServerContext*,
                                        const controlpb::ResumeImportRequest* request,
                                        controlpb::ResumeImportResponse* response) {
  return Change(request->id(), Wish::kResume, *response->mutable_import());
}

grpc::Status ImportServer::CancelImport(grpc::ServerContext*,
                                        const controlpb::CancelImportRequest* request,
                                        controlpb::CancelImportResponse* response) {
  return Change(request->id(), Wish::kCancel, *response->mutable_import());
}

grpc::Status ImportServer::ListResults(grpc::ServerContext*,
                                       const controlpb::ListResultsRequest* request,
                                       grpc::ServerWriter<controlpb::ListResultsResponse>* writer) {
  const auto id = store_.ResolveId(request->id());
  if (!id.ok()) return rpc::ToGrpc(id.status());
  controlpb::ListResultsResponse response;
  return rpc::ToGrpc(
      store_.VisitResults(*id, [&](const recordpb::StageResult& result) -> absl::Status {
        *response.mutable_result() = result;
        return writer->Write(response) ? absl::OkStatus()
                                       : absl::CancelledError("nobody reads any more");
      }));
}

grpc::Status ImportServer::ReadUpload(grpc::ServerContext*,
                                      const controlpb::ReadUploadRequest* request,
                                      grpc::ServerWriter<controlpb::ReadUploadResponse>* writer) {
  const auto found = uploads_.Find(request->sha256());
  if (!found.ok()) return rpc::ToGrpc(found.status());
  const auto source = uploads_.Open(request->sha256());
  if (!source.ok()) return rpc::ToGrpc(source.status());
  controlpb::ReadUploadResponse response;
  while (true) {
    std::string& chunk = *response.mutable_chunk();
    chunk.resize(kChunkBytes);
    const auto got = (*source)->Read(chunk.data(), chunk.size());
    if (!got.ok()) return rpc::ToGrpc(got.status());
    if (*got == 0) return grpc::Status::OK;
    chunk.resize(*got);
    if (!writer->Write(response)) return grpc::Status::CANCELLED;
  }
}

}  // namespace sluice::control
