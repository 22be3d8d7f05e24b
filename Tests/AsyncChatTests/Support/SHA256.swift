/// SHA-256 (FIPS 180-4): the vectors name long byte strings by it.
struct SHA256 {
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]

    /// The digest of a byte string, in hexadecimal.
    static func hex(_ bytes: some Collection<UInt8>) -> String {
        var hash = SHA256()
        var padded = Array(bytes)
        let bitCount = UInt64(padded.count) * 8
        padded.append(0x80)
        while padded.count % 64 != 56 { padded.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            padded.append(UInt8(truncatingIfNeeded: bitCount >> shift))
        }
        padded.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: 64) {
                let block = (0..<16).map { start + 4 * $0 }
                hash.mix(block.map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self).bigEndian })
            }
        }
        return hash.state.map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }.joined()
    }

    private mutating func mix(_ block: [UInt32]) {
        var words = block
        words.reserveCapacity(64)
        for index in 16..<64 {
            let (early, late) = (words[index - 15], words[index - 2])
            let first = Self.rotate(early, 7) ^ Self.rotate(early, 18) ^ (early >> 3)
            let second = Self.rotate(late, 17) ^ Self.rotate(late, 19) ^ (late >> 10)
            words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let big = Self.rotate(e, 6) ^ Self.rotate(e, 11) ^ Self.rotate(e, 25)
            let first = h &+ big &+ ((e & f) ^ (~e & g)) &+ Self.constants[index] &+ words[index]
            let small = Self.rotate(a, 2) ^ Self.rotate(a, 13) ^ Self.rotate(a, 22)
            let second = small &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, found rather than listed.
    private static let constants: [UInt32] = {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 64 {
            if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            // The greatest root with root³ ≤ prime · 2⁹⁶: its low 32 bits are the fraction.
            var root: UInt64 = 0
            for bit in stride(from: 35, through: 0, by: -1) {
                let next = root | 1 << UInt64(bit)
                let square = next.multipliedFullWidth(by: next)
                let (carry, low) = square.low.multipliedFullWidth(by: next)
                let (high, overflow) = (square.high &* next).addingReportingOverflow(carry)
                let limit = prime << 32
                if !overflow, high < limit || (high == limit && low == 0) { root = next }
            }
            return UInt32(truncatingIfNeeded: root)
        }
    }()
}
