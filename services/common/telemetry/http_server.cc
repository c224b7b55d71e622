#include "common/telemetry/http_server.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace sluice::telemetry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

using Response = http::response<http::string_body>;

struct NamedCheck {
  std::string name;
  HealthCheck check;
  HealthNote note;
};

// Answers requests; shared by all sessions of a server.
struct Routes {
  HttpOptions options;
  Registry* registry;
  std::vector<NamedCheck> liveness;
  std::vector<NamedCheck> readiness;
  uint32_t connections = 0;

  Response Answer(http::verb method, std::string_view target);
  static void RunChecks(const std::vector<NamedCheck>& checks, bool verbose, Response& response);
};

Response MakeResponse(http::status status, std::string body) {
  Response response(status, 11);
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.body() = std::move(body);
  return response;
}

void Routes::RunChecks(const std::vector<NamedCheck>& checks, bool verbose, Response& response) {
  std::string lines;
  bool healthy = true;
  for (const NamedCheck& named : checks) {
    const absl::Status status = named.check();
    healthy = healthy && status.ok();
    const std::string note = status.ok() && named.note != nullptr ? named.note() : "";
    lines += status.ok() ? fmt::format("[+]{} ok{}{}\n", named.name, note.empty() ? "" : ": ", note)
                         : fmt::format("[-]{} {}\n", named.name, base::Message(status));
  }
  response.result(healthy ? http::status::ok : http::status::service_unavailable);
  response.body() = (verbose ? lines : "") + (healthy ? "ok\n" : "not ok\n");
}

bool HasVerbose(std::string_view query) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    if (part.substr(0, part.find('=')) == "verbose") return true;
    query.remove_prefix(std::min(query.size(), part.size() + 1));
  }
  return false;
}

Response Routes::Answer(http::verb method, std::string_view target) {
  const size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  if (path != "/metrics" && path != "/livez" && path != "/readyz") {
    return MakeResponse(http::status::not_found, "not found: /metrics, /livez and /readyz are\n");
  }
  if (method != http::verb::get && method != http::verb::head) {
    Response refused = MakeResponse(http::status::method_not_allowed, "only GET\n");
    refused.set(http::field::allow, "GET, HEAD");
    return refused;
  }
  Response response = MakeResponse(http::status::ok, "");
  if (path == "/metrics") {
    response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    response.body() = registry->TextExposition();
  } else {
    RunChecks(path == "/livez" ? liveness : readiness, HasVerbose(query), response);
  }
  return response;
}

// One connection. Keeps itself alive through the callbacks that wait for it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Routes& routes) : stream_(std::move(socket)), routes_(routes) {
    ++routes_.connections;
  }
  ~Session() { --routes_.connections; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The idle time runs until a request's first byte: only then does the parser's own begin.
  void WaitForRequest() {
    if (buffer_.size() > 0) return ReadRequest();
    stream_.expires_after(absl::ToChronoMilliseconds(routes_.options.idle_timeout));
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = shared_from_this()](error_code error, size_t count) {
                              self->buffer_.commit(count);
                              if (!error) self->ReadRequest();
                            });
  }

 private:
  void ReadRequest() {
    parser_.emplace();
    parser_->header_limit(routes_.options.header_bytes_max);
    parser_->body_limit(routes_.options.body_bytes_max);
    stream_.expires_after(absl::ToChronoMilliseconds(routes_.options.request_timeout));
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, size_t) { self->OnRequest(error); });
  }

  void OnRequest(error_code error) {
    if (error == http::error::end_of_stream) return Close();
    if (error == http::error::header_limit) {
      return Refuse(http::status::request_header_fields_too_large);
    }
    if (error == http::error::body_limit) return Refuse(http::status::payload_too_large);
    if (error.category() == http::make_error_code(http::error::bad_target).category() &&
        error != http::error::partial_message) {
      return Refuse(http::status::bad_request);
    }
    if (error) return;
    const auto& request = parser_->get();
    response_ =
        routes_.Answer(request.method(), {request.target().data(), request.target().size()});
    response_->keep_alive(request.keep_alive());
    Send(request.method() == http::verb::head);
  }

  void Refuse(http::status status) {
    response_ = MakeResponse(status, "request refused\n");
    response_->keep_alive(false);
    Send(false);
  }

  void Send(bool head_only) {
    response_->prepare_payload();
    stream_.expires_after(absl::ToChronoMilliseconds(routes_.options.request_timeout));
    auto done = [self = shared_from_this()](error_code error, size_t) {
      if (error) return;
      if (!self->response_->keep_alive()) return self->Close();
      self->WaitForRequest();
    };
    if (head_only) response_->body().clear();
    http::async_write(stream_, *response_, std::move(done));
  }

  void Close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  Routes& routes_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<Response> response_;
};

absl::Status BindError(const error_code& error, const HttpOptions& options) {
  const std::string message = fmt::format("cannot listen on {}:{} (http.host, http.port): {}",
                                          options.host, options.port, error.message());
  if (error == asio::error::address_in_use) return absl::AlreadyExistsError(message);
  if (error == asio::error::access_denied) return absl::PermissionDeniedError(message);
  return absl::InvalidArgumentError(message);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpOptions options, Registry& registry) { routes_ = {std::move(options), &registry}; }

  Routes& routes() { return routes_; }
  uint16_t port() const { return port_; }

  absl::Status Start() {
    if (context_ != nullptr) return absl::OkStatus();
    context_ = std::make_unique<asio::io_context>(1);
    acceptor_ = std::make_unique<tcp::acceptor>(*context_);
    const error_code error = Listen();
    if (error) {
      acceptor_.reset();
      context_.reset();
      return BindError(error, routes_.options);
    }
    retry_ = std::make_unique<asio::steady_timer>(*context_);
    Accept();
    thread_ = std::thread([this] { context_->run(); });
    return absl::OkStatus();
  }

  void Stop() {
    if (context_ == nullptr) return;
    context_->stop();
    thread_.join();
    retry_.reset();
    acceptor_.reset();
    // Destroys the callbacks, with them the sessions and their sockets.
    context_.reset();
    port_ = 0;
  }

 private:
  error_code Listen() {
    error_code error;
    tcp::resolver resolver(*context_);
    const auto found = resolver.resolve(routes_.options.host, std::to_string(routes_.options.port),
                                        tcp::resolver::passive, error);
    if (error) return error;
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
    if (!error) port_ = acceptor_->local_endpoint(error).port();
    return error;
  }

  void Accept() {
    acceptor_->async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return AcceptLater();
      if (routes_.connections < routes_.options.connections_max) {
        std::make_shared<Session>(std::move(socket), routes_)->WaitForRequest();
      }
      Accept();
    });
  }

  // Without free file descriptors accepting fails at once, again and again.
  void AcceptLater() {
    retry_->expires_after(std::chrono::milliseconds(100));
    retry_->async_wait([this](error_code error) {
      if (!error) Accept();
    });
  }

  Routes routes_;
  std::unique_ptr<asio::io_context> context_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::unique_ptr<asio::steady_timer> retry_;
  std::thread thread_;
  uint16_t port_ = 0;
};

HttpServer::HttpServer(HttpOptions options, Registry& registry)
    : impl_(std::make_unique<Impl>(std::move(options), registry)) {}

HttpServer::~HttpServer() {
  Stop();
}

void HttpServer::AddLivenessCheck(std::string name, HealthCheck check) {
  impl_->routes().liveness.push_back({std::move(name), std::move(check), nullptr});
}

void HttpServer::AddReadinessCheck(std::string name, HealthCheck check, HealthNote note) {
  impl_->routes().readiness.push_back({std::move(name), std::move(check), std::move(note)});
}

absl::Status HttpServer::Start() {
  return impl_->Start();
}

void HttpServer::Stop() {
  impl_->Stop();
}

uint16_t HttpServer::port() const {
  return impl_->port();
}

}  // namespace sluice::telemetry
