import AgentEvents
import Waiting

/// Files that a page makes itself, in browsers that share no file system with this process.
extension BrowserPage {
    private struct Evaluated: Decodable {
        struct Remote: Decodable { var objectId: String? }
        var result: Remote
    }

    private struct Resolved: Decodable { var uuid: String }

    private static let script = String(decoding: PackageResources.blobs_js, as: UTF8.self)

    /// Has the documents of a CDP session keep the files that they make, if that is how to get them.
    func watchBlobs(_ session: String) {
        guard self.gate.takeFile != nil else { return }
        self.addScript(Self.script, .string(self.blobsKey), session)
    }

    /// Finds the file that the page offers at a `blob:` address, also in its frames.
    /// - Returns: The stream of its bytes, and the CDP session to read it in.
    func blob(at address: String) async -> (stream: String, session: String)? {
        let search = """
            (function find(view) {
              try { const blob = view[\(JSONValue.string(self.blobsKey).json)]?.(\(JSONValue.string(address).json)); if (blob) return blob; } catch {}
              for (let i = 0; i < view.length && i < \(Self.mostFrames); i++) { const blob = find(view[i]); if (blob) return blob; }
              return null;
            })(window)
            """
        for session in [self.sessionID] + self.state.withLock({ Array($0.frames.sessions.values) }) {
            let found = try? await self.connection.send(
                "Runtime.evaluate", ["expression": .string(search)], session: session, as: Evaluated.self)
            guard let object = found?.result.objectId else { continue }
            let blob = try? await self.connection.send(
                "IO.resolveBlob", ["objectId": .string(object)], session: session, as: Resolved.self)
            if let blob { return ("blob:\(blob.uuid)", session) }
        }
        return nil
    }
}
