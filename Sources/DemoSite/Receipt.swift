import HTTPTypes
import Hummingbird
import NIOCore

/// A receipt for a paid road tax, as a PDF file to download.
struct Receipt {
    let plate: String
    let vehicle: Vehicle
    let year: String

    private var letters: String { self.plate.uppercased().filter { $0.isLetter || $0.isNumber } }

    /// Differs for each vehicle and year, so that only who has read the receipt knows it.
    private var number: String {
        let sum = "\(self.letters)\(self.year)".utf8.reduce(7) { ($0 * 31 + Int($1)) % 1_000_000 }
        return "RT-\(self.year)-\(sum)"
    }

    private var lines: [String] {
        [
            "Road tax receipt", "", "Receipt number: \(self.number)", "Plate number: \(self.plate)",
            "Vehicle: \(self.vehicle.model)", "Amount paid: \(self.vehicle.amount)", "Year: \(self.year)",
        ]
    }

    var response: Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "application/pdf",
                .contentDisposition: "attachment; filename=\"receipt-\(self.letters)-\(self.year).pdf\"",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: self.pdf)))
    }

    /// A PDF file (ISO 32000-1) of one page.
    var pdf: [UInt8] {
        let text = self.lines.map { "(\(Self.escaped($0))) Tj T*" }.joined(separator: "\n")
        let content = "BT /F1 14 Tf 20 TL 60 760 Td\n\(text)\nET"
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
                + " /Resources << /Font << /F1 4 0 R >> >> >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            "<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream",
        ]
        var file = "%PDF-1.4\n"
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(file.utf8.count)
            file += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let start = file.utf8.count
        let entries = offsets.map { String("0000000000\($0)".suffix(10)) + " 00000 n \n" }.joined()
        file += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n\(entries)"
        file += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n"
        return Array(file.utf8)
    }

    /// Escapes a text for a PDF string. The font has only Latin letters.
    private static func escaped(_ text: String) -> String {
        String(text.map { $0.isASCII ? $0 : "?" }).replacing("\\", with: "\\\\").replacing("(", with: "\\(")
            .replacing(")", with: "\\)")
    }
}
