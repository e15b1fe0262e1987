// The message and event types that handlers meet, so that an agent needs one import.
@_exported public import ServerSentEvents
@_exported public import WebSocket
