// Re-export the message and error types that clients use.
@_exported public import WebSocket
