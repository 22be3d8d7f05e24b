import Foundation
import Glibc

/// What goes over a port of the loopback, captured for a dissector that is not ours: Wireshark's.
final class WireCapture {
    private let folder: Folder
    private let port: String
    private let dumpcap: Child

    /// May this process capture?
    static var isAllowed: Bool {
        let descriptor = socket(AF_PACKET, CInt(SOCK_RAW.rawValue), 0)
        defer { if descriptor >= 0 { close(descriptor) } }
        return descriptor >= 0
    }

    private var file: String { folder.file("capture") }

    init(of address: String) throws {
        folder = try Folder()
        port = String(address.split(separator: ":")[1])
        let ring = ["-B", "64"]
        dumpcap = try Child("dumpcap", ["-q", "-i", "lo", "-f", "port \(port)", "-w", folder.file("capture")] + ring)
        try eventually("dumpcap captures; it said: \(dumpcap.errors)") {
            if dumpcap.hasEnded { throw Trouble("dumpcap ended: \(dumpcap.errors)") }
            return dumpcap.errors.contains("File: ")
        }
    }

    /// Ends the capture once everything that went over the port until now is in it.
    func finish() throws {
        // What is sent last is written last.
        let last = "this is the last that was sent"
        try succeed("bash", ["-c", "printf '\(last)' >/dev/udp/127.0.0.1/\(port)"])
        try eventually("the capture is written; dumpcap said: \(dumpcap.errors)") {
            FileManager.default.contents(atPath: file)?.range(of: Data(last.utf8)) != nil
        }
        dumpcap.signal(SIGINT)
        guard try dumpcap.wait() == 0, dumpcap.errors.contains("/0 (pcap:0/") else {
            throw Trouble("dumpcap missed something: \(dumpcap.errors)")
        }
    }

    /// The layers of a protocol in each direction of each connection, by the client's address.
    func layers(of name: String) throws -> [DissectedStream: [DissectedLayer]] {
        // What stands in a packet's layers stands one level below them, two spaces a level.
        let isPartial = #"^      <field name="_ws.expert" showname="[^"]*is partially decoded"#
        let wanted =
            #"^  <proto name="(tcp|\#(name))"|^    <field name="(tcp.(src|dst)port|\#(name)[^"]*|)" |\#(isPartial)"#
        // On a busy machine segments are seen again, and out of their order, which takes a long message apart otherwise.
        let order = "-o tcp.reassemble_out_of_order:TRUE"
        let decoding = "-d tcp.port==\(port),\(name) \(order) -J 'tcp \(name)' -T pdml"
        let pipe = "set -o pipefail; tshark -r '\(file)' \(decoding) | grep -aE '\(wanted)'"
        var streams: [DissectedStream: [DissectedLayer]] = [:]
        var stream = DissectedStream(client: "", direction: 0)
        var isOurs = false
        // A text in the middle of a line may end with its own carriage return.
        for line in try succeed("bash", ["-c", pipe]).split(whereSeparator: \.isNewline) {
            let element = DissectedField(line)
            if line.hasPrefix("  <proto") {
                isOurs = element.name == name
                guard isOurs else { continue }
                let layer = DissectedLayer(label: element.label, byteCount: element.byteCount)
                streams[stream, default: []].append(layer)
            } else if isOurs {
                let last = streams[stream, default: []].count - 1
                if line.hasPrefix("      ") {
                    // What came of it until then is shown, and the whole of it with the packet that completes it.
                    streams[stream]?[last].fields.removeLast()
                } else {
                    streams[stream]?[last].fields.append(element)
                }
            } else if element.name == "tcp.srcport", element.text != port {
                stream = DissectedStream(client: "127.0.0.1:\(element.text)", direction: 0)
            } else if element.name == "tcp.dstport", element.text != port {
                stream = DissectedStream(client: "127.0.0.1:\(element.text)", direction: 1)
            }
        }
        return streams
    }
}

/// One direction of a connection.
struct DissectedStream: Hashable {
    let client: String
    let direction: Int
}

/// What the dissector takes for one layer of a packet: mostly a message of the protocol.
struct DissectedLayer {
    let label: String
    let byteCount: Int
    var fields: [DissectedField] = []

    func first(_ name: String) -> DissectedField? { fields.first { $0.name == name } }
}

struct DissectedField {
    let name: String
    let label: String
    let byteCount: Int
    let offset: Int
    /// The value, up to its first line end.
    let text: String

    /// - Parameter line: an element of PDML, of which the text may go on in another line.
    init(_ line: Substring) {
        func value(_ attribute: String) -> String {
            guard let start = line.range(of: " \(attribute)=\"") else { return "" }
            return String(line[start.upperBound...].prefix { $0 != "\"" })
        }
        name = value("name")
        label = value("showname")
        byteCount = Int(value("size")) ?? 0
        offset = Int(value("pos")) ?? 0
        text = value("show")
    }
}
