import AgentEvents
public import FoundationEssentials

extension BrowserPage {
    /// Takes a picture of the viewport, in PNG or JPEG format, with secrets covered.
    /// - Parameters:
    ///   - quality: The JPEG quality, from 1 to 100; `nil` for PNG.
    ///   - reference: The reference of an element, which is then shown alone and enlarged; the viewport if `nil`.
    ///   - isAnnotated: Whether to draw the references of the last snapshot over their controls. The page can notice
    ///     that, because the labels are part of its document for a moment.
    /// - Returns: The picture.
    /// - Throws: ``BrowserError`` with code `notActionable` if the page shows a secret in a way that cannot be covered.
    public func screenshot(
        quality: Int? = nil, of reference: String? = nil, isAnnotated: Bool = false
    ) async throws -> Data {
        try await self.asAgent {
            let clip: JSONValue? = if let reference { try await self.clip(of: reference) } else { nil }
            let secrets = self.configuration.secrets.values
            var changed: [FramePath] = []
            do {
                if !secrets.isEmpty {
                    for path in try await self.paths() {
                        changed.append(path)
                        _ = try await self.call(
                            "hide", [.array(secrets.map { .string($0) })], in: path, as: JSONValue.self)
                        let shown = try await self.call("uncovered", in: path, as: String.self)
                        guard self.configuration.secrets.mask(shown) == shown else {
                            throw BrowserError(
                                .notActionable,
                                "No screenshot was taken: a secret on the page can't be hidden. Read the text instead.")
                        }
                    }
                }
                if isAnnotated {
                    changed.append(.main)
                    _ = try await self.call("annotate", as: JSONValue.self)
                }
                let picture = try await self.capture(quality, clip)
                await self.showAgain(changed)
                return picture
            } catch {
                await self.showAgain(changed)
                throw error
            }
        }
    }

    /// Removes the covers and labels. It uses a separate task, because calls in a canceled task fail immediately.
    private func showAgain(_ paths: [FramePath]) async {
        await Task {
            for path in paths {
                // A document that no longer exists has nothing to restore.
                _ = try? await self.call("showAgain", in: path, as: JSONValue.self)
            }
        }.value
    }

    /// All documents of the page, including those in cross-origin frames.
    private func paths(in path: FramePath = .main) async throws -> [FramePath] {
        var paths = [path]
        for key in try await self.call("foreignFrames", in: path, as: [String].self) {
            do {
                paths += try await self.paths(in: path.appending(key))
            } catch let error as BrowserError where [.documentReplaced, .staleReference].contains(error.code) {
                // The frame no longer exists.
            }
        }
        return paths
    }

    /// The longest edge of a picture in pixels that models read without shrinking it first.
    private static let longestEdge = 1568.0

    private struct Box: Decodable {
        var gone: String?
        var x: Double?
        var y: Double?
        var width: Double?
        var height: Double?
    }

    /// Returns the part of the page that an element covers, enlarged up to four times.
    private func clip(of reference: String) async throws -> JSONValue {
        let element = try ElementReference(reference)
        guard element.path == .main else {
            throw BrowserError(
                .invalidValue, "\(reference) is in a frame of another site. Take a picture of the whole window.")
        }
        let box = try await self.call("pictureBox", [.string(element.id)], as: Box.self)
        if let gone = box.gone { throw BrowserError(.staleReference, "\(gone). Take a new snapshot.") }
        guard let x = box.x, let y = box.y, let width = box.width, let height = box.height, width >= 1, height >= 1
        else { throw BrowserError(.notActionable, "\(reference) has no size.") }
        let scale = max(min(4, Self.longestEdge / max(width, height)), 0.1)
        return [
            "x": .number(x), "y": .number(y), "width": .number(width),
            "height": .number(height), "scale": .number(scale),
        ]
    }

    private func capture(_ quality: Int?, _ clip: JSONValue?) async throws -> Data {
        struct Captured: Decodable { var data: String }
        var parameters: [String: JSONValue] = ["format": quality == nil ? "png" : "jpeg", "optimizeForSpeed": true]
        if let clip { parameters["clip"] = clip }
        if let quality { parameters["quality"] = .integer(quality) }
        let captured = try await self.send("Page.captureScreenshot", .object(parameters), as: Captured.self)
        guard let data = Data(base64Encoded: captured.data) else {
            throw BrowserError(.protocolFailure, "The browser's screenshot is no base64.")
        }
        return data
    }
}
