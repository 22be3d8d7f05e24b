/// Writes numbers as the exposition formats spell them, from whole numbers only.
enum Decimal {
    /// `42`, `-7`.
    static func append(_ number: Int64, to text: inout [UInt8]) {
        if number < 0 { text.append(UInt8(ascii: "-")) }
        appendDigits(number.magnitude, to: &text)
    }

    /// `12.5` for 1250 hundredths; `3` for 300 of them. `scale` is a power of ten.
    static func append(_ number: Int64, per scale: Int64, to text: inout [UInt8]) {
        if number < 0 { text.append(UInt8(ascii: "-")) }
        let (whole, rest) = number.magnitude.quotientAndRemainder(dividingBy: scale.magnitude)
        appendDigits(whole, to: &text)
        if rest > 0 { text.append(UInt8(ascii: ".")) }
        appendFraction(rest, per: scale.magnitude, to: &text)
    }

    /// The bound of a bucket in its one canonical spelling, which Prometheus also brings it to when it stores it:
    /// `64.0`, `0.0005`, `1.048576e+06`. Exponents below -4 and from 6 on are written out.
    static func canonical(_ number: Int64, per scale: Int64) -> String {
        precondition(number > 0 && scale > 0, "bounds of buckets are positive")
        var digits = Array(String(number))
        let pointPosition = digits.count - (String(scale).count - 1)
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        let exponent = pointPosition - 1
        return (-4...5).contains(exponent) ? plain(digits, pointPosition) : scientific(digits, exponent)
    }

    private static func plain(_ digits: [Character], _ pointPosition: Int) -> String {
        if pointPosition <= 0 { return "0." + String(repeating: "0", count: -pointPosition) + String(digits) }
        if digits.count > pointPosition {
            return String(digits[..<pointPosition]) + "." + String(digits[pointPosition...])
        }
        return String(digits) + String(repeating: "0", count: pointPosition - digits.count) + ".0"
    }

    private static func scientific(_ digits: [Character], _ exponent: Int) -> String {
        let fraction = digits.count > 1 ? "." + String(digits[1...]) : ""
        let magnitude = String(exponent.magnitude)
        let padding = magnitude.count < 2 ? "0" : ""
        return "\(digits[0])\(fraction)e\(exponent < 0 ? "-" : "+")\(padding)\(magnitude)"
    }

    private static func appendDigits(_ number: UInt64, to text: inout [UInt8]) {
        if number >= 10 { appendDigits(number / 10, to: &text) }
        text.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    private static func appendFraction(_ rest: UInt64, per scale: UInt64, to text: inout [UInt8]) {
        var rest = rest
        var place = scale / 10
        while rest > 0, place > 0 {
            text.append(UInt8(ascii: "0") + UInt8(rest / place))
            rest %= place
            place /= 10
        }
    }
}
