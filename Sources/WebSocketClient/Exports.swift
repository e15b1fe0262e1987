// The message and error types that a client meets.
@_exported public import WebSocket
