// Re-exports the message and event types of handlers, so that an agent needs only one import.
@_exported public import ServerSentEvents
@_exported public import WebSocket
