import Foundation
import FoundationXML

/// An XML element of a query protocol response.
struct XMLElement: Sendable {
    var name: String
    var text = ""
    var children: [XMLElement] = []

    /// The first child with this name.
    subscript(name: String) -> XMLElement? { self.children.first { $0.name == name } }

    /// The elements of a list.
    func members(_ name: String) -> [XMLElement] { self[name]?.children ?? [] }

    /// Parses a document and returns its root; `nil` if it isn't valid XML.
    init?(document: String) {
        let reader = XMLReader()
        let parser = XMLParser(data: Data(document.utf8))
        parser.delegate = reader
        guard parser.parse(), let root = reader.root else { return nil }
        self = root
    }

    fileprivate init(name: String) { self.name = name }
}

private final class XMLReader: NSObject, XMLParserDelegate {
    private var open: [XMLElement] = []
    var root: XMLElement?

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        self.open.append(XMLElement(name: name))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        guard !self.open.isEmpty else { return }
        self.open[self.open.count - 1].text += text
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        let element = self.open.removeLast()
        if self.open.isEmpty {
            self.root = element
        } else {
            self.open[self.open.count - 1].children.append(element)
        }
    }
}
