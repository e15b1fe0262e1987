"""HTTP/1.1 and WebSocket without a client library, for requests that no library would send."""

import json
import os
import socket
import struct

from agent import DEADLINE



class Response:
    def __init__(self, status, headers, body, complete=True):
        self.status, self.headers, self.body, self.complete = status, headers, body, complete

    def json(self):
        return json.loads(self.body)


class Connection:
    """One TCP connection; every operation has a timeout."""

    def __init__(self, port, timeout=DEADLINE, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = self._events = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # Sending

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, path, headers=(), body=b"", host="127.0.0.1"):
        self.send(request(method, path, headers, body, host))

    def invoke(self, payload, headers=()):
        self.request("POST", "/invocations", headers, json.dumps(payload).encode())

    def vanish(self):
        """Resets the connection, as a killed client's kernel may."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # Receiving

    def _fill(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def read_exactly(self, count):
        while len(self.buffer) < count:
            if not self._fill():
                raise EOFError(f"the connection ended after {self.buffer!r}")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_until(self, end):
        while end not in self.buffer:
            if not self._fill():
                raise EOFError(f"the connection ended after {self.buffer!r}")
        data, _, self.buffer = self.buffer.partition(end)
        return data + end

    def read_to_end(self):
        while self._fill():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def is_closed(self):
        """Whether the server closes without sending anything more; waits for that."""
        try:
            return self.buffer == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def read_head(self):
        first, *lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(first.split()[1]), headers

    def read_response(self, method="GET"):
        status, headers = self.read_head()
        if method == "HEAD" or status in (101, 204, 304) or status < 200:
            return Response(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                try:
                    size = int(self.read_until(b"\r\n").split(b";")[0], 16)
                    data = self.read_exactly(size + 2)[:-2]
                except (EOFError, ConnectionResetError):
                    return Response(status, headers, body, complete=False)
                if size == 0:
                    return Response(status, headers, body)
                body += data
        if "content-length" in headers:
            return Response(status, headers, self.read_exactly(int(headers["content-length"])))
        return Response(status, headers, self.read_to_end())

    def read_event(self):
        """The next server-sent event of a chunked stream. A chunk may contain a part of an event, or several."""
        while b"\n\n" not in self._events:
            size = int(self.read_until(b"\r\n"), 16)
            assert size, f"the stream ended after {self._events!r}"
            self._events += self.read_exactly(size + 2)[:-2]
        text, end, self._events = self._events.partition(b"\n\n")
        return text + end

    # WebSocket

    def upgrade(self, headers=()):
        self.send(handshake(headers))
        return self.read_response()

    def send_frame(self, opcode, data=b"", final=True, masked=True, reserved=0):
        self.send(frame(opcode, data, final, masked, reserved))

    def read_frame(self):
        """The opcode and data of the next frame."""
        first, second = self.read_exactly(2)
        assert second < 128, "a server must not mask"
        length = second
        if length == 126:
            length = struct.unpack("!H", self.read_exactly(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self.read_exactly(8))[0]
        return first & 0x0F, self.read_exactly(length)

    def read_close_code(self):
        """The code of the next close frame, ignoring data frames."""
        while True:
            opcode, data = self.read_frame()
            if opcode == 8:
                return struct.unpack("!H", data[:2])[0] if data else None


def request(method, path, headers=(), body=b"", host="127.0.0.1"):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    if body or method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def handshake(headers=(), host="127.0.0.1"):
    return request("GET", "/ws", [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *headers,
    ], host=host)


def frame(opcode, data=b"", final=True, masked=True, reserved=0):
    head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if len(data) < 126:
        head += bytes([mask_bit | len(data)])
    elif len(data) < 65536:
        head += struct.pack("!BH", mask_bit | 126, len(data))
    else:
        head += struct.pack("!BQ", mask_bit | 127, len(data))
    if not masked:
        return head + data
    mask = os.urandom(4)
    key = (mask * (len(data) // 4 + 1))[:len(data)]
    return head + mask + (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(len(data))


def close_frame(code, reason=b""):
    return frame(8, struct.pack("!H", code) + reason)
