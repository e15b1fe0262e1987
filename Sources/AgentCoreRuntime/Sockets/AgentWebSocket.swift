public import WebSocket

/// A WebSocket of `/ws`, as its handler sees it.
///
/// The session counts as busy from the moment a message is taken until the handler asks for the next one, so an
/// idle open socket does not keep a session alive.
public struct AgentWebSocket: Sendable {
    let connection: WebSocketConnection
    let tracker: ActivityTracker

    /// The messages of the client, in order. To be iterated once. Ends when the client closes.
    public var messages: Messages {
        Messages(messages: self.connection.messages, tracker: self.tracker)
    }

    /// Sends a message and waits while the client's socket is full.
    /// - Throws: `WebSocketError` when the socket is closed.
    public func send(_ message: WebSocketMessage) async throws { try await self.connection.send(message) }

    /// Sends a text message.
    /// - Throws: `WebSocketError` when the socket is closed.
    public func send(_ text: String) async throws { try await self.connection.send(text) }

    /// Closes the socket and waits for the client's answer, three seconds at most.
    public func close(_ code: WebSocketCloseCode = .normal, reason: String = "") async {
        await self.connection.close(code, reason: reason)
    }

    /// The messages of a socket.
    public struct Messages: AsyncSequence, Sendable {
        public typealias Element = WebSocketMessage
        let messages: WebSocketConnection.Messages
        let tracker: ActivityTracker

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(iterator: self.messages.makeAsyncIterator(), turn: ActivityTurn(self.tracker))
        }

        /// Reads the messages one by one.
        public struct AsyncIterator: AsyncIteratorProtocol {
            let iterator: WebSocketConnection.Messages.AsyncIterator
            let turn: ActivityTurn

            /// The next message; `nil` when the client closed.
            public func next() async throws -> WebSocketMessage? {
                self.turn.end()
                guard let message = try await self.iterator.next() else { return nil }
                self.turn.begin()
                return message
            }
        }
    }
}
