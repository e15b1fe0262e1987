import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import TextCoding

/// The part of the portal that takes documents: a form with a file field and a preview, and a zone to drop files on.
struct Documents: Sendable {
    /// The maximum size of a document, in bytes.
    static let mostBytes = 1 << 20

    let receive: @Sendable (DemoSite.Submission) -> Void

    func add(to router: Router<BasicRequestContext>) {
        router.get("/documents") { _, _ in Self.form(problem: nil).response }
        router.post("/documents") { request, _ in
            switch try await Self.fields(of: request) {
            case .success(let fields):
                self.receive(.init(path: "/documents", fields: fields))
                return Self.received(fields).response
            case .failure(let problem): return Self.form(problem: problem.text).response
            }
        }
        router.get("/documents/drop") { _, _ in Self.dropZone.response }
        router.post("/documents/drop") { request, _ in
            switch try await Self.fields(of: request) {
            case .success(let fields):
                self.receive(.init(path: "/documents/drop", fields: fields))
                return Response(status: .noContent)
            case .failure(let problem):
                return Response(status: .contentTooLarge, body: .init(byteBuffer: .init(string: problem.text)))
            }
        }
    }

    private struct Problem: Error { var text: String }

    /// The fields of a form. A file's value is its name, its size, and its SHA-256 digest, such as `id.txt 12 9f…`.
    private static func fields(of request: Request) async throws -> Result<[String: String], Problem> {
        guard var reader = request.headers[.contentType].flatMap({ MultipartReader(contentType: $0) }) else {
            return .failure(Problem(text: "Choose a document."))
        }
        var fields: [String: String] = [:]
        var part = (name: "", fileName: String?.none)
        var content: [UInt8] = []
        func finish() {
            guard !part.name.isEmpty else { return }
            let text = String(decoding: content, as: UTF8.self)
            let digest = SHA256.hash(data: content).hexadecimal
            fields[part.name] = part.fileName.map { "\($0) \(content.count) \(digest)" } ?? text
            content = []
        }
        for try await buffer in request.body {
            for event in try reader.read(buffer.readableBytesView) {
                switch event {
                case .part(let name, let fileName):
                    finish()
                    part = (name, fileName)
                case .bytes(let bytes):
                    content += bytes
                    if content.count > self.mostBytes {
                        return .failure(Problem(text: "The document is too large. It may have 1 MB."))
                    }
                case .end: finish()
                }
            }
        }
        guard reader.hasEnded, fields["document"]?.hasPrefix(" ") == false else {
            return .failure(Problem(text: "Choose a document."))
        }
        return .success(fields)
    }

    private static func form(problem: String?) -> Page {
        Page(
            title: "Send a document",
            body: """
                <h1>Send a document</h1><p>A copy of your identity card, of at most 1 MB.</p>
                \(problem.map { "<p class=\"error\" role=\"alert\">\(Page.escape($0))</p>" } ?? "")
                <form action="/documents" method="post" enctype="multipart/form-data">
                <label for="plate">Plate number</label><input id="plate" name="plate">
                <label for="document">Identity card</label>
                <input id="document" name="document" type="file" accept=".txt,.pdf,image/*">
                <p id="preview"></p><button>Send document</button></form>
                <p><a href="/documents/drop">Send by drag and drop</a></p>
                <script>
                document.getElementById('document').addEventListener('change', ({ target }) => {
                  const [file] = target.files;
                  document.getElementById('preview').textContent = file ? `Ready: ${file.name}, ${file.size} bytes` : '';
                });
                </script>
                """)
    }

    private static func received(_ fields: [String: String]) -> Page {
        Page(
            title: "Document received",
            body: """
                <h1>Thank you</h1><p>We received: \(Page.escape(fields["document"] ?? ""))</p>
                """)
    }

    private static let dropZone = Page(
        title: "Drop a document",
        body: """
            <h1>Drop a document</h1>
            <div id="zone" role="group" aria-label="Drop documents here" tabindex="0">Drop documents here</div>
            <p id="state" role="status"></p>
            <script>
            const zone = document.getElementById('zone');
            zone.addEventListener('dragover', (event) => event.preventDefault());
            zone.addEventListener('drop', async (event) => {
              event.preventDefault();
              const state = document.getElementById('state');
              for (const file of event.dataTransfer.files) {
                const form = new FormData();
                form.append('document', file);
                const answer = await fetch('/documents/drop', { method: 'POST', body: form });
                state.textContent += answer.ok ? `Received ${file.name}. ` : `${await answer.text()} `;
              }
            });
            </script>
            """)
}
