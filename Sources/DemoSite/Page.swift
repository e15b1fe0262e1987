import HTTPTypes
import Hummingbird
import NIOCore

/// An HTML page of the site.
struct Page {
    var title: String
    var body: String
    var hasFrame = true

    var response: Response {
        let navigation = """
            <header><strong>JPJ Demo</strong><nav><a href="/">Road tax</a> <a href="/documents">Documents</a> <a href="/offices">Offices</a>
            <a href="/sign-in">Sign in</a></nav></header>
            """
        let html = """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>\(Self.escape(self.title))</title>
            <meta name="viewport" content="width=device-width">
            <style>\(Self.style)</style></head><body>\(self.hasFrame ? navigation : "")<main>\(self.body)</main>
            \(self.hasFrame ? "<footer>A practice site. Nothing here is real.</footer>" : "")</body></html>
            """
        return Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: Mutation.applied(to: html))))
    }

    static func escape(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b2733;background:#f4f6f8}
        header{background:#12395b;color:#fff;padding:12px 24px;display:flex;gap:32px}header a{color:#cfe4f7;margin-right:16px}
        main{max-width:640px;margin:32px auto;background:#fff;padding:24px 32px;border-radius:8px;box-shadow:0 1px 4px #0002}
        label{display:block;margin-top:14px;font-weight:600}input,select{font:inherit;padding:8px;width:100%;box-sizing:border-box}
        input[type=checkbox]{width:auto}button,.button{font:inherit;margin-top:18px;padding:9px 20px;border:0;border-radius:5px;background:#1769aa;color:#fff;
        text-decoration:none;display:inline-block;cursor:pointer}table{border-collapse:collapse;width:100%}
        td,th{text-align:left;padding:8px;border-bottom:1px solid #dde4ea}footer{text-align:center;color:#667}
        .shade{position:fixed;inset:0;background:#0006;display:flex;align-items:flex-end}
        .cookies{background:#fff;padding:20px 32px;width:100%}.cookies button{margin-right:12px}.plain{background:#667}
        #zone{margin:16px 0;padding:48px;border:2px dashed #8aa1b4;border-radius:8px;text-align:center}
        .error{color:#b00020}iframe{width:100%;height:260px;border:1px solid #dde4ea}
        """
}
