import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which of several things a sentence asks for, learned from examples: multinomial logistic regression on pieces of words.
///
/// Pieces of three and four letters rather than words, because people abbreviate, mix languages, and mistype. It learns in
/// some ten milliseconds, when it is first needed.
struct SentenceClassifier: Sendable {
    struct Example: Hashable, Sendable {
        var text: String
        var label: String
    }

    /// A sentence as numbers: which pieces it has, and how much each says.
    private struct Features {
        var pieces: [Int]
        var values: [Float]
    }

    private static let buckets = 1 << 14
    private static let rounds = 12
    private static let rate: Float = 3

    private let labels: [String]
    /// By piece: how rare it is.
    private let rarity: [Float]
    /// By piece, then by label; the last row is of every sentence.
    private let weights: [Float]

    init(_ examples: [Example]) {
        let labels = Set(examples.map(\.label)).sorted()
        self.labels = labels
        let counts = examples.map { Self.pieces(of: $0.text) }
        var documents = [Float](repeating: 0, count: Self.buckets)
        for sentence in counts { for piece in sentence.keys { documents[piece] += 1 } }
        let rarity = documents.map { log(Float(1 + examples.count) / (1 + $0)) + 1 }
        self.rarity = rarity
        let sentences = zip(examples, counts).map { example, pieces in
            (label: labels.firstIndex(of: example.label) ?? 0, features: Self.features(pieces, rarity))
        }
        // One of each label after the other: many of one kind in a row would be unlearned again.
        var seen: [Int: Int] = [:]
        let order = sentences.map { sentence in
            seen[sentence.label, default: 0] += 1
            return (seen[sentence.label] ?? 0, sentence.label)
        }
        let ordered = sentences.indices.sorted { order[$0] < order[$1] }.map { sentences[$0] }
        var weights = [Float](repeating: 0, count: (Self.buckets + 1) * labels.count)
        weights.withUnsafeMutableBufferPointer { weights in
            for _ in 0..<Self.rounds {
                for (label, features) in ordered {
                    var errors = Self.probabilities(features, UnsafeBufferPointer(weights), labels.count)
                    errors[label] -= 1
                    errors.withUnsafeBufferPointer { errors in
                        for (piece, value) in zip(features.pieces, features.values) {
                            for other in errors.indices {
                                weights[piece * errors.count + other] -= Self.rate * value * errors[other]
                            }
                        }
                        for other in errors.indices {
                            weights[Self.buckets * errors.count + other] -= Self.rate / 10 * errors[other]
                        }
                    }
                }
            }
        }
        self.weights = weights
    }

    /// The classifier for these examples. The newest are kept, because recipes rarely change.
    static func learned(from examples: [Example]) -> SentenceClassifier {
        if let known = self.known.withLock({ $0.first { $0.examples == examples } }) { return known.classifier }
        let classifier = SentenceClassifier(examples)
        self.known.withLock { $0 = ([(examples, classifier)] + $0).prefix(self.mostKept).map { $0 } }
        return classifier
    }

    private static let mostKept = 12
    private static let known = Mutex<[(examples: [Example], classifier: SentenceClassifier)]>([])

    /// How likely each label is.
    func probabilities(of text: String) -> [String: Float] {
        let features = Self.features(Self.pieces(of: text), self.rarity)
        let values = self.weights.withUnsafeBufferPointer { Self.probabilities(features, $0, self.labels.count) }
        return Dictionary(uniqueKeysWithValues: zip(self.labels, values))
    }

    private static func probabilities(
        _ features: Features, _ weights: UnsafeBufferPointer<Float>, _ count: Int
    ) -> [Float] {
        var sums = (0..<count).map { weights[self.buckets * count + $0] }
        sums.withUnsafeMutableBufferPointer { sums in
            for (piece, value) in zip(features.pieces, features.values) {
                for label in 0..<count { sums[label] += value * weights[piece * count + label] }
            }
        }
        let largest = sums.max() ?? 0
        let powers = sums.map { exp($0 - largest) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }

    // MARK: Pieces

    /// A sentence without case, punctuation, and values: each number plate is the same word, and each number.
    static func plain(_ text: String) -> [String] {
        let words = text.lowercased().replacing("{plate}", with: " aa1 ").split { !$0.isLetter && !$0.isNumber }
        var plain: [String] = []
        for word in words {
            let isNumber = word.allSatisfy(\.isNumber)
            // "wxy 1234" and "wxy1234".
            if isNumber, word.count <= 4, let last = plain.last, last.count <= 3, last.allSatisfy(\.isLetter),
                !SentenceWords.areCommon(last)
            {
                plain[plain.count - 1] = Self.plate
            } else if isNumber {
                plain.append("0")
            } else if word.count <= 9, let digit = word.firstIndex(where: \.isNumber), digit > word.startIndex {
                plain.append(Self.plate)
            } else {
                plain.append(String(word))
            }
        }
        return plain
    }

    private static let plate = "plateplate"

    /// How often each piece is there.
    private static func pieces(of text: String) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for word in self.plain(text) {
            let letters = Array(" \(word) ".utf8)
            for length in 3...4 where letters.count >= length {
                for start in 0...letters.count - length {
                    // FNV-1a, which is the same in every process.
                    var hash: UInt32 = 2_166_136_261
                    for letter in letters[start..<start + length] { hash = (hash ^ UInt32(letter)) &* 16_777_619 }
                    counts[Int(hash) % self.buckets, default: 0] += 1
                }
            }
        }
        return counts
    }

    private static func features(_ counts: [Int: Int], _ rarity: [Float]) -> Features {
        let pieces = counts.keys.sorted()
        let values = pieces.map { (1 + log(Float(counts[$0] ?? 1))) * rarity[$0] }
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return Features(pieces: pieces, values: values.map { length > 0 ? $0 / length : 0 })
    }
}
