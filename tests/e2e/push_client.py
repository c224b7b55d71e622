"""A program that pushes records, as a customer's would: generated messages, a plain channel."""

import importlib
import itertools
import pathlib
import queue
import subprocess
import sys
import tempfile

import grpc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
SERVICE = "/sluice.ingest.v1.IngestService/"


def generate():
    """The messages of proto/, generated once a process."""
    folder = tempfile.TemporaryDirectory(prefix="sluice-proto-")
    files = ("plan/v1/plan.proto", "ingest/v1/ingest_service.proto")
    subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={folder.name}",
                    *(str(PROTO / "sluice" / name) for name in files)], check=True)
    sys.path.insert(0, folder.name)
    return folder, importlib.import_module("sluice.ingest.v1.ingest_service_pb2")


FOLDER, messages = generate()


class PushClient:
    """One stream to one instance. Errors are grpc.RpcError, with the code the service gave."""

    def __init__(self, address, dataset="customers", columns=(), **target):
        self.channel = grpc.insecure_channel(address)
        self.target = messages.PushTarget(dataset=dataset, columns=columns, **target)
        self.requests = queue.SimpleQueue()
        call = self.channel.stream_stream(
            SERVICE + "Push", request_serializer=messages.PushRequest.SerializeToString,
            response_deserializer=messages.PushResponse.FromString)
        self.responses = call(iter(self.requests.get, None), timeout=120)
        self.requests.put(messages.PushRequest(target=self.target))
        self.numbers = itertools.count()

    def push(self, records, request_id=None):
        """The import the records are in, once they are in the log for good."""
        batch = messages.PushBatch(request_id=request_id or f"{id(self)}-{next(self.numbers)}")
        for record in records:
            batch.records.add().values.update(record)
        self.requests.put(messages.PushRequest(batch=batch))
        response = next(self.responses)
        assert response.request_id == batch.request_id
        return response.import_id

    def close_push(self):
        """Ends the open import of the target; its id."""
        call = self.channel.unary_unary(
            SERVICE + "ClosePush", request_serializer=messages.ClosePushRequest.SerializeToString,
            response_deserializer=messages.ClosePushResponse.FromString)
        return call(messages.ClosePushRequest(target=self.target), timeout=60).import_id

    def close(self):
        self.requests.put(None)
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
