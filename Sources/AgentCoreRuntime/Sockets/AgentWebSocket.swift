public import WebSocket

/// A WebSocket connection to `/ws`, as passed to its handler.
///
/// The session is busy from when the handler receives a message until it requests the next one, so an open but idle
/// socket doesn't keep the session alive.
public struct AgentWebSocket: Sendable {
    let connection: WebSocketConnection
    let tracker: ActivityTracker

    /// The client's messages, in order. Iterate over them only once; the sequence ends when the client closes the
    /// socket.
    public var messages: Messages {
        Messages(messages: self.connection.messages, tracker: self.tracker)
    }

    /// Sends a message, and waits while the client's socket is full.
    /// - Throws: `WebSocketError` if the socket is closed.
    public func send(_ message: WebSocketMessage) async throws { try await self.connection.send(message) }

    /// Sends a text message, and waits while the client's socket is full.
    /// - Throws: `WebSocketError` if the socket is closed.
    public func send(_ text: String) async throws { try await self.connection.send(text) }

    /// Closes the socket, and waits up to three seconds for the client's close frame.
    /// - Parameters:
    ///   - code: The close code to send.
    ///   - reason: The reason to send.
    public func close(_ code: WebSocketCloseCode = .normal, reason: String = "") async {
        await self.connection.close(code, reason: reason)
    }

    /// The messages of a WebSocket.
    public struct Messages: AsyncSequence, Sendable {
        public typealias Element = WebSocketMessage
        let messages: WebSocketConnection.Messages
        let tracker: ActivityTracker

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(iterator: self.messages.makeAsyncIterator(), turn: ActivityTurn(self.tracker))
        }

        /// Iterates over the messages.
        public struct AsyncIterator: AsyncIteratorProtocol {
            let iterator: WebSocketConnection.Messages.AsyncIterator
            let turn: ActivityTurn

            /// Returns the next message, or `nil` after the client has closed the socket.
            public func next() async throws -> WebSocketMessage? {
                self.turn.end()
                guard let message = try await self.iterator.next() else { return nil }
                self.turn.begin()
                return message
            }
        }
    }
}
